//! `regua train`: a model of when bills are paid, learnt from their own history, and how well it did.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;
use comfy_table::Table;
use serde_json::json;

use super::show::{Bars, plain_table, right_aligned};
use super::{PipelineArg, Voice, create, date, reason, runtime, say, variable};
use crate::config::Plan;
use crate::domain::learning::backtest::{Figures, ViewFigures};
use crate::domain::learning::model::Quality;
use crate::domain::learning::responses::{Responses, Tally, part_text};
use crate::error::{Error, Result};
use crate::report::grouped;
use crate::run::{TrainRequest, Trained};
use crate::runtime::signals;

/// Learns from the history when bills are paid, and says how well
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua train pipelines/daily.toml --as-of 2026-06-28
  regua train pipelines/daily.toml --as-of 2026-06-28 --output json   (Airflow, say once a week)

The model goes to {output}/models/2026-06-28.json. Runs of later dates use the newest one (`[model].use`): items and debtors \
get chances of being late, and items an expected day; segments, tiers, risk points and triggers can look at the chances. A model orders and \
selects; it passes no hold, cap, law or dispute.

Of contacts it learns by which channel and at which part of the day payments and promises follow; steps with several channels choose by it \
once the log has `[channels].contacts_min` of them.

A training stops where a run would: exports that are gone or shrank, payments that end, begin or pause as if some were missing. It \
would learn that everybody is late.

It is always tried on the last months, beside the share of late bills of each account. Where it is not better, or the portfolio is too \
small, it is refused: then that share is used, and every run says so.")]
pub(super) struct Train {
    #[command(flatten)]
    pipeline: PipelineArg,
    /// What is dated later does not exist; a date is trained once
    #[arg(long, value_parser = date)]
    as_of: NaiveDate,
    /// Train although payments or exports look incomplete; the reason goes into the model
    #[arg(long, value_name = "WHY", value_parser = reason)]
    accept_volume: Option<String>,
    /// Also write the result line to this file
    #[arg(long)]
    result_file: Option<PathBuf>,
}

impl Train {
    pub(super) fn execute(self, voice: Voice) -> Result<()> {
        let runtime = runtime()?;
        let mut plan = Plan::load(&self.pipeline.pipeline, &variable)?;
        let path = self.result_file.as_deref();
        let file = create("--result-file", path)?;
        signals::watch().map_err(Error::file("signal handler"))?;
        let bars = Bars::new(voice);
        let nonce = super::run::nonce();
        let request = TrainRequest { as_of: self.as_of, nonce: &nonce, accept_volume: self.accept_volume.as_deref() };
        let trained = crate::run::train(&mut plan, &request, runtime.handle(), &bars);
        bars.finish();
        let trained = trained?;
        let result = result_of(&trained).to_string();
        if let Some((mut file, path)) = file.zip(path) {
            std::io::Write::write_all(&mut file, format!("{result}\n").as_bytes()).map_err(Error::file(path))?;
        }
        say(&if voice.json { result } else { text(voice, &trained) });
        Ok(())
    }
}

fn result_of(trained: &Trained) -> serde_json::Value {
    let model = &trained.stored.model;
    json!({
        "outcome": if trained.was_published { "already_published" } else { "published" },
        "as_of": model.as_of,
        "model": trained.stored.url,
        "quality": model.quality,
        "remarks": model.remarks,
        "accepted": model.accepted,
        "debtors": model.debtors,
        "bills": model.bills,
        "late_bills": model.late_bills,
        "contacts": model.responses.contacts(),
        "tried_from": model.tried_from,
        "figures": model.figures,
    })
}

