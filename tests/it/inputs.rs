//! Inputs that are not as the contract asks: what stops a run, what is quarantined, who is held, and what is said.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch};
use serde_json::{Value, json};

use crate::support::{Ended, House, as_of, batch, write_parquet};

pub const INVOICES: &str = "invoice_id installment_no debtor_id issue_date due_date currency amount\n\
    I1 1 D1 2026-05-01 2026-06-20 BRL 100.00\nI2 1 D2 2026-05-01 2026-06-20 BRL 200.00";
pub const PAYMENTS: &str = "payment_id debtor_id invoice_id paid_on amount kind";
pub const DEBTORS: &str = "debtor_id legal_name state tax_id\nD1 Acme SP -\nD2 Bravo SP -";
pub const POINTS: &str = "debtor_id channel address\nD1 email a@acme.example\nD2 email b@bravo.example";

/// Two debtors with an overdue invoice each.
pub fn house() -> House {
    let house = House::new();
    // A handful of rows: one bad one is a large share.
    house.edit("pipelines/daily.toml", "quarantine_share_max = 0.01", "quarantine_share_max = 1.0");
    for (table, text) in
        [("invoices", INVOICES), ("payments", PAYMENTS), ("debtors", DEBTORS), ("contact_points", POINTS)]
    {
        house.write(table, text);
    }
    house
}

pub fn decisions(house: &House) -> Vec<String> {
    let mut rows = house.published("decisions", "debtor_id outcome reason");
    rows.sort();
    rows
}

