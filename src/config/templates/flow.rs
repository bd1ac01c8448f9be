//! What a template does on each of its paths, read from its syntax tree: which fields it names, which of them can be
//! null there, and what it prints where.
//!
//! Rendering samples finds what goes wrong with those samples; this finds what can go wrong with any, line by line.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::machinery::ast::{CallArg, Expr, Filter, ForLoop, IfCond, Stmt};
use minijinja::machinery::{WhitespaceConfig, parse};

use super::facts::facts;
use crate::config::document::unknown;
use crate::domain::message::fields::{FIELDS, Field, Kind};

/// What an expression holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    Text,
    Number,
    Amount,
    /// An amount as text.
    Money,
    Date,
    Flag,
    Record(&'static [Field]),
    List(&'static [Field]),
    /// The variable `loop`.
    Loop,
    /// Set on one branch of an `{% if %}` only.
    Half,
    /// Something made in the template, or something that was refused already.
    Other,
}

/// What an expression holds, whether that can be null, and under which name it can be asked for.
#[derive(Clone, Debug)]
pub(super) struct Type {
    pub(super) shape: Shape,
    pub(super) nullable: bool,
    pub(super) path: Option<String>,
}

impl Type {
    fn of(shape: Shape) -> Type {
        Type { shape, nullable: false, path: None }
    }

    fn or_null(shape: Shape, nullable: bool) -> Type {
        Type { shape, nullable, path: None }
    }
}

/// Where the subject stands: it is the first line of what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Body,
    Before,
    Subject,
}

const LOOP: [&str; 8] = ["index", "index0", "revindex", "revindex0", "length", "first", "last", "depth"];
const FILTERS: [&str; 9] = ["default", "length", "upper", "lower", "first", "last", "abs", "money", "date"];
const TESTS: [&str; 2] = ["none", "defined"];

pub(super) struct Flow {
    names_no_debt: bool,
    place: Place,
    variables: BTreeMap<String, Type>,
    /// Paths that are not null here.
    pub(super) present: BTreeSet<String>,
    loops: usize,
    /// Whether an amount was printed since this was last reset.
    printed_money: bool,
    /// Line and what is wrong there.
    faults: Vec<(usize, String)>,
}

/// Every fault of a template, by line; nothing where it cannot be parsed.
pub(super) fn faults(text: &str, names_no_debt: bool) -> Vec<(usize, String)> {
    let whitespace = WhitespaceConfig { keep_trailing_newline: false, lstrip_blocks: true, trim_blocks: true };
    let Ok(Stmt::Template(tree)) = parse(text, "", Default::default(), whitespace) else { return Vec::new() };
    let mut flow = Flow {
        names_no_debt,
        place: Place::Before,
        variables: BTreeMap::new(),
        present: BTreeSet::new(),
        loops: 0,
        printed_money: false,
        faults: Vec::new(),
    };
    flow.block(&tree.children);
    flow.faults
}

fn line(expr: &Expr<'_>) -> usize {
    usize::from(expr.span().start_line)
}

impl Flow {
    fn refuse(&mut self, at: usize, what: impl Into<String>) {
        self.faults.push((at, what.into()));
    }

