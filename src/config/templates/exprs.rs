//! The type of an expression on the path where it is used, and what is wrong with it there.

use minijinja::machinery::ast::{BinOp, BinOpKind, Call, Expr, Filter};
use minijinja::value::{Value, ValueKind};

use super::facts::facts;
use super::flow::{Flow, NO_CALLS, line};
use super::types::{Purse, Shape, Type, constant_type, full_name, is_not, joined, name_of, positional};
use crate::config::document::unknown;
use crate::domain::message::fields::{FIELDS, Field, Kind};

const LOOP: [&str; 8] = ["index", "index0", "revindex", "revindex0", "length", "first", "last", "depth"];
const FILTERS: [&str; 9] = ["default", "length", "upper", "lower", "first", "last", "abs", "money", "date"];
const TESTS: [&str; 2] = ["none", "defined"];

/// What is in a list or a record of the template's own would lose its type.
const ONLY_TEXTS: &str = "a list or record that is written in a message holds texts in quotes; give every value a name of its own \
                          with {% set %}";

fn is_of_texts(value: &Value) -> bool {
    let of = |entry: Value| match value.kind() {
        ValueKind::Map => value.get_item(&entry).is_ok_and(|held| held.as_str().is_some()),
        _ => entry.as_str().is_some(),
    };
    value.try_iter().is_ok_and(|mut entries| entries.all(of))
}

