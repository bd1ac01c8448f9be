//! The columns of a Delta table, and how they follow those of the files that are published.
//!
//! Every column may hold null there, whatever the contract says: a file of before a column came, or of after it went, has
//! nothing in it.

use arrow::datatypes::{DataType as ArrowType, Field, Schema, TimeUnit};
use deltalake_core::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake_core::kernel::{DataType, StructField, StructType};

use crate::error::DeltaFault;

/// What a file asks of the columns of its table.
#[derive(Debug, PartialEq)]
pub(super) enum Fit {
    /// Nothing.
    AsTheyAre,
    /// It has more.
    Wider(Vec<StructField>),
    /// One of them has another type, so no reader could take both for one table.
    Other(DeltaFault),
}

/// The columns of a file that a Delta table can have.
pub(super) fn of_file(schema: &Schema) -> Vec<StructField> {
    schema.fields().iter().filter_map(|field| column(field)).collect()
}

/// The first column of a file that a Delta table cannot have.
pub(super) fn unknown(schema: &Schema) -> Option<DeltaFault> {
    let is_twice = |name: &String, at: usize| schema.fields()[..at].iter().any(|f| f.name().eq_ignore_ascii_case(name));
    if let Some((_, field)) = schema.fields().iter().enumerate().find(|(at, field)| is_twice(field.name(), *at)) {
        let found = "two columns that differ in capitals alone".to_owned();
        return Some(DeltaFault::NoSuchType { column: field.name().clone(), found });
    }
    let unknown = schema.fields().iter().find(|field| column(field).is_none())?;
    Some(DeltaFault::NoSuchType { column: unknown.name().clone(), found: unknown.data_type().to_string() })
}

/// How a file fits the columns that its table has.
pub(super) fn fit(table: &StructType, file: &[StructField]) -> Fit {
    let differs = |field: &&StructField| table.field(field.name()).is_some_and(|f| f.data_type() != field.data_type());
    if let Some(field) = file.iter().find(differs) {
        let expected = table.field(field.name()).map(|f| f.data_type().to_string()).unwrap_or_default();
        return Fit::Other(DeltaFault::ColumnType {
            column: field.name().clone(),
            found: field.data_type().to_string(),
            expected,
        });
    }
    // Delta tells no columns apart by capitals.
    let is_respelt = |field: &&StructField| {
        let mut known = table.fields().map(|f| f.name());
        known.any(|name| name != field.name() && name.eq_ignore_ascii_case(field.name()))
    };
    if let Some(field) = file.iter().find(is_respelt) {
        let known = table.fields().find(|f| f.name().eq_ignore_ascii_case(field.name()));
        let expected = known.map(|f| format!("called {}", f.name())).unwrap_or_default();
        let found = format!("called {}", field.name());
        return Fit::Other(DeltaFault::ColumnType { column: field.name().clone(), found, expected });
    }
    let new = file.iter().filter(|field| table.field(field.name()).is_none());
    let all: Vec<StructField> = table.fields().chain(new).cloned().collect();
    if all.len() == table.fields().len() { Fit::AsTheyAre } else { Fit::Wider(all) }
}

/// Delta knows no unsigned numbers and wants instants in microseconds; a conversion would read other values than the file
/// holds.
fn column(field: &Field) -> Option<StructField> {
    let is_known = match field.data_type() {
        ArrowType::Utf8 | ArrowType::Boolean | ArrowType::Date32 | ArrowType::Float32 | ArrowType::Float64 => true,
        ArrowType::Int8 | ArrowType::Int16 | ArrowType::Int32 | ArrowType::Int64 => true,
        ArrowType::Decimal128(..) | ArrowType::Binary => true,
        ArrowType::Timestamp(unit, zone) => *unit == TimeUnit::Microsecond && zone.is_some(),
        _ => false,
    };
    let data_type: DataType = field.data_type().try_into_kernel().ok().filter(|_| is_known)?;
    Some(StructField::nullable(field.name(), data_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(columns: &[(&str, ArrowType)]) -> Schema {
        Schema::new(columns.iter().map(|(name, of)| Field::new(*name, of.clone(), false)).collect::<Vec<_>>())
    }

    fn columns(columns: &[(&str, ArrowType)]) -> Vec<StructField> {
        of_file(&schema(columns))
    }

    fn table(of: &[(&str, ArrowType)]) -> StructType {
        StructType::try_new(columns(of)).expect("distinct names")
    }

    #[test]
    fn every_table_that_regua_publishes_has_only_columns_that_delta_has() {
        let position = [crate::contract::ITEMS, crate::contract::DEBTORS];
        for table in crate::contract::KPIS.iter().chain(&position) {
            assert_eq!(unknown(&table.schema()), None, "{}", table.name);
            assert_eq!(of_file(&table.schema()).len(), table.columns.len(), "{}", table.name);
        }
    }

    #[test]
    fn a_column_more_widens_the_table_at_its_end() {
        let known = table(&[("b", ArrowType::Int64), ("a", ArrowType::Utf8)]);
        let more = columns(&[("a", ArrowType::Utf8), ("c", ArrowType::Float64), ("b", ArrowType::Int64)]);
        let Fit::Wider(all) = fit(&known, &more) else { panic!("not wider") };
        assert_eq!(all.iter().map(|f| f.name().as_str()).collect::<Vec<_>>(), ["b", "a", "c"]);
        assert!(all.iter().all(StructField::is_nullable));
    }

    /// No reader of Delta tells them apart, so none may come.
    #[test]
    fn columns_that_differ_in_capitals_alone_are_refused() {
        let known = table(&[("v", ArrowType::Int64)]);
        assert!(matches!(fit(&known, &columns(&[("V", ArrowType::Int64)])), Fit::Other(_)));
        assert!(unknown(&schema(&[("v", ArrowType::Int64), ("V", ArrowType::Int64)])).is_some());
    }

    #[test]
    fn a_column_less_leaves_the_table_as_it_is() {
        let known = table(&[("a", ArrowType::Utf8), ("b", ArrowType::Int64)]);
        assert_eq!(fit(&known, &columns(&[("b", ArrowType::Int64)])), Fit::AsTheyAre);
    }

    #[test]
    fn a_column_of_another_type_does_not_fit() {
        let known = table(&[("a", ArrowType::Utf8)]);
        let (column, found, expected) = ("a".to_owned(), "long".to_owned(), "string".to_owned());
        let other = Fit::Other(DeltaFault::ColumnType { column, found, expected });
        assert_eq!(fit(&known, &columns(&[("a", ArrowType::Int64)])), other);
    }

    #[test]
    fn what_delta_would_read_as_something_else_is_not_a_column() {
        for of in [
            ArrowType::UInt64,
            ArrowType::Timestamp(TimeUnit::Microsecond, None),
            ArrowType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
        ] {
            let schema = schema(&[("a", ArrowType::Utf8), ("b", of.clone())]);
            let found = of.to_string();
            assert_eq!(unknown(&schema), Some(DeltaFault::NoSuchType { column: "b".to_owned(), found }));
            assert_eq!(of_file(&schema).len(), 1);
        }
    }
}
