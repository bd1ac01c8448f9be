//! The leaf of a plan, which reads a table: it names the table, and finds the rows in the session that runs the plan.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Statistics, project_schema};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::memory::MemoryStream;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, ReplaceChildrenOptions,
    SendableRecordBatchStream, StatisticsArgs,
};

use super::BATCH_ROWS;
use super::plans::Rows;

/// A table whose rows are those of the session that asks.
#[derive(Debug)]
pub(super) struct SessionTable {
    pub(super) name: String,
    pub(super) schema: SchemaRef,
    /// What it held in the session that plans: which side of a join is the smaller one.
    pub(super) rows: Arc<AtomicUsize>,
}

#[async_trait]
impl TableProvider for SessionTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = project_schema(&self.schema, projection)?;
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&schema)),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(Arc::new(SessionScan {
            table: self.name.clone(),
            schema,
            projection: projection.cloned(),
            rows: Arc::clone(&self.rows),
            properties: Arc::new(properties),
        }))
    }
}

#[derive(Debug)]
struct SessionScan {
    table: String,
    schema: SchemaRef,
    projection: Option<Vec<usize>>,
    rows: Arc<AtomicUsize>,
    properties: Arc<PlanProperties>,
}

impl DisplayAs for SessionScan {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionScan: {}, about {} rows", self.table, self.rows.load(Ordering::Relaxed))
    }
}

impl ExecutionPlan for SessionScan {
    fn name(&self) -> &str {
        "SessionScan"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(&self, _: usize, task: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let rows = task.session_config().get_extension::<Rows>();
        // Read before it is there, or after the last model that says that it reads it.
        let missing = || {
            DataFusionError::Plan(format!(
                "it reads {}, itself or by a view, which is not there at that point; name all that it reads in its \
                 Reads, or read it in a later folder",
                self.table
            ))
        };
        let batches = rows.and_then(|rows| rows.of(&self.table)).ok_or_else(missing)?;
        let pieces = batches.iter().flat_map(pieces).collect();
        Ok(Box::pin(MemoryStream::try_new(pieces, Arc::clone(&self.schema), self.projection.clone())?))
    }

    fn statistics_from_inputs(&self, _: &[Arc<Statistics>], _: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let unknown = Statistics::new_unknown(&self.schema);
        Ok(Arc::new(Statistics { num_rows: Precision::Inexact(self.rows.load(Ordering::Relaxed)), ..unknown }))
    }
}

/// A batch in pieces that fit the cache.
fn pieces(batch: &RecordBatch) -> impl Iterator<Item = RecordBatch> {
    let starts = (0..batch.num_rows()).step_by(BATCH_ROWS);
    starts.map(|from| batch.slice(from, BATCH_ROWS.min(batch.num_rows() - from)))
}
