//! The rows of a specification as the tables of a shard, with all that a row need not say.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use chrono::{Days, NaiveDate};
use foldhash::fast::FixedState;

use super::{Line, Specifications};
use crate::config::document::unknown;
use crate::contract;
use crate::io::engine::{Engine, Model, Session, Value};
use crate::stage::shard::{
    Held, Shard, action_items_schema, actions_schema, experiment_members_schema, item_flows_schema, positions_schema,
};
use crate::stage::transform;

/// What there is instead of a result is a sentence.
type Said<T> = std::result::Result<T, String>;

/// Memory of the engine: a specification has a few rows.
const MEMORY_BYTES: u64 = 1 << 30;

/// Tables by name.
pub struct Given<'s> {
    specifications: &'s Specifications<'s>,
    as_of: NaiveDate,
    /// The export holds open items only, and runs have seen it since then.
    open_since: Option<NaiveDate>,
    tables: BTreeMap<String, Vec<Section>>,
    /// The table to which rows go.
    last: Option<String>,
}

/// Column names and rows, as written.
#[derive(Clone, Debug, Default)]
struct Section {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Debtor and invoice = its company.
type Companies = BTreeMap<(String, String), String>;

impl<'s> Given<'s> {
    pub(super) fn nothing(specifications: &'s Specifications<'s>) -> Given<'s> {
        let as_of = NaiveDate::from_ymd_opt(2026, 6, 30).unwrap_or_default();
        Given { specifications, as_of, open_since: None, tables: BTreeMap::new(), last: None }
    }

    /// The date of the run.
    pub fn as_of(&self) -> NaiveDate {
        self.as_of
    }

    pub(super) fn add(&mut self, line: Line) -> Said<()> {
        match line {
            Line::AsOf(day) => self.as_of = day,
            Line::OpenItems(since) => self.open_since = Some(since.unwrap_or(self.as_of)),
            Line::Table(name, columns) => return self.add_table(&name, columns),
            Line::Row(_) | Line::Expectation(..) => {}
        }
        Ok(())
    }

    fn add_table(&mut self, name: &str, columns: Vec<String>) -> Said<()> {
        self.last = None;
        let name = match contract::input(name).is_some() || RAW.contains(&name) {
            true => format!("raw_{name}"),
            false => name.to_owned(),
        };
        self.knows(&name)?;
        self.tables.entry(name.clone()).or_default().push(Section { columns, rows: Vec::new() });
        self.last = Some(name);
        Ok(())
    }

    /// A mistyped name would be a table that nothing reads.
    fn knows(&self, name: &str) -> Said<()> {
        let models = || self.specifications.all_models().map(|model| model.name.as_str());
        let is_of_run = |name: &str| name.starts_with("run_") || name.starts_with("raw_");
        let decided = out_schemas();
        let known = || models().chain(decided.iter().map(|(name, _)| *name));
        match is_of_run(name) || known().any(|known| known == name) {
            true => Ok(()),
            false => Err(unknown("table", name, known().chain(contract::INPUTS.iter().map(|table| table.name)))),
        }
    }

    pub(super) fn add_row(&mut self, cells: Vec<String>) -> Said<()> {
        let section = self.last.as_ref().and_then(|name| self.tables.get_mut(name)).and_then(|s| s.last_mut());
        let Some(section) = section else {
            return Err("there is no table above this row; begin with one such as `invoices: invoice_id amount`".into());
        };
        if section.columns.len() != cells.len() {
            return Err(format!("{} cells for {} columns", cells.len(), section.columns.len()));
        }
        section.rows.push(cells);
        Ok(())
    }

    /// The rows of a model.
    ///
    /// # Errors
    /// A sentence about the table, column, cell or model that stands in the way.
    pub fn batches_of(&self, model: &str) -> Said<Vec<RecordBatch>> {
        let is_there = self.tables.contains_key(model) || self.specifications.all_models().any(|m| m.name == model);
        if !is_there {
            let models = self.specifications.all_models().map(|model| model.name.as_str());
            return Err(unknown("model", model, models));
        }
        let (schema, mut batches) = self.session(&[model])?.table(model).map_err(|e| e.to_string())?;
        if batches.is_empty() {
            batches.push(RecordBatch::new_empty(schema));
        }
        Ok(batches)
    }

