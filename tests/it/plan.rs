//! `regua plan`: what a run would publish, before anything is published, and by the very same path.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::support::{Ended, House, as_of};

const POINTS: &str = "debtor_id channel address
D1 email a@acme.example
D2 email b@bolt.example
D3 whatsapp +5511900000003
D4 email d@dado.example";

/// Four debtors with an invoice each: three at d+5, by e-mail and WhatsApp, one not due.
fn house() -> House {
    let house = House::new();
    house.write(
        "invoices",
        "invoice_id debtor_id issue_date due_date amount
        I1 D1 2026-05-01 2026-06-22 100.00
        I2 D2 2026-05-01 2026-06-21 200.00
        I3 D3 2026-05-01 2026-06-12 300.00
        I4 D4 2026-05-01 2026-07-20 400.00",
    );
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount");
    house.write(
        "debtors",
        "debtor_id legal_name state\nD1 Acme SP\nD2 <script>alert(1)</script>&Co SP\nD3 Corp SP\nD4 Dado SP",
    );
    house.write("contact_points", POINTS);
    house
}

fn plan(house: &House, as_of: &str, more: &[&str]) -> Ended {
    house.regua(&[&["plan", "pipelines/daily.toml", "--as-of", as_of], more].concat())
}

/// The report: the last line of stdout, which is JSON off a terminal.
fn told(house: &House, as_of: &str, more: &[&str]) -> Value {
    let ended = plan(house, as_of, more);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    serde_json::from_str(ended.stdout.lines().last().unwrap_or_default()).expect("a report")
}

/// Every file below a folder with its bytes, and every folder.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let all = glob::glob(&folder.join("**/*").to_string_lossy()).expect("a pattern").flatten();
    all.map(|path| (path.display().to_string(), std::fs::read(&path).unwrap_or_default())).collect()
}

#[test]
fn a_plan_writes_nothing_and_says_what_the_run_then_publishes() {
    let house = house();
    let before = contents(&house.path("."));
    let planned = told(&house, as_of(), &[]);
    assert_eq!(contents(&house.path(".")), before, "an output that is not there is not made");
    assert_eq!((&planned["outcome"], &planned["counts"]["actions"]), (&"planned".into(), &3.into()));

    assert_eq!(house.run(as_of()).code, 0);
    let record = std::fs::read(house.path("output/_log/00000000000000000001.json")).expect("a record");
    let record: Value = serde_json::from_slice(&record).expect("JSON");
    for name in ["counts", "control_totals", "logical_digests"] {
        assert_eq!(planned[name], record[name], "{name}: the same bytes, so the same action_ids");
    }

    let before = contents(&house.path("output"));
    let next = told(&house, "2026-07-06", &["--messages", "9", "--report", "plan.html", "--result-file", "plan.json"]);
    assert_eq!(contents(&house.path("output")), before);
    let written = std::fs::read_to_string(house.path("plan.json")).expect("a result file");
    assert_eq!(serde_json::from_str::<Value>(&written).expect("JSON"), next);
    assert_eq!(house.run("2026-07-06").code, 0);
    let mut ids: Vec<&str> =
        next["messages"].as_array().unwrap().iter().filter_map(|m| m["action_id"].as_str()).collect();
    ids.sort_unstable();
    let mut published = house.published("actions", "action_id");
    published.sort_unstable();
    assert_eq!(ids, published);
}

