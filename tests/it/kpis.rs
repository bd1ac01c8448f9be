//! KPI tables over a ledger of three companies, two currencies and two years, beside a model that looks at every day by the
//! definitions alone; and over whole runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use chrono::{Datelike, Days, Months, NaiveDate};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use regua::contract;

use crate::spec::{Given, given};
use crate::support::{House, as_of, rows};

const ITEMS: usize = 400;
const PAID: usize = 0;
const CREDITED: usize = 1;
const WRITTEN_OFF: usize = 2;
/// First days past due of the buckets of the shipped pipeline, after `not_due`.
const BUCKETS: [(&str, i64); 8] = [
    ("not_due", i64::MIN),
    ("1-30", 1),
    ("31-60", 31),
    ("61-90", 61),
    ("91-120", 91),
    ("121-180", 121),
    ("181-360", 181),
    ("over_360", 361),
];

/// An item; amounts in cents.
struct Item {
    account: (usize, usize, usize),
    issued: NaiveDate,
    due: NaiveDate,
    amount: i64,
    /// Day, family and amount, in the order in which they count.
    postings: Vec<(NaiveDate, usize, i64)>,
}

impl Item {
    fn key(&self) -> (String, String) {
        let (_, company, currency) = self.account;
        ((company + 1).to_string(), ["BRL", "USD"][currency].to_owned())
    }

    /// What each posting changed, with the day on which it is seen, and what took the place of what it took back.
    fn changes(&self) -> Vec<(NaiveDate, usize, i64)> {
        let (mut sum, mut posted, mut applied, mut found) = (0, [0; 3], [0; 3], Vec::new());
        for (day, family, amount) in &self.postings {
            let before = sum.clamp(0, self.amount);
            sum += amount;
            posted[*family] += amount;
            let mut add = |family: usize, change: i64| {
                applied[family] += change;
                found.push(((*day).max(self.issued), family, change));
                applied
            };
            let mut there = add(*family, sum.clamp(0, self.amount) - before);
            for other in (0..3).filter(|other| other != family) {
                let moved = (there[*family] - posted[*family].max(0)).min(posted[other].max(0) - there[other]);
                if moved > 0 {
                    add(*family, -moved);
                    there = add(other, moved);
                }
            }
        }
        found
    }

    fn changed(&self, family: usize, from: NaiveDate, to: NaiveDate) -> i64 {
        let is_own = |(day, own, _): &&(NaiveDate, usize, i64)| *own == family && from <= *day && *day <= to;
        self.changes().iter().filter(is_own).map(|(_, _, amount)| amount).sum()
    }

    /// Open in the evening of a day.
    fn open(&self, day: NaiveDate) -> i64 {
        if self.issued > day {
            return 0;
        }
        self.amount - self.changes().iter().filter(|(on, _, _)| *on <= day).map(|(_, _, amount)| amount).sum::<i64>()
    }

    /// The day after which nothing was open; the last of all where something is.
    fn open_until(&self, today: NaiveDate) -> NaiveDate {
        let before = |day: &NaiveDate| self.open(*day - Days::new(1)) > 0;
        let days = std::iter::successors(Some(today), |day| day.pred_opt()).take_while(|day| *day > self.issued);
        if self.open(today) > 0 { today } else { days.into_iter().find(before).unwrap_or(self.issued) }
    }

    fn bucket(&self, day: NaiveDate) -> &'static str {
        let late = (day - self.due).num_days();
        BUCKETS.iter().rev().find(|(_, first)| late >= *first).expect("a bucket").0
    }
}

fn ledger(seed: u64, as_of: NaiveDate) -> Vec<Item> {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut items = Vec::new();
    for _ in 0..ITEMS {
        let issued = as_of - Days::new(dice.random_range(0..760));
        let due = issued + Days::new(dice.random_range(0..75));
        let amount = dice.random_range(1..100_000);
        let mut postings = Vec::new();
        for _ in 0..dice.random_range(0..4) {
            // Some pay before the invoice is written.
            let day = issued + Days::new(dice.random_range(0..130)) - Days::new(8);
            let (family, sign) =
                [(PAID, 1), (PAID, 1), (PAID, 1), (PAID, -1), (CREDITED, 1), (WRITTEN_OFF, 1)][dice.random_range(0..6)];
            postings.push((day, family, sign * dice.random_range(1..=amount)));
        }
        postings.retain(|(day, _, _)| *day <= as_of);
        postings.sort_by_key(|(day, family, _)| (*day, *family));
        let account = (dice.random_range(0..60), dice.random_range(0..3), dice.random_range(0..2));
        items.push(Item { account, issued, due, amount, postings });
    }
    items
}