pub fn refused(ended: &Ended, code: i32, parts: &[&str]) {
    assert_eq!(ended.code, code, "{}", ended.stderr);
    // Off a terminal stderr is JSON lines, in which quotes are escaped.
    let said = ended.stderr.replace("\\\"", "\"");
    for part in parts {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
}

/// Writes a table with one of its columns replaced.
pub fn with_column(house: &House, table: &str, text: &str, name: &str, column: ArrayRef) {
    write_parquet(&house.path(&format!("input/{table}.parquet")), &replaced(table, text, name, column));
}

pub fn replaced(table: &str, text: &str, name: &str, column: ArrayRef) -> RecordBatch {
    let original = batch(table, text);
    let schema = original.schema();
    let columns = schema.fields().iter().zip(original.columns()).map(|(field, array)| {
        let array = if field.name() == name { Arc::clone(&column) } else { Arc::clone(array) };
        (field.name().clone(), array, true)
    });
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

#[test]
fn both_debtors_are_dunned_when_all_is_well() {
    let house = house();
    assert_eq!(house.run(as_of()).code, 0);
    assert_eq!(decisions(&house), ["D1 action step_due", "D2 action step_due"]);
}

#[test]
fn a_column_that_protects_is_read_however_its_name_is_written() {
    let house = house();
    house.write("debtors", "debtor_id legal_name state Dunning_Block\nD1 Acme SP legal\nD2 Beta SP -");
    assert_eq!(house.run(as_of()).code, 0);
    assert_eq!(decisions(&house), ["D1 hold blocked_debtor", "D2 action step_due"]);
}

#[test]
fn a_bad_row_holds_its_debtor_and_nobody_else() {
    let cases: &[(&str, &str, &str)] = &[
        ("unknown currency", "invoices", "I3 1 D1 2026-05-01 2026-06-20 XXX 5.00"),
        ("decimals in a currency without", "invoices", "I3 1 D1 2026-05-01 2026-06-20 JPY 5.50"),
        ("negative amount", "invoices", "I3 1 D1 2026-05-01 2026-06-20 BRL -5.00"),
        ("amount out of range", "invoices", "I3 1 D1 2026-05-01 2026-06-20 BRL 10000000000000.00"),
        ("due before it was issued", "invoices", "I3 1 D1 2026-05-01 2026-04-30 BRL 5.00"),
        ("no due date", "invoices", "I3 1 D1 2026-05-01 - BRL 5.00"),
        ("no invoice id", "invoices", "- 1 D1 2026-05-01 2026-06-20 BRL 5.00"),
        ("a date in the year 9999", "invoices", "I3 1 D1 2026-05-01 9999-01-01 BRL 5.00"),
        ("unknown kind of payment", "payments", "P1 D1 I1 2026-06-01 5.00 gift"),
        ("payment without an id", "payments", "- D1 I1 2026-06-01 5.00 payment"),
    ];
    for (what, table, row) in cases {
        let house = house();
        let text = if *table == "invoices" { INVOICES } else { PAYMENTS };
        house.write(table, &format!("{text}\n{row}"));
        let ended = house.run(as_of());
        assert_eq!(ended.code, 0, "{what}: {}", ended.stderr);
        assert_eq!(decisions(&house), ["D1 hold quarantined_input", "D2 action step_due"], "{what}");
        let quarantined = house.published("quarantine", "table debtor_id");
        assert_eq!(quarantined, [format!("{table} D1")], "{what}");
    }
}

#[test]
fn both_rows_of_a_duplicate_key_are_quarantined_and_their_debtors_held() {
    let cases = [
        (
            "invoices",
            format!("{INVOICES}\nI1 1 D1 2026-05-01 2026-06-21 BRL 100.00"),
            ["invoice_id conflicting_rows D1"; 2],
        ),
        (
            "payments",
            format!("{PAYMENTS}\nP1 D1 I1 2026-06-01 5.00 payment\nP1 D1 I1 2026-06-02 6.00 payment"),
            ["payment_id conflicting_rows D1"; 2],
        ),
        ("debtors", format!("{DEBTORS}\nD1 Other SP -"), ["debtor_id conflicting_rows D1"; 2]),
    ];
    for (table, text, quarantined) in cases {
        let house = house();
        house.write("invoices", &format!("{INVOICES}\nI9 1 D1 2026-05-01 2026-06-20 BRL 100.00"));
        if table == "invoices" {
            house.write(table, &format!("{text}\nI9 1 D1 2026-05-01 2026-06-20 BRL 100.00"));
        } else {
            house.write(table, &text);
        }
        let ended = house.run(as_of());
        assert_eq!(ended.code, 0, "{table}: {}", ended.stderr);
        assert_eq!(decisions(&house), ["D1 hold quarantined_input", "D2 action step_due"], "{table}");
        assert_eq!(house.published("quarantine", "column reason debtor_id"), quarantined, "{table}");
    }
}

/// Two debtors of one company cannot owe one invoice: nobody knows who does, and both are left alone.
#[test]
fn an_invoice_of_two_debtors_holds_both() {
    let house = house();
    house.write(
        "invoices",
        &format!("{INVOICES}\nI1 1 D2 2026-05-01 2026-06-20 BRL 100.00\nI5 1 D1 2026-05-01 2026-06-20 BRL 100.00"),
    );
    assert_eq!(house.run(as_of()).code, 0);
    assert_eq!(decisions(&house), ["D1 hold quarantined_input", "D2 hold quarantined_input"]);
}

/// A head office pays for its branches, a treasury for its clients: the payment is the invoice's, and holds nobody.
#[test]
fn a_payment_by_another_pays_the_invoice_that_it_names() {
    let house = house();
    house.write("payments", &format!("{PAYMENTS}\nP1 D2 I1 2026-06-01 100.00 payment"));
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0);
    assert_eq!(decisions(&house), ["D2 action step_due"]);
    let note = "payments snapshot: 1 row names an invoice of a debtor in another group, and applies to that debtor";
    assert!(ended.stderr.contains(note), "{}", ended.stderr);
}

/// A payment in dollars of an invoice in reais pays nothing, but somebody meant it to: the debtor is left alone.
#[test]
fn a_payment_in_another_currency_than_its_invoice_holds_the_debtor() {
    let house = house();
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount currency\nP1 D1 I1 2026-06-01 20.00 USD");
    assert_eq!(house.run(as_of()).code, 0);
    assert_eq!(decisions(&house), ["D1 hold quarantined_input", "D2 action step_due"]);
    let mut quarantined = house.published("quarantine", "table reason debtor_id");
    quarantined.sort();
    assert_eq!(quarantined, ["payments other_currency D1"]);
}

/// Who is meant is said by the invoice; a payment that names neither is cash of nobody knows whom.
#[test]
fn a_payment_that_names_nobody_pays_its_invoice_or_is_unidentified() {
    let house = house();
    house.write("payments", &format!("{PAYMENTS}\nP1 - I1 2026-06-01 100.00 payment\nP2 - - 2026-06-01 7.00 payment"));
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(decisions(&house), ["D2 action step_due"]);
    let note = "BRL 7.00 of company 1 name neither a debtor nor a known invoice";
    assert!(ended.stderr.contains(note), "{}", ended.stderr);
    assert_eq!(house.published("kpi_portfolio", "unidentified_amount"), ["7.00"]);

    house.edit("pipelines/daily.toml", "[inputs.payments]", "[inputs.payments]\nunidentified = \"stop\"");
    refused(&house.run("2026-07-01"), 3, &[note]);
}

/// One odd row of three holds its debtor; a few dozen of them say that the export is broken.
#[test]
fn too_many_bad_rows_stop_the_run_and_a_few_never_do() {
    let house = house();
    house.edit("pipelines/daily.toml", "quarantine_share_max = 1.0", "quarantine_share_max = 0.2");
    let bad = |count: usize| {
        let rows = (0..count).map(|n| format!("\nX{n} 1 D1 2026-05-01 2026-06-20 BRL -1.00"));
        format!("{INVOICES}{}", rows.collect::<String>())
    };
    house.write("invoices", &bad(20));
    assert_eq!(house.run(as_of()).code, 0);
    house.write("invoices", &bad(21));
    let [limit, remedy] =
        ["limits.quarantine_share_max = 0.2", "most of all amount (amount_out_of_range, 21): correct the export"];
    refused(&house.run("2026-07-01"), 3, &["21 of 23 rows are bad", limit, remedy]);
    let odd = |n: i32| format!("\nX{n} 1 D1 2026-05-01 2026-06-20 BRL 1.00 fatura");
    let head = "invoice_id installment_no debtor_id issue_date due_date currency amount document_type";
    house.write("invoices", &format!("{head}{}", (0..21).map(odd).collect::<String>()));
    refused(&house.run("2026-07-01"), 3, &["to those of the contract in [inputs.invoices.values.document_type]"]);
}

#[test]
fn wrong_and_missing_columns_of_every_input_are_told_at_once() {
    let house = house();
    house.write("invoices", "invoice_id debtor_id issue_date amount\nI1 D1 2026-05-01 100.00");
    let texts: ArrayRef = Arc::new(arrow::array::StringArray::from(vec!["x", "y"]));
    with_column(&house, "debtors", DEBTORS, "legal_name", Arc::new(BooleanArray::from(vec![true, false])));
    with_column(
        &house,
        "payments",
        &format!("{PAYMENTS}\nP1 D1 I1 2026-06-01 5.00 payment\nP2 D1 I1 2026-06-01 5.00 payment"),
        "paid_on",
        texts,
    );
    refused(
        &house.run(as_of()),
        3,
        &[
            "invoices.parquet: column \"due_date\" is missing",
            "map due_date in [inputs.invoices.columns]",
            "debtors.parquet: column \"legal_name\" is Boolean, expected a string or whole numbers",
            "payments.parquet: column \"paid_on\" is Utf8, expected Date32 or a timestamp; cast it in the export, or say how",
            "date_format = \"%d/%m/%Y\" in [inputs.payments]",
        ],
    );
}

#[test]
fn what_nothing_reads_is_told_and_does_no_harm() {
    let house = house();
    house.write(
        "invoices",
        &INVOICES.replace("amount", "amount wieder").replace("100.00", "100.00 x").replace("200.00", "200.00 x"),
    );
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0);
    assert!(ended.stderr.contains("nothing reads the columns wieder"), "{}", ended.stderr);
}

