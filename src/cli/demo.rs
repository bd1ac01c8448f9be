//! `regua demo`: a sample portfolio and one run over it, by the same code as any other run.

use std::path::{Path, PathBuf};

use chrono::{Datelike, NaiveDate};
use clap::Args;
use include_dir::Dir;

use super::show::{self, Bars};
use super::{Voice, date, run, runtime, say};
use crate::config::Plan;
use crate::config::shipped::PIPELINES;
use crate::demo::{self, DemoError};
use crate::error::{Error, Result};
use crate::runtime::progress::{Progress, Silent};

/// A second policy, to simulate the daily one against: two steps of its régua come some days later.
const GENTLER: &str = "pipelines/gentler.toml";
const GENTLER_REGUA: &str = "pipelines/reguas/gentler.toml";
/// What is otherwise in it. Steps keep their ids: a message that was sent counts under both policies.
const GENTLER_PIPELINE: [(&str, &str); 1] = [("reguas/b2b.toml", "reguas/gentler.toml")];
const GENTLER_STEPS: [(&str, &str); 2] = [
    ("trigger = { days_past_due = 5 }", "trigger = { days_past_due = 8 }"),
    ("trigger = { days_past_due = 15 }", "trigger = { days_past_due = 21 }"),
];

/// Years that a sample portfolio can be of.
const YEARS: std::ops::RangeInclusive<i32> = 1980..=2180;

/// Makes a seeded Brazilian sample portfolio and runs the daily pipeline on it
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua demo
  regua demo --invoices 1000000 --dir /tmp/big
  regua demo --generate-only --seed 7

It ends with what to try next: the next day, a model of when bills are paid, and a week under two policies. The second one is \
pipelines/gentler.toml, two steps of whose régua come some days later.")]
pub(super) struct Demo {
    /// Folder for the inputs, the pipelines and the output
    #[arg(long, default_value = "demo")]
    dir: PathBuf,
    /// Rows of the invoices snapshot
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    invoices: u64,
    /// The same seed gives the same portfolio
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Date of the position
    #[arg(long, default_value = "2026-06-30", value_parser = date)]
    as_of: NaiveDate,
    /// Positions of earlier month ends to publish behind it, so that there is something to compare with
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(0..=60))]
    months: u32,
    /// Stop after the inputs
    #[arg(long)]
    generate_only: bool,
}

impl Demo {
    pub(super) fn execute(self, voice: Voice) -> Result<()> {
        // It reaches some years back and ahead: a due date before 1970 is none, and no input takes one after 2199.
        if !YEARS.contains(&self.as_of.year()) {
            let (from, to) = (YEARS.start(), YEARS.end());
            let why = format!("the sample portfolio can be made for {from} to {to}; choose such a date");
            return Err(Error::Argument { given: format!("--as-of {}", self.as_of), why });
        }
        self.claim_folder()?;
        let bars = Bars::new(voice);
        bars.begin("generate", self.invoices);
        let portfolio =
            demo::Demo { dir: self.dir.clone(), invoices: self.invoices, seed: self.seed, as_of: self.as_of };
        let mut told = 0;
        let made = portfolio.write(&mut |done| {
            bars.advance(done.saturating_sub(told));
            told = done;
        });
        bars.finish();
        let summary = made.map_err(|e| match e {
            DemoError::CreateFolder { path, source } | DemoError::CreateFile { path, source } => {
                unwritable(&path, source)
            }
            other => Error::Demo(Box::new(other)),
        })?;
        write_companions(&PIPELINES, &self.dir.join("pipelines"))?;
        self.write_gentler()?;
        if !voice.json {
            say(&show::portfolio(voice, &summary));
        }
        if self.generate_only {
            return Ok(());
        }
        let pipeline = self.dir.join("pipelines/daily.toml");
        // The demo's own folders, whatever the environment says about other runs.
        let mut plan = Plan::load(&pipeline, &|_| None)?;
        let ran = run::execute(&mut plan, &run::request(self.as_of), voice, runtime()?.handle())?;
        self.publish_history(&pipeline, voice)?;
        if voice.json {
            say(&run::result_of(&plan, &ran).to_string());
            return Ok(());
        }
        say(&show::summary(voice, &plan, &ran)?);
        say(&show::next_steps(voice, (&pipeline, &self.dir.join(GENTLER)), self.as_of, &plan, &ran)?);
        Ok(())
    }
}

