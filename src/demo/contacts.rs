//! How debtors are reached, and what an earlier system wrote down about reaching them.

use super::DemoError;
use super::debtor::{COLLECTORS, Debtor, Home};
use super::dice::Dice;
use super::ledger::{Item, Ledger};
use super::rows::{ContactEventRow, ContactPointRow};
use super::sink::Sink;
use super::values::{Day, Id, Rate};
use super::words::{FIRST_NAMES, LAST_NAMES};

const LOG_DAYS: i32 = 365;
/// No two contacts of a debtor are closer than this.
const GAP_DAYS_MIN: i32 = 2;
const REGUA: &str = "b2b";
/// Office hours of Brasília in seconds of the UTC day: 9:00 to 17:59 local is 12:00 to 20:59 UTC.
const OFFICE_OPENS: i32 = 12 * 3_600;
const OFFICE_CLOSES: i32 = 21 * 3_600 - 1;

/// A step of the earlier system's régua: when, how often it was really taken, and on which channels.
struct Step {
    id: &'static str,
    days_past_due: i32,
    taken: f64,
    channels: &'static [(&'static str, u32)],
}

const STEPS: &[Step] = &[
    Step { id: "d-3", days_past_due: -3, taken: 0.13, channels: &[("email", 80), ("whatsapp", 20)] },
    Step { id: "d-1", days_past_due: -1, taken: 0.04, channels: &[("whatsapp", 70), ("sms", 30)] },
    Step { id: "d+1", days_past_due: 1, taken: 0.75, channels: &[("email", 55), ("whatsapp", 30), ("sms", 15)] },
    Step { id: "d+5", days_past_due: 5, taken: 0.85, channels: &[("whatsapp", 60), ("email", 40)] },
    Step { id: "d+15", days_past_due: 15, taken: 0.85, channels: &[("phone", 80), ("email", 20)] },
    Step { id: "d+30", days_past_due: 30, taken: 0.85, channels: &[("letter", 45), ("phone", 35), ("email", 20)] },
];

/// A debtor's address on one channel, as far as the log needs it.
#[derive(Clone, Copy)]
struct Point {
    channel: &'static str,
    is_valid: bool,
    opted_out_on: Option<Day>,
}

/// The addresses of one debtor.
#[derive(Default)]
pub(super) struct Points(Vec<Point>);

impl Points {
    /// Draws and writes the contact points of a debtor.
    pub(super) fn write(debtor: &Debtor, as_of: Day, dice: &mut Dice, sink: &mut Sink) -> Result<Self, DemoError> {
        let mut points = Points::default();
        for (channel, share) in [("email", 0.97), ("whatsapp", 0.7), ("sms", 0.3), ("phone", 0.75), ("letter", 0.3)] {
            if dice.chance(share) {
                let rank = points.0.len() as i64 + 1;
                points.add(debtor, channel, rank, false, as_of, dice, sink)?;
            }
        }
        if dice.chance(0.2) {
            points.add(debtor, "email", 9, true, as_of, dice, sink)?;
        }
        Ok(points)
    }

    #[allow(clippy::too_many_arguments, reason = "one call site; a struct would only be unpacked again")]
    fn add(
        &mut self,
        debtor: &Debtor,
        channel: &'static str,
        rank: i64,
        is_second: bool,
        as_of: Day,
        dice: &mut Dice,
        sink: &mut Sink,
    ) -> Result<(), DemoError> {
        let is_valid = dice.chance(0.965);
        let days_ago = dice.between(1, as_of.since(debtor.since).min(500));
        let opted_out_on = dice.chance(0.015).then(|| as_of.plus(-days_ago));
        let name = dice.chance(0.7).then(|| format!("{} {}", dice.pick(FIRST_NAMES), dice.pick(LAST_NAMES)));
        // The second e-mail address is that of a buyer, who often has no business knowing about debts.
        let is_authorized = match dice.chance(if is_second { 0.5 } else { 0.02 }) {
            true => Some(false),
            false => dice.chance(0.8).then_some(true),
        };
        sink.push(&ContactPointRow {
            debtor_id: debtor.id.as_str(),
            channel,
            address: &address(debtor, channel, is_second, dice),
            contact_name: name.as_deref(),
            is_authorized,
            opted_in: dice.chance(0.6).then(|| opted_out_on.is_none()),
            opted_out_on,
            is_valid: if is_valid { dice.chance(0.8).then_some(true) } else { Some(false) },
            preference_rank: dice.chance(0.5).then_some(rank),
        })?;
        self.0.push(Point { channel, is_valid, opted_out_on });
        Ok(())
    }

