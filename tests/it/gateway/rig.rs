//! A house with a gateway in it: passes of the reference consumer, the calls that its provider saw, and what is
//! published made otherwise than `regua run` would.

use std::collections::BTreeMap;
use std::process::{Child, Command, Output, Stdio};

use regua::domain::action::sha256_hex;
use serde_json::{Value, json};

use crate::support::{House, as_of, read_parquet, rows, test_venv};

/// Within the hours of every channel on the date of most tests.
pub const NOON: &str = "2026-06-30T15:00:00Z";

pub struct Rig {
    pub house: House,
    /// The name of this gateway's own files, so that several cases can share what is published.
    pub name: &'static str,
}

/// How a pass ended.
#[derive(Debug)]
pub struct Pass {
    pub code: Option<i32>,
    /// The result line; null where the process died.
    pub summary: Value,
    pub said: String,
}

impl Pass {
    /// What was done, such as `sent 3, waiting 1`.
    pub fn counts(&self) -> String {
        let counts = self.summary["actions"].as_object().into_iter().flatten();
        counts.map(|(what, n)| format!("{what} {n}")).collect::<Vec<_>>().join(", ")
    }

    pub fn why(&self) -> &str {
        self.summary["why"].as_str().unwrap_or_default()
    }
}

/// Debtors D1, D2 ... with one invoice each, ten days late, and the channels that each can be reached by.
pub fn portfolio(channels: &[&str]) -> Rig {
    let house = House::new();
    let lines = |head: &str, line: &dyn Fn(usize, &str) -> String| {
        let lines = channels.iter().enumerate().map(|(position, channel)| line(position + 1, channel));
        std::iter::once(head.to_owned()).chain(lines).collect::<Vec<_>>().join("\n")
    };
    let address = |n: usize, channel: &str| match channel {
        "email" => format!("canary{n}@acme.example"),
        _ => format!("+551190000{n:04}"),
    };
    house.write(
        "invoices",
        &lines("invoice_id debtor_id issue_date due_date amount", &|n, _| {
            format!("I{n} D{n} 2026-01-05 2026-06-20 100.00")
        }),
    );
    house.write("payments", "payment_id debtor_id invoice_id paid_on amount");
    house.write("debtors", &lines("debtor_id legal_name state", &|n, _| format!("D{n} Canary{n} SP")));
    house.write(
        "contact_points",
        &lines("debtor_id channel address", &|n, channel| format!("D{n} {channel} {}", address(n, channel))),
    );
    Rig { house, name: "gateway" }
}

/// The same, published for the date of most tests.
pub fn published(channels: &[&str]) -> Rig {
    let rig = portfolio(channels);
    rig.run(as_of());
    rig
}

impl Rig {
    pub fn run(&self, as_of: &str) {
        let ended = self.house.run(as_of);
        assert_eq!(ended.code, 0, "{as_of}: {}", ended.stderr);
    }

    /// Another gateway, with a ledger and a provider of its own.
    pub fn named(&mut self, name: &'static str) {
        self.name = name;
    }

    fn file(&self, what: &str) -> String {
        format!("{}.{what}", self.name)
    }

    /// What the provider of this gateway answers.
    pub fn script(&self, script: Value) {
        std::fs::write(self.house.path(&self.file("script")), script.to_string()).expect("a script");
    }

    fn python(&self, program: &[&str], words: &[&str]) -> Command {
        let mut command = Command::new(test_venv().join("bin/python"));
        command.arg("-B").args(program).args(words).current_dir(self.house.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// A call of the consumer; `run` with all that it needs.
    fn call(&self, program: &[&str], command: &str, now: &str, more: &[&str]) -> Command {
        let (ledger, calls, script) = (self.file("sqlite"), self.file("calls"), self.file("script"));
        let mut words = vec![command, "--ledger", &ledger, "--now", now];
        if command != "skip" {
            words.extend(["--contact-log", "input/contact_log.parquet"]);
        }
        if command != "report" {
            words.extend(["--published", "output"]);
        }
        if command == "run" {
            words.extend(["--calls", &calls]);
            if self.house.path(&script).exists() {
                words.extend(["--script", &script]);
            }
        }
        words.extend(more);
        self.python(program, &words)
    }

    pub fn pass(&self, now: &str) -> Pass {
        self.pass_with("run", now, &[])
    }

    pub fn pass_with(&self, command: &str, now: &str, more: &[&str]) -> Pass {
        ended(self.call(&["pipelines/gateway/consumer.py"], command, now, more).output().expect("python starts"))
    }

    /// A pass in which this function of the ledger is the last that is called: the process dies there.
    pub fn pass_that_dies_in(&self, function: &str, now: &str) -> Pass {
        let program = format!(
            "import os, sys; sys.path.insert(0, 'pipelines/gateway'); import consumer, ledger\n\
             ledger.Ledger.{function} = lambda *_: os._exit(9)\n\
             sys.exit(consumer.main())"
        );
        ended(self.call(&["-c", &program], "run", now, &[]).output().expect("python starts"))
    }

    pub fn start(&self, now: &str) -> Child {
        self.call(&["pipelines/gateway/consumer.py"], "run", now, &[]).spawn().expect("python starts")
    }

    /// Calls that the provider saw, and messages that left, by action.
    pub fn calls(&self) -> BTreeMap<String, (usize, usize)> {
        let text = std::fs::read_to_string(self.house.path(&self.file("calls"))).unwrap_or_default();
        let mut calls = BTreeMap::new();
        for line in text.lines() {
            let call: Value = serde_json::from_str(line).expect("a call");
            let counted: &mut (usize, usize) = calls.entry(text_of(&call["action_id"])).or_default();
            counted.0 += 1;
            counted.1 += usize::from(call["left"] == true);
        }
        calls
    }

    /// Calls and messages in all.
    pub fn calls_in_all(&self) -> (usize, usize) {
        self.calls().values().fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1))
    }

