//! `regua init`: looks at the user's own exports, and writes a first pipeline that reads them.

mod told;

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Voice, demo, runtime, say};
use crate::config::shipped::PIPELINES;
use crate::error::{Error, Result};
use crate::proposal;

/// Folders that the shipped pipeline names.
const COMPANIONS: [&str; 5] = ["calendars", "rates", "reguas", "templates", "words"];

/// Looks at your Parquet files, proposes how to read them, and writes a pipeline
///
/// It reads the footers and up to 10,000 rows of each table, and compares names (Portuguese, English, Spanish, SAP, TOTVS
/// Protheus, Omie), types and contents (CNPJs, dates, ids that match between files). It shows no value of a row. What it
/// cannot tell it leaves as a line that begins with TODO, which `regua check` names.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua init exports                                        writes pipelines/daily.toml
  regua init SE1.parquet SE5.parquet SA1.parquet --file pipelines/protheus.toml
  regua init s3://bucket/exports/2026-06-30 --dry-run       (writes nothing)
  regua init exports --replace --output json

Then: regua check, regua inputs --profile, regua plan. None of them writes to anybody.")]
pub(super) struct Init {
    /// Folders and files of the export, or URLs; files that are parts of one table are read together
    #[arg(required = true)]
    exports: Vec<String>,
    /// Pipeline to write; what it names beside it (réguas, calendars, templates) is written where it is not there
    #[arg(long, default_value = "pipelines/daily.toml")]
    file: PathBuf,
    /// Write it over a pipeline that is there
    #[arg(long)]
    replace: bool,
    /// Write nothing
    #[arg(long)]
    dry_run: bool,
}

impl Init {
    pub(super) fn execute(self, voice: Voice) -> Result<()> {
        if self.file.exists() && !self.replace && !self.dry_run {
            let remedy = "is there already, and stays as it is; name another --file, or write over it with --replace";
            return Err(Error::Exists { path: self.file, remedy: remedy.to_owned() });
        }
        let runtime = runtime()?;
        let proposal = proposal::propose(&self.exports, runtime.handle())?;
        let folder = self.file.parent().unwrap_or(Path::new(""));
        let shipped = PIPELINES.get_file("daily.toml").and_then(|file| file.contents_utf8()).unwrap_or_default();
        let text = proposal::pipeline(&proposal, shipped, folder);
        if !self.dry_run {
            std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
            std::fs::write(&self.file, &text).map_err(Error::file(&self.file))?;
            for named in PIPELINES.dirs().filter(|dir| COMPANIONS.iter().any(|name| dir.path() == Path::new(name))) {
                demo::write_companions(named, &folder.join(named.path()))?;
            }
        }
        let told =
            told::Told { proposal: &proposal, file: &self.file, pipeline: self.dry_run.then_some(text.as_str()) };
        say(&if voice.json { told.as_json().to_string() } else { told.text(voice) });
        Ok(())
    }
}
