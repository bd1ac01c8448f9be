//! The folder in which a scenario is played: its rows as Parquet, its configuration as files, the real program run on
//! them date after date, and what was published fed back as the gateways would report it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::compute::{CastOptions, cast_with_options};
use regua::contract::{self, Kind, Table};
use regua::domain::procedure::{Channel, StepKind};
use serde_json::{Value, json};

use super::compare::{Cell, differences, plain, rows};
use super::format::{After, RawRun, RawScenario, Row, Tables};
use crate::support::{Ended, House, read_parquet, write_parquet};

const BASE: &str = include_str!("base.toml");
const BASE_CALENDAR: &str = include_str!("base_calendar.toml");
const RESULT: &str = "result.json";
const LONG: &str = "{% for item in items[:50] %}{{ item.invoice_id }}/{{ item.installment_no }}: {{ item.open_amount | money }}\n{% endfor %}{{ total_due | money }}\n{{ creditor.opt_out }}\n";
/// Short messages have a limit that no list of items keeps.
const SHORT: &str = "{{ total_due | money }}. {{ creditor.opt_out }}\n";

pub struct Stage {
    house: House,
    tables: BTreeMap<&'static str, Vec<Row>>,
}

impl Stage {
    /// A folder with the configuration of a scenario.
    pub fn new(scenario: &RawScenario) -> Stage {
        let house = House { folder: tempfile::tempdir().expect("a temporary folder") };
        let stage = Stage { house, tables: BTreeMap::new() };
        std::fs::create_dir(stage.house.path("input")).expect("input");
        let mut pipeline: Value = toml::from_str(BASE).expect("the base pipeline");
        pipeline["pipeline"]["templates"] = json!(templates().to_string_lossy());
        pipeline["inputs"] = contract::INPUTS
            .iter()
            .map(|t| (t.name.to_owned(), json!({"path": format!("input/{}.parquet", t.name)})))
            .collect::<Row>()
            .into();
        let files: Vec<String> = (1..=scenario.regua.len()).map(|n| format!("regua_{n}.toml")).collect();
        pipeline["pipeline"]["reguas"] = json!(files);
        pipeline["dunning"]["regua"] = scenario.regua.first().map_or(json!("none"), |regua| regua.0["id"].clone());
        lay_over(&mut pipeline, &Value::Object(scenario.pipeline.0.clone()));
        stage.configure("pipeline.toml", &pipeline);
        let mut calendar: Value = toml::from_str(BASE_CALENDAR).expect("the base calendar");
        lay_over(&mut calendar, &Value::Object(scenario.calendar.0.clone()));
        stage.configure("calendar.toml", &calendar);
        for (file, regua) in files.iter().zip(&scenario.regua) {
            stage.configure(file, &Value::Object(regua.0.clone()));
        }
        stage
    }

    fn configure(&self, file: &str, value: &Value) {
        std::fs::write(self.house.path(file), toml::to_string(value).expect("TOML")).expect("written");
    }

    /// Adds rows; a row with the key of an earlier one replaces it.
    ///
    /// An invoice without a day of issue is there by `as_of`: it was issued then, or on its due date if that is earlier.
    pub fn add(&mut self, tables: &Tables, as_of: &str) {
        // Invoices first: other rows may leave out the debtor of the invoice that they name.
        let mut names: Vec<&String> = tables.0.keys().collect();
        names.sort_by_key(|name| *name != "invoices");
        for name in names {
            let table = contract::input(name).expect("the format knows its tables");
            for row in &tables.0[name] {
                let row = self.with_defaults(table, row, as_of);
                let known = self.tables.entry(table.name).or_default();
                let is_same = |other: &Row| table.key.iter().all(|key| other.get(*key) == row.get(*key));
                match known.iter().position(|other| !table.key.is_empty() && is_same(other)) {
                    Some(at) => known[at] = row,
                    None => known.push(row),
                }
            }
        }
    }

    /// Adds rows beside those that are there, as they are: a key may stand twice.
    pub fn add_again(&mut self, tables: &Tables, as_of: &str) {
        for (name, rows) in &tables.0 {
            let table = contract::input(name).expect("the format knows its tables");
            for row in rows {
                let row = self.with_defaults(table, row, as_of);
                self.tables.entry(table.name).or_default().push(row);
            }
        }
    }

    /// Takes out every row that has the values of one of these.
    pub fn take_out(&mut self, tables: &Tables) {
        for (name, gone) in &tables.0 {
            let table = contract::input(name).expect("the format knows its tables");
            let is_meant = |row: &Row| gone.iter().any(|of| of.iter().all(|(key, value)| row.get(key) == Some(value)));
            self.tables.entry(table.name).or_default().retain(|row| !is_meant(row));
        }
    }

