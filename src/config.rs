//! Configuration: what the user wrote becomes one validated plan, or a list of every error in it.
//!
//! `document` reads a file with its lines, `raw` says what may stand in it, `validate` turns it into the plan.
//! Only the plan travels. Reading it touches no data and no store.

pub mod document;
pub mod raw;
pub mod shipped;
pub mod templates;
mod validate;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::contract::{PROPOSED_TENANT, Table};
use crate::domain::decision::{Creditor, Rules};
use crate::domain::language::Language;
use crate::domain::money::{Currency, Rounding};
use crate::error::{Error, Fault, Lines};

/// Where one input table comes from, and how its columns and values are named there.
#[derive(Clone, Debug)]
pub struct InputPlan {
    /// Its contract: columns, key and kinds.
    pub table: &'static Table,
    /// URL or path, with `{as_of}` and globs still in it.
    pub path: String,
    /// Column of the contract = column of the file.
    pub columns: BTreeMap<String, String>,
    /// Column of the contract = (value of the file = value of the contract).
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// How float amounts are rounded to cents; `None` = float amounts are refused.
    pub amount_from_float: Option<Rounding>,
    /// Applies to invoices and payments only.
    pub sign: Sign,
    /// How dates that are texts are written, tried in order.
    pub date_formats: Vec<String>,
    /// Dates that mean "none" in an optional column.
    pub null_dates: Vec<NaiveDate>,
    /// Applies to invoices only.
    pub scope: InvoiceScope,
    /// Applies to payments only.
    pub unidentified: Unidentified,
    /// It must have been written at most so many days before the as-of date.
    pub max_age_days: Option<u32>,
    /// It may be older than the invoices by at most so many days; `None` = by any.
    pub lag_days_max: Option<u32>,
    /// Columns that no shipped model reads, and one of the user's own does.
    pub also_read: BTreeSet<&'static str>,
}

/// Sign that the source gives to the amounts of invoices or payments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// Payments and invoices are above zero.
    #[default]
    Positive,
    /// They are below zero: every amount is negated as it is read.
    Negative,
}

/// Which invoices the export holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceScope {
    /// Open and settled items.
    #[default]
    All,
    /// Open ones only: an invoice that is gone was settled.
    Open,
}

/// What becomes of a payment that names neither a debtor nor a known invoice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unidentified {
    /// It is counted and shown.
    #[default]
    Count,
    /// It stops the run.
    Stop,
}

/// What sources write for "no date": the last and first days of their calendars.
pub const NULL_DATES: [(i32, u32, u32); 6] =
    [(9999, 12, 31), (2199, 12, 31), (1900, 1, 1), (1899, 12, 30), (1753, 1, 1), (1, 1, 1)];
/// Inputs whose rows protect debtors: if they are older than the invoices, whoever has paid or promised since would be
/// dunned.
pub const PROTECTING: [&str; 6] = ["payments", "disputes", "agreements", "promises", "contact_log", "listings"];
/// Days by which they may be older where the pipeline does not say.
const LAG_DAYS_MAX: u32 = 1;
/// Of the demo, which writes to nobody.
const SAMPLE_TENANT: &str = "demo";
/// In the address, the link or the name of a creditor that is still to be filled in, in small letters.
const SAMPLE_MARKS: [&str; 3] = [".example", "exemplo ltda", "exemplo s.a."];

impl InputPlan {
    /// An input as it is where the pipeline says nothing else of it.
    pub fn new(table: &'static Table, path: String) -> InputPlan {
        let null_dates =
            NULL_DATES.iter().filter_map(|(year, month, day)| NaiveDate::from_ymd_opt(*year, *month, *day));
        InputPlan {
            table,
            path,
            columns: BTreeMap::new(),
            values: BTreeMap::new(),
            amount_from_float: None,
            sign: Sign::default(),
            date_formats: Vec::new(),
            null_dates: null_dates.collect(),
            scope: InvoiceScope::default(),
            unidentified: Unidentified::default(),
            max_age_days: None,
            lag_days_max: PROTECTING.contains(&table.name).then_some(LAG_DAYS_MAX),
            also_read: BTreeSet::new(),
        }
    }
}

/// An aging bucket: days past due from..=to; `None` = without end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// As tables and messages show it: `not_due`, `1-30`, `over_360`.
    pub name: String,
    /// Its first day past due, which is in it.
    pub from_days: Option<i64>,
    /// Its last day past due, which is in it.
    pub to_days: Option<i64>,
}

