//! The reference gateway: nothing twice, nothing that is wrong, late, taken back or not understood, and what became
//! of it all comes back to the next run. `pipelines/gateway/README.md` promises what is tested here.

mod rig;

use std::collections::BTreeSet;

use regua::contract::{self, Kind};
use serde_json::{Value, json};

use crate::support::as_of;
use rig::{NOON, Rig, changed, portfolio, published, text_of, void_of};

/// `debtor outcome reason step_id` of the newest run.
fn decided(rig: &Rig) -> Vec<String> {
    let mut decisions = rig.house.published("decisions", "debtor_id outcome reason step_id");
    decisions.sort();
    decisions
}

/// Run, send, report, and again: what was sent climbs, what failed is proposed again, nothing goes out twice.
#[test]
fn the_loop_closes() {
    let rig = published(&["email", "whatsapp", "email"]);
    let replies = text_of(&rig.line_of("D3")["id"]);
    let outcomes = json!({"whatsapp": ["failed"], replies: ["replied"]});
    rig.script(json!({"outcomes": outcomes, "cost": "0.35", "cost_currency": "BRL"}));
    assert_eq!(rig.pass(NOON).counts(), "failed 1, sent 2");
    assert_eq!(
        rig.events(),
        ["D1 outbound sent", "D2 outbound failed", "D3 inbound replied", "D3 outbound delivered", "D3 outbound sent"]
    );
    let costs = rig.events_with("debtor_id invoice_id step_id status cost cost_currency");
    assert_eq!(costs[..2], ["D1 I1 d+5 sent 0.35 BRL", "D2 I2 d+5 failed - -"]);

    rig.run("2026-07-01");
    assert_eq!(decided(&rig), ["D1 hold min_gap d+15", "D2 action step_due d+5", "D3 hold min_gap d+15"]);
    assert_eq!(rig.house.published("actions", "debtor_id occurrence"), ["D2 2"]);
    rig.script(json!({"outcomes": {"whatsapp": ["delivered"]}}));
    assert_eq!(rig.pass("2026-07-01T15:00:00Z").counts(), "sent 1");

    rig.run("2026-07-06");
    assert_eq!(decided(&rig), ["D1 action step_due d+15", "D2 action step_due d+15", "D3 action step_due d+15"]);
    let pass = rig.pass("2026-07-06T15:00:00Z");
    assert_eq!((pass.code, pass.counts().as_str()), (Some(0), "sent 3"), "{}", pass.said);
    assert_eq!(rig.calls_in_all(), (7, 6));
    assert!(rig.calls().values().all(|calls| calls.0 == 1), "{:?}", rig.calls());
}

