//! One Delta table: what it holds, and the commit of one record.
//!
//! A commit is a comparison and a swap: it is written for the version that follows the one that was read, or not at all.
//! Where another writer was faster, the table is read again, and what is still missing is decided anew.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use deltalake_core::kernel::transaction::{CommitBuilder, CommitProperties, TableReference, TransactionError};
use deltalake_core::kernel::{
    Action, Add, LogicalFileView, MetadataExt, Protocol, StructField, StructType, Transaction, new_metadata,
};
use deltalake_core::logstore::{LogStoreRef, StorageConfig, commit_uri_from_version, default_logstore};
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use deltalake_core::table::state::DeltaTableState;
use deltalake_core::{DeltaResult, DeltaTableError};
use object_store::prefix::PrefixStore;
use serde_json::json;

use super::columns::{self, Fit};
use super::table_of;
use crate::contract;
use crate::error::{Damage, DeltaFault, Error, Result};
use crate::io::log::{Log, PublishedFile, Record, key_of};
use crate::io::parquet::Source;
use crate::io::store::{Store, store_error};

/// The application of Delta's transactions; the version is the number of the record.
const APPLICATION: &str = "regua";
/// Property of a table: which log it follows.
const LOG: &str = "regua.log";
/// Each date is a partition: readers find it without opening a file, and a revision replaces it whatever compacted it. The
/// files have the column too, which the protocol allows.
const DATE: &str = "as_of_date";
/// A reader opens no more commits than this, and the newest checkpoint.
const CHECKPOINT_COMMITS: &str = "10";
/// Times that a commit is decided anew because another writer was faster.
const ATTEMPTS: u32 = 20;

/// A Delta table as it was last read.
pub(super) struct Table<'a> {
    prefix: &'a Store,
    name: &'a str,
    log_id: Option<&'a str>,
    log_store: LogStoreRef,
    state: Option<DeltaTableState>,
    done: u64,
}

impl fmt::Debug for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} up to record {}", self.url(), self.done)
    }
}

