//! Debtors whom another input spells otherwise: zeros that a column of numbers loses, capitals, signs. Nothing proves that
//! they are the same, so their rows count for nobody; but whoever is spelt alike is left alone.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use foldhash::HashSet;

use super::doubts::Strangers;
use super::outcome::Outcome;
use super::{Groups, hash_of, text};
use crate::domain::names::spelt_plainly;
use crate::error::{Error, Lines, Result};
use crate::stage::{BadRow, Snapshots};

/// Hashes of the plain spellings of the debtors of some rows that the debtors snapshot does not know.
pub(super) fn strange(batch: &RecordBatch, groups: &Groups, counts: impl Fn(usize) -> bool) -> HashSet<u64> {
    let Some(debtors) = text(batch, "debtor_id") else { return HashSet::default() };
    let rows = (0..debtors.len()).filter(|row| debtors.is_valid(*row) && counts(*row));
    let unknown = rows.map(|row| debtors.value(row)).filter(|debtor| !groups.knows(debtor));
    unknown.map(spelt_plainly).filter(|plain| !plain.is_empty()).map(|plain| hash_of(&plain)).collect()
}

/// Those of all inputs, and of rows that cannot be read.
pub(super) fn all(outcome: &Outcome, groups: &Groups) -> HashSet<u64> {
    let unread = outcome.bad.iter().filter_map(|bad| bad.debtor_id.as_deref()).filter(|debtor| !groups.knows(debtor));
    let unread = unread.map(spelt_plainly).filter(|plain| !plain.is_empty()).map(|plain| hash_of(&plain));
    outcome.strangers.values().flat_map(|s| s.spelt.iter().copied()).chain(unread).collect()
}

/// The debtors who are spelt so, each with a warning for the quarantine.
pub(super) fn spelt_alike(snapshots: &Snapshots, strange: &HashSet<u64>) -> Result<Vec<(String, BadRow)>> {
    let mut found = Vec::new();
    let Some(debtors) = snapshots.get("debtors").filter(|_| !strange.is_empty()) else { return Ok(found) };
    debtors.for_each_batch(|conformed| {
        let rows = conformed.batch.column_by_name("source_row").and_then(|c| c.as_primitive_opt::<Int64Type>());
        for (row, debtor) in text(&conformed.batch, "debtor_id").into_iter().flatten().enumerate() {
            let alike = debtor.filter(|debtor| strange.contains(&hash_of(&spelt_plainly(debtor))));
            let at = rows.map_or(0, |rows| rows.value(row));
            let warning =
                || BadRow::warning("debtors", at, "debtor_id", "spelt otherwise in another input", "spelt_otherwise");
            found.extend(alike.map(|debtor| (debtor.to_owned(), warning())));
        }
        Ok(())
    })?;
    Ok(found)
}

/// So few debtors who are spelt otherwise are slips, and not the form of an export.
const RESPELT_MIN: usize = 3;

/// Most invoices name nobody, and most of whom they name is there under another spelling: everybody would be held, and a run
/// that writes to nobody looks like a quiet day.
///
/// # Errors
/// `Contract`.
pub(super) fn refuse_respelt(invoices: Option<&Strangers>, alike: &[(String, BadRow)]) -> Result<()> {
    let Some(invoices) = invoices else { return Ok(()) };
    let is_meant = |debtor: &&str| invoices.spelt.contains(&hash_of(&spelt_plainly(debtor)));
    let meant = alike.iter().map(|(debtor, _)| debtor.as_str()).filter(is_meant).count();
    if meant < RESPELT_MIN || invoices.unknown * 2 <= invoices.rows || meant * 2 <= invoices.spelt.len() {
        return Ok(());
    }
    Err(Error::Contract(Lines(vec![format!(
        "invoices snapshot: the debtors of {} of its {} rows are not in the debtors snapshot, and {meant} debtors are there under \
         another spelling (leading zeros, capitals or signs), so most would be held; write debtor_id as in the debtors snapshot",
        invoices.unknown, invoices.rows
    )])))
}
