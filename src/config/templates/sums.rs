//! Arithmetic in a template: what can be added to what, and in whose currency a sum is.

use minijinja::machinery::ast::{BinOpKind, Expr};

use super::flow::Flow;
use super::types::{Purse, Shape, Type, name_of};

impl Flow<'_> {
    /// `a + b` and the like; what would come out as a fraction, in cents or not at all is refused.
    pub(super) fn arithmetic(
        &mut self,
        at: usize,
        op: BinOpKind,
        left: (&Expr<'_>, &Type),
        right: (&Expr<'_>, &Type),
    ) -> Type {
        for (expr, held) in [left, right] {
            let name = name_of(expr);
            self.must_hold(at, held, &name);
            if matches!(op, BinOpKind::Concat) {
                self.formatted(at, held, &name);
            }
        }
        match of_shapes(op, left.1.shape, right.1.shape, is_nought(right.0)) {
            Ok(shape) => Type::of(shape),
            Err(what) => {
                self.refuse(at, what);
                Type::of(Shape::Other)
            }
        }
    }
}

/// A divisor that is 0, or may be.
fn is_nought(expr: &Expr<'_>) -> bool {
    expr.as_const().is_none_or(|value| !value.is_true())
}

fn of_shapes(op: BinOpKind, left: Shape, right: Shape, may_be_nought: bool) -> Result<Shape, &'static str> {
    use Shape::{Amount, Money, Number, Other, Text, Word};
    Ok(match (op, left, right) {
        (BinOpKind::Concat, Money, _) | (BinOpKind::Concat, _, Money) => Money,
        (BinOpKind::Concat, ..) => Text,
        (_, Other, _) | (_, _, Other) => Other,
        (BinOpKind::Add | BinOpKind::Sub, Amount(one), Amount(other)) => Amount(one.with(other)),
        (_, Amount(_), _) | (_, _, Amount(_)) => {
            return Err(
                "an amount is added to an amount or taken from one, and nothing else: a number beside it would be \
                        cents; other figures belong into offers and charges",
            );
        }
        (BinOpKind::Add, Text | Word(_), Text | Word(_)) => Text,
        (BinOpKind::Add | BinOpKind::Sub | BinOpKind::Mul, Number, Number) => Number,
        (BinOpKind::FloorDiv | BinOpKind::Rem, Number, Number) if !may_be_nought => Number,
        (BinOpKind::Div | BinOpKind::FloorDiv | BinOpKind::Rem, Number, Number) => {
            return Err(
                "a division prints a long fraction, or fails where it is by 0; use // or % with a number that is written \
                        there, such as days_past_due // 7",
            );
        }
        _ => return Err("only numbers are added and multiplied; join texts with ~"),
    })
}

impl Purse {
    /// Of two amounts together.
    pub(super) fn with(self, other: Purse) -> Purse {
        if self == other { self } else { Purse::Mixed }
    }
}
