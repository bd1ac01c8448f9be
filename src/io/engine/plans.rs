//! Plans that are made once and run again: planning a model costs more than running it on a small shard.
//!
//! A plan names its tables and not their rows. Its leaves find the rows through the configuration of the task that runs
//! them, so one plan serves every shard, several at a time. The planner needs the size of a table to choose which side
//! of a join goes into a hash table; it takes that from the first shard, whichever shard is ready first.
//!
//! Most of planning needs columns and no rows: it gives a draft. Drafts are made ahead, beside the work of the first shard.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::error::Result;
use datafusion::execution::{SessionState, SessionStateBuilder, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use datafusion::physical_plan::{ExecutionPlan, InputOrderMode};
use datafusion::physical_planner::DefaultPhysicalPlanner;
use datafusion::prelude::SessionContext;
use tokio::sync::{Notify, OnceCell};

use super::bound::Bound;
use super::leaf::SessionTable;
use super::trace::{Traced, trace};
use super::{Model, ModelKind, nullable, options};

/// The plan with windows that look at all their rows at once. The engine prefers those that stream, and keeps a state for
/// every partition: of many small ones it took 2 us a row.
fn in_one_piece(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let whole = plan.transform_up(|node| {
        let Some(window) = node.downcast_ref::<BoundedWindowAggExec>() else {
            return Ok(Transformed::no(node));
        };
        if window.input_order_mode != InputOrderMode::Sorted {
            return Ok(Transformed::no(node));
        }
        let can_repartition = !window.partition_keys().is_empty();
        let (expressions, input) = (window.window_expr().to_vec(), Arc::clone(window.input()));
        Ok(Transformed::yes(Arc::new(WindowAggExec::try_new(expressions, input, can_repartition)?)))
    });
    whole.data()
}

/// What was planned, with the columns that it gives.
type Planned = (SchemaRef, Arc<dyn ExecutionPlan>);

/// The tables that queries may name and the plans of the queries.
pub(super) struct Plans {
    context: SessionContext,
    /// Plans as far as no rows are asked for.
    drafting: SessionState,
    /// What is not part of a plan.
    bound: Bound,
    /// By query.
    drafts: Mutex<HashMap<String, Arc<OnceCell<Planned>>>>,
    /// By query: what it says, before any rule has changed it.
    logical: Mutex<HashMap<String, LogicalPlan>>,
    /// By query. Held while one is planned: whoever needs the same plan next waits for it.
    planned: tokio::sync::Mutex<HashMap<String, Planned>>,
    /// Columns, and rows in the session that plans.
    tables: Mutex<HashMap<String, (SchemaRef, Arc<AtomicUsize>)>>,
    /// The first shard is being worked on: the plans are its to make.
    is_led: AtomicBool,
    more: Notify,
    /// A table or a view became known.
    declared: Arc<Notify>,
}

impl Plans {
    pub(super) fn new(context: SessionContext, bound: Bound) -> Plans {
        let drafting =
            SessionStateBuilder::new_from_existing(context.state()).with_physical_optimizer_rules(Vec::new());
        Plans {
            context,
            drafting: drafting.build(),
            bound,
            drafts: Mutex::default(),
            logical: Mutex::default(),
            planned: tokio::sync::Mutex::default(),
            tables: Mutex::default(),
            is_led: AtomicBool::new(false),
            more: Notify::new(),
            declared: Arc::default(),
        }
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

    /// Where the columns of a query come from; `None` where it was not planned, as a view is not.
    pub(super) fn traced(&self, sql: &str) -> Option<Traced> {
        lock(&self.logical).get(sql).map(trace)
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
        self.declared.notify_waiters();
        Ok(Arc::clone(schema))
    }

    /// Makes a view known, unless it is.
    pub(super) async fn declare_view(&self, name: &str, sql: &str) -> Result<()> {
        let _one_at_a_time = self.planned.lock().await;
        if !self.context.table_exist(name)? {
            let view = self.context.sql_with_options(sql, options()).await?.into_view();
            self.context.register_table(name, view)?;
            self.declared.notify_waiters();
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
        let (schema, draft) = self.draft(sql).await?;
        let plan = DefaultPhysicalPlanner::default().optimize_physical_plan(draft, &self.context.state(), |_, _| {})?;
        Ok((schema, in_one_piece(plan)?))
    }

    /// The plan of a query before any rule that asks how many rows a table has.
    async fn draft(&self, sql: &str) -> Result<Planned> {
        let draft = Arc::clone(lock(&self.drafts).entry(sql.to_owned()).or_default());
        let made = draft.get_or_try_init(|| async {
            let logical = self.drafting.create_logical_plan(sql).await?;
            options().verify_plan(&logical)?;
            let schema = nullable(logical.schema().inner());
            let draft = match self.bound.is_empty() {
                true => self.drafting.create_physical_plan(&logical).await?,
                false => {
                    let bound = self.bound.bind(self.drafting.optimize(&logical)?)?;
                    self.drafting.query_planner().create_physical_plan(&bound, &self.drafting).await?
                }
            };
            lock(&self.logical).insert(sql.to_owned(), logical);
            Ok((schema, draft))
        });
        made.await.cloned()
    }

    /// Drafts models until none is left or nobody will run them, each as soon as all that it reads is known.
    pub(super) async fn draft_ahead(plans: Weak<Plans>, mut models: Vec<Model>) {
        while let (false, Some(plans)) = (models.is_empty(), plans.upgrade()) {
            let declared = Arc::clone(&plans.declared);
            let more = declared.notified();
            let is_ready = |model: &Model| model.reads.iter().all(|table| plans.knows(table));
            match models.iter().position(is_ready) {
                // What cannot be planned is said when it is run.
                Some(next) => drop(plans.draft_model(&models.remove(next)).await),
                None => {
                    drop(plans);
                    more.await;
                }
            }
        }
    }

    async fn draft_model(&self, model: &Model) -> Result<()> {
        if model.kind == ModelKind::View {
            return self.declare_view(&model.name, &model.sql).await;
        }
        let (schema, _) = self.draft(&model.sql).await?;
        // The columns of a fold are those of its rule.
        if model.kind == ModelKind::Table { self.declare(&model.name, &schema).map(drop) } else { Ok(()) }
    }

    fn knows(&self, table: &str) -> bool {
        self.context.table_exist(table).unwrap_or_default()
    }
}

/// The rows of one session, by table.
#[derive(Debug, Default)]
pub(super) struct Rows(Mutex<HashMap<String, Vec<RecordBatch>>>);

impl Rows {
    pub(super) fn insert(&self, name: &str, batches: Vec<RecordBatch>) {
        lock(&self.0).insert(name.to_owned(), batches);
    }

    pub(super) fn remove(&self, name: &str) {
        lock(&self.0).remove(name);
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
