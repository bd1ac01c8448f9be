//! Rows as exports write them: what is read, what is bad, what is passed over, and which rows are the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Date64Array, Decimal128Array, DictionaryArray,
    Float64Array, Int8Array, Int32Array, Int64Array, NullArray, RecordBatch, StringArray, TimestampMicrosecondArray,
    TimestampSecondArray, UInt64Array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type, Int64Type};
use arrow::util::display::array_value_to_string;

use super::columns::resolve;
use super::rows::{BadRow, Conformed, Defaults, RowRules};
use crate::config::{InputPlan, Sign};
use crate::contract;

const SAO_PAULO: chrono_tz::Tz = chrono_tz::America::Sao_Paulo;

fn rules(table: &str, change: impl FnOnce(&mut InputPlan)) -> RowRules {
    let mut input = InputPlan::new(contract::input(table).expect("an input"), String::new());
    change(&mut input);
    let (company, currency) = ("1".to_owned(), "BRL".to_owned());
    // 2031-07-01 and 2046-07-01, five and twenty years after the as-of date.
    let (last_day, last_due_day) = (22_461, 27_940);
    RowRules::new(input, Defaults { zone: SAO_PAULO, company, currency, last_day, last_due_day })
}

/// Rows of a table from text, as `House::write` takes them; the named columns are replaced by these.
fn batch(table: &str, text: &str, replaced: &[(&str, ArrayRef)]) -> RecordBatch {
    let table = contract::input(table).expect("an input");
    let mut lines = text.lines().map(str::trim);
    let names: Vec<&str> = lines.next().expect("names").split_whitespace().collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split_whitespace().collect()).collect();
    let columns = names.iter().enumerate().map(|(at, name)| {
        let column = replaced.iter().find(|(of, _)| of == name).map(|(_, array)| Arc::clone(array));
        let texts: ArrayRef =
            Arc::new(rows.iter().map(|row| Some(row[at]).filter(|t| *t != "-")).collect::<StringArray>());
        let kind = table.column(name).map_or(DataType::Utf8, contract::Column::data_type);
        (*name, column.unwrap_or_else(|| cast(&texts, &kind).expect("a value")), true)
    });
    RecordBatch::try_from_iter_with_nullable(columns).expect("a batch")
}

fn read(rules: &RowRules, batch: &RecordBatch) -> Conformed {
    let columns = resolve(&rules.input, &batch.schema(), "x").expect("on contract");
    let projected = batch.project(&columns.projection()).expect("columns");
    rules.conform(&columns, &projected, 0, 0).expect("readable")
}

fn cells(conformed: &Conformed, column: &str) -> Vec<String> {
    let array = conformed.batch.column_by_name(column).expect("a column");
    let cell = |row| if array.is_null(row) { "-".to_owned() } else { array_value_to_string(array, row).expect("text") };
    (0..array.len()).map(cell).collect()
}

fn faults(conformed: &Conformed) -> Vec<String> {
    let line = |bad: &BadRow| format!("{} {} {}", bad.row_no, bad.column, bad.reason);
    conformed.bad.iter().map(line).collect()
}

const PAYMENT: &str = "payment_id debtor_id invoice_id installment_no paid_on amount\n\
    P1 D1 I1 1 2026-06-01 10.00\nP2 D1 I1 1 2026-06-01 10.00";

/// What a column of payments becomes, `-` for null; then what is bad.
fn payments_with(column: &str, array: ArrayRef, change: impl FnOnce(&mut InputPlan)) -> (Vec<String>, Vec<String>) {
    let conformed = read(&rules("payments", change), &batch("payments", PAYMENT, &[(column, array)]));
    (cells(&conformed, column), faults(&conformed))
}

