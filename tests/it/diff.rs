//! `regua diff`: what changed between two published runs, from what is published alone.

use serde_json::{Value, json};

use crate::support::{Ended, House, as_of};

const NEXT: &str = "2026-07-01";

/// Three debtors at d+5, and one that has time.
const INVOICES: &str = "invoice_id debtor_id issue_date due_date amount
    I1 D1 2026-05-01 2026-06-22 100.00
    I2 D2 2026-05-01 2026-06-21 200.00
    I3 D3 2026-05-01 2026-06-12 300.00
    I4 D4 2026-05-01 2026-07-20 400.00";

fn house() -> House {
    let house = House::new();
    house.write("invoices", INVOICES);
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount");
    house.write(
        "debtors",
        "debtor_id legal_name state\nD1 Acme SP\nD2 <b>Bolt</b> SP\nD3 Corp SP\nD4 Dado SP\nD5 Eixo SP",
    );
    house.write(
        "contact_points",
        "debtor_id channel address
        D1 email a@acme.example
        D2 email b@bolt.example
        D3 whatsapp +5511900000003
        D4 email d@dado.example",
    );
    assert_eq!(house.run(as_of()).code, 0);
    house
}

fn diff(house: &House, arguments: &[&str]) -> Ended {
    house.regua(&[&["diff"], arguments].concat())
}

fn told(house: &House, arguments: &[&str]) -> Value {
    let ended = diff(house, arguments);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    serde_json::from_str(ended.stdout.lines().last().unwrap_or_default()).expect("a comparison")
}

fn sum(count: u64, amount: &str) -> Value {
    json!({"count": count, "amount": amount})
}