fn money(cents: i64) -> String {
    format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100)
}

fn as_tables(items: &[Item]) -> Given {
    given(&as_text(items))
}

fn as_text(items: &[Item]) -> String {
    let mut text =
        "invoices: source_row invoice_id debtor_id company_id currency issue_date due_date amount\n".to_owned();
    let mut payments = "payments: payment_id debtor_id invoice_id company_id currency kind paid_on amount\n".to_owned();
    for (number, item) in items.iter().enumerate() {
        let ((company, currency), debtor) = (item.key(), item.account.0);
        let head = format!("I{number} D{debtor} {company} {currency}");
        writeln!(text, "{number} {head} {} {} {}", item.issued, item.due, money(item.amount)).unwrap();
        for (at, (day, family, amount)) in item.postings.iter().enumerate() {
            let kind = match (*family, *amount < 0) {
                (PAID, true) => "refund",
                (PAID, false) => "payment",
                (CREDITED, _) => "credit_note",
                _ => "write_off",
            };
            let amount = money(amount.abs());
            writeln!(payments, "P{number}-{at} D{debtor} I{number} {company} {currency} {kind} {day} {amount}")
                .unwrap();
        }
    }
    text + &payments
}

/// The rows of a table: its texts, and the number at the end of each where there is one.
fn table(given: &Given, name: &str, columns: &str) -> BTreeSet<String> {
    rows(&given.batches_of(name), columns).into_iter().collect()
}

/// By company and currency.
fn by_key<'i>(items: &'i [Item]) -> BTreeMap<(String, String), Vec<&'i Item>> {
    let mut found: BTreeMap<_, Vec<&'i Item>> = BTreeMap::new();
    items.iter().for_each(|item| found.entry(item.key()).or_default().push(item));
    found
}

fn last_day(month: NaiveDate) -> NaiveDate {
    month + Months::new(1) - Days::new(1)
}

#[test]
fn every_figure_of_history_is_what_the_days_say() {
    let today: NaiveDate = as_of().parse().expect("a date");
    for seed in 1..=3 {
        let items = ledger(seed, today);
        let tables = as_tables(&items);
        let [mut months, mut rolls, mut cures, mut vintages, mut losses, mut rolls_off] =
            [const { BTreeSet::new() }; 6];
        for ((company, currency), items) in by_key(&items) {
            let key = format!("{company} {currency}");
            months.extend(months_of(&items, today).into_iter().map(|line| format!("{key} {line}")));
            rolls.extend(rolls_of(&items, today).into_iter().map(|line| format!("{key} {line}")));
            cures.insert(format!("{key} {}", cures_of(&items, today)));
            vintages.extend(vintages_of(&items, today).into_iter().map(|line| format!("{key} {line}")));
            rolls_off.extend(rolls_off_of(&items, today).into_iter().map(|line| format!("{key} {line}")));
            losses.extend(losses_of(&items, today).into_iter().map(|line| format!("{key} {line}")));
        }
        let columns = "company_id currency month opening_amount billed_amount collected_amount credited_amount \
            written_off_amount closing_amount closing_overdue_amount";
        assert_eq!(table(&tables, "kpi_collection_effectiveness", columns), months, "months of {seed}");
        let columns = "company_id currency from_state to_state amount";
        assert_eq!(table(&tables, "kpi_roll_rates", columns), rolls, "rolls of {seed}");
        let columns =
            "company_id currency accounts_overdue_before accounts_cured accounts_cured_before accounts_redefaulted";
        assert_eq!(table(&tables, "kpi_cures", columns), cures, "cures of {seed}");
        let columns = "company_id currency issue_month days_after_due billed_amount matured_amount paid_amount credited_amount \
            written_off_amount";
        assert_eq!(table(&tables, "kpi_vintage", columns), vintages, "vintages of {seed}");
        let columns = "company_id currency age_weeks open_amount paid_amount left_amount";
        let mut rolled_off = table(&tables, "fct_roll_off", columns);
        rolled_off.retain(|line| !line.ends_with(" 0.00 0.00 0.00"));
        assert_eq!(rolled_off, rolls_off, "roll-off of {seed}");
        let columns = "company_id currency bucket reached_amount lost_amount";
        assert_eq!(table(&tables, "kpi_ecl", columns), losses, "losses of {seed}");
    }
}