#[test]
fn numbers_are_identifiers_however_they_are_written() {
    let ids = |array: ArrayRef| payments_with("invoice_id", array, |_| {});
    let decimal = |values: Vec<i128>, scale| Decimal128Array::from(values).with_precision_and_scale(38, scale).unwrap();
    let fine: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(vec![7, 8])),
        Arc::new(Int8Array::from(vec![7, 8])),
        Arc::new(UInt64Array::from(vec![7, 8])),
        Arc::new(Float64Array::from(vec![7.0, 8.0])),
        Arc::new(decimal(vec![7, 8], 0)),
        Arc::new(decimal(vec![7_000, 8_000], 3)),
        Arc::new(StringArray::from(vec![" 7", "8 "])),
        Arc::new(["7", "8"].into_iter().collect::<DictionaryArray<Int32Type>>()),
    ];
    for array in fine {
        let kind = array.data_type().clone();
        assert_eq!(ids(array), (vec!["7".to_owned(), "8".to_owned()], vec![]), "{kind}");
    }
    let bytes = ids(Arc::new(BinaryArray::from_vec(vec![b"7", b"8"])));
    assert_eq!(bytes, (vec!["7".to_owned(), "8".to_owned()], vec![]), "texts of which nobody said that they are");
    let nothing = ids(Arc::new(NullArray::new(2)));
    assert_eq!(nothing, (vec!["-".to_owned(); 2], vec![]), "a column of nothing has no type");
    let broken = ids(Arc::new(BinaryArray::from_vec(vec![b"\xff", b"8"])));
    assert_eq!(broken, (vec!["8".to_owned()], vec!["0 invoice_id unreadable_text".to_owned()]));
    let bad: Vec<ArrayRef> = vec![
        Arc::new(Float64Array::from(vec![7.5, 8.0])),
        Arc::new(Float64Array::from(vec![1e17, 8.0])),
        Arc::new(decimal(vec![7_500, 8_000], 3)),
    ];
    for array in bad {
        let kind = array.data_type().clone();
        assert_eq!(ids(array), (vec!["8".to_owned()], vec!["0 invoice_id no_whole_number".to_owned()]), "{kind}");
    }
    let absent = ids(Arc::new(Float64Array::from(vec![f64::NAN, 8.0])));
    assert_eq!(absent, (vec!["-".to_owned(), "8".to_owned()], vec![]), "not a number is how some tools write null");
}

#[test]
fn instalments_are_whole_numbers_and_none_is_not_zero() {
    let numbers = |array: ArrayRef| payments_with("installment_no", array, |_| {});
    let fine: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![Some(0), Some(2)])),
        Arc::new(Float64Array::from(vec![None, Some(2.0)])),
        Arc::new(StringArray::from(vec!["000", "002"])),
    ];
    for array in fine {
        let kind = array.data_type().clone();
        assert_eq!(numbers(array), (vec!["-".to_owned(), "2".to_owned()], vec![]), "{kind}");
    }
    for array in [
        Arc::new(UInt64Array::from(vec![u64::MAX, 2])) as ArrayRef,
        Arc::new(StringArray::from(vec!["A", "2"])),
        Arc::new(Float64Array::from(vec![1.5, 2.0])),
    ] {
        assert_eq!(numbers(array).1, ["0 installment_no no_whole_number"]);
    }
    let invoices = "invoice_id installment_no debtor_id issue_date due_date amount\n\
        I1 - D1 2026-05-01 2026-06-20 1.00\nI2 0 D1 2026-05-01 2026-06-20 1.00\nI3 3 D1 2026-05-01 2026-06-20 1.00";
    let conformed = read(&rules("invoices", |_| {}), &batch("invoices", invoices, &[]));
    assert_eq!(cells(&conformed, "installment_no"), ["1", "1", "3"]);
}

#[test]
fn booleans_are_numbers_words_or_mapped_letters() {
    let text = "debtor_id legal_name is_insolvent\nD1 A true\nD2 B false\nD3 C -";
    let letters = |input: &mut InputPlan| {
        let mapped = [("S", "true"), ("N", "false")].map(|(from, to)| (from.to_owned(), to.to_owned()));
        input.values.insert("is_insolvent".to_owned(), BTreeMap::from(mapped));
    };
    let flags = |array: ArrayRef| {
        let conformed = read(&rules("debtors", letters), &batch("debtors", text, &[("is_insolvent", array)]));
        (cells(&conformed, "is_insolvent"), faults(&conformed))
    };
    let fine: Vec<ArrayRef> = vec![
        Arc::new(BooleanArray::from(vec![Some(true), Some(false), None])),
        Arc::new(Int8Array::from(vec![Some(1), Some(0), None])),
        Arc::new(Float64Array::from(vec![1.0, 0.0, f64::NAN])),
        Arc::new(StringArray::from(vec!["TRUE", "False", ""])),
        Arc::new(StringArray::from(vec!["S", "N ", " "])),
    ];
    for array in fine {
        let kind = array.data_type().clone();
        assert_eq!(flags(array), (["true", "false", "-"].map(str::to_owned).to_vec(), vec![]), "{kind}");
    }
    let odd = flags(Arc::new(StringArray::from(vec!["Sim", "N", ""])));
    assert_eq!(odd.1, ["0 is_insolvent unknown_value"]);
}

