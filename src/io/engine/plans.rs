//! Plans that are made once and run again: planning a model costs more than running it on a small shard.
//!
//! A plan names its tables and not their rows. Its leaves find the rows in the session that runs it, by the task's
//! configuration, so one plan serves every shard, also several at a time. How many rows a table has tells the planner
//! which side of a join to keep in a hash table; it is asked of the first shard alone, whichever is ready first.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;

use super::leaf::SessionTable;
use super::{nullable, options};

/// What was planned, with the columns that it gives.
type Planned = (SchemaRef, Arc<dyn ExecutionPlan>);

/// The tables that queries may name and the plans of the queries.
pub(super) struct Plans {
    context: SessionContext,
    /// By query. Held while one is planned: whoever needs the same plan next waits for it.
    planned: tokio::sync::Mutex<HashMap<String, Planned>>,
    /// Columns, and rows in the session that plans.
    tables: Mutex<HashMap<String, (SchemaRef, Arc<AtomicUsize>)>>,
    /// The first shard is being worked on: the plans are its to make.
    is_led: AtomicBool,
    more: tokio::sync::Notify,
}

impl Plans {
    pub(super) fn new(context: SessionContext) -> Plans {
        let (planned, tables) = (tokio::sync::Mutex::default(), Mutex::default());
        Plans { context, planned, tables, is_led: AtomicBool::new(false), more: tokio::sync::Notify::new() }
    }

    /// From now on, until it is led no more, only the session that leads makes plans; the others wait for them.
    pub(super) fn lead(&self, is_led: bool) {
        self.is_led.store(is_led, Ordering::SeqCst);
        self.more.notify_waiters();
    }

    /// What a session runs plans in.
    pub(super) fn task(&self, rows: Arc<Rows>) -> Arc<TaskContext> {
        let state = self.context.state();
        let config = state.config().clone().with_extension(rows);
        Arc::new(TaskContext::from(&state).with_session_config(config))
    }

    pub(super) fn schema(&self, name: &str) -> Option<SchemaRef> {
        lock(&self.tables).get(name).map(|(schema, _)| Arc::clone(schema))
    }

    /// Makes a table known, unless it is; its columns.
    pub(super) fn declare(&self, name: &str, schema: &SchemaRef) -> Result<SchemaRef> {
        let mut tables = lock(&self.tables);
        if let Some((known, _)) = tables.get(name) {
            return Ok(Arc::clone(known));
        }
        let (name, rows) = (name.to_owned(), Arc::new(AtomicUsize::new(0)));
        let table = SessionTable { name: name.clone(), schema: Arc::clone(schema), rows: Arc::clone(&rows) };
        self.context.register_table(name.as_str(), Arc::new(table))?;
        tables.insert(name, (Arc::clone(schema), rows));
        Ok(Arc::clone(schema))
    }

    /// Makes a view known, unless it is.
    pub(super) async fn declare_view(&self, name: &str, sql: &str) -> Result<()> {
        let _one_at_a_time = self.planned.lock().await;
        if !self.context.table_exist(name)? {
            let view = self.context.sql_with_options(sql, options()).await?.into_view();
            self.context.register_table(name, view)?;
        }
        Ok(())
    }

    /// The plan of a query, made where this is the first time that it is asked for.
    pub(super) async fn plan(&self, sql: &str, rows: &Rows, leads: bool) -> Result<Planned> {
        loop {
            let more = self.more.notified();
            let mut planned = self.planned.lock().await;
            if let Some((schema, plan)) = planned.get(sql) {
                return Ok((Arc::clone(schema), Arc::clone(plan)));
            }
            if leads || !self.is_led.load(Ordering::SeqCst) {
                lock(&self.tables).iter().for_each(|(name, (_, of_table))| {
                    of_table.store(rows.count(name), Ordering::Relaxed);
                });
                let made = self.make(sql).await?;
                planned.insert(sql.to_owned(), (Arc::clone(&made.0), Arc::clone(&made.1)));
                self.more.notify_waiters();
                return Ok(made);
            }
            drop(planned);
            more.await;
        }
    }

    async fn make(&self, sql: &str) -> Result<Planned> {
        let frame = self.context.sql_with_options(sql, options()).await?;
        let schema = nullable(frame.schema().inner());
        Ok((schema, frame.create_physical_plan().await?))
    }
}

/// The rows of one session, by table.
#[derive(Debug, Default)]
pub(super) struct Rows(Mutex<HashMap<String, Vec<RecordBatch>>>);

impl Rows {
    pub(super) fn insert(&self, name: &str, batches: Vec<RecordBatch>) {
        lock(&self.0).insert(name.to_owned(), batches);
    }

    fn count(&self, name: &str) -> usize {
        lock(&self.0).get(name).into_iter().flatten().map(RecordBatch::num_rows).sum()
    }

    pub(super) fn of(&self, name: &str) -> Option<Vec<RecordBatch>> {
        lock(&self.0).get(name).cloned()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
