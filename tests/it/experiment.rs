//! `regua experiment`: how large an experiment has to be, and what one has shown, before and after its last day.

use regua::domain::experiment::{Arm, Experiment};
use serde_json::{Value, json};

use crate::support::{Ended, House};

const FIRST: &str = "2026-06-01";
const EVE: &str = "2026-06-29";
const LAST: &str = "2026-06-30";
const NEXT: &str = "2026-07-01";
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
    for as_of in [FIRST, EVE, LAST, NEXT, AFTER] {
        run(&house, as_of);
    }
    // What is paid on the last day is in the exports of the day after.
    for day in [EVE, LAST] {
        let early = comparison(&house, day);
        assert_eq!(early["verdict"], json!({"kind": "not_yet", "on": NEXT}));
        assert_eq!(early["sentence"], format!("hold_out: no verdict before {NEXT}"));
        let text = text_of(&house, &["report", "output", "--as-of", day]);
        assert!(text.contains(&format!("hold_out: no verdict before {NEXT}")) && !text.contains("collects"), "{text}");
    }

    let last = comparison(&house, NEXT);
    assert_eq!(last["verdict"], json!({"kind": "worse"}), "{last}");
    assert_eq!(last["judged_by"], last["adjusted"], "of one challenger alone");
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
    let text = text_of(&house, &["report", "output", "--as-of", NEXT]);
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
    let judged = "hold_out: no verdict: the first or last day was set or moved after the experiment began";
    assert!(text.contains(judged) && !text.contains("collects less"), "{text}");
    // The page of the run says the same.
    let page = |as_of: &str| {
        let made = house.regua(&["report", "output", "--as-of", as_of, "--language", "en", "--file", "page.html"]);
        assert_eq!(made.code, 0, "{}", made.stderr);
        house.read("page.html")
    };
    assert!(page(LAST).contains("the verdict comes on 1 July 2026"), "the page of {LAST}");
    assert!(page(NEXT).contains("1 of 1 differences are clear"), "the page of {NEXT}");
    let moved = "There is no verdict: the first or last day was set or moved";
    assert!(page("2026-07-07").contains(moved), "the page of whoever moved it");
    assert!(
        house.read(&report_of(&house, "2026-07-07")).contains("Sem veredito: o primeiro"),
        "that of the run itself"
    );
}

/// The page that the run of a date has published.
fn report_of(house: &House, as_of: &str) -> String {
    let pattern = house.path(&format!("output/runs/{as_of}/*/report.html"));
    let found = glob::glob(&pattern.to_string_lossy()).expect("a pattern").next().expect("a page").expect("readable");
    found.strip_prefix(house.path("")).expect("below the house").to_string_lossy().into_owned()
}

/// A first day that was moved leaves out what was seen to go wrong, or takes in what went well before.
#[test]
fn a_first_day_that_is_moved_is_noticed() {
    let house = house(&format!("ends_on = \"{LAST}\""));
    run(&house, FIRST);
    house.edit("pipelines/daily.toml", &format!("starts_on = \"{FIRST}\""), "starts_on = \"2026-06-10\"");
    run(&house, NEXT);
    assert_eq!(comparison(&house, NEXT)["verdict"], json!({"kind": "moved"}));
    let text = text_of(&house, &["report", "output"]);
    assert!(text.contains("! its first day was 2026-06-01 when it began, and is 2026-06-10 now"), "{text}");
}

/// Whoever is drawn after that is drawn into another arm, and those of the old one are compared with whom nobody chose.
#[test]
fn an_arm_that_is_renamed_is_not_judged() {
    let house = house(&format!("ends_on = \"{LAST}\""));
    run(&house, FIRST);
    house.edit("pipelines/daily.toml", "{ name = \"hold_out\", share = 50", "{ name = \"silence\", share = 50");
    run(&house, NEXT);
    let comparisons = json_of(&house, &["report", "output"])["experiments"][0]["comparisons"].clone();
    let verdicts: Vec<&Value> = comparisons.as_array().expect("a list").iter().map(|one| &one["verdict"]).collect();
    assert!(
        !verdicts.is_empty() && verdicts.iter().all(|verdict| **verdict == json!({"kind": "arms_changed"})),
        "{comparisons}"
    );
    let text = text_of(&house, &["report", "output"]);
    assert!(text.contains("no verdict: an arm was renamed, removed or made to do something else"), "{text}");
}

