//! Day after day: what was published counts, whatever the gateways report, and nothing goes out twice.

use crate::support::{House, as_of};

const POINTS: &str = "debtor_id channel address\nD1 email a@acme.example\nD1 whatsapp +5511900000001";

fn house(due: &str) -> House {
    let house = House::new();
    house.write("invoices", &format!("invoice_id debtor_id issue_date due_date amount\nI1 D1 2026-01-05 {due} 100.00"));
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount");
    house.write("debtors", "debtor_id legal_name state\nD1 Acme SP");
    house.write("contact_points", POINTS);
    house
}

/// Runs a date and gives `outcome reason step_id` of the only account.
fn decision(house: &House, as_of: &str) -> String {
    let ended = house.run(as_of);
    assert_eq!(ended.code, 0, "{as_of}: {}", ended.stderr);
    house.published("decisions", "outcome reason step_id").join(", ")
}

fn report(house: &House, status: &str, action_id: &str, on: &str) {
    let text = format!(
        "event_id action_id debtor_id channel occurred_at status regua step_id\nE1 {action_id} D1 email {on}T15:00:00Z {status} b2b d+5"
    );
    house.write("contact_log", &text);
}

#[test]
fn an_unreported_action_may_have_been_sent() {
    let house = house("2026-06-20");
    assert_eq!(decision(&house, as_of()), "action step_due d+5");
    assert_eq!(decision(&house, "2026-07-01"), "hold previous_unreported d+15");
    assert_eq!(decision(&house, "2026-07-02"), "hold previous_unreported d+15");
    assert_eq!(decision(&house, "2026-07-03"), "hold no_step_due d+15");
    // 15 days past due on Sunday 5 July, when nobody is contacted.
    assert_eq!(decision(&house, "2026-07-05"), "hold no_legal_slot d+15");
    assert_eq!(decision(&house, "2026-07-06"), "action step_due d+15");
}

/// The shipped calendar had it as a holiday of banks alone, and letters went out.
#[test]
fn nobody_is_written_to_on_good_friday() {
    let house = house("2026-03-29");
    assert_eq!(decision(&house, "2026-04-03"), "hold no_legal_slot d+5");
    assert_eq!(decision(&house, "2026-04-04"), "action step_due d+5");
}

#[test]
fn what_failed_is_proposed_again_under_a_new_id() {
    let house = house("2026-06-20");
    assert_eq!(decision(&house, as_of()), "action step_due d+5");
    let first = house.published("actions", "action_id occurrence").join(" ");
    let (id, occurrence) = first.split_once(' ').unwrap();
    assert_eq!(occurrence, "1");
    report(&house, "failed", id, as_of());
    assert_eq!(decision(&house, "2026-07-01"), "action step_due d+5");
    let second = house.published("actions", "action_id occurrence").join(" ");
    assert!(second.ends_with(" 2") && !second.contains(id), "{second}");
}

#[test]
fn an_answer_gives_room() {
    let house = house("2026-06-20");
    assert_eq!(decision(&house, as_of()), "action step_due d+5");
    let first = house.published("actions", "action_id").join("");
    report(&house, "replied", &first, as_of());
    assert_eq!(decision(&house, "2026-07-01"), "hold min_gap d+15");
    assert_eq!(
        house.published("decisions", "detail"),
        ["last contact on 2026-06-30, until 2026-07-02; also response_window, no_step_due"]
    );
}

#[test]
fn the_same_inputs_never_publish_twice_and_other_inputs_are_a_conflict() {
    let house = house("2026-06-20");
    assert_eq!(decision(&house, as_of()), "action step_due d+5");
    let again = house.run(as_of());
    assert_eq!(again.code, 0);
    assert!(again.stdout.contains("already_published"), "{}", again.stdout);
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D1 I1 2026-06-01 5.00");
    let other = house.run(as_of());
    assert_eq!(other.code, 4, "{}", other.stderr);
    assert!(other.stderr.contains("already published from other inputs"), "{}", other.stderr);
}

#[test]
fn a_payment_ends_it() {
    let house = house("2026-06-20");
    assert_eq!(decision(&house, as_of()), "action step_due d+5");
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D1 I1 2026-07-01 100.00");
    // Nobody knows whether the reminder was sent, so nobody is thanked.
    assert_eq!(decision(&house, "2026-07-02"), "hold settled -");
    assert_eq!(decision(&house, "2026-07-05"), "");
}

