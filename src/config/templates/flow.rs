//! What a template does on each of its paths, read from its syntax tree: which fields it names, which of them can be
//! null there, and what it prints where.
//!
//! Rendering samples finds what goes wrong with those samples; this finds what can go wrong with any, line by line.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::machinery::ast::{Expr, ForLoop, IfCond, Include, Spanned, Stmt};

use super::facts::facts;
use super::provider::{AT_TOP, is_reserved};
use super::types::{NAMELESS, Shape, Type, joined, name_of, variable_name};
use super::{Found, Source};
use crate::config::document::unknown;
use crate::domain::message::blocks::{included, is_block, tree};
use crate::domain::message::provider::{PARAMETERS, TEMPLATE};

/// Includes of one message, with those that they lead to: blocks that double each other would never be read to the end.
pub(super) const INCLUDES_MAX: usize = 1_000;

/// Where the subject stands: it is the first line of what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Body,
    Before,
    Subject,
}

pub(super) struct Flow<'a> {
    pub(super) names_no_debt: bool,
    /// The blocks that the message includes.
    blocks: &'a [&'a Source],
    /// The file that is being read: the message, or a block.
    pub(super) file: &'a str,
    place: Place,
    pub(super) variables: BTreeMap<String, Type>,
    /// Paths that are not null here.
    pub(super) present: BTreeSet<String>,
    /// Names that the message itself sets, with the line where it does first.
    set: BTreeMap<String, usize>,
    /// Names that something asks for, of those that are set anywhere.
    pub(super) asked: BTreeSet<String>,
    /// Every field that is printed, by its path.
    printed: BTreeSet<String>,
    /// The names that there are around each loop.
    around: Vec<BTreeSet<String>>,
    loops: usize,
    includes: usize,
    /// Whether the message names a template of a provider.
    pub(super) has_provider_template: bool,
    /// Whether an amount was printed since this was last reset.
    printed_money: bool,
    faults: Vec<Found>,
}

/// Every fault of a message and of the blocks that it includes, which are sound by themselves.
pub(super) fn faults(message: &Source, blocks: &[&Source]) -> Vec<Found> {
    let mut flow = read(message, blocks);
    let (set, asked) = (std::mem::take(&mut flow.set), std::mem::take(&mut flow.asked));
    for (name, at) in set.into_iter().filter(|(name, _)| !asked.contains(name)) {
        let nearest = unknown("name", &name, [TEMPLATE, PARAMETERS].into_iter());
        let nearest = nearest.split_once("did you mean").map(|(_, nearest)| format!("; did you mean{nearest}"));
        flow.refuse(at, format!("nothing reads `{name}`{}", nearest.unwrap_or("; take it out".to_owned())));
    }
    flow.faults
}

/// The fields that a message and its blocks print on any path: `total_due`, `creditor.name`.
pub(super) fn fields(message: &Source, blocks: &[&Source]) -> BTreeSet<String> {
    read(message, blocks).printed
}

fn read<'s>(message: &'s Source, blocks: &'s [&'s Source]) -> Flow<'s> {
    let mut flow = Flow {
        names_no_debt: message.names_no_debt(),
        blocks,
        file: &message.file,
        place: Place::Before,
        variables: BTreeMap::new(),
        present: BTreeSet::new(),
        set: BTreeMap::new(),
        asked: BTreeSet::new(),
        printed: BTreeSet::new(),
        around: Vec::new(),
        loops: 0,
        includes: 0,
        has_provider_template: false,
        printed_money: false,
        faults: Vec::new(),
    };
    if let Ok(Stmt::Template(template)) = tree(&message.text) {
        template.children.iter().for_each(|statement| flow.top(statement));
    }
    flow
}

pub(super) fn line(expr: &Expr<'_>) -> usize {
    usize::from(expr.span().start_line)
}