/// Two arms that are alike beside the champion: each is judged by an interval that is wider than its own.
#[test]
fn two_challengers_are_judged_by_wider_intervals() {
    let house = house(&format!("ends_on = \"{LAST}\""));
    let arms = "{ name = \"one\", share = 25, hold_out = true }, { name = \"two\", share = 25, hold_out = true }";
    house.edit("pipelines/daily.toml", "{ name = \"hold_out\", share = 50, hold_out = true }", arms);
    run(&house, FIRST);
    run(&house, NEXT);
    let found = json_of(&house, &["report", "output"])["experiments"][0]["comparisons"].clone();
    for one in found.as_array().expect("a list") {
        let width = |interval: &Value| number(interval, "high") - number(interval, "low");
        let wider = width(&one["judged_by"]) / width(&one["adjusted"]);
        assert!((1.14..1.17).contains(&wider), "2.2414 / 1.96 = 1.1436, and some more for few groups: {one}");
        assert!(one["sentence"].as_str().expect("a text").contains("wide enough for 2 challengers"), "{one}");
    }
    assert_eq!(found.as_array().map(Vec::len), Some(2));
}

/// Of all groups follows nothing for those of some segments.
#[test]
fn a_plan_says_nothing_of_arms_over_some_segments() {
    let house = house(&format!("ends_on = \"{LAST}\"\nsegments = [\"recorrente\", \"ocasional\"]"));
    run(&house, FIRST);
    run(&house, LAST);
    for place in ["output", "pipelines/daily.toml"] {
        let plan = json_of(&house, &["plan", place]);
        assert_eq!(plan["designs"][0]["segments"], json!(["recorrente", "ocasional"]), "{place}: {plan}");
        let windows = plan["companies"][0]["windows"].as_array().expect("a list");
        assert!(windows.iter().all(|window| window["detectable"] == json!([])), "{place}: {windows:?}");
        let text = text_of(&house, &["plan", place]);
        assert!(text.contains("! tone takes the segments recorrente, ocasional alone"), "{text}");
    }
}

/// 2³² of them are 0 in 32 bits.
#[test]
fn shares_beyond_a_whole_number_are_refused() {
    let house = house("");
    house.edit("pipelines/daily.toml", "share = 50, hold_out", "share = 4294967295, hold_out");
    let check = house.regua(&["check", "pipelines/daily.toml"]);
    assert!(check.code == 2 && check.stderr.contains("4294967295"), "{}: {}", check.code, check.stderr);
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
    assert!(
        text.contains("begin a new experiment under another id than tone, with ends_on = \"YYYY-MM-DD\""),
        "{text}"
    );
    house.edit(
        "pipelines/daily.toml",
        &format!("starts_on = \"{FIRST}\"\n"),
        &format!("starts_on = \"{FIRST}\"\nends_on = \"{LAST}\"\n"),
    );
    run(&house, NEXT);
    assert_eq!(comparison(&house, NEXT)["verdict"], json!({"kind": "moved"}));
    let text = text_of(&house, &["report", "output"]);
    assert!(text.contains("! it began without a last day, which is 2026-06-30 now"), "{text}");
    // Who was drawn stays, so other shares are not those of the draw.
    let house = self::house(&format!("ends_on = \"{LAST}\""));
    run(&house, FIRST);
    house.edit("pipelines/daily.toml", "{ name = \"champion\", share = 50 }", "{ name = \"champion\", share = 80 }");
    house.edit("pipelines/daily.toml", "share = 50, hold_out", "share = 20, hold_out");
    run(&house, NEXT);
    assert_eq!(comparison(&house, NEXT)["verdict"], json!({"kind": "skewed"}));
}

