//! Tables as rows of texts, how they are written down, and what a run made of them.

use std::collections::{BTreeMap, BTreeSet};

use regua::contract;
use serde_json::{Value, json};

use super::shape::Shape;
use crate::support::{Ended, House, as_of};

/// Column = value; a column that is not there is null.
pub type Row = BTreeMap<String, String>;

/// Steps after a payment, or about nothing: whoever gets them is not dunned.
const NO_DUNNING: &[&str] = &["receipt", "negativacao_removal", "protesto_release", "agency_recall"];

/// Input tables, and who in them may not be dunned.
#[derive(Clone, Debug, Default)]
pub struct Portfolio {
    pub tables: BTreeMap<&'static str, Vec<Row>>,
    /// How each table is written; as the contract has it where nothing is said.
    pub shapes: BTreeMap<&'static str, Shape>,
    /// Some row protects them.
    pub protected: BTreeSet<String>,
    /// Overdue, and nothing protects them.
    pub due: BTreeSet<String>,
    /// They have an open item, or a bad row: each of them has a decision.
    pub decided: BTreeSet<String>,
}

impl Portfolio {
    /// Adds rows written as a line of column names and a line a row; `-` is null, `_` a space.
    pub fn add(&mut self, table: &str, text: &str) {
        let table = contract::input(table).unwrap_or_else(|| panic!("no input {table}")).name;
        let mut lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
        let names: Vec<&str> = lines.next().expect("a line of column names").split_whitespace().collect();
        for line in lines {
            let cells: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(cells.len(), names.len(), "{table}: {line}");
            let cells = names.iter().zip(cells).filter(|(_, cell)| *cell != "-");
            let text = |name: &str, cell: &str| {
                let is_word = matches!(
                    contract::input(table).and_then(|t| t.column(name)).map(|c| c.kind),
                    Some(contract::Kind::Enum(_))
                );
                if is_word { cell.to_owned() } else { cell.replace('_', " ") }
            };
            let row: Row = cells.map(|(name, cell)| ((*name).to_owned(), text(name, cell))).collect();
            self.tables.entry(table).or_default().push(row);
        }
    }

    /// The rows of a table.
    pub fn rows(&mut self, table: &str) -> &mut Vec<Row> {
        let table = contract::input(table).unwrap_or_else(|| panic!("no input {table}")).name;
        self.tables.entry(table).or_default()
    }

    pub fn shape(&mut self, table: &str) -> &mut Shape {
        let table = contract::input(table).unwrap_or_else(|| panic!("no input {table}")).name;
        self.shapes.entry(table).or_default()
    }

    /// From now on nobody may dun this debtor, who was plainly due.
    pub fn protect(&mut self, debtor: &str) {
        assert!(self.decided.contains(debtor) || self.protected.contains(debtor), "nobody is {debtor}");
        self.due.remove(debtor);
        self.protected.insert(debtor.to_owned());
    }

    /// A house with the shipped pipeline, reading each table from files of its own folder.
    pub fn house(&self, limits: Value) -> House {
        let house = House::new();
        configure(&house, |pipeline| {
            for table in contract::INPUTS {
                pipeline["inputs"][table.name]["path"] = json!(format!("../input/{}/*.parquet", table.name));
            }
            // Some dozens of rows: one bad row is a large share of them, and what `gates` is about.
            pipeline["limits"]["quarantine_share_max"] = json!(1.0);
            for (key, value) in limits.as_object().expect("limits are a table") {
                pipeline["limits"][key] = value.clone();
            }
            for (table, shape) in &self.shapes {
                shape.configure(&mut pipeline["inputs"][*table]);
            }
        });
        self.write(&house);
        house
    }

    /// Writes every table.
    pub fn write(&self, house: &House) {
        let (none, plain) = (Vec::new(), Shape::default());
        for table in contract::INPUTS {
            let rows = self.tables.get(table.name).unwrap_or(&none);
            let shape = self.shapes.get(table.name).unwrap_or(&plain);
            shape.write(table, rows, &house.path(&format!("input/{}", table.name)));
        }
    }
}

/// Changes the pipeline of a house.
pub fn configure(house: &House, change: impl FnOnce(&mut Value)) {
    let mut pipeline: Value = toml::from_str(&house.read("pipelines/daily.toml")).expect("the shipped pipeline");
    change(&mut pipeline);
    house.write_file("pipelines/daily.toml", &toml::to_string(&pipeline).expect("TOML"));
}

/// What a run published.
#[derive(Debug)]
pub struct Outcome {
    /// Debtors that a message, a task or an instruction is about.
    pub dunned: BTreeSet<String>,
    /// Debtors with a decision.
    pub decided: BTreeSet<String>,
    /// Debtors with an open item, or with a row in quarantine that holds them.
    pub concerned: BTreeSet<String>,
    /// Who, what, why and under which id, sorted.
    pub decisions: Vec<String>,
    /// Bad rows without their place, sorted.
    pub quarantined: Vec<String>,
    /// File = digest of its rows.
    pub digests: BTreeMap<String, String>,
    /// Of the table of bad rows, which names files and rows.
    pub quarantine_digests: BTreeMap<String, String>,
}

/// Runs the date of most tests afresh.
pub fn run(house: &House) -> Ended {
    let _ = std::fs::remove_dir_all(house.path("output"));
    house.regua(&["run", "pipelines/daily.toml", "--as-of", as_of()])
}

/// Reads what the run of a house published.
pub fn outcome(house: &House) -> Outcome {
    let set = |rows: Vec<String>| rows.into_iter().filter(|id| id != "-").collect::<BTreeSet<String>>();
    let sorted = |mut rows: Vec<String>| {
        rows.sort();
        rows
    };
    let actions = house.published("actions", "step_kind debtor_id");
    let dunned = actions.iter().filter_map(|row| row.split_once(' '));
    let dunned = dunned.filter(|(kind, _)| !NO_DUNNING.contains(kind)).map(|(_, id)| id.to_owned()).collect();
    let mut concerned = set(house.published("items", "debtor_id"));
    concerned.extend(set(house.published("quarantine", "debtor_id")));
    let record = std::fs::read(house.path("output/_log/00000000000000000001.json")).expect("a record");
    let record: regua::io::log::Record = serde_json::from_slice(&record).expect("a commit record");
    let is_bad_rows = |file: &str| file.starts_with("quarantine");
    let (mut digests, mut quarantine_digests) = (record.logical_digests.clone(), record.logical_digests);
    digests.retain(|file, _| !is_bad_rows(file));
    quarantine_digests.retain(|file, _| is_bad_rows(file));
    assert!(digests.len() > 8, "{:?}", digests.keys());
    Outcome {
        dunned,
        decided: set(house.published("decisions", "debtor_id")),
        concerned,
        decisions: sorted(
            house.published("decisions", "debtor_id company_id currency outcome reason step_id action_id"),
        ),
        quarantined: sorted(house.published("quarantine", "table column value_class reason debtor_id")),
        digests,
        quarantine_digests,
    }
}
