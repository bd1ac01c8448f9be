//! Transform: one shard's snapshots through the SQL of staging, intermediate and candidates.

pub(super) mod folds;
mod keys;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use chrono::{Datelike, NaiveDate};

use self::keys::Keys;
use super::{Held, Shard, day_number};
use crate::config::{Bucket, Plan};
use crate::contract::{MONEY_PRECISION, MONEY_SCALE};
use crate::domain::decision::{Cap, Rules};
use crate::domain::experiment::Experiment;
use crate::domain::portfolio::UnappliedCredits;
use crate::domain::procedure::{Channel, Procedure, Step, StepKind, days_before};
use crate::error::{Error, Result};
use crate::io::engine::{Layer, Model, ModelKind, Models, Session, Value, Variables};
use crate::runtime::timings::StageTimings;

/// Months before that of the as-of date whose vintages are shown.
const VINTAGE_MONTHS: u32 = 24;
/// Months for which a settled item of an export of open items is remembered: the longest window, two years of losses, fits.
const OBSERVED_MONTHS: u32 = 25;
/// Months of `run_months`: no figure goes further back.
const MONTHS_MAX: u32 = 120;

/// What is known of time beyond the as-of date.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// The first date of which a run saw the items, where another than this did.
    pub from: Option<NaiveDate>,
    /// The ledger goes on long after the as-of date.
    pub is_past: bool,
}

/// The values that models may name.
pub fn variables(plan: &Plan, as_of: NaiveDate, seen: Seen) -> Variables {
    let coming_days = if seen.is_past { 0 } else { plan.rules.payment_window_days };
    let window = as_of.checked_sub_months(chrono::Months::new(plan.window_months)).unwrap_or(NaiveDate::MIN);
    let history = day_number(as_of) - plan.limits.history_days as i32;
    Variables::new([
        ("as_of", Value::Date(day_number(as_of))),
        ("as_of_day", Value::Day(day_number(as_of))),
        ("coming_to", Value::Date(day_number(as_of).saturating_add(coming_days as i32))),
        ("window_from", Value::Date(day_number(window))),
        ("history_from_day", Value::Day(history)),
        ("promise_grace_days", Value::Day(plan.promise_grace_days as i32)),
        ("contacts_from", Value::Date(day_number(days_before(as_of, plan.rules.contact_days())))),
        ("remembered_from", Value::Date(day_number(days_before(as_of, remembered_days(plan))))),
        ("repeats_max", Value::Int(i64::from(repeats_max(plan)))),
        ("receipts_from", Value::Date(day_number(receipts_from(plan, as_of)))),
        ("scores", Value::Int(i64::from(plan.rules.model.is_some()))),
        ("scope_open", Value::Int(i64::from(plan.has_open_scope()))),
        ("nets_credits", Value::Int(i64::from(plan.rules.unapplied_credits == UnappliedCredits::Net))),
        ("age_min", Value::Int(age_bounds(&plan.buckets).0)),
        ("age_max", Value::Int(age_bounds(&plan.buckets).1)),
        ("sales_days", Value::Int(i64::from(plan.kpis.sales_days))),
        ("loss_days", Value::Int(i64::from(plan.kpis.loss_days))),
        ("months", Value::Int(i64::from(plan.kpis.months))),
        ("rolled_from", Value::Date(day_number(days_before(as_of, plan.kpis.roll_days)))),
        ("rolled_twice_from", Value::Date(day_number(days_before(as_of, 2 * plan.kpis.roll_days)))),
        ("recovery_days", Value::Day(plan.kpis.recovery_days as i32)),
        ("recovery_from", Value::Date(day_number(recovery_from(plan, as_of)))),
        ("recovery_from_day", Value::Day(day_number(recovery_from(plan, as_of)))),
        ("recovery_to", Value::Date(day_number(days_before(as_of, plan.kpis.recovery_days)))),
        ("promises_from", Value::Date(day_number(days_before(as_of, plan.kpis.promise_window_days)))),
        ("losses_from", Value::Date(day_number(days_before(as_of, 2 * plan.kpis.loss_days)))),
        ("losses_to", Value::Date(day_number(days_before(as_of, plan.kpis.loss_days)))),
        ("vintage_from", Value::Date(day_number(month_from(as_of, VINTAGE_MONTHS)))),
        ("observed_from", Value::Date(day_number(observed_from(as_of)))),
        ("known_from", Value::Date(day_number(known_from(plan, as_of, seen.from)))),
        ("sales_from", Value::Date(day_number(sales_from(plan, as_of)))),
        ("default_company", Value::Text(plan.default_company.clone())),
        ("default_currency", Value::Text(plan.default_currency.to_string())),
    ])
}

