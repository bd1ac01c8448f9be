//! Inputs that are not as the contract asks: what stops a run, what is quarantined, who is held, and what is said.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Decimal128Array, Decimal256Array, DictionaryArray, Float64Array, LargeStringArray, RecordBatch,
    StringViewArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type, TimeUnit, i256};

use crate::support::{Ended, House, as_of, batch, write_parquet};

const INVOICES: &str = "invoice_id installment_no debtor_id issue_date due_date currency amount\n\
    I1 1 D1 2026-05-01 2026-06-20 BRL 100.00\nI2 1 D2 2026-05-01 2026-06-20 BRL 200.00";
const PAYMENTS: &str = "payment_id debtor_id invoice_id paid_on amount kind";
const DEBTORS: &str = "debtor_id legal_name state tax_id\nD1 Acme SP -\nD2 Bravo SP -";
const POINTS: &str = "debtor_id channel address\nD1 email a@acme.example\nD2 email b@bravo.example";

/// Two debtors with an overdue invoice each.
fn house() -> House {
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

fn decisions(house: &House) -> Vec<String> {
    let mut rows = house.published("decisions", "debtor_id outcome reason");
    rows.sort();
    rows
}

fn refused(ended: &Ended, code: i32, parts: &[&str]) {
    assert_eq!(ended.code, code, "{}", ended.stderr);
    // Off a terminal stderr is JSON lines, in which quotes are escaped.
    let said = ended.stderr.replace("\\\"", "\"");
    for part in parts {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
}

/// Writes a table with one of its columns replaced.
fn with_column(house: &House, table: &str, text: &str, name: &str, column: ArrayRef) {
    let original = batch(table, text);
    let schema = original.schema();
    let columns = schema.fields().iter().zip(original.columns()).map(|(field, array)| {
        let array = if field.name() == name { Arc::clone(&column) } else { Arc::clone(array) };
        (field.name().clone(), array, true)
    });
    let replaced = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    write_parquet(&house.path(&format!("input/{table}.parquet")), &replaced);
}

#[test]
fn both_debtors_are_dunned_when_all_is_well() {
    let house = house();
    assert_eq!(house.run(as_of()).code, 0);
    assert_eq!(decisions(&house), ["D1 action step_due", "D2 action step_due"]);
}

#[test]
fn a_bad_row_holds_its_debtor_and_nobody_else() {
    let cases: &[(&str, &str, &str)] = &[
        ("unknown currency", "invoices", "I3 1 D1 2026-05-01 2026-06-20 XXX 5.00"),
        ("decimals in a currency without", "invoices", "I3 1 D1 2026-05-01 2026-06-20 JPY 5.50"),
        ("negative amount", "invoices", "I3 1 D1 2026-05-01 2026-06-20 BRL -5.00"),
        ("zero amount", "invoices", "I3 1 D1 2026-05-01 2026-06-20 BRL 0.00"),
        ("amount out of range", "invoices", "I3 1 D1 2026-05-01 2026-06-20 BRL 10000000000000.00"),
        ("due before it was issued", "invoices", "I3 1 D1 2026-05-01 2026-04-30 BRL 5.00"),
        ("no due date", "invoices", "I3 1 D1 2026-05-01 - BRL 5.00"),
        ("no invoice id", "invoices", "- 1 D1 2026-05-01 2026-06-20 BRL 5.00"),
        ("a date in the year 9999", "invoices", "I3 1 D1 2026-05-01 9999-01-01 BRL 5.00"),
        ("unknown kind of payment", "payments", "P1 D1 I1 2026-06-01 5.00 gift"),
        ("payment without an id", "payments", "- D1 I1 2026-06-01 5.00 payment"),
        ("payment of nothing", "payments", "P1 D1 I1 2026-06-01 0.00 payment"),
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
            ["invoice_id duplicate_key D1"; 2],
        ),
        (
            "payments",
            format!("{PAYMENTS}\nP1 D1 I1 2026-06-01 5.00 payment\nP1 D1 I1 2026-06-02 6.00 payment"),
            ["payment_id duplicate_key D1"; 2],
        ),
        ("debtors", format!("{DEBTORS}\nD1 Other SP -"), ["debtor_id duplicate_key D1"; 2]),
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

/// Two debtors cannot own one invoice, and nobody can pay another's: whoever it is, both are left alone.
#[test]
fn an_invoice_of_two_debtors_or_paid_by_another_holds_both() {
    let house = house();
    house.write(
        "invoices",
        &format!("{INVOICES}\nI1 1 D2 2026-05-01 2026-06-20 BRL 100.00\nI5 1 D1 2026-05-01 2026-06-20 BRL 100.00"),
    );
    assert_eq!(house.run(as_of()).code, 0);
    assert_eq!(decisions(&house), ["D1 hold quarantined_input", "D2 hold quarantined_input"]);

    let house = self::house();
    house.write("payments", &format!("{PAYMENTS}\nP1 D2 I1 2026-06-01 100.00 payment"));
    assert_eq!(house.run(as_of()).code, 0);
    assert_eq!(decisions(&house), ["D1 hold quarantined_input", "D2 hold quarantined_input"]);
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
    assert_eq!(quarantined, ["invoices contested_invoice D1", "payments contested_invoice D1"]);
}

#[test]
fn a_bad_row_that_names_nobody_stops_the_run() {
    let house = house();
    house.write("payments", &format!("{PAYMENTS}\nP1 - I1 2026-06-01 5.00 payment"));
    refused(&house.run(as_of()), 3, &["payments.parquet: row 0: column \"debtor_id\" is null", "correct the export"]);
    assert!(house.published("decisions", "debtor_id").is_empty());
}

#[test]
fn too_many_bad_rows_stop_the_run() {
    let house = house();
    house.edit("pipelines/daily.toml", "quarantine_share_max = 1.0", "quarantine_share_max = 0.2");
    house.write("invoices", &format!("{INVOICES}\nI3 1 D1 2026-05-01 2026-06-20 BRL -1.00"));
    refused(&house.run(as_of()), 3, &["1 of 3 rows are bad", "limits.quarantine_share_max = 0.2"]);
}

#[test]
fn wrong_and_missing_columns_of_every_input_are_told_at_once() {
    let house = house();
    house.write("invoices", "invoice_id debtor_id issue_date amount\nI1 D1 2026-05-01 100.00");
    let texts: ArrayRef = Arc::new(arrow::array::StringArray::from(vec!["x", "y"]));
    with_column(&house, "debtors", DEBTORS, "legal_name", Arc::new(Float64Array::from(vec![1.0, 2.0])));
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
            "debtors.parquet: column \"legal_name\" is Float64, expected a string",
            "payments.parquet: column \"paid_on\" is Utf8, expected Date32 or a timestamp; cast it in the export",
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
fn every_arrow_type_that_can_carry_a_column_is_accepted() {
    let plain = batch("invoices", INVOICES);
    let column = |name: &str| plain.column_by_name(name).unwrap();
    let ids = ["I1", "I2"];
    let dictionary: DictionaryArray<Int32Type> = ids.into_iter().collect();
    let views: ArrayRef = Arc::new(StringViewArray::from_iter_values(ids));
    let large: ArrayRef = Arc::new(LargeStringArray::from_iter_values(ids));
    let to = |name: &str, kind: DataType| cast(column(name), &kind).unwrap();
    let seconds = to("due_date", DataType::Timestamp(TimeUnit::Second, None));
    let zoned = Arc::new(
        arrow::array::TimestampMicrosecondArray::from(vec![1_781_967_600_000_000; 2]).with_timezone("UTC"), // 2026-06-20 15:00 UTC
    );
    let cases: Vec<(&str, ArrayRef)> = vec![
        ("invoice_id", Arc::new(dictionary)),
        ("invoice_id", views),
        ("invoice_id", large),
        ("installment_no", to("installment_no", DataType::Int8)),
        ("installment_no", to("installment_no", DataType::UInt64)),
        ("due_date", to("due_date", DataType::Date64)),
        ("due_date", seconds),
        ("due_date", zoned),
        ("amount", to("amount", DataType::Decimal128(38, 6))),
        ("amount", to("amount", DataType::Decimal256(40, 2))),
        ("amount", to("amount", DataType::Decimal64(10, 2))),
    ];
    for (name, array) in cases {
        let house = house();
        let kind = array.data_type().clone();
        with_column(&house, "invoices", INVOICES, name, array);
        let ended = house.run(as_of());
        assert_eq!(ended.code, 0, "{name} as {kind}: {}", ended.stderr);
        let mut items = house.published("items", "invoice_id installment_no due_date open_amount");
        items.sort();
        assert_eq!(items, ["I1 1 2026-06-20 100.00", "I2 1 2026-06-20 200.00"], "{name} as {kind}");
    }
}

/// The instant 2026-06-21 01:00 UTC is still 20 June in São Paulo.
#[test]
fn an_instant_is_a_date_in_the_zone_of_the_pipeline() {
    let house = house();
    let late = arrow::array::TimestampMicrosecondArray::from(vec![1_782_003_600_000_000; 2]).with_timezone("UTC");
    with_column(&house, "invoices", INVOICES, "due_date", Arc::new(late));
    assert_eq!(house.run(as_of()).code, 0);
    assert_eq!(house.published("items", "due_date"), ["2026-06-20"; 2]);
}

#[test]
fn more_decimals_than_the_currency_has_are_a_bad_row_and_never_rounded() {
    let house = house();
    let amounts = Decimal128Array::from(vec![1_000_001, 2_000_000]).with_precision_and_scale(18, 4).unwrap();
    with_column(&house, "invoices", INVOICES, "amount", Arc::new(amounts));
    assert_eq!(house.run(as_of()).code, 0);
    assert_eq!(
        house.published("quarantine", "column value_class reason debtor_id"),
        ["amount scale above 2 too_much_scale D1"]
    );
    assert_eq!(house.published("items", "invoice_id open_amount"), ["I2 200.00"]);
}

/// Ten to the power of 38 does not fit 128 bits: the multiplication wrapped round, and amounts with it.
#[test]
fn a_scale_that_no_amount_has_is_refused() {
    let house = house();
    let amounts = Decimal256Array::from(vec![i256::from(1), i256::from(2)]).with_precision_and_scale(76, 42).unwrap();
    with_column(&house, "invoices", INVOICES, "amount", Arc::new(amounts));
    refused(&house.run(as_of()), 3, &["column \"amount\" is Decimal256(76, 42)", "a decimal of 0 to 38 places"]);
}

#[test]
fn floats_are_refused_unless_the_input_opts_in_and_then_counted() {
    let house = house();
    let floats = || -> ArrayRef { Arc::new(Float64Array::from(vec![100.005, 200.1])) };
    with_column(&house, "invoices", INVOICES, "amount", floats());
    refused(&house.run(as_of()), 3, &["column \"amount\" is Float64", "amount_from_float = \"half_even\""]);
    house.edit("pipelines/daily.toml", "[inputs.payments]", "amount_from_float = \"half_even\"\n[inputs.payments]");
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let mut items = house.published("items", "invoice_id open_amount");
    items.sort();
    assert_eq!(items, ["I1 100.00", "I2 200.10"]);
    let results =
        glob::glob(&house.path("output/runs/*/*/run_results.json").to_string_lossy()).unwrap().next().unwrap().unwrap();
    assert!(std::fs::read_to_string(results).unwrap().contains("\"amounts_rounded\": 1"));
}

#[test]
fn columns_and_values_are_mapped() {
    let house = house();
    house.write("invoices", &INVOICES.replace("amount", "VALOR").replace("debtor_id", "CLIENTE"));
    let invoices = batch("invoices", INVOICES);
    let schema = invoices.schema();
    let renamed = schema.fields().iter().zip(invoices.columns()).map(|(f, a)| {
        let name = match f.name().as_str() {
            "amount" => "VALOR",
            "debtor_id" => "CLIENTE",
            other => other,
        };
        (name.to_owned(), Arc::clone(a), true)
    });
    write_parquet(&house.path("input/invoices.parquet"), &RecordBatch::try_from_iter_with_nullable(renamed).unwrap());
    house.write("payments", &format!("{PAYMENTS}\nP1 D1 I1 2026-06-01 100.00 BAIXA"));
    house.edit(
        "pipelines/daily.toml",
        "[inputs.payments]",
        "columns = { amount = \"VALOR\", debtor_id = \"CLIENTE\" }\n[inputs.payments]",
    );
    house.edit(
        "pipelines/daily.toml",
        "[inputs.debtors]",
        "values = { kind = { BAIXA = \"payment\" } }\n[inputs.debtors]",
    );
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(decisions(&house), ["D2 action step_due"]);
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

/// `""` turned every payment into a reversal, and `"I1 "` paid nothing.
#[test]
fn an_empty_text_is_no_value_and_padding_no_part_of_one() {
    let house = house();
    let text = "payment_id debtor_id invoice_id paid_on amount reverses\nP1 D1 I1 2026-06-25 100.00 x\nP2 D2 I2 2026-06-25 200.00 x";
    let written = batch("payments", text);
    let texts = |values: [&str; 2]| -> ArrayRef { Arc::new(arrow::array::StringArray::from(values.to_vec())) };
    let schema = written.schema();
    let columns = schema.fields().iter().zip(written.columns()).map(|(field, column)| {
        let column = match field.name().as_str() {
            "reverses" => texts(["", " "]),
            "invoice_id" => texts(["I1 ", "  I2"]),
            _ => Arc::clone(column),
        };
        (field.name().clone(), column, true)
    });
    let columns: Vec<(String, ArrayRef, bool)> = columns.collect();
    let padded = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    write_parquet(&house.path("input/payments.parquet"), &padded);
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(house.published("items", "invoice_id"), [""; 0], "both are paid");
}

/// A payment with a mistyped number pays nothing, and nobody knew.
#[test]
fn payments_that_match_no_invoice_are_told() {
    let house = house();
    house.write("payments", &format!("{PAYMENTS}\nP1 D1 I9 2026-06-25 100.00 payment"));
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let note = "payments of BRL 100.00 name invoices that the snapshot does not hold: they pay nothing here";
    assert!(ended.stderr.contains(note), "{}", ended.stderr);
}