/// A place below --dir that cannot be made.
fn unwritable(path: &Path, why: std::io::Error) -> Error {
    let place = format!("cannot create {}", path.display());
    Error::Unwritable { place, why, remedy: "choose a folder you can write to with --dir" }
}

impl Demo {
    /// Marks the folder with what is made in it. What somebody else made there, or another `regua demo`, is not overwritten.
    fn claim_folder(&self) -> Result<()> {
        let Demo { dir, invoices, seed, as_of, .. } = self;
        let (mark, input) = (dir.join("demo.txt"), dir.join("input"));
        let asked = format!("--invoices {invoices} --seed {seed} --as-of {as_of}\n");
        let is_used = std::fs::read_dir(&input).is_ok_and(|mut entries| entries.next().is_some());
        if is_used && std::fs::read_to_string(&mark).ok().as_ref() != Some(&asked) {
            let remedy = format!("holds another portfolio; name another --dir, or remove {}", dir.display());
            return Err(Error::Exists { path: input, remedy });
        }
        std::fs::create_dir_all(dir).map_err(|why| unwritable(dir, why))?;
        std::fs::write(&mark, asked).map_err(|why| unwritable(&mark, why))
    }

    /// Writes the second policy.
    fn write_gentler(&self) -> Result<()> {
        self.write_changed("pipelines/daily.toml", GENTLER, &GENTLER_PIPELINE)?;
        self.write_changed("pipelines/reguas/b2b.toml", GENTLER_REGUA, &GENTLER_STEPS)
    }

    /// Copies a file of the folder with some texts replaced; what the user has there already is kept.
    fn write_changed(&self, from: &str, to: &str, changes: &[(&str, &str)]) -> Result<()> {
        let (from, to) = (self.dir.join(from), self.dir.join(to));
        if to.exists() {
            return Ok(());
        }
        let text = std::fs::read_to_string(&from).map_err(Error::file(&from))?;
        let text = changes.iter().fold(text, |text, (ours, theirs)| text.replace(ours, theirs));
        std::fs::write(&to, text).map_err(Error::file(&to))
    }

    /// Of a date before the newest only the position and its KPI tables are published: nobody is written to.
    fn publish_history(&self, pipeline: &Path, voice: Voice) -> Result<()> {
        if self.months == 0 {
            return Ok(());
        }
        let runtime = runtime()?;
        let bars = Bars::new(voice);
        bars.begin("history", self.months.into());
        for as_of in month_ends(self.as_of).take(self.months as usize) {
            // The rates and holidays of one date are not those of another.
            let mut plan = Plan::load(pipeline, &|_| None)?;
            crate::run::run(&mut plan, &run::request(as_of), runtime.handle(), &Silent)?;
            bars.advance(1);
        }
        bars.finish();
        Ok(())
    }
}

/// The last days of the months before that of a date, the newest first.
fn month_ends(date: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let before = |day: &NaiveDate| day.with_day(1)?.pred_opt();
    std::iter::successors(before(&date), before)
}

/// Writes the shipped pipelines and what they name; what the user has there already is kept.
pub(super) fn write_companions(dir: &Dir<'static>, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).map_err(Error::file(to))?;
    for file in dir.files() {
        let path = to.join(file.path().file_name().unwrap_or_default());
        if !path.exists() {
            std::fs::write(&path, file.contents()).map_err(Error::file(&path))?;
        }
    }
    for folder in dir.dirs() {
        write_companions(folder, &to.join(folder.path().file_name().unwrap_or_default()))?;
    }
    Ok(())
}