    /// Events that went back, such as `D1 outbound sent`, sorted.
    pub fn events(&self) -> Vec<String> {
        self.events_with("debtor_id direction status")
    }

    pub fn events_with(&self, columns: &str) -> Vec<String> {
        let batches = read_parquet(&self.house.path("input/contact_log.parquet"));
        let mut events = rows(&batches, columns);
        events.sort();
        events
    }

    /// The record of that number.
    pub fn record(&self, seq: u64) -> Value {
        serde_json::from_slice(&std::fs::read(self.record_path(seq)).expect("a record")).expect("JSON")
    }

    pub fn record_path(&self, seq: u64) -> std::path::PathBuf {
        self.house.path(&format!("output/_log/{seq:020}.json"))
    }

    pub fn write_record(&self, record: &Value) {
        let text = serde_json::to_vec_pretty(record).expect("JSON");
        std::fs::write(self.record_path(record["seq"].as_u64().expect("a number")), text).expect("written");
    }

    /// The path of the first part of the first record, below the house.
    pub fn part(&self) -> String {
        format!("output/{}", text_of(&self.outbox_file()["path"]))
    }

    fn outbox_file(&self) -> Value {
        let record = self.record(1);
        let files = record["files"].as_array().expect("files").iter();
        let mut outbox = files.filter(|f| f["copy_to"].as_str().is_some_and(|c| c.starts_with("outbox/")));
        outbox.next().expect("a part").clone()
    }

    /// The lines of that part.
    pub fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.house.path(&self.part())).expect("a part");
        text.lines().map(|line| serde_json::from_str(line).expect("a line")).collect()
    }

    /// The one that addresses a debtor.
    pub fn line_of(&self, debtor_id: &str) -> Value {
        let parts = glob::glob(&self.house.path("output/outbox/*/*/*.ndjson").to_string_lossy()).expect("a pattern");
        let texts: String = parts.flatten().map(|part| std::fs::read_to_string(part).expect("a part")).collect();
        let mut lines = texts.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line"));
        lines.find(|line| line["data"]["debtor_id"] == debtor_id).expect("a line to that debtor")
    }

    /// Puts other lines into that part, and says so in the record: as another program, or a later version, might.
    pub fn rewrite(&self, lines: &[Value]) {
        let (path, body) = (self.part(), body_of(lines));
        let mut record = self.record(1);
        let stated = record["files"].as_array_mut().expect("files").iter_mut();
        for file in stated.filter(|f| path.ends_with(f["path"].as_str().unwrap_or("-"))) {
            file["size"] = body.len().into();
            file["sha256"] = sha256_hex(body.as_bytes()).into();
        }
        std::fs::write(self.house.path(&path), body).expect("written");
        self.write_record(&record);
    }

    /// Publishes a revision of the first record with these actions and voids.
    pub fn revise(&self, actions: &[Value], voids: &[Value]) {
        let first = std::fs::read(self.record_path(1)).expect("a record");
        let mut files = Vec::new();
        let by_e_mail = ("channel=email", actions);
        for (folder, lines) in [by_e_mail, ("voids", voids)].into_iter().filter(|(_, lines)| !lines.is_empty()) {
            let (path, body) = (format!("runs/revised/{folder}/part-00000.ndjson"), body_of(lines));
            let to = self.house.path(&format!("output/{path}"));
            std::fs::create_dir_all(to.parent().expect("a folder")).expect("created");
            std::fs::write(to, &body).expect("written");
            files.push(json!({
                "path": path,
                "copy_to": format!("outbox/dt={}/revision=1/{folder}/part-00000.ndjson", as_of()),
                "size": body.len(),
                "sha256": sha256_hex(body.as_bytes()),
                "rows": lines.len(),
            }));
        }
        let mut record = self.record(1);
        record["seq"] = 2.into();
        record["prev_sha256"] = sha256_hex(&first).into();
        record["revision"] = 1.into();
        record["kind"] = if actions.is_empty() { "void" } else { "actions" }.into();
        record["files"] = files.into();
        self.write_record(&record);
    }
}

fn ended(output: Output) -> Pass {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    let summary = stdout.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default();
    Pass { code: output.status.code(), summary, said: stdout + &stderr }
}

pub fn text_of(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn body_of(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The line with another value in its payload, and the hash that follows from it.
pub fn changed(line: &Value, key: &str, value: Value) -> Value {
    let mut line = line.clone();
    line["data"][key] = value;
    line["payloadsha256"] = sha256_hex(line["data"].to_string().as_bytes()).into();
    line
}

/// A void of the action in a line.
pub fn void_of(line: &Value) -> Value {
    let action_id = text_of(&line["id"]);
    json!({
        "specversion": "1.0",
        "type": "regua.void.v1",
        "source": line["source"],
        "id": format!("void-{action_id}"),
        "datacontenttype": "application/json",
        "data": {"action_id": action_id, "voided_by_revision": 1, "reason": "wrong price list"},
    })
}