fn seconds(date: &str) -> i64 {
    let date: chrono::NaiveDate = date.parse().unwrap();
    date.and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp()
}

#[test]
fn days_are_read_whatever_carries_them() {
    let days = |array: ArrayRef, change: fn(&mut InputPlan)| payments_with("paid_on", array, change);
    let none: fn(&mut InputPlan) = |_| {};
    let brazilian: fn(&mut InputPlan) = |input| input.date_formats = vec!["%d/%m/%Y".to_owned(), "%Y%m%d".to_owned()];
    let zoned = |values: [i64; 2]| Arc::new(TimestampSecondArray::from(values.to_vec()).with_timezone("UTC"));
    let (first, second) = (seconds("2026-06-01"), seconds("2026-06-02"));
    type Change = fn(&mut InputPlan);
    let cases: Vec<(ArrayRef, Change)> = vec![
        (Arc::new(Date64Array::from(vec![first * 1_000, second * 1_000 + 5])), none),
        (Arc::new(TimestampSecondArray::from(vec![first, second + 86_399])), none),
        (zoned([first + 3 * 3_600, second + 86_399]), none),
        (Arc::new(StringArray::from(vec!["01/06/2026", "20260602"])), brazilian),
        (Arc::new(Int32Array::from(vec![20_260_601, 20_260_602])), brazilian),
    ];
    for (array, change) in cases {
        let kind = array.data_type().clone();
        assert_eq!(days(array, change), (vec!["2026-06-01".to_owned(), "2026-06-02".to_owned()], vec![]), "{kind}");
    }
    let odd = days(Arc::new(StringArray::from(vec!["31/02/2026", "20260602"])), brazilian);
    assert_eq!(odd, (vec!["2026-06-02".to_owned()], vec!["0 paid_on unreadable_date".to_owned()]));
}

/// No instant is so far away that it comes round again.
#[test]
fn dates_beyond_every_calendar_are_bad_rows() {
    let days = |array: ArrayRef| payments_with("paid_on", array, |_| {}).1;
    let far: Vec<ArrayRef> = vec![
        Arc::new(Date32Array::from(vec![i32::MAX, i32::MIN])),
        Arc::new(Date64Array::from(vec![i64::MAX, i64::MIN])),
        Arc::new(TimestampSecondArray::from(vec![i64::MAX, i64::MIN])),
        Arc::new(TimestampSecondArray::from(vec![i64::MAX, i64::MIN]).with_timezone("UTC")),
        Arc::new(TimestampMicrosecondArray::from(vec![i64::MAX, i64::MIN]).with_timezone("UTC")),
        Arc::new(Date32Array::from(vec![-25_568, 84_006])),
    ];
    for array in far {
        let kind = array.data_type().clone();
        assert_eq!(days(array), ["0 paid_on date_out_of_range", "1 paid_on date_out_of_range"], "{kind}");
    }
}

/// What a database writes for "no date" ends nothing, and a list of one's own replaces the usual one.
#[test]
fn dates_that_mean_none_are_none_where_a_date_is_optional() {
    let text = "dispute_id debtor_id opened_on closed_on kind\n\
        X1 D1 2026-06-01 9999-12-31 dispute\nX2 D1 2026-06-01 2199-12-31 dispute\nX3 D1 2026-06-01 1900-01-01 dispute\n\
        X4 D1 2026-06-01 1899-12-30 dispute\nX5 D1 2026-06-01 1753-01-01 dispute\nX6 D1 2026-06-01 0001-01-01 dispute";
    let usual = read(&rules("disputes", |_| {}), &batch("disputes", text, &[]));
    assert_eq!((cells(&usual, "closed_on"), faults(&usual)), (vec!["-".to_owned(); 6], vec![]));
    assert_eq!(usual.null_dates, 6);
    let own = |input: &mut InputPlan| input.null_dates = vec!["1899-12-30".parse().unwrap()];
    let own = read(&rules("disputes", own), &batch("disputes", text, &[]));
    let expected =
        [(0, "date_out_of_range"), (2, "dates_out_of_order"), (4, "date_out_of_range"), (5, "date_out_of_range")];
    assert_eq!(faults(&own), expected.map(|(row, why)| format!("{row} closed_on {why}")));
    let required = payments_with("paid_on", Arc::new(Date32Array::from(vec![2_932_896, 20_605])), |_| {});
    assert_eq!(required.1, ["0 paid_on date_out_of_range"], "who must have a date has none");
    let zoned = TimestampSecondArray::from(vec![seconds("9999-12-31"); 6]).with_timezone("UTC");
    let zoned = read(&rules("disputes", |_| {}), &batch("disputes", text, &[("closed_on", Arc::new(zoned))]));
    assert_eq!(cells(&zoned, "closed_on"), ["-"; 6], "in São Paulo it is still the day before");
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["00000000", "00/00/0000", "", "99991231", "0", "20260605"]));
    let format = |input: &mut InputPlan| input.date_formats = vec!["%Y%m%d".to_owned()];
    let texts = read(&rules("disputes", format), &batch("disputes", text, &[("closed_on", texts)]));
    assert_eq!(cells(&texts, "closed_on"), ["-", "-", "-", "-", "-", "2026-06-05"]);
}