/// An action about a paid invoice, older than every open one, was forgotten: the next invoice of the same episode was
/// given its action_id, and audit 11 stopped the run.
#[test]
fn an_old_action_of_the_episode_keeps_its_id() {
    let house = house("2026-03-10");
    house.write(
        "invoices",
        "invoice_id debtor_id issue_date due_date amount\nI1 D1 2026-03-01 2026-03-10 100.00\nI2 D1 2026-04-20 2026-04-25 100.00",
    );
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D1 I1 2026-05-04 100.00");
    assert_eq!(decision(&house, "2026-03-16"), "action step_due d+5");
    let first = house.published("actions", "action_id cycle_id").join("");
    let (id, cycle) = first.split_once(' ').unwrap();
    assert_eq!(decision(&house, "2026-05-07"), "action step_due d+5");
    let second = house.published("actions", "action_id cycle_id occurrence").join("");
    assert!(!second.contains(id) && second.ends_with(&format!("{cycle} 2")), "{first} then {second}");
}

/// Two items of one debtor climb on their own; what was published says which step each of them took.
#[test]
fn items_that_climb_on_their_own_are_known_by_what_was_published() {
    let house = house("2026-06-24");
    house.edit("pipelines/reguas/b2b.toml", "level_of = \"account\"", "level_of = \"item\"\ncarrier = \"max_level\"");
    house.write(
        "invoices",
        "invoice_id debtor_id issue_date due_date amount\nI1 D1 2026-01-05 2026-06-24 100.00\nI2 D1 2026-01-05 2026-06-29 100.00",
    );
    let took = |as_of: &str| {
        assert!(decision(&house, as_of).starts_with("action"), "{as_of}");
        house.published("actions", "step_id items").join("")
    };
    let first = took("2026-06-30");
    assert!(first.starts_with("d+5") && first.contains("step_id: d+5") && first.contains("step_id: d+1"), "{first}");
    let second = took("2026-07-04");
    assert!(second.starts_with("d+5") && second.contains("invoice_id: I1"), "I2 takes d+5, I1 is listed: {second}");
    assert_eq!(second.matches("step_id: d+5").count(), 1, "{second}");
    assert_eq!(house.published("debtors", "dunning_state"), ["d+5"]);
}

/// A debtor who was listed and has paid on the eve, and owes nothing else.
fn listed_and_paid(paid_on: &str) -> House {
    let house = house("2026-03-20");
    house.write("payments", &format!("payment_id debtor_id invoice_id paid_on amount\nP1 D1 I1 {paid_on} 100.00"));
    house.write(
        "listings",
        "listing_id debtor_id invoice_id kind bureau included_on\nL1 D1 I1 negativacao serasa 2026-05-20",
    );
    house
}

fn failed_removal(house: &House, action_id: &str, on: &str) {
    let text = format!(
        "event_id action_id debtor_id channel occurred_at status\nE1 {action_id} D1 instruction {on}T15:00:00Z failed"
    );
    house.write("contact_log", &text);
}

#[test]
fn a_listing_of_what_is_paid_is_removed_once() {
    let house = listed_and_paid("2026-06-29");
    assert_eq!(decision(&house, as_of()), "action duty removal");
    let detail = "listing L1 with serasa: paid on 2026-06-29, remove by 2026-07-06";
    assert_eq!(house.published("decisions", "detail open_amount"), [format!("{detail} 0.00")]);
    assert_eq!(house.published("debtors", "debtor_id"), Vec::<String>::new());
    assert_eq!(house.published("actions", "step_kind channel open_amount"), ["negativacao_removal instruction 0.00"]);
    let listings = "listings paid_while_listed removals_due removals_overdue";
    assert_eq!(house.published("kpi_listings", listings), ["1 1 1 0"]);
    assert_eq!(decision(&house, "2026-07-01"), "hold settled -");
    // The bureau has it still, and the deadline passes: nothing goes out again, and everybody is told.
    assert_eq!(decision(&house, "2026-07-07"), "hold settled -");
    assert_eq!(house.published("kpi_listings", listings), ["1 1 1 1"]);
    let explained = house.regua(&["explain", "D1", "--from", "output", "--output", "text"]).stdout;
    let line = "paid on 2026-06-29, remove by 2026-07-06, overdue by 1 day; instructed on 2026-06-30";
    assert!(explained.contains(line) && explained.contains("owes nothing"), "{explained}");
    let told = house.regua(&["run", "pipelines/daily.toml", "--as-of", "2026-07-08", "--output", "text"]).stdout;
    assert!(told.contains("Overdue removals: 1 paid but still in force, the oldest 2 days late"), "{told}");
    let removed = "listing_id debtor_id invoice_id kind bureau included_on removed_on\nL1 D1 I1 negativacao serasa 2026-05-20 2026-07-09";
    house.write("listings", removed);
    assert_eq!(decision(&house, "2026-07-09"), "");
    assert_eq!(house.published("kpi_listings", listings), Vec::<String>::new());
}