fn months_of(items: &[&Item], today: NaiveDate) -> Vec<String> {
    let first = items.iter().map(|item| item.issued).min().expect("items");
    let this = today.with_day(1).expect("a day");
    let months = (0..13).map(|back| this - Months::new(back)).filter(|month| last_day(*month) >= first);
    let line = |month: NaiveDate| {
        let (before, end) = (month - Days::new(1), last_day(month).min(today));
        let sum = |of: &dyn Fn(&Item) -> i64| money(items.iter().map(|item| of(item)).sum());
        let amounts = [
            sum(&|item| item.open(before)),
            sum(&|item| if month <= item.issued && item.issued <= end { item.amount } else { 0 }),
            sum(&|item| item.changed(PAID, month, end)),
            sum(&|item| item.changed(CREDITED, month, end)),
            sum(&|item| item.changed(WRITTEN_OFF, month, end)),
            sum(&|item| item.open(end)),
            sum(&|item| if item.due < end { item.open(end) } else { 0 }),
        ];
        format!("{month} {}", amounts.join(" "))
    };
    months.map(line).collect()
}

fn rolls_of(items: &[&Item], today: NaiveDate) -> Vec<String> {
    let from = today - Days::new(30);
    let mut moved: BTreeMap<(String, String), i64> = BTreeMap::new();
    for item in items {
        let is_new = item.issued > from;
        let base = if is_new { item.amount } else { item.open(from) };
        let (now, state) = (item.open(today), if is_new { "new" } else { item.bucket(from) });
        let since = |family| item.changed(family, from + Days::new(1), today).max(0);
        let gone = (base - now).max(0);
        let written_off = since(WRITTEN_OFF).min(gone);
        let credited = since(CREDITED).min(gone - written_off);
        let mut add = |from: &str, to: &str, amount: i64| {
            if amount > 0 {
                *moved.entry((from.to_owned(), to.to_owned())).or_default() += amount;
            }
        };
        add(state, "written_off", written_off);
        add(state, "credited", credited);
        add(state, "paid", gone - written_off - credited);
        add(state, item.bucket(today), base.min(now));
        add("reopened", item.bucket(today), (now - base).max(0));
    }
    moved.into_iter().map(|((from, to), amount)| format!("{from} {to} {}", money(amount))).collect()
}

fn cures_of(items: &[&Item], today: NaiveDate) -> String {
    let days = [0, 30, 60].map(|back| today - Days::new(back));
    let mut accounts: BTreeMap<usize, [bool; 3]> = BTreeMap::new();
    for item in items {
        let late = accounts.entry(item.account.0).or_default();
        for (late, day) in late.iter_mut().zip(days) {
            *late |= item.due < day && item.open(day) > 0;
        }
    }
    let count = |is: fn(&[bool; 3]) -> bool| accounts.values().filter(|late| is(late)).count();
    let [before, cured] = [count(|l| l[1]), count(|l| l[1] && !l[0])];
    let [cured_before, again] = [count(|l| l[2] && !l[1]), count(|l| l[2] && !l[1] && l[0])];
    format!("{before} {cured} {cured_before} {again}")
}

