//! How the columns of an input may be written: types, dates, texts and amounts, as tools and old systems write them.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Decimal128Array, Decimal256Array, DictionaryArray, Float64Array, Int32Array, LargeStringArray,
    RecordBatch, StringArray, StringViewArray, TimestampMicrosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type, TimeUnit, i256};
use parquet::data_type::{ByteArray, ByteArrayType, Int96, Int96Type};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use crate::inputs::{INVOICES, PAYMENTS, POINTS, decisions, house, refused, replaced, with_column};
use crate::support::{House, as_of, batch, write_parquet};

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

/// Spark and BigQuery write dates as midnights of UTC, which is the evening before in São Paulo. Each value is judged by
/// itself: another instant among them is the day that it is in the pipeline's zone, and moves no other value.
#[test]
fn midnights_of_utc_are_the_dates_that_they_show() {
    const MIDNIGHT: i64 = 1_781_913_600_000_000; // 2026-06-20
    let due = |house: &House, file: &str, text: &str, values: Vec<i64>| {
        let column = Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC"));
        write_parquet(&house.path(file), &replaced("invoices", text, "due_date", column));
    };
    let (head, rows) = INVOICES.split_once('\n').unwrap();
    let (first, second) = rows.split_once('\n').unwrap();
    let evening = MIDNIGHT - 3_600_000_000; // 20:00 of 2026-06-19 in São Paulo
    let table = [
        ([MIDNIGHT, MIDNIGHT], ["2026-06-20"; 2], true),
        ([MIDNIGHT, evening], ["2026-06-20", "2026-06-19"], true),
        ([MIDNIGHT + 1, evening], ["2026-06-19"; 2], false),
    ];
    for ([one, other], expected, is_told) in table {
        let house = house();
        std::fs::remove_file(house.path("input/invoices.parquet")).unwrap();
        house.edit("pipelines/daily.toml", "input/invoices.parquet", "input/invoices-*.parquet");
        due(&house, "input/invoices-1.parquet", &format!("{head}\n{first}"), vec![one]);
        due(&house, "input/invoices-2.parquet", &format!("{head}\n{second}"), vec![other]);
        let ended = house.run(as_of());
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let mut days = house.published("items", "due_date");
        days.sort_by(|a, b| b.cmp(a));
        assert_eq!(days, expected);
        let note = "invoices snapshot: due_date: values that are midnight UTC are read as the dates that they show";
        assert_eq!(ended.stderr.contains(note), is_told, "{}", ended.stderr);
    }
}

/// Spark's own form of instants: 9999-12-31 is no date, and comes not round as a day in 1816.
#[test]
fn int96_is_read_beyond_its_nanoseconds() {
    const JULIAN_EPOCH: i64 = 2_440_588;
    let house = house();
    let days = |date: &str| (date.parse::<chrono::NaiveDate>().unwrap() - chrono::NaiveDate::default()).num_days();
    let int96 = |date: &str| Int96::from(vec![0, 0, (days(date) + JULIAN_EPOCH) as u32]);
    let schema = "message spark { REQUIRED BYTE_ARRAY dispute_id (UTF8); REQUIRED BYTE_ARRAY debtor_id (UTF8); \
        REQUIRED INT96 opened_on; OPTIONAL INT96 closed_on; REQUIRED BYTE_ARRAY kind (UTF8); }";
    let file = std::fs::File::create(house.path("input/disputes.parquet")).unwrap();
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer = SerializedFileWriter::new(file, schema, Arc::default()).unwrap();
    let mut rows = writer.next_row_group().unwrap();
    for (column, position) in ["X1", "D1", "2026-06-01", "9999-12-31", "dispute"].into_iter().zip(0..) {
        let mut column_writer = rows.next_column().unwrap().unwrap();
        let written = match position {
            2 => column_writer.typed::<Int96Type>().write_batch(&[int96(column)], None, None),
            3 => column_writer.typed::<Int96Type>().write_batch(&[int96(column)], Some(&[1]), None),
            _ => column_writer.typed::<ByteArrayType>().write_batch(&[ByteArray::from(column)], None, None),
        };
        assert_eq!(written.unwrap(), 1);
        column_writer.close().unwrap();
    }
    rows.close().unwrap();
    writer.close().unwrap();
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(decisions(&house), ["D1 hold dispute_open", "D2 action step_due"]);
    assert!(house.published("quarantine", "reason").is_empty());
}

