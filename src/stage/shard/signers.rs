//! Who signed which agreement: its items name no debtor, and protect whatever they cover for each of its signers.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch, StringArray, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::Int64Type;
use foldhash::{HashMap, HashSet};

use super::{failed, hash_of, with_column};
use crate::error::Result;
use crate::stage::BadRow;

/// Who signed which agreement, by its hash.
#[derive(Default)]
pub(super) struct Signers {
    pub(super) by_agreement: HashMap<u64, BTreeSet<String>>,
    /// Signer and agreement of which a row is bad: an instalment that nobody can read may be the one that is owed.
    pub(super) doubtful: HashSet<(u64, u64)>,
}

/// Whoever numbers all agreements alike has no agreement of so many debtors.
const SIGNERS_MAX: usize = 100;

impl Signers {
    /// Whoever signed an agreement, unless so many did that its number says nothing.
    pub(super) fn of(&self, agreement: u64) -> BTreeSet<String> {
        let signed = self.by_agreement.get(&agreement).filter(|signers| signers.len() <= SIGNERS_MAX);
        signed.cloned().unwrap_or_default()
    }

    /// Takes down of which agreements a row is bad; whom that touches. An agreement is kept or broken signer by signer; a row
    /// without one may be anybody's.
    pub(super) fn doubt(&mut self, bad: &[BadRow]) -> BTreeSet<String> {
        let mut touched = BTreeSet::new();
        for bad in bad.iter().filter(|bad| bad.table == "agreements") {
            let Some(agreement) = bad.agreement_id.as_deref().map(hash_of) else { continue };
            let whose =
                bad.debtor_id.as_ref().map_or_else(|| self.of(agreement), |debtor| BTreeSet::from([debtor.clone()]));
            self.doubtful.extend(whose.iter().map(|debtor| (hash_of(debtor), agreement)));
            touched.extend(whose);
        }
        touched
    }
}

/// The items of agreements once for each who signed; an agreement that nobody signed covers nothing, and whoever owes
/// what it names is held.
pub(super) fn signed(batch: &RecordBatch, signers: &Signers, bad: &mut Vec<BadRow>) -> Result<RecordBatch> {
    let text = |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
    let (mut rows, mut debtors) = (Vec::new(), Vec::new());
    let places = batch.column_by_name("source_row").and_then(|c| c.as_primitive_opt::<Int64Type>());
    if let (Some(ids), Some(invoices), Some(places)) = (text("agreement_id"), text("invoice_id"), places) {
        for (row, id) in ids.iter().enumerate() {
            let id = id.map(hash_of).unwrap_or_default();
            let invoice_id = || invoices.is_valid(row).then(|| invoices.value(row).to_owned());
            let Some(of_agreement) = signers.by_agreement.get(&id) else {
                bad.push(BadRow::unknown_agreement(places.value(row), invoice_id()));
                continue;
            };
            if of_agreement.len() > SIGNERS_MAX {
                bad.push(BadRow::crowded_agreement(places.value(row), invoice_id()));
                continue;
            }
            if of_agreement.iter().any(|signer| signers.doubtful.contains(&(hash_of(signer), id))) {
                bad.push(BadRow::doubtful_agreement(places.value(row), invoice_id()));
            }
            rows.extend(of_agreement.iter().map(|_| row as u32));
            debtors.extend(of_agreement.iter().map(String::as_str));
        }
    }
    let rows = take_record_batch(batch, &UInt32Array::from(rows)).map_err(failed)?;
    with_column(&rows, "debtor_id", Arc::new(StringArray::from(debtors)))
}