    /// The address to use on that day: on that channel, or the first one left.
    fn choose(&self, channel: &str, on: Day) -> Option<Point> {
        let is_usable = |p: &&Point| p.opted_out_on.is_none_or(|from| on < from);
        self.0
            .iter()
            .filter(is_usable)
            .find(|p| p.channel == channel)
            .or_else(|| self.0.iter().find(is_usable))
            .copied()
    }
}

/// An address that cannot be anybody's: example domains, and telephone ranges that are not assigned.
fn address(debtor: &Debtor, channel: &str, is_second: bool, dice: &mut Dice) -> String {
    let no = debtor.no;
    match (channel, debtor.home) {
        ("email", _) if is_second => format!("compras@d{no}.example.com"),
        ("email", _) => format!("financeiro@d{no}.example.{}", dice.pick(&["com", "org"])),
        ("letter", Home::Brazil(place)) => {
            format!("Rua dos Exemplos, {}, {}, {}", 1 + no % 2_000, place.name, place.state)
        }
        ("letter", Home::Abroad(abroad)) => {
            format!("{} Example Street, {}, {}", 1 + no % 2_000, abroad.city, abroad.country)
        }
        // No mobile number of Brazil starts with 90.
        (_, Home::Brazil(place)) => format!("+55{}90{:07}", place.area_code, no % 10_000_000),
        (_, Home::Abroad(abroad)) => {
            let digits = abroad.dial_digits;
            format!("{}{:0digits$}", abroad.dial, no % 10_u64.pow(digits as u32))
        }
    }
}

/// What the contacts of one day were about.
pub(super) struct Subject<'a> {
    pub debtor: &'a Debtor,
    pub invoice_id: Option<Id>,
    pub step: Option<&'static str>,
}

/// Writes the log of the last year: for late items the steps of their time, and some reminders before.
pub(super) fn write_log(
    debtor: &Debtor,
    ledger: &Ledger,
    points: &Points,
    as_of: Day,
    dice: &mut Dice,
    sink: &mut Sink,
) -> Result<(), DemoError> {
    let mut planned: Vec<(Day, usize, usize)> = Vec::new();
    for (position, item) in ledger.items.iter().enumerate() {
        let document = &ledger.documents[item.document];
        let is_seen = document.kind.is_owed() && document.issued <= as_of;
        if is_seen && (item.open == 0 || debtor.logs_open_episodes) {
            plan_steps(item, position, document.issued, as_of, dice, &mut planned);
        }
    }
    planned.sort_unstable();
    let mut last: Option<Day> = None;
    for (on, position, step) in planned {
        if last.is_some_and(|last| on.since(last) < GAP_DAYS_MIN) {
            continue;
        }
        last = Some(on);
        let Some(point) = points.choose(dice.weighted(STEPS[step].channels), on) else { continue };
        let invoice_id = ledger.documents[ledger.items[position].document].id;
        let subject = Subject { debtor, invoice_id: Some(invoice_id), step: Some(STEPS[step].id) };
        write_contact(&subject, point, on, as_of, dice, sink)?;
    }
    for point in &points.0 {
        let Some(on) = point.opted_out_on.filter(|on| as_of.since(*on) < LOG_DAYS) else { continue };
        let subject = Subject { debtor, invoice_id: None, step: None };
        write_reply(&subject, point.channel, "opted_out", on, dice, sink)?;
    }
    Ok(())
}

/// The steps that came due while the item was open.
fn plan_steps(
    item: &Item,
    position: usize,
    issued: Day,
    as_of: Day,
    dice: &mut Dice,
    planned: &mut Vec<(Day, usize, usize)>,
) {
    for (no, step) in STEPS.iter().enumerate() {
        let on = item.due.plus(step.days_past_due).or_monday();
        let is_in_window = on > issued && on < as_of && as_of.since(on) < LOG_DAYS;
        let is_paid_before = item.cleared_on.is_some_and(|cleared| cleared <= on);
        if is_in_window && !is_paid_before && dice.chance(step.taken) {
            planned.push((on, position, no));
        }
    }
}

