//! What chance had a share in: the published actions of the simulated days that have a propensity, what came of them, and what a policy
//! does in their place. docs/simulate.md has the rules, `domain/learning/weighing.rs` the sums.

use std::collections::{BTreeMap, HashMap};

use arrow::array::{AsArray, RecordBatch};
use chrono::{Days, NaiveDate};
use tokio::runtime::Handle;

use super::{Policy, Request};
use crate::config::Plan;
use crate::domain::learning::weighing::{Contact, weigh};
use crate::domain::procedure::Channel;
use crate::error::{Damage, Error, Result};
use crate::io::engine::{Engine, Models};
use crate::io::log::Log;
use crate::io::store::Store;
use crate::io::tables::{Row, Tables, rows};
use crate::report::simulation::ByPropensity;
use crate::runtime::parallel::map_ordered;
use crate::runtime::progress::Silent;
use crate::stage::{History, shard, transform};

/// Who is written to on a day, and by which step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Choice {
    day: NaiveDate,
    company_id: String,
    debtor_id: String,
    currency: String,
    step_id: String,
}

/// What was chosen, and with which chance.
#[derive(Clone, Debug)]
struct Taken {
    action_id: String,
    channel: String,
    propensity: f64,
}

/// The choices of the simulated days in which chance had a share.
#[derive(Debug, Default)]
pub(super) struct Drawn(BTreeMap<Choice, Taken>);

const COLUMNS: [&str; 8] =
    ["action_id", "as_of_date", "company_id", "debtor_id", "currency", "step_id", "channel", "propensity"];

impl Choice {
    fn of(day: NaiveDate, action: &Row<'_>) -> Choice {
        let [company_id, debtor_id, currency, step_id] =
            ["company_id", "debtor_id", "currency", "step_id"].map(|name| action.text(name));
        Choice { day, company_id, debtor_id, currency, step_id }
    }
}

impl Drawn {
    /// Of what was published of these days; actions of versions that knew no propensity have none.
    ///
    /// # Errors
    /// `PublishedDamaged`, `Unavailable`.
    pub(super) fn of(output: &Store, log: &Log, request: &Request) -> Result<Drawn> {
        let mut drawn = BTreeMap::new();
        let records = log.records.iter().filter(|record| (request.from..=request.to).contains(&record.as_of));
        for record in records {
            let read = Tables::of_record(output, record).for_each_row("actions", &COLUMNS, |action| {
                if let Some(propensity) = action.float("propensity").filter(|propensity| *propensity > 0.0) {
                    let [action_id, channel] = ["action_id", "channel"].map(|name| action.text(name));
                    drawn.insert(Choice::of(record.as_of, &action), Taken { action_id, channel, propensity });
                }
                Ok(())
            });
            match read {
                Err(Error::PublishedDamaged { damage: Damage::ColumnMissing { .. }, .. }) => {}
                read => read?,
            }
        }
        Ok(Drawn(drawn))
    }

    /// With what became of them by the last simulated day; those whose days are not over, or that reached nobody, say nothing.
    ///
    /// # Errors
    /// As the stages of a run.
    pub(super) fn judged(self, policy: &Policy<'_>, to: NaiveDate, runtime: &Handle) -> Result<Judged> {
        let outcome_days = policy.plan.rules.response_model.outcome_days;
        let last = to.checked_sub_days(Days::new(u64::from(outcome_days) + 1)).unwrap_or(NaiveDate::MIN);
        let outcomes = if self.0.is_empty() { HashMap::new() } else { outcomes(policy, to, runtime)? };
        let judged = |(choice, taken): (Choice, Taken)| {
            let has_succeeded = *outcomes.get(&taken.action_id)?;
            (choice.day <= last).then_some((choice, (taken, has_succeeded)))
        };
        let is_drawn = !self.0.is_empty();
        Ok(Judged { choices: self.0.into_iter().filter_map(judged).collect(), is_drawn, last, outcome_days })
    }
}

/// Action = whether payment or a promise followed, by all that is known on the last day.
fn outcomes(policy: &Policy<'_>, to: NaiveDate, runtime: &Handle) -> Result<HashMap<String, bool>> {
    let Policy { plan, snapshots, .. } = policy;
    let plan: &Plan = plan;
    let models = Models::read(plan.sql.iter().map(|f| (f.path.as_str(), f.text.as_str())))?;
    let shards = shard::spread(plan, to, snapshots, &History::default(), &Silent)?;
    let variables = transform::variables(plan, to, transform::Seen::default());
    let engine = Engine::new(runtime, plan.limits.memory_bytes_max, variables)?.led_by_the_first_shard();
    let mut found = HashMap::new();
    let of_shard = |number| {
        let (session, mut shard) = (engine.session_of(number), shards.open(number)?);
        transform::outcomes_of_actions((plan, to), &models, &session, &mut shard)
    };
    map_ordered(shards.count(), plan.limits.workers, of_shard, |batches| {
        for batch in &batches {
            let ids = batch.column_by_name("action_id").and_then(|column| column.as_string_opt::<i32>());
            let succeeded = batch.column_by_name("has_succeeded").and_then(|column| column.as_boolean_opt());
            let pairs = ids.zip(succeeded).into_iter().flat_map(|(ids, succeeded)| ids.iter().zip(succeeded));
            found.extend(pairs.filter_map(|(id, has_succeeded)| Some((id?.to_owned(), has_succeeded?))));
        }
        Ok(())
    })?;
    Ok(found)
}

/// The choices of which it is known what they led to.
#[derive(Debug)]
pub(super) struct Judged {
    choices: BTreeMap<Choice, (Taken, bool)>,
    /// Chance had a share, whether or not anything is known of it yet.
    is_drawn: bool,
    /// The last day of which it can be known.
    last: NaiveDate,
    outcome_days: u32,
}

/// What a policy does in their place.
pub(super) struct Beside<'j> {
    judged: &'j Judged,
    channels: BTreeMap<&'j Choice, String>,
    /// Messages of the days of which outcomes can be known.
    messages: u64,
}

impl<'j> Beside<'j> {
    pub(super) fn new(judged: &'j Judged) -> Beside<'j> {
        Beside { judged, channels: BTreeMap::new(), messages: 0 }
    }

    /// Looks at what the policy does on a day.
    pub(super) fn add(&mut self, day: NaiveDate, actions: &RecordBatch) {
        if self.judged.choices.is_empty() || day > self.judged.last {
            return;
        }
        for action in rows(std::slice::from_ref(actions)) {
            let channel = action.text("channel");
            self.messages += u64::from(Channel::parse(&channel) != Some(Channel::Instruction));
            if let Some((choice, _)) = self.judged.choices.get_key_value(&Choice::of(day, &action)) {
                self.channels.insert(choice, channel);
            }
        }
    }

    /// What the contacts of the past would have come to by its channels.
    pub(super) fn told(&self, plan: &Plan) -> ByPropensity {
        if !self.judged.is_drawn {
            return ByPropensity::undrawn();
        }
        if plan.rules.response_model.explore > 0 {
            return ByPropensity::draws_itself();
        }
        let contacts = self.channels.iter().map(|(choice, channel)| {
            let (taken, has_succeeded) = &self.judged.choices[*choice];
            Contact {
                debtor_id: &choice.debtor_id,
                propensity: taken.propensity,
                is_same: taken.channel == *channel,
                has_succeeded: *has_succeeded,
            }
        });
        let (drawn, weighed) = (self.judged.choices.len() as u64, weigh(contacts));
        ByPropensity::weighed(drawn, self.judged.outcome_days, self.messages, &weighed)
    }
}