#[test]
fn a_removal_that_failed_goes_out_again_under_a_new_id() {
    let house = listed_and_paid("2026-06-29");
    assert_eq!(decision(&house, as_of()), "action duty removal");
    let first = house.published("actions", "action_id").join("");
    failed_removal(&house, &first, as_of());
    assert_eq!(decision(&house, "2026-07-01"), "action duty removal");
    let second = house.published("actions", "action_id occurrence").join("");
    assert!(second.ends_with(" 2") && !second.contains(&first), "{first} then {second}");
    assert_eq!(decision(&house, "2026-07-02"), "hold settled -");
}

#[test]
fn a_payment_taken_back_owes_no_removal_and_a_bad_row_hinders_none() {
    let house = listed_and_paid("2026-06-26");
    let reopened = "payment_id debtor_id invoice_id kind reverses paid_on amount\nP1 D1 I1 payment - 2026-06-26 100.00\nP2 D1 I1 chargeback P1 2026-06-29 100.00";
    house.write("payments", reopened);
    assert_ne!(decision(&house, as_of()), "action duty removal");
    assert_eq!(house.published("actions", "step_id").iter().filter(|s| *s == "removal").count(), 0);
    let house = listed_and_paid("2026-06-26");
    house.edit("pipelines/daily.toml", "quarantine_share_max = 0.01", "quarantine_share_max = 0.9");
    let bad = "invoice_id debtor_id issue_date due_date amount\nI1 D1 2026-01-05 2026-03-20 100.00\nI2 D1 2026-01-05 2026-03-20 -1.00";
    house.write("invoices", bad);
    assert_eq!(decision(&house, as_of()), "action duty removal");
}

#[test]
fn thanks_when_everything_due_is_paid() {
    let house = house("2026-06-20");
    assert_eq!(decision(&house, as_of()), "action step_due d+5");
    let first = house.published("actions", "action_id cycle_id").join("");
    let (id, cycle) = first.split_once(' ').unwrap();
    report(&house, "delivered", id, as_of());
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D1 I1 2026-07-01 100.00");
    assert_eq!(decision(&house, "2026-07-02"), "action step_due receipt");
    assert_eq!(house.published("actions", "cycle_id open_amount"), [format!("{cycle} 0.00")]);
    assert_eq!(decision(&house, "2026-07-03"), "hold settled -");
    assert_eq!(decision(&house, "2026-07-05"), "");
}

/// What was published longer ago than `history_days` was forgotten, and its id published again.
#[test]
fn an_id_is_never_given_again_however_long_ago_it_was_published() {
    let house = house("2026-06-20");
    assert_eq!(decision(&house, as_of()), "action step_due d+5");
    let first = house.published("actions", "action_id").join("");
    house.edit("pipelines/daily.toml", "max_age_days = 7", "max_age_days = 3650");
    for later in ["2028-07-03", "2030-01-07"] {
        let ended = house.run(later);
        assert_eq!(ended.code, 0, "{later}: {}", ended.stderr);
        assert!(!house.published("actions", "action_id").contains(&first), "{later}");
    }
    let verified = house.regua(&["log", "output", "--verify"]);
    assert_eq!(verified.code, 0, "{}", verified.stderr);
}

