//! The SQL engine: one small session per shard, locked down, fed from memory; a model is planned once and runs on every
//! shard.
//!
//! DDL, DML and statements are off. One partition and no repartitioning: a shard fits the cache, and its answers come
//! in one order.

mod bound;
mod functions;
mod leaf;
mod models;
mod plans;
mod rules;
mod trace;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::error::ArrowError;
use datafusion::common::hash_utils::{RandomState, create_hashes};
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::var_provider::{VarProvider, VarType};
use datafusion::physical_plan::collect;
use datafusion::physical_plan::execution_plan::reset_plan_states;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::scalar::ScalarValue;
use tokio::runtime::Handle;

use self::bound::Bound;
pub use self::models::{Layer, Model, ModelKind, Models, Tie};
use self::plans::{Plans, Rows};
pub use self::trace::{Flow, Sources, TableColumn, Traced};
use crate::error::{Error, Finding, Lines, Result};

/// Rows of one batch inside the engine.
const BATCH_ROWS: usize = 8_192;

/// The values that SQL may name as `@name`: typed, so that configuration never becomes SQL.
#[derive(Clone, Debug)]
pub struct Variables(Arc<BTreeMap<String, ScalarValue>>);

/// The value of a variable.
#[derive(Clone, Debug)]
pub enum Value {
    /// Days since 1970; a DATE.
    Date(i32),
    /// A BIGINT.
    Int(i64),
    /// Days since 1970, as a number to count with.
    Day(i32),
    /// A VARCHAR.
    Text(String),
}

impl Variables {
    /// Name without its `@` = value.
    pub fn new<'a>(values: impl IntoIterator<Item = (&'a str, Value)>) -> Variables {
        Variables(Arc::new(values.into_iter().map(|(name, value)| (format!("@{name}"), scalar(value))).collect()))
    }

    /// The same values but for this one.
    pub fn with(mut self, name: &str, value: Value) -> Variables {
        Arc::make_mut(&mut self.0).insert(format!("@{name}"), scalar(value));
        self
    }

    fn find(&self, names: &[String]) -> Option<&ScalarValue> {
        names.first().and_then(|name| self.0.get(name))
    }
}

fn scalar(value: Value) -> ScalarValue {
    match value {
        Value::Date(days) => ScalarValue::Date32(Some(days)),
        Value::Int(number) => ScalarValue::Int64(Some(number)),
        Value::Day(number) => ScalarValue::Int32(Some(number)),
        Value::Text(text) => ScalarValue::Utf8(Some(text)),
    }
}

impl VarProvider for Variables {
    fn get_value(&self, names: Vec<String>) -> datafusion::error::Result<ScalarValue> {
        self.find(&names).cloned().ok_or_else(|| DataFusionError::Plan(format!("unknown variable {}", names.join("."))))
    }

    fn get_type(&self, names: &[String]) -> Option<DataType> {
        self.find(names).map(ScalarValue::data_type)
    }
}

/// What all sessions of a run share: the memory pool, the variables and the plans.
#[derive(Clone)]
pub struct Engine {
    runtime: Handle,
    plans: Arc<Plans>,
    bound: Bound,
}

impl Engine {
    /// The pool is 60 % of the memory that the run may use; the rest is for what the engine does not count.
    ///
    /// # Errors
    /// `Model` where the engine cannot be set up.
    pub fn new(runtime: &Handle, memory_bytes_max: u64, variables: Variables) -> Result<Engine> {
        Engine::between(runtime, memory_bytes_max, (variables.clone(), variables))
    }