/// A payment of 2062 would not be seen for 36 years, and whoever made it would be asked again.
#[test]
fn what_happened_years_after_the_as_of_date_is_mistyped() {
    let table = |name: &str, text: &str| faults(&read(&rules(name, |_| {}), &batch(name, text, &[])));
    let payments = "payment_id debtor_id paid_on amount\nP1 D1 2031-07-01 1.00\nP2 D1 2062-06-01 1.00";
    assert_eq!(table("payments", payments), ["1 paid_on date_out_of_range"]);
    let points = "debtor_id channel address opted_out_on\nD1 email a@b.co 2062-06-01\nD1 email c@b.co 2199-12-31";
    assert_eq!(table("contact_points", points), ["0 opted_out_on date_out_of_range"]);
    let promises = "promise_id debtor_id promised_on pay_by\nR1 D1 2026-06-01 2046-07-01\nR2 D1 2026-06-01 2062-06-01";
    assert_eq!(table("promises", promises), ["1 pay_by date_out_of_range"]);
    let text = "event_id debtor_id channel occurred_at status\nE1 D1 email - sent\nE2 D1 email - sent";
    let instants = StringArray::from(vec!["2062-06-01T00:00:00Z", "2031-07-01T23:59:59Z"]);
    let log = batch("contact_log", text, &[("occurred_at", Arc::new(instants))]);
    assert_eq!(faults(&read(&rules("contact_log", |_| {}), &log)), ["0 occurred_at date_out_of_range"]);
}

/// What ends before it began would free whoever it protects, or never protect.
#[test]
fn what_ends_before_it_began_is_out_of_order() {
    let agreements = "agreement_id debtor_id agreed_on installment_no due_date amount cancelled_on\n\
        G1 D1 2026-06-01 1 2026-06-10 1.00 1970-01-01\nG2 D1 2026-06-01 1 2026-06-10 1.00 2026-06-01";
    let agreements = read(&rules("agreements", |_| {}), &batch("agreements", agreements, &[]));
    assert_eq!(faults(&agreements), ["0 cancelled_on dates_out_of_order"]);
    let invoices =
        "invoice_id debtor_id issue_date due_date amount grace_until\nI1 D1 2026-06-01 2026-06-10 1.00 2025-07-01";
    let invoices = read(&rules("invoices", |_| {}), &batch("invoices", invoices, &[]));
    assert_eq!(faults(&invoices), ["0 grace_until dates_out_of_order"]);
}

#[test]
fn a_year_of_two_digits_is_read_by_the_format_that_it_fits() {
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["29/06/26", "29/06/2026"]));
    let formats = |input: &mut InputPlan| input.date_formats = vec!["%d/%m/%Y".to_owned(), "%d/%m/%y".to_owned()];
    assert_eq!(payments_with("paid_on", texts, formats), (vec!["2026-06-29".to_owned(); 2], vec![]));
}