#[test]
fn optional_inputs_may_be_missing_and_required_ones_may_not() {
    let house = house();
    std::fs::remove_file(house.path("input/contact_points.parquet")).unwrap();
    assert_eq!(house.run(as_of()).code, 0);
    assert_eq!(decisions(&house), ["D1 hold no_contact_point", "D2 hold no_contact_point"]);
    let house = self::house();
    std::fs::remove_file(house.path("input/payments.parquet")).unwrap();
    refused(&house.run(as_of()), 75, &["payments snapshot", "nothing is there; wait for the export"]);
}

#[test]
fn a_path_names_files_and_no_folder() {
    let house = house();
    house.edit("pipelines/daily.toml", "input/payments.parquet", "input/payments");
    std::fs::create_dir(house.path("input/payments")).unwrap();
    let file = house.path("input/payments/part-0.parquet");
    std::fs::rename(house.path("input/payments.parquet"), file).unwrap();
    let remedy = "it is a folder; end the path with /*.parquet in [inputs.payments]";
    refused(&house.run(as_of()), 3, &["payments snapshot", remedy]);
    house.edit("pipelines/daily.toml", "input/payments", "input/payments/*.parquet");
    assert_eq!(house.run(as_of()).code, 0);
    house.edit("pipelines/daily.toml", "input/payments/*.parquet", "input/{ds}/*.parquet");
    refused(&house.run(as_of()), 2, &["the only name in braces that a path may hold is {as_of}"]);
}

