//! What the contacts of each debtor led to, from the rows that a query selected.

use std::collections::HashMap;

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::datatypes::TimestampMicrosecondType;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::Columns;
use crate::domain::calendar::{Calendar, Whereabouts, hour_of};
use crate::domain::learning::responses::Outcomes;
use crate::domain::procedure::Channel;
use crate::error::Result;

/// Contacts whose outcome days are over, by debtor.
pub(in crate::stage) struct Contacted(HashMap<String, Vec<(Channel, DateTime<Utc>, bool)>>);

impl Contacted {
    /// Of rows of `int_responses`, or of `cnd_responses`.
    ///
    /// # Errors
    /// `Model` where a column is not there.
    pub(in crate::stage) fn of(model: &str, batches: &[RecordBatch]) -> Result<Contacted> {
        let selected = Columns::new(model, batches);
        let mut by_debtor: HashMap<String, Vec<(Channel, DateTime<Utc>, bool)>> = HashMap::new();
        for batch in batches {
            let (ids, channels) = (selected.texts(batch, "debtor_id")?, selected.texts(batch, "channel")?);
            let times = selected.of::<TimestampMicrosecondType>(batch, "contacted_at")?;
            let succeeded = selected.array(batch, "has_succeeded")?.as_boolean_opt();
            let succeeded = succeeded.ok_or_else(|| selected.lacks("has_succeeded"))?;
            for row in 0..batch.num_rows() {
                let at = DateTime::from_timestamp_micros(times.value(row));
                let Some((channel, at)) = Channel::parse(channels.value(row)).zip(at) else { continue };
                let contacts = by_debtor.entry(ids.value(row).to_owned()).or_default();
                contacts.push((channel, at, succeeded.value(row)));
            }
        }
        Ok(Contacted(by_debtor))
    }

    /// Of one debtor, by the hours of its own day, as far as they are known.
    pub(in crate::stage) fn take(&mut self, debtor_id: &str, zone: Option<Tz>) -> Outcomes {
        let mut outcomes = Outcomes::default();
        for (channel, at, has_succeeded) in self.0.remove(debtor_id).unwrap_or_default() {
            outcomes.add(channel, zone.and_then(|zone| hour_of(at, zone)), has_succeeded);
        }
        outcomes
    }
}

/// Who was contacted, and what it came to: of rows of `int_responses` and of `stg_debtors`.
///
/// # Errors
/// `Model` where a column is not there.
pub(in crate::stage) fn outcomes(
    responses: &[RecordBatch],
    debtors: &[RecordBatch],
    calendar: &Calendar,
) -> Result<Vec<Outcomes>> {
    let mut contacted = Contacted::of("int_responses", responses)?;
    let selected = Columns::new("stg_debtors", debtors);
    let mut all = Vec::new();
    for batch in debtors {
        let [id, country, state, city, time_zone] =
            ["debtor_id", "country", "state", "city", "time_zone"].map(|name| selected.texts(batch, name));
        let (id, country, state, city, time_zone) = (id?, country?, state?, city?, time_zone?);
        for row in 0..batch.num_rows() {
            let text = |column: &'_ StringArray| column.is_valid(row).then(|| column.value(row).to_owned());
            let [country, state, city, time_zone] = [country, state, city, time_zone].map(text);
            let whereabouts = Whereabouts {
                country: country.as_deref(),
                state: state.as_deref(),
                city: city.as_deref(),
                time_zone: time_zone.as_deref(),
            };
            let zone = calendar.place_of(whereabouts).and_then(|place| place.zone());
            all.push(contacted.take(id.value(row), zone));
        }
    }
    Ok(all)
}
