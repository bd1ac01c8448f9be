//! KPI tables as a page reads them: rows of one currency and perhaps one company, added up over companies.
//!
//! A sum adds numerators and denominators and divides afterwards. NULL is left out and reported as missing, never read
//! as zero.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Decimal128Type, Int64Type};
use chrono::NaiveDate;

use super::sentences::Missing;
use super::suppress::withheld_by_age;
use crate::io::tables::{Row, rows};
use crate::report::numbers::ratio;

/// The bucket of what is not overdue: the first one.
pub const NOT_DUE: &str = "not_due";
/// Month by month.
pub const MONTHS: &str = "kpi_collection_effectiveness";

/// KPI table = its rows, as a run measures them and as it publishes them.
pub type Kpis = BTreeMap<String, Vec<RecordBatch>>;

/// The tables of one date, perhaps of one company alone.
#[derive(Clone, Copy)]
pub struct Data<'a> {
    pub kpis: &'a Kpis,
    pub company: Option<&'a str>,
}

impl<'a> Data<'a> {
    /// Rows of a table in a currency; none where the table is not there.
    pub fn rows(&self, table: &str, currency: &str) -> Vec<Row<'a>> {
        self.all(table).filter(|row| row.str("currency") == currency).collect()
    }

    /// Rows of a table in every currency.
    pub fn all(&self, table: &str) -> impl Iterator<Item = Row<'a>> + use<'a> {
        let company = self.company;
        let batches: &'a [RecordBatch] = self.kpis.get(table).map_or(&[], Vec::as_slice);
        rows(batches).filter(move |row| company.is_none_or(|company| row.str("company_id") == company))
    }

    /// Was the table measured at all?
    pub fn has(&self, table: &str) -> bool {
        self.kpis.contains_key(table)
    }

    /// Currencies, the one with the most open items first.
    pub fn currencies(&self) -> Vec<String> {
        let mut items: BTreeMap<&str, (i64, i128)> = BTreeMap::new();
        for row in self.all("kpi_portfolio") {
            let of_currency = items.entry(row.str("currency")).or_default();
            of_currency.0 += row.int("items");
            of_currency.1 += row.amount("open_amount");
        }
        // What was paid to the end is still a currency of the months that are shown, and whoever is held without anything
        // open is held all the same.
        let decided = self.all("kpi_actions").chain(self.all("kpi_holds"));
        for row in self.all(MONTHS).filter(has_moved).chain(decided).filter(|row| !row.str("currency").is_empty()) {
            items.entry(row.str("currency")).or_default();
        }
        let mut order: Vec<(&str, (i64, i128))> = items.into_iter().collect();
        order.sort_by_key(|(currency, size)| (std::cmp::Reverse(*size), *currency));
        order.into_iter().map(|(currency, _)| currency.to_owned()).collect()
    }

    /// Companies of a currency, the one to which the most is owed first.
    pub fn companies(&self, currency: &str) -> Vec<&'a str> {
        let mut open: BTreeMap<&str, i128> = BTreeMap::new();
        for row in self.rows("kpi_portfolio", currency) {
            *open.entry(row.str("company_id")).or_default() += row.amount("open_amount");
        }
        for row in self.rows(MONTHS, currency).into_iter().filter(has_moved) {
            open.entry(row.str("company_id")).or_default();
        }
        let mut order: Vec<(&str, i128)> = open.into_iter().collect();
        order.sort_by_key(|(company, open)| (std::cmp::Reverse(*open), *company));
        order.into_iter().map(|(company, _)| company).collect()
    }

    /// Bucket = its order, as the aging has it; credits are no bucket.
    pub fn buckets(&self) -> Vec<String> {
        let mut order: BTreeSet<(i64, String)> = BTreeSet::new();
        for table in ["kpi_aging", "kpi_ecl"] {
            let all = rows(self.kpis.get(table).map_or(&[], Vec::as_slice));
            order.extend(all.map(|row| (row.int("bucket_no"), row.text("bucket"))).filter(|(no, _)| *no >= 0));
        }
        let mut buckets: Vec<String> = Vec::new();
        for (_, name) in order {
            if !buckets.contains(&name) {
                buckets.push(name);
            }
        }
        buckets
    }
}

