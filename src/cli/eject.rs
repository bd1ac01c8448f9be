//! `regua eject`: copies a shipped file (a model, a template) to where the user can change it.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{Voice, say};
use crate::config::document::unknown;
use crate::config::shipped;
use crate::error::{Error, Result};

/// Copies a shipped message, block or SQL model to where you can change it
///
/// A file in the folder `templates` of a pipeline takes the place of the shipped one, and a file in its `sql_dir` that of
/// the model of the same path. Without a path it lists what there is.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua eject                                     what there is
  regua eject templates/pt-BR/_blocks/closing.j2
  regua eject sql/40_kpis/kpi_aging.sql           (with sql_dir = \"sql\" in the pipeline)")]
pub(super) struct Eject {
    /// Such as templates/pt-BR/_blocks/closing.j2
    path: Option<String>,
    /// Folder of the pipeline, below which it is written
    #[arg(long, default_value = "pipelines")]
    into: PathBuf,
}

impl Eject {
    pub(super) fn execute(self, voice: Voice) -> Result<()> {
        let Some(path) = &self.path else {
            let paths: Vec<String> = shipped::replaceable().map(|(path, _)| path).collect();
            say(&if voice.json { json!({"files": paths}).to_string() } else { paths.join("\n") });
            return Ok(());
        };
        let (path, text) = found(path)?;
        let to = self.into.join(&path);
        if to.exists() {
            let remedy = "is there already: change it, or remove it to have the shipped one".to_owned();
            return Err(Error::Exists { path: to, remedy });
        }
        let folder = to.parent().unwrap_or(&self.into);
        std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
        std::fs::write(&to, text).map_err(Error::file(&to))?;
        say(&if voice.json {
            json!({"path": path, "written": to}).to_string()
        } else {
            format!("wrote {}", to.display())
        });
        Ok(())
    }
}

/// The file of that path; as it stands below `pipelines/` it is known too.
fn found(path: &str) -> Result<(String, String)> {
    let plain = path.trim_start_matches("./").trim_start_matches("pipelines/");
    let all: Vec<(String, String)> = shipped::replaceable().collect();
    let nearest = unknown("file", plain, all.iter().map(|(path, _)| path.as_str()));
    let what = if nearest.contains("did you mean") {
        nearest
    } else {
        format!("{plain} is not shipped with regua; `regua eject` lists what is")
    };
    all.into_iter().find(|(path, _)| path == plain).ok_or(Error::Unknown { what })
}