#[test]
fn instants_are_read_from_timestamps_and_from_text() {
    let text = "event_id debtor_id channel occurred_at status\nE1 D1 email - sent\nE2 D1 email - sent";
    let event = |array: ArrayRef| {
        let conformed = read(&rules("contact_log", |_| {}), &batch("contact_log", text, &[("occurred_at", array)]));
        (cells(&conformed, "occurred_at"), cells(&conformed, "occurred_on"), faults(&conformed))
    };
    let at = seconds("2026-06-02") + 3_600;
    let fine: Vec<ArrayRef> = vec![
        Arc::new(TimestampSecondArray::from(vec![at; 2])),
        Arc::new(StringArray::from(vec!["2026-06-02T01:00:00Z", "2026-06-01T22:00:00-03:00"])),
        Arc::new(StringArray::from(vec!["2026-06-02 01:00:00", "2026-06-02T01:00:00.000"])),
    ];
    for array in fine {
        let kind = array.data_type().clone();
        let (instants, days, bad) = event(array);
        assert_eq!((instants, bad), (vec!["2026-06-02T01:00:00Z".to_owned(); 2], vec![]), "{kind}");
        assert_eq!(days, ["2026-06-01"; 2], "an hour past midnight in UTC is the evening before in São Paulo");
    }
    let odd = event(Arc::new(StringArray::from(vec!["yesterday", "9999-12-31T00:00:00Z"])));
    assert_eq!(odd.2, ["0 occurred_at unreadable_instant", "1 occurred_at date_out_of_range"]);
}

/// Of a contact whose hour nobody knows the day is known, whatever the zone.
#[test]
fn a_contact_without_an_hour_is_of_the_day_that_it_shows() {
    let text = "event_id debtor_id channel occurred_at status\nE1 D1 email - sent\nE2 D1 email - sent";
    let days = |array: ArrayRef| {
        let rules = rules("contact_log", |input| input.date_formats = vec!["%d/%m/%Y".to_owned()]);
        cells(&read(&rules, &batch("contact_log", text, &[("occurred_at", array)])), "occurred_on")
    };
    let midnight = seconds("2026-06-02");
    let day = i32::try_from(midnight / 86_400).unwrap();
    assert_eq!(days(Arc::new(Date32Array::from(vec![day; 2]))), ["2026-06-02"; 2]);
    assert_eq!(days(Arc::new(Date64Array::from(vec![midnight * 1_000; 2]))), ["2026-06-02"; 2]);
    let with_one_hour = TimestampSecondArray::from(vec![midnight, midnight + 3_600]);
    assert_eq!(days(Arc::new(with_one_hour)), ["2026-06-02", "2026-06-01"]);
    let texts = StringArray::from(vec!["2026-06-02", "02/06/2026"]);
    assert_eq!(days(Arc::new(texts)), ["2026-06-02"; 2]);
}

/// Among instants a midnight of UTC is 21:00 in São Paulo: what was paid then was paid that day. What is to come is not due
/// before the day that it shows.
#[test]
fn what_happened_at_midnight_of_utc_is_not_read_a_day_late() {
    let midnight = seconds("2026-07-01");
    let day_of = |rules: &RowRules, table: &str, text: &str, column: &'static str| {
        let instants = TimestampSecondArray::from(vec![midnight]).with_timezone("UTC");
        cells(&read(rules, &batch(table, text, &[(column, Arc::new(instants))])), column)
    };
    let payment = "payment_id debtor_id paid_on amount\nP1 D1 - 5.00";
    let mut of_payments = rules("payments", |_| {});
    assert_eq!(day_of(&of_payments, "payments", payment, "paid_on"), ["2026-06-30"]);
    of_payments.utc_days = ["paid_on"].into();
    assert_eq!(day_of(&of_payments, "payments", payment, "paid_on"), ["2026-07-01"], "a column of dates");
    let promise = "promise_id debtor_id promised_on pay_by\nV1 D1 2026-06-01 -";
    let of_promises = rules("promises", |input| input.date_formats = vec!["%Y-%m-%d".to_owned()]);
    assert_eq!(day_of(&of_promises, "promises", promise, "pay_by"), ["2026-07-01"]);
}

#[test]
fn an_action_is_known_in_capitals_and_as_a_uuid() {
    let text = "event_id action_id debtor_id channel occurred_at status\n\
        E1 0D6F256C50AB0D6F256C50AB0D6F256C D1 email 2026-06-02T10:00:00Z sent\n\
        E2 0d6f256c-50ab-0d6f-256c-50ab0d6f256c D1 email 2026-06-02T10:00:00Z sent\n\
        E3 CRM-7 D1 email 2026-06-02T10:00:00Z sent\nE4 - D1 email 2026-06-02T10:00:00Z sent";
    let read = read(&rules("contact_log", |_| {}), &batch("contact_log", text, &[]));
    let id = "0d6f256c50ab0d6f256c50ab0d6f256c";
    assert_eq!(cells(&read, "action_id"), [id, id, "CRM-7", "-"]);
}

