//! What can go wrong, as the caller must tell it apart: one variant for each decision, each with its exit code.
//!
//! Every message names the object and ends with the remedy. Raw engine errors are not shown: they can hold values
//! of cells, and cells hold personal data.

use std::fmt;
use std::path::PathBuf;

use arrow::error::ArrowError;
use chrono::NaiveDate;

use crate::domain::message::MessageError;

pub type Result<T> = std::result::Result<T, Error>;

/// One error in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    pub file: PathBuf,
    /// From 1; 0 where the whole file is meant.
    pub line: usize,
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
    pub audit: String,
    pub subject: String,
    pub expected: String,
    pub actual: String,
    pub difference: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { audit, subject, expected, actual, difference } = self;
        write!(f, "audit {audit} ({subject}): expected {expected}, actual {actual}, difference {difference}")
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Usage(String),
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
        "nothing was published: {0}. `regua plan` shows what would go out; if it is right, run again with \
         --accept-volume \"why\""
    )]
    Surge(String),
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
    #[error("{object}: what was written is not what is read back ({what}); nothing was published")]
    Torn { object: String, what: String },
    /// The record stands; only copies of what it names are missing.
    #[error("it is published as record {seq}, but not all of its copies are made ({why}); run again, and they are")]
    Unfinished { seq: u64, why: Box<Error> },
    #[error("{path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("{object}: {what}")]
    Damaged { object: String, what: String },
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
            Error::Contract(_) | Error::Audit(_) | Error::Message(_) | Error::Surge(_) => 3,
            Error::Damaged { .. } | Error::Unsound(_) => 3,
            Error::Conflict { .. } | Error::Undecided { .. } => 4,
            Error::WouldRefuse(error) => error.exit_code(),
            Error::InputsMissing(_) | Error::Moved { .. } | Error::HeadMoved { .. } | Error::Unavailable { .. } => 75,
            Error::StoreRefused { .. } => 2,
            Error::Unchanged { .. } => 99,
            Error::Halted { .. } | Error::Unfinished { .. } => 75,
            Error::Torn { .. } | Error::File { .. } | Error::Demo(_) => 1,
            Error::Interrupted { signal } => 128 + *signal as u8,
        }
    }

    /// What went wrong with columns in memory, by its class: Arrow's own text quotes values of cells.
    pub fn columns(object: impl Into<String>, error: &ArrowError) -> Error {
        let what = match error {
            // These name columns and types alone.
            ArrowError::SchemaError(what) => what.clone(),
            ArrowError::IoError(_, source) => source.kind().to_string(),
            ArrowError::CastError(_) | ArrowError::ParseError(_) => {
                "a value does not fit the type of its column".into()
            }
            ArrowError::ArithmeticOverflow(_) | ArrowError::DivideByZero => "a sum does not fit its type".into(),
            ArrowError::InvalidArgumentError(_) => "a column has an unexpected type, or a value does not fit it".into(),
            ArrowError::MemoryError(_) => "it does not fit into memory; lower limits.shard_rows_max".into(),
            ArrowError::IpcError(_) => "a scratch file is damaged; run again".into(),
            _ => "its columns cannot be processed".into(),
        };
        Error::Damaged { object: object.into(), what }
    }

    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::File { path, source }
    }
}