    /// As `new`, of which the sessions run the same plans with other values, one day after the other; `set` gives them. The
    /// values are those of the first day and of the last.
    ///
    /// # Errors
    /// As `new`.
    pub fn between(runtime: &Handle, memory_bytes_max: u64, (first, last): (Variables, Variables)) -> Result<Engine> {
        let bound = Bound::between(first.clone(), &last);
        let pool = Arc::new(GreedyMemoryPool::new((memory_bytes_max / 10 * 6) as usize));
        let environment = RuntimeEnvBuilder::new().with_memory_pool(pool).build_arc();
        let environment = environment.map_err(|e| engine_error("engine", &e))?;
        let config = SessionConfig::new()
            .with_target_partitions(1)
            .with_batch_size(BATCH_ROWS)
            .with_information_schema(false)
            // A second round of the optimizer takes as long as the first and makes no query faster.
            .set_usize("datafusion.optimizer.max_passes", 1)
            .set_bool("datafusion.optimizer.enable_dynamic_filter_pushdown", false)
            .set_str("datafusion.sql_parser.map_string_types_to_utf8view", "false");
        let state = SessionStateBuilder::new_with_default_features().with_config(config).with_runtime_env(environment);
        let context = SessionContext::new_with_state(state.with_physical_optimizer_rules(rules::all()).build());
        context.register_variable(VarType::UserDefined, Arc::new(first));
        context.register_udf(functions::month_key());
        let plans = Arc::new(Plans::new(context, bound.clone()));
        Ok(Engine { runtime: runtime.clone(), plans, bound })
    }

    /// The values of another day. No session may be at work meanwhile.
    pub fn set(&self, variables: Variables) {
        self.bound.set(variables);
    }

    /// A session with no tables yet; what is planned in one is not planned again in the next.
    pub fn session(&self) -> Session {
        let rows = Arc::new(Rows::default());
        let task = self.plans.task(Arc::clone(&rows));
        Session { plans: Arc::clone(&self.plans), rows, task, runtime: self.runtime.clone(), leads: false }
    }

    /// Plans the models beside the work on the first shard.
    pub fn plan_ahead(&self, models: &Models) {
        self.runtime.spawn(Plans::draft_ahead(Arc::downgrade(&self.plans), models.0.clone()));
    }

    /// Model = where the columns of its query come from, as its own plan says; of models that have run. A view is part of the
    /// plans that read it.
    pub fn traced(&self, models: &Models) -> BTreeMap<String, Traced> {
        let traced = |model: &Model| Some((model.name.clone(), self.plans.traced(&model.sql)?));
        models.0.iter().filter_map(traced).collect()
    }

    /// From now on plans are made by the session of the first shard while it lasts, so that none depends on which shard
    /// was ready first.
    pub fn led_by_the_first_shard(self) -> Engine {
        self.plans.lead(true);
        self
    }

    /// The session of a shard; where the first leads, the others wait for its plans.
    pub fn session_of(&self, shard: u32) -> Session {
        let mut session = self.session();
        session.leads = shard == 0;
        session
    }
}

/// One session: tables in, models, batches out.
pub struct Session {
    plans: Arc<Plans>,
    rows: Arc<Rows>,
    task: Arc<TaskContext>,
    runtime: Handle,
    /// It makes the plans that others wait for.
    leads: bool,
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.leads {
            self.plans.lead(false);
        }
    }
}

impl Session {
    /// Registers batches as a table. Its columns are those that the first session of the engine gave it.
    ///
    /// # Errors
    /// `Model` where a batch has other columns than the table was declared with.
    pub fn register(&self, name: &str, schema: SchemaRef, batches: Vec<RecordBatch>) -> Result<()> {
        let schema = self.plans.declare(name, &nullable(&schema)).map_err(|e| engine_error(name, &e))?;
        let batches = batches.iter().map(|batch| as_planned(batch, &schema)).collect::<std::result::Result<_, _>>();
        self.rows.insert(name, batches.map_err(|e| engine_error(name, &e.into()))?);
        Ok(())
    }

