//! `regua log`: lists what was published, verifies that it is still whole, and makes missing copies again.

use clap::Args;
use serde_json::json;

use super::show::{self, Bars};
use super::{Voice, published, runtime, say};
use crate::error::{Error, Lines, Result};
use crate::io::log::{Log as CommitLog, Record};
use crate::io::store::Store;
use crate::maintenance::repair::make_again;
use crate::maintenance::verify::{Verified, verify};

/// Lists what was published, checks that it is whole, and repairs the copies that others read
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua log demo/output                        every published run, the newest last
  regua log demo/output --show 2026-06-30      one record, whole; a number is its place in the log
  regua log demo/output --verify               every file: size, SHA-256, rows, totals, and no action twice
  regua log demo/output --repair               make missing copies in outbox/, kpi/ and kpi_current/ again

--verify reads everything that was ever published and changes nothing. It exits with 3 if something is lost.")]
pub(super) struct Log {
    /// Output folder or URL of the pipeline
    output_folder: String,
    /// Print one record: a date (its newest revision) or a place in the log
    #[arg(long, conflicts_with_all = ["verify", "repair"])]
    show: Option<String>,
    /// Read every published file and report what differs from the log
    #[arg(long, conflicts_with = "repair")]
    verify: bool,
    /// Make the copies again that are missing or differ
    #[arg(long)]
    repair: bool,
}

impl Log {
    pub(super) fn execute(self, voice: Voice) -> Result<()> {
        let runtime = runtime()?;
        let output = Store::open(&self.output_folder, runtime.handle())?;
        let bars = Bars::new(voice);
        let log = published(&output)?;
        if self.verify {
            let verified = verify(&output, &bars);
            bars.finish();
            return tell_verified(voice, &self.output_folder, verified?);
        }
        if self.repair {
            let made = make_again(&output, &bars);
            bars.finish();
            tell_repaired(voice, &made?);
            return Ok(());
        }
        match &self.show {
            Some(which) => self.tell_record(&log, which),
            None => {
                tell_list(voice, &log);
                Ok(())
            }
        }
    }

    fn tell_record(&self, log: &CommitLog, which: &str) -> Result<()> {
        let by_seq = which.parse::<u64>().ok().and_then(|seq| log.records.iter().find(|r| r.seq == seq));
        let found = by_seq.or_else(|| which.parse().ok().and_then(|date| log.of_date(date)));
        let Some(record) = found else {
            let what = format!(
                "{}: {which:?} is not a published date or record; `regua log {0}` lists them",
                self.output_folder
            );
            return Err(Error::Unknown { what });
        };
        say(&serde_json::to_string_pretty(record).unwrap_or_default());
        Ok(())
    }
}

fn tell_list(voice: Voice, log: &CommitLog) {
    if voice.json {
        let records: Vec<_> = log.records.iter().map(as_json).collect();
        say(&json!({"outcome": "listed", "records": records}).to_string());
    } else {
        say(&show::log(&log.records));
    }
}

fn as_json(record: &Record) -> serde_json::Value {
    let Record { seq, as_of, revision, kind, run_id, counts, control_totals, .. } = record;
    json!({
        "seq": seq, "as_of": as_of, "revision": revision, "kind": kind, "run_id": run_id, "counts": counts,
        "control_totals": control_totals,
    })
}

fn tell_verified(voice: Voice, folder: &str, verified: Verified) -> Result<()> {
    let Verified { records, files, bytes, actions, findings, copies } = verified;
    if !findings.is_empty() {
        return Err(Error::Unsound(Lines(findings)));
    }
    let missing: Vec<&str> = copies.iter().map(|copy| copy.key.as_str()).collect();
    if voice.json {
        let outcome = if missing.is_empty() { "sound" } else { "copies_missing" };
        say(&json!({
            "outcome": outcome, "records": records, "files": files, "bytes": bytes, "actions": actions,
            "copies_missing": missing,
        })
        .to_string());
        return Ok(());
    }
    say(&format!(
        "{records} records, {files} files ({:.1} MB), {actions} actions: all present and intact; no action is published twice",
        bytes as f64 / 1e6
    ));
    if !missing.is_empty() {
        let list = missing.join("\n  ");
        say(&format!("These copies are missing or differ; `regua log {folder} --repair` makes them again:\n  {list}"));
    }
    Ok(())
}

fn tell_repaired(voice: Voice, made: &[String]) {
    if voice.json {
        say(&json!({"outcome": "repaired", "copies": made}).to_string());
    } else if made.is_empty() {
        say("every copy is present and intact: nothing was done");
    } else {
        say(&format!("made again:\n  {}", made.join("\n  ")));
    }
}