type End = (&'static str, &'static str, bool, (usize, usize), &'static str);

/// Where the first pass ends and what the provider does, with and without its key: calls and messages after three
/// passes, and what the second pass says.
const ENDS: &[End] = &[
    ("dies in claim", "sent", false, (1, 1), "sent 1"),
    ("dies in send", "crash_before_send", false, (1, 0), "unknown 1"),
    ("dies in send", "crash_before_send", true, (2, 1), "sent 1"),
    ("dies in send", "crash_after_send", false, (1, 1), "unknown 1"),
    ("dies in send", "crash_after_send", true, (2, 1), "sent 1"),
    ("dies in settle", "sent", false, (1, 1), "unknown 1"),
    ("dies in settle", "sent", true, (2, 1), "sent 1"),
    ("lives", "timeout_not_sent", false, (1, 0), ""),
    ("lives", "timeout_not_sent", true, (2, 1), "sent 1"),
    ("lives", "timeout_but_sent", false, (1, 1), ""),
    ("lives", "timeout_but_sent", true, (2, 1), "sent 1"),
];

/// At most one message, wherever it ends; exactly one where the provider has a key; and it is reported as sent.
#[test]
fn a_crash_at_any_point_sends_nothing_twice() {
    let mut rig = published(&["email"]);
    for (position, (end, outcome, key, calls, second)) in ENDS.iter().enumerate() {
        let case = format!("{end}, {outcome}, key {key}");
        rig.named(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"][position]);
        rig.script(json!({"outcomes": {"*": [outcome, "sent"]}, "idempotency_key": key}));
        let first = match end.strip_prefix("dies in ") {
            Some("send") => rig.pass(NOON),
            Some(function) => rig.pass_that_dies_in(function, NOON),
            None => rig.pass(NOON),
        };
        assert_eq!(first.code == Some(0), *end == "lives", "{case}: {}", first.said);
        let pass = rig.pass("2026-06-30T15:05:00Z");
        assert_eq!((pass.code, pass.counts().as_str()), (Some(0), *second), "{case}: {}", pass.said);
        assert_eq!(pass.summary["recovered"], u8::from(end.starts_with("dies") && *end != "dies in claim"), "{case}");
        assert_eq!(rig.pass("2026-06-30T15:10:00Z").counts(), "", "{case}: the batch is closed");
        assert_eq!(rig.calls_in_all(), *calls, "{case}");
        assert_eq!(rig.events(), ["D1 outbound sent"], "{case}");
    }
}

/// Three consumers on one ledger: each action has one call, and nobody takes a living claim for a dead one.
#[test]
fn consumers_at_the_same_time_send_nothing_twice() {
    let rig = published(&["email"; 40]);
    rig.script(json!({"latency_ms": 20}));
    let passes: Vec<_> = (0..3).map(|_| rig.start(NOON)).collect();
    let counts: Vec<Value> = passes
        .into_iter()
        .map(|pass| {
            let output = pass.wait_with_output().expect("it ends");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            serde_json::from_slice(&output.stdout).expect("a result")
        })
        .collect();
    let sent: u64 = counts.iter().filter_map(|c| c["actions"]["sent"].as_u64()).sum();
    assert_eq!(sent, 40, "{counts:?}");
    assert_eq!(rig.calls().len(), 40);
    assert_eq!(rig.calls_in_all(), (40, 40));
    assert!(counts.iter().all(|c| c["recovered"] == 0), "{counts:?}");
    assert_eq!(rig.pass(NOON).counts().replace("known 40", ""), "");
    assert_eq!(rig.events().len(), 40);
}

type Damage = (&'static str, fn(&Rig), &'static str);

fn edit_line(rig: &Rig, edit: fn(&mut Value)) {
    let mut lines = rig.lines();
    edit(&mut lines[1]);
    rig.rewrite(&lines);
}

fn edit_record(rig: &Rig, edit: fn(&mut Value)) {
    let mut record = rig.record(1);
    edit(&mut record);
    rig.write_record(&record);
}

fn edit_bytes(rig: &Rig, edit: fn(&mut Vec<u8>)) {
    let path = rig.house.path(&rig.part());
    let mut bytes = std::fs::read(&path).expect("a part");
    edit(&mut bytes);
    std::fs::write(path, bytes).expect("written");
}

/// What is wrong, and how the gateway says so; of the batch nothing is sent, not even what is right in it.
const DAMAGES: &[Damage] = &[
    ("a flipped bit", |rig| edit_bytes(rig, |bytes| *bytes.last_mut().unwrap() ^= 1), "SHA-256 differ"),
    ("a part cut short", |rig| edit_bytes(rig, |bytes| bytes.truncate(900)), "SHA-256 differ"),
    ("a part gone", |rig| std::fs::remove_file(rig.house.path(&rig.part())).unwrap(), "it is not there"),
    ("a line too few", |rig| rig.rewrite(&rig.lines()[..1]), "1 lines, and 2 in the record"),
    ("another version", |rig| edit_record(rig, |r| r["format_version"] = 2.into()), "unknown format_version"),
    ("another kind of record", |rig| edit_record(rig, |r| r["kind"] = "recall".into()), "unknown kind"),
    ("KPIs with actions", |rig| edit_record(rig, |r| r["kind"] = "kpi_only".into()), "it is kpi_only and has actions"),
    (
        "a revision at the place of the first",
        |rig| edit_record(rig, |r| r["revision"] = 1.into()),
        "another date or revision",
    ),
    ("a record that is none", |rig| edit_record(rig, |r| r["files"] = 1.into()), "it is no commit record"),
    ("a first record that is not", |rig| edit_record(rig, |r| r["prev_sha256"] = "0".into()), "the chain is broken"),
    (
        "a record taken out",
        |rig| {
            rig.revise(&[], &[void_of(&rig.lines()[0])]);
            std::fs::remove_file(rig.record_path(1)).unwrap();
        },
        "record 1 before it is missing",
    ),
    (
        "a record changed",
        |rig| {
            rig.revise(&[], &[void_of(&rig.lines()[0])]);
            edit_record(rig, |record| record["tenant"] = "other".into());
        },
        "record 2: the chain is broken",
    ),
    ("another type of event", |rig| edit_line(rig, |l| l["type"] = "regua.action.v2".into()), "unknown type of event"),
    ("another CloudEvents", |rig| edit_line(rig, |l| l["specversion"] = "2.0".into()), "unknown type of event"),
    (
        "another payload than its hash",
        |rig| edit_line(rig, |l| l["data"]["body"] = "x".into()),
        "is not that of its hash",
    ),
    ("an id of its own", |rig| edit_line(rig, |l| l["id"] = "0".into()), "under another name or channel"),
    (
        "a time without an offset",
        |rig| edit_line(rig, |l| *l = changed(l, "not_before", "2026-06-30".into())),
        ":2: it is no",
    ),
    ("a line without data", |rig| edit_line(rig, |l| l["data"] = Value::Null), ":2: it is no regua.action.v1"),
];

#[test]
fn what_is_not_as_published_is_never_sent() {
    let whole = published(&["email", "email"]);
    let (record, part) =
        (std::fs::read(whole.record_path(1)).unwrap(), std::fs::read(whole.house.path(&whole.part())).unwrap());
    let path = whole.house.path(&whole.part());
    for (what, damage, why) in DAMAGES {
        damage(&whole);
        let pass = whole.pass(NOON);
        assert_eq!(pass.code, Some(3), "{what}: {}", pass.said);
        assert!(pass.why().contains(why), "{what}: {}", pass.said);
        assert_eq!(whole.calls_in_all(), (0, 0), "{what}");
        std::fs::write(whole.record_path(1), &record).unwrap();
        std::fs::write(&path, &part).unwrap();
        let _ = std::fs::remove_file(whole.record_path(2));
        let _ = std::fs::remove_file(whole.house.path("gateway.sqlite"));
    }
    // Restored, as a backup would: everything goes out.
    assert_eq!(whole.pass(NOON).counts(), "sent 2");
}

/// A gateway that has worked on a log is not fooled by another log in its place.
#[test]
fn another_log_is_refused() {
    let rig = published(&["email"]);
    assert_eq!(rig.pass(NOON).counts(), "sent 1");
    let mut record = rig.record(1);
    record["nonce"] = "other".into();
    rig.write_record(&record);
    let pass = rig.pass(NOON);
    assert_eq!(pass.code, Some(3));
    assert!(pass.why().contains("record 1 is not the one this gateway has worked on"), "{}", pass.said);
    std::fs::remove_file(rig.record_path(1)).unwrap();
    assert_eq!(rig.pass(NOON).code, Some(3), "nor by an empty one");
    assert_eq!(rig.events(), ["D1 outbound sent"]);
}

/// The same id with another payload: before and after the first was sent.
#[test]
fn another_payload_under_the_same_id_is_a_conflict() {
    let rig = published(&["email", "email"]);
    let other: Vec<Value> = rig.lines().iter().map(|line| changed(line, "body", "other words".into())).collect();
    rig.revise(&other[..1], &[]);
    let first = rig.pass(NOON);
    assert_eq!((first.code, first.counts().as_str()), (Some(4), "conflict 1, sent 2"), "{}", first.said);
    let later = rig.pass(NOON);
    assert_eq!((later.code, later.counts().as_str()), (Some(4), "conflict 1"), "{}", later.said);
    // Nothing can go out any more: the alarm ends, for who has heard it.
    let over = rig.pass("2026-07-01T15:00:00Z");
    assert_eq!((over.code, over.counts().as_str()), (Some(0), ""), "{}", over.said);
    assert_eq!(rig.calls_in_all(), (2, 2));
}

/// Heard of for the first time when it is too late to be sent, it is told all the same.
#[test]
fn a_late_conflict_is_told() {
    let rig = published(&["email"]);
    assert_eq!(rig.pass(NOON).counts(), "sent 1");
    rig.revise(&[changed(&rig.lines()[0], "body", "other words".into())], &[]);
    let tomorrow = "2026-07-01T15:00:00Z";
    assert_eq!((rig.pass(tomorrow).code, rig.pass(tomorrow).code), (Some(4), Some(0)));
    assert_eq!(rig.calls_in_all(), (1, 1));
}

/// The same line again is the same action.
#[test]
fn the_same_payload_under_the_same_id_is_skipped() {
    let rig = published(&["email"]);
    rig.revise(&rig.lines(), &[]);
    let pass = rig.pass(NOON);
    assert_eq!((pass.code, pass.counts().as_str()), (Some(0), "known 1, sent 1"), "{}", pass.said);
    assert_eq!(rig.calls_in_all(), (1, 1));
}

#[test]
fn an_action_has_its_time() {
    let rig = published(&["email"]);
    let data = rig.lines()[0]["data"].clone();
    assert_eq!(
        (&data["not_before"], &data["expires_at"]),
        (&json!("2026-06-30T11:00:00+00:00"), &json!("2026-06-30T23:00:00+00:00"))
    );
    assert_eq!(rig.pass("2026-06-30T10:59:59Z").counts(), "waiting 1");
    // The same instant, as a clock in São Paulo and one in Tokyo show it.
    assert_eq!(rig.pass("2026-06-30T07:59:59-03:00").counts(), "waiting 1");
    let late = rig.pass("2026-07-01T08:00:00+09:00");
    assert_eq!((late.code, late.counts().as_str()), (Some(5), "expired 1"), "nobody got the batch: that is said aloud");
    let again = rig.pass(NOON);
    assert_eq!((again.code, again.counts().as_str()), (Some(0), ""), "once expired, always expired");
    assert_eq!((rig.calls_in_all(), rig.events()), ((0, 0), vec!["D1 outbound ignored".to_owned()]));
    rig.run("2026-07-01");
    assert_eq!(decided(&rig), ["D1 action step_due d+5"], "what was never sent is proposed again");
    let naive = rig.pass("2026-06-30T12:00:00");
    assert_eq!(naive.code, Some(2), "{}", naive.said);
}

#[test]
fn a_first_instant_is_in_time() {
    let rig = published(&["email"]);
    assert_eq!(rig.pass("2026-06-30T11:00:00Z").counts(), "sent 1");
}

#[test]
fn halt_stops_the_sending() {
    let rig = published(&["email", "email"]);
    std::fs::create_dir_all(rig.house.path("output/_control")).unwrap();
    std::fs::write(rig.house.path("output/_control/HALT"), "").unwrap();
    let halted = rig.pass(NOON);
    assert_eq!((halted.code, halted.counts().as_str()), (Some(75), ""), "{}", halted.said);
    assert_eq!(rig.calls_in_all(), (0, 0));
    std::fs::rename(rig.house.path("output/_control/HALT"), rig.house.path("output/_control/halt.txt")).unwrap();
    assert_eq!(rig.pass(NOON).code, Some(75), "a near miss is meant");
    std::fs::remove_file(rig.house.path("output/_control/halt.txt")).unwrap();
    assert_eq!(rig.pass(NOON).counts(), "sent 2");
}

/// A scheduler hands over a record whose copy is still under way.
#[test]
fn a_pass_waits_for_the_record_that_is_handed_over() {
    let rig = published(&["email"]);
    let early = rig.pass_with("run", NOON, &["--seq", "2"]);
    assert_eq!(early.code, Some(75), "{}", early.said);
    assert!(early.said.contains("record 2 is not there yet"), "{}", early.said);
    assert_eq!(rig.calls_in_all(), (0, 0));
    assert_eq!(rig.pass_with("run", NOON, &["--seq", "1"]).counts(), "sent 1");
}

/// HALT in the midst of a pass: it is looked for before every send.
#[test]
fn halt_stops_a_pass_under_way() {
    let rig = published(&["email"; 20]);
    rig.script(json!({"latency_ms": 150}));
    let pass = rig.start(NOON);
    while rig.calls_in_all().0 < 2 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    std::fs::create_dir_all(rig.house.path("output/_control")).unwrap();
    std::fs::write(rig.house.path("output/_control/HALT"), "").unwrap();
    assert_eq!(pass.wait_with_output().unwrap().status.code(), Some(75));
    let sent = rig.calls_in_all().0;
    assert!(sent < 10, "{sent}");
    std::fs::remove_file(rig.house.path("output/_control/HALT")).unwrap();
    rig.script(json!({}));
    assert_eq!(rig.pass(NOON).code, Some(0));
    assert_eq!((rig.calls().len(), rig.calls_in_all()), (20, (20, 20)));
}

#[test]
fn a_void_before_the_send_takes_the_action_back() {
    let rig = published(&["email", "email"]);
    let line = rig.line_of("D1");
    rig.revise(&[], &[void_of(&line)]);
    let pass = rig.pass(NOON);
    assert_eq!((pass.code, pass.counts().as_str()), (Some(0), "sent 1, void 1, voided 1"), "{}", pass.said);
    let voided = text_of(&line["id"]);
    assert!(!rig.calls().contains_key(&voided) && rig.calls_in_all() == (1, 1));
    assert_eq!(rig.events(), ["D1 outbound ignored", "D2 outbound sent"]);
    assert_eq!(rig.pass(NOON).counts(), "");
}

/// Voids come before the actions of their revision, and before all that waits.
/// It wiped the contact history of everybody else, opt-outs and all, where it was given their file.
#[test]
fn a_contact_log_of_another_is_never_replaced() {
    let rig = published(&["email"]);
    let log = rig.house.path("input/contact_log.parquet");
    rig.house.write(
        "contact_log",
        "event_id debtor_id channel occurred_at status\nE1 D9 email 2026-06-15T15:00:00Z opted_out",
    );
    let before = std::fs::read(&log).unwrap();
    let pass = rig.pass(NOON);
    assert_eq!(pass.code, Some(3), "{}", pass.said);
    assert!(pass.said.contains("was not written by this gateway and would be lost"), "{}", pass.said);
    assert_eq!(rig.calls_in_all(), (0, 0), "before anything is sent");
    assert_eq!(std::fs::read(&log).unwrap(), before);
    std::fs::remove_file(&log).unwrap();
    assert_eq!(rig.pass(NOON).counts(), "sent 1");
    assert_eq!(rig.pass(NOON).code, Some(0), "its own is replaced");
}

/// The whole of it with the real program: a payment is posted late, a revision takes the message back, the gateway says
/// that it never left, and what is still owed is asked for again under a new id.
#[test]
fn a_revision_goes_all_the_way_round() {
    let rig = published(&["email", "email"]);
    let paid = "payment_id debtor_id invoice_id paid_on amount\nP1 D1 I1 2026-06-29 100.00\nP2 D2 I2 2026-06-29 40.00";
    rig.house.write("payments", paid);
    let revise = ["run", "pipelines/daily.toml", "--as-of", as_of(), "--revise", "--reason", "payments of the 29th"];
    let revised = rig.house.regua(&revise);
    assert_eq!(revised.code, 0, "{}", revised.stderr);
    let pass = rig.pass(NOON);
    assert_eq!((pass.code, pass.counts().as_str()), (Some(0), "void 2, voided 2"), "{}", pass.said);
    assert_eq!(rig.calls_in_all(), (0, 0), "nothing was sent");
    // A payment gives three days of room.
    rig.run("2026-07-02");
    let again = rig.house.published("actions", "debtor_id step_id occurrence open_amount");
    assert_eq!(again, ["D2 d+5 2 60.00"]);
    assert_eq!(rig.pass("2026-07-02T15:00:00Z").counts(), "sent 1");
}

#[test]
fn a_void_takes_back_what_waits() {
    let rig = published(&["email", "email"]);
    assert_eq!(rig.pass("2026-06-30T09:00:00Z").counts(), "waiting 2");
    let added = changed(&rig.lines()[0], "action_id", "0123456789abcdef0123456789abcdef".into());
    let added = json!({"id": added["data"]["action_id"], "specversion": "1.0", "type": "regua.action.v1", "source": "/regua/demo",
        "datacontenttype": "application/json", "payloadsha256": added["payloadsha256"], "data": added["data"]});
    rig.revise(&[added], &[void_of(&rig.lines()[0]), void_of(&rig.lines()[1])]);
    assert_eq!(rig.pass("2026-06-30T09:05:00Z").counts(), "void 2, voided 2, waiting 1");
    assert_eq!(rig.pass(NOON).counts(), "sent 1");
    assert_eq!(rig.calls().into_keys().collect::<Vec<_>>(), ["0123456789abcdef0123456789abcdef"]);
}

#[test]
fn a_void_after_the_send_is_too_late() {
    let rig = published(&["email"]);
    assert_eq!(rig.pass(NOON).counts(), "sent 1");
    rig.revise(&[], &[void_of(&rig.lines()[0])]);
    let pass = rig.pass(NOON);
    assert_eq!((pass.code, pass.counts().as_str()), (Some(0), "void_too_late 1"), "{}", pass.said);
    assert_eq!(rig.events(), ["D1 outbound sent"], "what was sent is not made unsent");
}

/// A pass takes its time, and the hours end meanwhile.
#[test]
fn what_expires_during_a_pass_is_not_sent() {
    let rig = published(&["email", "email", "email", "email"]);
    rig.script(json!({"latency_ms": 1500}));
    let pass = rig.pass("2026-06-30T22:59:58Z");
    let sent = rig.calls_in_all().1;
    assert!((1..=2).contains(&sent), "{}", pass.said);
    assert_eq!(pass.counts(), format!("expired {}, sent {sent}", 4 - sent));
}

/// A revision takes something back while a pass is under way: the pass sees it before its next send.
#[test]
fn a_void_during_a_pass_is_heeded() {
    let rig = published(&["email", "email", "email", "email"]);
    rig.script(json!({"latency_ms": 1500}));
    let pass = rig.start(NOON);
    while rig.calls_in_all().1 == 0 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    rig.revise(&[], &rig.lines().iter().map(void_of).collect::<Vec<_>>());
    let ended = pass.wait_with_output().expect("it ends");
    assert!(ended.status.success());
    let sent = rig.calls_in_all().1;
    assert!((1..=3).contains(&sent), "{sent} sent");
    let events = rig.events();
    assert_eq!(events.iter().filter(|event| event.ends_with("ignored")).count(), 4 - sent, "{events:?}");
}

/// A void of what may have been sent is too late as well, and ends the asking.
#[test]
fn a_void_of_what_is_unknown_ends_the_asking() {
    let rig = published(&["email"]);
    rig.script(json!({"outcomes": {"*": ["timeout_not_sent", "sent"]}, "idempotency_key": true}));
    assert_eq!(rig.pass(NOON).counts(), "unknown 1");
    rig.revise(&[], &[void_of(&rig.lines()[0])]);
    assert_eq!(rig.pass(NOON).counts(), "unknown 1, void_too_late 1");
    assert_eq!((rig.calls_in_all(), rig.events()), ((1, 0), vec!["D1 outbound sent".to_owned()]));
}

/// A gateway per provider: each serves its channels under a ledger of its own.
#[test]
fn a_gateway_may_serve_one_channel() {
    let mut rig = published(&["email", "sms"]);
    rig.named("mailer");
    assert_eq!(rig.pass_with("run", NOON, &["--channel", "email"]).counts(), "sent 1");
    rig.named("texter");
    assert_eq!(rig.pass_with("run", NOON, &["--channel", "sms", "--channel", "whatsapp"]).counts(), "sent 1");
    assert_eq!(rig.events(), ["D2 outbound sent"]);
}

/// What an instruction to a bureau came to is reported like a message.
#[test]
fn an_instruction_is_sent_and_reported_too() {
    let rig = portfolio(&["email"]);
    let points = "event_id debtor_id channel occurred_at status regua step_id";
    rig.house.write("contact_log", &format!("{points}\nE1 D1 email 2026-06-15T15:00:00Z sent b2b d+45"));
    std::fs::rename(rig.house.path("input/contact_log.parquet"), rig.house.path("input/contact_log-old.parquet"))
        .unwrap();
    rig.house.edit("pipelines/daily.toml", "/contact_log.parquet", "/contact_log*.parquet");
    rig.house.write("invoices", "invoice_id debtor_id issue_date due_date amount\nI1 D1 2026-01-05 2026-04-30 100.00");
    rig.run(as_of());
    assert_eq!(rig.house.published("actions", "channel step_id step_kind"), ["instruction d+60 negativacao"]);
    assert_eq!(rig.pass(NOON).counts(), "sent 1");
    rig.run("2026-07-01");
    assert_eq!(rig.house.published("quarantine", "reason"), [""; 0]);
    let decisions = rig.house.published("decisions", "outcome reason step_id");
    assert_eq!(decisions, ["hold min_gap d+70"], "reported as sent, not under way");
}

/// What comes later: a reply, or what an operator finds out about an action of unknown fate.
#[test]
fn later_events_are_reported() {
    let rig = published(&["email", "email"]);
    rig.script(json!({"outcomes": {"*": ["timeout_not_sent"]}}));
    assert_eq!(rig.pass(NOON).counts(), "unknown 2");
    let ids = ["D1", "D2"].map(|debtor_id| text_of(&rig.line_of(debtor_id)["id"]));
    for (id, status) in [(&ids[0], "replied"), (&ids[1], "failed"), (&ids[1], "failed")] {
        let told = rig.pass_with("report", "2026-06-30T18:00:00Z", &["--action-id", id, "--status", status]);
        assert_eq!(told.code, Some(0), "{}", told.said);
    }
    assert_eq!(
        rig.events(),
        ["D1 inbound replied", "D1 outbound sent", "D2 outbound failed", "D2 outbound sent"],
        "an event told twice is one event"
    );
    rig.run("2026-07-01");
    assert_eq!(decided(&rig), ["D1 hold min_gap d+15", "D2 action step_due d+5"]);
    let unknown = rig.pass_with("report", NOON, &["--action-id", "0", "--status", "failed"]);
    assert_eq!(unknown.code, Some(2), "{}", unknown.said);
}

/// A ledger that is lost: what was published until then is left alone.
#[test]
fn a_new_ledger_may_leave_the_past_alone() {
    let rig = published(&["email"]);
    assert_eq!(rig.pass_with("skip", NOON, &[]).code, Some(0));
    assert_eq!(rig.pass(NOON).counts(), "");
    assert_eq!(rig.calls_in_all(), (0, 0));
}

/// Nothing personal is in what the gateway says or keeps; only its provider sees it.
#[test]
fn nothing_personal_is_told_or_kept() {
    let rig = published(&["email", "sms"]);
    assert!(rig.lines()[0].to_string().contains("canary1@acme.example"));
    rig.script(json!({"outcomes": {"sms": ["timeout_not_sent"]}}));
    let pass = rig.pass(NOON);
    assert_eq!(pass.counts(), "sent 1, unknown 1", "{}", pass.said);
    let mut kept = pass.said.into_bytes();
    for file in ["gateway.sqlite", "gateway.calls", "input/contact_log.parquet"] {
        kept.extend(std::fs::read(rig.house.path(file)).unwrap());
    }
    let kept = String::from_utf8_lossy(&kept).to_lowercase();
    for canary in ["canary", "acme.example", "551190000"] {
        assert!(!kept.contains(canary), "{canary}");
    }
}

/// The same events are the same bytes, whoever writes them.
#[test]
fn the_snapshot_is_the_same_bytes() {
    let mut rig = published(&["email", "sms", "whatsapp"]);
    let snapshot = |rig: &Rig| {
        assert_eq!(rig.pass(NOON).counts(), "sent 3");
        std::fs::read(rig.house.path("input/contact_log.parquet")).unwrap()
    };
    let first = snapshot(&rig);
    rig.named("again");
    assert_eq!(snapshot(&rig), first);
}

/// What a gateway writes is what the contract asks of an event.
#[test]
fn events_are_as_their_schema_says() {
    let rig = published(&["email", "sms"]);
    rig.script(json!({"outcomes": {"email": ["replied"], "sms": ["bounced"]}, "cost": "0.35", "cost_currency": "BRL"}));
    assert_eq!(rig.pass(NOON).counts(), "sent 2");
    let schema = serde_json::from_str(&rig.house.regua(&["schema", "contact_log"]).stdout).expect("JSON");
    let schema = jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema");
    // Every column of the contract is there, in whatever order.
    let names: Vec<&str> = contract::input("contact_log").expect("an input").columns.iter().map(|c| c.name).collect();
    let events = rig.events_with(&names.join(" "));
    assert_eq!(events.len(), 5);
    for event in events {
        let cells = names.iter().zip(event.split(' '));
        let event: serde_json::Map<String, Value> = cells
            .map(|(name, cell)| ((*name).to_owned(), if cell == "-" { Value::Null } else { cell.into() }))
            .collect();
        let event = Value::Object(event);
        assert!(schema.is_valid(&event), "{event}");
    }
}

/// The statuses that a gateway may report are those of the contract.
#[test]
fn statuses_are_those_of_the_contract() {
    let rig = portfolio(&["email"]);
    let Some(Kind::Enum(statuses)) = contract::input("contact_log").and_then(|t| t.column("status")).map(|c| c.kind)
    else {
        panic!("status is an enumeration")
    };
    let help = rig.pass_with("report", NOON, &["--help"]).said;
    let (_, rest) = help.split_once("--status {").expect("choices");
    let (choices, _) = rest.split_once('}').expect("choices");
    let known: BTreeSet<&str> = choices.split(',').map(str::trim).collect();
    assert_eq!(known, statuses.iter().copied().collect());
}