impl Data<'_> {
    /// Which buckets are withheld, in their order.
    fn hidden_buckets(&self, currency: &str, least: i64) -> Vec<bool> {
        let rows = self.rows("kpi_aging", currency);
        let buckets = self.buckets();
        let debtors = |bucket: &String| {
            let of: Vec<Row<'_>> = rows.iter().filter(|row| row.str("bucket") == bucket).copied().collect();
            at_least_of_accounts(&of, "debtors")
        };
        let (current, overdue): (Vec<&String>, Vec<&String>) = buckets.iter().partition(|bucket| *bucket == NOT_DUE);
        let counts = |buckets: &[&String]| buckets.iter().map(|bucket| debtors(bucket)).collect::<Vec<i64>>();
        withheld_by_age(&counts(&current), &counts(&overdue), least)
    }
}

/// Did the month bring anything, or was anything open in it?
fn has_moved(row: &Row<'_>) -> bool {
    ["opening_amount", "billed_amount", "collected_amount"].iter().any(|column| row.amount(column) != 0)
}

/// An amount in minor units, where there is one.
pub fn money(row: Row<'_>, column: &str) -> Option<i128> {
    row.array(column).and_then(|a| a.as_primitive_opt::<Decimal128Type>()).map(|a| a.value(row.1))
}

/// A count, where there is one.
pub fn int(row: Row<'_>, column: &str) -> Option<i64> {
    row.array(column).and_then(|a| a.as_primitive_opt::<Int64Type>()).map(|a| a.value(row.1))
}

