//! Plans that are made once and run again: planning a model costs more than running it on a small shard.
//!
//! A plan names its tables and not their rows. Its leaves find the rows in the session that runs it, by the task's
//! configuration, so one plan serves every shard, also several at a time. No plan depends on how many rows a shard has.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::memory::MemoryStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream};
use datafusion::prelude::SessionContext;
use futures::stream;

use super::{BATCH_ROWS, nullable, options};

/// What was planned, with the columns that it gives.
type Planned = (SchemaRef, Arc<dyn ExecutionPlan>);

/// The tables that queries may name and the plans of the queries.
pub(super) struct Plans {
    context: SessionContext,
    /// By query. Held while one is planned: whoever needs the same plan next waits for it.
    planned: tokio::sync::Mutex<HashMap<String, Planned>>,
    schemas: Mutex<HashMap<String, SchemaRef>>,
}

impl Plans {
    pub(super) fn new(context: SessionContext) -> Plans {
        Plans { context, planned: tokio::sync::Mutex::default(), schemas: Mutex::default() }
    }

    /// What a session runs plans in.
    pub(super) fn task(&self, rows: Arc<Rows>) -> Arc<TaskContext> {
        let state = self.context.state();
        let config = state.config().clone().with_extension(rows);
        Arc::new(TaskContext::from(&state).with_session_config(config))
    }

    pub(super) fn schema(&self, name: &str) -> Option<SchemaRef> {
        lock(&self.schemas).get(name).cloned()
    }

    /// Makes a table known, unless it is; its columns.
    pub(super) fn declare(&self, name: &str, schema: &SchemaRef) -> Result<SchemaRef> {
        let mut schemas = lock(&self.schemas);
        if let Some(known) = schemas.get(name) {
            return Ok(Arc::clone(known));
        }
        let leaf = Leaf { table: name.to_owned(), schema: Arc::clone(schema) };
        let table = StreamingTable::try_new(Arc::clone(schema), vec![Arc::new(leaf)])?;
        self.context.register_table(name, Arc::new(table))?;
        schemas.insert(name.to_owned(), Arc::clone(schema));
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
    pub(super) async fn plan(&self, sql: &str) -> Result<Planned> {
        let mut planned = self.planned.lock().await;
        if let Some((schema, plan)) = planned.get(sql) {
            return Ok((Arc::clone(schema), Arc::clone(plan)));
        }
        let frame = self.context.sql_with_options(sql, options()).await?;
        let schema = nullable(frame.schema().inner());
        let plan = frame.create_physical_plan().await?;
        planned.insert(sql.to_owned(), (Arc::clone(&schema), Arc::clone(&plan)));
        Ok((schema, plan))
    }
}

/// The rows of one session, by table.
#[derive(Debug, Default)]
pub(super) struct Rows(Mutex<HashMap<String, Vec<RecordBatch>>>);

impl Rows {
    pub(super) fn insert(&self, name: &str, batches: Vec<RecordBatch>) {
        lock(&self.0).insert(name.to_owned(), batches);
    }

    pub(super) fn of(&self, name: &str) -> Option<Vec<RecordBatch>> {
        lock(&self.0).get(name).cloned()
    }
}

/// Where a plan reads a table.
#[derive(Debug)]
struct Leaf {
    table: String,
    schema: SchemaRef,
}

impl Leaf {
    fn open(&self, task: &TaskContext) -> Result<MemoryStream> {
        let rows = task.session_config().get_extension::<Rows>();
        let missing = || DataFusionError::Plan(format!("table {} has no rows in this session", self.table));
        let batches = rows.and_then(|rows| rows.of(&self.table)).ok_or_else(missing)?;
        MemoryStream::try_new(batches.iter().flat_map(pieces).collect(), Arc::clone(&self.schema), None)
    }
}

impl PartitionStream for Leaf {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, task: Arc<TaskContext>) -> SendableRecordBatchStream {
        match self.open(&task) {
            Ok(stream) => Box::pin(stream),
            Err(error) => {
                let failed = stream::once(async { Err(error) });
                Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), failed))
            }
        }
    }
}

/// A batch in pieces that fit the cache.
fn pieces(batch: &RecordBatch) -> impl Iterator<Item = RecordBatch> {
    let starts = (0..batch.num_rows()).step_by(BATCH_ROWS);
    starts.map(|from| batch.slice(from, BATCH_ROWS.min(batch.num_rows() - from)))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
