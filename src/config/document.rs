//! A TOML file with its lines: parsed, its `${VAR}` filled in, checked against the schema of its raw type.
//!
//! Every structural error is found at once and points at file and line. The schema is the one that `regua schema
//! pipeline` prints. It is derived from the raw types, so the two cannot disagree.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jsonschema::error::ValidationErrorKind;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::de::{DeTable, DeValue};

pub use crate::domain::names::unknown;
use crate::error::Fault;

/// A parsed file that remembers where each value stands.
#[derive(Debug)]
pub struct Document {
    /// As it was named; every fault repeats it.
    pub file: PathBuf,
    value: Value,
    /// JSON pointer = line.
    lines: BTreeMap<String, usize>,
    /// Values that could not be filled in; the rest of the file can be checked all the same.
    pub faults: Vec<Fault>,
}

/// What could be read, and every fault on the way: with faults, what was read only serves to find more of them.
pub type Read<T> = (Option<T>, Vec<Fault>);

/// Where `${VAR}` is looked up; a function, so that tests need no environment.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Document {
    /// Parses a file's text.
    ///
    /// A `${VAR}` that has neither a value nor a default is among the document's faults. As in a shell, an empty value
    /// is none: a path of nothing would be the folder of the pipeline itself.
    ///
    /// # Errors
    /// Every syntax error.
    pub fn parse(file: &Path, text: &str, variables: Variables<'_>) -> Result<Document, Vec<Fault>> {
        let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect();
        let line_of = |offset: usize| starts.partition_point(|start| *start <= offset).max(1);
        let fault = |line, message| Fault { file: file.to_owned(), line, message };
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            let describe =
                |e: &toml::de::Error| fault(e.span().map_or(0, |s| line_of(s.start)), e.message().to_owned());
            return Err(errors.iter().map(describe).collect());
        }
        let mut reader = Reader { line_of: &line_of, variables, lines: BTreeMap::new(), errors: Vec::new() };
        let value = reader.table(table.get_ref(), "");
        let faults = reader.errors.into_iter().map(|(line, message)| fault(line, message)).collect();
        Ok(Document { file: file.to_owned(), value, lines: reader.lines, faults })
    }

    /// The raw type that the file holds, and every unknown key (with the nearest known one), missing key, wrong type
    /// and value out of range. What is wrong is set aside, so that the rest is checked in the same pass.
    pub fn read<T: JsonSchema + DeserializeOwned>(&self) -> Read<T> {
        let schema = schema_of::<T>();
        let validator = jsonschema::validator_for(&schema).expect("a derived schema is a schema");
        let (mut faults, mut known) = (Vec::new(), self.value.clone());
        for error in validator.iter_errors(&self.value) {
            faults.extend(self.describe(&schema, &error));
            set_aside(&mut known, &error);
        }
        match serde_json::from_value(known) {
            Ok(raw) => (Some(raw), faults),
            Err(e) if faults.is_empty() => (None, vec![self.fault("", e.to_string())]),
            Err(_) => (None, faults),
        }
    }

    /// Is there such a key at the top?
    pub fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some()
    }

    /// An error at the value of this JSON pointer.
    pub fn fault(&self, pointer: &str, message: impl Into<String>) -> Fault {
        Fault { file: self.file.clone(), line: self.line(pointer), message: message.into() }
    }

    /// The line of a value, or of the nearest table around it.
    fn line(&self, pointer: &str) -> usize {
        let mut pointer = pointer;
        loop {
            if let Some(line) = self.lines.get(pointer) {
                return *line;
            }
            match pointer.rfind('/') {
                Some(end) => pointer = &pointer[..end],
                None => return 0,
            }
        }
    }

    /// What a person calls the value at a JSON pointer: its key, or its place in a list.
    fn name_of(&self, pointer: &str) -> String {
        let Some((list, last)) = pointer.rsplit_once('/') else { return "the file".to_owned() };
        let is_entry = self.value.pointer(list).is_some_and(Value::is_array);
        match last.parse::<usize>().ok().filter(|_| is_entry) {
            Some(position) => format!("entry {} of `{}`", position + 1, list.rsplit('/').next().unwrap_or(list)),
            None => format!("`{last}`"),
        }
    }

    fn describe(&self, schema: &Value, error: &jsonschema::ValidationError<'_>) -> Vec<Fault> {
        let path = error.instance_path().to_string();
        let name = self.name_of(&path);
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let known = known_keys(schema, error.schema_path().as_str());
                let message = |key: &String| unknown("key", key, known.iter().map(String::as_str));
                unexpected.iter().map(|key| self.fault(&format!("{path}/{key}"), message(key))).collect()
            }
            ValidationErrorKind::Required { property } => {
                let key = property.as_str().unwrap_or("?");
                vec![self.fault(&path, format!("{name} lacks the key `{key}`; add it"))]
            }
            ValidationErrorKind::Enum { options } => {
                let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
                let options = options.iter().filter_map(Value::as_str);
                let found = error.instance().as_str().unwrap_or("?").to_owned();
                vec![self.fault(&path, format!("{name}: {}", unknown("value", &found, options)))]
            }
            ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => {
                let words: Vec<&str> = context.iter().flatten().filter_map(constant_of).collect();
                let found = error.instance().as_str().unwrap_or("?").to_owned();
                vec![self.fault(&path, format!("{name}: {}", unknown("value", &found, words.into_iter())))]
            }
            _ => vec![self.fault(&path, format!("{name}: {error}"))],
        }
    }
}