fn vintages_of(items: &[&Item], today: NaiveDate) -> Vec<String> {
    let this = today.with_day(1).expect("a day");
    let mut lines = Vec::new();
    for month in (0..25).map(|back| this - Months::new(back)) {
        let of_month: Vec<&&Item> =
            items.iter().filter(|i| (i.issued.year(), i.issued.month()) == (month.year(), month.month())).collect();
        if of_month.is_empty() {
            continue;
        }
        let billed = money(of_month.iter().map(|item| item.amount).sum());
        for age in [0, 30, 60, 90, 180] {
            let matured: Vec<_> = of_month.iter().filter(|item| item.due + Days::new(age) <= today).collect();
            let by_then = |family| {
                let changed = |item: &&&&Item| item.changed(family, item.issued, item.due + Days::new(age));
                money(matured.iter().map(changed).sum())
            };
            let amounts = [PAID, CREDITED, WRITTEN_OFF].map(by_then).join(" ");
            let whole = money(matured.iter().map(|item| item.amount).sum());
            lines.push(format!("{month} {age} {billed} {whole} {amounts}"));
        }
    }
    lines
}

fn rolls_off_of(items: &[&Item], today: NaiveDate) -> Vec<String> {
    let mut ages: BTreeMap<i64, [i64; 3]> = BTreeMap::new();
    for evening in (1..=26).map(|week| today - Days::new(7 * week)) {
        for item in items.iter().filter(|item| item.issued <= evening) {
            let age = (evening - item.due).num_days().div_euclid(7).clamp(-13, 52);
            // What changes once nothing is open takes the place of something else.
            let last = (evening + Days::new(7)).min(item.open_until(today)).max(evening);
            let left_on = |day| (item.changed(CREDITED, day, day) + item.changed(WRITTEN_OFF, day, day)).max(0);
            let week = evening.iter_days().skip(1).take_while(|day| *day <= last);
            let found = [item.open(evening), kept(item, last) - kept(item, evening), week.map(left_on).sum()];
            ages.entry(age).or_default().iter_mut().zip(found).for_each(|(sum, amount)| *sum += amount);
        }
    }
    ages.retain(|_, sums| *sums != [0; 3]);
    ages.into_iter().map(|(age, sums)| format!("{age} {}", sums.map(money).join(" "))).collect()
}

/// Every contact, and what was paid after it, payment by payment.
#[test]
fn every_payment_is_recovered_by_the_youngest_contact_about_it() {
    let today: NaiveDate = as_of().parse().expect("a date");
    for seed in 4..=6 {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let mut items = ledger(seed, today);
        // Which payment a refund takes back is a rule of its own.
        items.iter_mut().for_each(|item| item.postings.retain(|(_, _, amount)| *amount > 0));
        let contacts: BTreeSet<(NaiveDate, usize)> = (0..400)
            .map(|_| (today - Days::new(dice.random_range(0..98)), dice.random_range(0..60)))
            .filter(|(day, _)| *day > today - Days::new(97))
            .collect();
        let mut tables = as_text(&items);
        tables += "contact_log: event_id debtor_id channel occurred_at status\n";
        for (day, debtor) in &contacts {
            writeln!(tables, "E{day}-{debtor} D{debtor} email {day}T15:00:00 sent").unwrap();
        }
        let mut expected: BTreeMap<(String, String), [i64; 4]> = BTreeMap::new();
        for ((company, currency), items) in by_key(&items) {
            let sums = recovered_of(&items, &contacts, today);
            if sums != [0; 4] {
                expected.insert((company, currency), sums);
            }
        }
        let line = |((company, currency), [contacts, maturing, open, paid]): (&(String, String), &[i64; 4])| {
            format!("{company} {currency} {contacts} {maturing} {} {}", money(*open), money(*paid))
        };
        let columns = "company_id currency contacts maturing_contacts contacted_amount recovered_amount";
        let expected: BTreeSet<String> = expected.iter().map(line).collect();
        assert_eq!(table(&given(&tables), "kpi_recovery", columns), expected, "seed {seed}");
    }
}

