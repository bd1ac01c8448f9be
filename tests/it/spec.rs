//! Models as a specification: tables in as text, the rows of a model out as text.
//!
//! ```text
//! as of 2026-06-30
//! invoices: invoice_id due_date amount            a table that a model reads: its columns, then its rows
//!     I1 2026-06-20 100.00
//! int_items = invoice_id open_amount              the rows of a model, in any order; `==` asks for this very order
//!     I1 100.00
//! ```
//!
//! An input goes by its name in the contract, and so does `held_debtors`, `actions`, the log of what was
//! published, and `positions`, the accounts of the last run; what was decided goes by `out_actions` and so on. A model that is given rows is not run: they stand in for it.
//! `-` is null. Tables that are not given are empty. What a row need not say: debtor D1 of group 1, issued on
//! 2026-01-01 for 100.00, by e-mail, under cycle C1; the number in a debtor's name is the number of its group.
//!
//! Rows come as the spreading pass leaves them: about whoever owes the invoice that they name, and of its company.
//! Unless a row says otherwise the debtor acted itself, what is due is payable on that very day, a payment that
//! reverses another takes it back, and nobody knows anything of an address. `open items only` in place of a table says
//! that the snapshot holds no invoice that was settled and that nothing was seen before; `open items since 2026-06-01`,
//! that runs have seen it since then.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;
use std::sync::{Arc, OnceLock};

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use chrono::NaiveDate;
use foldhash::fast::FixedState;
use regua::config::Plan;
use regua::contract;
use regua::domain::calendar::Calendar;
use regua::domain::message::Templates;
use regua::io::engine::{Engine, Layer, Model, Models, Session, Value};
use regua::stage::shard::{
    Held, Shard, action_items_schema, actions_schema, experiment_members_schema, item_flows_schema, positions_schema,
};
use regua::stage::transform;
use tokio::runtime::Runtime;

use crate::support::{as_of, root, rows};

/// Version of a template that names no debt, the only one that a specification knows.
pub const QUIET: &str = "024d0d4024e6";

/// Tables by name.
#[derive(Default)]
pub struct Given {
    as_of: Option<NaiveDate>,
    /// The export holds open items only, and runs have seen it since then.
    open_since: Option<NaiveDate>,
    tables: BTreeMap<String, Vec<Section>>,
}

/// Column names and rows, as written.
#[derive(Clone, Default)]
struct Section {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Runs a specification: every expectation over the tables given before it.
#[track_caller]
pub fn spec(text: &str) {
    let mut given = Given::default();
    let mut expected: Option<(String, bool, Section)> = None;
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()).chain(["end"]) {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let is_expectation = words.get(1).is_some_and(|w| w == "=" || w == "==");
        let is_word = ["as of ", "open items "].iter().any(|word| line.starts_with(word)) || line == "end";
        let is_head = is_word || words[0].ends_with(':') || is_expectation;
        if !is_head {
            match &mut expected {
                Some((_, _, section)) => section.rows.push(words),
                None => given.add_row(words),
            }
            continue;
        }
        if let Some((model, is_ordered, section)) = expected.take() {
            given.expect(&model, is_ordered, &section);
        }
        match &words[..] {
            [name, sign, columns @ ..] if is_expectation => {
                expected = Some((name.clone(), sign == "==", Section { columns: columns.to_vec(), rows: Vec::new() }));
            }
            [name, columns @ ..] if name.ends_with(':') => given.add_table(name.trim_end_matches(':'), columns),
            [_, _, only] if only == "only" => given.open_since = Some(given.as_of()),
            [_, _, since, date] if since == "since" => given.open_since = Some(date.parse().expect("a date")),
            [_, _, date] => given.as_of = Some(date.parse().expect("a date")),
            _ => {}
        }
    }
}

/// The tables of a specification without expectations.
pub fn given(text: &str) -> Given {
    let mut given = Given::default();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        match words[0].strip_suffix(':') {
            Some(name) => given.add_table(name, &words[1..]),
            None => given.add_row(words),
        }
    }
    given
}

