//! A decision as a person would tell it: what is owed, who the debtor is, what was considered, what follows from it
//! and, where nothing does, until when.
//!
//! The sentences come from published rows and from the texts of `rule_trace`. A text that this file does not know is
//! shown as it is: nothing is left out.

use chrono::{Days, NaiveDate};

use crate::domain::hold::HoldReason;
use crate::domain::message::money_text;
use crate::domain::money::Amount;
use crate::io::tables::Row;
use crate::text::plural;

/// One reason of a trace.
struct Hold<'a> {
    reason: &'a str,
    why: &'a str,
    /// The first day on which it does not apply any more.
    over_on: Option<NaiveDate>,
}

impl<'a> Hold<'a> {
    fn of(text: &'a str) -> Option<Hold<'a>> {
        let text = text.strip_prefix("hold ")?;
        let (reason, why) = text.split_once(": ").unwrap_or((text, ""));
        let day = |word: &str| why.rsplit_once(word)?.1.get(..10)?.parse::<NaiveDate>().ok();
        let over_on = day("until ").and_then(|last| last.checked_add_days(Days::new(1))).or_else(|| day("from "));
        Some(Hold { reason, why, over_on })
    }

    /// `the last contact is too recent (min_gap: last contact on 2026-06-30, until 2026-07-02)`
    fn told(&self) -> String {
        let text = HoldReason::parse(self.reason).map_or("", HoldReason::text);
        let why = if self.why.is_empty() { String::new() } else { format!(": {}", self.why) };
        format!("{text} ({}{why})", self.reason)
    }
}

pub(super) fn money(row: &Row<'_>, name: &str) -> String {
    money_text("en", row.str("currency"), row.minor(name))
}

fn day(date: Option<NaiveDate>) -> String {
    date.map_or("-".to_owned(), |d| d.to_string())
}

/// What is owed.
pub(super) fn of_account(account: &Row<'_>) -> Vec<String> {
    let [debtor, company] = [account.str("debtor_id"), account.str("company_id")];
    let has_credit = account.minor("credit_amount") != Amount::ZERO;
    let credit = has_credit.then(|| format!("{} of credit is applied to no invoice.", money(account, "credit_amount")));
    if account.int("open_items") == 0 {
        return [format!("{debtor} owes company {company} nothing in {}.", account.str("currency"))]
            .into_iter()
            .chain(credit)
            .collect();
    }
    let (open, overdue) = (account.minor("open_amount"), account.minor("overdue_amount"));
    let days = account.int("days_past_due_max");
    let due = match overdue {
        _ if account.int("overdue_items") == 0 => "none of it past due".to_owned(),
        all if all == open => "all of it past due".to_owned(),
        _ => format!(
            "{} of it past due in {}",
            money(account, "overdue_amount"),
            plural(account.int("overdue_items"), "item", "items")
        ),
    };
    let oldest = day(account.date("oldest_due_date"));
    let since = match days {
        0 => format!("the oldest falls due today, {oldest}"),
        1.. => format!("the oldest since {oldest} ({})", plural(days, "day", "days")),
        _ => format!("the next falls due on {oldest} (in {})", plural(-days, "day", "days")),
    };
    let items = plural(account.int("open_items"), "item", "items");
    let owed = format!("{debtor} owes company {company} {} in {items}, {due}; {since}.", money(account, "open_amount"));
    [owed].into_iter().chain(credit).collect()
}

/// An account that is decided on for what was paid: a removal, a recall, a thank-you.
pub(super) fn of_nothing(debtor: &str) -> Vec<String> {
    vec![format!("{debtor} owes nothing here.")]
}

/// An account of which a row is bad, and nothing else is there.
pub(super) fn of_nothing_readable(debtor: &str) -> Vec<String> {
    vec![format!("Nothing that {debtor} may owe here could be read.")]
}

/// Who the debtor is, with the rule that says so.
fn standing(account: &Row<'_>, rule: &str) -> String {
    let (name, when) = rule.split_once(": ").unwrap_or((rule, ""));
    let when = if when.is_empty() { String::new() } else { format!(" ({when})") };
    let risk = if account.str("risk_band").is_empty() { "unknown" } else { account.str("risk_band") };
    let due = plural(account.int("items_due_in_window"), "item due in the window", "items due in the window");
    let late = account.float("late_ratio").map_or("no history".to_owned(), |r| format!("{:.0} % late", r * 100.0));
    let average = account.float("days_late_avg").map_or(String::new(), |d| format!(", {d:.1} days late on average"));
    let broken = account.int("broken_promises");
    let broken =
        if broken == 0 { String::new() } else { format!(", {}", plural(broken, "broken promise", "broken promises")) };
    format!("Segment {name}{when}, tier {}, risk {risk}: {due}, {late}{average}{broken}.", account.str("tier"))
}

/// What was considered, and what came of it.
pub(super) fn of_decision(account: Option<&Row<'_>>, decision: &Row<'_>, action: Option<&Row<'_>>) -> Vec<String> {
    let trace = decision.list("rule_trace");
    let mut sentences: Vec<String> = trace.iter().filter_map(|text| considered(account, text)).collect();
    if decision.str("reason") == "duty" {
        sentences.push(format!("Owed after a payment: {}.", decision.str("detail")));
    }
    match action {
        Some(action) => sentences.push(sent(action, &trace)),
        None => sentences.extend(held(decision, &trace)),
    }
    sentences
}

/// One text of the trace as a sentence; none for what the outcome says by itself.
fn considered(account: Option<&Row<'_>>, text: &str) -> Option<String> {
    let rest = |words: &str| text.strip_prefix(words);
    if let Some(rule) = rest("segment ") {
        return account.map(|account| standing(account, rule));
    }
    if let Some((name, scope)) = rest("régua ").and_then(|r| r.split_once(" by ")) {
        return Some(format!("The régua is {name} (by {scope})."));
    }
    if let Some((id, since)) = rest("cycle ").and_then(|r| r.split_once(" since ")) {
        // Who owes nothing is not in arrears: the day would be that of the run.
        let owes = account.is_some_and(|account| account.minor("open_amount") != Amount::ZERO);
        return owes.then(|| format!("The arrears episode counts from {since} (cycle {id})."));
    }
    if let Some((reason, items)) = rest("left out by ").and_then(|r| r.split_once(": ")) {
        let why = HoldReason::parse(reason).map_or("", HoldReason::text);
        return Some(format!("Left out of any message: {items}; {why} ({reason})."));
    }
    if let Some(steps) = rest("steps: ") {
        return Some(format!("Steps: {steps}."));
    }
    match ["hold ", "slot ", "template "].iter().any(|known| text.starts_with(known)) {
        true => None,
        false => Some(format!("{}.", capital(text))),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn sent(action: &Row<'_>, trace: &[String]) -> String {
    let found = |words: &str| trace.iter().find_map(|text| text.strip_prefix(words));
    let when = found("slot ").and_then(|slot| slot.split_once(" to "));
    let when = when.map_or(String::new(), |(from, to)| format!(", between {from} and {to}"));
    let again = match action.int("occurrence") {
        0 | 1 => String::new(),
        n => format!(" again (occurrence {n})"),
    };
    // A removal and a receipt ask for nothing.
    let over = match action.minor("total_due") {
        Amount::ZERO => String::new(),
        _ => format!(", over {}", money(action, "total_due")),
    };
    format!(
        "Step {} goes out{again} by {} in {}, tone {}{when}{over}.",
        action.str("step_id"),
        action.str("channel"),
        action.str("language"),
        action.str("tone"),
    )
}

/// Why nothing is sent, what else would speak against it, and when that is over.
fn held(decision: &Row<'_>, trace: &[String]) -> Vec<String> {
    let mut holds: Vec<Hold<'_>> = trace.iter().filter_map(|text| Hold::of(text)).collect();
    if holds.is_empty() {
        // Published before traces named every reason.
        holds.push(Hold { reason: decision.str("reason"), why: decision.str("detail"), over_on: None });
    }
    let mut sentences = vec![format!("Nothing is sent: {}.", holds[0].told())];
    sentences.extend(holds[1..].iter().map(|hold| format!("Besides: {}.", hold.told())));
    // What holds the items gives way to steps that cannot be known now: the next step is about other items.
    let holds_items = trace.iter().any(|text| text.starts_with(&format!("left out by {}: ", holds[0].reason)));
    if holds_items {
        holds.retain(|hold| !["not_due", "no_step_due", "step_exhausted"].contains(&hold.reason));
    }
    sentences.extend(over(if holds_items { "" } else { decision.str("step_id") }, &holds));
    sentences
}

/// What somebody can do about it.
fn remedy(reason: &str) -> Option<&'static str> {
    match reason {
        "quarantined_input" => Some("correct the export"),
        "no_contact_point" => Some("add an address to contact_points"),
        "opted_out" => Some("only another address may be written to"),
        "regua_none" => Some("name a régua for it, if that is not meant"),
        _ => None,
    }
}

/// When it is over, if nothing else changes.
fn over(step: &str, holds: &[Hold<'_>]) -> Option<String> {
    // That nothing is due says no more than when the next step comes.
    let next_is_known = holds.iter().any(|hold| hold.reason == "no_step_due");
    let open: Vec<&str> = holds
        .iter()
        .filter(|hold| hold.over_on.is_none() && !(hold.reason == "not_due" && next_is_known))
        .map(|hold| hold.reason)
        .collect();
    let what = if step.is_empty() { "A message".to_owned() } else { format!("Step {step}") };
    match (open.as_slice(), holds.iter().filter_map(|hold| hold.over_on).max()) {
        (["settled", ..], _) => None,
        (["step_exhausted"], None) => Some("No step is left: a person decides what comes next.".to_owned()),
        ([], None) => None,
        ([], Some(day)) => Some(format!("{what} can be sent from {day} on, if nothing else changes.")),
        (open, None) => {
            let names = open.join(", ");
            let to_do =
                open.iter().find_map(|reason| remedy(reason)).map_or(String::new(), |to_do| format!(": {to_do}"));
            Some(format!("{what} can be sent once that changes; no date is known for {names}{to_do}."))
        }
        (open, Some(day)) => {
            Some(format!("{what} can be sent from {day} on at the earliest; no date is known for {}.", open.join(", ")))
        }
    }
}
