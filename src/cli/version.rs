//! `regua --version --output json`: what this program is built of, for an inventory or a report of a fault.

use clap::Parser;
use serde::Serialize;

use super::{Format, say};
use crate::io::log::FORMAT_VERSION;

/// `--version` ends the parsing of all other arguments, so that these are read once more.
#[derive(Debug, Parser)]
#[command(disable_version_flag = true)]
struct Asked {
    #[arg(short = 'V', long)]
    version: bool,
    #[arg(long, value_enum)]
    output: Format,
}

#[derive(Debug, Serialize)]
struct Version {
    name: &'static str,
    version: &'static str,
    /// Optional parts that this build has.
    features: Vec<&'static str>,
    engine: Engine,
    /// `format_version` of the records that it writes and reads.
    log_format_version: u32,
    target: &'static str,
}

/// The crates whose versions decide how files are read and written; packaging/build.rs finds them in Cargo.lock.
#[derive(Debug, Serialize)]
struct Engine {
    arrow: &'static str,
    datafusion: &'static str,
    object_store: &'static str,
    parquet: &'static str,
}

const ENGINE: Engine = Engine {
    arrow: env!("REGUA_ARROW"),
    datafusion: env!("REGUA_DATAFUSION"),
    object_store: env!("REGUA_OBJECT_STORE"),
    parquet: env!("REGUA_PARQUET"),
};

/// Prints the version as one JSON line, if that is all that was asked.
pub(super) fn say_as_json() -> bool {
    let is_asked = Asked::try_parse().is_ok_and(|asked| asked.version && asked.output == Format::Json);
    if is_asked {
        say(&serde_json::to_string(&version()).expect("texts and a number"));
    }
    is_asked
}

fn version() -> Version {
    Version {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        features: env!("REGUA_FEATURES").split_whitespace().collect(),
        engine: ENGINE,
        log_format_version: FORMAT_VERSION,
        target: env!("REGUA_TARGET"),
    }
}
