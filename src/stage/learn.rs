//! Learn: three passes over the bills of every account make a model of when they are paid, and one over their contacts says what
//! those lead to.
//!
//! The bills of a shard are worked out once and kept in scratch. What a pass adds up is small and of whole numbers, so memory
//! does not grow with the portfolio, and shards and threads change nothing.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use arrow::array::{AsArray, RecordBatch};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use chrono::{Days, NaiveDate};

use super::{AccountBills, Lessons, account_bills, day_number, outcomes};
use crate::domain::calendar::Calendar;
use crate::domain::learning::Bill;
use crate::domain::learning::backtest::{Backtest, Figures, Window};
use crate::domain::learning::model::{Learnt, Leftover, Lesson, MODEL_VERSION, PaymentModel, feature_names};
use crate::domain::learning::responses::{ResponseSums, Responses};
use crate::error::{Error, Result};
use crate::runtime::parallel::map_ordered;
use crate::runtime::progress::Progress;
use crate::runtime::scratch::Scratch;

/// A model is tried on the bills of so many days, or of a third of the history if that is shorter.
const TRIED_DAYS: i32 = 182;

/// The bills of all shards, in scratch, and what their contacts add up to.
#[derive(Debug)]
pub struct Bills {
    scratch: Scratch,
    shards: u32,
    workers: usize,
    debtors: u64,
    issued: Issued,
    responses: ResponseSums,
}

/// Day = bills that were issued on it.
type Issued = BTreeMap<i32, u64>;

/// Of one shard.
#[derive(Debug)]
pub struct Kept {
    debtors: u64,
    issued: Issued,
    responses: ResponseSums,
}

/// What does not follow from the bills.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Whose output the model belongs to.
    pub tenant: String,
    /// Nothing dated later takes part.
    pub as_of: NaiveDate,
    /// What was strange about the inputs, and why it was right.
    pub accepted: Option<String>,
    /// SHA-256 over the inputs.
    pub input_digest: String,
    /// Days after a contact within which a payment or a promise counts for it.
    pub outcome_days: u32,
}

impl Bills {
    /// An empty folder for the bills of so many shards.
    ///
    /// # Errors
    /// As `Scratch::new`.
    pub fn new(scratch_dir: Option<&Path>, shards: u32, workers: usize) -> Result<Bills> {
        let (issued, responses) = (Issued::new(), ResponseSums::default());
        Ok(Bills { scratch: Scratch::new(scratch_dir)?, shards, workers, debtors: 0, issued, responses })
    }

    /// Writes the bills of one shard, and adds up its contacts.
    ///
    /// # Errors
    /// `Scratch` where they cannot be written; `Model` where a column is not there.
    pub fn keep(&self, shard: u32, lessons: &Lessons, calendar: &Calendar) -> Result<Kept> {
        let mut responses = ResponseSums::default();
        outcomes(&lessons.responses, &lessons.debtors, calendar)?.iter().for_each(|of_debtor| responses.add(of_debtor));
        let (debtors, issued) = self.write(shard, &lessons.bills)?;
        Ok(Kept { debtors, issued, responses })
    }

    /// How many debtors have paid, and when the bills were issued.
    fn write(&self, shard: u32, batches: &[RecordBatch]) -> Result<(u64, Issued)> {
        let (mut debtors, mut issued) = (HashSet::new(), Issued::new());
        for batch in batches {
            let paid = batch.column_by_name("is_paid").and_then(|column| column.as_boolean_opt());
            let ids = batch.column_by_name("debtor_id").and_then(|column| column.as_string_opt::<i32>());
            let pairs = ids.zip(paid).into_iter().flat_map(|(ids, paid)| ids.iter().zip(paid));
            debtors.extend(
                pairs.filter(|(_, is_paid)| *is_paid == Some(true)).filter_map(|(id, _)| id.map(str::to_owned)),
            );
        }
        for of_account in account_bills(batches)? {
            of_account.bills.iter().for_each(|bill| *issued.entry(bill.issued).or_default() += 1);
        }
        if let Some(first) = batches.first() {
            let path = self.path(shard);
            let file = File::create(&path).map_err(Error::file(&path))?;
            let failed = |e| Error::columns("bills", &e);
            let mut writer = StreamWriter::try_new_buffered(file, &first.schema()).map_err(failed)?;
            batches.iter().try_for_each(|batch| writer.write(batch)).map_err(failed)?;
            writer.finish().map_err(failed)?;
        }
        Ok((debtors.len() as u64, issued))
    }

    /// Counts a shard that is kept.
    pub fn add(&mut self, kept: &Kept) {
        self.debtors += kept.debtors;
        self.responses.merge(&kept.responses);
        kept.issued.iter().for_each(|(day, bills)| *self.issued.entry(*day).or_default() += bills);
    }

