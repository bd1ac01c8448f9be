//! How many accounts a second are decided: `cargo bench --bench decide`.
//!
//! 10,000 synthetic groups under the shipped ladder, mixed as a portfolio is: most debtors with one company and a
//! few invoices, some groups of several; half of what is open is not due, and what is due was partly written about.
//! The mix is drawn by a counter, so every run decides the same.

use std::collections::BTreeMap;
use std::hint::black_box;

use chrono::{Days, NaiveDate, NaiveTime};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use regua::domain::calendar::{Calendar, DayWindow, Scope, WeekWindows, Windows, Zones};
use regua::domain::charge::RateTable;
use regua::domain::decision::{Cap, Rules, decide};
use regua::domain::fx::Quotes;
use regua::domain::learning::responses::Outcomes;
use regua::domain::message::{Templates, ToneRule};
use regua::domain::money::{Amount, Currency};
use regua::domain::portfolio::{
    Account, Contact, ContactPoint, ContactState, Debtor, Group, Item, Profile, UnappliedCredits,
};
use regua::domain::procedure::{
    Advance, CapScope, Carrier, Channel, DisputeScope, LevelOf, Procedure, Step, StepKind, Trigger,
};
use regua::domain::responses::{ChannelResponses, ResponseHistory, ResponseModel};
use regua::domain::segment::{Comparison, Condition, Field, Rule, Scorecard};

const GROUPS: u64 = 10_000;

/// A Tuesday.
fn as_of() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 17).expect("a date")
}

fn brl() -> Currency {
    "BRL".parse().expect("a currency")
}

/// A number below `below`, the same for the same seed and purpose.
fn draw(seed: u64, purpose: u64, below: u64) -> u64 {
    let mut bits = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ purpose.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits ^= bits >> 31;
    bits = bits.wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits ^ (bits >> 29)) % below
}

fn before(days: i64) -> NaiveDate {
    as_of() - chrono::TimeDelta::days(days)
}

fn step(level: u32, days: i64, kind: StepKind, channels: &[Channel]) -> Step {
    Step {
        id: format!("d{days:+}"),
        level,
        kind,
        trigger: Trigger::DaysPastDue { days, strictly: false },
        channels: channels.to_vec(),
        template: "message".to_owned(),
        tone: None,
        catch_up_days: (days < 5).then_some(3),
        repeat: None,
        segments: None,
        notice_days: (days == 45).then_some(10),
        after_notice: (days == 60).then(|| ("d+45".to_owned(), 10)),
        bureau: None,
        agency: None,
        deadline_business_days: None,
        listing_years_max: None,
        fee: None,
    }
}

fn procedure() -> Procedure {
    use Channel::{Email, Letter, Phone, Sms, Whatsapp};
    let steps = vec![
        step(1, -3, StepKind::Reminder, &[Whatsapp, Email, Sms]),
        step(2, 1, StepKind::Reminder, &[Whatsapp, Email, Sms]),
        step(3, 5, StepKind::Reminder, &[Email, Whatsapp, Sms]),
        step(4, 15, StepKind::Notice, &[Email, Whatsapp, Phone]),
        step(5, 30, StepKind::Notice, &[Email, Letter]),
        step(6, 45, StepKind::NegativacaoNotice, &[Letter, Email]),
        step(7, 60, StepKind::Negativacao, &[]),
        step(8, 90, StepKind::AgencyPlacement, &[]),
    ];
    Procedure {
        id: "b2b".to_owned(),
        level_of: LevelOf::Account,
        advance: Advance::Sequential,
        carrier: Carrier::MaxLevel,
        min_gap_days: 3,
        minimum: [(brl(), Amount(5_000))].into(),
        dispute_scope: DisputeScope::Item,
        charges: None,
        dunning_currency: None,
        steps,
    }
}

const MESSAGE: &str = "Subject: {{ creditor.name }}\n\nPrezada {{ debtor.name }},\n\
    {% for item in items %}- {{ item.invoice_id }}/{{ item.installment_no }}, {{ item.due_date | date }}: \
    {{ item.open_amount | money }}\n{% endfor %}Total: {{ total_due | money }}";

