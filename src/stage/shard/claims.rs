//! Who claims which invoice: finds invoices of two debtors, payments or disputes about another's invoice, and payments
//! in another currency than their invoice.
//!
//! Rows travel by debtor, so within a shard such a row would just not be seen, and a paid invoice would look open.
//! While rows are spread, each one that names an invoice leaves three hashes, spread by invoice; afterwards each
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

/// One claim on disk: hashes of the invoice, of the debtor, and of the currency (0 where the table has none).
const CLAIM_BYTES: usize = 24;

/// The claims of one table, spread by invoice.
pub(super) struct ClaimWriter<'a> {
    folder: &'a Path,
    table: &'static str,
    default_currency: u64,
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
    pub(super) fn new(
        folder: &'a Path,
        table: &'static str,
        partitions: u32,
        default_currency: &str,
    ) -> ClaimWriter<'a> {
        let files = (0..partitions).map(|_| None).collect();
        ClaimWriter { folder, table, default_currency: hash_of(default_currency), files }
    }

    pub(super) fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        if !CLAIMING.contains(&self.table) {
            return Ok(());
        }
        let Some((invoices, debtors)) = columns(batch) else { return Ok(()) };
        let currencies = batch.column_by_name("currency").and_then(|c| c.as_string_opt::<i32>());
        let partitions = self.files.len();
        for (row, (invoice, debtor)) in invoices.iter().zip(debtors.iter()).enumerate() {
            let Some((invoice, debtor)) = invoice.zip(debtor) else { continue };
            let currency = match currencies {
                Some(codes) if codes.is_valid(row) => hash_of(codes.value(row)),
                Some(_) => self.default_currency,
                None => 0,
            };
            let invoice = hash_of(invoice);
            let mut claim = [0; CLAIM_BYTES];
            for (bytes, hash) in claim.chunks_exact_mut(8).zip([invoice, hash_of(debtor), currency]) {
                bytes.copy_from_slice(&hash.to_le_bytes());
            }
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

/// Hashes of the invoices that more than one debtor, or more than one currency, claims; invoices that no snapshot holds are nobody's.
pub(super) fn contested(folder: &Path, partitions: u32) -> Result<HashSet<u64>> {
    let mut contested = HashSet::new();
    for partition in 0..partitions as usize {
        let mut owners: HashMap<u64, [u64; 2]> = HashMap::new();
        for table in CLAIMING {
            for_each_claim(&path(folder, table, partition), |[invoice, debtor, currency]| {
                let owner = match owners.get(&invoice) {
                    None if table == CLAIMING[0] => *owners.entry(invoice).or_insert([debtor, currency]),
                    None => return,
                    Some(owner) => *owner,
                };
                if owner[0] != debtor || (currency != 0 && owner[1] != currency) {
                    contested.insert(invoice);
                }
            })?;
        }
    }
    Ok(contested)
}

fn for_each_claim(path: &Path, mut each: impl FnMut([u64; 3])) -> Result<()> {
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
                each([number(&claim[..8]), number(&claim[8..16]), number(&claim[16..])]);
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