#[test]
fn two_columns_that_fit_one_name_are_asked_about() {
    for other in ["opted-out-on", "opted_out_on"] {
        let text = format!("debtor_id channel address Opted_Out_On {other}\nD1 email a@acme.example - -");
        let batch = batch("contact_points", &text, &[]);
        let found = |rules: &RowRules| resolve(&rules.input, &batch.schema(), "x");
        let expected = format!(
            "contact_points snapshot x: column \"opted_out_on\" may be any of \"Opted_Out_On\", \"{other}\"; name the \
             right one as opted_out_on in [inputs.contact_points.columns]"
        );
        assert_eq!(found(&rules("contact_points", |_| {})).expect_err("which of the two?"), [expected]);
        let named = rules("contact_points", |input| {
            input.columns.insert("opted_out_on".to_owned(), "Opted_Out_On".to_owned());
            input.date_formats = vec!["%Y-%m-%d".to_owned()];
        });
        found(&named).expect("the one that is named");
        let blurred = rules("contact_points", |input| {
            input.columns.insert("opted_out_on".to_owned(), "OPTED OUT ON".to_owned());
        });
        let errors = found(&blurred).expect_err("the mapping names neither");
        assert!(errors[0].contains("column \"OPTED OUT ON\" is missing"), "{errors:?}");
    }
}

#[test]
fn what_is_zero_says_nothing_and_is_counted() {
    let cases = [
        ("invoices", "invoice_id debtor_id issue_date due_date amount", "I1 D1 2026-05-01 2026-06-20", true),
        ("payments", "payment_id debtor_id paid_on amount", "P1 D1 2026-06-01", true),
        ("agreements", "agreement_id debtor_id installment_no due_date amount", "A1 D1 1 2026-06-01", true),
        ("promises", "promise_id debtor_id promised_on pay_by amount", "R1 D1 2026-06-01 2026-06-05", true),
    ];
    for (table, names, row, _) in cases {
        let text = format!("{names}\n{row} 0.00\n{row} 1.00\n{row} -1.00");
        let conformed = read(&rules(table, |_| {}), &batch(table, &text, &[]));
        assert_eq!(conformed.passed_over, BTreeMap::from([("zero_amount", 1)]), "{table}");
        let bad: Vec<String> =
            if table == "payments" { vec![] } else { vec!["2 amount amount_out_of_range".to_owned()] };
        assert_eq!(faults(&conformed), bad, "{table}");
    }
}

#[test]
fn credit_notes_have_either_sign_and_a_source_its_own() {
    let text = "invoice_id debtor_id document_type issue_date due_date amount\n\
        I1 D1 - 2026-05-01 2026-06-20 5.00\nI2 D1 credit_note 2026-05-01 2026-06-20 -5.00\n\
        I3 D1 credit_note 2026-05-01 2026-06-20 5.00\nI4 D1 debit_note 2026-05-01 2026-06-20 -5.00\n\
        I5 D1 draft 2026-05-01 2026-06-20 -5.00";
    let plain = read(&rules("invoices", |_| {}), &batch("invoices", text, &[]));
    assert_eq!(cells(&plain, "amount"), ["5.00", "5.00", "5.00", "-5.00"]);
    assert_eq!(faults(&plain), ["3 amount amount_out_of_range"]);
    let negative = read(&rules("invoices", |i| i.sign = Sign::Negative), &batch("invoices", text, &[]));
    assert_eq!(cells(&negative, "amount"), ["5.00", "5.00", "5.00", "5.00"]);
    assert_eq!(faults(&negative), ["0 amount amount_out_of_range"]);
    let amounts: ArrayRef = Arc::new(Decimal128Array::from(vec![-1_000, 500]).with_precision_and_scale(18, 2).unwrap());
    let payments = payments_with("amount", amounts, |input| input.sign = Sign::Negative);
    assert_eq!(payments, (vec!["10.00".to_owned(), "-5.00".to_owned()], vec![]));
}