/// What a spreadsheet, a tool of data frames or an old ERP makes of the same portfolio: the same decisions.
#[test]
fn the_usual_encodings_give_the_same_decisions() {
    let texts = |values: [&str; 2]| -> ArrayRef { Arc::new(StringArray::from(values.to_vec())) };
    let cases: Vec<(&str, &str, &str, ArrayRef, &str)> = vec![
        ("invoices", INVOICES, "due_date", texts(["20/06/2026", "2026-06-20"]), DATE_FORMATS),
        ("invoices", INVOICES, "due_date", Arc::new(Int32Array::from(vec![20_260_620; 2])), DATE_FORMATS),
        ("invoices", INVOICES, "installment_no", Arc::new(Float64Array::from(vec![1.0, 1.0])), ""),
        ("invoices", INVOICES, "installment_no", texts(["001", "0"]), ""),
        ("invoices", INVOICES, "invoice_id", Arc::new(Int32Array::from(vec![1, 2])), ""),
        ("invoices", INVOICES, "invoice_id", Arc::new(Float64Array::from(vec![1.0, 2.0])), ""),
        ("contact_points", POINTS, "channel", texts(["EMAIL", "Email"]), ""),
    ];
    for (table, text, column, array, keys) in cases {
        let house = house();
        let kind = array.data_type().clone();
        with_column(&house, table, text, column, array);
        let section = format!("[inputs.{table}]");
        house.edit("pipelines/daily.toml", &section, &format!("{section}\n{keys}"));
        let ended = house.run(as_of());
        assert_eq!(ended.code, 0, "{column} as {kind}: {}", ended.stderr);
        assert_eq!(decisions(&house), ["D1 action step_due", "D2 action step_due"], "{column} as {kind}");
        assert_eq!(house.published("items", "due_date installment_no"), ["2026-06-20 1"; 2], "{column} as {kind}");
    }
}

const DATE_FORMATS: &str = "date_format = [\"%d/%m/%Y\", \"%Y%m%d\", \"%Y-%m-%d\"]";

/// One odd row spoils itself at most: what says nothing, what nothing reads, what ends on the last day of a calendar.
#[test]
fn rows_that_say_nothing_hold_nobody() {
    let cases = [
        ("an invoice of nothing", "invoices", format!("{INVOICES}\nI3 1 D1 2026-05-01 2026-06-20 BRL 0.00")),
        ("a payment of nothing", "payments", format!("{PAYMENTS}\nP1 D1 I1 2026-06-01 0.00 payment")),
        ("a fax number", "contact_points", format!("{POINTS}\nD1 fax 551190000001")),
        (
            "a fax that was sent",
            "contact_log",
            "event_id debtor_id channel occurred_at status\nE1 D1 fax 2026-06-29T12:00:00 sent".to_owned(),
        ),
        (
            "what a message cost",
            "contact_log",
            "event_id debtor_id channel occurred_at status cost\nE1 D1 email 2026-01-05T12:00:00 sent 0.0425"
                .to_owned(),
        ),
        (
            "a promise of nothing",
            "promises",
            "promise_id debtor_id promised_on pay_by amount\nR1 D1 2026-06-28 2026-07-02 0.00".to_owned(),
        ),
        (
            "grace without an end that was meant",
            "invoices",
            "invoice_id debtor_id issue_date due_date amount grace_until\n\
             I1 D1 2026-05-01 2026-06-20 100.00 9999-12-31\nI2 D2 2026-05-01 2026-06-20 200.00 1900-01-01"
                .to_owned(),
        ),
        (
            "a credit limit that nothing reads",
            "debtors",
            "debtor_id legal_name state credit_limit\nD1 A SP -1.00\nD2 B SP -".to_owned(),
        ),
    ];
    for (what, table, text) in cases {
        let house = house();
        house.write(table, &text);
        let ended = house.run(as_of());
        assert_eq!(ended.code, 0, "{what}: {}", ended.stderr);
        assert_eq!(decisions(&house), ["D1 action step_due", "D2 action step_due"], "{what}");
        assert!(house.published("quarantine", "table reason").is_empty(), "{what}");
    }
}

/// A bank's statement lists receipts below zero: read as they stand, they would take back what was paid.
#[test]
fn a_source_may_write_payments_below_zero() {
    let house = house();
    house.write("payments", &format!("{PAYMENTS}\nP1 D1 I1 2026-06-25 -100.00 payment"));
    house.edit("pipelines/daily.toml", "[inputs.payments]", "[inputs.payments]\nsign = \"negative\"");
    assert_eq!(house.run(as_of()).code, 0);
    assert_eq!(decisions(&house), ["D2 action step_due"], "D1 has paid");
}
