//! Where the columns of a model come from, read off its logical plan: nothing is guessed from the text of the SQL.
//!
//! A plan is walked from its leaves up. Each node has, for each of its columns, the columns of tables that its values are
//! made of. What filters, joins, groups or chooses between values is kept apart: it says which rows there are, and whether
//! a value counts, but is in none of them.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, JoinType};
use datafusion::logical_expr::expr::{Case, WindowFunctionParams};
use datafusion::logical_expr::{Aggregate, Distinct, Expr, Join, LogicalPlan, SortExpr};

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableColumn {
    /// A model, or a table that is registered.
    pub table: String,
    /// Its column.
    pub column: String,
}

/// How a value is made of another; the later ones say less of the value that they are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flow {
    /// It is that value.
    Identity,
    /// It is worked out from it, in its own row.
    Transformation,
    /// It is worked out from several rows.
    Aggregation,
}

/// The columns that a value is made of.
pub type Sources = BTreeMap<TableColumn, Flow>;

/// Where a table comes from: as its own query says, or down to the tables that no model makes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traced {
    /// In their order: name and sources; no sources for a constant, a parameter or a count of rows.
    pub columns: Vec<(String, Sources)>,
    /// What else decides about its rows and values.
    pub influences: BTreeSet<TableColumn>,
    /// Every table that it reads, also one of which only the rows are counted.
    pub tables: BTreeSet<String>,
}

impl TableColumn {
    /// `column` of `table`.
    pub fn new(table: impl Into<String>, column: impl Into<String>) -> TableColumn {
        TableColumn { table: table.into(), column: column.into() }
    }
}

impl Traced {
    /// The sources of one of its columns.
    pub fn column(&self, name: &str) -> Option<&Sources> {
        self.columns.iter().find(|(column, _)| column == name).map(|(_, sources)| sources)
    }

    /// A table that has the rows of both.
    pub fn and(mut self, other: Traced) -> Traced {
        for (name, sources) in other.columns {
            match self.columns.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => add(known, sources, Flow::Identity),
                None => self.columns.push((name, sources)),
            }
        }
        self.influences.extend(other.influences);
        self.tables.extend(other.tables);
        self
    }

    /// The same table, in terms of what the tables that it reads are made of; those that are not among them stay.
    pub fn through(&self, known: &BTreeMap<String, Traced>) -> Traced {
        let mut traced = Traced::default();
        for (name, sources) in &self.columns {
            let mut deep = Sources::new();
            for (source, flow) in sources {
                match known.get(&source.table) {
                    Some(table) => add(&mut deep, table.column(&source.column).cloned().unwrap_or_default(), *flow),
                    None => add(&mut deep, Sources::from([(source.clone(), *flow)]), Flow::Identity),
                }
            }
            traced.columns.push((name.clone(), deep));
        }
        for source in &self.influences {
            match known.get(&source.table) {
                Some(table) => {
                    let sources = table.column(&source.column).into_iter().flatten();
                    traced.influences.extend(sources.map(|(source, _)| source.clone()));
                }
                None => traced.influences.extend([source.clone()]),
            }
        }
        for name in &self.tables {
            match known.get(name) {
                Some(table) => {
                    traced.tables.extend(table.tables.iter().cloned());
                    traced.influences.extend(table.influences.iter().cloned());
                }
                None => traced.tables.extend([name.clone()]),
            }
        }
        traced
    }
}

/// Adds sources, which have come at least this way.
fn add(to: &mut Sources, sources: Sources, flow: Flow) {
    for (source, own) in sources {
        let known = to.entry(source).or_insert(flow.max(own));
        *known = (*known).max(flow.max(own));
    }
}

/// Traces the plan of one query, as it comes from the SQL: the rules of the optimizer would take out what makes no difference.
pub(super) fn trace(plan: &LogicalPlan) -> Traced {
    let mut tracer = Tracer::default();
    let sources = tracer.node(plan);
    let names = plan.schema().fields().iter().map(|field| field.name().clone());
    Traced { columns: names.zip(sources).collect(), influences: tracer.influences, tables: tracer.tables }
}

#[derive(Default)]
struct Tracer<'p> {
    influences: BTreeSet<TableColumn>,
    tables: BTreeSet<String>,
    /// The rows around each subquery that is being traced, the innermost last.
    around: Vec<(&'p DFSchema, Vec<Sources>)>,
}

/// The columns that expressions may name, with their sources.
type Input<'p, 's> = (&'p DFSchema, &'s [Sources]);

