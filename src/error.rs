//! What can go wrong, told apart as a caller needs it: one variant for each decision that it can take, each with its
//! exit code.
//!
//! Every message names the object and ends with the remedy. Raw engine errors are not shown: they can hold values of
//! cells, and cells hold personal data.

mod damage;
mod delta;

use std::fmt;
use std::path::PathBuf;

use arrow::error::ArrowError;
use chrono::NaiveDate;

use crate::domain::message::MessageError;

pub use damage::{Damage, Unreadable};
pub use delta::DeltaFault;

/// What every fallible function of the library returns.
pub type Result<T> = std::result::Result<T, Error>;

/// One error in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// As it was named, or found in a folder that was.
    pub file: PathBuf,
    /// From 1; 0 where the whole file is meant.
    pub line: usize,
    /// What is wrong there, and how to correct it.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file.display(), self.message),
            line => write!(f, "{}:{line}: {}", self.file.display(), self.message),
        }
    }
}

/// A list that prints one entry a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines<T>(pub Vec<T>);

impl<T: fmt::Display> fmt::Display for Lines<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, entry) in self.0.iter().enumerate() {
            let gap = if position == 0 { "" } else { "\n" };
            write!(f, "{gap}{entry}")?;
        }
        Ok(())
    }
}

/// An audit that did not hold: what was expected, what is, and by how much they differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The check's name, as `sql/50_audits` or src/stage/audit.rs has it.
    pub audit: String,
    /// What was compared: a currency, a table, a key.
    pub subject: String,
    /// What should be there, by another way of working it out.
    pub expected: String,
    /// What is there.
    pub actual: String,
    /// Actual less expected.
    pub difference: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { audit, subject, expected, actual, difference } = self;
        write!(f, "audit {audit} ({subject}): expected {expected}, actual {actual}, difference {difference}")
    }
}

