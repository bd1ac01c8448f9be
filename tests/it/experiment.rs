//! `regua experiment`: how large an experiment has to be, and what one has shown, before and after its last day.

use regua::domain::experiment::{Arm, Experiment};
use serde_json::{Value, json};

use crate::support::{Ended, House};

const FIRST: &str = "2026-06-01";
const EVE: &str = "2026-06-29";
const LAST: &str = "2026-06-30";
const AFTER: &str = "2026-07-06";
const DEBTORS: u32 = 240;

fn arm_of(debtor: u32) -> String {
    let arm = |name: &str, hold_out| Arm { name: name.to_owned(), share: 50, regua: None, hold_out };
    let experiment = Experiment {
        id: "tone".to_owned(),
        starts_on: FIRST.parse().expect("a date"),
        ends_on: None,
        segments: Vec::new(),
        arms: vec![arm("champion", false), arm("hold_out", true)],
    };
    experiment.arm_of(&format!("debtor:D{debtor}")).expect("an arm").name.clone()
}

/// Of eight debtors seven pay as they are: four of four, or one of four. Who is held out pays one less; before, it did not.
fn pays(debtor: u32, is_before: bool) -> u32 {
    let usual = if debtor.is_multiple_of(2) { 4 } else { 1 };
    let off = u32::from(debtor % 8 == if is_before { 3 } else { 5 });
    let held_out = u32::from(!is_before && arm_of(debtor) == "hold_out");
    usual + off - held_out
}

/// Four invoices of 100.00 that fall due in May, whose rest is written off on the 31st, and four in June.
fn house(ends_on: &str) -> House {
    let house = House::new();
    let mut invoices = "invoice_id debtor_id issue_date due_date amount\n".to_owned();
    let mut payments = "payment_id debtor_id invoice_id kind paid_on amount\n".to_owned();
    let mut debtors = "debtor_id legal_name state\n".to_owned();
    let mut points = "debtor_id channel address\n".to_owned();
    let mut disputes = "dispute_id debtor_id invoice_id opened_on closed_on kind\n".to_owned();
    for debtor in 1..=DEBTORS {
        debtors += &format!("D{debtor} Acme_{debtor} SP\n");
        points += &format!("D{debtor} email mail{debtor}@acme{debtor}.example\n");
        for (month, is_before) in [("05", true), ("06", false)] {
            for n in 1..=4 {
                let (invoice, day) = (format!("I{debtor}-{month}-{n}"), 3 + 4 * n);
                invoices += &format!("{invoice} D{debtor} 2026-01-10 2026-{month}-{day:02} 100.00\n");
                if n <= pays(debtor, is_before) {
                    payments += &format!("P{invoice} D{debtor} {invoice} payment 2026-{month}-{:02} 100.00\n", day + 2);
                } else if is_before {
                    payments += &format!("W{invoice} D{debtor} {invoice} write_off 2026-05-31 100.00\n");
                }
            }
        }
        if arm_of(debtor) == "hold_out" && debtor.is_multiple_of(7) {
            disputes += &format!("T{debtor} D{debtor} I{debtor}-06-1 2026-06-20 2026-06-24 dispute\n");
        }
    }
    for (table, text) in [
        ("invoices", invoices),
        ("payments", payments),
        ("debtors", debtors),
        ("contact_points", points),
        ("disputes", disputes),
    ] {
        house.write(table, &text);
    }
    let experiment = format!(
        "[[experiments]]\nid = \"tone\"\nstarts_on = \"{FIRST}\"\n{ends_on}\narms = [{{ name = \"champion\", share = 50 }}, \
         {{ name = \"hold_out\", share = 50, hold_out = true }}]\n\n[creditors.default]\n"
    );
    house.edit("pipelines/daily.toml", "[creditors.default]\n", &experiment);
    let limits = "[limits]\nposition_percent_max = 1000\nvolume_percent_max = 100000";
    house.edit("pipelines/daily.toml", "[limits]", limits);
    house
}

fn run(house: &House, as_of: &str) {
    let ended = house.run(as_of);
    assert_eq!(ended.code, 0, "{as_of}: {}", ended.stderr);
}

fn experiment(house: &House, arguments: &[&str]) -> Ended {
    house.regua(&[&["experiment"], arguments].concat())
}

fn json_of(house: &House, arguments: &[&str]) -> Value {
    let ended = experiment(house, arguments);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    serde_json::from_str(&ended.stdout).expect("JSON")
}

