//! What a run tells while it works; the command line shows it as bars or as JSON lines.

/// Told of each stage and of its steps. Called from several threads.
pub trait Progress: Sync {
    /// A stage begins, with so many steps to come.
    fn begin(&self, stage: &'static str, steps: u64);
    /// Steps of the present stage are done.
    fn advance(&self, steps: u64);
    /// Something the operator should know, such as unused columns or rounded amounts.
    fn note(&self, message: &str);
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &'static str, _: u64) {}
    fn advance(&self, _: u64) {}
    fn note(&self, _: &str) {}
}