/// Days for which an action is remembered after it last mattered; no window reaches further back.
fn remembered_days(plan: &Plan) -> u32 {
    plan.limits.remembered_days.max(plan.rules.contact_days())
}

/// The most often that a step is repeated in a cycle: so many of its contacts may be counted.
fn repeats_max(plan: &Plan) -> u32 {
    let steps = plan.rules.procedures.values().flat_map(|p| &p.steps);
    steps.filter_map(|step| step.repeat).map(|repeat| repeat.max).max().unwrap_or(1).max(1)
}

/// Episodes that ended before this day are thanked for by no step; without such a step only what ends tomorrow
/// would be, which does not exist yet.
fn receipts_from(plan: &Plan, as_of: NaiveDate) -> NaiveDate {
    let steps = plan.rules.procedures.values().flat_map(|p| &p.steps).filter(|s| s.kind == StepKind::Receipt);
    let days = steps.filter_map(|s| s.catch_up_days).max();
    days.map_or(as_of + chrono::Days::new(1), |n| days_before(as_of, n))
}

/// The first day of the month so many months before that of the as-of date.
fn month_from(as_of: NaiveDate, months: u32) -> NaiveDate {
    let first = as_of.with_day(1).unwrap_or(as_of);
    first.checked_sub_months(chrono::Months::new(months)).unwrap_or(NaiveDate::MIN)
}

/// What was settled before is forgotten of an export of open items.
fn observed_from(as_of: NaiveDate) -> NaiveDate {
    as_of.checked_sub_months(chrono::Months::new(OBSERVED_MONTHS)).unwrap_or(NaiveDate::MIN)
}

/// First day whose closing position is known in full. An export of open items shows of the past only what
/// earlier runs saw.
fn known_from(plan: &Plan, as_of: NaiveDate, seen_from: Option<NaiveDate>) -> NaiveDate {
    match plan.has_open_scope() {
        true => seen_from.unwrap_or(as_of).max(observed_from(as_of)),
        // Before any date that an input may have.
        false => NaiveDate::default() - chrono::Months::new(12 * 1_000),
    }
}

/// Sales count from here: the sales days before the end of the first month that is shown, and some more.
fn sales_from(plan: &Plan, as_of: NaiveDate) -> NaiveDate {
    days_before(month_from(as_of, plan.kpis.months.saturating_sub(1)), plan.kpis.sales_days)
}

/// Contacts count for recovery after this day: at least those of the last 30 days, which count for whoever made them.
fn recovery_from(plan: &Plan, as_of: NaiveDate) -> NaiveDate {
    days_before(as_of, plan.kpis.recovery_days + plan.kpis.recovery_window_days)
}

/// Registers a shard's tables in a session and runs the models up to the candidates; the session holds them.
///
/// # Errors
/// `Model` where a model fails, `Audit` where one repeats its grain.
pub fn transform(
    (plan, as_of): (&Plan, NaiveDate),
    models: &Models,
    session: &Session,
    shard: &mut Shard,
    timings: &StageTimings,
) -> Result<()> {
    register(plan, as_of, session, shard)?;
    for layer in [Layer::Staging, Layer::Intermediate, Layer::Candidates] {
        for model in models.of(layer) {
            timings.time(&model.name, || run(session, model))?;
            session.finish(model)?;
        }
    }
    Ok(())
}

/// The bills that a model of payment learns from.
const BILLS: &str = "int_bills";

/// Registers a shard's tables in a session, runs only the models that the bills of its accounts need, and gives the rows of those
/// bills.
///
/// # Errors
/// As `transform`.
pub fn bills(
    (plan, as_of): (&Plan, NaiveDate),
    models: &Models,
    session: &Session,
    shard: &mut Shard,
) -> Result<Vec<RecordBatch>> {
    register(plan, as_of, session, shard)?;
    for model in [Layer::Staging, Layer::Intermediate].into_iter().flat_map(|layer| models.of(layer)) {
        if model.name == BILLS || models.depends_on(BILLS, &[&model.name]) {
            run(session, model)?;
        }
    }
    let sql = "select account_key, debtor_id, currency, issue_date, payable_on, cast(amount * 100 as bigint) as amount, \
               ended_on, coalesce(is_paid, false) as is_paid from int_bills";
    session.query(BILLS, sql).map(|(_, batches)| batches)
}