impl<'p> Tracer<'p> {
    /// The sources of each column of a node.
    fn node(&mut self, plan: &'p LogicalPlan) -> Vec<Sources> {
        match plan {
            LogicalPlan::TableScan(scan) => {
                let table = scan.table_name.table();
                self.tables.insert(table.to_owned());
                let of = |name: &String| Sources::from([(TableColumn::new(table, name), Flow::Identity)]);
                scan.projected_schema.fields().iter().map(|field| of(field.name())).collect()
            }
            LogicalPlan::Projection(projection) => {
                let columns = self.node(&projection.input);
                self.values(&projection.expr, (projection.input.schema(), &columns))
            }
            LogicalPlan::Filter(filter) => {
                let columns = self.node(&filter.input);
                self.decides(&filter.predicate, (filter.input.schema(), &columns));
                columns
            }
            LogicalPlan::Sort(sort) => {
                let columns = self.node(&sort.input);
                self.orders(&sort.expr, (sort.input.schema(), &columns));
                columns
            }
            LogicalPlan::Window(window) => {
                let mut columns = self.node(&window.input);
                let own = self.values(&window.window_expr, (window.input.schema(), &columns));
                columns.extend(own);
                columns
            }
            LogicalPlan::Aggregate(aggregate) => self.aggregate(aggregate),
            LogicalPlan::Join(join) => self.join(join),
            LogicalPlan::Union(union) => self.union(plan, &union.inputs.iter().map(AsRef::as_ref).collect::<Vec<_>>()),
            LogicalPlan::SubqueryAlias(alias) => self.node(&alias.input),
            LogicalPlan::Subquery(subquery) => self.node(&subquery.subquery),
            LogicalPlan::Limit(limit) => self.node(&limit.input),
            LogicalPlan::Repartition(repartition) => self.node(&repartition.input),
            LogicalPlan::Distinct(Distinct::All(input)) => self.node(input),
            LogicalPlan::EmptyRelation(_) | LogicalPlan::Values(_) => {
                vec![Sources::new(); plan.schema().fields().len()]
            }
            other => self.unknown(other),
        }
    }

    /// Of a node that no shipped model has: whatever goes in may be in anything that comes out.
    fn unknown(&mut self, plan: &'p LogicalPlan) -> Vec<Sources> {
        let mut all = Sources::new();
        for input in plan.inputs() {
            self.node(input).into_iter().for_each(|sources| add(&mut all, sources, Flow::Aggregation));
        }
        self.influence(&all);
        vec![all; plan.schema().fields().len()]
    }

    fn aggregate(&mut self, aggregate: &'p Aggregate) -> Vec<Sources> {
        let columns = self.node(&aggregate.input);
        let input: Input<'p, '_> = (aggregate.input.schema(), &columns);
        aggregate.group_expr.iter().for_each(|expr| self.decides(expr, input));
        let mut made = self.values(&aggregate.group_expr, input);
        let own = self.values(&aggregate.aggr_expr, input);
        // Grouping sets have more columns than expressions: each may be any of the group's.
        let width = aggregate.schema.fields().len();
        if made.len() + own.len() != width {
            let mut any = Sources::new();
            made.drain(..).for_each(|sources| add(&mut any, sources, Flow::Transformation));
            made = vec![any; width.saturating_sub(own.len())];
        }
        made.into_iter().chain(own).collect()
    }

    fn join(&mut self, join: &'p Join) -> Vec<Sources> {
        let (left, right) = (self.node(&join.left), self.node(&join.right));
        for (of_left, of_right) in &join.on {
            self.decides(of_left, (join.left.schema(), &left));
            self.decides(of_right, (join.right.schema(), &right));
        }
        if let Some(filter) = &join.filter
            && let Ok(schema) = join.left.schema().join(join.right.schema())
        {
            let columns = [left.clone(), right.clone()].concat();
            let found = names_in(filter).into_iter().filter_map(|column| schema.maybe_index_of_column(&column));
            found.for_each(|at| self.influence(&columns[at]));
        }
        let mark = || vec![Sources::new()];
        match join.join_type {
            JoinType::LeftSemi | JoinType::LeftAnti => left,
            JoinType::RightSemi | JoinType::RightAnti => right,
            JoinType::LeftMark => [left, mark()].concat(),
            JoinType::RightMark => [right, mark()].concat(),
            JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => [left, right].concat(),
        }
    }