/// Accounts that a CRM has merged: the action says whose the event is, whatever its row says, and in whichever shard.
#[test]
fn an_event_of_an_action_is_of_its_debtor() {
    let decided = |shards: u32| {
        let house = House::new();
        house.edit("pipelines/daily.toml", "[limits]", &format!("[limits]\nshards = {shards}"));
        let of_each = |row: &dyn Fn(usize) -> String| (0..6).map(|n| format!("\n{}", row(n))).collect::<String>();
        let invoices = of_each(&|n| format!("I{n} D{n} 2026-01-05 2026-06-20 100.00"));
        house.write("invoices", &format!("invoice_id debtor_id issue_date due_date amount{invoices}"));
        house.write("payments", "payment_id debtor_id invoice_id paid_on amount");
        house.write("debtors", &format!("debtor_id legal_name state{}", of_each(&|n| format!("D{n} Acme{n} SP"))));
        let points = of_each(&|n| format!("D{n} email d{n}@acme.example"));
        house.write("contact_points", &format!("debtor_id channel address{points}"));
        assert_eq!(house.run(as_of()).code, 0);
        let mut actions = house.published("actions", "debtor_id action_id");
        actions.sort();
        // Every event stands in the row of the next debtor.
        let events = of_each(&|n| {
            let (id, next) = (actions[n].split_once(' ').expect("an id").1, (n + 1) % 6);
            format!("E{n} {id} D{next} email 2026-06-30T15:00:00Z failed b2b d+5")
        });
        let head = "event_id action_id debtor_id channel occurred_at status regua step_id";
        house.write("contact_log", &format!("{head}{events}"));
        assert_eq!(house.run("2026-07-01").code, 0);
        let mut decisions = house.published("decisions", "debtor_id outcome reason step_id");
        decisions.sort();
        decisions
    };
    let one = decided(1);
    assert_eq!(one[0], "D0 action step_due d+5", "what failed is proposed again");
    for shards in [7, 64] {
        assert_eq!(decided(shards), one, "{shards} shards");
    }
}

/// Runs a date with more on the command line, and gives its result line.
fn run_with(house: &House, as_of: &str, more: &[&str]) -> serde_json::Value {
    let ended = house.regua(&[&["run", "pipelines/daily.toml", "--as-of", as_of], more].concat());
    assert_eq!(ended.code, 0, "{as_of} {more:?}: {}", ended.stderr);
    serde_json::from_str(ended.stdout.lines().last().unwrap_or_default()).expect("a result")
}

/// A record of the log.
fn record(house: &House, seq: u64) -> serde_json::Value {
    serde_json::from_str(&house.read(&format!("output/_log/{seq:020}.json"))).expect("a record")
}

/// Made up for forwards, every date is the newest: each would have written to everybody who was late then.
#[test]
fn figures_of_past_days_write_to_nobody_and_the_next_day_does() {
    let house = house("2026-06-20");
    for date in ["2026-06-26", "2026-06-27", "2026-06-28"] {
        let told = run_with(&house, date, &["--kpi-only"]);
        assert_eq!((&told["kind"], &told["outcome"]), (&"kpi_only".into(), &"published".into()), "{date}");
        assert_eq!(told["counts"]["items"], 1, "{date}");
        assert!(told["counts"]["actions"].is_null() && told["counts"]["contact_state"].is_null(), "{told}");
    }
    assert!(!house.path("output/outbox").exists() && !house.path("output/kpi_current").exists());
    assert!(house.path("output/kpi/kpi_aging/dt=2026-06-28").exists());
    let again = run_with(&house, "2026-06-28", &["--kpi-only"]);
    assert_eq!((&again["outcome"], &again["seq"]), (&"already_published".into(), &3.into()));
    // A date between them comes too late to decide, whatever it is asked.
    assert_eq!(run_with(&house, "2026-06-27", &[])["outcome"], "already_published");

    assert_eq!(decision(&house, as_of()), "action step_due d+5");
    assert_eq!(record(&house, 4)["counts"]["actions"], 1);
    assert!(house.path("output/kpi_current/kpi_actions.parquet").exists());
    // Who was written to is carried past the days that write to nobody.
    for date in ["2026-07-01", "2026-07-02"] {
        run_with(&house, date, &["--kpi-only"]);
    }
    let aging = |file: &str| std::fs::read(house.path(&format!("output/{file}"))).expect("a KPI table");
    assert_eq!(
        aging("kpi_current/kpi_aging.parquet"),
        aging("kpi/kpi_aging/dt=2026-06-30/part-00000.parquet"),
        "the tables that stand side by side are of one day"
    );
    assert_eq!(decision(&house, "2026-07-03"), "hold no_step_due d+15");
    assert_eq!(decision(&house, "2026-07-06"), "action step_due d+15");
    let told = run_with(&house, as_of(), &["--kpi-only"]);
    assert_eq!((&told["outcome"], &told["kind"]), (&"already_published".into(), &"actions".into()), "it has them all");
    let verified = house.regua(&["log", "output", "--verify"]);
    assert_eq!(verified.code, 0, "{}", verified.stderr);
}

