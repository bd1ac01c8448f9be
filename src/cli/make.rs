//! `regua completions` and `regua man`: what packagers install beside the binary.

use std::io::Write;

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

/// Prints the manual page
#[derive(Debug, Args)]
#[command(after_help = "Example:
  regua man > regua.1")]
pub(super) struct Man {}

impl Man {
    pub(super) fn execute(self) -> Result<()> {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page).map_err(Error::file("manual page"))?;
        std::io::stdout().write_all(&page).map_err(Error::file("stdout"))
    }
}