/// The shipped models.
pub fn models() -> &'static Models {
    static MODELS: OnceLock<Models> = OnceLock::new();
    let read = || Models::read(plan().sql.iter().map(|f| (f.path.as_str(), f.text.as_str()))).expect("sound models");
    MODELS.get_or_init(read)
}

/// The calendar of the shipped pipeline.
pub fn calendar() -> &'static Calendar {
    &plan().rules.calendar
}

fn plan() -> &'static Plan {
    static PLAN: OnceLock<Plan> = OnceLock::new();
    PLAN.get_or_init(|| {
        let mut plan = Plan::load(&root().join("pipelines/daily.toml"), &|_| None).expect("a sound pipeline");
        let quiet = ["pt-BR", "quiet.email.j2", "{# names-debt: no #}\nOlá"].map(str::to_owned);
        plan.rules.templates = Templates::compile([quiet.into()], "pt-BR").expect("a sound template");
        plan
    })
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("a runtime"))
}

fn all_models() -> impl Iterator<Item = &'static Model> {
    Layer::ALL.iter().flat_map(|(layer, _)| models().of(*layer))
}

/// The grace without weekends.
fn kept_until(date: &str) -> String {
    let date: NaiveDate = date.parse().expect("a date");
    (date + chrono::Days::new(plan().promise_grace_days.into())).to_string()
}

impl Given {
    fn add_table(&mut self, name: &str, columns: &[String]) {
        let name = match contract::input(name) {
            Some(_) => format!("raw_{name}"),
            None if RAW.contains(&name) => format!("raw_{name}"),
            None => name.to_owned(),
        };
        self.tables.insert("last".to_owned(), vec![Section { columns: vec![name.clone()], rows: Vec::new() }]);
        self.tables.entry(name).or_default().push(Section { columns: columns.to_vec(), rows: Vec::new() });
    }

    fn add_row(&mut self, words: Vec<String>) {
        let name = self.tables["last"][0].columns[0].clone();
        let section = self.tables.get_mut(&name).and_then(|sections| sections.last_mut()).expect("a table");
        assert_eq!(section.columns.len(), words.len(), "{name}: {:?} and {words:?}", section.columns);
        section.rows.push(words);
    }

    #[track_caller]
    fn expect(&self, model: &str, is_ordered: bool, expected: &Section) {
        let mut actual = rows(&self.batches_of(model), &expected.columns.join(" "));
        let mut expected: Vec<String> = expected.rows.iter().map(|words| words.join(" ")).collect();
        if !is_ordered {
            actual.sort();
            expected.sort();
        }
        assert_eq!(actual, expected, "{model} as of {}", self.as_of());
    }

    /// The rows of a model.
    pub fn batches_of(&self, model: &str) -> Vec<RecordBatch> {
        self.session(&[model]).table(model).unwrap_or_else(|e| panic!("{model}: {e}")).1
    }

    fn as_of(&self) -> NaiveDate {
        self.as_of.unwrap_or_else(|| as_of().parse().expect("a date"))
    }

