//! Variables that a plan is run with, where others are part of it: so one plan serves every day of a simulation.
//!
//! The planner makes a literal of a variable. Of one that differs from day to day it would be another plan each day, and
//! planning costs more than running. So a function of no arguments stands in the plan for it. It is put there after the
//! rules have run: they take a variable for the constant that it is.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, Expr, LogicalPlan, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::Variables;

/// The variables that are bound when a plan runs, and their values now.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    names: Arc<BTreeSet<String>>,
    values: Arc<Mutex<Variables>>,
}

impl Bound {
    /// Those that are not the same on the first day and on the last. Every variable moves one way with the days, or not at all.
    pub(super) fn between(first: Variables, last: &Variables) -> Bound {
        let names = first.0.keys().filter(|name| first.0.get(*name) != last.0.get(*name)).cloned().collect();
        Bound { names: Arc::new(names), values: Arc::new(Mutex::new(first)) }
    }

    /// What plans run with from now on.
    pub(super) fn set(&self, values: Variables) {
        *lock(&self.values) = values;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The plan with a function in the place of each variable that is bound.
    pub(super) fn bind(&self, plan: LogicalPlan) -> Result<LogicalPlan> {
        let bind = |node: LogicalPlan| node.map_expressions(|e| e.transform_up(|e| Ok(self.bound(e))));
        plan.transform_up_with_subqueries(bind).data()
    }

    fn bound(&self, expression: Expr) -> Transformed<Expr> {
        match &expression {
            Expr::ScalarVariable(field, names) if names.iter().any(|name| self.names.contains(name)) => {
                let value = Value {
                    name: names.join("."),
                    kind: field.data_type().clone(),
                    signature: Signature::nullary(Volatility::Volatile),
                    values: Arc::clone(&self.values),
                };
                Transformed::yes(ScalarUDF::new_from_impl(value).call(Vec::new()))
            }
            _ => Transformed::no(expression),
        }
    }
}

/// `@as_of`, as a function of no arguments.
#[derive(Debug)]
struct Value {
    name: String,
    kind: DataType,
    signature: Signature,
    values: Arc<Mutex<Variables>>,
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        self.name == other.name
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Value {
    fn name(&self) -> &str {
        &self.name
    }

    /// As the variable is called: the columns above it go by that.
    fn schema_name(&self, _: &[Expr]) -> Result<String> {
        Ok(self.name.clone())
    }

    fn display_name(&self, _: &[Expr]) -> Result<String> {
        Ok(self.name.clone())
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.kind.clone())
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let value = lock(&self.values).0.get(&self.name).cloned();
        let unknown = || DataFusionError::Plan(format!("unknown variable {}", self.name));
        value.map(ColumnarValue::Scalar).ok_or_else(unknown)
    }
}

fn lock(values: &Mutex<Variables>) -> MutexGuard<'_, Variables> {
    values.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Date32Array, RecordBatch};
    use arrow::util::pretty::pretty_format_batches;

    use super::super::{Engine, Value, Variables};

    fn variables(day: i32) -> Variables {
        Variables::new([("as_of", Value::Date(day)), ("as_of_day", Value::Day(day)), ("months", Value::Int(13))])
    }

    /// A filter, a group, a window, a join and a query in a query: wherever a variable may stand.
    const QUERY: &str = "with known as (select day, @as_of_day - cast(day as int) as age from days where day <= @as_of),
        counted as (select @as_of - day as before, count(*) as days from known group by @as_of - day),
        latest as (select max(day) as day from known where day < @as_of)
        select known.day, age, @as_of, @months as months, count(*) over (partition by @as_of - known.day order by known.day) as nth,
            latest.day as latest, (select count(*) from counted) as groups
        from known left join latest on known.day = latest.day and @as_of >= latest.day
        order by known.day";

    #[test]
    fn one_plan_runs_with_the_values_of_each_day() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let days: ArrayRef = Arc::new(Date32Array::from(vec![1, 2, 3, 4]));
        let rows = RecordBatch::try_from_iter([("day", days)]).unwrap();
        let of = |engine: &Engine| {
            let session = engine.session();
            session.register("days", rows.schema(), vec![rows.clone()]).unwrap();
            let (schema, batches) = session.query("q", QUERY).unwrap();
            let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
            (names, pretty_format_batches(&batches).unwrap().to_string())
        };
        let bound = Engine::between(runtime.handle(), 256_000_000, (variables(1), variables(4))).unwrap();
        for day in [1, 3, 2, 4] {
            bound.set(variables(day));
            let literal = Engine::new(runtime.handle(), 256_000_000, variables(day)).unwrap();
            assert_eq!(of(&bound), of(&literal), "day {day}");
        }
    }
}