/// Takes what an error names out of the value: the unknown keys, or the key whose value is wrong.
fn set_aside(value: &mut Value, error: &jsonschema::ValidationError<'_>) {
    let mut path = error.instance_path().to_string();
    if let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() {
        if let Some(table) = value.pointer_mut(&path).and_then(Value::as_object_mut) {
            table.retain(|key, _| !unexpected.contains(key));
        }
        return;
    }
    if matches!(error.kind(), ValidationErrorKind::Required { .. }) {
        return;
    }
    // A list without one of its entries would move the others: the whole list goes.
    while let Some((parent, key)) = path.rsplit_once('/').map(|(p, k)| (p.to_owned(), k.to_owned())) {
        if let Some(table) = value.pointer_mut(&parent).and_then(Value::as_object_mut) {
            table.remove(&key.replace("~1", "/").replace("~0", "~"));
            return;
        }
        path = parent;
    }
}

fn constant_of<'a>(error: &'a jsonschema::ValidationError<'static>) -> Option<&'a str> {
    match error.kind() {
        ValidationErrorKind::Constant { expected_value } => expected_value.as_str(),
        ValidationErrorKind::Enum { options } => options.as_array()?.first()?.as_str(),
        _ => None,
    }
}

/// The keys that the object schema around `additionalProperties` knows.
fn known_keys(schema: &Value, schema_path: &str) -> Vec<String> {
    let parent = schema_path.rsplit_once('/').map_or("", |(parent, _)| parent);
    let properties = schema.pointer(parent).and_then(|s| s.get("properties")).and_then(Value::as_object);
    properties.map(|p| p.keys().cloned().collect()).unwrap_or_default()
}

/// The JSON Schema of a raw type. TOML has no null, so the alternatives that serde's `Option` adds are taken out.
pub fn schema_of<T: JsonSchema>() -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = false);
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    without_null(&mut schema);
    schema
}

fn without_null(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Array(types)) = map.get_mut("type") {
                types.retain(|t| t != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    map.insert("type".into(), only);
                }
            }
            if let Some(Value::Array(options)) = map.get_mut("anyOf") {
                options.retain(|o| o.get("type").and_then(Value::as_str) != Some("null"));
                if let [Value::Object(only)] = options.as_slice() {
                    let only = only.clone();
                    map.remove("anyOf");
                    map.extend(only);
                }
            }
            if map.get("default") == Some(&Value::Null) {
                map.remove("default");
            }
            map.values_mut().for_each(without_null);
        }
        Value::Array(values) => values.iter_mut().for_each(without_null),
        _ => {}
    }
}

/// Turns spanned TOML into JSON and notes the line of every value.
struct Reader<'a> {
    line_of: &'a dyn Fn(usize) -> usize,
    variables: Variables<'a>,
    lines: BTreeMap<String, usize>,
    errors: Vec<(usize, String)>,
}

impl Reader<'_> {
    fn table(&mut self, table: &DeTable<'_>, pointer: &str) -> Value {
        let mut map = serde_json::Map::new();
        for (key, value) in table {
            let name = key.get_ref().to_string();
            let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
            self.lines.insert(pointer.clone(), (self.line_of)(key.span().start));
            let value = self.value(value.get_ref(), &pointer, value.span().start);
            map.insert(name, value);
        }
        Value::Object(map)
    }

    fn value(&mut self, value: &DeValue<'_>, pointer: &str, offset: usize) -> Value {
        match value {
            DeValue::Table(table) => self.table(table, pointer),
            DeValue::Array(values) => {
                let mut list = Vec::new();
                for (position, value) in values.iter().enumerate() {
                    let pointer = format!("{pointer}/{position}");
                    self.lines.insert(pointer.clone(), (self.line_of)(value.span().start));
                    list.push(self.value(value.get_ref(), &pointer, value.span().start));
                }
                Value::Array(list)
            }
            DeValue::String(text) => Value::String(self.filled(text, offset)),
            DeValue::Boolean(flag) => Value::Bool(*flag),
            DeValue::Integer(digits) => match i64::from_str_radix(digits.as_str(), digits.radix()) {
                Ok(number) => Value::from(number),
                Err(_) => self.refuse(offset, format!("{} does not fit 64 bits", digits.as_str())),
            },
            DeValue::Float(digits) => match digits.as_str().parse::<f64>() {
                Ok(number) if number.is_finite() => Value::from(number),
                _ => self.refuse(offset, format!("{} is not a finite number", digits.as_str())),
            },
            DeValue::Datetime(datetime) => Value::String(datetime.to_string()),
        }
    }

    /// Notes the error; zero stands in, so that it is told once.
    fn refuse(&mut self, offset: usize, message: String) -> Value {
        self.errors.push(((self.line_of)(offset), message));
        Value::from(0)
    }

    /// Fills in `${VAR}` and `${VAR:-default}`.
    fn filled(&mut self, text: &str, offset: usize) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            filled.push_str(before);
            let Some((name, behind)) = after.split_once('}') else {
                self.refuse(offset, format!("`${{` without `}}` in {text:?}"));
                return filled;
            };
            let (name, default) = name.split_once(":-").map_or((name, None), |(n, d)| (n, Some(d)));
            let set = (self.variables)(name);
            match set.as_deref().filter(|value| !value.is_empty()).or(default) {
                Some(value) => filled.push_str(value),
                None => {
                    let what = if set.is_some() { "empty" } else { "not set" };
                    self.refuse(
                        offset,
                        format!("environment variable {name} is {what}; set it, or write ${{{name}:-default}}"),
                    );
                }
            }
            rest = behind;
        }
        filled.push_str(rest);
        filled
    }
}