/// Windows of the KPI tables, in days and months.
#[derive(Clone, Debug)]
pub struct Kpis {
    /// Days of net sales behind DSO.
    pub sales_days: u32,
    /// Days between the two positions that roll rates and cures compare.
    pub roll_days: u32,
    /// Days after a contact in which a payment counts as recovered by it.
    pub recovery_days: u32,
    /// Days of contacts that `kpi_recovery` counts; they end `recovery_days` before the as-of date.
    pub recovery_window_days: u32,
    /// Days back in which a promise came due to be counted as kept or broken.
    pub promise_window_days: u32,
    /// Days after the payable day from which an unpaid item counts as lost.
    pub loss_days: u32,
    /// Months that `kpi_collection_effectiveness` shows, that of the as-of date included.
    pub months: u32,
    /// The currency of `fx_rate`; `None` = the default currency.
    pub reporting_currency: Option<Currency>,
    /// Factor on the loss rate of each bucket, in the order of the buckets.
    pub forward_looking: Vec<f64>,
}

/// Which model of payment a run uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModelChoice {
    /// The newest that was trained before the date of the run, if there is one.
    #[default]
    Newest,
    /// That of a date.
    Of(NaiveDate),
    /// None.
    Nothing,
}

/// How the page of a run is written.
#[derive(Clone, Copy, Debug)]
pub struct ReportPlan {
    /// Of headings, sentences and formats.
    pub language: Language,
    /// Amounts of fewer debtors are withheld; 0 = none.
    pub min_cell: u32,
    /// Collectors and agencies by their ids.
    pub collectors: bool,
}

/// Limits of a run.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes for the whole run; the SQL engine gets six tenths of them.
    pub memory_bytes_max: u64,
    /// Rows of all inputs together that one shard should hold; the number of shards follows from it.
    pub shard_rows_max: u64,
    /// Number of shards; `None` = as many as `shard_rows_max` asks for.
    pub shards: Option<u32>,
    /// Shards that are worked on side by side, at least 1.
    pub workers: usize,
    /// Share of an input's rows, from 0 to 1, that may be bad before the run stops.
    pub quarantine_share_max: f64,
    /// So many bad rows of an input never stop a run.
    pub quarantine_rows_min: u64,
    /// Fewest rows that an input may have, in per cent of what the newest published run read; 0 = any number.
    pub rows_percent_min: u32,
    /// How far the open amount, debtors or items may move since the newest published run, in per cent.
    pub position_percent_max: u32,
    /// Of what was paid, what may match no invoice.
    pub unmatched_percent_max: u32,
    /// In per cent of what is billed once payments begin, how much may have fallen due unpaid before; 100 = any number.
    pub unpaid_start_percent_max: u32,
    /// Of all debtors, how many one group may hold.
    pub group_debtors_percent_max: u32,
    /// Days before the as-of date for which the contact log is read.
    pub history_days: u32,
    /// Days for which an action is remembered after it last mattered.
    pub remembered_days: u32,
    /// Actions may be at most so many percent above the usual number.
    pub volume_percent_max: u32,
    /// Folder for scratch files; `None` = the system's own.
    pub scratch_dir: Option<PathBuf>,
}

/// One SQL model, from the binary or from `sql_dir`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlFile {
    /// `10_staging/stg_invoices.sql`
    pub path: String,
    /// The whole file, head included.
    pub text: String,
    /// It stands in `sql_dir`: in place of the shipped one of its path, or beside the shipped ones.
    pub is_own: bool,
}

impl SqlFile {
    /// The name of its model: `stg_invoices`.
    pub fn stem(&self) -> &str {
        let file = self.path.rsplit('/').next().unwrap_or_default();
        file.strip_suffix(".sql").unwrap_or(file)
    }
}

/// A validated pipeline: all a run needs to know besides the as-of date and the data.
#[derive(Debug)]
pub struct Plan {
    /// The pipeline file as it was named.
    pub file: PathBuf,
    /// In which timestamps become dates.
    pub zone: Tz,
    /// Company of rows that name none.
    pub default_company: String,
    /// Currency of rows that name none.
    pub default_currency: Currency,
    /// In the order of the contract; tables that the pipeline does not name are left out.
    pub inputs: Vec<InputPlan>,
    /// URL or path of the folder that holds `_log`, `runs`, `outbox` and `kpi`.
    pub output: String,
    /// Path or URL below which Delta tables follow what is published.
    pub delta: Option<String>,
    /// In ascending order of days past due, without gaps.
    pub buckets: Vec<Bucket>,
    /// What falls due on a weekend or holiday is payable on the next business day.
    pub due_on_business_day: bool,
    /// Months of history behind the profile of an account.
    pub window_months: u32,
    /// Windows of the KPI tables.
    pub kpis: Kpis,
    /// Which model of payment a run uses.
    pub model: ModelChoice,
    /// Of the page that is written with each run.
    pub report: ReportPlan,
    /// Business days after the day of a promise or instalment before it counts as broken.
    pub promise_grace_days: u32,
    /// Resources that the run may use, and when its inputs look like a broken export.
    pub limits: Limits,
    /// All that a decision depends on besides the portfolio.
    pub rules: Rules,
    /// In path order, which is the order in which they run.
    pub sql: Vec<SqlFile>,
    /// Files of `sql_dir` that say which rows its models make of which; `regua check` runs them, and no run reads them.
    pub specifications: Vec<PathBuf>,
    /// Notes: not errors, but worth knowing.
    pub notes: Vec<Fault>,
    /// SHA-256 over every file that the plan was made of.
    pub digest: String,
}

