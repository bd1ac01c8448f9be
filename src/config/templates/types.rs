//! The types of expressions in a template: what they hold, whether it can be null, and the name it goes by.

use minijinja::machinery::ast::{CallArg, Expr, UnaryOp, UnaryOpKind};

use crate::domain::message::fields::{FIELDS, Field, Kind};

/// What an expression holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    Number,
    Amount(Purse),
    /// An amount as text.
    Money,
    /// A date as text.
    Day,
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

/// In which currency an amount is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purse {
    /// That of the account: `currency`.
    Account,
    /// `dunning.currency`
    Dunning,
    /// Now one, now the other.
    Mixed,
}

/// What an expression holds, whether that can be null, and under which name it can be asked for.
#[derive(Clone, Debug)]
pub(super) struct Type {
    pub(super) shape: Shape,
    pub(super) nullable: bool,
    pub(super) path: Option<String>,
}

impl Type {
    pub(super) fn of(shape: Shape) -> Type {
        Type { shape, nullable: false, path: None }
    }

    pub(super) fn or_null(shape: Shape, nullable: bool) -> Type {
        Type { shape, nullable, path: None }
    }
}

/// One of the two: an amount if either is.
pub(super) fn joined(one: &Type, other: &Type) -> Type {
    let shape = match (one.shape, other.shape) {
        (Shape::Amount(one), Shape::Amount(other)) => Shape::Amount(one.with(other)),
        (shape @ (Shape::Half | Shape::Amount(_) | Shape::Money), _) => shape,
        (_, shape @ (Shape::Half | Shape::Amount(_) | Shape::Money)) => shape,
        (Shape::Other, shape) | (shape, _) => shape,
    };
    let path = if one.path == other.path { one.path.clone() } else { None };
    Type { shape, nullable: one.nullable || other.nullable, path }
}

pub(super) fn constant_type(value: &minijinja::Value) -> Type {
    use minijinja::value::ValueKind;
    match value.kind() {
        ValueKind::Number => Type::of(Shape::Number),
        ValueKind::Bool => Type::of(Shape::Flag),
        ValueKind::None => Type::or_null(Shape::Other, true),
        ValueKind::String => Type::of(Shape::Text),
        _ => Type::of(Shape::Other),
    }
}

pub(super) fn is_not(unary: &UnaryOp<'_>) -> bool {
    matches!(unary.op, UnaryOpKind::Not)
}

pub(super) fn positional<'e, 'a>(argument: &'e CallArg<'a>) -> Option<&'e Expr<'a>> {
    match argument {
        CallArg::Pos(expr) => Some(expr),
        _ => None,
    }
}

pub(super) fn variable_name<'a>(target: &Expr<'a>) -> Option<&'a str> {
    match target {
        Expr::Var(var) => Some(var.id),
        _ => None,
    }
}

/// The expression as its author wrote it, as far as it is a name.
pub(super) fn name_of(expr: &Expr<'_>) -> String {
    match expr {
        Expr::Var(var) => var.id.to_owned(),
        Expr::GetAttr(get) => format!("{}.{}", name_of(&get.expr), get.name),
        Expr::GetItem(get) => format!("{}[...]", name_of(&get.expr)),
        Expr::Slice(slice) => name_of(&slice.expr),
        Expr::Filter(filter) => match &filter.expr {
            Some(inner) => format!("{} | {}", name_of(inner), filter.name),
            None => filter.name.to_owned(),
        },
        _ => NAMELESS.to_owned(),
    }
}

/// What is no name.
pub(super) const NAMELESS: &str = "this value";

/// `name` as `debtor.name`, or as `item.name` in a loop: fields of the inner tables are often asked for without them.
pub(super) fn full_name(name: &str) -> Option<String> {
    let has = |inner: &[Field]| inner.iter().any(|f| f.name == name);
    FIELDS.iter().find_map(|field| match field.kind {
        Kind::Record(inner) if has(inner) => Some(format!("`{}.{name}`", field.name)),
        Kind::List(inner) if has(inner) => Some(format!("`item.{name}`, in {{% for item in {} %}}", field.name)),
        _ => None,
    })
}