#[test]
fn what_is_owed_moves_by_parts_that_add_up() {
    let house = house();
    // D1 pays a part, D2 all, D3 has another invoice, D5 is new.
    house.write(
        "payments",
        "payment_id debtor_id invoice_id paid_on amount\nP1 D1 I1 2026-07-01 30.00\nP2 D2 I2 2026-07-01 200.00",
    );
    house.write(
        "invoices",
        &format!("{INVOICES}\nI5 D5 2026-06-30 2026-07-30 50.00\nI6 D3 2026-06-30 2026-07-30 25.00"),
    );
    assert_eq!(house.run(NEXT).code, 0);
    let found = told(&house, &["output@2026-06-30", "@2026-07-01"]);
    assert_eq!(
        found["owed"],
        json!([{
            "currency": "BRL",
            "then": sum(4, "1000.00"),
            "new": sum(1, "50.00"),
            "grown": sum(1, "25.00"),
            "shrunk": sum(1, "30.00"),
            "gone": sum(1, "200.00"),
            "now": sum(4, "845.00"),
        }])
    );
    let same = ["same_inputs", "same_configuration", "same_program"].map(|name| found[name].clone());
    assert_eq!(same, [false, true, true]);
    let moves: Vec<String> = found["moves"]
        .as_array()
        .expect("moves")
        .iter()
        .map(|m| format!("{} > {}: {} {}", m["then"], m["now"], m["accounts"], m["open_amount"]).replace('"', ""))
        .collect();
    assert_eq!(
        moves,
        [
            "action > previous_unreported: 2 395.00",
            "absent > not_due: 1 50.00",
            "action > settled: 1 0.00",
            "not_due > not_due: 1 400.00",
        ]
    );
    assert_eq!(found["accounts"]["gone"]["accounts"], 3);
    let text = diff(&house, &["output@2026-06-30", "output", "--output", "text"]).stdout;
    for part in ["From 2026-06-30 to 2026-07-01", "inputs different, configuration the same", "+R$50.00", "-R$200.00"] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

#[test]
fn another_template_in_another_output_reads_otherwise_and_asks_for_the_same() {
    let house = house();
    house.edit("pipelines/daily.toml", "../output", "../trial");
    house.edit(
        "pipelines/templates/pt-BR/overdue_second.email.j2",
        ": pagamento com vencimento",
        ": seu pagamento com vencimento",
    );
    assert_eq!(house.run(as_of()).code, 0);
    let found = told(&house, &["output", "trial"]);
    let letters = &found["letters"];
    assert_eq!((&letters["in_both"], &letters["different"]), (&json!(3), &json!(2)), "{letters}");
    assert_eq!(letters["aspects"], json!({"template": 2, "text": 2}));
    assert_eq!(found["moves"].as_array().map(|moves| moves.iter().all(|m| m["then"] == m["now"])), Some(true));
    assert!(letters["examples"][0].get("then").is_none(), "messages are personal data: {letters}");

    let shown =
        diff(&house, &["output", "trial", "--messages", "1", "--output", "text", "--report", "diff.html"]).stdout;
    for part in [
        "3 actions are in both runs; 2 of them differ (template 2, text 2)",
        ": pagamento com vencimento",
        ": seu pagamento com vencimento",
    ] {
        assert!(shown.contains(part), "no {part:?} in\n{shown}");
    }
    let page = house.read("diff.html");
    assert!(page.contains(": seu pagamento com vencimento") && !page.contains("<b>Bolt"), "escaped");
    assert!(
        !page.contains("<script") && !page.contains("src=") && !page.contains("href="),
        "the page needs nothing else"
    );
}

#[test]
fn a_revision_is_compared_with_all_that_stands_of_its_date() {
    let house = house();
    house.write("disputes", "dispute_id debtor_id invoice_id kind opened_on\nX1 D3 I3 dispute 2026-06-29");
    let revised = house.regua(&[
        "run",
        "pipelines/daily.toml",
        "--as-of",
        as_of(),
        "--revise",
        "--reason",
        "a dispute came late",
    ]);
    assert_eq!(revised.code, 0, "{}", revised.stderr);
    let found = told(&house, &["output@1", "@2"]);
    let accounts = &found["accounts"];
    assert_eq!(
        ["actions_then", "actions_now", "same"].map(|name| accounts[name].as_u64()),
        [Some(3), Some(2), Some(2)]
    );
    assert_eq!(accounts["gone_reasons"], json!({"dispute_open": 1}));
    assert_eq!((&found["letters"]["in_both"], &found["letters"]["different"]), (&json!(2), &json!(0)));
    let text = diff(&house, &["output@1", "@2", "--output", "text"]).stdout;
    assert!(text.contains("From 2026-06-30 revision 0 to 2026-06-30 revision 1"), "{text}");
    let same = told(&house, &["output@2", "@2"]);
    assert_eq!(same["notes"][0], "both are the same run");
    assert!(text.contains("! revision 1 of 2026-06-30 publishes only the actions that are new"), "{text}");
}

#[test]
fn of_a_date_that_decided_nothing_the_position_is_compared() {
    let house = house();
    let earlier = house.regua(&["run", "pipelines/daily.toml", "--as-of", "2026-06-25", "--kpi-only"]);
    assert_eq!(earlier.code, 0, "{}", earlier.stderr);
    let found = told(&house, &["output@2026-06-25", "output"]);
    assert_eq!(found["notes"], json!(["nothing was decided for 2026-06-25: only the position is compared"]));
    assert_eq!(found["owed"][0]["then"], sum(4, "1000.00"));
    assert_eq!(["accounts", "letters"].map(|name| found[name].is_null()), [true, true]);
    let backwards = told(&house, &["output", "@2026-06-25"]);
    let note = "the second run is of an earlier date, 2026-06-25, than the first, 2026-06-30";
    assert_eq!(backwards["notes"][0], note);
    let page = diff(&house, &["output@2026-06-25", "output", "--report", "diff.html"]);
    assert_eq!(page.code, 0, "{}", page.stderr);
}

/// What is compared is what was published, or nothing is said.
#[test]
fn a_file_that_was_changed_is_told() {
    let house = house();
    let path = glob::glob(&house.path("output/runs/*/*/debtors/*.parquet").to_string_lossy()).expect("a pattern");
    let path = path.flatten().next().expect("a table");
    let mut bytes = std::fs::read(&path).expect("a file");
    bytes[60] ^= 1;
    std::fs::write(&path, bytes).expect("written");
    let ended = diff(&house, &["output", "output"]);
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("debtors/part-00000.parquet"), "{}", ended.stderr);
}

#[test]
fn a_run_that_is_not_there_is_named() {
    let house = house();
    let cases = [
        (["output@2026-06-29", "output"], "output: no run for 2026-06-29 is published there"),
        (["output@7", "output"], "7\\\" is not a published date or record; `regua log output` lists them"),
        (["output", "@2026-02-31"], "2026-02-31\\\" is not a published date or record"),
        (["output", "elsewhere"], "elsewhere: nothing is published there"),
        (["@1", "@2"], "name the output of the first run"),
        (["output", ""], "name the output of the first run"),
    ];
    for (arguments, why) in cases {
        let ended = diff(&house, &arguments);
        assert_eq!(ended.code, 2, "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(why), "no {why:?} in {}", ended.stderr);
    }
}
