//! How each debtor answers and what its contacts led to: by channel as SQL counted it, by hour where the debtor is.

use std::collections::HashMap;

use arrow::array::AsArray;
use arrow::datatypes::TimestampMicrosecondType;
use chrono::{DateTime, Utc};

use super::{Rows, int};
use crate::domain::calendar::{Calendar, hour_of};
use crate::domain::portfolio::Debtor;
use crate::domain::procedure::Channel;
use crate::domain::responses::{ChannelResponses, ResponseHistory};
use crate::error::Result;
use crate::io::engine::Session;
use crate::stage::Contacted;

/// Gives every debtor its answers, and what its contacts led to.
pub(super) fn fill(session: &Session, calendar: &Calendar, debtors: &mut [Debtor]) -> Result<()> {
    let mut by_channel = by_channel(&Rows::of(session, "cnd_answers")?)?;
    let mut times = times(&Rows::of(session, "cnd_answer_times")?)?;
    let mut contacted = Contacted::of("cnd_responses", &session.table("cnd_responses")?.1)?;
    for debtor in debtors {
        // Where its zone is not known, no hour of its day is.
        let zone = calendar.place_of(debtor.whereabouts()).and_then(|place| place.zone());
        let mut by_hour = [0; 24];
        let answered = times.remove(&debtor.debtor_id).unwrap_or_default();
        for hour in answered.into_iter().filter_map(|time| hour_of(time, zone?)) {
            by_hour[hour as usize % 24] += 1;
        }
        let by_channel = by_channel.remove(&debtor.debtor_id).unwrap_or_default();
        debtor.responses = ResponseHistory { by_channel, by_hour };
        debtor.outcomes = contacted.take(&debtor.debtor_id, zone);
    }
    Ok(())
}

fn by_channel(rows: &Rows) -> Result<HashMap<String, Vec<ChannelResponses>>> {
    let (id, channel) = (rows.texts("debtor_id")?, rows.texts("channel")?);
    let (contacts, answered) = (rows.ints("contacts")?, rows.ints("answered")?);
    let mut answers: HashMap<String, Vec<ChannelResponses>> = HashMap::new();
    for row in 0..rows.len() {
        let Some(channel) = Channel::parse(channel.get(row)) else { continue };
        let count = |ints| int(ints, row).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        let known = ChannelResponses { channel, contacts: count(contacts), answered: count(answered) };
        answers.entry(id.get(row).to_owned()).or_default().push(known);
    }
    Ok(answers)
}

fn times(rows: &Rows) -> Result<HashMap<String, Vec<DateTime<Utc>>>> {
    let id = rows.texts("debtor_id")?;
    let instants = rows.array("answered_at")?.as_primitive_opt::<TimestampMicrosecondType>();
    let instants = instants.ok_or_else(|| rows.lacks("answered_at"))?;
    let mut times: HashMap<String, Vec<DateTime<Utc>>> = HashMap::new();
    for (row, instant) in instants.iter().enumerate() {
        let instant = instant.and_then(DateTime::from_timestamp_micros);
        times.entry(id.get(row).to_owned()).or_default().extend(instant);
    }
    Ok(times)
}