/// One contact with what became of it: the sending, its fate, and now and then an answer.
fn write_contact(
    subject: &Subject<'_>,
    point: Point,
    on: Day,
    as_of: Day,
    dice: &mut Dice,
    sink: &mut Sink,
) -> Result<(), DemoError> {
    let second = dice.between(OFFICE_OPENS, OFFICE_CLOSES - 7_200);
    let channel = point.channel;
    let (fate, reply_share): (&str, f64) = match channel {
        _ if !point.is_valid => (if channel == "email" { "bounced" } else { "failed" }, 0.0),
        "email" => (dice.weighted(&[("delivered", 62), ("read", 35), ("bounced", 3)]), 0.05),
        "whatsapp" => (dice.weighted(&[("delivered", 35), ("read", 58), ("failed", 7)]), 0.12),
        "phone" => (dice.weighted(&[("answered", 50), ("no_answer", 48), ("failed", 2)]), 0.0),
        "letter" => (dice.weighted(&[("delivered", 85), ("failed", 15)]), 0.0),
        _ => (dice.weighted(&[("delivered", 91), ("failed", 9)]), 0.02),
    };
    if channel == "phone" {
        // A call is one event: it has no life after it ends.
        return write_event(subject, channel, "outbound", fate, on, second, true, dice, sink);
    }
    write_event(subject, channel, "outbound", "sent", on, second, true, dice, sink)?;
    // Letters arrive days later; everything else is known within the hour.
    let (known_on, known_at) = match channel {
        "letter" => (on.plus(dice.between(2, 6)).or_monday(), second),
        _ => (on, second + dice.between(5, 3_600)),
    };
    if known_on < as_of && dice.chance(0.8) {
        write_event(subject, channel, "outbound", fate, known_on, known_at, false, dice, sink)?;
    }
    if matches!(fate, "delivered" | "read") && dice.chance(reply_share) {
        write_event(subject, channel, "inbound", "replied", on, known_at + dice.between(60, 3_000), false, dice, sink)?;
    }
    Ok(())
}

/// What a debtor said of its own accord.
pub(super) fn write_reply(
    subject: &Subject<'_>,
    channel: &'static str,
    status: &'static str,
    on: Day,
    dice: &mut Dice,
    sink: &mut Sink,
) -> Result<(), DemoError> {
    let second = dice.between(OFFICE_OPENS, OFFICE_CLOSES);
    write_event(subject, channel, "inbound", status, on, second, false, dice, sink)
}

#[allow(clippy::too_many_arguments, reason = "one argument per column that differs")]
fn write_event(
    subject: &Subject<'_>,
    channel: &'static str,
    direction: &'static str,
    status: &'static str,
    on: Day,
    second: i32,
    has_cost: bool,
    dice: &mut Dice,
    sink: &mut Sink,
) -> Result<(), DemoError> {
    let cost = match channel {
        _ if !has_cost => None,
        "email" => Some(1),
        "whatsapp" => Some(35),
        "sms" => Some(12),
        "phone" => Some(dice.between(180, 900).into()),
        "letter" => Some(980),
        _ => None,
    };
    // Whose debtor nobody is in charge of, any collector calls.
    let agent = (channel == "phone").then(|| Id::new("C", 1 + dice.below(COLLECTORS), 2));
    let agent = agent.map(|any| subject.debtor.collector.unwrap_or(any));
    sink.push(&ContactEventRow {
        event_id: Id::new("EV", sink.rows::<ContactEventRow>() + 1, 10).as_str(),
        action_id: None,
        debtor_id: subject.debtor.id.as_str(),
        company_id: None,
        invoice_id: subject.invoice_id.as_ref().map(Id::as_str),
        channel,
        direction,
        occurred_at: on.at_second(second),
        status,
        regua: subject.step.map(|_| REGUA),
        step_id: subject.step,
        address: None,
        cost: cost.map(|cents: i64| Rate(cents * 1_000_000)),
        cost_currency: cost.map(|_| "BRL"),
        agent_id: agent.as_ref().map(Id::as_str),
        agency_id: None,
    })
}