    fn block(&mut self, statements: &[Stmt<'_>]) {
        statements.iter().for_each(|statement| self.statement(statement));
    }

    fn statement(&mut self, statement: &Stmt<'_>) {
        match statement {
            Stmt::EmitRaw(raw) => self.passes(raw.raw),
            Stmt::EmitExpr(emit) => self.emit(&emit.expr),
            Stmt::ForLoop(for_loop) => self.for_loop(for_loop),
            Stmt::IfCond(cond) => self.if_cond(cond),
            Stmt::WithBlock(with) => {
                let outside = self.variables.clone();
                for (target, value) in &with.assignments {
                    let held = self.expr(value);
                    self.bind(target, held);
                }
                self.block(&with.body);
                self.variables = outside;
            }
            Stmt::Set(set) => {
                let held = self.expr(&set.expr);
                self.bind(&set.target, held);
            }
            Stmt::SetBlock(set) => {
                let (place, printed) = (self.place, std::mem::take(&mut self.printed_money));
                self.place = Place::Body;
                self.block(&set.body);
                let shape = if self.printed_money { Shape::Money } else { Shape::Text };
                (self.place, self.printed_money) = (place, printed);
                self.bind(&set.target, Type::of(shape));
            }
            Stmt::AutoEscape(escape) => self.block(&escape.body),
            Stmt::FilterBlock(filter) => self.block(&filter.body),
            Stmt::Do(call) => self.refuse(usize::from(call.span().start_line), NO_CALLS),
            _ => {}
        }
    }

    /// Text that is printed: a line break ends the subject.
    fn passes(&mut self, text: &str) {
        let mut text = text;
        if self.place == Place::Before {
            text = text.trim_start();
            match text.strip_prefix("Subject:") {
                Some(rest) => (self.place, text) = (Place::Subject, rest),
                None if text.is_empty() => {}
                None => self.place = Place::Body,
            }
        }
        if self.place == Place::Subject && text.contains('\n') {
            self.place = Place::Body;
        }
    }

    fn emit(&mut self, expr: &Expr<'_>) {
        if let Expr::Const(constant) = expr
            && let Some(text) = constant.value.as_str()
        {
            return self.passes(text);
        }
        let found = self.expr(expr);
        let name = name_of(expr, &found);
        let at = line(expr);
        self.must_hold(at, &found, &name);
        match found.shape {
            Shape::Amount => self.refuse(at, format!("{name} would be printed in cents; say {name} | money")),
            Shape::Record(fields) => {
                let names: Vec<&str> = fields.iter().map(|f| f.name).collect();
                self.refuse(at, format!("{name} is a record; print one of its fields: {}", names.join(", ")));
            }
            Shape::List(_) => self.refuse(at, format!("{name} is a list; go over it with {{% for %}}")),
            Shape::Flag => self.refuse(at, format!("{name} is true or false; ask for it with {{% if %}}")),
            _ => {}
        }
        let is_amount = matches!(found.shape, Shape::Amount | Shape::Money);
        self.printed_money |= is_amount;
        match self.place {
            Place::Subject if is_amount => {
                self.refuse(
                    at,
                    format!("{name} puts an amount in the subject, where others see it; say it in the body"),
                );
            }
            Place::Before => self.place = Place::Body,
            _ => {}
        }
    }

    fn for_loop(&mut self, for_loop: &ForLoop<'_>) {
        let held = self.expr(&for_loop.iter);
        let at = line(&for_loop.iter);
        let name = name_of(&for_loop.iter, &held);
        self.must_hold(at, &held, &name);
        let entry = match held.shape {
            Shape::List(fields) => Shape::Record(fields),
            Shape::Other | Shape::Half => Shape::Other,
            _ => {
                self.refuse(at, format!("{name} is no list; a loop goes over items or offer.instalments"));
                Shape::Other
            }
        };
        self.loops += 1;
        let (outside, present) = (self.variables.clone(), self.present.clone());
        let path = Some(format!("{}#{}", variable_name(&for_loop.target).unwrap_or_default(), self.loops));
        self.bind(&for_loop.target, Type { shape: entry, nullable: false, path });
        self.variables.insert("loop".to_owned(), Type::of(Shape::Loop));
        if let Some(filter) = &for_loop.filter_expr {
            self.expr(filter);
            let holds = facts(self, filter, true);
            self.present.extend(holds);
        }
        self.block(&for_loop.body);
        (self.variables, self.present) = (outside, present);
        self.block(&for_loop.else_body);
    }

    fn if_cond(&mut self, cond: &IfCond<'_>) {
        self.expr(&cond.expr);
        let (place, before, present) = (self.place, self.variables.clone(), self.present.clone());
        let holds = facts(self, &cond.expr, true);
        self.present.extend(holds);
        self.block(&cond.true_body);
        let after_true = std::mem::replace(&mut self.variables, before);
        let place_true = std::mem::replace(&mut self.place, place);
        self.present = present.clone();
        let holds = facts(self, &cond.expr, false);
        self.present.extend(holds);
        self.block(&cond.false_body);
        self.present = present;
        // What one branch leaves open is open.
        self.place = self.place.max(place_true);
        let mut names: BTreeSet<String> = after_true.keys().cloned().collect();
        names.extend(self.variables.keys().cloned());
        for name in names {
            match (after_true.get(&name), self.variables.get_mut(&name)) {
                (Some(there), Some(here)) => *here = joined(there, here),
                _ => drop(self.variables.insert(name, Type::of(Shape::Half))),
            }
        }
    }

    fn bind(&mut self, target: &Expr<'_>, held: Type) {
        match variable_name(target) {
            Some(name) => drop(self.variables.insert(name.to_owned(), held)),
            None => self.refuse(line(target), "a value goes to one name"),
        }
    }

    /// The path by which a field can be asked for; nothing is refused on the way.
    pub(super) fn path_of(&self, expr: &Expr<'_>) -> Option<String> {
        match expr {
            Expr::Var(var) => match self.variables.get(var.id) {
                Some(held) => held.path.clone(),
                None => Some(var.id.to_owned()),
            },
            Expr::GetAttr(get) => self.path_of(&get.expr).map(|path| format!("{path}.{}", get.name)),
            Expr::GetItem(get) => match get.subscript_expr.as_const() {
                Some(name) => Some(format!("{}.{}", self.path_of(&get.expr)?, name.as_str()?)),
                None => None,
            },
            _ => None,
        }
    }

    /// Refuses what can be null here.
    fn must_hold(&mut self, at: usize, found: &Type, name: &str) {
        let is_present = found.path.as_ref().is_some_and(|path| self.present.contains(path));
        if found.nullable && !is_present {
            self.refuse(
                at,
                format!("{name} can be null; put {{% if {name} %}} around it, or say {name} | default(\"...\", true)"),
            );
        }
    }

    pub(super) fn expr(&mut self, expr: &Expr<'_>) -> Type {
        match expr {
            Expr::Var(var) => self.variable(line(expr), var.id),
            Expr::Const(constant) => constant_type(&constant.value),
            Expr::Slice(slice) => {
                for bound in [&slice.start, &slice.stop, &slice.step].into_iter().flatten() {
                    self.expr(bound);
                }
                let found = self.expr(&slice.expr);
                self.must_hold(line(expr), &found, &name_of(&slice.expr, &found));
                Type { path: None, ..found }
            }
            Expr::UnaryOp(unary) => {
                let found = self.expr(&unary.expr);
                match found.shape {
                    Shape::Number | Shape::Amount if !is_not(unary) => Type::of(found.shape),
                    _ => Type::of(Shape::Flag),
                }
            }
            Expr::BinOp(binary) => self.binary(expr, binary),
            Expr::Compare(compare) => {
                self.expr(&compare.expr);
                compare.ops.iter().for_each(|op| drop(self.expr(&op.expr)));
                Type::of(Shape::Flag)
            }
            Expr::IfExpr(choice) => {
                self.expr(&choice.test_expr);
                let yes = self.under(&choice.test_expr, true, &choice.true_expr);
                match &choice.false_expr {
                    Some(no) => {
                        let no = self.under(&choice.test_expr, false, no);
                        joined(&yes, &no)
                    }
                    None => yes,
                }
            }
            Expr::Filter(filter) => self.filter(line(expr), filter),
            Expr::Test(test) => {
                if !TESTS.contains(&test.name) {
                    self.refuse(line(expr), unknown("test", test.name, TESTS.into_iter()));
                }
                self.expr(&test.expr);
                Type::of(Shape::Flag)
            }
            Expr::GetAttr(get) => self.field_of(line(expr), &get.expr, get.name),
            Expr::GetItem(get) => match &get.subscript_expr {
                Expr::Const(name) if name.value.as_str().is_some() => {
                    self.field_of(line(expr), &get.expr, name.value.as_str().unwrap_or_default())
                }
                subscript => self.entry_of(line(expr), &get.expr, subscript),
            },
            Expr::Call(_) => {
                self.refuse(line(expr), NO_CALLS);
                Type::of(Shape::Other)
            }
            Expr::List(list) => {
                list.items.iter().for_each(|entry| drop(self.expr(entry)));
                Type::of(Shape::Other)
            }
            Expr::Map(map) => {
                map.values.iter().for_each(|entry| drop(self.expr(entry)));
                Type::of(Shape::Other)
            }
        }
    }

    /// An expression where a condition is known to hold, or not to; what it holds is made sure of there.
    pub(super) fn under(&mut self, condition: &Expr<'_>, holds: bool, expr: &Expr<'_>) -> Type {
        let present = self.present.clone();
        let more = facts(self, condition, holds);
        self.present.extend(more);
        let mut found = self.expr(expr);
        found.nullable &= !found.path.as_ref().is_some_and(|path| self.present.contains(path));
        self.present = present;
        found
    }

    fn variable(&mut self, at: usize, id: &str) -> Type {
        if let Some(held) = self.variables.get(id).cloned() {
            if matches!(held.shape, Shape::Half) {
                self.refuse(at, format!("`{id}` is set on one branch only; set it before the {{% if %}} too"));
                return Type::of(Shape::Other);
            }
            return held;
        }
        let Some(field) = FIELDS.iter().find(|f| f.name == id) else {
            let known: Vec<String> = self.variables.keys().cloned().collect();
            let known = FIELDS.iter().map(|f| f.name).chain(known.iter().map(String::as_str));
            let mut what = unknown("field", id, known);
            if let Some(full) = full_name(id) {
                what = format!("unknown field `{id}`; did you mean {full}?");
            }
            self.refuse(at, what);
            return Type::of(Shape::Other);
        };
        self.field(at, field, id.to_owned(), id)
    }

    fn field(&mut self, at: usize, field: &Field, path: String, name: &str) -> Type {
        if field.names_debt && self.names_no_debt {
            let what =
                format!("{name} tells of a debt, and line 1 says that this message names none; take one of them out");
            self.refuse(at, what);
        }
        let shape = match field.kind {
            Kind::Text(_) | Kind::Word(_) => Shape::Text,
            Kind::Count(..) => Shape::Number,
            Kind::Amount(_) => Shape::Amount,
            Kind::Date => Shape::Date,
            Kind::Flag => Shape::Flag,
            Kind::Record(inner) => Shape::Record(inner),
            Kind::List(inner) => Shape::List(inner),
        };
        Type { shape, nullable: field.nullable, path: Some(path) }
    }

    fn field_of(&mut self, at: usize, base: &Expr<'_>, name: &str) -> Type {
        let held = self.expr(base);
        let before = name_of(base, &held);
        self.must_hold(at, &held, &before);
        match held.shape {
            Shape::Record(fields) => {
                let full = format!("{before}.{name}");
                let Some(field) = fields.iter().find(|f| f.name == name) else {
                    let known: Vec<String> = fields.iter().map(|f| format!("{before}.{}", f.name)).collect();
                    self.refuse(at, unknown("field", &full, known.iter().map(String::as_str)));
                    return Type::of(Shape::Other);
                };
                let path = held.path.map_or(full.clone(), |path| format!("{path}.{name}"));
                self.field(at, field, path, &full)
            }
            Shape::Loop if LOOP.contains(&name) => {
                Type::of(if matches!(name, "first" | "last") { Shape::Flag } else { Shape::Number })
            }
            Shape::Loop => {
                self.refuse(at, unknown("field of `loop`", name, LOOP.into_iter()));
                Type::of(Shape::Other)
            }
            Shape::Other | Shape::Half => Type::of(Shape::Other),
            _ => {
                self.refuse(at, format!("{before} has no field `{name}`: it is no record"));
                Type::of(Shape::Other)
            }
        }
    }

    /// `items[0]`: only the first and the last are sure to exist, and only of a list that is not empty.
    fn entry_of(&mut self, at: usize, base: &Expr<'_>, subscript: &Expr<'_>) -> Type {
        let held = self.expr(base);
        let before = name_of(base, &held);
        self.must_hold(at, &held, &before);
        self.expr(subscript);
        let Shape::List(fields) = held.shape else {
            if !matches!(held.shape, Shape::Other) {
                self.refuse(at, format!("{before} is no list: it has no entries"));
            }
            return Type::of(Shape::Other);
        };
        let is_end = subscript.as_const().and_then(|v| v.as_i64()).is_some_and(|n| n == 0 || n == -1);
        if !is_end || !self.is_filled(&held) {
            self.refuse(at, format!("this entry of {before} may not exist; go over {before} with {{% for %}}"));
        }
        Type { shape: Shape::Record(fields), nullable: false, path: Some(format!("{before}[{at}]")) }
    }

    /// A message names at least one item; any other list must have been asked for.
    fn is_filled(&self, list: &Type) -> bool {
        list.path.as_ref().is_some_and(|path| path == "items" || self.present.contains(path))
    }

    fn filter(&mut self, at: usize, filter: &Filter<'_>) -> Type {
        let found = filter.expr.as_ref().map_or(Type::of(Shape::Text), |e| self.expr(e));
        let name = filter.expr.as_ref().map_or("the block".to_owned(), |e| name_of(e, &found));
        let arguments: Vec<&Expr<'_>> = filter.args.iter().filter_map(positional).collect();
        let held: Vec<Type> = arguments.iter().map(|e| self.expr(e)).collect();
        if filter.name == "default" {
            let catches_null = arguments.get(1).and_then(|e| e.as_const()).is_some_and(|v| v.is_true());
            let other = held.into_iter().next().unwrap_or(Type::of(Shape::Text));
            return if catches_null {
                Type { path: None, ..joined(&Type { nullable: other.nullable, ..found }, &other) }
            } else {
                found
            };
        }
        self.must_hold(at, &found, &name);
        let fits = match (filter.name, found.shape) {
            (_, Shape::Other) => true,
            ("money", shape) => matches!(shape, Shape::Amount),
            ("date", shape) => matches!(shape, Shape::Date),
            ("abs", shape) => matches!(shape, Shape::Number | Shape::Amount),
            ("length", shape) => matches!(shape, Shape::List(_) | Shape::Text),
            ("first" | "last", shape) => matches!(shape, Shape::List(_)),
            ("upper" | "lower", shape) => matches!(shape, Shape::Text | Shape::Money),
            (other, _) => {
                self.refuse(at, unknown("filter", other, FILTERS.into_iter()));
                return Type::of(Shape::Other);
            }
        };
        if !fits {
            let wants = match filter.name {
                "money" => "an amount",
                "date" => "a date",
                "abs" => "a number",
                "length" | "first" | "last" => "a list",
                _ => "a text",
            };
            self.refuse(at, format!("{name} is not {wants}, as `| {}` wants it; take the filter out", filter.name));
            return Type::of(Shape::Other);
        }
        match (filter.name, found.shape) {
            ("money", _) => Type::of(Shape::Money),
            ("date", _) => Type::of(Shape::Text),
            ("length", _) => Type::of(Shape::Number),
            ("first" | "last", Shape::List(fields)) => {
                let nullable = !self.is_filled(&found);
                Type { shape: Shape::Record(fields), nullable, path: Some(format!("{name} | {}", filter.name)) }
            }
            (_, shape) => Type::of(shape),
        }
    }

    fn binary(&mut self, expr: &Expr<'_>, binary: &minijinja::machinery::ast::BinOp<'_>) -> Type {
        use minijinja::machinery::ast::BinOpKind as Op;
        let left = self.expr(&binary.left);
        match binary.op {
            Op::ScAnd => {
                let right = self.under(&binary.left, true, &binary.right);
                Type::or_null(right.shape, left.nullable || right.nullable)
            }
            Op::ScOr => {
                let right = self.under(&binary.left, false, &binary.right);
                Type { path: None, ..joined(&Type { nullable: right.nullable, ..left }, &right) }
            }
            Op::Eq | Op::Ne | Op::Lt | Op::Lte | Op::Gt | Op::Gte | Op::In => {
                self.expr(&binary.right);
                Type::of(Shape::Flag)
            }
            op => {
                let right = self.expr(&binary.right);
                let at = line(expr);
                for (side, held) in [(&binary.left, &left), (&binary.right, &right)] {
                    let name = name_of(side, held);
                    self.must_hold(at, held, &name);
                    if matches!((op, held.shape), (Op::Concat, Shape::Amount)) {
                        self.refuse(at, format!("{name} would be printed in cents; say {name} | money"));
                    }
                }
                Type::of(sum_shape(matches!(op, Op::Concat), left.shape, right.shape))
            }
        }
    }
}

const NO_CALLS: &str = "nothing can be called in a template; use a filter, such as total_due | money";

fn sum_shape(is_concat: bool, left: Shape, right: Shape) -> Shape {
    match (left, right) {
        (Shape::Money, _) | (_, Shape::Money) => Shape::Money,
        _ if is_concat => Shape::Text,
        (Shape::Amount, _) | (_, Shape::Amount) => Shape::Amount,
        _ => Shape::Number,
    }
}

/// One of the two: an amount if either is.
fn joined(one: &Type, other: &Type) -> Type {
    let shape = match (one.shape, other.shape) {
        (shape @ (Shape::Half | Shape::Amount | Shape::Money), _) => shape,
        (_, shape @ (Shape::Half | Shape::Amount | Shape::Money)) => shape,
        (Shape::Other, shape) | (shape, _) => shape,
    };
    let path = if one.path == other.path { one.path.clone() } else { None };
    Type { shape, nullable: one.nullable || other.nullable, path }
}

fn constant_type(value: &minijinja::Value) -> Type {
    use minijinja::value::ValueKind;
    match value.kind() {
        ValueKind::Number => Type::of(Shape::Number),
        ValueKind::Bool => Type::of(Shape::Flag),
        ValueKind::None => Type::or_null(Shape::Other, true),
        ValueKind::String => Type::of(Shape::Text),
        _ => Type::of(Shape::Other),
    }
}

fn is_not(unary: &minijinja::machinery::ast::UnaryOp<'_>) -> bool {
    matches!(unary.op, minijinja::machinery::ast::UnaryOpKind::Not)
}

fn positional<'e, 'a>(argument: &'e CallArg<'a>) -> Option<&'e Expr<'a>> {
    match argument {
        CallArg::Pos(expr) => Some(expr),
        _ => None,
    }
}

fn variable_name<'a>(target: &Expr<'a>) -> Option<&'a str> {
    match target {
        Expr::Var(var) => Some(var.id),
        _ => None,
    }
}

/// The expression as its author wrote it, as far as it is a name.
fn name_of(expr: &Expr<'_>, held: &Type) -> String {
    match expr {
        Expr::Var(var) => var.id.to_owned(),
        Expr::GetAttr(get) => format!("{}.{}", name_of(&get.expr, held), get.name),
        Expr::GetItem(get) => format!("{}[...]", name_of(&get.expr, held)),
        Expr::Slice(slice) => name_of(&slice.expr, held),
        Expr::Filter(filter) => match &filter.expr {
            Some(inner) => format!("{} | {}", name_of(inner, held), filter.name),
            None => filter.name.to_owned(),
        },
        _ => "this value".to_owned(),
    }
}

/// `name` as `debtor.name`, or as `item.name` in a loop: fields of the inner tables are often asked for without them.
fn full_name(name: &str) -> Option<String> {
    let has = |inner: &[Field]| inner.iter().any(|f| f.name == name);
    FIELDS.iter().find_map(|field| match field.kind {
        Kind::Record(inner) if has(inner) => Some(format!("`{}.{name}`", field.name)),
        Kind::List(inner) if has(inner) => Some(format!("`item.{name}`, in {{% for item in {} %}}", field.name)),
        _ => None,
    })
}