fn templates() -> Templates {
    let files = Channel::ALL.map(|c| ("pt-BR".to_owned(), format!("message.{}.j2", c.as_str()), MESSAGE.to_owned()));
    Templates::compile(files, "pt-BR").expect("a template that compiles")
}

fn calendar() -> Calendar {
    let hour = |h| NaiveTime::from_hms_opt(h, 0, 0).expect("an hour");
    let mut week = WeekWindows { days: [Some(DayWindow { opens: hour(8), closes: hour(20) }); 7], holiday: None };
    week.days[6] = None;
    let zones = Zones { default: chrono_tz::America::Sao_Paulo, by_state: BTreeMap::new() };
    let windows = Windows { default: week, by_state: BTreeMap::new() };
    let holiday = NaiveDate::from_ymd_opt(2026, 11, 20).expect("a date");
    Calendar::new([(holiday, Scope::National)], windows, zones).expect("a calendar")
}

fn rules() -> Rules {
    let late = |name: &str, ratio| Rule {
        name: name.to_owned(),
        when: Condition(vec![(Field::LateRatio, Comparison::AtLeast(ratio))]),
    };
    let cap = |scope, contacts_max, days| Cap { scope, channel: None, segment: None, contacts_max, days };
    Rules {
        tenant: "bench".to_owned(),
        default_language: "pt-BR".to_owned(),
        halted: false,
        procedures: [("b2b".to_owned(), procedure())].into(),
        regua: "b2b".to_owned(),
        regua_by_group: BTreeMap::new(),
        regua_by_choice: Vec::new(),
        regua_by_company: BTreeMap::new(),
        tolerance: [(brl(), Amount(500))].into(),
        unapplied_credits: UnappliedCredits::Hold,
        credit_hold_percent: 50,
        unreported_days: 3,
        response_window_days: 2,
        response_windows: BTreeMap::new(),
        payment_window_days: 3,
        attempts_max: 2,
        slot_days: 1,
        caps: vec![cap(CapScope::Account, 3, 14), cap(CapScope::Group, 5, 7)],
        segments: vec![late("recorrente", 0.4), late("ocasional", 0.15), late("em_dia", 0.0)],
        tiers: Vec::new(),
        scorecard: Scorecard::default(),
        experiments: Vec::new(),
        model: None,
        models_told: Vec::new(),
        response_model: ResponseModel::default(),
        creditors: BTreeMap::new(),
        charges: BTreeMap::new(),
        rates: RateTable::default(),
        offers: Vec::new(),
        quotes: Quotes::new(7),
        calendar: calendar(),
        tone: ToneRule::default(),
        templates: templates(),
    }
}

fn item(seed: u64, position: u64) -> Item {
    let days_past_due = draw(seed, 10 + position, 160) as i64 - 80;
    let open = Amount(1_000 + draw(seed, 20 + position, 900_000) as i64);
    Item {
        invoice_id: format!("NF-{seed:06}-{position}"),
        installment_no: 1,
        issue_date: before(days_past_due) - Days::new(30),
        due_date: before(days_past_due),
        payable_on: before(days_past_due),
        days_past_due,
        bucket_no: 0,
        bucket: String::new(),
        original: open,
        applied: Amount::ZERO,
        open,
        expected: None,
        regua: None,
        step_override: None,
        payment_reference: None,
        payment_link: None,
        collector_id: None,
        is_blocked: false,
        grace_until: None,
        is_disputed: draw(seed, 30 + position, 20) == 0,
        is_returned: false,
        in_kept_agreement: draw(seed, 40 + position, 30) == 0,
        promise_pending: draw(seed, 50 + position, 20) == 0,
        promise_until: None,
        agency_id: None,
    }
}