#[test]
fn what_is_no_parquet_file_is_named() {
    let house = house();
    std::fs::write(house.path("input/invoices.parquet"), b"PAR1 this is no such thing PAR1").unwrap();
    refused(&house.run(as_of()), 3, &["input/invoices.parquet", "export it again"]);
    let good = batch("invoices", INVOICES);
    write_parquet(&house.path("input/invoices.parquet"), &good);
    let bytes = std::fs::read(house.path("input/invoices.parquet")).unwrap();
    std::fs::write(house.path("input/invoices.parquet"), &bytes[..bytes.len() / 2]).unwrap();
    refused(&house.run(as_of()), 3, &["input/invoices.parquet", "export it again"]);
}

/// A CNPJ with a wrong digit is told and holds nobody: what follows from it, the group, is not taken from it.
#[test]
fn a_wrong_cnpj_is_a_warning() {
    let house = house();
    let taxes = [("D1", "11.222.333/0001-80"), ("D2", "11222333000262")];
    let rows: String = taxes.iter().map(|(id, tax)| format!("\n{id} Acme SP {tax}")).collect();
    house.write("debtors", &format!("debtor_id legal_name state tax_id{rows}"));
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(house.published("quarantine", "table row reason debtor_id"), ["debtors 0 wrong_check_digits -"]);
    assert!(house.published("decisions", "reason").iter().all(|reason| reason != "quarantined_input"));
}

/// A payment with a mistyped number is credit of whoever paid, and nobody knew.
#[test]
fn payments_that_match_no_invoice_are_told_and_too_many_of_them_stop_the_run() {
    let house = house();
    let unknown =
        "P1 D1 I9 2026-06-25 2.00 payment\nP3 D1 I8 2026-06-25 1.00 payment\nP4 D1 I7 2026-06-25 1.00 payment";
    let paid = format!("{PAYMENTS}\nP2 D1 I1 2026-06-25 96.00 payment\n{unknown}");
    house.write("payments", &paid);
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let note = "payments: BRL 4.00 are for invoices that are not in the invoices snapshot";
    assert!(ended.stderr.contains(note), "{}", ended.stderr);
    house.write("payments", &paid.replace(" 2.00", " 4.00"));
    let causes = ["limits.unmatched_percent_max = 5", "sign = \"negative\"", "leading zeros", "scope = \"open\""];
    refused(&house.run("2026-07-01"), 3, &causes);
    house.edit("pipelines/daily.toml", "[inputs.invoices]", "[inputs.invoices]\nscope = \"open\"");
    assert_eq!(house.run("2026-07-01").code, 0, "what is gone was settled");
}

/// Every wrong key of an input at once, each with its line.
#[test]
fn keys_of_inputs_are_checked() {
    let house = house();
    house.edit(
        "pipelines/daily.toml",
        "[inputs.debtors]",
        "[inputs.debtors]\nsign = \"negative\"\nscope = \"open\"\nunidentified = \"stop\"\ndate_format = [\"%d/%m\", \"%Q\"]\n\
         null_dates = [\"31/12/9999\"]\nvalues = { is_insolvent = { S = \"yes\" } }",
    );
    house.edit("pipelines/daily.toml", "[inputs.invoices]", "[inputs.invoices]\nlag_days_max = 1\nscope = \"opened\"");
    let text = house.read("pipelines/daily.toml");
    let line = |key: &str| text.lines().position(|l| l.starts_with(key)).map(|at| at + 1).unwrap();
    let debtors = line("[inputs.debtors]");
    let expected = [
        format!(
            "daily.toml:{}: `sign` does not apply to debtors, only to invoices and payments; remove it",
            debtors + 1
        ),
        format!("daily.toml:{}: `scope` does not apply to debtors, only to invoices; remove it", debtors + 2),
        format!("daily.toml:{}: `unidentified` does not apply to debtors, only to payments; remove it", debtors + 3),
        format!(
            "daily.toml:{}: \"%d/%m\" is not the format of a whole date; write it in strftime form: %d/%m/%Y",
            debtors + 4
        ),
        format!("daily.toml:{}: \"%Q\" is not the format of a whole date", debtors + 4),
        format!("daily.toml:{}: \"31/12/9999\" is not a date; write it like 9999-12-31", debtors + 5),
        format!("daily.toml:{}: unknown value `yes`", debtors + 6),
        format!("daily.toml:{}: the other inputs are compared with invoices", line("lag_days_max = 1")),
        format!("daily.toml:{}: `scope`: unknown value `opened`; did you mean `open`?", line("scope = \"opened\"")),
    ];
    refused(&house.regua(&["check", "pipelines/daily.toml"]), 2, &expected.each_ref().map(String::as_str));
}

