//! The tables that follow from the plan and the date, which models read beside those of the shard.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use chrono::{Datelike, NaiveDate};

use super::{Periods, month_from};
use crate::config::{Bucket, Plan};
use crate::contract::{MONEY_PRECISION, MONEY_SCALE};
use crate::domain::decision::{Cap, Rules};
use crate::domain::experiment::Experiment;
use crate::domain::learning::receipts::Band;
use crate::domain::procedure::{Channel, Procedure, Step, StepKind};
use crate::error::{Error, Result};
use crate::stage::{Held, day_number};

/// Months of `run_months`: no figure goes further back.
const MONTHS_MAX: u32 = 120;

/// The buckets, months, experiments and bands, which the KPI models read as well.
///
/// # Errors
/// As `register`.
pub fn periods(plan: &Plan, as_of: NaiveDate) -> Result<Periods> {
    let buckets = bucket_table(&plan.buckets, &plan.kpis.forward_looking)?;
    let running: Vec<&Experiment> = plan.rules.experiments.iter().filter(|e| e.starts_on <= as_of).collect();
    Ok(vec![
        ("run_buckets", buckets),
        ("run_months", month_table(as_of)?),
        ("run_experiments", experiment_table(&running)?),
        ("run_arms", arm_table(&running)?),
        ("run_bands", band_table(&plan.rules)?),
    ])
}

/// The debtors of the shard that a doubtful row can touch.
pub(super) fn held_table(held: &[Held]) -> Result<(SchemaRef, RecordBatch)> {
    let debtors: ArrayRef = Arc::new(StringArray::from_iter_values(held.iter().map(|held| &held.debtor_id)));
    let keys: ArrayRef = Arc::new(Int64Array::from_iter_values(held.iter().map(|held| held.group_key)));
    let by_invoices: ArrayRef = Arc::new(held.iter().map(|held| Some(held.by_invoices)).collect::<BooleanArray>());
    table(vec![
        ("debtor_id", DataType::Utf8, debtors),
        ("group_key", DataType::Int64, keys),
        ("by_invoices", DataType::Boolean, by_invoices),
    ])
}

/// Payments that cannot be attributed to a debtor, by company and currency.
pub(super) fn unidentified_table(sums: &BTreeMap<(String, String), i128>) -> Result<(SchemaRef, RecordBatch)> {
    let companies = StringArray::from_iter_values(sums.keys().map(|(company, _)| company));
    let currencies = StringArray::from_iter_values(sums.keys().map(|(_, currency)| currency));
    table(vec![
        ("company_id", DataType::Utf8, Arc::new(companies)),
        ("currency", DataType::Utf8, Arc::new(currencies)),
        ("amount", DataType::Decimal128(MONEY_PRECISION, MONEY_SCALE), money(sums.values().copied())?),
    ])
}

/// Minor units as a column of money.
fn money(minor: impl Iterator<Item = i128>) -> Result<ArrayRef> {
    let amounts = Decimal128Array::from_iter_values(minor).with_precision_and_scale(MONEY_PRECISION, MONEY_SCALE);
    let amounts = amounts.map_err(|e| Error::Model { model: "run tables".to_owned(), what: e.to_string() })?;
    Ok(Arc::new(amounts))
}

/// The buckets with closed ranges: a missing end is further away than any date can be.
fn bucket_table(buckets: &[Bucket], forward_looking: &[f64]) -> Result<(SchemaRef, RecordBatch)> {
    let from: ArrayRef =
        Arc::new(Int64Array::from_iter_values(buckets.iter().map(|b| b.from_days.unwrap_or(i64::MIN))));
    let to: ArrayRef = Arc::new(Int64Array::from_iter_values(buckets.iter().map(|b| b.to_days.unwrap_or(i64::MAX))));
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..buckets.len() as i64));
    let names: ArrayRef = Arc::new(StringArray::from_iter_values(buckets.iter().map(|b| &b.name)));
    table(vec![
        ("bucket_no", DataType::Int64, numbers),
        ("bucket", DataType::Utf8, names),
        ("from_days", DataType::Int64, from),
        ("to_days", DataType::Int64, to),
        ("forward_factor", DataType::Float64, Arc::new(Float64Array::from(forward_looking.to_vec()))),
    ])
}

