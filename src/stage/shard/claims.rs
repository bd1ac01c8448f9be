//! Who claims which invoice: finds invoices of two debtors, and payments or disputes about another's invoice.
//!
//! Rows travel by debtor, so within a shard such a row would just not be seen, and a paid invoice would look open.
//! While rows are spread, each one that names an invoice leaves two hashes, spread by invoice; afterwards each
//! partition is compared in memory. Everybody who names a contested invoice is held.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray, RecordBatch, StringArray};

use super::hash_of;
use crate::error::{Error, Result};

/// The tables whose rows name a debtor and an invoice; the first owns the invoices.
pub(super) const CLAIMING: [&str; 6] = ["invoices", "payments", "promises", "disputes", "listings", "placements"];

/// One claim on disk: hash of the invoice, hash of the debtor.
const CLAIM_BYTES: usize = 16;

/// The claims of one table, spread by invoice.
pub(super) struct ClaimWriter<'a> {
    folder: &'a Path,
    table: &'static str,
    files: Vec<Option<BufWriter<File>>>,
}

fn path(folder: &Path, table: &str, partition: usize) -> PathBuf {
    folder.join(format!("{table}-claims-{partition:05}"))
}

/// The columns of a batch that make a claim.
fn columns(batch: &RecordBatch) -> Option<(&StringArray, &StringArray)> {
    let text = |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
    text("invoice_id").zip(text("debtor_id"))
}

impl<'a> ClaimWriter<'a> {
    pub(super) fn new(folder: &'a Path, table: &'static str, partitions: u32) -> ClaimWriter<'a> {
        ClaimWriter { folder, table, files: (0..partitions).map(|_| None).collect() }
    }

    pub(super) fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        if !CLAIMING.contains(&self.table) {
            return Ok(());
        }
        let Some((invoices, debtors)) = columns(batch) else { return Ok(()) };
        let partitions = self.files.len();
        for (invoice, debtor) in invoices.iter().zip(debtors.iter()) {
            let Some((invoice, debtor)) = invoice.zip(debtor) else { continue };
            let invoice = hash_of(invoice);
            let mut claim = [0; CLAIM_BYTES];
            claim[..8].copy_from_slice(&invoice.to_le_bytes());
            claim[8..].copy_from_slice(&hash_of(debtor).to_le_bytes());
            self.write((invoice % partitions as u64) as usize, &claim)?;
        }
        Ok(())
    }

    fn write(&mut self, partition: usize, claim: &[u8]) -> Result<()> {
        let path = path(self.folder, self.table, partition);
        let file = match &mut self.files[partition] {
            Some(file) => file,
            slot => {
                let file = File::create(&path).map_err(Error::file(&path))?;
                slot.insert(BufWriter::with_capacity(1 << 14, file))
            }
        };
        file.write_all(claim).map_err(Error::file(path))
    }

    pub(super) fn finish(self) -> Result<()> {
        for mut file in self.files.into_iter().flatten() {
            file.flush().map_err(Error::file(self.folder))?;
        }
        Ok(())
    }
}

/// Hashes of the invoices that more than one debtor claims; invoices that no snapshot holds are nobody's.
pub(super) fn contested(folder: &Path, partitions: u32) -> Result<HashSet<u64>> {
    let mut contested = HashSet::new();
    for partition in 0..partitions as usize {
        let mut owners: HashMap<u64, u64> = HashMap::new();
        for table in CLAIMING {
            let path = path(folder, table, partition);
            for_each_claim(&path, |invoice, debtor| {
                let owner = if table == CLAIMING[0] {
                    Some(*owners.entry(invoice).or_insert(debtor))
                } else {
                    owners.get(&invoice).copied()
                };
                if owner.is_some_and(|owner| owner != debtor) {
                    contested.insert(invoice);
                }
            })?;
        }
    }
    Ok(contested)
}

fn for_each_claim(path: &Path, mut each: impl FnMut(u64, u64)) -> Result<()> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(Error::file(path)(e)),
    };
    let mut reader = BufReader::with_capacity(1 << 18, file);
    let mut claim = [0; CLAIM_BYTES];
    loop {
        match reader.read_exact(&mut claim) {
            Ok(()) => {
                let (invoice, debtor) = claim.split_at(8);
                each(number(invoice), number(debtor));
            }
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(e) => return Err(Error::file(path)(e)),
        }
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The rows of a batch that name a contested invoice.
pub(super) fn rows_about(batch: &RecordBatch, contested: &HashSet<u64>) -> Vec<usize> {
    let Some((invoices, _)) = columns(batch).filter(|_| !contested.is_empty()) else { return Vec::new() };
    let is_contested = |row: &usize| invoices.is_valid(*row) && contested.contains(&hash_of(invoices.value(*row)));
    (0..batch.num_rows()).filter(is_contested).collect()
}
