//! Which values cannot be null once a condition holds, and which once it does not.

use minijinja::Value;
use minijinja::machinery::ast::{BinOpKind, CompareOpKind, Expr, UnaryOpKind};

use super::flow::Flow;

/// Paths that are not null where `condition` is `holds`.
pub(super) fn facts(flow: &Flow<'_>, condition: &Expr<'_>, holds: bool) -> Vec<String> {
    match condition {
        Expr::Var(_) | Expr::GetAttr(_) | Expr::GetItem(_) if holds => flow.path_of(condition).into_iter().collect(),
        Expr::UnaryOp(unary) if matches!(unary.op, UnaryOpKind::Not) => facts(flow, &unary.expr, !holds),
        Expr::Test(test) if test.name == "none" && !holds => flow.path_of(&test.expr).into_iter().collect(),
        Expr::Filter(filter) if holds => match (filter.name, &filter.expr) {
            ("length" | "upper" | "lower" | "abs" | "first" | "last", Some(inner)) => facts(flow, inner, true),
            _ => Vec::new(),
        },
        Expr::BinOp(binary) => match binary.op {
            BinOpKind::ScAnd | BinOpKind::ScOr => {
                let both = matches!(binary.op, BinOpKind::ScAnd) == holds;
                let left = facts(flow, &binary.left, holds);
                let right = facts(flow, &binary.right, holds);
                if both {
                    left.into_iter().chain(right).collect()
                } else {
                    left.into_iter().filter(|path| right.contains(path)).collect()
                }
            }
            BinOpKind::Eq => compared(flow, CompareOpKind::Eq, &binary.left, &binary.right, holds),
            BinOpKind::Ne => compared(flow, CompareOpKind::Ne, &binary.left, &binary.right, holds),
            BinOpKind::Gt => compared(flow, CompareOpKind::Gt, &binary.left, &binary.right, holds),
            BinOpKind::Gte => compared(flow, CompareOpKind::Gte, &binary.left, &binary.right, holds),
            _ => Vec::new(),
        },
        Expr::Compare(compare) => match compare.ops.as_slice() {
            [only] => compared(flow, only.op, &compare.expr, &only.expr, holds),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// A comparison with a constant; null is below every number.
fn compared(flow: &Flow<'_>, op: CompareOpKind, left: &Expr<'_>, right: &Expr<'_>, holds: bool) -> Vec<String> {
    let (side, constant) = match (left.as_const(), right.as_const()) {
        (None, Some(constant)) => (left, constant),
        // `none != x`; the order matters for the other comparisons.
        (Some(constant), None) if matches!(op, CompareOpKind::Eq | CompareOpKind::Ne) => (right, constant),
        _ => return Vec::new(),
    };
    let is_null = |value: &Value| value.is_none();
    let is_present = match op {
        CompareOpKind::Eq => holds != is_null(&constant),
        CompareOpKind::Ne => holds == is_null(&constant),
        CompareOpKind::Gt | CompareOpKind::Gte => holds && constant.as_i64().is_some(),
        _ => false,
    };
    if is_present { flow.path_of(side).into_iter().collect() } else { Vec::new() }
}
