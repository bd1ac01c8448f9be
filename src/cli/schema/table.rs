//! JSON Schema of the tables of the contract: a row as JSON, amounts and rates as decimal text.

use arrow::datatypes::{DataType, Field, Fields};
use serde_json::{Map, Value, json};

use crate::contract::{Column, Kind, Measure, Table};
use crate::rehearsal::OwnTable;

pub(super) const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of a row.
pub(super) fn schema(table: &Table) -> Value {
    let row = row_schema(table.columns.iter());
    json!({
        "$schema": DIALECT,
        "title": table.name,
        "description": format!("One row per {}.", table.row),
        "type": "object",
        "properties": row["properties"],
        "required": row["required"],
    })
}

/// The schema of a row of a table that SQL of the user's own makes.
pub(super) fn own(name: &str, table: &OwnTable) -> Value {
    let row = struct_schema(table.schema.fields());
    json!({
        "$schema": DIALECT,
        "title": name,
        "description": format!("One row per {}: {}", table.grain.join(", "), table.purpose),
        "type": "object",
        "properties": row["properties"],
        "required": row["required"],
    })
}

/// An object with these columns. What is not required may be null, or may not be there.
pub(super) fn row_schema<'a>(columns: impl Iterator<Item = &'a Column> + Clone) -> Value {
    let properties: Map<String, Value> = columns.clone().map(|c| (c.name.to_owned(), column_schema(c))).collect();
    let required: Vec<&str> = columns.filter(|c| c.required).map(|c| c.name).collect();
    json!({"type": "object", "properties": properties, "required": required})
}

fn column_schema(column: &Column) -> Value {
    let mut schema = match column.kind {
        Kind::Enum(words) => json!({"enum": words}),
        _ => type_schema(&column.data_type()),
    };
    if !column.required {
        let null = schema.get_mut("enum").and_then(Value::as_array_mut);
        match null {
            Some(words) => words.push(Value::Null),
            None => schema["type"] = json!([schema["type"], "null"]),
        }
    }
    schema["description"] = column.doc.into();
    if let Some(measure) = measure_schema(column) {
        schema["x-measure"] = measure;
    }
    schema
}

/// What a chart may do with the number, for a tool that reads the schema: JSON Schema leaves other keys alone.
fn measure_schema(column: &Column) -> Option<Value> {
    let mut measure = json!({"is": column.measure_in_words()?});
    if let Some(within) = column.additive_within() {
        measure["additive_within"] = within.into();
    }
    if let Some(Measure::Ratio(of, over)) = column.measure {
        measure["numerator"] = of.into();
        measure["denominator"] = over.into();
    }
    Some(measure)
}

/// A value of the Arrow type that carries a column.
fn type_schema(kind: &DataType) -> Value {
    match kind {
        DataType::Int64 => json!({"type": "integer"}),
        DataType::Float64 => json!({"type": "number"}),
        DataType::Boolean => json!({"type": "boolean"}),
        DataType::Date32 => json!({"type": "string", "format": "date"}),
        DataType::Timestamp(_, _) => json!({"type": "string", "format": "date-time"}),
        // A double cannot carry them.
        DataType::Decimal128(_, 2) => json!({"type": "string", "pattern": "^-?[0-9]+\\.[0-9]{2}$"}),
        DataType::Decimal128(_, _) => json!({"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$"}),
        DataType::List(item) => json!({"type": "array", "items": type_schema(item.data_type())}),
        DataType::Struct(fields) => struct_schema(fields),
        _ => json!({"type": "string"}),
    }
}

fn struct_schema(fields: &Fields) -> Value {
    let field_schema = |field: &Field| {
        let mut schema = type_schema(field.data_type());
        if field.is_nullable() {
            schema["type"] = json!([schema["type"], "null"]);
        }
        schema
    };
    let properties: Map<String, Value> = fields.iter().map(|f| (f.name().clone(), field_schema(f))).collect();
    let required: Vec<&String> = fields.iter().filter(|f| !f.is_nullable()).map(|f| f.name()).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}