    /// A session in which the named models, and all that they read, were run.
    ///
    /// # Errors
    /// As `batches_of`.
    pub fn session(&self, wanted: &[&str]) -> Said<Session> {
        let specifications = self.specifications;
        let plan = specifications.plan;
        let session = self.empty_session()?;
        let held = self.tables.get("raw_held_debtors").into_iter().flatten();
        let mut shard = Shard {
            number: 0,
            tables: self.raw_tables()?,
            unidentified: self.unidentified()?,
            held: held.flat_map(|s| &s.rows).filter_map(|row| row.first()).map(|id| held_debtor(id)).collect(),
            ..Shard::default()
        };
        let in_words = |e: crate::error::Error| e.to_string();
        transform::register(plan, self.as_of, &session, &mut shard).map_err(in_words)?;
        let of_run = self.tables.keys().filter(|name| name.starts_with("run_"));
        for name in of_run {
            let schema = session.table(name).map_err(in_words)?.0;
            let batches = self.batches(name, &schema)?;
            session.register(name, schema, batches).map_err(in_words)?;
        }
        for (name, schema) in out_schemas() {
            let batches = self.batches(name, &schema)?;
            session.register(name, schema, batches).map_err(in_words)?;
        }
        let mut needed: BTreeSet<&str> = wanted.iter().copied().collect();
        for model in specifications.all_models().rev() {
            if needed.contains(model.name.as_str()) && !self.tables.contains_key(&model.name) {
                needed.extend(model.reads.iter().map(String::as_str));
            }
        }
        for model in specifications.all_models().filter(|m| needed.contains(m.name.as_str())) {
            if self.tables.contains_key(&model.name) {
                let schema = self.schema_of(model)?;
                let batches = self.batches(&model.name, &schema)?;
                session.register(&model.name, schema, batches).map_err(in_words)?;
            } else {
                transform::run((&plan.rules, self.as_of), &session, model).map_err(in_words)?;
            }
        }
        Ok(session)
    }

    fn empty_session(&self) -> Said<Session> {
        let variables = transform::variables(self.specifications.plan, self.as_of, transform::Seen::default());
        // As in a run that has a model of payment.
        let variables = variables.with("scores", Value::Int(1));
        let variables = match self.open_since {
            Some(since) => {
                let known_from = Value::Date(since.signed_duration_since(NaiveDate::default()).num_days() as i32);
                variables.with("scope_open", Value::Int(1)).with("known_from", known_from)
            }
            None => variables,
        };
        let engine = Engine::new(&self.specifications.runtime, MEMORY_BYTES, variables);
        Ok(engine.map_err(|e| e.to_string())?.session())
    }

    /// What a model makes, of nothing.
    fn schema_of(&self, model: &Model) -> Said<SchemaRef> {
        let nothing = Given { as_of: self.as_of, ..Given::nothing(self.specifications) };
        Ok(nothing.session(&[&model.name])?.table(&model.name).map_err(|e| e.to_string())?.0)
    }

    /// Company and currency = what was paid by nobody knows whom, in minor units.
    fn unidentified(&self) -> Said<BTreeMap<(String, String), i128>> {
        let plan = self.specifications.plan;
        let mut sums: BTreeMap<(String, String), i128> = BTreeMap::new();
        for section in self.tables.get("raw_unidentified").into_iter().flatten() {
            for row in &section.rows {
                let cell = |name: &str| {
                    let at = section.columns.iter().position(|column| column == name)?;
                    Some(row[at].clone()).filter(|text| text != "-")
                };
                let amount = cell("amount").unwrap_or_default();
                let minor = amount.replace('.', "").parse::<i128>();
                let minor = minor.map_err(|_| format!("{amount:?} is not an amount; write it like 100.00"))?;
                // The stage has filled in the defaults by then.
                let company = cell("company_id").unwrap_or_else(|| plan.default_company.clone());
                let currency = cell("currency").unwrap_or_else(|| plan.default_currency.to_string());
                *sums.entry((company, currency)).or_default() += minor;
            }
        }
        Ok(sums)
    }