    /// A row may leave out its own number, its debtor where it names an invoice, and the day of issue.
    fn with_defaults(&self, table: &Table, row: &Row, as_of: &str) -> Row {
        let mut row = row.clone();
        let is_own = |key: &&&str| key.ends_with("_id") && !["company_id", "debtor_id", "invoice_id"].contains(*key);
        if let Some(id) = table.key.iter().find(is_own) {
            let number = self.tables.get(table.name).map_or(0, Vec::len) + 1;
            row.entry(*id).or_insert(json!(format!("{}-{number}", table.name)));
        }
        if table.column("debtor_id").is_some() && !row.contains_key("debtor_id") {
            let mut invoices = self.tables.get("invoices").into_iter().flatten();
            let of_invoice = invoices.find(|i| i.get("invoice_id").is_some_and(|id| row.get("invoice_id") == Some(id)));
            row.extend(of_invoice.map(|invoice| ("debtor_id".to_owned(), invoice["debtor_id"].clone())));
        }
        if let (true, Some(due)) = (table.name == "invoices", row.get("due_date").cloned()) {
            let due = plain(&due);
            row.entry("issue_date").or_insert(json!(due.as_str().min(as_of)));
        }
        row
    }

    /// Every debtor named anywhere has a row, and an address on every channel where the scenario names none.
    fn debtors(&self) -> Tables {
        let (mut debtors, mut points) = (Vec::new(), Vec::new());
        let named = self.tables.values().flatten().filter_map(|row| row.get("debtor_id"));
        let mut ids: Vec<String> = named.map(plain).filter(|id| !id.is_empty()).collect();
        ids.sort();
        ids.dedup();
        for id in ids {
            let of = |table: &str| {
                let rows = self.tables.get(table).into_iter().flatten();
                rows.filter(|row| row.get("debtor_id").map(plain).as_ref() == Some(&id)).cloned().collect::<Vec<Row>>()
            };
            let mut own = of("debtors");
            own.extend(own.is_empty().then(Row::new));
            for mut row in own {
                row.entry("debtor_id").or_insert(json!(id));
                row.entry("legal_name").or_insert(json!(id));
                debtors.push(row);
            }
            if of("contact_points").is_empty() {
                let address =
                    |channel: &&str| json!({"debtor_id": id, "channel": channel, "address": address(&id, channel)});
                let of_debtor = contract::input("contact_points").and_then(|t| t.column("channel"));
                let Some(Kind::Enum(channels)) = of_debtor.map(|c| c.kind) else { continue };
                points.extend(channels.iter().map(address).filter_map(|row| row.as_object().cloned()));
            }
        }
        points.extend(self.tables.get("contact_points").into_iter().flatten().cloned());
        Tables([("debtors".to_owned(), debtors), ("contact_points".to_owned(), points)].into())
    }

    /// Writes the tables and runs the program for a date.
    pub fn run(&self, as_of: &str) -> Result<Ended, String> {
        let filled = self.debtors();
        for table in contract::INPUTS {
            let none = Vec::new();
            let rows = filled.0.get(table.name).or(self.tables.get(table.name)).unwrap_or(&none);
            write_parquet(&self.house.path(&format!("input/{}.parquet", table.name)), &batch(table, rows)?);
        }
        Ok(self.house.regua(&["run", "pipeline.toml", "--as-of", as_of, "--output", "text", "--result-file", RESULT]))
    }

    /// The rows of a published table of the last run that ended well.
    pub fn published(&self, table: &str) -> Vec<Cell> {
        let text = std::fs::read_to_string(self.house.path(RESULT)).expect("a run leaves its result");
        let result: Value = serde_json::from_str(&text).expect("the result is JSON");
        let run = format!("output/runs/{}/{}", plain(&result["as_of"]), plain(&result["run_id"]));
        let find = |pattern: String| {
            let pattern = self.house.path(&pattern);
            glob::glob(&pattern.to_string_lossy()).expect("a pattern").flatten().collect::<Vec<PathBuf>>()
        };
        let mut files = find(format!("{run}/{table}/*.parquet"));
        files.extend(find(format!("{run}/**/{table}.parquet")));
        files.iter().flat_map(|file| rows(&read_parquet(file))).collect()
    }