/// The bucket of every number of days past due from the first edge to beyond the last: to look one up is faster than to compare
/// each item with each bucket.
pub(super) fn age_table(buckets: &[Bucket]) -> Result<(SchemaRef, RecordBatch)> {
    let (first, last) = age_bounds(buckets);
    let of_buckets: Vec<(i64, usize)> = (first..=last)
        .filter_map(|days| Some((days, buckets.iter().position(|b| b.to_days.is_none_or(|to| days <= to))?)))
        .collect();
    let names = of_buckets.iter().map(|(_, no)| &buckets[*no].name);
    table(vec![
        (
            "days_past_due",
            DataType::Int64,
            Arc::new(Int64Array::from_iter_values(of_buckets.iter().map(|(days, _)| *days))),
        ),
        (
            "bucket_no",
            DataType::Int64,
            Arc::new(Int64Array::from_iter_values(of_buckets.iter().map(|(_, no)| *no as i64))),
        ),
        ("bucket", DataType::Utf8, Arc::new(StringArray::from_iter_values(names))),
    ])
}

/// The days past due beyond which every item is in the first bucket, or in the last.
pub(super) fn age_bounds(buckets: &[Bucket]) -> (i64, i64) {
    let edges = || buckets.iter().filter_map(|bucket| bucket.to_days);
    (edges().min().unwrap_or(0), edges().max().unwrap_or(0) + 1)
}

/// The months up to that of the as-of date, from 0 backwards; that one ends with the date. `month_key` = 12 x year + month.
fn month_table(as_of: NaiveDate) -> Result<(SchemaRef, RecordBatch)> {
    let froms: Vec<NaiveDate> = (0..MONTHS_MAX).map(|no| month_from(as_of, no)).collect();
    let ends = froms.iter().map(|from| *from + chrono::Months::new(1) - chrono::Days::new(1));
    let tos: Vec<NaiveDate> = ends.clone().map(|end| end.min(as_of)).collect();
    let ints =
        |of: &dyn Fn(usize) -> i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values((0..froms.len()).map(of))) };
    let dates = |dates: &[NaiveDate]| -> ArrayRef {
        Arc::new(Date32Array::from_iter_values(dates.iter().map(|date| day_number(*date))))
    };
    let are_partial: BooleanArray = ends.zip(&tos).map(|(end, to)| Some(end > *to)).collect();
    table(vec![
        ("month_no", DataType::Int64, ints(&|no| no as i64)),
        ("month_key", DataType::Int64, ints(&|no| i64::from(froms[no].year()) * 12 + i64::from(froms[no].month()))),
        ("month_from", DataType::Date32, dates(&froms)),
        ("month_to", DataType::Date32, dates(&tos)),
        ("days", DataType::Int64, ints(&|no| (tos[no] - froms[no]).num_days() + 1)),
        ("is_partial", DataType::Boolean, Arc::new(are_partial)),
    ])
}

/// The experiments that have begun, each with the arm that the others are compared with.
fn experiment_table(running: &[&Experiment]) -> Result<(SchemaRef, RecordBatch)> {
    let ids = StringArray::from_iter_values(running.iter().map(|e| &e.id));
    let days = Date32Array::from_iter_values(running.iter().map(|e| day_number(e.starts_on)));
    let last_days: Date32Array = running.iter().map(|e| e.ends_on.map(day_number)).collect();
    let champions: StringArray = running.iter().map(|e| e.arms.first().map(|arm| &arm.name)).collect();
    table(vec![
        ("experiment", DataType::Utf8, Arc::new(ids)),
        ("starts_on", DataType::Date32, Arc::new(days)),
        ("ends_on", DataType::Date32, Arc::new(last_days)),
        ("champion", DataType::Utf8, Arc::new(champions)),
    ])
}