#[test]
fn a_date_published_for_its_figures_is_told_so_and_a_revision_publishes_its_actions() {
    let house = house("2026-06-20");
    run_with(&house, as_of(), &["--kpi-only"]);
    let said = "2026-06-30 is published with --kpi-only (";
    for command in ["run", "plan"] {
        let ended = house.regua(&[command, "pipelines/daily.toml", "--as-of", as_of()]);
        assert_eq!(ended.code, 4, "{}", ended.stderr);
        assert!(ended.stderr.contains(said) && ended.stderr.contains("--revise --reason"), "{}", ended.stderr);
    }
    let explained = house.regua(&["explain", "D1", "--from", "output", "--as-of", as_of()]);
    assert!(explained.stderr.contains("nothing was decided for 2026-06-30: it was published with"), "{explained:?}");
    let revised = run_with(&house, as_of(), &["--revise", "--reason", "go-live"]);
    let numbers = [&revised["revision"], &revised["counts"]["actions"]].map(|n| n.as_u64().unwrap_or(99));
    assert_eq!((&revised["kind"], numbers), (&"actions".into(), [1, 1]));
    assert!(house.path("output/outbox/dt=2026-06-30/revision=1/channel=email/part-00000.ndjson").exists());
    for more in [&[][..], &["--kpi-only"][..]] {
        let again = run_with(&house, as_of(), more);
        assert_eq!((&again["outcome"], &again["seq"]), (&"already_published".into(), &2.into()), "{more:?}");
    }
    assert_eq!(decision(&house, "2026-07-01"), "hold previous_unreported d+15");
}

/// An export of the month before, copied today, is as young as its copy: whoever paid since would have been written to. Where
/// nothing is owed, or nothing but figures is made, nobody would have been.
#[test]
fn payments_that_stopped_stop_the_letters_until_somebody_says_why() {
    let house = house("2026-06-20");
    let paid = |day: u32| format!("P{day} D1 I0 2026-05-{day:02} 1.00");
    let payments: Vec<String> = (1..=30).map(paid).collect();
    house.write("payments", &format!("payment_id debtor_id invoice_id paid_on amount\n{}", payments.join("\n")));
    house.write("invoices", "invoice_id debtor_id issue_date due_date amount\nI0 D1 2026-01-05 2026-03-01 30.00");
    assert_eq!(run_with(&house, "2026-06-20", &[])["counts"]["actions"], 0);
    house.write(
        "invoices",
        "invoice_id debtor_id issue_date due_date amount\nI0 D1 2026-01-05 2026-03-01 30.00\nI1 D1 2026-01-05 2026-06-20 100.00",
    );
    let said = "the newest payment is of 2026-05-30, 31 days before 2026-06-30";
    let planned = house.regua(&["plan", "pipelines/daily.toml", "--as-of", as_of()]);
    assert!(planned.code == 0 && planned.stdout.contains(said), "{planned:?}");
    let refused = house.run(as_of());
    assert_eq!(refused.code, 3, "{}", refused.stderr);
    assert!(refused.stderr.contains(said) && !house.path("output/outbox").exists(), "{}", refused.stderr);
    assert_eq!(run_with(&house, "2026-06-29", &["--kpi-only"])["outcome"], "published");
    let accepted = run_with(&house, as_of(), &["--accept-volume", "nobody paid in June"]);
    assert_eq!(accepted["counts"]["actions"], 1);
}