#[test]
fn what_the_log_says_against_a_run_it_says_against_a_plan() {
    let house = house();
    assert_eq!(house.run(as_of()).code, 0);
    let same = told(&house, as_of(), &["--report", "plan.html"]);
    assert_eq!(same["outcome"], "already_published");
    let note = "2026-06-30 is published from the same inputs and configuration: `regua run` would publish nothing";
    assert_eq!(same["notes"][0], note);
    assert!(std::fs::read_to_string(house.path("plan.html")).expect("a page").contains("would publish nothing"));

    let earlier = plan(&house, "2026-06-29", &["--output", "text"]);
    assert_eq!(earlier.code, 0);
    assert!(earlier.stdout.contains("2026-06-30 is already published, so for this earlier date only the position"));
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D1 I1 2026-06-29 1.00");
    let other = plan(&house, as_of(), &["--output", "text"]);
    assert_eq!(other.code, 4);
    assert!(
        other.stderr.contains("would be refused: 2026-06-30 is already published from other inputs"),
        "{}",
        other.stderr
    );

    std::fs::create_dir_all(house.path("output/_control")).expect("a folder");
    std::fs::write(house.path("output/_control/HALT"), "stop").expect("written");
    let halted = told(&house, "2026-07-01", &[]);
    let note = halted["notes"][0].as_str().unwrap_or_default();
    assert!(
        note.ends_with("output/_control/HALT stops all publication: `regua run` would publish nothing"),
        "{halted}"
    );
    std::fs::remove_file(house.path("input/debtors.parquet")).expect("removed");
    assert_eq!(plan(&house, "2026-07-01", &[]).code, 75);
    assert_eq!(plan(&house, "2026-07-01", &["--messages", "all"]).code, 2);
}