#[test]
fn unknown_channels_are_passed_over_and_known_ones_read_in_any_case() {
    let points = "debtor_id channel address\nD1 EMAIL a@acme.example\nD1 fax 123\nD2 whatsapp 456";
    let points = read(&rules("contact_points", |_| {}), &batch("contact_points", points, &[]));
    assert_eq!((cells(&points, "channel"), faults(&points)), (vec!["email".to_owned(), "whatsapp".to_owned()], vec![]));
    assert_eq!(points.passed_over, BTreeMap::from([("unknown_channel", 1)]));
    let log = "event_id debtor_id channel occurred_at status\nE1 D1 fax 2026-06-01T12:00:00 sent\n\
        E2 D2 email 2026-06-01T12:00:00 seen\nE3 D2 email 2026-06-01T12:00:00 wrong_party";
    let log = read(&rules("contact_log", |_| {}), &batch("contact_log", log, &[]));
    assert_eq!(
        (cells(&log, "event_id"), faults(&log)),
        (vec!["E3".to_owned()], vec!["1 status unknown_value".to_owned()])
    );
    assert_eq!(log.passed_over, BTreeMap::from([("unknown_channel", 1)]));
}

/// A bad row names whom and what it is about, so that whoever owns that can be held.
#[test]
fn a_bad_row_says_what_it_names() {
    let text = "agreement_id company_id invoice_id installment_no\nA1 2 - 1";
    let conformed = read(&rules("agreement_items", |_| {}), &batch("agreement_items", text, &[]));
    let bad = &conformed.bad[0];
    let named = [&bad.debtor_id, &bad.company_id, &bad.invoice_id, &bad.agreement_id].map(|text| text.as_deref());
    assert_eq!(named, [None, Some("2"), None, Some("A1")]);
}

/// What only figures follow from may be anything.
#[test]
fn what_only_figures_follow_from_spoils_no_row() {
    let text = "event_id debtor_id channel occurred_at status cost agent_id\nE1 D1 email 2026-06-01T12:00:00 sent 1 x";
    let cost: ArrayRef = Arc::new(StringArray::from(vec!["R$ 0,0425"]));
    let agent: ArrayRef = Arc::new(BooleanArray::from(vec![true]));
    let conformed =
        read(&rules("contact_log", |_| {}), &batch("contact_log", text, &[("cost", cost), ("agent_id", agent)]));
    assert_eq!((conformed.batch.num_rows(), faults(&conformed)), (1, vec![]));
    assert_eq!(cells(&conformed, "cost"), ["-"]);
    assert_eq!(cells(&conformed, "agent_id"), ["-"]);
    let cost: ArrayRef = Arc::new(Float64Array::from(vec![f64::NAN]));
    let conformed = read(&rules("contact_log", |_| {}), &batch("contact_log", text, &[("cost", cost)]));
    assert_eq!((cells(&conformed, "cost"), faults(&conformed)), (vec!["-".to_owned()], vec![]));
    let odd = "event_id debtor_id channel occurred_at status cost_currency\nE1 D1 email 2026-06-01T12:00:00 sent R$";
    assert_eq!(faults(&read(&rules("contact_log", |_| {}), &batch("contact_log", odd, &[]))), [""; 0]);
    // Whether it cost something or not, it is the same event.
    let row = "event_id debtor_id channel occurred_at status agent_id\nE1 D1 email 2026-06-01T12:00:00 sent ";
    assert_eq!(hashes("contact_log", &format!("{row}anna")), hashes("contact_log", &format!("{row}-")));
}

/// Key and content of every row.
fn hashes(table: &str, text: &str) -> Vec<(i64, i64)> {
    let conformed = read(&rules(table, |_| {}), &batch(table, text, &[]));
    assert_eq!(faults(&conformed), [""; 0], "{text}");
    let column = |name: &str| conformed.batch.column_by_name(name).unwrap().as_primitive::<Int64Type>().clone();
    column("key_hash").values().iter().copied().zip(column("content_hash").values().iter().copied()).collect()
}

