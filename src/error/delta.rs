//! Why a Delta table cannot follow the log of its output.

/// Why a Delta table cannot follow, and the remedy. What a table held is never lost: it is made again from the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeltaFault {
    /// Another program or another output made the table, or the output was restored to before what the table holds.
    #[error(
        "this Delta table does not follow the log of this output; name another [output].delta, or delete its folder and \
         run again"
    )]
    Foreign,
    /// Its log is damaged, or has a feature that is not built in.
    #[error(
        "this Delta table cannot be read or written; delete its folder and run again: it is made again from the log"
    )]
    Unreadable,
    /// A model gives a column another type than it had.
    #[error(
        "column {column} is {found} now and {expected} in this Delta table; cast it in the model, or give the model \
         another name"
    )]
    ColumnType {
        /// As the model and the table name it.
        column: String,
        /// Delta's name of its type in the file.
        found: String,
        /// Delta's name of its type in the table.
        expected: String,
    },
    /// A model gives a column a type that no Delta table has.
    #[error("column {column} is {found}, which Delta tables do not have; cast it in the model")]
    NoSuchType {
        /// As the model names it.
        column: String,
        /// Its Arrow type.
        found: String,
    },
}