/// The only comparison of a date.
fn comparison(house: &House, as_of: &str) -> Value {
    json_of(house, &["report", "output", "--as-of", as_of])["experiments"][0]["comparisons"][0].clone()
}

fn text_of(house: &House, arguments: &[&str]) -> String {
    let ended = experiment(house, &[arguments, &["--output", "text"]].concat());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    ended.stdout
}

fn number(value: &Value, name: &str) -> f64 {
    value[name].as_f64().unwrap_or_else(|| panic!("no {name} in {value}"))
}

#[test]
fn there_is_no_verdict_before_the_last_day_and_the_same_one_ever_after() {
    let house = house(&format!("ends_on = \"{LAST}\""));
    for as_of in [FIRST, EVE, LAST, AFTER] {
        run(&house, as_of);
    }
    let eve = comparison(&house, EVE);
    assert_eq!(eve["verdict"], json!({"kind": "not_yet", "on": LAST}));
    assert_eq!(eve["sentence"], format!("hold_out: no verdict before {LAST}"));
    let text = text_of(&house, &["report", "output", "--as-of", EVE]);
    assert!(text.contains(&format!("hold_out: no verdict before {LAST}")) && !text.contains("collects"), "{text}");

    let last = comparison(&house, LAST);
    assert_eq!(last["verdict"], json!({"kind": "worse"}), "{last}");
    let (plain, adjusted) = (&last["difference"], &last["adjusted"]);
    let width = |interval: &Value| number(interval, "high") - number(interval, "low");
    // Who is held out pays one of four less; groups differ by more than that, and as they did before.
    assert!((number(adjusted, "value") + 0.25).abs() < 0.03, "{last}");
    assert!((number(plain, "value") + 0.25).abs() < 0.15 && number(&last, "variance_left") < 0.4, "{last}");
    let narrower = number(&last, "variance_left").sqrt();
    assert!((width(adjusted) / width(plain) - narrower).abs() < 1e-9, "{last}");
    // The interval is that of the table.
    let low = house.published("kpi_experiments", "difference_low");
    assert!((low[1].parse::<f64>().expect("a number") - number(plain, "low")).abs() < 1e-12, "{low:?} {plain}");
    let text = text_of(&house, &["report", "output", "--as-of", LAST]);
    assert!(text.contains("hold_out collects less than the champion: −2"), "{text}");

    let after = comparison(&house, AFTER);
    assert_eq!([&after["adjusted"], &after["verdict"]], [adjusted, &last["verdict"]], "what comes later is not of it");
    let arms = house.published("decisions", "arm");
    assert!(!arms.is_empty() && arms.iter().all(|arm| arm == "-"), "after its last day nobody is in an arm: {arms:?}");
    // Whoever moves the last day is told so.
    assert!(!text.contains("its last day was"), "{text}");
    house.edit("pipelines/daily.toml", &format!("ends_on = \"{LAST}\""), "ends_on = \"2026-07-05\"");
    run(&house, "2026-07-07");
    let text = text_of(&house, &["report", "output"]);
    assert!(text.contains("! its last day was 2026-06-30 when it began, and is 2026-07-05 now"), "{text}");
    let judged = "hold_out: no verdict: the last day was set or moved after the experiment began";
    assert!(text.contains(judged) && !text.contains("collects less"), "{text}");
    // The page of the run says the same.
    let page = |as_of: &str| {
        let made = house.regua(&["report", "output", "--as-of", as_of, "--language", "en", "--file", "page.html"]);
        assert_eq!(made.code, 0, "{}", made.stderr);
        house.read("page.html")
    };
    assert!(page(EVE).contains("the verdict comes on 30 June 2026"), "the page of {EVE}");
    assert!(page(LAST).contains("1 of 1 differences are clear"), "the page of {LAST}");
}

#[test]
fn harms_are_told_before_the_last_day() {
    let house = house(&format!("ends_on = \"{LAST}\""));
    run(&house, FIRST);
    run(&house, EVE);
    let eve = comparison(&house, EVE);
    assert_eq!(eve["worse_in"], json!(["disputes"]), "{eve}");
    let text = text_of(&house, &["report", "output"]);
    assert!(text.contains("! hold_out: more disputes than chance explains"), "{text}");
    let arms = json_of(&house, &["report", "output"])["experiments"][0]["arms"].clone();
    assert_eq!(arms[1]["harms"]["contacts_per_group"], 0.0, "nobody who is held out was written to");
    assert_eq!(arms.as_array().map(Vec::len), Some(2));
    let held_out = (1..=DEBTORS).filter(|debtor| arm_of(*debtor) == "hold_out").count();
    assert_eq!(arms[1]["groups"], held_out);
}

