//! `regua eject`: copies a shipped file (a model, a template) to where the user can change it.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{Voice, runtime, say, variable};
use crate::config::document::unknown;
use crate::config::{Plan, shipped};
use crate::error::{Error, Result};
use crate::specification::sample;

/// Copies a shipped message, block or SQL model to where you can change it
///
/// A file in the folder `templates` of a pipeline takes the place of the shipped one, and a file in its `sql_dir` that of
/// the model of the same path. Beside a model comes a `.spec` file: what it makes of given rows, which `regua check`
/// runs. Without a path it lists what there is.
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
        let beside = to.with_extension("spec");
        let specified = match path.ends_with(".sql") && !beside.exists() {
            true => self.specification(&to)?,
            false => None,
        };
        if let Some(specified) = &specified {
            std::fs::write(&beside, specified).map_err(Error::file(&beside))?;
        }
        say(&if voice.json {
            json!({"path": path, "written": to, "specification": specified.map(|_| beside)}).to_string()
        } else {
            let beside = specified.map(|_| format!(", and {}, which `regua check` runs", beside.display()));
            format!("wrote {}{}", to.display(), beside.unwrap_or_default())
        });
        Ok(())
    }

    /// Rows in and rows out of a model as it stands: by the pipeline in the folder, so that they hold there. None where there
    /// is no sound pipeline yet.
    fn specification(&self, model: &Path) -> Result<Option<String>> {
        let Ok(plan) = Plan::load(&self.into.join("daily.toml"), &variable) else { return Ok(None) };
        let name = model.file_stem().unwrap_or_default().to_string_lossy();
        sample(&plan, runtime()?.handle(), &name).map(Some)
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