    /// A session in which the named models, and all that they read, were run.
    pub fn session(&self, wanted: &[&str]) -> Session {
        let variables = transform::variables(plan(), self.as_of(), None);
        let variables = match self.open_since {
            Some(since) => {
                let known_from = Value::Date(since.signed_duration_since(NaiveDate::default()).num_days() as i32);
                variables.with("scope_open", Value::Int(1)).with("known_from", known_from)
            }
            None => variables,
        };
        let engine = Engine::new(runtime().handle(), 1 << 30, variables).expect("an engine");
        let session = engine.session();
        let held = self.tables.get("raw_held_debtors").into_iter().flatten();
        let mut shard = Shard {
            number: 0,
            tables: self.raw_tables(),
            unidentified: self.unidentified(),
            held: held.flat_map(|s| &s.rows).map(|row| held_debtor(&row[0])).collect(),
            ..Shard::default()
        };
        transform::register(plan(), self.as_of(), &session, &mut shard).expect("registered tables");
        for name in ["run_experiments", "run_rates"].into_iter().filter(|name| self.tables.contains_key(*name)) {
            let schema = session.table(name).expect("a table").0;
            let batches = self.batches(name, &schema);
            session.register(name, schema, batches).expect("a table of the run");
        }
        for (name, schema) in out_schemas() {
            session.register(name, Arc::clone(&schema), self.batches(name, &schema)).expect("a table");
        }
        let mut needed: BTreeSet<&str> = wanted.iter().copied().collect();
        for model in all_models().collect::<Vec<_>>().into_iter().rev() {
            if needed.contains(model.name.as_str()) && !self.tables.contains_key(&model.name) {
                needed.extend(model.reads.iter().map(String::as_str));
            }
        }
        for model in all_models().filter(|m| needed.contains(m.name.as_str())) {
            if self.tables.contains_key(&model.name) {
                let schema = schema_of(model);
                let batches = self.batches(&model.name, &schema);
                session.register(&model.name, schema, batches).expect("a stand-in");
            } else {
                transform::run(&session, model).unwrap_or_else(|e| panic!("{e}"));
            }
        }
        session
    }

    /// Company and currency = what was paid by nobody knows whom, in minor units.
    fn unidentified(&self) -> BTreeMap<(String, String), i128> {
        let schema = Schema::new(vec![
            Field::new("company_id", DataType::Utf8, true),
            Field::new("currency", DataType::Utf8, true),
            Field::new("amount", DataType::Decimal128(18, 2), true),
        ]);
        let batches = self.batches("raw_unidentified", &Arc::new(schema));
        let minor = |text: &str| text.replace('.', "").parse::<i128>().expect("an amount");
        let lines = rows(&batches, "company_id currency amount");
        let or = |cell: &str, default: &str| if cell == "-" { default.to_owned() } else { cell.to_owned() };
        let mut sums: BTreeMap<(String, String), i128> = BTreeMap::new();
        for line in &lines {
            let cells: Vec<&str> = line.split(' ').collect();
            // The stage has filled in the defaults by then.
            let company = or(cells[0], &plan().default_company);
            *sums.entry((company, or(cells[1], &plan().default_currency.to_string()))).or_default() += minor(cells[2]);
        }
        sums
    }

    fn raw_tables(&self) -> Vec<(&'static str, SchemaRef, Vec<RecordBatch>)> {
        let inputs = contract::INPUTS.iter().map(|table| {
            let mut fields: Vec<Field> =
                table.columns.iter().map(|c| Field::new(c.name, c.data_type(), true)).collect();
            let added = ADDED.iter().map(|(name, kind)| Field::new(*name, kind.clone(), true));
            let is_new = |field: &Field| table.column(field.name()).is_none();
            fields.extend(added.filter(is_new));
            (table.name, Arc::new(Schema::new(fields)))
        });
        let published = [
            ("actions", actions_schema()),
            ("action_items", action_items_schema()),
            ("positions", positions_schema()),
            ("item_flows", item_flows_schema()),
            ("experiment_members", experiment_members_schema()),
        ];
        let tables = inputs.chain(published);
        tables
            .map(|(name, schema)| (name, Arc::clone(&schema), self.batches(&format!("raw_{name}"), &schema)))
            .collect()
    }

    fn batches(&self, name: &str, schema: &SchemaRef) -> Vec<RecordBatch> {
        let sections = self.tables.get(name).into_iter().flatten();
        let companies = self.companies();
        sections.filter(|s| !s.rows.is_empty()).map(|s| s.batch(name, schema, &companies)).collect()
    }