#[test]
fn without_a_last_day_or_with_arms_that_are_skewed_there_is_no_verdict() {
    let house = house("");
    run(&house, FIRST);
    run(&house, LAST);
    assert_eq!(comparison(&house, LAST)["verdict"], json!({"kind": "no_last_day"}));
    let text = text_of(&house, &["report", "output"]);
    assert!(text.contains("write ends_on = \"YYYY-MM-DD\" in [[experiments]] of tone"), "{text}");
    // Who was drawn stays, so other shares are not those of the draw.
    house.edit("pipelines/daily.toml", "{ name = \"champion\", share = 50 }", "{ name = \"champion\", share = 80 }");
    house.edit("pipelines/daily.toml", "share = 50, hold_out", "share = 20, hold_out");
    house.edit(
        "pipelines/daily.toml",
        &format!("starts_on = \"{FIRST}\"\n"),
        &format!("starts_on = \"{FIRST}\"\nends_on = \"{LAST}\"\n"),
    );
    run(&house, "2026-07-01");
    assert_eq!(comparison(&house, "2026-07-01")["verdict"], json!({"kind": "skewed"}));
    let text = text_of(&house, &["report", "output"]);
    assert!(text.contains("! it began without a last day, which is 2026-06-30 now"), "{text}");
}

#[test]
fn a_plan_says_how_many_groups_an_effect_takes() {
    let house = house(&format!("ends_on = \"{LAST}\""));
    run(&house, FIRST);
    run(&house, LAST);
    let plan = json_of(&house, &["plan", "output", "--effect", "10"]);
    let window = &plan["companies"][0]["windows"][0];
    assert_eq!([&window["days"], &window["groups"]], [&json!(30), &json!(DEBTORS)]);
    let needed = |of: &str| number(&window[of], "groups_per_arm");
    let deviation = number(window, "deviation");
    assert_eq!(needed("needed"), (2.0 * (2.8016 * deviation / 0.1) * (2.8016 * deviation / 0.1)).ceil());
    assert!(needed("needed_adjusted") < 0.4 * needed("needed"), "{window}");
    let detectable = window["detectable"].as_array().expect("a list");
    assert_eq!(detectable.len(), 1, "{window}");
    assert_eq!([&detectable[0]["experiment"], &detectable[0]["share"]], [&json!("tone"), &json!(50)]);
    // Of 30 days no other window is.
    assert_eq!(plan["companies"][0]["windows"][1]["detectable"], json!([]));

    // The pipeline may name what has not begun.
    house.edit("pipelines/daily.toml", "id = \"tone\"", "id = \"later\"");
    house.edit("pipelines/daily.toml", FIRST, "2027-01-01");
    house.edit("pipelines/daily.toml", LAST, "2027-03-31");
    let of_pipeline = json_of(&house, &["plan", "pipelines/daily.toml"]);
    assert_eq!(of_pipeline["designs"][0]["experiment"], "later");
    assert_eq!(of_pipeline["designs"][0]["days"], 90);
    assert_eq!(of_pipeline["companies"][0]["windows"][2]["detectable"][0]["experiment"], "later");
    let text = text_of(&house, &["plan", "output", "--shares", "80,15,5"]);
    assert!(text.contains("challenger 2") && text.contains("15 %"), "{text}");
}

#[test]
fn what_is_not_there_is_told_with_its_remedy() {
    let house = House::of_one_invoice();
    run(&house, LAST);
    let cases: &[(&[&str], &str)] = &[
        (&["report", "output"], "no experiment has anything to show on 2026-06-30"),
        (&["plan", "output"], "kpi_group_rates of 2026-06-30 has not two groups of debtors"),
        (&["plan", "output", "--shares", "80,15"], "the shares add up to 95, not to 100"),
        (&["plan", "output", "--effect", "0"], "write percentage points from 0.1 to 100, such as 3"),
        (&["report", "nowhere"], "nothing is published"),
    ];
    for (arguments, expected) in cases {
        let ended = experiment(&house, arguments);
        assert!(ended.code == 2 && ended.stderr.contains(expected), "{arguments:?}: {} {}", ended.code, ended.stderr);
    }
}
