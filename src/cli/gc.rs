//! `regua gc`: deletes orphans, the files of attempts that were never published.

use clap::Args;
use serde_json::json;

use super::show::Bars;
use super::{Voice, published, run, runtime, say};
use crate::error::Result;
use crate::io::store::Store;
use crate::maintenance::gc::{Orphan, delete, orphans};

/// Deletes orphans: files of attempts that were never published; lists them unless --delete
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua gc demo/output                    list orphans
  regua gc demo/output --delete           delete them
  regua gc demo/output --older-than 30 --delete

Only folders below runs/ that no record of the log names, probes, and what is left of local writes that were cut short \
are ever deleted. Age is by the store's clock. In a bucket, a lifecycle rule ends uploads that were cut short.")]
pub(super) struct Gc {
    /// Output folder or URL of the pipeline
    output_folder: String,
    /// Minimum age in days (1 or more); keep it longer than your longest run
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    older_than: u32,
    /// Delete what is listed
    #[arg(long)]
    delete: bool,
}

impl Gc {
    pub(super) fn execute(self, voice: Voice) -> Result<()> {
        let runtime = runtime()?;
        let output = Store::open(&self.output_folder, runtime.handle())?;
        published(&output)?;
        let found = orphans(&output, self.older_than, &run::nonce())?;
        if self.delete {
            let bars = Bars::new(voice);
            let deleted = delete(&output, &found, &bars);
            bars.finish();
            deleted?;
        }
        let (objects, bytes) = found.iter().fold((0, 0), |(n, b), l| (n + l.keys.len(), b + l.bytes));
        if voice.json {
            let folders: Vec<&str> = found.iter().map(|l| l.folder.as_str()).collect();
            let outcome = if self.delete { "deleted" } else { "listed" };
            say(&json!({"outcome": outcome, "folders": folders, "objects": objects, "bytes": bytes}).to_string());
        } else {
            say(&self.text(&found, objects, bytes));
        }
        Ok(())
    }

    fn text(&self, found: &[Orphan], objects: usize, bytes: u64) -> String {
        if found.is_empty() {
            return format!("nothing is left over that is older than {} days", self.older_than);
        }
        let line = |l: &Orphan| {
            format!("{}   {} objects, last written {}", l.folder, l.keys.len(), l.modified.format("%F %R UTC"))
        };
        let lines: Vec<String> = found.iter().map(line).collect();
        let what = if self.delete { "deleted" } else { "could be deleted with --delete" };
        format!("{}\n{objects} objects ({:.1} MB) {what}", lines.join("\n"), bytes as f64 / 1e6)
    }
}
