//! Scoring, as a table of cases: a column of an input, a name, some values, and how sure it is.

use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Float64Array, Int64Array, StringArray};

use chrono::NaiveDate;

use super::content::Facts;
use super::newest_day;
use super::score::{Content, Ids, Level, Others, fit};
use crate::contract;

/// Values of a column: numbers and decimals where they are marked so.
fn facts(name: &str, values: &str) -> Facts {
    let (kind, values) = values.split_once(':').unwrap_or(("text", values));
    let values: Vec<&str> = values.split(',').map(str::trim).collect();
    let numbers = || values.iter().map(|value| value.parse::<f64>().expect("a number"));
    let array: ArrayRef = match kind {
        "int" => Arc::new(Int64Array::from(numbers().map(|n| n as i64).collect::<Vec<_>>())),
        "float" => Arc::new(Float64Array::from(numbers().collect::<Vec<_>>())),
        "decimal" | "units" => {
            let scale = if kind == "decimal" { 2 } else { 0 };
            let whole = numbers().map(|n| (n * f64::from(10_i32.pow(scale))) as i128).collect::<Vec<_>>();
            Arc::new(Decimal128Array::from(whole).with_precision_and_scale(18, scale as i8).expect("it fits"))
        }
        _ => Arc::new(StringArray::from(values.iter().map(|v| Some(*v).filter(|v| *v != "null")).collect::<Vec<_>>())),
    };
    let kind = array.data_type().clone();
    Facts::of(name, &kind, &[array])
}

#[test]
fn points_are_those_of_the_name_and_of_the_content() {
    let debtors = Ids { ids: facts("id", "C1,C2,C3").ids(), file: "clients".to_owned(), is_whole: true };
    let others = Others { debtors: Some(debtors), invoices: None };
    let cases = [
        // Names alone, with content that fits.
        ("invoices.due_date", "due_date", "2026-06-30,2026-07-31", "sure 80"),
        ("invoices.due_date", "E1_VENCREA", "20260630,00000000", "sure 80"),
        ("invoices.due_date", "data_vencimeto", "30/06/2026", "likely 60"),
        ("invoices.due_date", "E1_EMISSAO", "20260630", "-"),
        // Day and month either way round: less sure, whatever the name.
        ("invoices.due_date", "due_date", "05/06/2026", "likely 60"),
        ("invoices.due_date", "due_date", "soon", "unfit"),
        ("invoices.due_date", "due_date", "null,null", "unfit"),
        // Cents are not guessed.
        ("invoices.amount", "valor", "decimal:10.50,20", "sure 80"),
        ("invoices.amount", "valor", "float:10.5", "likely 60"),
        ("invoices.amount", "valor", "int:1050", "unfit"),
        ("invoices.amount", "valor", "units:1050", "unfit"),
        ("invoices.amount", "amount_cents", "decimal:1050", "unfit"),
        ("invoices.amount", "valor", "10,50", "unfit"),
        // Ids that match between the files are known by that alone; those that do not are doubtful.
        ("invoices.debtor_id", "id_cliente", "C1,C2,C1", "sure 100"),
        ("invoices.debtor_id", "pagador", "C1,C2,C1", "guess 40"),
        ("invoices.debtor_id", "id_cliente", "1,2,1", "likely 60"),
        ("invoices.debtor_id", "pagador", "1,2,1", "-"),
        ("invoices.debtor_id", "cliente", "Acme SA,Beta SA,Casa Gama", "unfit"),
        ("invoices.invoice_id", "numero_titulo", "1,2,3", "sure 100"),
        ("invoices.invoice_id", "numero_titulo", "1,1,2", "sure 80"),
        ("invoices.invoice_id", "documento", "30/06/2026,01/07/2026", "unfit"),
        // Content that only one column has.
        ("debtors.tax_id", "inscricao", "11.222.333/0001-81", "guess 40"),
        ("debtors.tax_id", "cnpj", "11222333000181,null", "sure 100"),
        ("debtors.tax_id", "cnpj", "int:11222333000181", "sure 100"),
        ("debtors.tax_id", "cnpj", "B1234567", "sure 80"),
        ("debtors.legal_name", "razao_social", "Acme SA", "sure 80"),
        ("debtors.legal_name", "name", "int:7", "unfit"),
        ("debtors.country", "countrycode", "391,770", "unfit"),
        ("invoices.currency", "x", "BRL,USD", "guess 40"),
        ("invoices.currency", "moeda", "BRL,USD", "sure 100"),
        ("invoices.currency", "E1_MOEDA", "float:1,1", "sure 100"),
        ("invoices.currency", "moeda", "int:1,2", "unfit"),
        // Codes: all known, some, none.
        ("invoices.document_type", "SHKZG", "S,H", "sure 100"),
        ("invoices.document_type", "E1_TIPO", "NF,ZZ", "sure 80"),
        ("invoices.document_type", "tipo", "a,b", "unfit"),
        ("contact_points.channel", "canal", "a,b", "likely 60"),
        ("debtors.is_insolvent", "insolvente", "S,N", "sure 100"),
        ("invoices.installment_no", "parcela", "1,02,003", "sure 80"),
        ("invoices.installment_no", "parcela", "A,B", "sure 80"),
        ("invoices.installment_no", "parcela", "001/003,002/003", "unfit"),
        ("invoices.installment_no", "parcela", "int:20260630", "unfit"),
        // An optional column that protects is taken although it is empty as yet.
        ("contact_points.opted_out_on", "data_descadastro", "null,null", "likely 60"),
    ];
    for (ours, name, values, expected) in cases {
        let (table, column) = ours.split_once('.').expect("input.column");
        let table = contract::input(table).expect("an input");
        let column = table.column(column).expect("a column");
        let found = match fit(table, column, &facts(name, values), &others) {
            None => "-".to_owned(),
            Some(fit) if matches!(fit.content, Content::Unfit(_)) => "unfit".to_owned(),
            Some(fit) => format!("{} {}", Level::of(fit.points).map_or("nothing", Level::word), fit.points),
        };
        assert_eq!(found, expected, "{ours}: {name} of {values}");
    }
}

#[test]
fn levels_have_their_points() {
    for (points, level) in [(100, "sure"), (80, "sure"), (79, "likely"), (60, "likely"), (40, "guess"), (39, "-")] {
        assert_eq!(Level::of(points).map_or("-", Level::word), level, "{points}");
    }
}

#[test]
fn payments_alone_are_no_newest_day() {
    let day = |text: &str| text.parse::<NaiveDate>().ok();
    for (told, paid, is_open, newest) in [
        ("2026-06-30", "2026-07-30", false, "2026-06-30"),
        ("2026-06-30", "2026-06-12", false, "2026-06-30"),
        ("2026-06-30", "-", false, "2026-06-30"),
        ("-", "2026-07-30", false, "2026-07-30"),
        ("2026-02-15", "2026-03-13", true, "2026-03-13"),
        ("-", "-", true, "-"),
    ] {
        assert_eq!(newest_day(day(told), day(paid), is_open), day(newest), "{told} {paid} {is_open}");
    }
}
