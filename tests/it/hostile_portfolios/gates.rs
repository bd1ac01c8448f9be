//! Where the doubt is about everybody the run stops, says both figures and what to do, and lets itself be told why all
//! is well; where it is about a few it does not.

use std::fmt::Write as _;
use std::fs::File;
use std::time::{Duration, SystemTime};

use regua::io::log::Record;
use serde_json::{Value, json};

use super::portfolio::configure;
use crate::support::{Ended, House, as_of};

/// Debtors of a portfolio that is large enough for a share to say something.
const DEBTORS: usize = 200;
const NEXT_DAY: &str = "2026-07-01";

fn table(head: &str, numbers: impl Iterator<Item = usize>, row: impl Fn(usize) -> String) -> String {
    let mut text = head.to_owned();
    numbers.for_each(|number| write!(text, "\n{}", row(number)).expect("a text takes it"));
    text
}

fn invoices(numbers: impl Iterator<Item = usize>) -> String {
    table("invoice_id debtor_id issue_date due_date amount", numbers, |n| {
        format!("I{n} D{n} 2026-05-10 2026-06-10 1000.00")
    })
}

fn debtors(group: impl Fn(usize) -> String) -> String {
    table("debtor_id legal_name state group_id tax_id", 0..DEBTORS, |n| format!("D{n} Debtor_{n} SP {}", group(n)))
}

fn points(numbers: impl Iterator<Item = usize>) -> String {
    table("debtor_id channel address", numbers, |n| format!("D{n} email d{n}@example.com"))
}

fn payments(numbers: impl Iterator<Item = usize>, amount: &str) -> String {
    table("payment_id debtor_id invoice_id paid_on amount", numbers, |n| format!("P{n} D{n} I{n} 2026-06-15 {amount}"))
}

/// Two hundred debtors with an invoice each, half of them paid.
fn house() -> House {
    let house = House::new();
    house.write("invoices", &invoices(0..DEBTORS));
    house.write("payments", &payments(0..100, "1000.00"));
    house.write("debtors", &debtors(|_| "- -".to_owned()));
    house.write("contact_points", &points(0..DEBTORS));
    house
}

fn run(house: &House, as_of: &str, more: &[&str]) -> Ended {
    house.regua(&[&["run", "pipelines/daily.toml", "--as-of", as_of], more].concat())
}

fn publishes(house: &House, as_of: &str) {
    let ended = run(house, as_of, &[]);
    assert_eq!(ended.code, 0, "{as_of}: {}", ended.stderr);
}