/// Contacts that have had their time and those that have not, what was open of what they were about, and what was paid of it.
fn recovered_of(items: &[&Item], contacts: &BTreeSet<(NaiveDate, usize)>, today: NaiveDate) -> [i64; 4] {
    let mut sums = [0; 4];
    for (day, debtor) in contacts {
        let own: Vec<_> = items.iter().filter(|item| item.account.0 == *debtor).collect();
        if own.is_empty() {
            continue;
        }
        if *day > today - Days::new(7) {
            sums[1] += 1;
            continue;
        }
        sums[0] += 1;
        let about = |item: &&&&Item, day: NaiveDate| item.issued < day && item.due <= day + Days::new(7);
        let asked = || own.iter().filter(|item| about(item, *day));
        sums[2] += asked().map(|item| item.open(*day - Days::new(1))).sum::<i64>();
        for item in asked() {
            for (on, family, amount) in item.changes() {
                // Another contact about it came between, or on the day of the payment.
                let later = contacts.iter().any(|(other, of)| of == debtor && *other > *day && *other <= on);
                if family == PAID && *day <= on && on <= *day + Days::new(7) && !later {
                    sums[3] += amount;
                }
            }
        }
    }
    sums
}

/// Only of what nothing was taken back: which payment a refund takes back is a rule of its own.
fn losses_of(items: &[&Item], today: NaiveDate) -> Vec<String> {
    let days = |back| today - Days::new(back);
    let cohort = || items.iter().filter(|item| days(720) < item.due && item.due <= days(360));
    let left = |item: &Item, day: NaiveDate| {
        let credited = item.changed(CREDITED, item.issued, today);
        item.amount - credited - kept(item, day)
    };
    let line = |(name, first): &(&str, i64)| {
        let reached = |item: &&Item| match *first {
            i64::MIN => left(item, NaiveDate::MIN),
            first => left(item, item.due + chrono::TimeDelta::days(first - 1)),
        };
        let reached = cohort().map(reached).sum::<i64>().max(0);
        let lost = cohort().map(|item| left(item, item.due + Days::new(360))).sum::<i64>().max(0);
        format!("{name} {} {}", money(reached), money(lost))
    };
    BUCKETS.iter().map(line).collect()
}

/// Paid up to a day and never taken back: what was taken back is of the youngest payments.
fn kept(item: &Item, day: NaiveDate) -> i64 {
    let mut by_day: BTreeMap<NaiveDate, i64> = BTreeMap::new();
    let paid = item.changes().into_iter().filter(|(_, family, _)| *family == PAID);
    paid.for_each(|(on, _, amount)| *by_day.entry(on).or_default() += amount);
    let (mut taken, mut kept) = (0, 0);
    for (on, amount) in by_day.into_iter().rev() {
        let stays = (amount - taken).max(0);
        taken = (taken - amount).max(0);
        kept += if on.max(item.issued) <= day { stays } else { 0 };
    }
    kept
}

/// What has no date in the inputs aside, the past is told alike whenever it is told.
#[test]
fn a_run_for_an_earlier_date_shows_what_it_would_have_shown() {
    let told = |dates: &[&str]| {
        let house = House::new();
        house.write(
            "invoices",
            "invoice_id debtor_id issue_date due_date amount
            I1 D1 2026-03-01 2026-04-10 100.00
            I2 D1 2026-05-01 2026-06-10 80.00
            I3 D2 2026-05-01 2026-05-10 60.00
            I4 D2 2026-06-30 2026-07-30 40.00",
        );
        house.write(
            "payments",
            "payment_id debtor_id invoice_id paid_on amount
            P1 D1 I1 2026-05-20 70.00
            P2 D1 I1 2026-06-30 30.00
            P3 D2 I3 2026-06-15 10.00",
        );
        house.write("debtors", "debtor_id legal_name\nD1 Acme\nD2 Bolt");
        dates.iter().for_each(|date| assert_eq!(house.run(date).code, 0, "{date}"));
        let history = [
            "kpi_collection_effectiveness",
            "kpi_dso",
            "kpi_vintage",
            "kpi_roll_rates",
            "kpi_cures",
            "kpi_ecl",
            "kpi_cash_forecast",
        ];
        history.map(|name| {
            let file = format!("output/kpi/{name}/dt=2026-06-29/part-00000.parquet");
            std::fs::read(house.path(&file)).unwrap_or_else(|e| panic!("{file}: {e}"))
        })
    };
    assert_eq!(told(&["2026-06-29"]), told(&["2026-06-30", "2026-06-29"]));
}