/// What ends a command. One variant for each decision that a caller can take, such as to retry, to correct the
/// configuration or to restore a backup; `exit_code` groups them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An argument of the command line that cannot be followed.
    #[error("{given}: {why}")]
    Argument {
        /// As it was written.
        given: String,
        /// What is wrong with it, and what to write instead.
        why: String,
    },
    /// A name that stands for nothing: of a template, a table, a company, a record.
    #[error("{what}")]
    Unknown {
        /// The name and what it should be a name of, with the nearest that there is or where to find them all.
        what: String,
    },
    /// There is no decision about a debtor, or no message to it, to be shown.
    #[error("{why}")]
    NothingToShow {
        /// Of whom and of which date nothing was found, and why that may be.
        why: String,
    },
    /// A file that a flag names, or a folder to work in, cannot be written.
    #[error("{place}: {why}; {remedy}")]
    Unwritable {
        /// The flag, if any, and the path.
        place: String,
        /// What the operating system says.
        why: std::io::Error,
        /// What to name instead.
        remedy: &'static str,
    },
    /// A path or URL of the pipeline or the command line under which no store can be opened.
    #[error("{location}: {why}")]
    Location {
        /// As it was written.
        location: String,
        /// What is wrong with it, in a few words.
        why: String,
    },
    /// Credentials in a URL end up in logs and records, so the URL is not repeated here.
    #[error("a URL with credentials is refused: they come from the environment or the workload's identity")]
    LocationCredentials,
    /// Two tenants would publish the same actions under different ids.
    #[error(
        "{output} belongs to tenant {published:?}, but the pipeline says {configured:?}; use another [output].path, or \
         restore the tenant's name"
    )]
    OtherTenant {
        /// URL of the store that both want.
        output: String,
        /// The tenant named in the records there.
        published: String,
        /// `tenant` of this pipeline.
        configured: String,
    },
    /// `--revise` for a date that has no record in the log.
    #[error("{as_of} is not published: there is nothing to revise; leave --revise out")]
    NothingToRevise {
        /// The date that was asked for.
        as_of: NaiveDate,
    },
    /// A command that reads what was published found an empty log, or none of the date.
    #[error("{output}: {} is published there; correct the path, or publish with `regua run`", run_of(.as_of))]
    NothingPublished {
        /// Path or URL of the store.
        output: String,
        /// The date that was asked for, where one was.
        as_of: Option<NaiveDate>,
    },
    /// Nothing that a person may have made is written over unasked.
    #[error("{path} {remedy}")]
    Exists {
        /// The file or folder that is there.
        path: PathBuf,
        /// What it is, and how to go on without losing it.
        remedy: String,
    },
    /// Nothing that could be an export.
    #[error("{place}: no Parquet file is there; name the folder or the files of your export")]
    NoExports {
        /// File, folder or URL, as it was named.
        place: String,
    },
    /// Everything that is wrong with the pipeline and the files that it names, in order of file and line.
    #[error("{0}")]
    Configuration(Lines<Fault>),
    /// An SQL model that cannot be loaded, planned or run.
    #[error("model {model}: {what}")]
    Model {
        /// Its stem, such as `stg_invoices`, or its path below the folder of models.
        model: String,
        /// The engine's words about columns and tables; never the value of a cell.
        what: String,
    },
    /// Snapshots that are not what the contract asks for.
    #[error("{0}")]
    Contract(Lines<String>),
    /// Files of which none is an input that a run needs, and why.
    #[error("none of these files holds invoices, payments or debtors, and nothing was written\n{0}")]
    NoneRecognised(Lines<String>),
    /// The results contradict the inputs or each other; every check that failed, not only the first.
    #[error("nothing was published: an audit failed\n{0}")]
    Audit(Lines<Finding>),
    /// Something that only a person can accept: far more actions than usual, an input that shrank, a position that
    /// moved. One clause for each.
    #[error(
        "nothing was published: {}. `regua plan` shows what would go out; if it is right, run again with \
         --accept-volume \"why\"",
        .0.join("; ")
    )]
    Surge(Vec<String>),
    /// What a training would learn from looks incomplete, and only a person can say that it is not. One clause for each.
    #[error("no model was trained: {}. If it is right, train again with --accept-volume \"why\"", .0.join("; "))]
    Incomplete(Vec<String>),
    /// A template that passed `regua check` cannot be rendered with the values of an action.
    #[error("a message could not be made: {0}")]
    Message(#[source] MessageError),
    /// The date was published from inputs or a configuration with another digest.
    #[error(
        "{as_of} is already published from other inputs or another configuration ({record}, run {run_id}; what differs: {}); \
         nothing was published. If the published run was right, do nothing. If not, publish the difference with --revise \
         --reason \"why\"",
        .differs.join(", ")
    )]
    Conflict {
        /// The date of the run.
        as_of: NaiveDate,
        /// URL of the commit record that stands.
        record: String,
        /// Of the run that published it.
        run_id: String,
        /// Inputs, and the configuration.
        differs: Vec<String>,
    },
    /// A later date has figures, and no date from this one on has decided: a run decides on no earlier date than the newest.
    #[error(
        "{later} is published with --kpi-only ({record}), and a run writes to nobody for a date before the newest, so this run \
         published nothing. For the figures of {as_of} add --kpi-only; to write to debtors run {later} with --revise --reason \
         \"why\" when its exports are there, or a date after it"
    )]
    Overtaken {
        /// The date of the run.
        as_of: NaiveDate,
        /// The newest date that is published.
        later: NaiveDate,
        /// URL of its commit record.
        record: String,
    },
    /// The record of the date decided nothing, and this run would.
    #[error(
        "{as_of} is published with --kpi-only ({record}), so it has figures but no actions; this run published nothing. \
         To publish its actions use --revise --reason \"why\"; otherwise go on with the next date"
    )]
    Undecided {
        /// The date of the run.
        as_of: NaiveDate,
        /// URL of the commit record that stands.
        record: String,
    },
    /// What a plan says where the run would end with this error.
    #[error("`regua run` would be refused: {0}")]
    WouldRefuse(#[source] Box<Error>),
    /// Inputs that are not there yet or are too old, one a line.
    #[error("{0}")]
    InputsMissing(Lines<String>),
    /// An input object was replaced, or lost, between the pinning and the last look at it.
    #[error("{object} changed while it was read; run again when the export has finished")]
    Moved {
        /// URL of the input object.
        object: String,
    },
    /// A date is trained once: the runs that used its model must stay the same runs.
    #[error(
        "a model of {as_of} learnt from other inputs, or by another configuration, stands there already ({object}), and runs may have used it; nothing was \
         written. Train on a later date"
    )]
    ModelStands {
        /// The date of both.
        as_of: NaiveDate,
        /// URL of the model that stands.
        object: String,
    },
    /// The pipeline asks for a model that nobody has trained, or one that is not older than the run.
    #[error(
        "[model].use = \"{named}\", but {}; name one of: newest, none{}",
        if *.is_late {
            "a run uses only models trained before its date"
        } else {
            "no model of that date is in the output: train it with `regua train`"
        },
        .dates.iter().map(|date| format!(", {date}")).collect::<String>()
    )]
    NoModel {
        /// As the pipeline has it.
        named: NaiveDate,
        /// It is there, but not before the date of the run.
        is_late: bool,
        /// Those that there are.
        dates: Vec<NaiveDate>,
    },
    /// Somebody has put an object below `_control/` to stop every run.
    #[error(
        "{object} stops all publication: nothing was published or copied. Remove it once the reason is gone, then run \
         the same command again"
    )]
    Halted {
        /// URL of the object that halts it.
        object: String,
    },
    /// Another run appended a record between the reading of the log and the commit.
    #[error("the log moved on to {head} while this run was under way; run again")]
    HeadMoved {
        /// Key of the newest record that came between, such as `_log/00000000000000000042.json`.
        head: String,
    },
    /// The store cannot be reached, refuses the credentials, or answers with an error that may pass.
    #[error("{object}: {}", unavailable(.object, .what))]
    Unavailable {
        /// URL of what was asked for: an object, a folder or the store.
        object: String,
        /// The kind of failure in a few words, not the long text of the store.
        what: String,
    },
    /// The store let a conditional create overwrite an object, so its log could lose a record.
    #[error(
        "{output}: this store ignores conditional writes, so two runs could both publish; use one that honours If-None-Match"
    )]
    StoreRefused {
        /// URL of the store.
        output: String,
    },
    /// A file that this run wrote has another size or SHA-256 when it is read back, or is gone.
    #[error("{object}: what was read back is not what was written ({what}); nothing was published, run again")]
    Torn {
        /// URL of the file.
        object: String,
        /// How it differs.
        what: String,
    },
    /// The record stands; only copies of what it names are missing.
    #[error("it is published as record {seq}, but some of its copies are missing ({why}); run again to complete them")]
    Unfinished {
        /// Number of the record, from 1.
        seq: u64,
        /// What stopped the copying.
        why: Box<Error>,
    },
    /// A file or folder on this machine could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// On this machine.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A snapshot that no reader of Parquet could use.
    #[error("{object}: {why}; export it again")]
    InputUnreadable {
        /// URL of the object, or the table whose snapshot it is.
        object: String,
        /// Its class; never the value of a cell.
        why: Unreadable,
    },
    /// A file or record that an earlier run published is not what it was.
    #[error("{object}: {damage}")]
    PublishedDamaged {
        /// URL of the file or record.
        object: String,
        /// What is wrong with it, and the remedy.
        damage: Damage,
    },
    /// A Delta table cannot take what is published, now or ever.
    #[error("{table}: {fault}")]
    DeltaTable {
        /// URL of its folder.
        table: String,
        /// Why, and the remedy.
        fault: DeltaFault,
    },
    /// Arrow could not get the memory for a batch.
    #[error("{object} does not fit into memory; raise limits.memory_mb_max or lower limits.shard_rows_max")]
    OutOfMemory {
        /// What was being worked on: a table, a model or a shard.
        object: String,
    },
    /// The folder in which this run works, not the store.
    #[error("{object}: the scratch disk failed ({what}); free or check limits.scratch_dir, and run again")]
    Scratch {
        /// What was being written or read back.
        object: String,
        /// The kind of failure.
        what: String,
    },
    /// Rows or columns that regua itself made do not fit together.
    #[error("{object}: {what}. This is a fault of regua: please report this line with the output of `regua --version`")]
    Internal {
        /// What was being worked on.
        object: String,
        /// What does not fit, without any value of a cell.
        what: String,
    },
    /// What is published does not hold what the log says.
    #[error("{0}")]
    Unsound(Lines<String>),
    /// `regua demo` could not write its files.
    #[error("the sample portfolio: {0}")]
    Demo(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Only where the caller asks to be told so.
    #[error("{as_of} is already published from the same inputs and configuration: there is nothing to do")]
    Unchanged {
        /// The date that was asked for.
        as_of: NaiveDate,
    },
    /// SIGINT or SIGTERM arrived before the record was written.
    #[error("interrupted: nothing was published")]
    Interrupted {
        /// Its number; the exit code is 128 plus this.
        signal: i32,
    },
}

