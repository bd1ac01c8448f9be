//! Specifications of the shipped models: `regua::specification` says how they are written.

use std::sync::OnceLock;

use arrow::array::RecordBatch;
use regua::config::Plan;
use regua::domain::calendar::Calendar;
use regua::domain::message::Templates;
use regua::io::engine::{Models, Session};
use regua::specification::Specifications;
use tokio::runtime::Runtime;

use crate::support::root;

/// Version of a template that names no debt, the only one that a specification knows.
pub const QUIET: &str = "024d0d4024e6";

/// Runs a specification: every expectation over the tables given before it.
#[track_caller]
pub fn spec(text: &str) {
    let mismatches = specifications().check(text);
    let line = |line: usize| text.lines().nth(line - 1).unwrap_or_default().trim();
    let told: Vec<String> =
        mismatches.iter().map(|m| format!("{}: {}\n    {}", m.line, line(m.line), m.what)).collect();
    assert!(mismatches.is_empty(), "{}\n{text}", told.join("\n"));
}

/// The tables of a specification without expectations.
pub struct Given(regua::specification::Given<'static>);

#[track_caller]
pub fn given(text: &str) -> Given {
    Given(specifications().given(text).unwrap_or_else(|m| panic!("{}: {}\n{text}", m.line, m.what)))
}

impl Given {
    /// The rows of a model.
    #[track_caller]
    pub fn batches_of(&self, model: &str) -> Vec<RecordBatch> {
        self.0.batches_of(model).unwrap_or_else(|what| panic!("{model}: {what}"))
    }

    /// A session in which the named models, and all that they read, were run.
    #[track_caller]
    pub fn session(&self, wanted: &[&str]) -> Session {
        self.0.session(wanted).unwrap_or_else(|what| panic!("{wanted:?}: {what}"))
    }
}

/// The shipped models.
pub fn models() -> &'static Models {
    specifications().models()
}

/// The calendar of the shipped pipeline.
pub fn calendar() -> &'static Calendar {
    &plan().rules.calendar
}

fn specifications() -> &'static Specifications<'static> {
    static SPECIFICATIONS: OnceLock<Specifications<'static>> = OnceLock::new();
    SPECIFICATIONS.get_or_init(|| Specifications::of(plan(), runtime().handle()).expect("sound models"))
}

fn plan() -> &'static Plan {
    static PLAN: OnceLock<Plan> = OnceLock::new();
    PLAN.get_or_init(|| {
        let mut plan = Plan::load(&root().join("pipelines/daily.toml"), &|_| None).expect("a sound pipeline");
        let quiet = ["pt-BR", "quiet.email.j2", "{# names-debt: no #}\nOlá"].map(str::to_owned);
        plan.rules.templates = Templates::compile([quiet.into()], "pt-BR").expect("a sound template");
        plan
    })
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("a runtime"))
}