/// Their arms, each with its share in per cent.
fn arm_table(running: &[&Experiment]) -> Result<(SchemaRef, RecordBatch)> {
    let arms: Vec<_> = running.iter().flat_map(|e| e.arms.iter().map(|arm| (&e.id, arm))).collect();
    let shares = Int64Array::from_iter_values(arms.iter().map(|(_, arm)| i64::from(arm.share)));
    table(vec![
        ("experiment", DataType::Utf8, Arc::new(StringArray::from_iter_values(arms.iter().map(|(id, _)| id)))),
        ("arm", DataType::Utf8, Arc::new(StringArray::from_iter_values(arms.iter().map(|(_, arm)| &arm.name)))),
        ("share", DataType::Int64, Arc::new(shares)),
    ])
}

/// How far from what is expected eight in ten weeks were where the model in use was tried, by currency: the width is in deviations of bills
/// that have nothing to do with one another.
fn band_table(rules: &Rules) -> Result<(SchemaRef, RecordBatch)> {
    let cash = rules.model.iter().flat_map(|model| &model.figures.cash);
    let bands: Vec<(&String, Band)> = cash.filter_map(|(currency, cash)| Some((currency, cash.band?))).collect();
    let floats = |of: fn(&Band) -> f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(bands.iter().map(|(_, b)| of(b))))
    };
    let currencies = StringArray::from_iter_values(bands.iter().map(|(currency, _)| currency));
    table(vec![
        ("currency", DataType::Utf8, Arc::new(currencies)),
        ("width", DataType::Float64, floats(Band::width)),
        ("coverage", DataType::Float64, floats(|band| band.coverage)),
    ])
}

/// The least amount that each régua acts for, by currency.
pub(super) fn minimum_table(rules: &Rules) -> Result<(SchemaRef, RecordBatch)> {
    let of = |p: &Procedure| p.minimum.iter().map(|(c, m)| (p.id.clone(), c.to_string(), m.0)).collect::<Vec<_>>();
    let rows: Vec<(String, String, i64)> = rules.procedures.values().flat_map(of).collect();
    let reguas: ArrayRef = Arc::new(StringArray::from_iter_values(rows.iter().map(|(regua, _, _)| regua)));
    let currencies: ArrayRef = Arc::new(StringArray::from_iter_values(rows.iter().map(|(_, currency, _)| currency)));
    let amounts = money(rows.iter().map(|(_, _, minor)| i128::from(*minor)))?;
    let kind = DataType::Decimal128(MONEY_PRECISION, MONEY_SCALE);
    let names = DataType::Utf8;
    table(vec![("regua", names.clone(), reguas), ("currency", names, currencies), ("minimum_amount", kind, amounts)])
}

/// What is below it is not asked for, by currency.
pub(super) fn tolerance_table(rules: &Rules) -> Result<(SchemaRef, RecordBatch)> {
    let currencies = StringArray::from_iter_values(rules.tolerance.keys().map(ToString::to_string));
    let amounts = money(rules.tolerance.values().map(|minor| i128::from(minor.0)))?;
    let kind = DataType::Decimal128(MONEY_PRECISION, MONEY_SCALE);
    table(vec![("currency", DataType::Utf8, Arc::new(currencies)), ("tolerance_amount", kind, amounts)])
}

/// What one of a currency is in another, by quotes that are young enough.
pub(super) fn rate_table(plan: &Plan, as_of: NaiveDate) -> Result<(SchemaRef, RecordBatch)> {
    let rates: Vec<(String, String, i64)> =
        plan.rules.quotes.rates(as_of).map(|(from, to, units)| (from.to_string(), to.to_string(), units)).collect();
    let froms = StringArray::from_iter_values(rates.iter().map(|(from, _, _)| from));
    let tos = StringArray::from_iter_values(rates.iter().map(|(_, to, _)| to));
    let units = Decimal128Array::from_iter_values(rates.iter().map(|(_, _, units)| i128::from(*units)));
    let kind = crate::contract::FX_RATE.data_type();
    let units = units.with_data_type(kind.clone());
    table(vec![
        ("from_currency", DataType::Utf8, Arc::new(froms)),
        ("to_currency", DataType::Utf8, Arc::new(tos)),
        ("rate", kind, Arc::new(units)),
    ])
}

