//! An export of open items alone, day after day: what the runs saw is what an export of everything tells.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use crate::support::House;

/// The first and the last date of the runs: all of June lies between them.
const FIRST: &str = "2026-05-31";
const LAST: &str = "2026-06-30";
const DEBTORS: u32 = 5;

/// An invoice, and the days on which parts of it were paid; none = never.
struct Invoice {
    id: String,
    debtor: String,
    issue_date: NaiveDate,
    due_date: NaiveDate,
    amount: u32,
    paid: Vec<(NaiveDate, u32, &'static str)>,
}

impl Invoice {
    /// Every kind of life: paid early, late, in parts, by a credit note, written off, never.
    fn of(no: u32) -> Invoice {
        let first: NaiveDate = "2026-04-10".parse().unwrap();
        let issue_date = first + Days::new(u64::from(no * 7 % 80));
        let due_date = issue_date + Days::new(u64::from(no * 5 % 40));
        let amount = 100 + no * 13;
        let day = |after: u32| issue_date + Days::new(u64::from(after));
        let paid = match no % 6 {
            0 => vec![],
            1 => vec![(day(no % 9), amount, "payment")],
            2 => vec![(day(20 + no % 30), amount, "payment")],
            3 => vec![(day(10), 40, "payment"), (day(30), amount - 40, "payment")],
            4 => vec![(day(15), amount, "credit_note")],
            _ => vec![(day(25), 50, "payment"), (day(45), amount - 50, "write_off")],
        };
        Invoice { id: format!("I{no:02}"), debtor: format!("D{}", no % DEBTORS), issue_date, due_date, amount, paid }
    }

    fn is_open(&self, day: NaiveDate) -> bool {
        let paid = self.paid.iter().filter(|(on, ..)| *on <= day).map(|(_, amount, _)| amount).sum::<u32>();
        self.issue_date <= day && paid < self.amount
    }
}

/// Writes the invoices that a day's export holds, what was paid of them, and what was paid at all since the day before.
fn export(house: &House, day: NaiveDate, invoices: &[Invoice], holds: impl Fn(&Invoice) -> bool) {
    let mut rows = "invoice_id debtor_id issue_date due_date amount".to_owned();
    let mut payments = "payment_id debtor_id invoice_id paid_on amount kind".to_owned();
    for invoice in invoices {
        let Invoice { id, debtor, issue_date, due_date, amount, paid } = invoice;
        let is_held = holds(invoice);
        if is_held {
            rows += &format!("\n{id} {debtor} {issue_date} {due_date} {amount}.00");
        }
        let is_told = |on: NaiveDate| on <= day && (is_held || on + Days::new(1) >= day);
        for (no, (on, part, kind)) in paid.iter().enumerate().filter(|(_, (on, ..))| is_told(*on)) {
            payments += &format!("\n{id}-{no} {debtor} {id} {on} {part}.00 {kind}");
        }
    }
    house.write("invoices", &rows);
    house.write("payments", &payments);
}

fn house(scope: &str) -> House {
    let house = House::new();
    let debtors = (0..DEBTORS).map(|no| format!("\nD{no} Acme SP")).collect::<String>();
    house.write("debtors", &format!("debtor_id legal_name state{debtors}"));
    house.write("contact_points", "debtor_id channel address");
    house.edit("pipelines/daily.toml", "[inputs.invoices]", &format!("[inputs.invoices]\nscope = \"{scope}\""));
    house.edit("pipelines/daily.toml", "[limits]", "[kpis]\nsales_days = 30\nroll_days = 15\n\n[limits]");
    house
}

/// What the last run published of history, but for what it is made of.
fn history(house: &House) -> BTreeMap<&'static str, Vec<String>> {
    let tables = [
        (
            "kpi_collection_effectiveness",
            "company_id month opening_amount billed_amount collected_amount credited_amount written_off_amount closing_amount \
             closing_overdue_amount cei cei_cash dso_days days_to_pay_avg days_late_avg",
        ),
        ("kpi_dso", "company_id open_amount sales_amount dso_days best_possible_dso_days"),
        ("kpi_roll_rates", "company_id from_state to_state amount items rate"),
        (
            "kpi_cures",
            "company_id accounts_overdue_before accounts_cured cure_rate accounts_cured_before accounts_redefaulted",
        ),
        ("kpi_vintage", "company_id issue_month days_after_due billed_amount matured_amount paid_amount paid_rate"),
    ];
    let june = |table: &str, row: &String| match table {
        "kpi_collection_effectiveness" | "kpi_vintage" => row.contains("2026-06-01"),
        _ => true,
    };
    let of = |(table, columns): (&'static str, &str)| {
        let rows = house.published(table, columns).into_iter().filter(|row| june(table, row)).collect();
        (table, rows)
    };
    tables.into_iter().map(of).collect()
}

#[test]
fn a_month_of_open_items_tells_what_an_export_of_everything_tells_of_that_month() {
    let invoices: Vec<Invoice> = (0..60).map(Invoice::of).collect();
    let (first, last): (NaiveDate, NaiveDate) = (FIRST.parse().unwrap(), LAST.parse().unwrap());
    let open = house("open");
    for day in first.iter_days().take_while(|day| *day <= last) {
        export(&open, day, &invoices, |invoice| invoice.is_open(day));
        let ended =
            open.regua(&["run", "pipelines/daily.toml", "--as-of", &day.to_string(), "--accept-volume", "a test"]);
        assert_eq!(ended.code, 0, "{day}: {}", ended.stderr);
    }
    let all = house("all");
    export(&all, last, &invoices, |_| true);
    let ended = all.run(LAST);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let (seen, told) = (history(&open), history(&all));
    for (table, rows) in &told {
        assert!(!rows.is_empty(), "{table}");
        assert_eq!(&seen[table], rows, "{table}");
    }
    assert_eq!(open.published("kpi_dso", "basis"), ["observed"]);
    assert_eq!(all.published("kpi_dso", "basis"), ["ledger"]);
}