impl Flow<'_> {
    pub(super) fn refuse(&mut self, at: usize, what: impl Into<String>) {
        self.faults.push(Found { file: self.file.to_owned(), line: at, what: what.into() });
    }

    fn block(&mut self, statements: &[Stmt<'_>]) {
        statements.iter().for_each(|statement| self.statement(statement));
    }

    pub(super) fn statement(&mut self, statement: &Stmt<'_>) {
        match statement {
            Stmt::Template(template) => self.block(&template.children),
            Stmt::Include(include) => self.include(include),
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
                self.set(&set.target, held);
            }
            Stmt::SetBlock(set) => {
                let (place, printed) = (self.place, std::mem::take(&mut self.printed_money));
                self.place = Place::Body;
                self.block(&set.body);
                let shape = if self.printed_money { Shape::Money } else { Shape::Text };
                (self.place, self.printed_money) = (place, printed);
                self.set(&set.target, Type::of(shape));
            }
            Stmt::AutoEscape(escape) => self.block(&escape.body),
            Stmt::FilterBlock(filter) => self.block(&filter.body),
            Stmt::Do(call) => self.refuse(usize::from(call.span().start_line), NO_CALLS),
            _ => {}
        }
    }

    /// A block stands for its text: it knows what is known where it is included, and what it sets stays set.
    fn include(&mut self, include: &Spanned<Include<'_>>) {
        let Some(block) = self.blocks.iter().find(|block| included(include) == Some(&block.file)) else { return };
        self.includes += 1;
        if self.includes > INCLUDES_MAX {
            if self.includes == INCLUDES_MAX + 1 {
                let what = format!("the message has more than {INCLUDES_MAX} includes, one within another; have fewer");
                self.refuse(usize::from(include.span().start_line), what);
            }
            return;
        }
        let around = std::mem::replace(&mut self.file, &block.file);
        tree(&block.text).iter().for_each(|tree| self.statement(tree));
        self.file = around;
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
        let found = self.printable(expr);
        let is_amount = matches!(found.shape, Shape::Amount(_) | Shape::Money);
        self.printed_money |= is_amount;
        match self.place {
            Place::Subject if is_amount => {
                let name = name_of(expr);
                let what = format!("{name} puts an amount in the subject, where others see it; say it in the body");
                self.refuse(line(expr), what);
            }
            Place::Before => self.place = Place::Body,
            _ => {}
        }
    }

    /// What can be read by whoever gets it.
    pub(super) fn printable(&mut self, expr: &Expr<'_>) -> Type {
        let found = self.expr(expr);
        let name = name_of(expr);
        let at = line(expr);
        self.must_hold(at, &found, &name);
        self.printed.extend(self.origin(expr));
        match found.shape {
            Shape::Record(fields) => {
                let names: Vec<&str> = fields.iter().map(|f| f.name).collect();
                self.refuse(at, format!("{name} is a record; print one of its fields: {}", names.join(", ")));
            }
            Shape::List(_) => self.refuse(at, format!("{name} is a list; go over it with {{% for %}}")),
            Shape::Flag => self.refuse(at, format!("{name} is true or false; ask for it with {{% if %}}")),
            _ => self.formatted(at, &found, &name),
        }
        found
    }

    /// The field that an expression prints, whatever filters it goes through.
    fn origin(&self, expr: &Expr<'_>) -> Option<String> {
        match expr {
            Expr::Filter(filter) => self.origin(filter.expr.as_ref()?),
            other => self.path_of(other),
        }
    }

    /// What is read as it stands in the data would be read wrongly.
    pub(super) fn formatted(&mut self, at: usize, found: &Type, name: &str) {
        match found.shape {
            Shape::Amount(_) => self.refuse(at, format!("{name} would be printed in cents; say {name} | money")),
            Shape::Date => self.refuse(at, format!("{name} would be printed as 2026-11-20; say {name} | date")),
            _ => {}
        }
    }

    fn for_loop(&mut self, for_loop: &ForLoop<'_>) {
        let held = self.expr(&for_loop.iter);
        let at = line(&for_loop.iter);
        let name = name_of(&for_loop.iter);
        self.must_hold(at, &held, &name);
        let entry = match held.shape {
            Shape::List(fields) => Shape::Record(fields),
            Shape::Other | Shape::Half => Shape::Other,
            _ => {
                self.refuse(at, format!("{name} is not a list; a loop goes over items or offer.instalments"));
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
        self.around.push(outside.keys().cloned().collect());
        self.block(&for_loop.body);
        self.around.pop();
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

    /// What a block sets may serve another message; what a message sets serves itself.
    fn set(&mut self, target: &Expr<'_>, held: Type) {
        let name = variable_name(target).filter(|name| !is_reserved(name)).unwrap_or_default();
        if !name.is_empty() && !is_block(self.file) {
            self.set.entry(name.to_owned()).or_insert(line(target));
        }
        if self.around.last().is_some_and(|around| around.contains(name)) {
            let what = format!(
                "what a loop sets is gone after it, and `{name}` is as it was before; use loop.index, or items | length"
            );
            self.refuse(line(target), what);
        }
        // Known where it is set, it stays so.
        let nullable = held.nullable && !held.path.as_ref().is_some_and(|path| self.present.contains(path));
        self.bind(target, Type { nullable, ..held });
    }

    fn bind(&mut self, target: &Expr<'_>, held: Type) {
        match variable_name(target) {
            Some(name) if is_reserved(name) => self.refuse(line(target), format!("`{name}`: {AT_TOP}")),
            Some(name) => drop(self.variables.insert(name.to_owned(), held)),
            None => {
                let what = "a value goes to one name of the template's own; a loop cannot count or add up: use items | length, \
                            items_count or total_due";
                self.refuse(line(target), what);
            }
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
                Some(name) => {
                    let path = self.path_of(&get.expr)?;
                    Some(name.as_str().map_or_else(|| format!("{path}[{name}]"), |name| format!("{path}.{name}")))
                }
                None => None,
            },
            _ => None,
        }
    }

    /// Refuses what can be null here.
    pub(super) fn must_hold(&mut self, at: usize, found: &Type, name: &str) {
        let is_present = found.path.as_ref().is_some_and(|path| self.present.contains(path));
        if found.nullable && !is_present {
            let what = match name == NAMELESS {
                true => {
                    "what stands here can be null; give it a name with {% set %}, and put {% if %} around it".to_owned()
                }
                false => {
                    format!(
                        "{name} can be null; put {{% if {name} %}} around it, or say {name} | default(\"...\", true)"
                    )
                }
            };
            self.refuse(at, what);
        }
    }
}

pub(super) const NO_CALLS: &str = "nothing can be called in a template; use a filter, such as total_due | money";