/// It was taken for the notice of each of them, and both were listed.
#[test]
fn a_notice_that_names_no_company_announces_nothing_where_there_are_two_accounts() {
    let house = house("2026-04-20");
    house.write(
        "contact_log",
        "event_id debtor_id channel occurred_at status regua step_id\nE1 D1 letter 2026-06-10T15:00:00Z delivered b2b d+45",
    );
    let steps = |house: &House| {
        assert_eq!(house.run(as_of()).code, 0);
        house.published("actions", "company_id step_id").join(", ")
    };
    assert_eq!(steps(&house), "1 d+60", "of the one account that there is");
    house.write(
        "invoices",
        "invoice_id company_id debtor_id issue_date due_date amount\nI1 1 D1 2026-01-05 2026-04-20 100.00\nI2 2 D1 2026-01-05 2026-04-20 100.00",
    );
    std::fs::remove_dir_all(house.path("output")).expect("a run");
    assert_eq!(steps(&house), "1 d+45", "given anew, and on one day to one of them");
    // Of one company, in two currencies.
    house.write(
        "invoices",
        "invoice_id company_id debtor_id issue_date due_date currency amount\nI1 1 D1 2026-01-05 2026-04-20 BRL 100.00\nI2 1 D1 2026-01-05 2026-04-20 USD 100.00",
    );
    house.write(
        "contact_log",
        "event_id debtor_id company_id channel occurred_at status regua step_id\nE1 D1 1 letter 2026-06-10T15:00:00Z delivered b2b d+45",
    );
    std::fs::remove_dir_all(house.path("output")).expect("a run");
    assert_eq!(steps(&house), "1 d+45");
}

/// A flood stops the letters, and not the month's report.
#[test]
fn halted_in_the_pipeline_everybody_is_left_alone_and_the_figures_go_on() {
    let house = house("2026-06-20");
    house.edit("pipelines/daily.toml", "# halted = true ", "halted = true ");
    let ended = house.run(as_of());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("[dunning].halted is true: every account is held"), "{}", ended.stderr);
    assert_eq!(house.published("decisions", "outcome reason step_id").join(", "), "hold halted d+5");
    assert_eq!(house.published("kpi_aging", "bucket open_amount"), ["1-30 100.00"]);
    house.edit("pipelines/daily.toml", "halted = true ", "# halted = true ");
    assert_eq!(decision(&house, "2026-07-01"), "action step_due d+5");
}

/// Figures of a later date silenced every date before it: exit code 0, one warning, and nobody was written to.
#[test]
fn a_date_that_figures_have_overtaken_says_so_and_publishes_nothing() {
    let house = house("2026-06-20");
    assert_eq!(decision(&house, "2026-06-29"), "action step_due d+5");
    run_with(&house, "2026-07-06", &["--kpi-only"]);
    for command in ["run", "plan"] {
        let ended = house.regua(&[command, "pipelines/daily.toml", "--as-of", as_of()]);
        assert_eq!(ended.code, 4, "{}", ended.stderr);
        let said = "2026-07-06 is published with --kpi-only";
        assert!(ended.stderr.contains(said) && ended.stderr.contains("add --kpi-only"), "{}", ended.stderr);
    }
    // Before what has decided a date has only figures, as ever.
    assert_eq!(run_with(&house, "2026-06-28", &[])["kind"], "kpi_only");
    assert_eq!(run_with(&house, as_of(), &["--kpi-only"])["kind"], "kpi_only");
    let revised = run_with(&house, "2026-07-06", &["--revise", "--reason", "its exports are there"]);
    assert_eq!(revised["kind"], "actions");
}

#[test]
fn the_figures_of_a_day_are_the_same_bytes_forwards_and_backwards() {
    let forwards = house("2026-06-20");
    let planned = forwards.regua(&["plan", "pipelines/daily.toml", "--as-of", as_of(), "--kpi-only"]);
    let planned: serde_json::Value = serde_json::from_str(planned.stdout.trim()).expect("a plan");
    run_with(&forwards, as_of(), &["--kpi-only"]);
    let backwards = house("2026-06-20");
    run_with(&backwards, "2026-07-01", &[]);
    assert_eq!(run_with(&backwards, as_of(), &[])["kind"], "kpi_only");
    for name in ["logical_digests", "counts", "control_totals", "kind"] {
        assert_eq!(record(&forwards, 1)[name], record(&backwards, 2)[name], "{name}");
        assert_eq!(record(&forwards, 1)[name], planned[name], "{name} as planned");
    }
    let digests = record(&forwards, 1)["logical_digests"].clone();
    assert!(digests.as_object().is_some_and(|tables| tables.contains_key("kpi/kpi_aging.parquet")), "{digests}");
}