    /// Reports what became of the actions, as the gateways do.
    pub fn report(&mut self, as_of: &str, after: &After, actions: &[Cell]) {
        for action in actions {
            let Some((status, on)) = fate(after, action, as_of) else { continue };
            let of_action = |name: &str| json!(action.get(name).text());
            let channel = action.get("channel").text();
            // Bureaus and agencies are no channels: what went to them is known from the action log.
            if !contract::input("contact_log")
                .and_then(|t| t.column("channel"))
                .is_some_and(|c| allows(c.kind, &channel))
            {
                continue;
            }
            let mut event = Row::new();
            for name in ["action_id", "debtor_id", "channel", "regua", "step_id"] {
                event.insert(name.to_owned(), of_action(name));
            }
            event.insert("occurred_at".to_owned(), json!(format!("{on}T12:00:00Z")));
            event.insert("status".to_owned(), json!(status));
            self.add(&Tables([("contact_log".to_owned(), vec![event])].into()), as_of);
        }
    }
}

/// The status and the day that a scenario gives to an action; `None` = nobody reports on it.
fn fate(after: &After, action: &Cell, as_of: &str) -> Option<(String, String)> {
    let (status, on) = match after {
        After::All(status) => (status.clone(), None),
        After::Picked(picks) => {
            let picked = |pick: &&Row| {
                let columns: Row = pick
                    .iter()
                    .filter(|(k, _)| *k != "status" && *k != "on")
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect();
                differences(&Value::Object(columns), action, "").is_empty()
            };
            let pick = picks.iter().find(picked)?;
            (plain(pick.get("status")?), pick.get("on").map(plain))
        }
    };
    (status != "none").then(|| (status, on.unwrap_or_else(|| as_of.to_owned())))
}

fn allows(kind: Kind, word: &str) -> bool {
    matches!(kind, Kind::Enum(words) if words.contains(&word))
}

fn address(id: &str, channel: &str) -> String {
    let slug: String =
        id.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    match channel {
        "email" => format!("{slug}@example.com"),
        "letter" => format!("{id}, 1 Example Street"),
        "portal" => format!("https://portal.example.com/{slug}"),
        // Addresses are known throughout the portfolio, so everybody has a number of its own.
        _ => format!("+1555{:07}", id.bytes().fold(7_u32, |sum, byte| (sum * 31 + u32::from(byte)) % 9_999_991)),
    }
}

/// The keys of `over` in `base`, table by table.
fn lay_over(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                lay_over(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}

/// One template for every kind of step and channel: a step need not name any.
fn templates() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let make = || {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let language = folder.path().join("en");
        std::fs::create_dir(&language).expect("a folder");
        for (kind, name) in StepKind::ALL {
            for channel in Channel::ALL.into_iter().filter(|c| kind.is_instruction() != c.addresses_debtor()) {
                let has_subject = matches!(channel, Channel::Email | Channel::Letter);
                let subject = if has_subject { "Subject: {{ creditor.name }}\n\n" } else { "" };
                let file = language.join(format!("{name}.{}.j2", channel.as_str()));
                let is_short = matches!(channel, Channel::Sms | Channel::Whatsapp);
                let text = format!("{subject}{}", if is_short { SHORT } else { LONG });
                std::fs::write(file, text).expect("written");
            }
        }
        folder
    };
    FOLDER.get_or_init(make).path()
}

/// A table of the contract from rows; a column that no row names is left out unless it is required.
fn batch(table: &Table, rows: &[Row]) -> Result<RecordBatch, String> {
    let columns = table.columns.iter().filter(|c| c.required || rows.iter().any(|row| row.contains_key(c.name)));
    let mut arrays: Vec<(&str, ArrayRef)> = Vec::new();
    for column in columns {
        let texts: Vec<Option<String>> = rows.iter().map(|row| row.get(column.name).map(plain)).collect();
        let has_more = |text: &String| text.split_once('.').is_some_and(|(_, cents)| cents.len() > 2);
        if let Some(text) = texts.iter().flatten().find(|text| column.kind == Kind::Money && has_more(text)) {
            return Err(format!("{}.{}: {text} has more than two decimal places", table.name, column.name));
        }
        let options = CastOptions { safe: false, ..CastOptions::default() };
        let texts: ArrayRef = Arc::new(StringArray::from(texts));
        let array = cast_with_options(&texts, &column.data_type(), &options);
        arrays.push((column.name, array.map_err(|e| format!("{}.{}: {e}", table.name, column.name))?));
    }
    let arrays = arrays.into_iter().map(|(name, array)| (name, array, true));
    Ok(RecordBatch::try_from_iter_with_nullable(arrays).expect("columns of one length"))
}

/// What becomes of the actions of a run.
pub fn after<'c>(scenario: &'c RawScenario, run: &'c RawRun, otherwise: &'c After) -> &'c After {
    run.after.as_ref().or(scenario.after.as_ref()).unwrap_or(otherwise)
}