fn text(voice: Voice, trained: &Trained) -> String {
    let model = &trained.stored.model;
    let what = match (trained.was_published, model.quality) {
        (true, _) => "was trained already; nothing new was written",
        (false, Quality::Good) => "is trained",
        (false, Quality::Refused) => "is trained and refused",
    };
    let count = |n: u64| grouped(n as i64);
    let title = voice.bold(&format!("\nThe model of {} {what}", model.as_of));
    let learnt = format!(
        "{} bills that fell due, {} of them paid late or not yet, {} debtors",
        count(model.bills),
        count(model.late_bills),
        count(model.debtors)
    );
    let mut parts = vec![format!("{title}: {learnt}\n")];
    parts.extend(model.remarks.iter().map(|remark| format!("  ! {remark}\n")));
    parts.extend(model.accepted.iter().map(|accepted| format!("  ! accepted: {accepted}\n")));
    let tried = format!("Tried on what came after {}", model.tried_from);
    parts.push(format!("{}\n{}\n", voice.bold(&tried), trial(&model.figures)));
    parts.extend(cash(voice, &model.figures));
    parts.extend(tenths(voice, &model.figures.at_issue));
    parts.extend(contacts(voice, &model.responses));
    let use_of = match model.quality {
        Quality::Good => "Runs of later dates use it: late_chance and expected_on of items",
        Quality::Refused => "Runs of later dates use the share of late bills of each account instead",
    };
    parts.push(format!("{use_of}; {}", trained.stored.url));
    parts.join("\n")
}

fn contacts(voice: Voice, learnt: &Responses) -> Option<String> {
    let mut table = plain_table(&["contacts by", "contacts", "paid or promised", "share, smoothed"]);
    for way in learnt.ways.iter().filter(|way| way.tally.contacts > 0) {
        let name = way.part.map_or(way.channel.as_str().to_owned(), |part| format!("  {}", part_text(part)));
        let Tally { contacts, successes } = way.tally;
        let share = format!("{:.1} %", f64::from(way.rate) / 100.0);
        table.add_row([name, grouped(contacts as i64), grouped(successes as i64), share]);
    }
    let title = voice.bold(&format!("What came within {} days of a contact", learnt.days));
    (!learnt.ways.is_empty()).then(|| format!("{title}\n{}\n", right_aligned(table, 1..4)))
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
}

fn trial(figures: &Figures) -> Table {
    let mut table = plain_table(&["", "at issue", "7 days before due"]);
    let views = [&figures.at_issue, &figures.before_due];
    let mut row = |name: &str, of: &dyn Fn(&ViewFigures) -> String| {
        table.add_row([name.to_owned(), of(views[0]), of(views[1])]);
    };
    row("bills", &|view| grouped(view.bills as i64));
    row("of them late", &|view| grouped(view.late as i64));
    row("ranked right (AUC): the model", &|view| number(view.auc, 3));
    row("  each account's share of late bills", &|view| number(view.counting_auc, 3));
    row("squared error (Brier): the model", &|view| number(view.brier, 3));
    row("  each account's share of late bills", &|view| number(view.counting_brier, 3));
    row("  one share for all", &|view| number(view.base_brier, 3));
    row("days off the day of payment: the model", &|view| number(view.missed_days, 1));
    row("  the due date", &|view| number(view.missed_days_by_due, 1));
    row("paid within the 8 in 10 days", &|view| number(view.coverage, 2));
    right_aligned(table, 1..3)
}

fn cash(voice: Voice, figures: &Figures) -> Option<String> {
    let mut table = plain_table(&["", "next 7 days", "next 30 days"]);
    for (currency, cash) in &figures.cash {
        table.add_row([currency.clone(), number(cash.missed_7_days, 3), number(cash.missed_30_days, 3)]);
    }
    let title = voice.bold("Receipts expected of open items, how far off as a share of what came");
    (!figures.cash.is_empty()).then(|| format!("{title}\n{}\n", right_aligned(table, 1..3)))
}

fn tenths(voice: Voice, view: &ViewFigures) -> Option<String> {
    let mut table = plain_table(&["bills at issue", "chance told", "came late"]);
    for tenth in &view.tenths {
        table.add_row([grouped(tenth.bills as i64), number(Some(tenth.told), 2), number(Some(tenth.came), 2)]);
    }
    let title = voice.bold("Chances of being late that were told, and what came");
    (!view.tenths.is_empty()).then(|| format!("{title}\n{}\n", right_aligned(table, 0..3)))
}
