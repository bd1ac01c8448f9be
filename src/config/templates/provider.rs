//! What a message says about a provider's template: the name, and parameters that can be sent whatever the data holds.

use minijinja::machinery::ast::{Expr, Set, Stmt};

use super::flow::{Flow, line};
use super::types::variable_name;
use crate::domain::message::provider::{PARAMETERS, TEMPLATE};

/// Names that mean something to the outbox, and are no variables like others.
pub(super) fn is_reserved(name: &str) -> bool {
    [TEMPLATE, PARAMETERS].contains(&name)
}

pub(super) const AT_TOP: &str =
    "it is set by {% set %} at the top of a message: outside of {% if %} and {% for %}, and not in a block";

impl Flow<'_> {
    /// A statement that no other one is around.
    pub(super) fn top(&mut self, statement: &Stmt<'_>) {
        let Stmt::Set(set) = statement else { return self.statement(statement) };
        match variable_name(&set.target) {
            Some(TEMPLATE) => self.provider_template(set),
            Some(PARAMETERS) => self.provider_parameters(set),
            _ => self.statement(statement),
        }
    }

    fn provider_template(&mut self, set: &Set<'_>) {
        let name = match &set.expr {
            Expr::Const(name) => name.value.as_str(),
            _ => None,
        };
        if name.is_none_or(|name| name.trim().is_empty()) {
            self.refuse(line(&set.expr), format!("{TEMPLATE} is the provider's name of it, in quotes"));
        }
        self.has_provider_template = true;
    }

    /// Each parameter is held to what holds for `{{ }}`: it exists, is not null, and can be read.
    fn provider_parameters(&mut self, set: &Set<'_>) {
        let at = line(&set.target);
        if !self.has_provider_template {
            self.refuse(at, format!("{PARAMETERS} has no template: set {TEMPLATE} before it"));
        }
        match &set.expr {
            Expr::List(list) => list.items.iter().for_each(|parameter| drop(self.printable(parameter))),
            _ => self.refuse(at, format!("{PARAMETERS} is a list, such as [debtor.name, total_due | money]")),
        }
    }
}