#[test]
fn new_gone_and_changed_against_the_last_run() {
    let house = house();
    house.edit("pipelines/daily.toml", "unreported_days = 3", "unreported_days = 1");
    house.edit("pipelines/reguas/b2b.toml", "min_gap_days = 3", "min_gap_days = 1");
    assert!(told(&house, as_of(), &[])["difference"].is_null(), "nothing is published yet");
    assert_eq!(house.run(as_of()).code, 0);
    // A week later: D1 goes on to the next step, D2 has paid, D3 disputes, D4 still has time, D5 is new.
    house.write(
        "invoices",
        "invoice_id debtor_id issue_date due_date amount
        I1 D1 2026-05-01 2026-06-22 100.00
        I2 D2 2026-05-01 2026-06-21 200.00
        I3 D3 2026-05-01 2026-06-12 300.00
        I4 D4 2026-05-01 2026-07-20 400.00
        I5 D5 2026-05-01 2026-06-30 500.00",
    );
    house.write("debtors", "debtor_id legal_name state\nD1 Acme SP\nD2 Bolt SP\nD3 Corp SP\nD4 Dado SP\nD5 Eixo SP");
    house.write("contact_points", &format!("{POINTS}\nD5 email e@eixo.example"));
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D2 I2 2026-07-01 200.00");
    house.write("disputes", "dispute_id debtor_id invoice_id kind opened_on\nX1 D3 I3 dispute 2026-07-02");
    let action = house.published("actions", "debtor_id action_id");
    let of_d1 = action.iter().find_map(|line| line.strip_prefix("D1 ")).expect("an action of D1");
    house.write(
        "contact_log",
        &format!(
            "event_id action_id debtor_id channel occurred_at status\nE1 {of_d1} D1 email 2026-06-30T15:00:00Z sent"
        ),
    );
    let difference = &told(&house, "2026-07-07", &[])["difference"];
    let names = |kind: &str| -> Vec<String> {
        let examples = difference[kind]["examples"].as_array().expect("examples");
        let steps =
            |acts: &Value| acts.as_array().unwrap().iter().map(|a| a["step_id"].to_string()).collect::<String>();
        let line = |c: &Value| format!("{} {}>{} {}", c["debtor_id"], steps(&c["then"]), steps(&c["now"]), c["reason"]);
        assert_eq!(difference[kind]["accounts"], examples.len());
        examples.iter().map(|c| line(c).replace('"', "")).collect()
    };
    assert_eq!(names("new"), ["D5 >d+5 null"]);
    assert_eq!(names("gone"), ["D3 d+5> dispute_open", "D2 d+5> absent"]);
    assert_eq!(names("changed"), ["D1 d+5>d+15 null"]);
    assert_eq!(difference["gone_reasons"], serde_json::json!({"absent": 1, "dispute_open": 1}));
    let numbers =
        ["actions_then", "actions_now", "unreported", "same", "changed_step", "changed_channel", "changed_amount"];
    assert_eq!(numbers.map(|name| difference[name].as_u64().unwrap_or(99)), [3, 2, 2, 0, 1, 0, 0]);
    assert_eq!(difference["against"], as_of());
    let text = plan(&house, "2026-07-07", &["--output", "text"]).stdout;
    for part in [
        "against 2026-06-30: 2 actions now, 3 then, 2 of them unreported",
        "gone: 2 accounts (absent 1, dispute_open 1)",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

#[test]
fn the_sample_is_one_of_each_step_and_channel_and_always_the_same() {
    let house = house();
    let sample = |more: &[&str]| -> Vec<String> {
        let messages = told(&house, as_of(), more)["messages"].clone();
        messages
            .as_array()
            .unwrap()
            .iter()
            .map(|m| format!("{} {}", m["step_id"], m["channel"]).replace('"', ""))
            .collect()
    };
    assert_eq!(sample(&[]), [""; 0], "JSON has personal data only where it was asked for");
    assert_eq!(sample(&["--messages", "2"]), ["d+5 email", "d+5 whatsapp"], "the most frequent kind first");
    assert_eq!(sample(&["--messages", "9"]), ["d+5 email", "d+5 whatsapp", "d+5 email"]);
    assert_eq!(sample(&["--messages", "0", "--report", "plan.html"]), [""; 0]);
    let first = |house: &House| told(house, as_of(), &["--messages", "3"])["messages"].clone();
    let before = first(&house);
    house.edit("pipelines/daily.toml", "shard_rows_max = 200000", "shard_rows_max = 2");
    assert_eq!(first(&house), before, "whatever the shards");
    let text = plan(&house, as_of(), &["--output", "text"]).stdout;
    assert!(text.contains("d+5 by whatsapp to +5511900000003: D3"), "{text}");
}

#[test]
fn the_page_is_whole_escaped_and_needs_nothing_else() {
    let house = house();
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D4 - - 5.00");
    house.edit("pipelines/daily.toml", "quarantine_share_max = 0.01", "quarantine_share_max = 1.0");
    let ended = plan(&house, as_of(), &["--report", "plan.html"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let page = std::fs::read_to_string(house.path("plan.html")).expect("a page");
    assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains("<script"), "a hostile name is text");
    for never in ["http://", "src=", "<link", "@import", "url("] {
        assert!(!page.contains(never), "the page must not reach out: {never}");
    }
    let parts = [
        "Plan for 2026-06-30",
        "What is owed",
        "Actions by step and channel",
        "d+5 whatsapp",
        "Why the others are left alone",
        "quarantined_input",
        "Nothing is published yet.",
        "Quarantined rows",
        "paid_on",
        "Messages, as they would go out",
    ];
    for part in parts {
        assert!(page.contains(part), "no {part:?} in the page");
    }
    for tag in ["section", "table", "tr", "td", "div", "pre", "main"] {
        let (opened, closed) = (page.matches(&format!("<{tag}")).count(), page.matches(&format!("</{tag}>")).count());
        assert!(opened >= closed && closed > 0, "<{tag}> is opened {opened} times and closed {closed} times");
    }
    assert!(!ended.stdout.contains("script"), "JSON names no debtor's name");
}

/// A record of the log.
fn record(house: &House, seq: u64) -> Value {
    serde_json::from_str(&house.read(&format!("output/_log/{seq:020}.json"))).expect("a record")
}

/// What an earlier edition published and the revision keeps was told as gone: all of it settled, nothing would go out.
#[test]
fn a_revision_is_told_with_what_it_keeps_and_takes_back() {
    let house = house();
    assert_eq!(house.run(as_of()).code, 0);
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D2 I2 2026-06-30 200.00");
    let told = told(&house, as_of(), &["--revise"]);
    assert_eq!(told["kind"], "void");
    let numbers = [&told["revision"], &told["counts"]["actions"], &told["kept"], &told["counts"]["voids"]];
    assert_eq!(numbers.map(|n| n.as_u64().unwrap_or(99)), [1, 0, 2, 1]);
    assert!(told["notes"].to_string().contains("revision 1 of 2026-06-30: 0 new actions, 2 kept, 1 taken back"));
    let difference = &told["difference"];
    let numbers = ["actions_then", "actions_now", "same"].map(|name| difference[name].as_u64().unwrap_or(99));
    assert_eq!(numbers, [3, 2, 2]);
    assert_eq!(difference["gone_reasons"], serde_json::json!({"settled": 1}));
    let revise = ["--revise", "--output", "text", "--report", "plan.html"];
    let text = plan(&house, as_of(), &revise).stdout;
    let command = "`regua run pipelines/daily.toml --as-of 2026-06-30 --revise --reason \"why\"` would publish this.";
    for part in ["4 decisions (0 new actions, 2 kept, 1 taken back), 0 quar", "the same for 2 accounts", command] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    assert!(house.read("plan.html").contains("<b>2</b>kept"));

    let run = ["run", "pipelines/daily.toml", "--as-of", as_of(), "--revise", "--reason", "late", "--output", "text"];
    let ran = house.regua(&run);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let folder = "outbox/dt=2026-06-30/revision=1/voids/";
    for part in ["0 new actions, 2 kept, 1 taken back", "What is published, new and kept", folder] {
        assert!(ran.stdout.contains(part), "no {part:?} in\n{}", ran.stdout);
    }
    let mut digests = record(&house, 2)["logical_digests"].clone();
    let voids = digests.as_object_mut().and_then(|digests| digests.remove("outbox/voids/part-00000.ndjson"));
    assert!(voids.is_some(), "its lines hold the reason, which only the run is given");
    assert_eq!(told["logical_digests"], digests);
    assert_eq!((&told["counts"], &told["kind"]), (&record(&house, 2)["counts"], &record(&house, 2)["kind"]));
    // What stands is what the next date is compared with, whichever edition published it.
    let next = self::told(&house, "2026-07-01", &[]);
    assert_eq!((&next["difference"]["against"], &next["difference"]["actions_then"]), (&as_of().into(), &2.into()));
}

/// It told actions and messages, and the run then published the position alone.
#[test]
fn of_an_earlier_date_a_plan_tells_the_position_alone() {
    let house = house();
    assert_eq!(house.run(as_of()).code, 0);
    assert_eq!(house.run("2026-07-01").code, 0);
    let first = "2026-07-01 is already published, so for this earlier date only the position and its KPI tables will be published; nobody is written to";
    let is_position = |told: &Value| {
        assert_eq!((&told["kind"], &told["notes"][0]), (&"kpi_only".into(), &first.into()));
        for name in ["actions", "holds", "messages"] {
            assert_eq!(told[name], serde_json::json!([]), "{name}");
        }
        assert!(told["difference"].is_null() && told["counts"]["actions"].is_null(), "{told}");
    };
    let told = told(&house, "2026-06-29", &["--messages", "9", "--report", "plan.html"]);
    is_position(&told);
    let page = house.read("plan.html");
    assert!(page.contains("Nothing is decided") && !page.contains("Messages, as") && !page.contains("What goes out"));
    let text = plan(&house, "2026-06-29", &["--output", "text"]).stdout;
    for never in ["What would go out", "Messages", "Different from", " actions"] {
        assert!(!text.contains(never), "{never:?} in\n{text}");
    }
    assert_eq!(house.run("2026-06-29").code, 0);
    for name in ["counts", "control_totals", "logical_digests", "kind"] {
        assert_eq!(told[name], record(&house, 3)[name], "{name}");
    }

    house.write("payments", "payment_id debtor_id invoice_id paid_on amount\nP1 D2 I2 2026-06-29 200.00");
    let told = self::told(&house, as_of(), &["--revise"]);
    is_position(&told);
    assert!(told["notes"].to_string().contains("revision 1 of 2026-06-30: no action is added or taken back"), "{told}");
    let run = ["run", "pipelines/daily.toml", "--as-of", as_of(), "--revise", "--reason", "late"];
    assert_eq!(house.regua(&run).code, 0);
    for name in ["counts", "logical_digests", "kind"] {
        assert_eq!(told[name], record(&house, 4)[name], "{name}");
    }
    // What was made up for decided nothing, and so it is nothing to compare with.
    assert_eq!(self::told(&house, "2026-07-02", &[])["difference"]["against"], "2026-07-01");
}
