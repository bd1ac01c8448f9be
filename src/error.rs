//! What can go wrong, as the caller must tell it apart: one variant for each decision, each with its exit code.
//!
//! Every message names the object and ends with the remedy. Raw engine errors are not shown: they can hold values
//! of cells, and cells hold personal data.

use std::fmt;
use std::path::PathBuf;

use arrow::error::ArrowError;
use chrono::NaiveDate;

use crate::domain::message::MessageError;

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

/// Why an object cannot be read as a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("the file is cut short")]
    CutShort,
    #[error("it uses a Parquet feature that this reader lacks")]
    UnknownFeature,
    #[error("it is no Parquet file, or it is damaged")]
    NotParquet,
    /// More rows than so many bytes can hold: a forged footer would fill the memory.
    #[error("it claims {rows} rows in {bytes} bytes")]
    TooManyRows { rows: u64, bytes: u64 },
    /// A column whose type the contract allows and whose values it does not, such as a dictionary of lists.
    #[error("column {column:?} of {found} cannot be read as {expected}")]
    ColumnType { column: String, found: String, expected: String },
    #[error("a dictionary of {values} cannot be read")]
    Dictionary { values: String },
}

/// What is wrong with an object that an earlier run published, and the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    #[error("a published file is gone; restore it from a backup")]
    Gone,
    #[error("a published file was changed; restore it from a backup")]
    Changed,
    #[error("{0}; restore it from a backup")]
    Unreadable(Unreadable),
    #[error("column {column} is missing; restore the file from a backup")]
    ColumnMissing { column: String },
    #[error("an action_id is not 32 hexadecimal digits; restore the file from a backup")]
    ActionId,
    #[error("it is not a commit record; restore it from a backup, or remove it if somebody put it there")]
    NotARecord,
    #[error("it is listed, but not there; restore it from a backup")]
    RecordGone,
    #[error("it holds another record; restore it from a backup")]
    OtherRecord,
    #[error("a record before it is missing; restore that one from a backup")]
    RecordMissing,
    #[error("it has a format version that this program does not know; update regua")]
    UnknownVersion,
    #[error("the chain is broken: the record before it was changed; restore that one from a backup")]
    ChainBroken,
    #[error("it was removed or changed after it was read; restore it from a backup")]
    ChangedSinceRead,
    /// Copies of messages or tables stand there, and no record that made them.
    #[error(
        "{what}: restore _log from a backup, or debtors may be written to again; if none of those messages was ever sent, \
         delete what those runs left in outbox/ and kpi/"
    )]
    LogLost { what: String },
}

