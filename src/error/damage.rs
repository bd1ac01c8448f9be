//! What can be wrong with a file: with any, and with what an earlier run published.

/// Why an object cannot be read as a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The object ends too early, as after an upload that broke off.
    #[error("the file is cut short")]
    CutShort,
    /// An encoding or a compression that is not built in.
    #[error("it uses a Parquet feature that this reader lacks")]
    UnknownFeature,
    /// Whatever else the Parquet reader refuses.
    #[error("it is not a Parquet file, or it is damaged")]
    NotParquet,
    /// More rows than so many bytes can hold: a forged footer would fill the memory.
    #[error("it claims {rows} rows in {bytes} bytes")]
    TooManyRows {
        /// As the footer has it.
        rows: u64,
        /// Size of the object in the store.
        bytes: u64,
    },
    /// A column whose type the contract allows and whose values it does not, such as a dictionary of lists.
    #[error("column {column:?} of {found} cannot be read as {expected}")]
    ColumnType {
        /// By its name in the contract.
        column: String,
        /// Arrow type in the file.
        found: String,
        /// Arrow type that the contract asks for.
        expected: String,
    },
    /// A dictionary-encoded column that cannot be turned into plain values.
    #[error("a dictionary of {values} cannot be read")]
    Dictionary {
        /// Arrow type of the dictionary's values.
        values: String,
    },
}

/// What is wrong with an object that an earlier run published, and the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// A record names the file, and the store has nothing under its path.
    #[error("a published file is gone; restore it from a backup")]
    Gone,
    /// Size or SHA-256 are not those in the record.
    #[error("a published file was changed; restore it from a backup")]
    Changed,
    /// The object is there, and no table can be read from it.
    #[error("{0}; restore it from a backup")]
    Unreadable(Unreadable),
    /// A published table lacks a column that this program reads.
    #[error("column {column} is missing; restore the file from a backup")]
    ColumnMissing {
        /// By its name in the contract.
        column: String,
    },
    /// A row of a published `actions` table carries an id that regua never makes.
    #[error("an action_id is not 32 hexadecimal digits; restore the file from a backup")]
    ActionId,
    /// An object in `_log/` is not named like a record, or does not parse as one.
    #[error("it is not a commit record; restore it from a backup, or remove it if somebody put it there")]
    NotARecord,
    /// An object in `models/` that `regua train` of another version has written.
    #[error(
        "it is a model of version {found}, and this program reads version {known}: train on a later date, or choose another by [model].use"
    )]
    ModelVersion {
        /// Of the object.
        found: u32,
        /// Of this program.
        known: u32,
    },
    /// An object in `models/` that was copied there from another output.
    #[error("it is a model of tenant {found:?}: remove it from this output")]
    ModelOfTenant {
        /// Of the object.
        found: String,
    },
    /// An object in `models/` that `regua train` has not written.
    #[error("this program cannot use it as a model: train on a later date, or choose another by [model].use")]
    NotAModel,
    /// The listing of `_log/` names a record that cannot be fetched.
    #[error("it is listed, but not there; restore it from a backup")]
    RecordGone,
    /// The sequence number within the record is not that of its name.
    #[error("it holds another record; restore it from a backup")]
    OtherRecord,
    /// There is a gap in the sequence numbers, which run from 1.
    #[error("a record before it is missing; restore that one from a backup")]
    RecordMissing,
    /// A newer regua wrote it.
    #[error("it has a format version that this program does not know; update regua")]
    UnknownVersion,
    /// The record before it does not have the SHA-256 that this one names.
    #[error("the chain is broken: the record before it was changed; restore that one from a backup")]
    ChainBroken,
    /// This command read the log twice, and a record that was there the first time is gone or has changed.
    #[error("it was removed or changed after it was read; restore it from a backup")]
    ChangedSinceRead,
    /// Copies of messages or tables stand there, and no record that made them.
    #[error(
        "{what}: restore _log from a backup, or debtors may be written to again; if none of those messages was ever sent, \
         delete what those runs left in outbox/ and kpi/"
    )]
    LogLost {
        /// What was found in `outbox/` or `kpi/` that no record accounts for.
        what: String,
    },
}