impl Flow<'_> {
    pub(super) fn expr(&mut self, expr: &Expr<'_>) -> Type {
        match expr {
            Expr::Var(var) => self.variable(line(expr), var.id),
            Expr::Const(constant) => {
                let is_list = matches!(constant.value.kind(), ValueKind::Seq | ValueKind::Map);
                if is_list && !is_of_texts(&constant.value) {
                    self.refuse(line(expr), ONLY_TEXTS);
                }
                constant_type(&constant.value)
            }
            Expr::Slice(slice) => {
                for bound in [&slice.start, &slice.stop, &slice.step].into_iter().flatten() {
                    self.expr(bound);
                }
                let found = self.expr(&slice.expr);
                self.must_hold(line(expr), &found, &name_of(&slice.expr));
                Type { path: None, ..found }
            }
            Expr::UnaryOp(unary) => {
                let found = self.expr(&unary.expr);
                match found.shape {
                    Shape::Number | Shape::Amount(_) if !is_not(unary) => Type::of(found.shape),
                    _ => Type::of(Shape::Flag),
                }
            }
            Expr::BinOp(binary) => self.binary(expr, binary),
            Expr::Compare(compare) => {
                self.compare(compare);
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
            Expr::Call(call) => self.call(line(expr), call),
            Expr::List(_) | Expr::Map(_) => {
                if !expr.as_const().is_some_and(|value| is_of_texts(&value)) {
                    self.refuse(line(expr), ONLY_TEXTS);
                }
                Type::of(Shape::Other)
            }
        }
    }

    fn call(&mut self, at: usize, call: &Call<'_>) -> Type {
        if let Expr::GetAttr(get) = &call.expr {
            self.expr(&get.expr);
        }
        self.refuse(at, NO_CALLS);
        Type::of(Shape::Other)
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
            self.asked.insert(id.to_owned());
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
                format!("{name} mentions a debt, and line 1 says that this message names none; take one of them out");
            self.refuse(at, what);
        }
        let shape = match field.kind {
            Kind::Text(_) => Shape::Text,
            Kind::Word(words) => Shape::Word(words),
            Kind::Count(..) => Shape::Number,
            Kind::Amount(_) if path.starts_with("dunning.") => Shape::Amount(Purse::Dunning),
            Kind::Amount(_) => Shape::Amount(Purse::Account),
            Kind::Date => Shape::Date,
            Kind::Flag => Shape::Flag,
            Kind::Record(inner) => Shape::Record(inner),
            Kind::List(inner) => Shape::List(inner),
        };
        Type { shape, nullable: field.nullable, path: Some(path) }
    }

    fn field_of(&mut self, at: usize, base: &Expr<'_>, name: &str) -> Type {
        let held = self.expr(base);
        let before = name_of(base);
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
                self.refuse(at, format!("{before} has no field `{name}`: it is not a record"));
                Type::of(Shape::Other)
            }
        }
    }

    /// `items[0]`: only the first and the last are sure to exist, and only of a list that is not empty.
    fn entry_of(&mut self, at: usize, base: &Expr<'_>, subscript: &Expr<'_>) -> Type {
        let held = self.expr(base);
        let before = name_of(base);
        self.must_hold(at, &held, &before);
        self.expr(subscript);
        let Shape::List(fields) = held.shape else {
            let is_written = matches!(base, Expr::List(_) | Expr::Map(_));
            match held.shape {
                Shape::Other if is_written && subscript.as_const().is_none() => {
                    self.refuse(at, "there may be no such entry, and then no message; choose with {% if %}");
                }
                Shape::Other => {}
                _ => self.refuse(at, format!("{before} is not a list: it has no entries")),
            }
            return Type::of(Shape::Other);
        };
        let is_end = subscript.as_const().and_then(|v| v.as_i64()).is_some_and(|n| n == 0 || n == -1);
        if !is_end || !self.is_filled(&held) {
            self.refuse(at, format!("this entry of {before} may not exist; go over {before} with {{% for %}}"));
        }
        let place = subscript.as_const().map_or(format!("{}:{at}", self.file), |entry| entry.to_string());
        Type { shape: Shape::Record(fields), nullable: false, path: Some(format!("{before}[{place}]")) }
    }

    /// A message names at least one item; any other list must have been asked for.
    fn is_filled(&self, list: &Type) -> bool {
        list.path.as_ref().is_some_and(|path| path == "items" || self.present.contains(path))
    }

    fn filter(&mut self, at: usize, filter: &Filter<'_>) -> Type {
        let found = filter.expr.as_ref().map_or(Type::of(Shape::Text), |e| self.expr(e));
        let name = filter.expr.as_ref().map_or("the block".to_owned(), |e| name_of(e));
        let arguments: Vec<&Expr<'_>> = filter.args.iter().filter_map(positional).collect();
        let held: Vec<Type> = arguments.iter().map(|e| self.expr(e)).collect();
        if filter.name == "default" {
            let catches_null = arguments.get(1).and_then(|e| e.as_const()).is_some_and(|v| v.is_true());
            let other = held.into_iter().next().unwrap_or(Type::of(Shape::Text));
            let is_bare = filter.args.len() == 1;
            if found.nullable && is_bare && !matches!(found.shape, Shape::Other) {
                self.refuse(at, format!("{name} | default(...) does not catch null; say default(..., true)"));
                return Type::of(found.shape);
            }
            return if catches_null {
                Type { path: None, ..joined(&Type { nullable: other.nullable, ..found }, &other) }
            } else {
                found
            };
        }
        self.must_hold(at, &found, &name);
        let fits = match (filter.name, found.shape) {
            (_, Shape::Other) => true,
            ("money", shape) => matches!(shape, Shape::Amount(_)),
            ("date", shape) => matches!(shape, Shape::Date),
            ("abs", shape) => matches!(shape, Shape::Number | Shape::Amount(_)),
            ("length", shape) => matches!(shape, Shape::List(_) | Shape::Text | Shape::Word(_)),
            ("first" | "last", shape) => matches!(shape, Shape::List(_)),
            ("upper" | "lower", shape) => matches!(shape, Shape::Text | Shape::Word(_) | Shape::Money | Shape::Day),
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
            ("money", _) => {
                self.in_its_currency(at, (filter.expr.as_ref(), found.shape), arguments.first().copied());
                Type::of(Shape::Money)
            }
            ("date", _) => Type::of(Shape::Day),
            ("length", _) => Type::of(Shape::Number),
            ("first" | "last", Shape::List(fields)) => {
                let nullable = !self.is_filled(&found);
                Type { shape: Shape::Record(fields), nullable, path: Some(format!("{name} | {}", filter.name)) }
            }
            (_, Shape::Word(_)) => Type::of(Shape::Text),
            (_, shape) => Type::of(shape),
        }
    }

    /// Refuses an amount formatted in a currency that is not its own.
    fn in_its_currency(&mut self, at: usize, (amount, shape): (Option<&Expr<'_>>, Shape), currency: Option<&Expr<'_>>) {
        // By what a variable was set to, and not by its name.
        let path = |expr: Option<&Expr<'_>>| expr.and_then(|expr| self.path_of(expr));
        let (own, should) = match shape {
            Shape::Amount(Purse::Mixed) => {
                let name = amount.map_or("the block".to_owned(), name_of);
                let what = "is now in one currency and now in another; print each amount where its own is known";
                return self.refuse(at, format!("{name} {what}"));
            }
            Shape::Amount(Purse::Dunning) => ("dunning.currency", "money(dunning.currency)"),
            _ => ("currency", "money"),
        };
        let is_own = path(currency).as_deref() == Some(own) || (currency.is_none() && own == "currency");
        if !is_own {
            let name = amount.map_or("the block".to_owned(), name_of);
            self.refuse(
                at,
                format!("{name} is not in the currency that it would be printed in; say {name} | {should}"),
            );
        }
    }

    fn binary(&mut self, expr: &Expr<'_>, binary: &BinOp<'_>) -> Type {
        let left = self.expr(&binary.left);
        match binary.op {
            BinOpKind::ScAnd => {
                let right = self.under(&binary.left, true, &binary.right);
                Type::or_null(right.shape, left.nullable || right.nullable)
            }
            BinOpKind::ScOr => {
                let right = self.under(&binary.left, false, &binary.right);
                Type { path: None, ..joined(&Type { nullable: right.nullable, ..left }, &right) }
            }
            BinOpKind::Eq | BinOpKind::Ne => {
                let right = self.expr(&binary.right);
                self.comparable((&binary.left, &left), (&binary.right, &right));
                Type::of(Shape::Flag)
            }
            op @ (BinOpKind::Lt | BinOpKind::Lte | BinOpKind::Gt | BinOpKind::Gte) => {
                let right = self.expr(&binary.right);
                match op {
                    BinOpKind::Lt | BinOpKind::Lte => self.ordered((&binary.left, &left), (&binary.right, &right)),
                    _ => self.ordered((&binary.right, &right), (&binary.left, &left)),
                }
                Type::of(Shape::Flag)
            }
            BinOpKind::In => {
                let right = self.listed(&binary.right);
                self.contained((&binary.left, &left), (&binary.right, &right));
                Type::of(Shape::Flag)
            }
            op => {
                let right = self.expr(&binary.right);
                self.arithmetic(line(expr), op, (&binary.left, &left), (&binary.right, &right))
            }
        }
    }
}