/// The sum of the amounts that are known; none where none is.
pub fn sum(rows: &[Row<'_>], column: &str) -> Option<i128> {
    let known: Vec<i128> = rows.iter().filter_map(|row| money(*row, column)).collect();
    (!known.is_empty()).then(|| known.iter().sum())
}

/// The sum of the counts.
pub fn count(rows: &[Row<'_>], column: &str) -> i64 {
    rows.iter().filter_map(|row| int(*row, column)).sum()
}

/// How many debtors stand behind rows for certain. Counts of distinct debtors do not add up: one debtor may be in every
/// row, and then the largest count is theirs all.
pub fn at_least(rows: &[Row<'_>], column: &str) -> i64 {
    rows.iter().filter_map(|row| int(*row, column)).max().unwrap_or(0)
}

/// The same of rows that have an account once: within a company they add up, and companies may share their debtors.
pub fn at_least_of_accounts(rows: &[Row<'_>], column: &str) -> i64 {
    by(rows, |row| row.text("company_id")).iter().map(|(_, rows)| count(rows, column)).max().unwrap_or(0)
}

/// Rows by a text of theirs, in the order in which it first comes.
pub fn by<'r, K: PartialEq>(rows: &[Row<'r>], key: impl Fn(&Row<'r>) -> K) -> Vec<(K, Vec<Row<'r>>)> {
    let mut groups: Vec<(K, Vec<Row<'r>>)> = Vec::new();
    for row in rows {
        let key = key(row);
        match groups.iter_mut().find(|(of, _)| *of == key) {
            Some((_, group)) => group.push(*row),
            None => groups.push((key, vec![*row])),
        }
    }
    groups
}

/// Days of sales in what is owed, over several companies: Σ owed ÷ Σ sales a day.
///
/// Of each: what is owed, net sales, and the days in which they were made.
fn days_of_sales(parts: impl Iterator<Item = (i128, i128, i64)>) -> Option<f64> {
    let (mut owed, mut a_day) = (0_i128, 0.0);
    for (part, sales, days) in parts.filter(|(.., days)| *days > 0) {
        owed += part;
        a_day += sales as f64 / days as f64;
    }
    (a_day > 0.0).then(|| owed as f64 / a_day)
}

/// Net sales of the days that DSO counts; none where those of a company are not known.
fn net_sales(rows: &[Row<'_>]) -> Option<i128> {
    let known: Option<Vec<i128>> = rows.iter().map(|row| money(*row, "sales_amount")).collect();
    known.filter(|sales| !sales.is_empty()).map(|sales| sales.iter().sum())
}

/// DSO and the best possible one; none where the sales of a company that is owed something are not known.
pub fn dso(rows: &[Row<'_>]) -> (Option<f64>, Option<f64>) {
    let owing = || rows.iter().filter(|row| row.amount("open_amount") != 0 || row.amount("sales_amount") != 0);
    let part = |row: &Row<'_>, column: &str| {
        Some((money(*row, column)?, money(*row, "sales_amount")?, int(*row, "sales_days")?))
    };
    let parts = |column: &str| owing().map(|row| part(row, column)).collect::<Option<Vec<_>>>();
    let days = |column: &str| days_of_sales(parts(column)?.into_iter());
    (days("open_amount"), days("current_amount"))
}

/// A month of kpi_collection_effectiveness, over companies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Month {
    pub month: NaiveDate,
    pub is_partial: bool,
    pub opening: i128,
    pub billed: i128,
    pub collected: i128,
    pub credited: i128,
    pub written_off: i128,
    pub closing: i128,
    pub closing_overdue: i128,
    pub dso: Option<f64>,
    pub best: Option<f64>,
}

impl Month {
    /// What could be collected: what was open or billed, less what is not due at the end.
    fn collectable(&self) -> i128 {
        self.opening + self.billed - self.credited - (self.closing - self.closing_overdue)
    }

    /// Collection effectiveness index, as a rate.
    pub fn cei(&self) -> Option<f64> {
        ratio(self.collected + self.written_off, self.collectable())
    }

    /// The same of what was paid alone.
    pub fn cei_cash(&self) -> Option<f64> {
        ratio(self.collected, self.collectable())
    }

    pub fn overdue_share(&self) -> Option<f64> {
        ratio(self.closing_overdue, self.closing)
    }
}

/// The months of a currency, the oldest first.
pub fn months(rows: &[Row<'_>]) -> Vec<Month> {
    let mut months: BTreeMap<NaiveDate, Vec<Row<'_>>> = BTreeMap::new();
    for row in rows {
        months.entry(row.date("month").unwrap_or_default()).or_default().push(*row);
    }
    months.into_iter().map(|(month, rows)| month_of(month, &rows)).collect()
}

fn month_of(month: NaiveDate, rows: &[Row<'_>]) -> Month {
    let sum = |column: &str| sum(rows, column).unwrap_or(0);
    Month {
        month,
        is_partial: rows.iter().any(|row| is_true(*row, "is_partial")),
        opening: sum("opening_amount"),
        billed: sum("billed_amount"),
        collected: sum("collected_amount"),
        credited: sum("credited_amount"),
        written_off: sum("written_off_amount"),
        closing: sum("closing_amount"),
        closing_overdue: sum("closing_overdue_amount"),
        dso: days_of_month(rows, |row| money(*row, "closing_amount")),
        best: days_of_month(rows, |row| Some(money(*row, "closing_amount")? - money(*row, "closing_overdue_amount")?)),
    }
}

/// The table has a DSO for each company and not its sales; these follow from it: a day's sales are what is open over DSO.
/// A company without net sales has none; of one that has sales and nothing open nobody can tell.
fn days_of_month(rows: &[Row<'_>], owed: impl Fn(&Row<'_>) -> Option<i128>) -> Option<f64> {
    let (mut total, mut a_day) = (0_i128, 0.0);
    let is_nothing_open = rows.iter().all(|row| money(*row, "closing_amount") == Some(0));
    if is_nothing_open && rows.iter().any(|row| row.float("dso_days").is_some()) {
        return Some(0.0);
    }
    for row in rows {
        total += owed(row)?;
        match (row.float("dso_days"), money(*row, "closing_amount")?) {
            (Some(days), open) if days > 0.0 => a_day += open as f64 / days,
            (Some(_), _) => return None,
            (None, _) => {}
        }
    }
    (a_day > 0.0).then(|| total as f64 / a_day)
}

pub fn is_true(row: Row<'_>, column: &str) -> bool {
    row.array(column).and_then(|a| a.as_boolean_opt()).is_some_and(|a| a.value(row.1))
}

/// The figures by which a date is known, in one currency.
#[derive(Clone, Debug, Default)]
pub struct Headline {
    pub open: Option<i128>,
    pub overdue: Option<i128>,
    pub over_90: Option<i128>,
    pub accounts: i64,
    pub items: i64,
    pub dso: Option<f64>,
    pub best: Option<f64>,
    pub months: Vec<Month>,
    /// Expected cash by week, the first being the next.
    pub weeks: Vec<(i64, i128)>,
    /// Net sales of the days that DSO counts.
    pub net_sales: Option<i128>,
    pub loss: Option<i128>,
    /// What is open of the companies whose loss is known.
    loss_open: Option<i128>,
    /// Companies whose loss is not known.
    pub without_loss: Vec<String>,
    /// Is the portfolio measured, and is nothing owed?
    pub owes_nothing: bool,
    /// Buckets of the aging that are withheld, in their order.
    pub hidden_buckets: Vec<bool>,
    /// Is there a forecast, and no week in which anything is expected?
    pub expects_nothing: bool,
    /// Would the overdue amount give a withheld bucket away?
    pub hides_overdue: bool,
}

/// The loss of a company is known where that of every bucket is in which something lies. Known rows, and the others.
pub fn by_known_loss<'r>(rows: &[Row<'r>]) -> (Vec<Row<'r>>, Vec<Row<'r>>) {
    let is_unknown =
        |row: &Row<'_>| money(*row, "expected_loss_amount").is_none() && money(*row, "open_amount") != Some(0);
    let unknown: BTreeSet<&str> = rows.iter().filter(|row| is_unknown(row)).map(|row| row.str("company_id")).collect();
    rows.iter().copied().partition(|row| !unknown.contains(row.str("company_id")))
}

/// Companies of rows, each once.
pub fn companies_of(rows: &[Row<'_>]) -> Vec<String> {
    rows.iter().map(|row| row.text("company_id")).collect::<BTreeSet<_>>().into_iter().collect()
}

impl Headline {
    /// Of a date, in a currency; amounts of fewer debtors than `least` are withheld.
    pub fn of(data: &Data<'_>, currency: &str, least: i64) -> Headline {
        let portfolio = data.rows("kpi_portfolio", currency);
        let forecast = data.rows("kpi_cash_forecast", currency);
        let sales = data.rows("kpi_dso", currency);
        let (dso, best) = dso(&sales);
        let mut weeks: BTreeMap<i64, i128> = BTreeMap::new();
        for row in &forecast {
            if let Some(expected) = money(*row, "expected_amount") {
                *weeks.entry(row.int("week_no")).or_default() += expected;
            }
        }
        let (known, unknown) = by_known_loss(&data.rows("kpi_ecl", currency));
        let hidden_buckets = data.hidden_buckets(currency, least);
        let has_current = data.buckets().first().is_some_and(|bucket| bucket == NOT_DUE);
        // A portfolio without a row in a currency that is known owes nothing, and that is no gap in the history.
        let nothing = (data.has("kpi_portfolio") && !currency.is_empty() && portfolio.is_empty()).then_some(0);
        let open = sum(&portfolio, "open_amount").or(nothing);
        Headline {
            owes_nothing: data.has("kpi_portfolio") && open.unwrap_or(0) == 0,
            open,
            overdue: sum(&portfolio, "overdue_amount").or(nothing),
            over_90: sum(&portfolio, "overdue_90_amount"),
            accounts: count(&portfolio, "debtors"),
            items: count(&portfolio, "items"),
            dso,
            best,
            months: months(&data.rows("kpi_collection_effectiveness", currency)),
            weeks: weeks.into_iter().collect(),
            net_sales: net_sales(&sales),
            loss: sum(&known, "expected_loss_amount").or(open.filter(|open| *open == 0)),
            loss_open: sum(&known, "open_amount"),
            without_loss: companies_of(&unknown),
            expects_nothing: data.has("kpi_cash_forecast") && forecast.is_empty() && open.is_some_and(|open| open > 0),
            hides_overdue: has_current && hidden_buckets.first() == Some(&true),
            hidden_buckets,
        }
    }

    pub fn overdue_share(&self) -> Option<f64> {
        ratio(self.overdue?, self.open?)
    }

    pub fn loss_share(&self) -> Option<f64> {
        ratio(self.loss?, self.loss_open?)
    }

    /// The last digit of the overdue share that is shown: whole percent where a withheld bucket would follow from more.
    pub fn share_digit(&self) -> f64 {
        if self.hides_overdue { 0.01 } else { 0.001 }
    }

    pub fn hides_a_bucket(&self) -> bool {
        self.hidden_buckets.contains(&true)
    }

    /// What is expected in the next weeks: a week without a row brings nothing.
    pub fn expected(&self, weeks: i64) -> Option<i128> {
        let near = self.weeks.iter().filter(|(no, _)| *no <= weeks).map(|(_, amount)| *amount);
        (self.expects_nothing || !self.weeks.is_empty()).then(|| near.sum())
    }

    /// Why there is no DSO.
    pub fn why_no_dso(&self) -> Missing {
        match self.net_sales {
            _ if self.owes_nothing => Missing::NothingOpen,
            Some(sales) if sales <= 0 => Missing::NetSales,
            _ => Missing::History,
        }
    }

    /// Why something that is a part of what is open is not told.
    pub fn why_no_part(&self) -> Missing {
        if self.owes_nothing { Missing::NothingOpen } else { Missing::History }
    }

    /// The month before the one of the date.
    pub fn last_month(&self) -> Option<&Month> {
        self.months.len().checked_sub(2).and_then(|n| self.months.get(n))
    }

    /// The newest month that is over, and the one before it.
    pub fn whole_months(&self) -> (Option<&Month>, Option<&Month>) {
        let mut whole = self.months.iter().rev().filter(|month| !month.is_partial);
        (whole.next(), whole.next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_sales_over_companies_add_up_sales_and_not_days() {
        // 60 days of one and 30 of the other are no 45: the larger seller weighs more.
        let parts = [(3_000, 4_500, 90), (300, 900, 90)];
        assert_eq!(days_of_sales(parts.into_iter()), Some(3_300.0 / 60.0));
        // A young company has sold for ten days only: its day's sales count, not its ninetieth part.
        assert_eq!(days_of_sales([(100, 100, 10), (900, 900, 90)].into_iter()), Some(50.0));
        assert_eq!(days_of_sales([(100, 0, 90)].into_iter()), None);
        assert_eq!(days_of_sales(std::iter::empty()), None);
    }

    #[test]
    fn a_month_is_worked_out_from_its_sums() {
        let month = Month {
            opening: 2_000,
            billed: 1_000,
            collected: 1_200,
            credited: 50,
            written_off: 150,
            closing: 1_600,
            closing_overdue: 900,
            ..Month::default()
        };
        assert_eq!(month.cei(), Some(1_350.0 / 2_250.0), "the example of docs/kpis.md");
        assert_eq!(month.cei_cash(), Some(1_200.0 / 2_250.0));
        assert_eq!(month.overdue_share(), Some(0.5625));
        assert_eq!(Month::default().cei(), None);
    }
}