fn run_of(as_of: &Option<NaiveDate>) -> String {
    as_of.map_or("nothing".to_owned(), |date| format!("no run for {date}"))
}

/// A folder of this machine needs another remedy than a store behind an address.
fn unavailable(object: &str, what: &str) -> String {
    let is_local = object.starts_with("file://") || !object.contains("://");
    match is_local {
        true => format!(
            "cannot read or write there ({what}); correct the path, its permissions or the space, and run again"
        ),
        false => format!("the store is not available ({what}); check the address and the credentials, and run again"),
    }
}

impl Error {
    /// Of a Delta table that cannot follow a record which stands: it is published, whatever becomes of the copy.
    pub fn after(self, seq: u64) -> Error {
        match self {
            Error::DeltaTable { .. } => Error::Unfinished { seq, why: Box::new(self) },
            other => other,
        }
    }

    /// The exit code that a scheduler decides by; docs/operations.md says what to do about each.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Argument { .. } | Error::Unknown { .. } | Error::NothingToShow { .. } => 2,
            Error::Unwritable { .. } | Error::Configuration(_) | Error::Model { .. } => 2,
            Error::Location { .. } | Error::LocationCredentials | Error::OtherTenant { .. } => 2,
            Error::NothingToRevise { .. } | Error::NothingPublished { .. } => 2,
            Error::Exists { .. } | Error::NoExports { .. } | Error::DeltaTable { .. } => 2,
            Error::NoneRecognised(_) => 3,
            Error::Contract(_) | Error::Audit(_) | Error::Message(_) | Error::Surge(_) | Error::Incomplete(_) => 3,
            Error::InputUnreadable { .. } | Error::PublishedDamaged { .. } | Error::Unsound(_) => 3,
            Error::Conflict { .. } | Error::Undecided { .. } | Error::Overtaken { .. } => 4,
            Error::ModelStands { .. } => 4,
            Error::NoModel { .. } => 2,
            Error::WouldRefuse(error) => error.exit_code(),
            Error::InputsMissing(_) | Error::Moved { .. } | Error::HeadMoved { .. } | Error::Unavailable { .. } => 75,
            Error::StoreRefused { .. } | Error::OutOfMemory { .. } => 2,
            Error::Unchanged { .. } => 99,
            Error::Halted { .. } | Error::Unfinished { .. } => 75,
            Error::Torn { .. } | Error::File { .. } | Error::Demo(_) => 1,
            Error::Scratch { .. } | Error::Internal { .. } => 1,
            Error::Interrupted { signal } => 128 + *signal as u8,
        }
    }

    /// What went wrong with columns in memory, by its class: Arrow's own text quotes values of cells.
    pub fn columns(object: impl Into<String>, error: &ArrowError) -> Error {
        let object = object.into();
        let what = match error {
            ArrowError::MemoryError(_) => return Error::OutOfMemory { object },
            ArrowError::IoError(_, source) => {
                return Error::Scratch { object, what: source.kind().to_string() };
            }
            ArrowError::IpcError(_) => return Error::Scratch { object, what: "a file is damaged".into() },
            // These name columns and types alone.
            ArrowError::SchemaError(what) => what.clone(),
            ArrowError::CastError(_) | ArrowError::ParseError(_) => {
                "a value does not fit the type of its column".into()
            }
            ArrowError::ArithmeticOverflow(_) | ArrowError::DivideByZero => "a sum does not fit its type".into(),
            ArrowError::InvalidArgumentError(_) => "a column has an unexpected type, or a value does not fit it".into(),
            _ => "its columns cannot be processed".into(),
        };
        Error::Internal { object, what }
    }

    /// For `map_err`: an error of the file system, with the path that it does not know.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::File { path, source }
    }
}