fn account(seed: u64) -> Account {
    let items: Vec<Item> = (0..1 + draw(seed, 1, 5)).map(|position| item(seed, position)).collect();
    let profile = Profile {
        months_as_customer: Some(draw(seed, 2, 90) as i64),
        late_ratio: Some(draw(seed, 3, 100) as f64 / 100.0),
        ..Profile::default()
    };
    Account {
        company_id: "1".to_owned(),
        currency: brl(),
        episode_start: items.iter().map(|i| i.due_date).min().unwrap_or(as_of()),
        items,
        credit: Amount::ZERO,
        credit_reach: Amount::ZERO,
        profile,
        previous_segment: None,
        late_items: Vec::new(),
        charges_paid: BTreeMap::new(),
        promise_broken: false,
        agreement_broken: false,
        escalations: Vec::new(),
        ended: None,
    }
}

/// E-mails that some debtors answer, mostly at one hour.
fn answers(seed: u64) -> ResponseHistory {
    let contacts = draw(seed, 64, 12) as u32;
    let answered = draw(seed, 65, u64::from(contacts) + 1) as u32;
    let mut answers = ResponseHistory::default();
    answers.by_hour[draw(seed, 66, 24) as usize] = answered;
    answers.by_channel.push(ChannelResponses { channel: Channel::Email, contacts, answered });
    answers
}

fn debtor(seed: u64) -> Debtor {
    let point = |channel: Channel| ContactPoint {
        channel,
        address: format!("{}-{seed}@example.com", channel.as_str()).into(),
        contact_name: None,
        is_authorized: true,
        opted_out: draw(seed, 60, 30) == 0,
        is_valid: draw(seed, 61, 15) != 0,
        preference_rank: None,
    };
    Debtor {
        debtor_id: format!("{seed:08}"),
        group_id: format!("{:08}", seed / 4),
        legal_name: format!("Empresa {seed} Ltda.").into(),
        language: None,
        country: None,
        state: None,
        city: None,
        time_zone: None,
        regua: None,
        dunning_block: None,
        is_insolvent: draw(seed, 62, 100) == 0,
        is_held: false,
        collector_id: None,
        tier: None,
        points: vec![point(Channel::Email), point(Channel::Whatsapp)],
        responses: answers(seed),
        outcomes: Outcomes::default(),
        arms: Vec::new(),
    }
}

fn contacts(seed: u64) -> impl Iterator<Item = Contact> {
    let steps = ["d+1", "d+5", "d+15", "d+30"];
    (0..draw(seed, 70, 4)).map(move |n| Contact {
        debtor_id: format!("{seed:08}"),
        company_id: Some("1".to_owned()),
        currency: Some("BRL".to_owned()),
        cycle_id: None,
        regua: Some("b2b".to_owned()),
        step_id: Some(steps[n as usize % steps.len()].to_owned()),
        occurrence: 1,
        channel: Channel::Email,
        on: before(draw(seed, 80 + n, 60) as i64),
        state: ContactState::Sent,
        action_id: None,
        destination: None,
        answered_on: None,
        items: Vec::new(),
    })
}

/// One group in eight has several companies.
fn group(number: u64) -> Group {
    let debtors = if draw(number, 90, 8) == 0 { 2 + draw(number, 91, 3) } else { 1 };
    let seeds: Vec<u64> = (0..debtors).map(|n| number * 8 + n).collect();
    Group {
        debtors: seeds.iter().map(|seed| (debtor(*seed), vec![account(*seed)])).collect(),
        contacts: seeds.iter().flat_map(|seed| contacts(*seed)).collect(),
        forgotten_on: None,
    }
}

fn decide_groups(criterion: &mut Criterion) {
    let rules = rules();
    let groups: Vec<Group> = (0..GROUPS).map(group).collect();
    let accounts: usize = groups.iter().flat_map(|g| &g.debtors).map(|(_, accounts)| accounts.len()).sum();
    let mut bench = criterion.benchmark_group("decide");
    bench.throughput(Throughput::Elements(accounts as u64));
    bench.sample_size(20);
    bench.bench_function("10,000 groups, one thread", |b| {
        b.iter(|| {
            for group in &groups {
                black_box(decide(&rules, as_of(), black_box(group)).expect("every message renders"));
            }
        });
    });
    bench.finish();
}

criterion_group!(benches, decide_groups);
criterion_main!(benches);