    /// Debtor and invoice = its company.
    fn companies(&self) -> Companies {
        let mut companies = Companies::new();
        let table = "raw_invoices";
        for section in self.tables.get(table).into_iter().flatten() {
            for row in 0..section.rows.len() {
                let cell = |column| section.cell(table, column, row, &companies);
                let is_invoice = cell("document_type").is_none_or(|kind| kind != "credit_note");
                if let (true, Some(debtor), Some(invoice)) = (is_invoice, cell("debtor_id"), cell("invoice_id")) {
                    let company = cell("company_id").unwrap_or_else(|| plan().default_company.clone());
                    companies.insert((debtor, invoice), company);
                }
            }
        }
        companies
    }
}

/// Tables beside the inputs that models read under `raw_`.
const RAW: [&str; 7] =
    ["actions", "action_items", "positions", "item_flows", "experiment_members", "held_debtors", "unidentified"];

/// What the spreading pass adds to the inputs.
const ADDED: [(&str, DataType); 17] = [
    ("source_row", DataType::Int64),
    ("key_hash", DataType::Int64),
    ("group_key", DataType::Int64),
    ("group_text", DataType::Utf8),
    ("occurred_on", DataType::Date32),
    ("payable_on", DataType::Date32),
    ("kept_until", DataType::Date32),
    ("debtor_id", DataType::Utf8),
    ("company_id", DataType::Utf8),
    ("actor_id", DataType::Utf8),
    ("root_id", DataType::Utf8),
    ("takes_back", DataType::Boolean),
    ("address_opted_out", DataType::Boolean),
    ("address_bounced", DataType::Boolean),
    ("has_items", DataType::Boolean),
    ("has_address", DataType::Boolean),
    ("address", DataType::Utf8),
];

/// Debtor and invoice = its company.
type Companies = BTreeMap<(String, String), String>;

/// The number in a debtor's name.
fn group_of(debtor_id: &str) -> i64 {
    let digits: String = debtor_id.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(1)
}

/// The tables that deciding makes.
fn out_schemas() -> Vec<(&'static str, SchemaRef)> {
    let text = |name| Field::new(name, DataType::Utf8, true);
    let cited = Schema::new(vec![
        text("action_id"),
        text("company_id"),
        text("debtor_id"),
        text("currency"),
        text("invoice_id"),
        Field::new("installment_no", DataType::Int64, true),
        Field::new("open_amount", DataType::Decimal128(18, 2), true),
    ]);
    let listings = Schema::new(vec![
        text("company_id"),
        text("currency"),
        text("kind"),
        text("bureau"),
        Field::new("items", DataType::Int64, true),
        Field::new("listed_amount", DataType::Decimal128(18, 2), true),
        Field::new("paid_on", DataType::Date32, true),
        Field::new("requested_on", DataType::Date32, true),
        Field::new("overdue_days", DataType::Int64, true),
    ]);
    let money = |name| Field::new(name, DataType::Decimal128(18, 2), true);
    let offered = Schema::new(vec![
        text("action_id"),
        money("total_amount"),
        money("discount_amount"),
        money("interest_amount"),
        Field::new("part_no", DataType::Int64, true),
        Field::new("due_date", DataType::Date32, true),
        money("amount"),
    ]);
    let nullable = |table: &contract::Table| {
        let fields: Vec<Field> = table.columns.iter().map(|c| Field::new(c.name, c.data_type(), true)).collect();
        Arc::new(Schema::new(fields))
    };
    vec![
        ("out_actions", nullable(&contract::ACTIONS)),
        ("out_decisions", nullable(&contract::DECISIONS)),
        ("out_items", nullable(&contract::ITEMS)),
        ("out_debtors", nullable(&contract::DEBTORS)),
        ("out_action_items", Arc::new(cited)),
        ("out_listings", Arc::new(listings)),
        ("out_action_offers", Arc::new(offered)),
    ]
}

fn schema_of(model: &Model) -> SchemaRef {
    let session = Given::default().session(&[&model.name]);
    session.table(&model.name).unwrap_or_else(|e| panic!("{e}")).0
}