/// It ends with a code, says all of this, and publishes nothing.
fn refuses(house: &House, as_of: &str, code: i32, parts: &[&str]) {
    let before = records(house);
    let ended = run(house, as_of, &[]);
    assert_eq!(ended.code, code, "{}", ended.stderr);
    // Off a terminal stderr is JSON lines, in which quotes are escaped.
    let said = ended.stderr.replace("\\\"", "\"");
    for part in parts {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    assert_eq!(records(house), before, "what is refused is not published");
}

fn records(house: &House) -> usize {
    glob::glob(&house.path("output/_log/*.json").to_string_lossy()).expect("a pattern").count()
}

/// The reason that was given stands in the newest record.
fn accepts(house: &House, as_of: &str) {
    let ended = run(house, as_of, &["--accept-volume", "the branch in Recife was sold"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let newest = house.read(&format!("output/_log/{:020}.json", records(house)));
    let record: Record = serde_json::from_str(&newest).expect("a commit record");
    let told = record.overrides.values().any(|why| why.contains("the branch in Recife was sold"));
    assert!(told, "{:?}", record.overrides);
}

fn set(house: &House, path: &[&str], value: Value) {
    configure(house, |pipeline| *path.iter().fold(pipeline, |at, key| &mut at[*key]) = value);
}

#[test]
fn an_input_with_far_fewer_rows_than_the_last_one_stops_until_somebody_says_why() {
    let house = house();
    publishes(&house, as_of());
    house.write("contact_points", &points(0..150));
    refuses(&house, NEXT_DAY, 3, &["contact_points", "150", "200", "--accept-volume"]);
    accepts(&house, NEXT_DAY);
    // Against the newest record, in which there were fewer.
    house.write("contact_points", &points(0..125));
    publishes(&house, "2026-07-02");
}

#[test]
fn an_input_that_is_gone_stops_until_somebody_says_why() {
    let house = house();
    house.write("disputes", "dispute_id debtor_id invoice_id opened_on kind\nX1 D150 I150 2026-06-20 dispute");
    publishes(&house, as_of());
    std::fs::remove_file(house.path("input/disputes.parquet")).expect("it is there");
    refuses(&house, NEXT_DAY, 3, &["disputes snapshot is gone", "1 row of it", "--accept-volume"]);
    accepts(&house, NEXT_DAY);
}

/// Who was opted out, blocked or insolvent by a column would be written to where an upgrade of the source renames it.
#[test]
fn a_column_that_is_gone_stops_until_somebody_says_why() {
    let house = house();
    let points = |column: &str| {
        let opted_out = |n| if n == 150 { "2026-06-01" } else { "-" };
        table(&format!("debtor_id channel address {column}"), 0..200, |n| {
            format!("D{n} email d{n}@acme.example {}", opted_out(n))
        })
    };
    set(&house, &["inputs", "contact_points", "date_format"], json!("%Y-%m-%d"));
    house.write("contact_points", &points("opted_out_on"));
    publishes(&house, as_of());
    house.write("contact_points", &points("opt_out_on"));
    let lacks = "contact_points snapshot, or one of its files, lacks opted_out_on";
    refuses(&house, NEXT_DAY, 3, &[lacks, "[inputs.contact_points.columns]", "--accept-volume"]);
    set(&house, &["inputs", "contact_points", "columns"], json!({"opted_out_on": "opt_out_on"}));
    publishes(&house, NEXT_DAY);
}

/// A file beside it that never had the column says nothing of the one that has it; one that loses it is missed, however
/// small it is.
#[test]
fn a_column_that_one_of_several_files_loses_stops_it_and_a_file_without_it_does_not() {
    let house = house();
    let points = |numbers: std::ops::Range<usize>, opted_out: &str| {
        table(&format!("debtor_id channel address {opted_out}"), numbers, |n| {
            format!("D{n} email d{n}@acme.example 2026-06-01")
        })
    };
    house.edit("pipelines/daily.toml", "input/contact_points.parquet", "input/contact_points*.parquet");
    let write = |system: &str, rows: &str| {
        house.write("contact_points", rows);
        let to = house.path(&format!("input/contact_points-{system}.parquet"));
        std::fs::rename(house.path("input/contact_points.parquet"), to).expect("moved");
    };
    set(&house, &["inputs", "contact_points", "date_format"], json!("%Y-%m-%d"));
    write("crm", &points(0..100, "opted_out_on"));
    write("web", &points(100..110, "opted_out_on"));
    publishes(&house, as_of());
    write("erp", &self::points(110..200));
    publishes(&house, NEXT_DAY);
    let told = ["contact_points snapshot", "lacks opted_out_on", "--accept-volume"];
    for (system, numbers) in [("crm", 0..100), ("web", 100..110)] {
        write(system, &points(numbers.clone(), "opt_out_on"));
        refuses(&house, "2026-07-02", 3, &told);
        write(system, &points(numbers, "opted_out_on"));
    }
}

/// What comes again for the same date may be the incomplete one.
#[test]
fn a_revision_is_compared_with_what_it_revises() {
    let house = house();
    house.write("disputes", "dispute_id debtor_id opened_on kind\nX1 D150 2026-06-10 dispute");
    publishes(&house, as_of());
    std::fs::remove_file(house.path("input/disputes.parquet")).expect("gone");
    let revise = ["--revise", "--reason", "late"];
    let ended = run(&house, as_of(), &revise);
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("the disputes snapshot is gone"), "{}", ended.stderr);
    let why = [&revise[..], &["--accept-volume", "no disputes any more"]].concat();
    let ended = run(&house, as_of(), &why);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}

#[test]
fn a_contact_log_that_is_empty_again_stops_until_somebody_says_why() {
    let house = house();
    let log = "event_id debtor_id channel occurred_at status";
    house.write("contact_log", &format!("{log}\nE1 D150 email 2026-06-01T12:00:00Z opted_out"));
    publishes(&house, as_of());
    house.write("contact_log", log);
    refuses(&house, NEXT_DAY, 3, &["contact_log snapshot has 0 rows", "--accept-volume"]);
    accepts(&house, NEXT_DAY);
}

#[test]
fn one_odd_payment_stops_nobody_else_however_large_it_is() {
    let house = house();
    let mut all = payments(0..100, "1000.00");
    all.push_str("\nX1 D150 OLD-1 2026-06-15 900000.00\nX2 D151 OLD-2 2026-06-15 900000.00");
    house.write("payments", &all);
    publishes(&house, as_of());
}

#[test]
fn what_one_debtor_got_back_hides_nothing_that_another_has_paid() {
    let house = house();
    let mut all = table("payment_id debtor_id invoice_id paid_on amount kind", 0..100, |n| {
        let zeros = if n < 8 { "000" } else { "" };
        format!("P{n} D{n} {zeros}I{n} 2026-06-15 1000.00 payment")
    });
    all.push_str("\nF1 D199 - 2026-06-15 8000.00 refund");
    house.write("payments", &all);
    refuses(&house, as_of(), 3, &["payments", "unmatched_percent_max"]);
}

#[test]
fn payments_that_are_gone_stop_it_before_whoever_has_paid_is_dunned() {
    let house = house();
    publishes(&house, as_of());
    house.write("payments", &payments(0..10, "1000.00"));
    refuses(&house, NEXT_DAY, 3, &["payments", "10", "100", "rows_percent_min"]);
    set(&house, &["limits", "rows_percent_min"], json!(5));
    // The position has moved as well: from a hundred debtors to almost twice as many.
    refuses(&house, NEXT_DAY, 3, &["100", "190", "position_percent_max"]);
}

/// A year of monthly invoices, all of them paid on their due dates, and a payments export of the last months alone.
#[test]
fn payments_of_the_last_months_alone_stop_it_before_whoever_paid_earlier_is_dunned() {
    let house = house();
    let day = |n: usize, of: usize| format!("2025-{:02}-{of:02}", 1 + n / 30);
    let all = || (0..12 * 30).filter(|n| n % 30 < 25);
    let invoices = table("invoice_id debtor_id issue_date due_date amount", all(), |n| {
        format!("I{n} D{} {} {} 1000.00", n % DEBTORS, day(n, 1), day(n, 20))
    });
    house.write("invoices", &invoices);
    let paid = |from: usize| {
        table("payment_id debtor_id invoice_id paid_on amount", all().filter(|n| n / 30 >= from && n % 30 < 24), |n| {
            format!("P{n} D{} I{n} {} 1000.00", n % DEBTORS, day(n, 20))
        })
    };
    house.write("payments", &paid(7));
    refuses(
        &house,
        "2025-12-24",
        3,
        &["only from 2025-08 on", "75 of its items", "2025-04 to 2025-06", "unpaid_start_percent_max"],
    );
    house.write("payments", &paid(0));
    publishes(&house, "2025-12-24");
}

#[test]
fn a_position_that_has_moved_by_more_than_half_stops_until_somebody_says_why() {
    let house = house();
    publishes(&house, as_of());
    house.write("payments", &payments(0..140, "1000.00"));
    publishes(&house, NEXT_DAY);
    house.write("payments", &payments(0..180, "1000.00"));
    refuses(&house, "2026-07-02", 3, &["60", "20", "position_percent_max"]);
    accepts(&house, "2026-07-02");
}

#[test]
fn payments_that_match_nothing_stop_it_with_the_likely_causes() {
    let house = house();
    let unmatched = |count: usize| {
        table("payment_id debtor_id invoice_id paid_on amount", 0..100, |n| {
            let zeros = if n < count { "000" } else { "" };
            format!("P{n} D{n} {zeros}I{n} 2026-06-15 1000.00")
        })
    };
    house.write("payments", &unmatched(4));
    publishes(&house, as_of());
    let house = self::house();
    house.write("payments", &unmatched(8));
    refuses(&house, as_of(), 3, &["payments", "unmatched_percent_max", "leading zeros", "sign"]);
    set(&house, &["limits", "unmatched_percent_max"], json!(10));
    publishes(&house, as_of());
}

#[test]
fn what_protects_debtors_of_whom_nobody_is_known_stops_it() {
    let house = house();
    let promise = |id: &str| format!("\nQ{id} {id} 2026-06-29 2026-07-05");
    let zeros_lost: String = ["0D1", "0D2", "0D3"].map(promise).concat();
    let head = "promise_id debtor_id promised_on pay_by";
    house.write("promises", &format!("{head}{zeros_lost}"));
    refuses(&house, as_of(), 3, &["promises", "debtors snapshot", "leading zeros"]);
    house.write("promises", &format!("{head}{zeros_lost}{}", promise("D4")));
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("3 rows name debtors that are not in the debtors snapshot"), "{}", ended.stderr);
}

/// Payments and the contact log keep what was: a few of debtors who are gone are told, and many stop it.
#[test]
fn payments_and_opt_outs_of_debtors_of_whom_nobody_is_known_are_told_and_many_stop_it() {
    let tables = [
        ("payments", "payment_id debtor_id paid_on amount", "2026-06-15 1000.00"),
        ("contact_log", "event_id debtor_id channel occurred_at status", "email 2026-06-15T15:00:00Z opted_out"),
    ];
    for (table, head, rest) in tables {
        let lost = |count: usize| self::table(head, 0..count, |n| format!("E{n} 0D{n} {rest}"));
        let house = house();
        house.write(table, &lost(19));
        let ended = house.run(as_of());
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let note = format!("{table} snapshot: 19 ");
        assert!(
            ended.stderr.contains(&note) && ended.stderr.contains("not in the debtors snapshot"),
            "{}",
            ended.stderr
        );
        let house = self::house();
        house.write(table, &lost(20));
        refuses(&house, as_of(), 3, &[table, "20", "debtors snapshot", "leading zeros"]);
    }
}

/// What is paid on invoices that cannot be read, on drafts and on credit notes is no payment of what is not there.
#[test]
fn payments_on_what_cannot_be_read_stop_nobody_else() {
    let house = house();
    let kinds = ["pro_forma", "draft", "credit_note", "invoice"];
    house.write(
        "invoices",
        &table("invoice_id debtor_id document_type issue_date due_date amount", 0..DEBTORS, |n| {
            let due = if n == 3 { "-" } else { "2026-06-10" };
            format!("I{n} D{n} {} 2026-05-10 {due} 1000.00", kinds.get(n).unwrap_or(&"invoice"))
        }),
    );
    house.write("payments", &payments(0..4, "1000.00"));
    publishes(&house, as_of());
}

#[test]
fn payments_of_the_other_sign_stop_it_until_the_input_says_so() {
    let house = house();
    house.write("payments", &payments(0..100, "-1000.00"));
    refuses(&house, as_of(), 3, &["payments", "sign = \"negative\""]);
    set(&house, &["inputs", "payments", "sign"], json!("negative"));
    publishes(&house, as_of());
    assert_eq!(house.published("items", "debtor_id").len(), 100, "the half that has paid owes nothing");
}

#[test]
fn a_group_that_everybody_is_in_is_a_placeholder_until_somebody_says_it_is_not() {
    let house = house();
    house.write("debtors", &debtors(|n| if n < 120 { "0 -".to_owned() } else { "- -".to_owned() }));
    refuses(&house, as_of(), 3, &["group_id", "120", "group_debtors_percent_max"]);
    set(&house, &["limits", "group_debtors_percent_max"], json!(100));
    publishes(&house, as_of());

    let house = self::house();
    house.write("debtors", &debtors(|n| if n < 120 { "- 11222333000181".to_owned() } else { "- -".to_owned() }));
    refuses(&house, as_of(), 3, &["120", "group_debtors_percent_max"]);
    // A real group of ninety is a large share of two hundred, and no placeholder.
    house.write("debtors", &debtors(|n| if n < 90 { "north -".to_owned() } else { "- -".to_owned() }));
    publishes(&house, as_of());
}

/// Last written so many days before the invoices.
fn lags(house: &House, table: &str, days: u64) {
    let written = |name: &str| File::options().write(true).open(house.path(&format!("input/{name}.parquet")));
    let now = SystemTime::now();
    written("invoices").and_then(|file| file.set_modified(now)).expect("the time is set");
    let before = now - Duration::from_secs(days * 24 * 60 * 60);
    written(table).and_then(|file| file.set_modified(before)).expect("the time is set");
}

#[test]
fn an_input_that_protects_and_lags_behind_the_invoices_is_waited_for() {
    let house = house();
    house.write("disputes", "dispute_id debtor_id opened_on kind\nX1 D150 2026-06-20 dispute");
    lags(&house, "disputes", 3);
    refuses(&house, as_of(), 75, &["disputes", "lag_days_max"]);
    set(&house, &["inputs", "disputes", "lag_days_max"], json!(4));
    publishes(&house, as_of());
    let house = self::house();
    lags(&house, "payments", 2);
    refuses(&house, as_of(), 75, &["payments", "lag_days_max"]);
    lags(&house, "payments", 0);
    // What protects nobody may be older.
    lags(&house, "debtors", 3);
    publishes(&house, as_of());
}

/// So many invoices, and so many more that contradict the first of them.
fn contradicted(rows: usize, conflicts: usize) -> House {
    let house = house();
    let again = table("", 0..conflicts, |n| format!("I{n} D{n} 2026-05-10 2026-06-10 999.00"));
    house.write("invoices", &(invoices(0..rows) + &again));
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount");
    house
}

#[test]
fn the_share_of_bad_rows_counts_above_a_floor_and_conflicts_count_for_it() {
    publishes(&contradicted(16, 4), as_of());
    // Above the floor there are both so many rows and so many bad ones.
    let house = contradicted(100, 30);
    refuses(&house, as_of(), 3, &["invoices", "quarantine_share_max"]);
    set(&house, &["limits", "quarantine_rows_min"], json!(200));
    publishes(&house, as_of());
}

#[test]
fn two_snapshots_found_by_one_glob_are_one_where_they_are_equal_and_stop_it_where_they_are_not() {
    let house = house();
    set(&house, &["inputs", "invoices", "path"], json!("../input/invoices*.parquet"));
    let copy = house.path("input/invoices-old.parquet");
    std::fs::copy(house.path("input/invoices.parquet"), &copy).expect("a copy");
    publishes(&house, as_of());
    let open = house.published("items", "open_amount").len();
    assert_eq!(open, 100, "equal rows count once");
    let yesterday = invoices(0..DEBTORS).replace("1000.00", "1100.00");
    house.write("invoices", &yesterday);
    refuses(&house, NEXT_DAY, 3, &["invoices", "quarantine_share_max"]);
}

/// Who is held for what an input says is written to once it says so no more: emptied, a column of nulls, one file of two.
#[test]
fn protection_that_is_gone_overnight_stops_a_run() {
    let disputes = |numbers: std::ops::Range<usize>| {
        table("dispute_id debtor_id kind opened_on", numbers, |n| format!("X{n} D{n} dispute 2026-06-01"))
    };
    let flagged = |flag: &str| {
        table("debtor_id legal_name state is_insolvent", 0..DEBTORS, |n| {
            format!("D{n} Debtor_{n} SP {}", if (100..118).contains(&n) { flag } else { "-" })
        })
    };
    let in_two_files = |house: &House| {
        configure(house, |pipeline| {
            pipeline["inputs"]["disputes"]["path"] = json!("${REGUA_DATA:-..}/input/disputes*.parquet")
        });
        for (file, numbers) in [("disputes_1", 100..140), ("disputes_2", 140..150)] {
            let batch = crate::support::batch("disputes", &disputes(numbers));
            crate::support::write_parquet(&house.path(&format!("input/{file}.parquet")), &batch);
        }
    };
    type Change<'c> = Box<dyn Fn(&House) + 'c>;
    let cases: [(Change<'_>, Change<'_>, &[&str]); 3] = [
        (
            Box::new(|house| house.write("disputes", &disputes(100..118))),
            Box::new(|house| house.write("disputes", &disputes(100..100))),
            &["the disputes snapshot has 0 rows, but had 18"],
        ),
        (
            Box::new(|house| house.write("debtors", &flagged("true"))),
            Box::new(|house| house.write("debtors", &flagged("-"))),
            &["debtors.is_insolvent says something in 0 rows, but did in 18"],
        ),
        (
            Box::new(in_two_files),
            Box::new(|house| std::fs::remove_file(house.path("input/disputes_2.parquet")).expect("removed")),
            &["the disputes snapshot lacks", "disputes_2.parquet", "and has fewer rows"],
        ),
    ];
    for (before, after, parts) in cases {
        let house = house();
        before(&house);
        publishes(&house, as_of());
        after(&house);
        refuses(&house, NEXT_DAY, 3, parts);
        accepts(&house, NEXT_DAY);
    }
}

/// One dispute that is settled, and files that are written anew under other names, are no sign.
#[test]
fn protection_that_goes_one_by_one_stops_nothing() {
    let house = house();
    house.write(
        "disputes",
        &table("dispute_id debtor_id kind opened_on", 100..106, |n| format!("X{n} D{n} dispute 2026-06-01")),
    );
    publishes(&house, as_of());
    house.write(
        "disputes",
        &table("dispute_id debtor_id kind opened_on", 100..101, |n| format!("X{n} D{n} dispute 2026-06-01")),
    );
    publishes(&house, NEXT_DAY);
}

/// A migration overnight gives everybody another id and every invoice another number: nobody knows what was sent to them.
#[test]
fn debtors_who_are_gone_the_day_after_they_were_written_to_stop_a_run() {
    let house = house();
    publishes(&house, as_of());
    let of = |prefix: &str, head: &str, row: &dyn Fn(String) -> String| {
        table(head, 100..DEBTORS, |n| row(format!("{prefix}{n}")))
    };
    house.write(
        "invoices",
        &of("N", "invoice_id debtor_id issue_date due_date amount", &|id| {
            format!("J{id} {id} 2026-05-10 2026-06-10 1000.00")
        }),
    );
    house.write("debtors", &of("N", "debtor_id legal_name state", &|id| format!("{id} Debtor SP")));
    house.write(
        "contact_points",
        &of("N", "debtor_id channel address", &|id| format!("{id} email {}@example.com", id.replace('N', "d"))),
    );
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 N150 JN150 2026-06-15 1.00");
    let ended = run(&house, NEXT_DAY, &[]);
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(
        ended
            .stderr
            .contains("the debtors of 100 of the 100 actions of the newest date are not in the debtors snapshot"),
        "{}",
        ended.stderr
    );
    accepts(&house, NEXT_DAY);
}

/// Spreadsheets and columns of numbers take the zeros away. Everybody would be held, and a run that writes to nobody looks like
/// a quiet day.
#[test]
fn invoices_whose_debtors_are_all_spelt_otherwise_stop_it_and_a_few_are_held() {
    let house = house();
    let debtors = |text: String| text.replace("\nD", "\n000");
    house.write("debtors", &debtors(self::debtors(|_| "- -".to_owned())));
    house.write("contact_points", &debtors(points(0..DEBTORS)));
    let spelt = |zeros: usize| {
        table("invoice_id debtor_id issue_date due_date amount", 0..DEBTORS, |n| {
            let before = if n < zeros { "000" } else { "" };
            format!("I{n} {before}{n} 2026-05-10 2026-06-10 1000.00")
        })
    };
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 0001 I1 2026-06-15 1000.00");
    for (zeros, said) in [(0, "the debtors of 200 of its 200 rows"), (60, "the debtors of 140 of its 200 rows")] {
        house.write("invoices", &spelt(zeros));
        refuses(&house, as_of(), 3, &["invoices snapshot", said, "write debtor_id as in the debtors snapshot"]);
    }
    house.write("invoices", &spelt(190));
    let ended = run(&house, as_of(), &[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("invoices snapshot: 10 rows name debtors that are not in the debtors snapshot"));
    let held =
        house.published("decisions", "reason").into_iter().filter(|reason| reason == "quarantined_input").count();
    assert_eq!(held, 20, "who owes them, and whoever is spelt alike");
}

/// Debtors who are former customers owe what they owe: they are held and told, and nobody else is.
#[test]
fn invoices_of_debtors_who_are_not_there_stop_nothing() {
    let house = house();
    let known = debtors(|_| "- -".to_owned()).lines().take(60).collect::<Vec<_>>().join("\n");
    house.write("debtors", &known);
    let ended = run(&house, as_of(), &[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("141 rows name debtors that are not in the debtors snapshot"), "{}", ended.stderr);
}

/// `regua init` and a copy of the shipped pipeline leave a creditor to fill in.
#[test]
fn letters_signed_by_the_sample_stop_it_and_figures_alone_do_not() {
    let house = house();
    house.edit("pipelines/daily.toml", "tenant = \"demo\"", "tenant = \"acme\"");
    refuses(&house, as_of(), 3, &["[creditors.default] is still a sample", "give your own name"]);
    let planned = house.regua(&["plan", "pipelines/daily.toml", "--as-of", as_of(), "--output", "text"]);
    assert!(
        planned.stdout.contains("! `regua run` would stop: [creditors.default] is still a sample"),
        "{}",
        planned.stdout
    );
    // The name of a sample is signed as well as its address.
    house.edit("pipelines/daily.toml", "financeiro@exemplo.example", "cobranca@acme.com.br");
    refuses(&house, as_of(), 3, &["[creditors.default] is still a sample"]);
    house.edit("pipelines/daily.toml", "Distribuidora Exemplo Ltda.", "Acme S.A.");
    house.edit("pipelines/daily.toml", "https://portal.exemplo.example", "https://portal.acme.com.br");
    publishes(&house, as_of());
}

/// Where every company that sends has a creditor of its own, nobody's letter is signed by the one that is left over.
#[test]
fn a_sample_that_signs_nothing_and_figures_alone_stop_nothing() {
    let house = house();
    house.edit("pipelines/daily.toml", "tenant = \"demo\"", "tenant = \"acme\"");
    let figures = run(&house, as_of(), &["--kpi-only"]);
    assert_eq!(figures.code, 0, "{}", figures.stderr);
    let house = self::house();
    house.edit("pipelines/daily.toml", "tenant = \"demo\"", "tenant = \"acme\"");
    configure(&house, |pipeline| {
        let mut own = pipeline["creditors"]["default"].clone();
        own["name"] = "Acme S.A.".into();
        own["email"] = "cobranca@acme.com.br".into();
        own["portal_link"] = "https://portal.acme.com.br".into();
        let company = pipeline["defaults"]["company"].as_str().expect("a company").to_owned();
        pipeline["creditors"][company.as_str()] = own;
    });
    publishes(&house, as_of());
}