    fn path(&self, shard: u32) -> PathBuf {
        self.scratch.path().join(format!("bills-{shard}"))
    }

    fn read(&self, shard: u32) -> Result<Vec<AccountBills>> {
        let path = self.path(shard);
        if !path.exists() {
            return Ok(Vec::new());
        }
        let file = File::open(&path).map_err(Error::file(&path))?;
        let failed = |e| Error::columns("bills", &e);
        let batches = StreamReader::try_new(BufReader::new(file), None).map_err(failed)?;
        account_bills(&batches.collect::<std::result::Result<Vec<_>, _>>().map_err(failed)?)
    }

    /// One pass: what each shard adds up, added up.
    fn pass<T: Default + Send>(
        &self,
        progress: &dyn Progress,
        add: impl Fn(&mut T, &AccountBills) + Sync,
        merge: fn(&mut T, &T),
    ) -> Result<T> {
        let mut all = T::default();
        let of_shard = |shard| {
            let mut sums = T::default();
            self.read(shard)?.iter().for_each(|of_account| add(&mut sums, of_account));
            Ok(sums)
        };
        map_ordered(self.shards, self.workers, of_shard, |sums| {
            merge(&mut all, &sums);
            progress.advance(1);
            Ok(())
        })?;
        Ok(all)
    }

    /// Learns twice: of all that is known by the as-of date, and of what was known some months before it, which is tried on what came
    /// since.
    ///
    /// # Errors
    /// Where scratch cannot be read.
    pub fn learn(&self, origin: Origin, progress: &dyn Progress) -> Result<PaymentModel> {
        let as_of = day_number(origin.as_of);
        let history = first_issued(&self.issued).map_or(0, |first| as_of - first).max(0);
        let tried_days = TRIED_DAYS.min(history / 3);
        let days = [as_of, as_of - tried_days];
        progress.begin("learn", u64::from(self.shards) * 3);
        let lessons: [Lesson; 2] = self.pass(
            progress,
            |lessons: &mut [Lesson; 2], of| {
                lessons.iter_mut().zip(days).for_each(|(lesson, day)| lesson.add(&known(&of.bills, day), day));
            },
            |all, other| all.iter_mut().zip(other).for_each(|(sums, other)| sums.merge(other)),
        )?;
        let fitted = lessons.each_ref().map(Lesson::fit);
        let leftovers: [Leftover; 2] = self.pass(
            progress,
            |leftovers: &mut [Leftover; 2], of| {
                let each = leftovers.iter_mut().zip(days).zip(&fitted);
                each.for_each(|((leftover, day), fitted)| leftover.add(&known(&of.bills, day), day, fitted));
            },
            |all, other| all.iter_mut().zip(other).for_each(|(sums, other)| sums.merge(other)),
        )?;
        let [fitted, fitted_before] = fitted;
        let before = Learnt::of(&lessons[1], fitted_before, &leftovers[1]);
        let window = Window { from: days[1], to: as_of, known: as_of };
        let tried: Backtest = self.pass(
            progress,
            |tried: &mut Backtest, of| tried.add(&known(&of.bills, as_of), of.currency, &before, window),
            Backtest::merge,
        )?;
        let [mut lesson, _] = lessons;
        lesson.debtors = self.debtors;
        let learnt = Learnt::of(&lesson, fitted, &leftovers[0]);
        let tried_from = origin.as_of.checked_sub_days(Days::new(tried_days as u64)).unwrap_or(origin.as_of);
        let responses = self.responses.learn(origin.outcome_days);
        Ok(PaymentModel { responses, ..model(origin, &lesson, tried.figures(), (tried_from, learnt)) })
    }
}

/// The day by which more than one bill in a hundred had been issued: a few bills with a year of another century begin no history.
fn first_issued(issued: &Issued) -> Option<i32> {
    let bills: u64 = issued.values().sum();
    let mut so_far = 0;
    issued.iter().find_map(|(day, of_day)| {
        so_far += of_day;
        (so_far * 100 > bills).then_some(*day)
    })
}

fn model(origin: Origin, lesson: &Lesson, figures: Figures, (tried_from, learnt): (NaiveDate, Learnt)) -> PaymentModel {
    let (quality, remarks) = PaymentModel::judge(lesson, &figures);
    PaymentModel {
        model_version: MODEL_VERSION,
        tenant: origin.tenant,
        as_of: origin.as_of,
        quality,
        remarks,
        accepted: origin.accepted,
        debtors: lesson.debtors,
        bills: lesson.bills(),
        late_bills: lesson.late_bills(),
        tried_from,
        figures,
        input_digest: origin.input_digest,
        features: feature_names(),
        learnt,
        responses: Responses::default(),
    }
}

/// The bills as they were known at the end of a day.
fn known(bills: &[Bill], day: i32) -> Vec<Bill> {
    bills.iter().filter_map(|bill| bill.known_on(day)).collect()
}
