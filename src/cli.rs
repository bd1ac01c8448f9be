//! The commands: the clap types, one file per command, and what a person or a scheduler sees of them.
//!
//! On a terminal that is text and bars, elsewhere JSON lines on stderr. The result is the last line of stdout; the exit
//! code says what to do next.

mod check;
mod demo;
mod diff;
mod eject;
mod experiment;
mod explain;
mod gc;
mod init;
mod inputs;
mod log;
mod make;
mod observe;
mod plan;
mod report;
mod run;
mod schema;
mod show;
mod simulate;
#[cfg(feature = "otlp")]
mod spans;
mod template;
mod train;
mod version;

use std::fs::File;
use std::io::{ErrorKind, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use chrono::NaiveDate;
use clap::error::ErrorKind::DisplayVersion;
use clap::{Args, Parser, Subcommand, ValueEnum};
use tempfile::NamedTempFile;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::error::{Error, Result};
use crate::io::log::{FOLDERS, Log, key_of};
use crate::io::store::Store;
use crate::runtime::panics;

/// Batch dunning for B2B receivables: reads Parquet snapshots, decides one action or one named reason for every
/// account, publishes batches for gateways and KPI tables for BI, atomically.
#[derive(Debug, Parser)]
#[command(name = "regua", version, max_term_width = 110, after_help = EXAMPLES, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// How results and progress are written; text on a terminal, JSON lines elsewhere
    #[arg(long, global = true, value_enum)]
    output: Option<Format>,
}

const EXAMPLES: &str = "\
Examples:
  regua demo                                      sample portfolio in ./demo, and one run over it
  regua init exports                              a first pipeline for your own Parquet files
  regua check pipelines/daily.toml                is the configuration right?
  regua inputs pipelines/daily.toml --as-of 2026-06-30   are the inputs there?
  regua plan pipelines/daily.toml --as-of 2026-06-30     what would a run send?
  regua run pipelines/daily.toml --as-of 2026-06-30
  regua train pipelines/daily.toml --as-of 2026-06-28    when are bills paid? learnt from their history
  regua explain D00001020 --from demo/output       why is this debtor contacted, or not?
  regua report demo/output                        what is owed, on one page for a browser
  regua diff demo/output@2026-06-29 @2026-06-30   what changed between two published runs?
  regua experiment report demo/output             which arm collects more, and does it harm anybody?
  regua simulate pipelines/daily.toml --from 2026-01-01 --to 2026-06-30   what would this policy have done?
  regua log demo/output --verify                  is everything that was published still whole?
  regua template preview overdue_first --sample   what does this message look like?

Exit codes:
  0         published, planned, or the same run was already published
  1         unexpected; retry once, then look at the message
  2         usage, configuration, or too little memory
  3         contract or audit failed; nothing was published
  4         conflict with what is published
  75        inputs or store not available, or somebody halted it; retry later
  99        nothing to do, with --skip-if-unchanged only
  101       a fault of Régua's own: report it
  128+n     ended by signal n: 130 and 143 interrupted, 137 killed, mostly for want of memory; retry

75 and 143 may also come after publication; the message says so, and the same run again makes what is missing.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Init(init::Init),
    Plan(plan::Plan),
    Run(run::Run),
    Train(train::Train),
    Check(check::Check),
    Inputs(inputs::Inputs),
    Explain(explain::Explain),
    Experiment(experiment::Experiment),
    Log(log::Log),
    Report(report::Report),
    Diff(diff::Diff),
    Simulate(simulate::Simulate),
    Gc(gc::Gc),
    Template(template::Template),
    Eject(eject::Eject),
    Schema(schema::Schema),
    Completions(make::Completions),
    Man(make::Man),
}

/// The pipeline file, named by most commands.
#[derive(Debug, Args)]
struct PipelineArg {
    /// Pipeline file, such as pipelines/daily.toml
    pipeline: PathBuf,
}

/// How a command speaks.
#[derive(Clone, Copy, Debug)]
struct Voice {
    json: bool,
    /// Bars, where stderr is a terminal.
    bars: bool,
    colour: bool,
    /// Colour on stderr, which may go elsewhere than stdout.
    colour_err: bool,
}