impl Plan {
    /// Do the invoices hold open items only? Then what is gone was settled.
    pub fn has_open_scope(&self) -> bool {
        self.inputs.iter().any(|input| input.scope == InvoiceScope::Open)
    }

    /// Path and text of the SQL that is the pipeline's own.
    pub fn own_sql(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sql.iter().filter(|file| file.is_own).map(|file| (file.path.as_str(), file.text.as_str()))
    }

    /// What `regua init` and the shipped pipeline leave to fill in, where the letters of these companies would carry it; of all
    /// where none are named. The demo is a sample throughout.
    pub fn sample_creditors(&self, acting: Option<&BTreeSet<String>>) -> Option<String> {
        let creditors = &self.rules.creditors;
        let signing: Option<BTreeSet<&str>> = acting.map(|acting| {
            let own = acting.iter().map(|company| creditors.get_key_value(company));
            own.map(|found| found.map_or("default", |(company, _)| company.as_str())).collect()
        });
        let is_sample = |creditor: &Creditor| {
            let link = creditor.portal_link.as_deref().unwrap_or_default();
            let said = [creditor.name.as_str(), &creditor.email, link].join(" ").to_lowercase();
            SAMPLE_MARKS.iter().any(|mark| said.contains(mark))
        };
        let samples = creditors.iter().filter(|(company, creditor)| {
            is_sample(creditor) && signing.as_ref().is_none_or(|signing| signing.contains(company.as_str()))
        });
        let companies: Vec<&str> = samples.map(|(company, _)| company.as_str()).collect();
        let tenant = match self.rules.tenant == PROPOSED_TENANT {
            true => format!(", and `tenant` is still {PROPOSED_TENANT:?}, which an output keeps for ever"),
            false => String::new(),
        };
        (!companies.is_empty() && self.rules.tenant != SAMPLE_TENANT).then(|| {
            format!(
                "[creditors.{}] is still a sample (its name, e-mail or link): letters would be signed by it; give your own name, \
                 e-mail, telephone and link{tenant}",
                companies.join("], [creditors.")
            )
        })
    }

    /// The shipped models that files of `sql_dir` stand in for.
    pub fn replaced_models(&self) -> Vec<&str> {
        let shipped: BTreeSet<String> = shipped::models().map(|model| model.path).collect();
        self.sql.iter().filter(|file| file.is_own && shipped.contains(&file.path)).map(SqlFile::stem).collect()
    }

    /// An input with the columns that nothing of ours reads, and a model of the user's own names.
    pub fn with_also_read(&self, input: &InputPlan) -> InputPlan {
        let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
        let own = || self.sql.iter().filter(|file| file.is_own).map(|file| file.text.as_str());
        let is_named = |name: &&str| own().any(|sql| sql.split(|c| !is_of_word(c)).any(|word| word == *name));
        let unread = input.table.columns.iter().filter(|column| column.is_unread).map(|column| column.name);
        InputPlan { also_read: unread.filter(is_named).collect(), ..input.clone() }
    }

    /// The currency to which the KPI tables give a rate.
    pub fn reporting_currency(&self) -> Currency {
        self.kpis.reporting_currency.unwrap_or(self.default_currency)
    }

    /// Does cash that nobody can place stop a run?
    pub fn stops_on_unidentified(&self) -> bool {
        self.inputs.iter().any(|input| input.unidentified == Unidentified::Stop)
    }

    /// Reads and validates a pipeline file and every file that it names.
    ///
    /// # Errors
    /// All errors of all files at once, each with file and line.
    pub fn load(file: &Path, variables: document::Variables<'_>) -> Result<Plan, Error> {
        validate::load(file, variables).map_err(|mut faults| {
            faults.sort();
            faults.dedup();
            Error::Configuration(Lines(faults))
        })
    }
}

/// Bucket names and ranges from ascending edges: `[0, 30, 60]` gives not_due, 1-30, 31-60 and over_60.
pub fn buckets(edges: &[i64]) -> Vec<Bucket> {
    let mut buckets = Vec::with_capacity(edges.len() + 1);
    let mut from = None;
    for edge in edges {
        let name = match from {
            None if *edge == 0 => "not_due".to_owned(),
            None => format!("up_to_{edge}"),
            Some(from) if from == *edge => format!("{edge}"),
            Some(from) => format!("{from}-{edge}"),
        };
        buckets.push(Bucket { name, from_days: from, to_days: Some(*edge) });
        from = Some(edge + 1);
    }
    let last = edges.last().copied().unwrap_or(0);
    buckets.push(Bucket { name: format!("over_{last}"), from_days: from, to_days: None });
    buckets
}