/// The next experiment stands in the file beside the one before it, whose verdict stays where it was.
#[test]
fn one_experiment_begins_after_the_last_day_of_another() {
    let house = house(&format!("ends_on = \"{LAST}\""));
    let pipeline = "pipelines/daily.toml";
    let with = house.read(pipeline);
    let (head, rest) = with.split_once("[[experiments]]\nid = \"tone\"").expect("an experiment");
    let (own, tail) = rest.split_once("[creditors.default]").expect("creditors");
    let next = |from: &str| {
        let of = |id: &str, rest: &str| format!("[[experiments]]\nid = \"{id}\"{rest}");
        let later = own.replace(LAST, "2026-09-30").replace(FIRST, from);
        format!("{head}{}{}[creditors.default]{tail}", of("tone", own), of("next", &later))
    };
    house.write_file(pipeline, &next(LAST));
    let refused = house.run(FIRST);
    assert!(refused.code == 2 && refused.stderr.contains("on the same days"), "{}", refused.stderr);
    house.write_file(pipeline, &next(NEXT));
    for day in [FIRST, NEXT] {
        run(&house, day);
    }
    let members = house.published("experiment_members", "experiment entered_on");
    let entered = |row: &str| members.iter().filter(|member| *member == row).count();
    // Whoever owes nothing by then is drawn when it does.
    assert!(entered("tone 2026-06-01") == DEBTORS as usize && entered("next 2026-07-01") > 100, "{members:?}");
    let shown = json_of(&house, &["report", "output", "--experiment", "tone"]);
    assert_eq!(shown["experiments"][0]["comparisons"][0]["verdict"], json!({"kind": "worse"}), "{shown}");
}

/// Whoever holds out was written to while nobody knew of the experiment, and its figures are of no arm.
#[test]
fn an_experiment_that_was_out_of_the_file_for_most_of_its_days_is_not_judged() {
    let house = house(&format!("ends_on = \"{LAST}\""));
    let pipeline = "pipelines/daily.toml";
    let with = house.read(pipeline);
    let (head, rest) = with.split_once("[[experiments]]\nid = \"tone\"").expect("an experiment");
    let (_, tail) = rest.split_once("[creditors.default]").expect("creditors");
    run(&house, FIRST);
    house.write_file(pipeline, &format!("{head}[creditors.default]{tail}"));
    for day in ["2026-06-05", "2026-06-20"] {
        run(&house, day);
    }
    house.write_file(pipeline, &with);
    run(&house, NEXT);
    assert_eq!(comparison(&house, NEXT)["verdict"], json!({"kind": "was_absent"}));
    let text = text_of(&house, &["report", "output"]);
    assert!(text.contains("! on 26 of its days it was not in the pipeline"), "{text}");
    assert!(text.contains("no verdict: the experiment was out of the pipeline for more than a week"), "{text}");
}

/// Of a date with figures alone nobody was in an arm, and it is not the groups that are missing.
#[test]
fn a_date_without_decisions_is_told_as_what_it_is() {
    let house = house("");
    run(&house, FIRST);
    let figures = house.regua(&["run", "pipelines/daily.toml", "--as-of", "2026-06-02", "--kpi-only"]);
    assert_eq!(figures.code, 0, "{}", figures.stderr);
    for command in ["plan", "report"] {
        let ended = experiment(&house, &[command, "output", "--as-of", "2026-06-02", "--output", "text"]);
        let told = "2026-06-02 has figures alone: nobody was decided on, so nobody is in an arm; --as-of 2026-06-01 is the newest date before \
                    it with decisions";
        assert!(ended.code != 0 && ended.stderr.contains(told), "{command}: {}", ended.stderr);
    }
}

/// A day on which another experiment stood alone in the file forgot whoever had been drawn, and who had paid since was lost.
#[test]
fn members_outlast_days_on_which_their_experiment_is_not_in_the_file() {
    let house = house(&format!("ends_on = \"{LAST}\""));
    let pipeline = "pipelines/daily.toml";
    let with = house.read(pipeline);
    run(&house, FIRST);
    house.write_file(pipeline, &with.replace("id = \"tone\"", "id = \"other\""));
    run(&house, "2026-06-02");
    house.write_file(pipeline, &with);
    run(&house, "2026-06-03");
    let members = house.published("experiment_members", "experiment entered_on");
    let entered = |row: &str| members.iter().filter(|member| *member == row).count();
    assert_eq!(
        [entered("tone 2026-06-01"), entered("other 2026-06-02"), members.len()],
        [DEBTORS as usize, DEBTORS as usize, 2 * DEBTORS as usize]
    );

    // An arm that is made to do something else ends it, whatever it is called, and no day for a verdict is promised.
    house.write_file(pipeline, &with.replace(", hold_out = true", ""));
    run(&house, "2026-06-10");
    house.write_file(pipeline, &with);
    run(&house, "2026-06-11");
    assert_eq!(comparison(&house, "2026-06-11")["verdict"], json!({"kind": "arms_changed"}));
    let text = text_of(&house, &["report", "output"]);
    assert!(text.contains("! since the run of 2026-06-10 its arms do something else than they began with"), "{text}");

    // Whoever takes it out once it is decided is told where it is shown.
    let (head, rest) = with.split_once("[[experiments]]\nid = \"tone\"").expect("an experiment");
    let (_, tail) = rest.split_once("[creditors.default]").expect("creditors");
    house.write_file(pipeline, &format!("{head}[creditors.default]{tail}"));
    run(&house, "2026-06-15");
    for (arguments, expected) in [
        (&["report", "output"][..], "add --as-of 2026-06-11, the last date with something to show"),
        (&["report", "output", "--experiment", "tone"], "add --as-of 2026-06-11"),
        (
            &["report", "output", "--experiment", "foo"],
            "there is no such experiment on 2026-06-15; there are: other, tone",
        ),
    ] {
        let ended = experiment(&house, arguments);
        assert!(ended.code == 2 && ended.stderr.contains(expected), "{arguments:?}: {} {}", ended.code, ended.stderr);
    }
}