    /// Runs a model: a view is only registered, the rows of every other kind are those of its query.
    ///
    /// # Errors
    /// `Model`, as `query`.
    pub fn run(&self, model: &Model) -> Result<()> {
        if model.kind != ModelKind::View {
            let (schema, batches) = self.query(&model.name, &model.sql)?;
            return self.register(&model.name, schema, batches);
        }
        let declared = self.runtime.block_on(self.plans.declare_view(&model.name, &model.sql));
        declared.map_err(|e| engine_error(&model.name, &e))
    }

    /// Runs a query and collects its rows; for results that fit a shard.
    ///
    /// ```
    /// use regua::io::engine::{Engine, Value, Variables};
    /// let runtime = tokio::runtime::Runtime::new()?;
    /// let engine = Engine::new(runtime.handle(), 256_000_000, Variables::new([("months", Value::Int(13))]))?;
    /// let session = engine.session();
    /// assert!(session.query("a", "select @months as months").is_ok());
    /// let refused = session.query("a", "create table t as select 1 as one").err().expect("DDL is off").to_string();
    /// assert!(refused.starts_with("model a: ") && refused.contains("DDL not supported"), "{refused}");
    /// assert!(session.query("a", "select missing from nowhere").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `Model` where the query cannot be planned, runs out of memory or meets a value that does not fit its type.
    pub fn query(&self, name: &str, sql: &str) -> Result<(SchemaRef, Vec<RecordBatch>)> {
        let collected = self.runtime.block_on(async {
            let (schema, plan) = self.plans.plan(sql, &self.rows, self.leads).await?;
            let batches = collect(reset_plan_states(plan)?, Arc::clone(&self.task)).await?.into_iter();
            let batches = batches.map(|b| as_planned(&b, &schema)).collect::<std::result::Result<Vec<_>, _>>();
            Ok((schema, batches?))
        });
        collected.map_err(|e: DataFusionError| engine_error(name, &e))
    }

    /// The rows of a table that was registered or computed before.
    ///
    /// # Errors
    /// As `query`; there is no such table.
    pub fn table(&self, name: &str) -> Result<(SchemaRef, Vec<RecordBatch>)> {
        match (self.plans.schema(name), self.rows.of(name)) {
            (Some(schema), Some(batches)) => Ok((schema, batches)),
            _ => self.query(name, &format!("select * from {name}")),
        }
    }

    /// After a model of a shard ran: checks its grain, and lets go of the tables that nothing reads any more, so that a shard
    /// needs the memory of its widest moment and not of all that it ever held.
    ///
    /// # Errors
    /// `Audit` where a key stands more than once; `Model` where a column of the key is not in the table.
    pub fn finish(&self, model: &Model) -> Result<()> {
        model.last_reads.iter().for_each(|table| self.rows.remove(table));
        let is_checked = model.kind.has_rows() && model.layer != Layer::Staging;
        match if is_checked { self.repeated_keys(&model.name, &model.grain)? } else { 0 } {
            0 => Ok(()),
            repeated => Err(Error::Audit(Lines(vec![Finding {
                audit: format!("grain of {}", model.name),
                subject: model.grain.join(", "),
                expected: "one row each".to_owned(),
                actual: "more than one".to_owned(),
                difference: match repeated {
                    1 => "1 key occurs more than once".to_owned(),
                    more => format!("{more} keys occur more than once"),
                },
            }]))),
        }
    }

    /// Keys that stand more than once in a table.
    ///
    /// # Errors
    /// As `query`; a column of the key is not in the table.
    pub fn repeated_keys(&self, name: &str, key: &[String]) -> Result<usize> {
        if key.is_empty() || !self.may_repeat(name, key)? {
            return Ok(0);
        }
        let key = key.join(", ");
        let (_, batches) = self.query(name, &format!("select {key} from {name} group by {key} having count(*) > 1"))?;
        Ok(batches.iter().map(RecordBatch::num_rows).sum())
    }