    fn union(&mut self, plan: &'p LogicalPlan, inputs: &[&'p LogicalPlan]) -> Vec<Sources> {
        let mut made = vec![Sources::new(); plan.schema().fields().len()];
        for input in inputs {
            let columns = self.node(input);
            made.iter_mut().zip(columns).for_each(|(to, sources)| add(to, sources, Flow::Identity));
        }
        made
    }

    fn values(&mut self, exprs: &'p [Expr], input: Input<'p, '_>) -> Vec<Sources> {
        exprs.iter().map(|expr| self.value(expr, input)).collect()
    }

    /// What the value of an expression is made of.
    fn value(&mut self, expr: &'p Expr, input: Input<'p, '_>) -> Sources {
        match expr {
            Expr::Column(column) => found(column, input),
            Expr::OuterReferenceColumn(_, column) => {
                self.around.last().map_or_else(Sources::new, |(schema, columns)| found(column, (schema, columns)))
            }
            Expr::Alias(alias) => self.value(&alias.expr, input),
            Expr::Case(case) => self.case(case, input),
            Expr::AggregateFunction(function) => {
                let params = &function.params;
                params.filter.iter().for_each(|filter| self.decides(filter, input));
                self.orders(&params.order_by, input);
                self.merged(&params.args, input, Flow::Aggregation)
            }
            Expr::WindowFunction(function) => self.window(&function.params, input),
            Expr::ScalarSubquery(subquery) => self.subquery(&subquery.subquery, input, Flow::Transformation),
            Expr::Exists(exists) => {
                let sources = self.subquery(&exists.subquery.subquery, input, Flow::Transformation);
                self.influence(&sources);
                Sources::new()
            }
            Expr::InSubquery(within) => {
                let mut sources = self.subquery(&within.subquery.subquery, input, Flow::Transformation);
                add(&mut sources, self.value(&within.expr, input), Flow::Transformation);
                sources
            }
            Expr::SetComparison(comparison) => {
                let mut sources = self.subquery(&comparison.subquery.subquery, input, Flow::Transformation);
                add(&mut sources, self.value(&comparison.expr, input), Flow::Transformation);
                sources
            }
            other => self.merged(children(other), input, Flow::Transformation),
        }
    }

    fn merged(&mut self, exprs: impl IntoIterator<Item = &'p Expr>, input: Input<'p, '_>, flow: Flow) -> Sources {
        let mut sources = Sources::new();
        exprs.into_iter().for_each(|expr| add(&mut sources, self.value(expr, input), flow));
        sources
    }

    /// The values that it may give; what it chooses by is in none of them.
    fn case(&mut self, case: &'p Case, input: Input<'p, '_>) -> Sources {
        let when = case.when_then_expr.iter().map(|(when, _)| when);
        case.expr.iter().chain(when).for_each(|expr| self.decides(expr, input));
        let then = case.when_then_expr.iter().map(|(_, then)| then);
        self.merged(then.chain(&case.else_expr).map(AsRef::as_ref), input, Flow::Transformation)
    }

    fn window(&mut self, params: &'p WindowFunctionParams, input: Input<'p, '_>) -> Sources {
        params.partition_by.iter().for_each(|expr| self.decides(expr, input));
        params.order_by.iter().for_each(|sort| self.decides(&sort.expr, input));
        params.filter.iter().for_each(|filter| self.decides(filter, input));
        self.merged(&params.args, input, Flow::Aggregation)
    }

    fn subquery(&mut self, plan: &'p LogicalPlan, (schema, columns): Input<'p, '_>, flow: Flow) -> Sources {
        self.around.push((schema, columns.to_vec()));
        let mut sources = Sources::new();
        self.node(plan).into_iter().for_each(|of_column| add(&mut sources, of_column, flow));
        self.around.pop();
        sources
    }

    fn orders(&mut self, sorts: &'p [SortExpr], input: Input<'p, '_>) {
        sorts.iter().for_each(|sort| self.decides(&sort.expr, input));
    }

    fn decides(&mut self, expr: &'p Expr, input: Input<'p, '_>) {
        let sources = self.value(expr, input);
        self.influence(&sources);
    }

    fn influence(&mut self, sources: &Sources) {
        self.influences.extend(sources.keys().cloned());
    }
}

fn found(column: &Column, (schema, columns): (&DFSchema, &[Sources])) -> Sources {
    schema.maybe_index_of_column(column).and_then(|at| columns.get(at)).cloned().unwrap_or_default()
}

fn children(expr: &Expr) -> Vec<&Expr> {
    let mut children = Vec::new();
    // It stops at nothing, so it cannot fail.
    let _ = expr.apply_children(|child| {
        children.push(child);
        Ok(TreeNodeRecursion::Continue)
    });
    children
}