/// What ends a command. One variant for each decision that a caller can take, such as to retry, to correct the
/// configuration or to restore a backup; `exit_code` groups them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An argument of the command line that cannot be followed.
    #[error("{0}")]
    Usage(String),
    /// A path or URL of the pipeline or the command line under which no store can be opened.
    #[error("{location}: {why}")]
    Location { location: String, why: String },
    /// Credentials in a URL end up in logs and records, so the URL is not repeated here.
    #[error("a URL with credentials is refused: they come from the environment or the workload's identity")]
    LocationCredentials,
    /// Two tenants would publish the same actions under different ids.
    #[error(
        "{output} is the output of the tenant {published:?}, and the pipeline says {configured:?}: give it an output of \
         its own, or the tenant its name back"
    )]
    OtherTenant { output: String, published: String, configured: String },
    #[error("{as_of} is not published: there is nothing to revise; leave --revise out")]
    NothingToRevise { as_of: NaiveDate },
    #[error("{output}: nothing is published there; is the path right?")]
    NothingPublished { output: String },
    #[error("{0}")]
    Configuration(Lines<Fault>),
    /// An SQL model that cannot be loaded, planned or run.
    #[error("model {model}: {what}")]
    Model { model: String, what: String },
    /// Snapshots that are not what the contract asks for.
    #[error("{0}")]
    Contract(Lines<String>),
    #[error("nothing was published: an audit failed\n{0}")]
    Audit(Lines<Finding>),
    #[error(
        "nothing was published: {}. `regua plan` shows what would go out; if it is right, run again with \
         --accept-volume \"why\"",
        .0.join("; ")
    )]
    Surge(Vec<String>),
    #[error("a message could not be made: {0}")]
    Message(#[source] MessageError),
    #[error(
        "{as_of} is already published from other inputs or another configuration ({record}, run {run_id}); \
         nothing was published. Restore what that run read, or publish what differs with --revise --reason \"why\""
    )]
    Conflict { as_of: NaiveDate, record: String, run_id: String },
    /// The record of the date decided nothing, and this run would.
    #[error(
        "{as_of} is published with --kpi-only ({record}): its figures stand, and no actions; nothing was published. \
         Publish its actions with --revise --reason \"why\", or leave it so and run the next date"
    )]
    Undecided { as_of: NaiveDate, record: String },
    /// What a plan says where the run would end with this error.
    #[error("`regua run` would be refused: {0}")]
    WouldRefuse(#[source] Box<Error>),
    #[error("{0}")]
    InputsMissing(Lines<String>),
    #[error("{object} changed while it was read; run again when the export has finished")]
    Moved { object: String },
    #[error("{object} says halt: nothing was published. Remove it when the reason is gone, and run again")]
    Halted { object: String },
    #[error("the log moved on to {head} while this run was under way; run again")]
    HeadMoved { head: String },
    #[error("{object}: the store is not available ({what}); check the address and the credentials, and run again")]
    Unavailable { object: String, what: String },
    #[error(
        "{output}: this store ignores conditional writes, so two runs could both publish; use one that honours If-None-Match"
    )]
    StoreRefused { output: String },
    #[error("{object}: what was read back is not what was written ({what}); nothing was published, run again")]
    Torn { object: String, what: String },
    /// The record stands; only copies of what it names are missing.
    #[error("it is published as record {seq}, but some of its copies are missing ({why}); run again to complete them")]
    Unfinished { seq: u64, why: Box<Error> },
    #[error("{path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    /// A snapshot that no reader of Parquet could use.
    #[error("{object}: {why}; export it again")]
    InputUnreadable { object: String, why: Unreadable },
    /// A file or record that an earlier run published is not what it was.
    #[error("{object}: {damage}")]
    PublishedDamaged { object: String, damage: Damage },
    #[error("{object} does not fit into memory; lower limits.shard_rows_max")]
    OutOfMemory { object: String },
    /// The folder in which this run works, not the store.
    #[error("{object}: the scratch disk failed ({what}); free or check limits.scratch_dir, and run again")]
    Scratch { object: String, what: String },
    /// Rows or columns that regua itself made do not fit together.
    #[error("{object}: {what}. This is a fault of regua: please report this line with the output of `regua --version`")]
    Internal { object: String, what: String },
    /// What is published does not hold what the log says.
    #[error("{0}")]
    Unsound(Lines<String>),
    #[error("the sample portfolio: {0}")]
    Demo(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Only where the caller asks to be told so.
    #[error("{as_of} is published already, from the same inputs and configuration: there is nothing to do")]
    Unchanged { as_of: NaiveDate },
    #[error("interrupted: nothing was published")]
    Interrupted { signal: i32 },
}

impl Error {
    /// The exit code that a scheduler decides by; docs/operations.md says what to do about each.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Usage(_) | Error::Configuration(_) | Error::Model { .. } => 2,
            Error::Location { .. } | Error::LocationCredentials | Error::OtherTenant { .. } => 2,
            Error::NothingToRevise { .. } | Error::NothingPublished { .. } => 2,
            Error::Contract(_) | Error::Audit(_) | Error::Message(_) | Error::Surge(_) => 3,
            Error::InputUnreadable { .. } | Error::PublishedDamaged { .. } | Error::Unsound(_) => 3,
            Error::Conflict { .. } | Error::Undecided { .. } => 4,
            Error::WouldRefuse(error) => error.exit_code(),
            Error::InputsMissing(_) | Error::Moved { .. } | Error::HeadMoved { .. } | Error::Unavailable { .. } => 75,
            Error::StoreRefused { .. } => 2,
            Error::Unchanged { .. } => 99,
            Error::Halted { .. } | Error::Unfinished { .. } => 75,
            Error::Torn { .. } | Error::File { .. } | Error::Demo(_) => 1,
            Error::OutOfMemory { .. } | Error::Scratch { .. } | Error::Internal { .. } => 1,
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
