//! What an input holds, for a first look at a new export: counts, ranges and shares, never personal data.
//!
//! One pass over every input. Two hashes are kept of each row, so ten million rows take 160 MB.

use std::collections::{BTreeMap, HashMap, HashSet};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Decimal128Type, Int64Type};
use chrono::NaiveDate;
use twox_hash::XxHash64;

use super::dates::{self, Midnights, date_of};
use super::{InputStatus, Snapshot};
use crate::contract::Kind;
use crate::domain::tax_id::Cnpj;
use crate::error::Result;

/// A group of more debtors, and of more than this share of all, is a value that stands for none.
const PLACEHOLDER_DEBTORS: u64 = 100;
const PLACEHOLDER_PERCENT: u64 = 5;

/// The least and the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range<T> {
    /// The least.
    pub from: T,
    /// The greatest.
    pub to: T,
}

/// A group that may stand for no group: where it comes from, and how many debtors it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    /// `group_id`, or `tax_id` where the CNPJ root groups them.
    pub column: &'static str,
    /// Debtors in that group.
    pub debtors: u64,
}

/// Payments that name an invoice, and those of them whose invoice is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Matched {
    /// Rows that name an invoice.
    pub naming: u64,
    /// Those of them whose invoice is in the snapshot.
    pub matched: u64,
    /// Minor units of any currency.
    pub naming_minor: i128,
    /// Their amounts, in hundredths of any currency.
    pub matched_minor: i128,
}

