//! Every table that enters or leaves Régua: grain, columns, types and units.
//!
//! This is the one source: the loader checks inputs against it, the writers take their Arrow schemas from it,
//! `regua schema` prints it as JSON Schema, and docs/reference/tables.md is generated from it
//! (`regua schema --markdown`; a test compares them).

mod inputs;
mod kpis;
mod measure;
mod outputs;

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

pub use inputs::INPUTS;
pub use kpis::{FX_RATE, KPIS, REPORTING_CURRENCY};
pub use measure::Measure;
pub use outputs::{
    ACTIONS, CONTACT_STATE, DEBTORS, DECISIONS, EXPERIMENT_MEMBERS, ITEM_FLOWS, ITEMS, OUTPUTS, QUARANTINE,
};

/// What a value in `[inputs.*]` begins with that somebody has still to decide: `regua init` writes it, `regua check` refuses it.
pub const TODO: &str = "TODO";
/// The tenant of a pipeline that `regua init` has written.
pub const PROPOSED_TENANT: &str = "my-company";
/// Digits of every amount: `Decimal128(18, 2)`, so that DataFusion's sums widen to (28, 2) and cannot wrap.
pub const MONEY_PRECISION: u8 = 18;
/// Decimal places of every amount, in and out.
pub const MONEY_SCALE: i8 = 2;
/// Digits and decimal places of every rate.
pub const RATE_PRECISION: u8 = 18;
/// Decimal places of a rate.
pub const RATE_SCALE: i8 = 8;
/// Amounts of 10^13 and more are bad rows: far beyond any invoice, and far below an overflow of a sum.
pub const AMOUNT_MINOR_MAX: i128 = 1_000_000_000_000_000;

/// The type of a column in the contract; `schema` says which Arrow type carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Str,
    /// One of the listed words.
    Enum(&'static [&'static str]),
    /// A whole number.
    Int,
    /// A calendar day.
    Date,
    /// An instant, microseconds, UTC.
    Ts,
    /// An amount of money in the currency of its row.
    Money,
    /// A decimal with eight places: rates and factors.
    Rate,
    /// A ratio or a score.
    Float,
    /// True or false.
    Bool,
    /// The cited items of an action.
    Items,
    /// The same, with no more of each than tells which it was.
    NamedItems,
    /// The offer of an action.
    Offer,
}

/// One column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// As the file and the SQL name it.
    pub name: &'static str,
    /// Type of its values.
    pub kind: Kind,
    /// `false`: an input may lack it, an output may hold null in it.
    pub required: bool,
    /// Personal data: never logged, never in a KPI table.
    pub personal: bool,
    /// Inputs only: no shipped model reads it. It may hold anything: it is neither checked nor read, unless a model of the
    /// user's own names it.
    pub is_unread: bool,
    /// Inputs only: figures alone follow from it. What cannot be read in it is null: no row is bad for it, and nobody is held.
    pub is_figure: bool,
    /// KPI tables only: what becomes of the number where rows become one; `None`: it is no measure.
    pub measure: Option<Measure>,
    /// What it says, for `regua schema` and docs/reference/tables.md.
    pub doc: &'static str,
}

/// One table of the contract.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// As configuration, SQL and the published folders name it.
    pub name: &'static str,
    /// What one row is.
    pub row: &'static str,
    /// The columns that identify a row; empty for an event list without a key.
    pub key: &'static [&'static str],
    /// Inputs only: a run cannot do without it.
    pub required: bool,
    /// In the order of the file.
    pub columns: &'static [Column],
}

const fn column(name: &'static str, kind: Kind, required: bool, doc: &'static str) -> Column {
    Column { name, kind, required, personal: false, is_unread: false, is_figure: false, measure: None, doc }
}

/// A column that must be there and must not be null.
pub(crate) const fn req(name: &'static str, kind: Kind, doc: &'static str) -> Column {
    column(name, kind, true, doc)
}

/// A column that may be missing, and may hold null.
pub(crate) const fn opt(name: &'static str, kind: Kind, doc: &'static str) -> Column {
    column(name, kind, false, doc)
}

impl Column {
    pub(crate) const fn personal(mut self) -> Self {
        self.personal = true;
        self
    }

    pub(crate) const fn not_read_yet(mut self) -> Self {
        self.is_unread = true;
        self
    }

    pub(crate) const fn for_figures(mut self) -> Self {
        self.is_figure = true;
        self
    }

    /// What only figures, or models of the user's own, follow from is null where it cannot be read.
    pub fn spoils_no_row(&self) -> bool {
        self.is_figure || self.is_unread
    }

    /// The Arrow type that carries this column inside Régua and in its outputs.
    pub fn data_type(&self) -> DataType {
        match self.kind {
            Kind::Str | Kind::Enum(_) => DataType::Utf8,
            Kind::Int => DataType::Int64,
            Kind::Date => DataType::Date32,
            Kind::Ts => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Kind::Money => DataType::Decimal128(MONEY_PRECISION, MONEY_SCALE),
            Kind::Rate => DataType::Decimal128(RATE_PRECISION, RATE_SCALE),
            Kind::Float => DataType::Float64,
            Kind::Bool => DataType::Boolean,
            Kind::Items => DataType::List(Arc::new(Field::new("item", outputs::item_type(), false))),
            Kind::NamedItems => DataType::List(Arc::new(Field::new("item", outputs::named_item_type(), false))),
            Kind::Offer => outputs::offer_type(),
        }
    }
}

impl Kind {
    /// The word the documentation uses for the type.
    pub fn word(&self) -> String {
        match self {
            Kind::Str => "str".into(),
            Kind::Enum(words) => format!("{{{}}}", words.join(", ")),
            Kind::Int => "int".into(),
            Kind::Date => "date".into(),
            Kind::Ts => "ts".into(),
            Kind::Money => "dec(18,2)".into(),
            Kind::Rate => "dec(18,8)".into(),
            Kind::Float => "float".into(),
            Kind::Bool => "bool".into(),
            Kind::Items => "list of {invoice_id, installment_no, due_date, open_amount, days_past_due, step_id}".into(),
            Kind::NamedItems => "list of {invoice_id, installment_no, step_id, due_date}".into(),
            Kind::Offer => {
                "{kind, total, discount, interest, down_payment, valid_until, instalments: list of {due_date, amount}}"
                    .into()
            }
        }
    }
}

impl Table {
    /// The Arrow schema of this table inside Régua and in its outputs.
    pub fn schema(&self) -> SchemaRef {
        let fields = self.columns.iter().map(|c| Field::new(c.name, c.data_type(), !c.required));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    /// Its column of that name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|c| c.name == name)
    }
}

/// The KPI table of that name.
pub fn kpi(name: &str) -> Option<&'static Table> {
    KPIS.iter().find(|t| t.name == name)
}

/// The input table of that name.
pub fn input(name: &str) -> Option<&'static Table> {
    INPUTS.iter().find(|t| t.name == name)
}
