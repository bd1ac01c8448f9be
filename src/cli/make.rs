//! `regua completions` and `regua man`: what packagers install beside the binary.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, CommandFactory};

use super::Cli;
use crate::error::{Error, Result};

/// Prints a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "Example:
  regua completions bash > /etc/bash_completion.d/regua")]
pub(super) struct Completions {
    shell: clap_complete::Shell,
}

impl Completions {
    pub(super) fn execute(self) -> Result<()> {
        clap_complete::generate(self.shell, &mut Cli::command(), "regua", &mut std::io::stdout());
        Ok(())
    }
}

/// Prints the manual page, or writes the pages of all commands
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua man > regua.1
  regua man --into /usr/local/share/man/man1")]
pub(super) struct Man {
    /// Folder to write a page for every command to
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
}

impl Man {
    pub(super) fn execute(self) -> Result<()> {
        if let Some(folder) = self.into {
            let pages = || clap_mangen::generate_to(Cli::command(), &folder);
            return std::fs::create_dir_all(&folder).and_then(|()| pages()).map_err(Error::file(&folder));
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page).map_err(Error::file("manual page"))?;
        std::io::stdout().write_all(&page).map_err(Error::file("stdout"))
    }
}