/// What one input holds.
#[derive(Debug, Default)]
pub struct Profile {
    /// The input.
    pub table: &'static str,
    /// Rows, the bad ones included.
    pub rows: u64,
    /// Rows that are not as the contract asks, by column and reason.
    pub bad: BTreeMap<(&'static str, &'static str), u64>,
    /// Rows of a key that stands before, and say the same, or something else.
    pub repeated_equal: u64,
    /// The same, with other values.
    pub repeated_conflicting: u64,
    /// Optional columns of the file that are null somewhere, and how often.
    pub nulls: Vec<(&'static str, u64)>,
    /// Column = its first and last date.
    pub dates: Vec<(&'static str, Range<NaiveDate>)>,
    /// By currency; minor units, as hundredths.
    pub amounts: BTreeMap<String, Range<i128>>,
    /// Why = rows that are skipped and are no errors.
    pub passed_over: BTreeMap<&'static str, u64>,
    /// Dates that mean "none".
    pub null_dates: u64,
    /// Which of its columns of dates hold midnights.
    pub midnights: Midnights,
    /// Groups that may stand for none.
    pub placeholders: Vec<Placeholder>,
    /// Rows of the debtors snapshot.
    pub debtors: u64,
    /// Of payments.
    pub matched: Option<Matched>,
}

/// What is counted on the way.
#[derive(Default)]
struct Counts {
    profile: Profile,
    nulls: Vec<u64>,
    days: Vec<Option<Range<i32>>>,
    /// Key and content.
    keys: Vec<(i64, i64)>,
    groups: HashMap<(&'static str, u64), u64>,
}

/// Profiles every input that can be read; the invoices first, because payments are looked up in them.
///
/// # Errors
/// As reading does.
pub fn profile(seen: &mut [InputStatus]) -> Result<Vec<Profile>> {
    let mut invoices = HashSet::new();
    let mut profiles = Vec::new();
    let is_readable = |input: &&mut InputStatus| input.errors.is_empty() && input.objects() > 0;
    for input in seen.iter_mut().filter(is_readable) {
        profiles.push(profile_of(&mut input.snapshot, &mut invoices)?);
    }
    Ok(profiles)
}

fn profile_of(snapshot: &mut Snapshot, invoices: &mut HashSet<u64>) -> Result<Profile> {
    let midnights = dates::midnights(&snapshot.rules, &snapshot.sources, true)?;
    snapshot.rules.utc_days = midnights.columns_of_days();
    let columns = snapshot.rules.columns.len();
    let mut counts = Counts { nulls: vec![0; columns], days: vec![None; columns], ..Counts::default() };
    let table = snapshot.table.name;
    counts.profile = Profile { table, rows: snapshot.rows(), midnights, matched: None, ..Profile::default() };
    snapshot.for_each_batch(|conformed| {
        let bad = conformed.bad.iter().filter(|bad| !bad.is_warning);
        bad.for_each(|bad| *counts.profile.bad.entry((bad.column, bad.reason)).or_default() += 1);
        for (why, rows) in &conformed.passed_over {
            *counts.profile.passed_over.entry(why).or_default() += rows;
        }
        counts.profile.null_dates += conformed.null_dates;
        counts.take(snapshot, &conformed.batch);
        match table {
            "invoices" => invoices.extend(texts(&conformed.batch, "invoice_id").into_iter().flatten().map(hash_of)),
            "payments" => counts.look_up(&conformed.batch, invoices),
            "debtors" => counts.gather(&conformed.batch),
            _ => {}
        }
        Ok(())
    })?;
    Ok(counts.finish(snapshot))
}

impl Counts {
    fn take(&mut self, snapshot: &Snapshot, batch: &RecordBatch) {
        for (position, (column, array)) in snapshot.rules.columns.iter().zip(batch.columns()).enumerate() {
            self.nulls[position] += array.null_count() as u64;
            match column.kind {
                Kind::Date => widen(&mut self.days[position], array.as_primitive::<Date32Type>().iter().flatten()),
                Kind::Ts => {
                    let days = dates::local_dates(array, snapshot.rules.defaults.zone);
                    widen(&mut self.days[position], days.iter().flatten());
                }
                _ => {}
            }
        }
        let ints = |name: &str| batch.column_by_name(name).map(|c| c.as_primitive::<Int64Type>().values());
        if let Some((keys, contents)) = ints("key_hash").zip(ints("content_hash")) {
            self.keys.extend(keys.iter().copied().zip(contents.iter().copied()));
        }
        let Some(amounts) = batch.column_by_name("amount").filter(|a| !a.is_empty()) else { return };
        let currencies = batch.column_by_name("currency").map(|c| c.as_string::<i32>());
        let default = snapshot.rules.defaults.currency.as_str();
        for (row, amount) in amounts.as_primitive::<Decimal128Type>().iter().enumerate() {
            let Some(amount) = amount else { continue };
            let currency = currencies.filter(|c| c.is_valid(row)).map_or(default, |c| c.value(row));
            match self.profile.amounts.get_mut(currency) {
                Some(range) => *range = Range { from: range.from.min(amount), to: range.to.max(amount) },
                None => drop(self.profile.amounts.insert(currency.to_owned(), Range { from: amount, to: amount })),
            }
        }
    }

    /// Which payments name an invoice that is there.
    fn look_up(&mut self, batch: &RecordBatch, invoices: &HashSet<u64>) {
        let matched = self.profile.matched.get_or_insert_default();
        let Some(amounts) = batch.column_by_name("amount").map(|a| a.as_primitive::<Decimal128Type>()) else { return };
        for (invoice, amount) in texts(batch, "invoice_id").into_iter().zip(amounts.iter()) {
            let (Some(invoice), amount) = (invoice, amount.unwrap_or(0).abs()) else { continue };
            matched.naming += 1;
            matched.naming_minor += amount;
            if invoices.contains(&hash_of(invoice)) {
                matched.matched += 1;
                matched.matched_minor += amount;
            }
        }
    }

    /// Which debtors share a group.
    fn gather(&mut self, batch: &RecordBatch) {
        let (groups, taxes) = (texts(batch, "group_id"), texts(batch, "tax_id"));
        for (group, tax) in groups.into_iter().zip(taxes) {
            let root = || tax.and_then(Cnpj::read).map(|cnpj| ("tax_id", hash_of(cnpj.root())));
            if let Some(key) = group.map(|group| ("group_id", hash_of(group))).or_else(root) {
                *self.groups.entry(key).or_default() += 1;
            }
        }
        self.profile.debtors += batch.num_rows() as u64;
    }

    fn finish(mut self, snapshot: &Snapshot) -> Profile {
        let columns = || snapshot.rules.columns.iter().enumerate();
        let mut profile = self.profile;
        let is_optional = columns().filter(|(_, column)| !column.required);
        let nulls = is_optional.map(|(at, column)| (column.name, self.nulls[at])).filter(|(_, nulls)| *nulls > 0);
        profile.nulls = nulls.filter(|(name, _)| snapshot.has_column(name)).collect();
        let days = columns().filter_map(|(at, column)| {
            let Range { from, to } = self.days[at]?;
            Some((column.name, Range { from: date_of(from)?, to: date_of(to)? }))
        });
        profile.dates = days.collect();
        self.keys.sort_unstable();
        for rows in self.keys.chunk_by(|one, other| one.0 == other.0).filter(|rows| rows.len() > 1) {
            match rows.iter().all(|row| row.1 == rows[0].1) {
                true => profile.repeated_equal += rows.len() as u64 - 1,
                false => profile.repeated_conflicting += rows.len() as u64 - 1,
            }
        }
        let is_placeholder =
            |debtors: u64| debtors > PLACEHOLDER_DEBTORS && debtors * 100 > PLACEHOLDER_PERCENT * profile.debtors;
        let groups = self.groups.into_iter().filter(|(_, debtors)| is_placeholder(*debtors));
        let mut placeholders: Vec<Placeholder> =
            groups.map(|((column, _), debtors)| Placeholder { column, debtors }).collect();
        placeholders.sort_by_key(|group| (std::cmp::Reverse(group.debtors), group.column));
        profile.placeholders = placeholders;
        profile
    }
}

/// A text of every row, or null.
fn texts<'a>(batch: &'a RecordBatch, name: &str) -> Vec<Option<&'a str>> {
    batch.column_by_name(name).map(|c: &ArrayRef| c.as_string::<i32>().iter().collect()).unwrap_or_default()
}

fn widen(range: &mut Option<Range<i32>>, days: impl Iterator<Item = i32>) {
    for day in days {
        let wider = range.map_or(Range { from: day, to: day }, |r| Range { from: r.from.min(day), to: r.to.max(day) });
        *range = Some(wider);
    }
}

fn hash_of(text: &str) -> u64 {
    XxHash64::oneshot(0, text.as_bytes())
}