/// Whoever writes them in a hurry silences everybody, or compares nothing.
#[test]
fn arms_that_compare_nothing_are_refused() {
    let house = house("");
    let with = house.read("pipelines/daily.toml");
    let arms = "arms = [{ name = \"champion\", share = 50 }, { name = \"hold_out\", share = 50, hold_out = true }]";
    for (other, expected) in [
        ("arms = []", "one arm is compared with nothing; write at least two"),
        ("arms = [{ name = \"a\", share = 100 }]", "one arm is compared with nothing; write at least two"),
        (
            "arms = [{ name = \"a\", share = 50, hold_out = true }, { name = \"b\", share = 50, hold_out = true }]",
            "every arm holds out, so nobody is written to",
        ),
        ("arms = [{ name = \"h\", share = 50 }, { name = \"H\", share = 50 }]", "there are two arms named `H`"),
        ("arms = [{ name = \" \", share = 50 }, { name = \"b\", share = 50 }]", "an arm has a name"),
        (&format!("segments = []\n{arms}"), "no segment takes part; name some, or take the line out"),
    ] {
        house.write_file("pipelines/daily.toml", &with.replace(arms, other));
        let check = house.regua(&["check", "pipelines/daily.toml"]);
        assert!(check.code == 2 && check.stderr.contains(expected), "{other}: {} {}", check.code, check.stderr);
        assert!(check.stderr.contains("daily.toml:"), "{}", check.stderr);
    }
}

/// Of an arm whose groups tell as much as fewer than 30 the report gives no verdict, so the plan promises none.
#[test]
fn a_plan_promises_no_effect_that_the_report_would_refuse() {
    let house = house(&format!("ends_on = \"{LAST}\""));
    run(&house, LAST);
    let effects = |shares: &str| {
        let plan = json_of(&house, &["plan", "output", "--shares", shares]);
        let found = plan["companies"][0]["windows"][0]["detectable"].as_array().expect("a list").clone();
        found.iter().map(|one| one["effect"].is_number()).collect::<Vec<_>>()
    };
    assert_eq!(effects("50,50"), [true]);
    assert_eq!(effects("80,15,5"), [true, false], "a twentieth of 240 groups");
    let text = text_of(&house, &["plan", "output", "--shares", "95,5"]);
    assert!(
        text.contains("! An arm with fewer than 30 effective groups gets no verdict, so its effect is shown as -"),
        "{text}"
    );
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
        (&["plan", "output", "--shares", "80;20"], "write whole per cents with commas, such as 80,15,5"),
        (&["plan", "output", "--shares", "-5"], "\"-5\" is not the share of an arm"),
        (&["plan", "output", "--effect", "-2"], "write percentage points from 0.1 to 100"),
        (&["plan", "output", "--shares", "100"], "\"100\" is not the share of an arm"),
        (&["plan", "output", "--effect", "0"], "write percentage points from 0.1 to 100, such as 3"),
        (&["report", "nowhere"], "nothing is published"),
    ];
    for (arguments, expected) in cases {
        let ended = experiment(&house, arguments);
        assert!(ended.code == 2 && ended.stderr.contains(expected), "{arguments:?}: {} {}", ended.code, ended.stderr);
    }
}