#[test]
fn equal_rows_conflicting_rows_and_rows_of_another_key() {
    const EQUAL: (bool, bool) = (true, true);
    const CONFLICT: (bool, bool) = (true, false);
    const OTHER: (bool, bool) = (false, false);
    let invoice = "invoice_id installment_no company_id debtor_id document_type issue_date due_date currency amount";
    let payment = "payment_id debtor_id invoice_id installment_no kind paid_on amount";
    let point = "debtor_id channel address contact_name preference_rank is_authorized";
    let item = "agreement_id company_id invoice_id installment_no";
    let cases = [
        (
            "invoices",
            invoice,
            "I1 1 1 D1 invoice 2026-05-01 2026-06-20 BRL 1.00",
            "I1 - - D1 - 2026-05-01 2026-06-20 - 1.00",
            EQUAL,
        ),
        (
            "invoices",
            invoice,
            "I1 1 1 D1 invoice 2026-05-01 2026-06-20 BRL 1.00",
            "I1 0 - D1 - 2026-05-01 2026-06-20 - 2.00",
            CONFLICT,
        ),
        (
            "invoices",
            invoice,
            "I1 1 1 D1 - 2026-05-01 2026-06-20 BRL 1.00",
            "I1 1 2 D1 - 2026-05-01 2026-06-20 BRL 1.00",
            OTHER,
        ),
        (
            "invoices",
            invoice,
            "I1 1 1 D1 - 2026-05-01 2026-06-20 BRL 1.00",
            "I1 1 1 D2 - 2026-05-01 2026-06-20 BRL 1.00",
            OTHER,
        ),
        ("payments", payment, "P1 D1 I1 0 - 2026-06-01 1.00", "P1 D1 I1 - payment 2026-06-01 1.00", EQUAL),
        ("payments", payment, "P1 D1 I1 1 - 2026-06-01 1.00", "P1 D1 I1 - - 2026-06-01 1.00", OTHER),
        ("payments", payment, "P1 D1 I1 - - 2026-06-01 1.00", "P1 D2 I1 - - 2026-06-01 1.00", OTHER),
        ("payments", payment, "P1 D1 I1 - - 2026-06-01 1.00", "P1 D1 I1 - - 2026-06-02 1.00", CONFLICT),
        ("payments", payment, "P1 D1 I1 - - 2026-06-01 1.00", "P1 D1 I1 - charges 2026-06-01 1.00", OTHER),
        ("contact_points", point, "D1 email A@x.com Ana 1 true", "D1 email a@X.com Rui 2 -", EQUAL),
        ("contact_points", point, "D1 phone +5511-9 Ana 1 true", "D1 phone 55119 Ana 1 false", CONFLICT),
        ("contact_points", point, "D1 email a@x.com - - -", "D1 email b@x.com - - -", OTHER),
        ("agreement_items", item, "A1 1 I1 1", "A1 1 I1 1", EQUAL),
        ("agreement_items", item, "A1 1 I1 0", "A1 - I1 -", CONFLICT),
        ("agreement_items", item, "A1 1 I1 1", "A1 1 I1 2", OTHER),
        ("debtors", "debtor_id legal_name is_insolvent", "D1 A false", "D1 A -", EQUAL),
        ("debtors", "debtor_id legal_name is_insolvent", "D1 A false", "D1 A true", CONFLICT),
        ("debtors", "debtor_id legal_name tier", "D1 A B", "D1 B A", CONFLICT),
        (
            "promises",
            "promise_id debtor_id promised_on pay_by amount",
            "R1 D1 2026-06-01 2026-06-05 1.00",
            "R1 D1 2026-06-01 2026-06-05 -",
            CONFLICT,
        ),
        (
            "promises",
            "promise_id debtor_id promised_on pay_by",
            "R1 D1 2026-06-01 2026-06-05",
            "R1 D2 2026-06-01 2026-06-05",
            OTHER,
        ),
    ];
    for (table, names, one, other, expected) in cases {
        let [a, b] = hashes(table, &format!("{names}\n{one}\n{other}"))[..] else { panic!("two rows") };
        assert_eq!((a.0 == b.0, a.1 == b.1), expected, "{table}: {one} and {other}");
    }
}

/// The same row has the same hashes wherever it stands: in which batch, and after which neighbour.
#[test]
fn hashes_do_not_depend_on_neighbours() {
    let names = "payment_id debtor_id invoice_id installment_no paid_on amount";
    let rows = ["P1 D1 I1 1 2026-06-01 1.00", "P1 D1 I1 - 2026-06-01 1.00", "P2 D1 - - 2026-06-01 -1.00"];
    let together = hashes("payments", &format!("{names}\n{}", rows.join("\n")));
    let alone: Vec<(i64, i64)> = rows.iter().flat_map(|row| hashes("payments", &format!("{names}\n{row}"))).collect();
    assert_eq!(together, alone);
}