fn written_at(house: &House, table: &str, instant: &str) {
    let instant: chrono::DateTime<chrono::Utc> = instant.parse().unwrap();
    let file = std::fs::File::options().write(true).open(house.path(&format!("input/{table}.parquet"))).unwrap();
    file.set_modified(instant.into()).unwrap();
}

/// Payments of the day before yesterday under the invoices of today: whoever paid yesterday would be dunned.
#[test]
fn what_protects_somebody_is_as_young_as_the_invoices() {
    let promises = "promise_id debtor_id promised_on pay_by\nR1 D1 2026-06-28 2026-07-02";
    for table in ["payments", "promises"] {
        let house = house();
        house.write("promises", promises);
        for written in ["invoices", "payments", "promises"] {
            written_at(&house, written, "2026-06-30T15:00:00Z");
        }
        assert_eq!(house.run(as_of()).code, 0);
        written_at(&house, table, "2026-06-29T15:00:00Z");
        assert_eq!(house.regua(&["inputs", "pipelines/daily.toml", "--as-of", as_of()]).code, 0, "a day is allowed");
        written_at(&house, table, "2026-06-28T15:00:00Z");
        let lag = format!("[inputs.{table}].lag_days_max = 1; wait for the export");
        let parts =
            [&format!("{table} snapshot"), "last written on 2026-06-28, but the invoices on 2026-06-30", lag.as_str()];
        refused(&house.run(as_of()), 75, &parts);
        let section = format!("[inputs.{table}]");
        house.edit("pipelines/daily.toml", &section, &format!("{section}\nlag_days_max = 2"));
        assert_eq!(house.regua(&["inputs", "pipelines/daily.toml", "--as-of", as_of()]).code, 0);
        written_at(&house, table, "2026-06-22T15:00:00Z");
        refused(&house.run(as_of()), 75, &["max_age_days = 7 needs one from 2026-06-23 or later"]);
    }
}

/// A holiday without a name is one. A wrong row that the date can need stops the run by its class, never by its value;
/// one of long ago is told.
#[test]
fn a_reference_row_stops_a_run_only_where_the_run_can_need_it() {
    let secret = "municipal-da-Ana";
    let cases = [
        ("holidays", "date scope\n2026-06-11 national".to_owned(), None),
        (
            "holidays",
            format!("date scope name\n2026-06-11 {secret} x"),
            Some("row 0: column \"scope\" is not a holiday scope"),
        ),
        ("holidays", "date scope name\n- national x".to_owned(), Some("row 0: column \"date\" is null")),
        ("holidays", format!("date scope name\n2024-06-11 {secret} x"), None),
        (
            "fx_rates",
            "date from_currency to_currency rate\n2026-06-29 USD BRL 0".to_owned(),
            Some("row 0: column \"rate\" is not above zero"),
        ),
        ("fx_rates", "date from_currency to_currency rate\n2024-06-29 USD BRL 0".to_owned(), None),
        (
            "fx_rates",
            "date from_currency to_currency rate\n2026-06-29 XBT BRL 0\n2026-06-29 USD BRL 5.5".to_owned(),
            None,
        ),
        (
            "fx_rates",
            "date from_currency to_currency rate\n2026-06-29 USD BRL 5.5\n2026-06-29 USD BRL 5.6".to_owned(),
            Some("two different rates of one currency pair on one day"),
        ),
        ("index_rates", "date index rate\n2026-06-01 taxa_legal -".to_owned(), Some("row 0: column \"rate\" is null")),
        ("index_rates", "date index rate\n2020-06-01 taxa_legal -".to_owned(), None),
    ];
    for (table, text, why) in cases {
        let house = house();
        house.write(table, &text);
        let ended = house.run(as_of());
        match why {
            Some(why) => refused(&ended, 3, &[&format!("{table} snapshot"), why]),
            None => assert_eq!((ended.code, decisions(&house).len()), (0, 2), "{text}: {}", ended.stderr),
        }
        assert!(!ended.stderr.contains(secret), "{text}: {}", ended.stderr);
    }
}