/// The caps, numbered from 1 in the order of the configuration.
pub(super) fn cap_table(caps: &[Cap]) -> Result<(SchemaRef, RecordBatch)> {
    let numbers = |of: &dyn Fn(&Cap) -> u32| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(caps.iter().map(|cap| i64::from(of(cap)))))
    };
    let scopes = StringArray::from_iter_values(caps.iter().map(|cap| cap.scope.as_str()));
    let channels = StringArray::from_iter(caps.iter().map(|cap| cap.channel.map(Channel::as_str)));
    let segments = StringArray::from_iter(caps.iter().map(|cap| cap.segment.as_deref()));
    table(vec![
        ("cap_no", DataType::Int64, Arc::new(Int64Array::from_iter_values(1..=caps.len() as i64))),
        ("scope", DataType::Utf8, Arc::new(scopes)),
        ("channel", DataType::Utf8, Arc::new(channels)),
        ("segment", DataType::Utf8, Arc::new(segments)),
        ("contacts_max", DataType::Int64, numbers(&|cap| cap.contacts_max)),
        ("days", DataType::Int64, numbers(&|cap| cap.days)),
    ])
}

/// Every step of every régua, with the gap that lies before it.
pub(super) fn step_table(rules: &Rules) -> Result<(SchemaRef, RecordBatch)> {
    let steps: Vec<(&Procedure, &Step)> =
        rules.procedures.values().flat_map(|regua| regua.steps.iter().map(move |step| (regua, step))).collect();
    let reguas = StringArray::from_iter_values(steps.iter().map(|(regua, _)| &regua.id));
    let ids = StringArray::from_iter_values(steps.iter().map(|(_, step)| &step.id));
    let gaps = Int64Array::from_iter_values(steps.iter().map(|(regua, _)| i64::from(regua.min_gap_days)));
    let are = |what: fn(StepKind) -> bool| -> ArrayRef {
        Arc::new(steps.iter().map(|(_, step)| Some(what(step.kind))).collect::<BooleanArray>())
    };
    table(vec![
        ("regua", DataType::Utf8, Arc::new(reguas)),
        ("step_id", DataType::Utf8, Arc::new(ids)),
        ("min_gap_days", DataType::Int64, Arc::new(gaps)),
        ("is_rung", DataType::Boolean, are(StepKind::is_rung)),
        ("is_duty", DataType::Boolean, are(StepKind::is_duty)),
    ])
}

/// Every template, and whether what it says tells of a debt.
pub(super) fn template_table(rules: &Rules) -> Result<(SchemaRef, RecordBatch)> {
    let of = |(language, file): (&str, &str)| -> Option<(String, bool)> {
        let version = rules.templates.version(language, file)?.to_owned();
        let (template, channel) = file.strip_suffix(".j2")?.rsplit_once('.')?;
        let channel = Channel::parse(channel)?;
        Some((version, rules.templates.names_debt(language, template, channel)))
    };
    let templates: Vec<(String, bool)> = rules.templates.names().filter_map(of).collect();
    let versions = StringArray::from_iter_values(templates.iter().map(|(version, _)| version));
    let names_debt: BooleanArray = templates.iter().map(|(_, names_debt)| Some(*names_debt)).collect();
    table(vec![
        ("template_version", DataType::Utf8, Arc::new(versions)),
        ("names_debt", DataType::Boolean, Arc::new(names_debt)),
    ])
}

pub(super) fn table(columns: Vec<(&str, DataType, ArrayRef)>) -> Result<(SchemaRef, RecordBatch)> {
    // Where there is no row, nothing says that none will be null.
    let field = |(name, kind, column): &(&str, DataType, ArrayRef)| {
        Field::new(*name, kind.clone(), column.is_nullable() || column.is_empty())
    };
    let fields: Vec<Field> = columns.iter().map(field).collect();
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns.into_iter().map(|(_, _, c)| c).collect());
    let batch = batch.map_err(|e| Error::Model { model: "run tables".to_owned(), what: e.to_string() })?;
    Ok((schema, batch))
}