/// Every column that an expression names.
fn names_in(expr: &Expr) -> Vec<Column> {
    expr.column_refs().into_iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::{DataType, Field, Schema};

    use super::*;
    use crate::io::engine::{Engine, Models, Variables};

    /// `t` has a, b and c; `u` has a and d. Each query is a model, the later ones may read the earlier.
    fn traced(models: &[(&str, &str, &str)]) -> BTreeMap<String, Traced> {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let engine = Engine::new(runtime.handle(), 64_000_000, Variables::new([])).unwrap();
        let session = engine.session();
        for (name, columns) in [("t", &["a", "b", "c"][..]), ("u", &["a", "d"])] {
            let fields = columns.iter().map(|c| Field::new(*c, DataType::Int64, true)).collect::<Vec<_>>();
            session.register(name, Arc::new(Schema::new(fields)), Vec::new()).unwrap();
        }
        let head = |reads: &str, kind: &str| {
            format!(
                "-- Purpose: p\n-- Grain: none\n-- Reads: {reads}\n-- Units: none\n-- Nulls: none\n-- Kind: {kind}\n"
            )
        };
        let files: Vec<(String, String)> = models
            .iter()
            .map(|(name, reads, sql)| {
                let kind = if name.starts_with("all_") { "view" } else { "table" };
                (format!("40_kpis/{name}.sql"), format!("{}{sql}", head(reads, kind)))
            })
            .collect();
        let models = Models::read(files.iter().map(|(path, text)| (path.as_str(), text.as_str()))).unwrap();
        models.of(crate::io::engine::Layer::Kpis).for_each(|model| session.run(model).unwrap());
        engine.traced(&models)
    }

    /// `name: source flow, …` for each column, and then the influences.
    fn told(traced: &Traced) -> Vec<String> {
        let line = |name: &str, of: Vec<String>| format!("{name}: {}", of.join(", ")).trim_end().to_owned();
        let of_columns = traced.columns.iter().map(|(name, sources)| {
            let sources = sources.iter().map(|(s, flow)| format!("{}.{} {flow:?}", s.table, s.column));
            line(name, sources.collect())
        });
        let influences = traced.influences.iter().map(|s| format!("{}.{}", s.table, s.column));
        of_columns.chain([line("rows", influences.collect())]).collect()
    }

    /// SQL over `t` and `u`, and what comes of what.
    const CASES: &[(&str, &[&str])] = &[
        (
            "select a, b + c as s, 1 as one from t",
            &["a: t.a Identity", "s: t.b Transformation, t.c Transformation", "one:", "rows:"],
        ),
        ("select sum(b) as b, count(*) as n from t group by a", &["b: t.b Aggregation", "n:", "rows: t.a"]),
        ("select a from t where b > 0 and c is not null", &["a: t.a Identity", "rows: t.b, t.c"]),
        ("select case when a > 0 then b else 0 end as x from t", &["x: t.b Transformation", "rows: t.a"]),
        (
            "select t.b, u.d from t left join u on t.a = u.a and t.c > u.d",
            &["b: t.b Identity", "d: u.d Identity", "rows: t.a, t.c, u.a, u.d"],
        ),
        ("select b from t left anti join u on t.a = u.a", &["b: t.b Identity", "rows: t.a, u.a"]),
        ("select a from t union all select d from u", &["a: t.a Identity, u.d Identity", "rows:"]),
        (
            "with x as (select a, b as z from t) select coalesce(z, a) as y from x",
            &["y: t.a Transformation, t.b Transformation", "rows:"],
        ),
        ("select sum(b) over (partition by a order by c) as s from t", &["s: t.b Aggregation", "rows: t.a, t.c"]),
        ("select a, (select max(d) from u) as m from t", &["a: t.a Identity", "m: u.d Aggregation", "rows:"]),
        ("select a from t where exists (select 1 from u where u.a = t.a)", &["a: t.a Identity", "rows: t.a, u.a"]),
        ("select a from t where b in (select d from u)", &["a: t.a Identity", "rows: t.b, u.d"]),
        ("select distinct a from t order by a limit 1", &["a: t.a Identity", "rows: t.a"]),
    ];

    #[test]
    fn every_column_comes_from_where_the_query_has_it() {
        for (sql, expected) in CASES {
            let traced = traced(&[("kpi_x", "t, u", sql)]);
            assert_eq!(told(&traced["kpi_x"]), *expected, "{sql}");
        }
    }

    #[test]
    fn a_chain_of_models_is_followed_down_to_its_tables() {
        let models = traced(&[
            ("kpi_one", "t", "select a, sum(b) as b from t where c > 0 group by a"),
            ("all_two", "kpi_one", "select a as key, b as total from kpi_one"),
            (
                "kpi_three",
                "all_two, u",
                "select u.d, x.total + 1 as more from u inner join all_two as x on x.key = u.a",
            ),
            ("kpi_four", "kpi_three", "select count(*) as n from kpi_three"),
        ]);
        let mut known = BTreeMap::new();
        for name in ["kpi_one", "kpi_three", "kpi_four"] {
            known.insert(name.to_owned(), models[name].through(&known));
        }
        let rows = "rows: t.a, t.c, u.a";
        assert_eq!(told(&known["kpi_three"]), ["d: u.d Identity", "more: t.b Aggregation", rows]);
        assert_eq!(told(&known["kpi_four"]), ["n:", rows], "a count of rows depends on all that decides about them");
        assert_eq!(known["kpi_four"].tables, ["t", "u"].map(String::from).into());
    }
}