/// What the first hour with an export asks: repeated keys, nulls, ranges, shares; and no value of a person.
#[test]
fn a_profile_says_what_an_export_holds() {
    let house = house();
    house.write(
        "invoices",
        "invoice_id debtor_id issue_date due_date amount grace_until\n\
         I1 D1 2026-05-01 2026-06-20 100.00 -\nI1 D1 2026-05-01 2026-06-20 100.00 -\n\
         I2 D2 2026-05-01 2026-06-20 200.00 9999-12-31\nI2 D2 2026-05-01 2026-06-21 200.00 2026-06-25\n\
         I3 D2 2026-05-01 2026-06-20 0.00 -",
    );
    house.write(
        "payments",
        &format!("{PAYMENTS}\nP1 D1 I1 2026-06-25 30.00 payment\nP2 D1 I9 2026-06-25 70.00 payment"),
    );
    house.write("contact_points", &format!("{POINTS}\nD2 fax 551190000001"));
    let rows: String = (0..102).map(|n| format!("\nD{n} Empresa{n} SP {}", if n < 101 { "0" } else { "7" })).collect();
    house.write("debtors", &format!("debtor_id legal_name state group_id{rows}"));
    let ended = house.regua(&["inputs", "pipelines/daily.toml", "--as-of", as_of(), "--profile"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(!ended.stdout.contains("Empresa") && !ended.stdout.contains("acme.example"), "{}", ended.stdout);
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    let of = |table: &str| {
        let inputs = told["inputs"].as_array().unwrap();
        inputs.iter().find(|input| input["table"] == table).unwrap()["profile"].clone()
    };
    let invoices = of("invoices");
    let expected = [
        ("rows", json!(5)),
        ("repeated_equal", json!(1)),
        ("repeated_conflicting", json!(1)),
        ("nulls", json!({"grace_until": 4})),
        ("null_dates", json!(1)),
        ("passed_over", json!({"zero_amount": 1})),
        ("amounts", json!({"BRL": {"from": "0.00", "to": "200.00"}})),
    ];
    for (key, value) in expected {
        assert_eq!(invoices[key], value, "{key} in {invoices}");
    }
    assert_eq!(invoices["dates"]["due_date"], json!({"from": "2026-06-20", "to": "2026-06-21"}));
    let matched = json!({"rows": 2, "matched_rows": 1, "amount": "100.00", "matched_amount": "30.00"});
    assert_eq!(of("payments")["matched"], matched);
    assert_eq!(of("contact_points")["passed_over"], json!({"unknown_channel": 1}));
    assert_eq!(of("debtors")["placeholders"], json!([{"column": "group_id", "debtors": 101}]));
    let text = house.regua(&["--output", "text", "inputs", "pipelines/daily.toml", "--as-of", as_of(), "--profile"]);
    for part in ["invoices: 5 rows", "one value for 101 of 102 debtors", "50.0 % of them, 30.0 % of their amount"] {
        assert!(text.stdout.contains(part), "no {part:?} in {}", text.stdout);
    }
}

/// They were left alone with `regua_none`, and nothing but `explain` told that the name is a mistyped one.
#[test]
fn reguas_and_steps_that_nobody_has_are_told() {
    let house = House::of_one_invoice();
    house.write("debtors", "debtor_id legal_name state regua\nD1 Acme SP B2B\nD2 Beta SP none\nD3 Gama SP b2b");
    house.write(
        "invoices",
        "invoice_id debtor_id issue_date due_date amount regua step_override\n\
         I1 D1 2026-01-05 2026-06-20 100.00 - -\nI2 D3 2026-01-05 2026-06-20 100.00 padrao -\n\
         I3 D3 2026-01-05 2026-06-20 100.00 - d+99\nI4 D3 2026-01-05 2026-06-20 100.00 - d+15",
    );
    let ended = house.regua(&["run", "pipelines/daily.toml", "--as-of", as_of(), "--output", "text"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    for note in [
        "debtors: 1 row names in `regua` a régua that the pipeline does not have; what they are about is left alone",
        "invoices: 1 row names in `regua` a régua that the pipeline does not have",
        "invoices: 1 row names in `step_override` a step that the pipeline does not have",
    ] {
        assert!(ended.stderr.contains(note), "no {note:?} in {}", ended.stderr);
    }
    assert!(!ended.stderr.contains("B2B"), "a name may be anything: {}", ended.stderr);
}