    /// Can a key stand more than once in a table? Equal keys have equal hashes; different keys have them by rare chance.
    fn may_repeat(&self, name: &str, key: &[String]) -> Result<bool> {
        let mut hashes = Vec::new();
        for batch in self.table(name)?.1 {
            let columns = key.iter().map(|column| batch.column_by_name(column));
            let Some(columns) = columns.collect::<Option<Vec<&ArrayRef>>>() else { return Ok(true) };
            let mut of_batch = vec![0; batch.num_rows()];
            create_hashes(columns, &RandomState::default(), &mut of_batch).map_err(|e| engine_error(name, &e))?;
            hashes.append(&mut of_batch);
        }
        hashes.sort_unstable();
        Ok(hashes.windows(2).any(|pair| pair[0] == pair[1]))
    }
}

/// The planner's idea of what can be null varies from plan to plan; tables of one name must not.
fn nullable(schema: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter().map(|f| f.as_ref().clone().with_nullable(true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The batch under the planned types: sums of mixed decimals come out wider than the plan says.
fn as_planned(batch: &RecordBatch, schema: &SchemaRef) -> arrow::error::Result<RecordBatch> {
    if batch.schema_ref() == schema {
        return Ok(batch.clone());
    }
    let columns = schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
        // The planner may take an amount for a whole number where it meets a plain 0; its cents are not given up for that.
        if column.data_type().is_decimal() && field.data_type().is_integer() {
            return Err(ArrowError::CastError(format!("{} would lose its decimals: cast it", field.name())));
        }
        cast(column, field.data_type())
    });
    RecordBatch::try_new(Arc::clone(schema), columns.collect::<arrow::error::Result<_>>()?)
}

fn options() -> SQLOptions {
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false)
}

/// Planning errors name columns and tables and are shown; errors at run time can hold values and are not.
fn engine_error(model: &str, error: &DataFusionError) -> Error {
    let what = match error.find_root() {
        e @ (DataFusionError::SQL(..) | DataFusionError::Plan(_) | DataFusionError::SchemaError(..)) => e.to_string(),
        DataFusionError::ResourcesExhausted(_) => return Error::OutOfMemory { object: format!("model {model}") },
        DataFusionError::ArrowError(error, _) if matches!(**error, ArrowError::DivideByZero) => {
            "it divides by zero: nullif(x, 0) makes the result null there".to_owned()
        }
        DataFusionError::ArrowError(..) => "a value does not fit its type (overflow, bad cast)".to_owned(),
        DataFusionError::NotImplemented(what) => format!("the engine cannot do this: {what}"),
        _ => "the engine failed; a model is one query, without a second statement behind it".to_owned(),
    };
    Error::Model { model: model.to_owned(), what: in_words(what.lines().next().unwrap_or_default()) }
}

/// What the engine says of names, in words that its user knows.
fn in_words(text: &str) -> String {
    let between = |from: &str, to: &str| Some(text.split_once(from)?.1.split_once(to)?.0.to_owned());
    if let Some(table) = between("table 'datafusion.public.", "' not found") {
        return format!(
            "there is no table {table} for it; a model reads what files before it make, and the inputs of a shard"
        );
    }
    match between("variable [\"", "\"] has no type") {
        Some(variable) => format!("there is no parameter {variable}; the day of the run is @as_of"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::Decimal128Array;
    use arrow::datatypes::Field;

    use super::*;

    /// `sum(case when x then 0 else amount end)` was planned as a whole number, and lost the cents of a credit.
    #[test]
    fn what_is_planned_as_a_whole_number_keeps_its_decimals_or_is_refused() {
        let amounts = Decimal128Array::from(vec![60_55]).with_precision_and_scale(38, 2).unwrap();
        let batch = RecordBatch::try_from_iter([("balance", Arc::new(amounts) as ArrayRef)]).unwrap();
        let planned = |kind| Arc::new(Schema::new(vec![Field::new("balance", kind, true)]));
        assert!(as_planned(&batch, &planned(DataType::Int64)).is_err());
        assert!(as_planned(&batch, &planned(DataType::Decimal128(28, 2))).is_ok());
    }
}