impl<'a> Table<'a> {
    /// Reads what is there.
    ///
    /// # Errors
    /// `DeltaTable` where it follows another log or cannot be read, `Unavailable`.
    pub fn open(prefix: &'a Store, name: &'a str, log_id: Option<&'a str>) -> Result<Table<'a>> {
        let folder = PrefixStore::new(Arc::clone(prefix.objects()), prefix.path(name));
        let (folder, root) = (Arc::new(folder), Arc::clone(prefix.objects()));
        let bad = |_| Error::Location { location: prefix.url_of(name), why: "it is not a URL".to_owned() };
        let location = prefix.location(name).parse().map_err(bad)?;
        let log_store = default_logstore(folder, root, &location, &StorageConfig::default());
        let mut table = Table { prefix, name, log_id, log_store, state: None, done: 0 };
        table.read()?;
        Ok(table)
    }

    /// The newest record that it holds; 0 = none.
    pub fn done(&self) -> u64 {
        self.done
    }

    fn read(&mut self) -> Result<()> {
        let log_store = &self.log_store;
        let read = self.prefix.runtime().block_on(async {
            if !log_store.is_delta_table_location().await? {
                return Ok(None);
            }
            let state = DeltaTableState::try_new(log_store, None).await?;
            let done = state.transaction_version(log_store, APPLICATION).await?;
            Ok(Some((state, done)))
        });
        let Some((state, done)) = read.map_err(|e| self.failed(&e))? else {
            (self.state, self.done) = (None, 0);
            return Ok(());
        };
        let follows = state.metadata().configuration().get(LOG).map(String::as_str);
        if follows.is_none() || follows != self.log_id {
            return Err(self.fault(DeltaFault::Foreign));
        }
        (self.state, self.done) = (Some(state), done.map_or(0, |seq| seq.unsigned_abs()));
        Ok(())
    }

    /// Would it take the files of this record?
    ///
    /// # Errors
    /// `DeltaTable` where it would not, `PublishedDamaged` where a file cannot be read.
    pub fn check(&self, output: &Store, record: &Record) -> Result<()> {
        // Another process may just have published it; else the log was put back to an earlier day.
        if self.done >= record.seq && output.pin_one(&key_of(self.done))?.is_none() {
            return Err(self.fault(DeltaFault::Foreign));
        }
        for file in self.files_of(record) {
            let schema = schema_of(output, file)?;
            let fit = self.state.as_ref().map(|state| columns::fit(&state.schema(), &columns::of_file(&schema)));
            let other = match fit {
                Some(Fit::Other(fault)) => Some(fault),
                _ => columns::unknown(&schema),
            };
            other.map_or(Ok(()), |fault| Err(self.fault(fault)))?;
        }
        Ok(())
    }

    /// Commits the records that it lacks, in the order of the log.
    ///
    /// # Errors
    /// As `Delta::project`.
    pub fn follow(mut self, output: &Store, log: &Log) -> Result<()> {
        let records = log.records.iter().filter(|record| self.files_of(record).next().is_some());
        let records: Vec<&Record> = records.filter(|record| record.seq > self.done).collect();
        records.into_iter().try_for_each(|record| self.add(output, record))
    }

    fn files_of<'r>(&self, record: &'r Record) -> impl Iterator<Item = &'r PublishedFile> {
        let name = self.name.to_owned();
        record.files.iter().filter(move |file| table_of(file) == Some(name.as_str()))
    }

    /// Copies the files of a record and commits them; does nothing where another process has done so meanwhile.
    fn add(&mut self, output: &Store, record: &Record) -> Result<()> {
        let (mut adds, mut fields) = (Vec::new(), Vec::new());
        for file in self.files_of(record) {
            adds.push(self.copy(output, record, file)?);
            fields = columns::of_file(&*schema_of(output, file)?);
        }
        for _ in 0..ATTEMPTS {
            if self.done >= record.seq {
                return Ok(());
            }
            let mut actions = self.prepared(record, &fields)?;
            actions.extend(adds.iter().cloned().map(Action::Add));
            match self.commit(record, actions) {
                Ok(state) => return self.committed(record, state),
                Err(error) if is_overtaken(&error) => self.read()?,
                Err(error) => return Err(self.failed(&error)),
            }
        }
        Err(Error::Unavailable { object: self.url(), what: "other writers were faster each time".to_owned() })
    }

    /// The same bytes as published, in the folder of the table.
    fn copy(&self, output: &Store, record: &Record, file: &PublishedFile) -> Result<Add> {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let path = format!("{DATE}={}/{}-{name}", record.as_of, record.run_id);
        let key = format!("{}/{path}", self.name);
        self.prefix.copy_from(output, file, &key)?;
        let copied = self.prefix.pin_one(&key)?;
        let gone = || Error::Unavailable { object: self.prefix.url_of(&key), what: "it is not there".to_owned() };
        Ok(Add {
            path,
            partition_values: HashMap::from([(DATE.to_owned(), Some(record.as_of.to_string()))]),
            size: file.size as i64,
            modification_time: copied.ok_or_else(gone)?.modified.timestamp_millis(),
            data_change: true,
            // Of all columns or of none: readers take bounds that are missing beside others for null, and the bounds of some
            // columns would be ids of persons.
            stats: Some(json!({ "numRecords": file.rows }).to_string()),
            tags: None,
            deletion_vector: None,
            base_row_id: None,
            default_row_commit_version: None,
            clustering_provider: None,
        })
    }

    /// What a commit holds besides the files: the first one what the table is, a later one what it replaces.
    fn prepared(&self, record: &Record, fields: &[StructField]) -> Result<Vec<Action>> {
        let Some(state) = &self.state else {
            return self.created(fields).map_err(|e| self.failed(&e));
        };
        let with_columns = |fields: &[StructField]| -> DeltaResult<Action> {
            let columns = StructType::try_new(fields.iter().cloned())?;
            Ok(Action::Metadata(state.metadata().clone().with_schema(&columns)?))
        };
        let mut actions = Vec::new();
        let mut replaced = self.replaced(record);
        match columns::fit(&state.schema(), fields) {
            Fit::AsTheyAre => {}
            Fit::Wider(all) => actions.push(with_columns(&all).map_err(|e| self.failed(&e))?),
            // Published before there was a table to refuse it: the table begins anew. Its history still has the rest.
            Fit::Other(_) => {
                actions.push(with_columns(fields).map_err(|e| self.failed(&e))?);
                replaced = state.log_data().iter().collect();
            }
        }
        actions.extend(replaced.iter().map(|file| Action::Remove(file.remove_action(true))));
        Ok(actions)
    }

    fn created(&self, fields: &[StructField]) -> DeltaResult<Vec<Action>> {
        let log_id = self.log_id.unwrap_or_default();
        let properties = [("delta.checkpointInterval", CHECKPOINT_COMMITS), (LOG, log_id)];
        let columns = StructType::try_new(fields.iter().cloned())?;
        let mut metadata = new_metadata(&columns, [DATE], properties)?.with_name(self.name.to_owned())?;
        let position = [&contract::ITEMS, &contract::DEBTORS].into_iter().find(|table| table.name == self.name);
        if let Some(table) = contract::kpi(self.name).or(position) {
            metadata = metadata.with_description(format!("One row per {}", table.row))?;
        }
        // The oldest protocol: every reader knows it.
        let protocol: Protocol = serde_json::from_value(json!({ "minReaderVersion": 1, "minWriterVersion": 2 }))?;
        Ok(vec![Action::Protocol(protocol), Action::Metadata(metadata)])
    }

    /// The files of a date, whoever wrote them.
    fn replaced(&self, record: &Record) -> Vec<LogicalFileView> {
        let (as_of, state) = (Some(record.as_of.to_string()), self.state.iter());
        let is_of_date = |file: &LogicalFileView| file.partition_values_map().get(DATE) == Some(&as_of);
        state.flat_map(|state| state.log_data().iter().filter(is_of_date).collect::<Vec<_>>()).collect()
    }

    fn commit(&self, record: &Record, actions: Vec<Action>) -> DeltaResult<DeltaTableState> {
        let Record { seq, as_of, revision, run_id, .. } = record;
        let told =
            [("seq", json!(seq)), ("as_of", json!(as_of)), ("revision", json!(revision)), ("run_id", json!(run_id))];
        // No retries of the library's own: a first version that was lost to another writer it would put after that one's.
        let properties = CommitProperties::default()
            .with_max_retries(0)
            .with_cleanup_expired_logs(Some(false))
            .with_metadata(told.map(|(key, value)| (key.to_owned(), value)))
            .with_application_transaction(Transaction::new(APPLICATION, *seq as i64));
        let (partition_by, predicate) = (Some(vec![DATE.to_owned()]), Some(format!("{DATE} = '{as_of}'")));
        let operation = DeltaOperation::Write { mode: SaveMode::Overwrite, partition_by, predicate };
        let read = self.state.as_ref().map(|state| state as &dyn TableReference);
        let builder = CommitBuilder::from(properties).with_actions(actions);
        let commit = builder.build(read, Arc::clone(&self.log_store), operation);
        Ok(self.prefix.runtime().block_on(async { commit.await })?.snapshot())
    }

    fn committed(&mut self, record: &Record, state: DeltaTableState) -> Result<()> {
        let entry = commit_uri_from_version(Some(state.version()));
        (self.state, self.done) = (Some(state), record.seq);
        self.prefix.flush(&format!("{}/{entry}", self.name))
    }

    fn url(&self) -> String {
        self.prefix.url_of(self.name)
    }

    fn fault(&self, fault: DeltaFault) -> Error {
        Error::DeltaTable { table: self.url(), fault }
    }

    /// What went wrong, by its class: the library's own words can hold the URL of a request, and lines of the log.
    fn failed(&self, error: &DeltaTableError) -> Error {
        match (store_error(error), error) {
            (Some(what), _) => Error::Unavailable { object: self.url(), what },
            // Some of its calls keep only the words of what the store answered.
            (None, DeltaTableError::Generic(_) | DeltaTableError::GenericError { .. } | DeltaTableError::Io { .. }) => {
                Error::Unavailable { object: self.url(), what: "the Delta log was not answered for".to_owned() }
            }
            (None, _) => self.fault(DeltaFault::Unreadable),
        }
    }
}

/// Another writer put the version there that this commit was for.
fn is_overtaken(error: &DeltaTableError) -> bool {
    match error {
        DeltaTableError::VersionAlreadyExists(_) => true,
        DeltaTableError::Transaction { source } => matches!(
            source,
            TransactionError::MaxCommitAttempts(_)
                | TransactionError::CommitConflict(_)
                | TransactionError::VersionAlreadyExists(_)
        ),
        _ => false,
    }
}

fn schema_of(output: &Store, file: &PublishedFile) -> Result<SchemaRef> {
    let gone = || Error::PublishedDamaged { object: output.url_of(&file.path), damage: Damage::Gone };
    let pinned = output.pin_one(&file.path)?.ok_or_else(gone)?;
    Ok(SchemaRef::clone(Source::open_published(output, pinned)?.schema()))
}