    fn raw_tables(&self) -> Said<Vec<(&'static str, SchemaRef, Vec<RecordBatch>)>> {
        let inputs = contract::INPUTS.iter().map(|table| {
            let mut fields: Vec<Field> =
                table.columns.iter().map(|c| Field::new(c.name, c.data_type(), true)).collect();
            let added = ADDED.iter().map(|(name, kind)| Field::new(*name, kind.clone(), true));
            fields.extend(added.filter(|field| table.column(field.name()).is_none()));
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
            .map(|(name, schema)| Ok((name, Arc::clone(&schema), self.batches(&format!("raw_{name}"), &schema)?)))
            .collect()
    }

    fn batches(&self, name: &str, schema: &SchemaRef) -> Said<Vec<RecordBatch>> {
        let sections = self.tables.get(name).into_iter().flatten().filter(|s| !s.rows.is_empty());
        let companies = self.companies();
        sections.map(|section| self.batch(section, name, schema, &companies)).collect()
    }

    /// Debtor and invoice = its company.
    fn companies(&self) -> Companies {
        let mut companies = Companies::new();
        let table = "raw_invoices";
        for section in self.tables.get(table).into_iter().flatten() {
            for row in 0..section.rows.len() {
                let cell = |column| self.cell(section, table, column, row, &companies);
                let is_invoice = cell("document_type").is_none_or(|kind| kind != "credit_note");
                if let (true, Some(debtor), Some(invoice)) = (is_invoice, cell("debtor_id"), cell("invoice_id")) {
                    let company =
                        cell("company_id").unwrap_or_else(|| self.specifications.plan.default_company.clone());
                    companies.insert((debtor, invoice), company);
                }
            }
        }
        companies
    }

    fn batch(&self, section: &Section, table: &str, schema: &SchemaRef, companies: &Companies) -> Said<RecordBatch> {
        let name = table.trim_start_matches("raw_");
        if let Some(column) = section.columns.iter().find(|column| schema.index_of(column).is_err()) {
            let known = schema.fields().iter().map(|field| field.name().as_str());
            return Err(format!("{name}: {}", unknown("column", column, known)));
        }
        // A cell that cannot be read must not be a null that nobody wrote.
        let strict = CastOptions { safe: false, ..CastOptions::default() };
        let column = |field: &Arc<Field>| -> Said<ArrayRef> {
            let texts = (0..section.rows.len()).map(|row| self.cell(section, table, field.name(), row, companies));
            let texts: ArrayRef = Arc::new(StringArray::from_iter(texts));
            match field.data_type() {
                kind @ (DataType::List(_) | DataType::Struct(_)) => Ok(new_null_array(kind, section.rows.len())),
                kind => cast_with_options(&texts, kind, &strict)
                    .map_err(|_| format!("{name}: a cell of {} is not {kind}", field.name())),
            }
        };
        let columns = schema.fields().iter().map(column).collect::<Said<Vec<ArrayRef>>>()?;
        RecordBatch::try_new(Arc::clone(schema), columns).map_err(|e| format!("{name}: {e}"))
    }

    /// What a row says of a column, or what goes without saying.
    fn cell(&self, of: &Section, table: &str, column: &str, row: usize, companies: &Companies) -> Option<String> {
        if let Some(position) = of.columns.iter().position(|c| c == column) {
            return Some(of.rows[row][position].clone()).filter(|text| text != "-");
        }
        let input = table.strip_prefix("raw_")?;
        let other = |column| self.cell(of, table, column, row, companies);
        let said = match (input, column) {
            (_, "debtor_id") => "D1".to_owned(),
            (_, "group_key") => group_of(&other("debtor_id").unwrap_or_default()).to_string(),
            (_, "payable_on") => other("due_date")?,
            ("promises", "kept_until") => self.kept_until(&other("pay_by")?)?,
            ("agreements", "kept_until") => self.kept_until(&other("due_date")?)?,
            (_, "actor_id") => other("debtor_id")?,
            ("payments", "root_id") => other("reverses").or_else(|| other("payment_id"))?,
            ("payments", "takes_back") => other("reverses").is_some().to_string(),
            (_, "address_opted_out" | "address_bounced" | "has_address" | "is_echo") => "false".to_owned(),
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

    /// The grace without weekends.
    fn kept_until(&self, date: &str) -> Option<String> {
        let date: NaiveDate = date.parse().ok()?;
        Some((date + Days::new(self.specifications.plan.promise_grace_days.into())).to_string())
    }
}

/// Tables beside the inputs that models read under `raw_`.
const RAW: [&str; 7] =
    ["actions", "action_items", "positions", "item_flows", "experiment_members", "held_debtors", "unidentified"];

/// What the spreading pass adds to the inputs.
const ADDED: [(&str, DataType); 18] = [
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
    ("is_echo", DataType::Boolean),
    ("address", DataType::Utf8),
];

/// The number in a debtor's name.
fn group_of(debtor_id: &str) -> i64 {
    let digits: String = debtor_id.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(1)
}

/// A debtor whose invoices are not known to the full.
fn held_debtor(debtor_id: &str) -> Held {
    Held { debtor_id: debtor_id.to_owned(), group_key: group_of(debtor_id), by_invoices: true }
}

/// The tables that deciding makes.
fn out_schemas() -> Vec<(&'static str, SchemaRef)> {
    let text = |name| Field::new(name, DataType::Utf8, true);
    let count = |name| Field::new(name, DataType::Int64, true);
    let money = |name| Field::new(name, DataType::Decimal128(18, 2), true);
    let day = |name| Field::new(name, DataType::Date32, true);
    let cited = vec![
        text("action_id"),
        text("company_id"),
        text("debtor_id"),
        text("currency"),
        text("invoice_id"),
        count("installment_no"),
        money("open_amount"),
    ];
    let listings = vec![
        text("company_id"),
        text("currency"),
        text("kind"),
        text("bureau"),
        count("items"),
        money("listed_amount"),
        day("paid_on"),
        day("requested_on"),
        count("overdue_days"),
    ];
    let offered = vec![
        text("action_id"),
        money("total_amount"),
        money("discount_amount"),
        money("interest_amount"),
        count("part_no"),
        day("due_date"),
        money("amount"),
    ];
    let nullable = |table: &contract::Table| {
        table.columns.iter().map(|c| Field::new(c.name, c.data_type(), true)).collect::<Vec<Field>>()
    };
    let tables = [
        ("out_actions", nullable(&contract::ACTIONS)),
        ("out_decisions", nullable(&contract::DECISIONS)),
        ("out_items", nullable(&contract::ITEMS)),
        ("out_debtors", nullable(&contract::DEBTORS)),
        ("out_action_items", cited),
        ("out_listings", listings),
        ("out_action_offers", offered),
    ];
    tables.map(|(name, fields)| (name, Arc::new(Schema::new(fields)))).into()
}