/// Runs one model; the rows of a fold are made by its rule.
///
/// # Errors
/// `Model` where the engine refuses its query, or no rule has its name.
pub fn run(session: &Session, model: &Model) -> Result<()> {
    if model.kind != ModelKind::Fold {
        return session.run(model);
    }
    let (_, selected) = session.query(&model.name, &model.sql)?;
    let made = folds::rows(&model.name, &selected)?;
    session.register(&model.name, made.schema(), vec![made])
}

/// Tables of the run by their names.
pub type Periods = Vec<(&'static str, (SchemaRef, RecordBatch))>;

/// Registers what the models read: the shard's own tables, which the session has from here on, and those that follow from the
/// plan.
///
/// # Errors
/// `Internal` where a table of the plan cannot be made.
pub fn register(plan: &Plan, as_of: NaiveDate, session: &Session, shard: &mut Shard) -> Result<()> {
    let currency = plan.default_currency.to_string();
    let mut keys = Keys::new(&plan.default_company, &currency);
    let tables = std::mem::take(&mut shard.tables);
    for table in &tables {
        let (schema, batches) = keys.number(table)?;
        session.register(&format!("raw_{}", table.0), schema, batches)?;
    }
    let (schema, batch) = keys.accounts()?;
    session.register("raw_accounts", schema, vec![batch])?;
    let (schema, batch) = keys.books()?;
    session.register("raw_books", schema, vec![batch])?;
    let (schema, batch) = held_table(&shard.held)?;
    session.register("raw_held_debtors", schema, vec![batch])?;
    let voided: ArrayRef = Arc::new(StringArray::from_iter_values(&shard.voided));
    let (schema, batch) = table(vec![("action_id", DataType::Utf8, voided)])?;
    session.register("raw_voided", schema, vec![batch])?;
    let (schema, batch) = unidentified_table(&shard.unidentified)?;
    session.register("raw_unidentified", schema, vec![batch])?;
    for (name, (schema, batch)) in periods(plan, as_of)? {
        session.register(name, schema, vec![batch])?;
    }
    let (schema, batch) = age_table(&plan.buckets)?;
    session.register("run_ages", schema, vec![batch])?;
    let (schema, batch) = minimum_table(&plan.rules)?;
    session.register("run_minimums", schema, vec![batch])?;
    let (schema, batch) = tolerance_table(&plan.rules)?;
    session.register("run_tolerances", schema, vec![batch])?;
    let (schema, batch) = rate_table(plan, as_of)?;
    session.register("run_rates", schema, vec![batch])?;
    let (schema, batch) = cap_table(&plan.rules.caps)?;
    session.register("run_caps", schema, vec![batch])?;
    let (schema, batch) = step_table(&plan.rules)?;
    session.register("run_steps", schema, vec![batch])?;
    let (schema, batch) = template_table(&plan.rules)?;
    session.register("run_templates", schema, vec![batch])
}

/// The buckets, months and experiments, which the KPI models read as well.
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
    ])
}

/// The debtors of the shard that a doubtful row can touch.
fn held_table(held: &[Held]) -> Result<(SchemaRef, RecordBatch)> {
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
fn unidentified_table(sums: &BTreeMap<(String, String), i128>) -> Result<(SchemaRef, RecordBatch)> {
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
fn age_table(buckets: &[Bucket]) -> Result<(SchemaRef, RecordBatch)> {
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
fn age_bounds(buckets: &[Bucket]) -> (i64, i64) {
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

/// The least amount that each régua acts for, by currency.
fn minimum_table(rules: &Rules) -> Result<(SchemaRef, RecordBatch)> {
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
fn tolerance_table(rules: &Rules) -> Result<(SchemaRef, RecordBatch)> {
    let currencies = StringArray::from_iter_values(rules.tolerance.keys().map(ToString::to_string));
    let amounts = money(rules.tolerance.values().map(|minor| i128::from(minor.0)))?;
    let kind = DataType::Decimal128(MONEY_PRECISION, MONEY_SCALE);
    table(vec![("currency", DataType::Utf8, Arc::new(currencies)), ("tolerance_amount", kind, amounts)])
}

/// What one of a currency is in another, by quotes that are young enough.
fn rate_table(plan: &Plan, as_of: NaiveDate) -> Result<(SchemaRef, RecordBatch)> {
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
fn cap_table(caps: &[Cap]) -> Result<(SchemaRef, RecordBatch)> {
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
fn step_table(rules: &Rules) -> Result<(SchemaRef, RecordBatch)> {
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
fn template_table(rules: &Rules) -> Result<(SchemaRef, RecordBatch)> {
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

fn table(columns: Vec<(&str, DataType, ArrayRef)>) -> Result<(SchemaRef, RecordBatch)> {
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
