//! Control totals, taken from the rows by code that shares nothing with the SQL that they audit.

use std::collections::{BTreeMap, HashMap};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Decimal128Type};

/// Sums of rows, by `table.kind` and currency; minor units.
pub type Totals = BTreeMap<(String, String), i128>;

/// Adds the amounts of the rows that exist by the as-of day (days since 1970), by kind and currency.
pub(super) fn add(table: &str, batch: &RecordBatch, as_of_day: i32, default_currency: &str, totals: &mut Totals) {
    let (kind_column, date_column) = match table {
        "invoices" => ("document_type", "issue_date"),
        "payments" => ("kind", "paid_on"),
        _ => return,
    };
    let text = |name: &str| batch.column_by_name(name).map(|c| c.as_string::<i32>());
    let (Some(kinds), Some(currencies)) = (text(kind_column), text("currency")) else { return };
    let (Some(amounts), Some(dates)) = (batch.column_by_name("amount"), batch.column_by_name(date_column)) else {
        return;
    };
    let (amounts, dates) = (amounts.as_primitive::<Decimal128Type>(), dates.as_primitive::<Date32Type>());
    // Neighbours mostly share kind and currency: they are added up before the map is asked.
    let mut sums: HashMap<(&str, &str), i128> = HashMap::new();
    let (mut run, mut run_sum) = (("", ""), 0i128);
    for row in (0..batch.num_rows()).filter(|row| dates.value(*row) <= as_of_day) {
        let kind = if kinds.is_valid(row) { kinds.value(row) } else { "default" };
        let currency = if currencies.is_valid(row) { currencies.value(row) } else { default_currency };
        if run != (kind, currency) {
            *sums.entry(run).or_default() += run_sum;
            (run, run_sum) = ((kind, currency), 0);
        }
        run_sum += amounts.value(row);
    }
    *sums.entry(run).or_default() += run_sum;
    for ((kind, currency), sum) in sums.into_iter().filter(|(_, sum)| *sum != 0) {
        *totals.entry((format!("{table}.{kind}"), currency.to_owned())).or_default() += sum;
    }
}

/// What was paid in one currency, in minor units: reversals, refunds, chargebacks and charges apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cash {
    /// Sum of those above zero.
    pub paid: i128,
    /// Below zero, and takes nothing back: the sign of a whole export may be wrong.
    pub negative: i128,
    /// How many these are.
    pub negative_rows: u64,
    /// Of invoices that nobody owes.
    pub unknown_rows: u64,
    /// Of either sign.
    pub rows: u64,
}

/// Days that are looked back on for what is usual.
const PAID_DAYS: usize = 366;
/// Days with payments that it takes to say what is usual.
const PAID_DAYS_MIN: usize = 20;

/// On which of the last days anything was paid: by the days from then to the as-of date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidDays([bool; PAID_DAYS]);

impl Default for PaidDays {
    fn default() -> PaidDays {
        PaidDays([false; PAID_DAYS])
    }
}

impl PaidDays {
    /// Something was paid so many days before the as-of date.
    pub fn add(&mut self, days_ago: i32) {
        if let Some(is_paid) = usize::try_from(days_ago).ok().and_then(|days| self.0.get_mut(days)) {
            *is_paid = true;
        }
    }

    pub(super) fn merge(&mut self, other: &PaidDays) {
        self.0.iter_mut().zip(&other.0).for_each(|(is_paid, other)| *is_paid |= other);
    }

    /// Days from the newest payment to the as-of date, and the most days between any two days with payments before it; none
    /// where payments are too few to say.
    pub fn silence(&self) -> Option<(usize, usize)> {
        let paid: Vec<usize> = (0..PAID_DAYS).filter(|days| self.0[*days]).collect();
        let longest = paid.windows(2).map(|pair| pair[1] - pair[0]).max()?;
        (paid.len() >= PAID_DAYS_MIN).then(|| (paid[0], longest))
    }
}

/// What was paid, and when.
#[derive(Clone, Debug, Default)]
pub struct Paid {
    /// By currency.
    pub cash: BTreeMap<String, Cash>,
    /// In the year before the as-of date.
    pub days: PaidDays,
    /// Payments of the week after the as-of date, and later ones.
    coming: [u64; 2],
}

/// Days after the as-of date on which a payment that is on its way may be booked.
const COMING_DAYS: i32 = 7;

impl Paid {
    pub(super) fn merge(&mut self, other: Paid) {
        for (currency, sum) in other.cash {
            self.cash.entry(currency).or_default().add(sum);
        }
        self.days.merge(&other.days);
        self.coming.iter_mut().zip(other.coming).for_each(|(sum, other)| *sum += other);
    }

    /// Is the as-of date one of the past, seen from the ledger? Then what came after it is not known yet; but where it ends
    /// with that date, what is dated a day or two later is on its way. A few dates that are mistyped are no future.
    pub fn is_past(&self) -> bool {
        let [soon, later] = self.coming;
        later > soon
    }
}

/// Adds the plain payments of a batch.
pub(super) fn add_paid(batch: &RecordBatch, as_of_day: i32, default_currency: &str, paid: &mut Paid) {
    let text = |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
    let amounts = batch.column_by_name("amount").and_then(|c| c.as_primitive_opt::<Decimal128Type>());
    let dates = batch.column_by_name("paid_on").and_then(|c| c.as_primitive_opt::<Date32Type>());
    let (Some(amounts), Some(dates)) = (amounts, dates) else { return };
    let [kinds, reverses, currencies] = ["kind", "reverses", "currency"].map(text);
    let is_plain = |row: usize| {
        let kind = kinds.filter(|c| c.is_valid(row)).map_or("payment", |c| c.value(row));
        !matches!(kind, "refund" | "chargeback" | "charges") && reverses.is_none_or(|c| c.is_null(row))
    };
    let mut sums: HashMap<&str, Cash> = HashMap::new();
    for row in (0..batch.num_rows()).filter(|row| is_plain(*row)) {
        let ahead = dates.value(row).saturating_sub(as_of_day);
        if ahead > 0 {
            paid.coming[usize::from(ahead > COMING_DAYS)] += 1;
            continue;
        }
        let currency = currencies.filter(|c| c.is_valid(row)).map_or(default_currency, |c| c.value(row));
        paid.days.add(-ahead);
        let sum = sums.entry(currency).or_default();
        sum.paid += amounts.value(row).max(0);
        sum.negative += amounts.value(row).min(0);
        sum.negative_rows += u64::from(amounts.value(row) < 0);
        sum.rows += 1;
    }
    for (currency, sum) in sums {
        paid.cash.entry(currency.to_owned()).or_default().add(sum);
    }
}

impl Cash {
    pub(super) fn add(&mut self, other: Cash) {
        self.paid += other.paid;
        self.negative += other.negative;
        self.negative_rows += other.negative_rows;
        self.unknown_rows += other.unknown_rows;
        self.rows += other.rows;
    }
}
