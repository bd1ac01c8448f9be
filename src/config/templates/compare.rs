//! Comparisons that would always answer the same, or answer by cents or by letters.

use chrono::NaiveDate;
use minijinja::machinery::ast::{Compare, CompareOpKind, Expr};
use minijinja::value::{Value, ValueKind};

use super::flow::{Flow, line};
use super::types::{NAMELESS, Purse, Shape, Type, constant_type, name_of};

impl Flow<'_> {
    /// A chain such as `0 < a <= b`: each side beside the next one.
    pub(super) fn compare(&mut self, compare: &Compare<'_>) {
        let mut left = (&compare.expr, self.expr(&compare.expr));
        for op in &compare.ops {
            let is_list = matches!(op.op, CompareOpKind::In | CompareOpKind::NotIn);
            let right = if is_list { self.listed(&op.expr) } else { self.expr(&op.expr) };
            match op.op {
                CompareOpKind::In | CompareOpKind::NotIn => {
                    self.contained((left.0, &left.1), (&op.expr, &right));
                }
                CompareOpKind::Eq | CompareOpKind::Ne => self.comparable((left.0, &left.1), (&op.expr, &right)),
                CompareOpKind::Lt | CompareOpKind::Lte => self.ordered((left.0, &left.1), (&op.expr, &right)),
                CompareOpKind::Gt | CompareOpKind::Gte => self.ordered((&op.expr, &right), (left.0, &left.1)),
            }
            left = (&op.expr, right);
        }
    }

    /// What stands behind `in`: a list that is written there, or an expression.
    pub(super) fn listed(&mut self, expr: &Expr<'_>) -> Type {
        let is_written = match expr {
            Expr::List(_) => true,
            Expr::Const(constant) => constant.value.kind() == ValueKind::Seq,
            _ => false,
        };
        if is_written { Type::of(Shape::Other) } else { self.expr(expr) }
    }

    /// `less < more`: what is null is smaller than everything, and nobody means that.
    pub(super) fn ordered(&mut self, less: (&Expr<'_>, &Type), more: (&Expr<'_>, &Type)) {
        self.must_hold(line(less.0), less.1, &name_of(less.0));
        self.comparable(less, more);
    }

    /// One side of a comparison beside the other: of one kind, or refused.
    pub(super) fn comparable(&mut self, left: (&Expr<'_>, &Type), right: (&Expr<'_>, &Type)) {
        if let Some(what) = mismatch(left, right).or_else(|| mismatch(right, left)) {
            self.refuse(line(left.0), what);
        }
    }

    /// `tone in ["firm", "formal"]`: each entry as if it were compared alone.
    pub(super) fn contained(&mut self, entry: (&Expr<'_>, &Type), list: (&Expr<'_>, &Type)) {
        match list.0 {
            Expr::List(list) => {
                for other in &list.items {
                    let held = self.expr(other);
                    self.comparable(entry, (other, &held));
                }
            }
            Expr::Const(constant) if constant.value.kind() == ValueKind::Seq => {
                let wrong = constant.value.try_iter().into_iter().flatten();
                let wrong = wrong.filter_map(|value| of_constant(entry, &value)).next();
                wrong.into_iter().for_each(|what| self.refuse(line(entry.0), what));
            }
            _ => {}
        }
    }
}

/// Why the first cannot be compared with the second.
fn mismatch(one: (&Expr<'_>, &Type), other: (&Expr<'_>, &Type)) -> Option<String> {
    if let Expr::Const(constant) = other.0 {
        return of_constant(one, &constant.value);
    }
    by_kind(&name_of(one.0), one.1.shape, &name_of(other.0), other.1.shape)
}

fn is_currency(held: &Type) -> bool {
    held.path.as_ref().is_some_and(|path| path == "currency" || path == "dunning.currency")
}

fn is_code(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase())
}

fn of_constant((expr, held): (&Expr<'_>, &Type), value: &Value) -> Option<String> {
    let name = name_of(expr);
    match (held.shape, value.as_str()) {
        (Shape::Word(words), Some(text)) if !words.contains(&text) => {
            Some(format!("{name} is never {text:?}; it is one of {}", words.join(", ")))
        }
        (Shape::Text, Some(text)) if is_currency(held) && !is_code(text) => {
            Some(format!("{name} is never {text:?}; it is a code such as \"BRL\""))
        }
        (Shape::Date, Some(text)) if text.parse::<NaiveDate>().map_or(true, |day| day.to_string() != text) => {
            Some(format!("{name} is never {text:?}; write a date in quotes as 2026-11-20"))
        }
        (Shape::Word(_) | Shape::Date, Some(_)) => None,
        (Shape::Amount(_), None) if value.kind() == ValueKind::Number && !value.is_true() => None,
        (shape, _) => by_kind(&name, shape, NAMELESS, constant_type(value).shape),
    }
}

fn by_kind(name: &str, shape: Shape, other_name: &str, other: Shape) -> Option<String> {
    use Shape::{Amount, Date, Day, Flag, Money, Number, Text, Word};
    match (shape, other) {
        (Money | Day, Amount(_) | Date | Day | Flag | Money | Number | Text | Word(_)) => {
            Some(format!("{name} is text here, and texts compare letter by letter; compare what it is made of"))
        }
        (Amount(one), Amount(other)) if one.with(other) == Purse::Mixed => {
            Some(format!("{name} and {other_name} are amounts of two currencies"))
        }
        (Amount(_), Number) => Some(format!(
            "{name} is an amount, and a number beside it would be cents; compare it with another amount or with 0, and \
             tell large claims from small ones by segments and tiers"
        )),
        (Flag, Amount(_) | Number | Date | Text | Word(_)) => {
            Some(format!("{name} is true or false; say {{% if {name} %}}, or {{% if not {name} %}}"))
        }
        (Amount(_) | Number | Date, Amount(_) | Number | Date | Text | Word(_)) => {
            let (own, others) = (kind(shape), kind(other));
            let remedy = if matches!((shape, other), (Number, Text)) { "; write numbers without quotes" } else { "" };
            // The other side says it better where this one has no name.
            (own != others && name != NAMELESS)
                .then(|| format!("{name} is {own}, and {} is {others}{remedy}", shown(other_name)))
        }
        _ => None,
    }
}

fn shown(name: &str) -> &str {
    if name == NAMELESS { "what it is compared with" } else { name }
}

fn kind(shape: Shape) -> &'static str {
    match shape {
        Shape::Amount(_) => "an amount",
        Shape::Number => "a number",
        Shape::Date => "a date",
        Shape::Flag => "true or false",
        _ => "a text",
    }
}
