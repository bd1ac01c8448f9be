//! Everything that a message can print, whatever its conditions: for words that no message may hold, and that no sample need
//! bring out.

use minijinja::machinery::ast::{BinOpKind, Expr, Include, Spanned, Stmt};

use super::Source;
use super::flow::INCLUDES_MAX;
use super::types::positional;
use crate::domain::message::blocks::{included, tree};

/// Which branches of a message are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Branches {
    /// Where every condition holds.
    Held,
    /// Where none does.
    Failed,
    /// All of them, each by itself.
    Each,
}

/// What a message and its blocks say on these branches; a mark stands for what is filled in.
pub(super) fn text(message: &Source, blocks: &[&Source], branches: Branches) -> String {
    let mut said = Said { blocks, branches, includes_left: INCLUDES_MAX, text: String::new() };
    if let Ok(tree) = tree(&message.text) {
        said.statement(&tree);
    }
    said.text
}

/// What can be printed, gathered from the tree.
struct Said<'a> {
    blocks: &'a [&'a Source],
    branches: Branches,
    includes_left: usize,
    text: String,
}

impl Said<'_> {
    fn all(&mut self, statements: &[Stmt<'_>]) {
        statements.iter().for_each(|statement| self.statement(statement));
    }

    /// One of two branches, or both apart from each other.
    fn either(&mut self, held: impl FnOnce(&mut Self), failed: impl FnOnce(&mut Self)) {
        match self.branches {
            Branches::Held => held(self),
            Branches::Failed => failed(self),
            Branches::Each => {
                self.text.push_str(MARK);
                held(self);
                self.text.push_str(MARK);
                failed(self);
                self.text.push_str(MARK);
            }
        }
    }

    fn statement(&mut self, statement: &Stmt<'_>) {
        match statement {
            Stmt::Template(template) => self.all(&template.children),
            Stmt::EmitRaw(raw) => self.text.push_str(raw.raw),
            Stmt::EmitExpr(emit) => self.printed(&emit.expr),
            // It is printed where somebody prints the name, alone or beside another text.
            Stmt::Set(set) => self.aside(&set.expr),
            Stmt::SetBlock(set) => self.all(&set.body),
            Stmt::ForLoop(looped) => self.either(|said| said.all(&looped.body), |said| said.all(&looped.else_body)),
            Stmt::IfCond(cond) => self.either(|said| said.all(&cond.true_body), |said| said.all(&cond.false_body)),
            Stmt::WithBlock(with) => {
                with.assignments.iter().for_each(|(_, value)| self.aside(value));
                self.all(&with.body);
            }
            Stmt::AutoEscape(escape) => self.all(&escape.body),
            Stmt::FilterBlock(filter) => self.all(&filter.body),
            Stmt::Include(include) => self.include(include),
            _ => {}
        }
    }

    fn include(&mut self, include: &Spanned<Include<'_>>) {
        let block = self.blocks.iter().find(|block| included(include) == Some(&block.file));
        if let (Some(tree), 1..) = (block.and_then(|block| tree(&block.text).ok()), self.includes_left) {
            self.includes_left -= 1;
            self.statement(&tree);
        }
    }

    /// The texts that an expression can print.
    fn printed(&mut self, expr: &Expr<'_>) {
        match expr {
            Expr::Const(constant) if constant.value.as_str().is_some() => {
                self.text.push_str(constant.value.as_str().unwrap_or_default());
            }
            Expr::IfExpr(choice) => self.either(
                |said| said.printed(&choice.true_expr),
                |said| choice.false_expr.iter().for_each(|no| said.printed(no)),
            ),
            Expr::BinOp(binary) if matches!(binary.op, BinOpKind::Concat | BinOpKind::Add) => {
                self.printed(&binary.left);
                self.printed(&binary.right);
            }
            // Whichever of them it is: they do not stand side by side.
            Expr::BinOp(binary) => [&binary.left, &binary.right].into_iter().for_each(|side| self.aside(side)),
            Expr::Filter(filter) => {
                filter.expr.iter().for_each(|inner| self.printed(inner));
                filter.args.iter().filter_map(positional).for_each(|argument| self.aside(argument));
            }
            Expr::List(list) => list.items.iter().for_each(|entry| self.aside(entry)),
            Expr::Map(map) => map.values.iter().for_each(|entry| self.aside(entry)),
            Expr::GetItem(get) => self.printed(&get.expr),
            _ => self.text.push_str(MARK),
        }
    }

    /// A text by itself.
    fn aside(&mut self, expr: &Expr<'_>) {
        self.text.push_str(MARK);
        self.printed(expr);
        self.text.push_str(MARK);
    }
}

/// Stands for what is filled in, and parts texts that do not meet.
const MARK: &str = " … ";