impl Section {
    fn batch(&self, table: &str, schema: &SchemaRef, companies: &Companies) -> RecordBatch {
        let unknown: Vec<&String> = self.columns.iter().filter(|c| schema.index_of(c).is_err()).collect();
        assert!(unknown.is_empty(), "{table} has no column {unknown:?}");
        let column = |field: &Arc<Field>| -> ArrayRef {
            let texts = (0..self.rows.len()).map(|row| self.cell(table, field.name(), row, companies));
            let texts: ArrayRef = Arc::new(StringArray::from_iter(texts));
            match field.data_type() {
                kind @ (DataType::List(_) | DataType::Struct(_)) => arrow::array::new_null_array(kind, texts.len()),
                kind => cast(&texts, kind).unwrap_or_else(|e| panic!("{table}.{}: {e}", field.name())),
            }
        };
        let columns = schema.fields().iter().map(column).collect();
        RecordBatch::try_new(Arc::clone(schema), columns).unwrap_or_else(|e| panic!("{table}: {e}"))
    }

    /// What a row says of a column, or what goes without saying.
    fn cell(&self, table: &str, column: &str, row: usize, companies: &Companies) -> Option<String> {
        if let Some(position) = self.columns.iter().position(|c| c == column) {
            return Some(self.rows[row][position].clone()).filter(|text| text != "-");
        }
        let input = table.strip_prefix("raw_")?;
        let other = |column| self.cell(table, column, row, companies);
        let said = match (input, column) {
            (_, "debtor_id") => "D1".to_owned(),
            (_, "group_key") => group_of(&other("debtor_id").unwrap_or_default()).to_string(),
            (_, "payable_on") => other("due_date")?,
            ("promises", "kept_until") => kept_until(&other("pay_by")?),
            ("agreements", "kept_until") => kept_until(&other("due_date")?),
            (_, "actor_id") => other("debtor_id")?,
            ("payments", "root_id") => other("reverses").or_else(|| other("payment_id"))?,
            ("payments", "takes_back") => other("reverses").is_some().to_string(),
            (_, "address_opted_out" | "address_bounced" | "has_address") => "false".to_owned(),
            ("invoices", "source_row") => {
                let key = ["company_id", "debtor_id", "invoice_id", "installment_no"].map(other);
                (FixedState::with_seed(0).hash_one(key) >> 1).to_string()
            }
            // Of the invoice that it names.
            ("invoices", "company_id") => companies.get(&(other("debtor_id")?, other("original_invoice_id")?))?.clone(),
            ("actions" | "positions" | "item_flows", "company_id") => "1".to_owned(),
            (_, "company_id") => companies.get(&(other("debtor_id")?, other("invoice_id")?))?.clone(),
            ("invoices" | "item_flows", "issue_date") => "2026-01-01".to_owned(),
            ("invoices", "amount") => "100.00".to_owned(),
            ("debtors", "legal_name") => "Acme".to_owned(),
            ("contact_log", "event_id") => format!("E{row:02}"),
            ("contact_log" | "contact_points" | "actions", "channel") => "email".to_owned(),
            ("contact_log", "occurred_on") => other("occurred_at")?.chars().take(10).collect(),
            ("actions" | "positions" | "item_flows", "currency") => "BRL".to_owned(),
            ("item_flows", "installment_no") => "1".to_owned(),
            ("item_flows", "flowed_on") => other("issue_date")?,
            ("item_flows", "seen_on") => "2026-06-01".to_owned(),
            ("item_flows", "billed_amount" | "paid_amount" | "credited_amount" | "written_off_amount") => {
                "0.00".to_owned()
            }
            ("actions", "regua") => "b2b".to_owned(),
            ("actions", "occurrence") => "1".to_owned(),
            ("actions", "cycle_id") => "C1".to_owned(),
            _ => return None,
        };
        Some(said)
    }
}

/// A debtor whose invoices are not known to the full.
fn held_debtor(debtor_id: &str) -> Held {
    Held { debtor_id: debtor_id.to_owned(), group_key: group_of(debtor_id), by_invoices: true }
}