#[test]
fn a_factor_names_a_bucket_and_stays_within_reason() {
    let house = House::new();
    let section = "[kpis]\nroll_days = 0\nforward_looking_by_bucket = { \"1-30\" = 11.0, \"31-61\" = 1.1 }\n\n[limits]";
    house.edit("pipelines/daily.toml", "[limits]", section);
    let said = house.regua(&["check", "pipelines/daily.toml"]).stderr;
    assert!(said.contains("roll_days"), "{said}");
    house.edit("pipelines/daily.toml", "roll_days = 0\n", "");
    let said = house.regua(&["check", "pipelines/daily.toml"]).stderr;
    for fault in ["11 is not a factor from 0 to 10", "unknown bucket `31-61`; did you mean `31-60`?"] {
        assert!(said.contains(fault), "no {fault:?} in\n{said}");
    }
}

/// One rate for all rows of a table, and never a second set of rows; an old rate is none.
#[test]
fn amounts_stand_beside_the_rate_of_the_reporting_currency() {
    let house = House::new();
    house.write(
        "invoices",
        "invoice_id debtor_id currency issue_date due_date amount
        I1 D1 BRL 2026-05-01 2026-06-10 100.00
        I2 D1 USD 2026-05-01 2026-06-10 80.00
        I3 D1 EUR 2026-05-01 2026-06-10 60.00",
    );
    house.write("debtors", "debtor_id legal_name\nD1 Acme");
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D1 I9 2026-05-01 1.00");
    house.write(
        "fx_rates",
        "date from_currency to_currency rate
        2026-06-29 USD BRL 5.25
        2026-06-01 EUR BRL 6.10",
    );
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let found = house.published("kpi_portfolio", "currency open_amount reporting_currency fx_rate");
    assert_eq!(found, ["BRL 100.00 BRL 1.00000000", "EUR 60.00 BRL -", "USD 80.00 BRL 5.25000000"]);
    house.edit("pipelines/daily.toml", "[limits]", "[kpis]\nreporting_currency = \"USD\"\n\n[limits]");
    let ended = house.run("2026-07-01");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let found = house.published("kpi_portfolio", "currency reporting_currency fx_rate");
    assert_eq!(found, ["BRL USD -", "EUR USD -", "USD USD 1.00000000"]);
    house.edit("pipelines/daily.toml", "reporting_currency = \"USD\"", "reporting_currency = \"reais\"");
    let said = house.regua(&["check", "pipelines/daily.toml"]).stderr;
    assert!(said.contains("reais"), "{said}");
    for table in contract::KPIS {
        let has_amounts = table.columns.iter().any(|column| column.kind == contract::Kind::Money);
        assert_eq!(table.column("fx_rate").is_some(), has_amounts, "{}", table.name);
    }
}

/// A customer that was invoiced between two exports, one without a name, and one that stands twice: each owes what it owes.
#[test]
fn a_debtor_without_a_good_row_stops_no_run() {
    let house = House::new();
    house.write(
        "invoices",
        "invoice_id debtor_id issue_date due_date amount
        I1 D1 2026-05-01 2026-06-10 100.00
        I2 D2 2026-05-01 2026-06-10 80.00
        I3 D3 2026-05-01 2026-06-10 60.00
        I4 D4 2026-05-01 2026-06-10 40.00",
    );
    house.write("debtors", "debtor_id legal_name collector_id\nD1 Acme ana\nD3 - ana\nD4 Bolt ana\nD4 Belt bia");
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D1 I9 2026-05-01 1.00");
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let owned = house.published("kpi_collectors", "owner_kind owner_id open_amount");
    assert_eq!(owned, ["collector ana 100.00", "none - 180.00"]);
    let mut written_to = house.published("decisions", "debtor_id outcome");
    written_to.retain(|line| line.ends_with("action"));
    assert!(written_to.iter().all(|line| line.starts_with("D1")), "{written_to:?}");
}