impl Voice {
    fn of(format: Option<Format>) -> Voice {
        let terminal = std::io::stdout().is_terminal();
        let json = format.map_or(!terminal, |f| f == Format::Json);
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        let bars = !json && std::io::stderr().is_terminal();
        Voice { json, bars, colour: terminal && !plain && !json, colour_err: bars && !plain }
    }

    fn bold(&self, text: &str) -> String {
        if self.colour { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            if error.kind() != DisplayVersion || !version::say_as_json() {
                let _ = error.print();
            }
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let voice = Voice::of(cli.output);
    #[cfg(feature = "otlp")]
    let _spans = spans::start(voice);
    #[cfg(not(feature = "otlp"))]
    start_log(voice);
    std::panic::set_hook(Box::new(tell_panic));
    let done = command(cli.command, voice);
    // A full disk took the answer; what the command did is done.
    let unsaid = || UNSAID.lock().unwrap_or_else(PoisonError::into_inner).take();
    match done.and_then(|()| unsaid().map_or(Ok(()), |why| Err(Error::file("stdout")(why)))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            crate::runtime::signals::let_finish();
            tell_error(voice, &error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn command(command: Command, voice: Voice) -> Result<()> {
    match command {
        Command::Demo(demo) => demo.execute(voice),
        Command::Init(init) => init.execute(voice),
        Command::Plan(plan) => plan.execute(voice),
        Command::Run(run) => run.execute(voice),
        Command::Train(train) => train.execute(voice),
        Command::Check(check) => check.execute(voice),
        Command::Inputs(inputs) => inputs.execute(voice),
        Command::Explain(explain) => explain.execute(voice),
        Command::Experiment(experiment) => experiment.execute(voice),
        Command::Log(log) => log.execute(voice),
        Command::Report(report) => report.execute(voice),
        Command::Diff(diff) => diff.execute(voice),
        Command::Simulate(simulate) => simulate.execute(voice),
        Command::Gc(gc) => gc.execute(voice),
        Command::Eject(eject) => eject.execute(voice),
        Command::Template(template) => template.execute(voice),
        Command::Schema(schema) => schema.execute(),
        Command::Completions(completions) => completions.execute(),
        Command::Man(man) => man.execute(),
    }
}

fn start_log(voice: Voice) {
    // Where stderr cannot be written, a run goes on: its result is in the record.
    let builder = tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false).log_internal_errors(false);
    // A writer that was overtaken is no event for an operator, nor are lines with URLs and paths of a library.
    let is_told =
        filter_fn(|event| !["deltalake", "buoyant"].iter().any(|library| event.target().starts_with(library)));
    if voice.json {
        builder.json().flatten_event(true).finish().with(is_told).init();
    } else {
        builder.without_time().with_level(false).with_ansi(voice.colour_err).finish().with(is_told).init();
    }
}

/// The error in full on stderr; for a machine also its kind and exit code.
fn tell_error(voice: Voice, error: &Error) {
    if voice.json {
        tracing::error!(exit_code = error.exit_code(), "{error}");
    } else {
        let word = if voice.colour_err { "\x1b[1merror\x1b[0m" } else { "error" };
        let _ = writeln!(std::io::stderr(), "{word}: {error}");
    }
}

/// Where regua itself is at fault; never the panic's own words, which may hold a value of a cell.
fn tell_panic(panic: &PanicHookInfo<'_>) {
    if panics::is_contained() {
        return;
    }
    let place = panic.location().map_or("an unknown place".to_owned(), ToString::to_string);
    tracing::error!(
        "regua itself is at fault, at {place}; `regua log` says whether the run was published, and the inputs are as they \
         were: please report this line"
    );
}

/// Why something could not be printed.
static UNSAID: Mutex<Option<std::io::Error>> = Mutex::new(None);

/// Prints to stdout. A closed pipe is the reader's way to say "enough"; any other failure is told at the end, when the work
/// that the text is about is done.
fn say(text: &str) {
    let mut stdout = std::io::stdout();
    let said = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
    if let Err(why) = said.map_err(|why| (why.kind() != ErrorKind::BrokenPipe).then_some(why)) {
        let mut unsaid = UNSAID.lock().unwrap_or_else(PoisonError::into_inner);
        *unsaid = unsaid.take().or(why);
    }
}

/// The working threads of the stores.
fn runtime() -> Result<tokio::runtime::Runtime> {
    let built = tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("store").enable_all().build();
    built.map_err(Error::file("the thread pool"))
}

/// Endings of files that a run reads.
const SOURCES: [&str; 4] = ["parquet", "toml", "sql", "j2"];

/// The file that a flag names. It is opened before the work, so that no old result is taken for one of this run, and
/// nothing fails after it.
fn create(flag: &str, path: Option<&Path>) -> Result<Option<File>> {
    let make = |path: &Path| {
        refuse_needed(flag, path, |_| false)?;
        File::create(path).map_err(|why| unwritable(flag, path, why))
    };
    path.map(make).transpose()
}

/// A slip of the keyboard must not empty an export, the pipeline or what is published. `is_own` = such a file is written
/// anew each time.
fn refuse_needed(flag: &str, path: &Path, is_own: impl FnOnce(&Path) -> bool) -> Result<()> {
    let stands = |what: &str| {
        let (place, why) = (format!("{flag} {}", path.display()), std::io::Error::other(what));
        Err(Error::Unwritable { place, why, remedy: "name a file that is not there yet" })
    };
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let is_source = path.exists() && extension.is_some_and(|own| SOURCES.contains(&own.as_str()));
    match path {
        _ if is_of_an_output(path) => stands("a file of an output stands there, such as a model or a record"),
        _ if is_source && !is_own(path) => stands("an export, a pipeline or a template stands there"),
        _ => Ok(()),
    }
}

fn unwritable(flag: &str, path: &Path, why: std::io::Error) -> Error {
    let place = format!("{flag} {}", path.display());
    Error::Unwritable { place, why, remedy: "name a file that can be written" }
}

/// What is written to one file by two flags is lost, however its path is spelt.
fn distinct(flags: &[(&str, Option<&Path>)]) -> Result<()> {
    let named: Vec<(&str, &Path)> = flags.iter().filter_map(|(flag, path)| Some((*flag, (*path)?))).collect();
    for (at, (flag, path)) in named.iter().enumerate() {
        if let Some((other, _)) = named[..at].iter().find(|(_, other)| resolved(other) == resolved(path)) {
            let given = format!("{flag} {}", path.display());
            return Err(Error::Argument { given, why: format!("{other} names that file too; name another") });
        }
    }
    Ok(())
}

/// The path without links and detours, of a file that need not be there yet.
fn resolved(path: &Path) -> PathBuf {
    let beside = || Some(folder_of(path).canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(beside).unwrap_or_else(|| path.to_owned())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file that takes the place of the one at the path once it is whole; anybody may read it.
fn beside(path: &Path) -> std::io::Result<NamedTempFile> {
    let file = tempfile::Builder::new().prefix(".regua-").tempfile_in(folder_of(path))?;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    Ok(file)
}

/// Does it stand in one of the folders of an output?
fn is_of_an_output(path: &Path) -> bool {
    let Ok(path) = path.canonicalize() else { return false };
    let is_own = |folder: &Path| FOLDERS.iter().any(|own| folder.file_name().is_some_and(|name| name == *own));
    let mut outputs = path.ancestors().skip(1).filter(|folder| is_own(folder)).filter_map(Path::parent);
    outputs.any(|output| output.join(key_of(1)).is_file())
}

/// The environment, for `${VAR}` in configuration.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The log of an output in which something is published.
fn published(output: &Store) -> Result<Log> {
    let log = Log::read(output)?;
    let nothing = || Error::NothingPublished { output: output.url().to_owned(), as_of: None };
    if log.records.is_empty() { Err(nothing()) } else { Ok(log) }
}

/// Why somebody does what is not usual, in words: it goes into the record.
fn reason(text: &str) -> std::result::Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("say why, in words".to_owned()) } else { Ok(text.to_owned()) }
}

/// Reads a date as `--as-of` takes it.
fn date(text: &str) -> std::result::Result<NaiveDate, String> {
    text.parse().map_err(|_| format!("{text:?} is not a date; write an existing day as YYYY-MM-DD, such as 2026-06-30"))
}
