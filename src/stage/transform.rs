//! Transform: one shard's snapshots through the SQL of staging, intermediate and candidates.

pub(super) mod folds;
mod keys;
mod tables;

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, SchemaRef};
use chrono::{Datelike, NaiveDate};

use self::keys::Keys;
pub use self::tables::periods;
use self::tables::{
    age_bounds, age_table, cap_table, held_table, minimum_table, rate_table, step_table, table, template_table,
    tolerance_table, unidentified_table,
};
use super::{Shard, day_number};
use crate::config::Plan;
use crate::domain::decision::Rules;
use crate::domain::portfolio::UnappliedCredits;
use crate::domain::procedure::{StepKind, days_before};
use crate::error::Result;
use crate::io::engine::{Layer, Model, ModelKind, Models, Session, Value, Variables};
use crate::runtime::timings::StageTimings;

/// Months before that of the as-of date whose vintages are shown.
const VINTAGE_MONTHS: u32 = 24;
/// Months for which a settled item of an export of open items is remembered: the longest window, two years of losses, fits.
const OBSERVED_MONTHS: u32 = 25;

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
        ("outcome_days", Value::Day(plan.rules.outcome_days() as i32)),
        ("scores", Value::Int(i64::from(plan.rules.model.is_some()))),
        ("told_from", Value::Date(day_number(told_from(plan, as_of)))),
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

/// The day of the first model of which it is asked what it told; the as-of date where none is.
fn told_from(plan: &Plan, as_of: NaiveDate) -> NaiveDate {
    plan.rules.models_told.first().map_or(as_of, |model| model.as_of)
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
            timings.time(&model.name, || run((&plan.rules, as_of), session, model))?;
            session.finish(model)?;
        }
    }
    Ok(())
}

/// What a model learns from: how bills were paid, what contacts led to, and where the debtors are who were contacted.
const BILLS: &str = "int_bills";
const RESPONSES: &str = "int_responses";
const DEBTORS: &str = "stg_debtors";

/// What a shard teaches, as rows.
#[derive(Debug)]
pub struct Lessons {
    /// Of `int_bills`, amounts in minor units.
    pub bills: Vec<RecordBatch>,
    /// Of `int_responses`.
    pub responses: Vec<RecordBatch>,
    /// Of `stg_debtors`.
    pub debtors: Vec<RecordBatch>,
}

/// Registers a shard's tables in a session, and runs only the models that its lessons and these facts need.
///
/// # Errors
/// As `transform`.
pub fn lessons(
    (plan, as_of): (&Plan, NaiveDate),
    models: &Models,
    (session, facts): (&Session, &[&str]),
    shard: &mut Shard,
) -> Result<Lessons> {
    let needed = [BILLS, RESPONSES, DEBTORS].iter().chain(facts).copied();
    run_leading_to((plan, as_of), models, session, &needed.collect::<Vec<_>>(), shard)?;
    let rows = |model, sql| session.query(model, sql).map(|(_, batches)| batches);
    Ok(Lessons {
        bills: rows(
            BILLS,
            "select account_key, debtor_id, currency, issue_date, payable_on, cast(amount * 100 as bigint) as amount, \
             ended_on, coalesce(is_paid, false) as is_paid from int_bills",
        )?,
        responses: rows(RESPONSES, "select debtor_id, channel, contacted_at, has_succeeded from int_responses")?,
        debtors: rows(DEBTORS, "select debtor_id, country, state, city, time_zone from stg_debtors")?,
    })
}

/// What each action of a shard came to whose outcome days are over: `action_id` and `has_succeeded`.
///
/// # Errors
/// As `transform`.
pub fn outcomes_of_actions(
    (plan, as_of): (&Plan, NaiveDate),
    models: &Models,
    session: &Session,
    shard: &mut Shard,
) -> Result<Vec<RecordBatch>> {
    run_leading_to((plan, as_of), models, session, &[RESPONSES], shard)?;
    let sql = "select asked.action_id, bool_or(responses.has_succeeded) as has_succeeded \
               from int_asked as asked \
               inner join int_responses as responses \
                   on asked.debtor_id = responses.debtor_id \
                   and asked.channel = responses.channel \
                   and asked.contacted_at = responses.contacted_at \
                   and coalesce(asked.company_id, '') = coalesce(responses.company_id, '') \
               where asked.has_reached and asked.action_id is not null \
               group by asked.action_id";
    session.query(RESPONSES, sql).map(|(_, batches)| batches)
}

/// Registers a shard's tables, and runs the models that these are or read.
fn run_leading_to(
    (plan, as_of): (&Plan, NaiveDate),
    models: &Models,
    session: &Session,
    readers: &[&str],
    shard: &mut Shard,
) -> Result<()> {
    register(plan, as_of, session, shard)?;
    let is_needed = |name: &str| readers.iter().any(|reader| name == *reader || models.depends_on(reader, &[name]));
    let layers = [Layer::Staging, Layer::Intermediate].into_iter();
    layers
        .flat_map(|layer| models.of(layer))
        .filter(|model| is_needed(&model.name))
        .try_for_each(|model| run((&plan.rules, as_of), session, model))
}

/// Runs one model; the rows of a fold are made by its rule.
///
/// # Errors
/// `Model` where the engine refuses its query, or no rule has its name.
pub fn run((rules, as_of): (&Rules, NaiveDate), session: &Session, model: &Model) -> Result<()> {
    if model.kind != ModelKind::Fold {
        return session.run(model);
    }
    let (_, selected) = session.query(&model.name, &model.sql)?;
    let made = folds::rows((rules, day_number(as_of)), &model.name, &selected)?;
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
