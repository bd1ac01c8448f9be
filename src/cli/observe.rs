//! What others are told of a run beside its result: OpenLineage events, and metrics for Prometheus.
//!
//! Neither can fail a run, nor hold it up: what cannot be told is a warning once the run has ended.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use chrono::Utc;
use clap::Args;
use tokio::runtime::Handle;

use super::variable;
use crate::config::Plan;
use crate::domain::pii::{Pii, has_credentials};
use crate::error::Result;
use crate::io::events::{Events, Place};
use crate::report::lineage::{NAMESPACE, Parent, Teller};
use crate::report::metrics::{self, Attempt};
use crate::run::{Ran, Request};
use crate::runtime::signals;

/// The path of an OpenLineage endpoint, where `OPENLINEAGE_ENDPOINT` names no other.
const ENDPOINT: &str = "api/v1/lineage";

/// The exit code of a process that panics.
const CRASHED: u8 = 101;

/// Who is told.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Observe {
    /// Tell OpenLineage: a file that gets a line per event, or the URL of a server [default: $OPENLINEAGE_URL]
    #[arg(long, value_name = "FILE|URL")]
    openlineage: Option<String>,
    /// The run that started this one, for OpenLineage
    #[arg(long, value_name = "NAMESPACE/JOB/RUN-UUID")]
    openlineage_parent: Option<String>,
    /// Write metrics for Prometheus to this file, also where the run fails
    #[arg(long, value_name = "FILE")]
    metrics_file: Option<PathBuf>,
}

impl Observe {
    /// Begins to observe.
    pub(super) fn begin(self, runtime: &Handle) -> Observer {
        let place = self.place();
        let parent = self.openlineage_parent.as_deref().map(str::parse::<Parent>).transpose();
        let parent = parent.unwrap_or_else(|why| {
            tracing::warn!("--openlineage-parent: {why}; the events name no parent");
            None
        });
        let events = place.map(|place| Events::to(place, runtime));
        let watch =
            Watch { events, parent, metrics: self.metrics_file, begin: Instant::now(), teller: None, ran: None };
        let watch = Arc::new(Mutex::new(Some(watch)));
        let of_signal = Arc::clone(&watch);
        signals::told_on_signal(move |exit_code, message| {
            if let Some(watch) = of_signal.lock().unwrap_or_else(PoisonError::into_inner).take() {
                watch.end(exit_code, Some((message, true)));
            }
        });
        Observer(watch)
    }

    /// The flag, or else the environment, as the clients of OpenLineage read it.
    fn place(&self) -> Option<Place> {
        let is_disabled = variable("OPENLINEAGE_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let url = variable("OPENLINEAGE_URL").filter(|url| !url.is_empty() && !is_disabled);
        let place = self.openlineage.clone().or(url)?;
        let is_url = place.starts_with("http://") || place.starts_with("https://");
        let endpoint = variable("OPENLINEAGE_ENDPOINT").unwrap_or_else(|| ENDPOINT.to_owned());
        let url = format!("{}/{}", place.trim_end_matches('/'), endpoint.trim_start_matches('/'));
        // A warning names the place, so none may hold a secret; a query may.
        if has_credentials(&place) || is_url && url.contains(['?', '#', '@']) {
            tracing::warn!(
                "lineage is not sent: its URL holds credentials, or a query; put the key into OPENLINEAGE_API_KEY"
            );
            return None;
        }
        if !is_url {
            return Some(Place::File(PathBuf::from(place.strip_prefix("file://").unwrap_or(&place))));
        }
        Some(Place::Endpoint(url, variable("OPENLINEAGE_API_KEY").filter(|key| !key.is_empty()).map(Pii::from)))
    }
}

/// Watches one run; whoever comes first, the run or a signal, tells how it ended.
pub(super) struct Observer(Arc<Mutex<Option<Watch>>>);

struct Watch {
    events: Option<Events>,
    parent: Option<Parent>,
    metrics: Option<PathBuf>,
    begin: Instant,
    /// Known once the pipeline is read.
    teller: Option<Teller>,
    /// Known once the run is published.
    ran: Option<Ran>,
}

impl Observer {
    /// The run begins; who tells of it, where events are sent.
    pub(super) fn started(&self, plan: &Plan, request: &Request) -> Option<Teller> {
        self.with(|watch| {
            let teller = Teller {
                namespace: variable("OPENLINEAGE_NAMESPACE").unwrap_or_else(|| NAMESPACE.to_owned()),
                tenant: plan.rules.tenant.clone(),
                as_of: request.as_of,
                zone: plan.zone,
                nonce: request.nonce.clone(),
                parent: watch.parent.take(),
                clock: Utc::now,
            };
            watch.teller = Some(teller.clone());
            let events = watch.events.as_mut()?;
            events.send(teller.start().to_string());
            Some(teller)
        })?
    }

    /// The run is published, or was before.
    pub(super) fn published(&self, ran: &Ran) {
        self.with(|watch| watch.ran = Some(ran.clone()));
    }

    /// The command ended so.
    pub(super) fn ended(&self, outcome: &Result<()>) {
        let Some(watch) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        match outcome {
            Ok(()) => watch.end(0, None),
            Err(error) => watch.end(error.exit_code(), Some((&error.to_string(), false))),
        }
    }

    fn with<T>(&self, what: impl FnOnce(&mut Watch) -> T) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut().map(what)
    }
}

/// A crash of regua's own ends the process with 101, and nobody else would tell.
impl Drop for Observer {
    fn drop(&mut self) {
        let left = || self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(watch) = std::thread::panicking().then(left).flatten() {
            watch.end(CRASHED, Some(("regua itself is at fault; its log says where", false)));
        }
    }
}

impl Watch {
    /// What went wrong, and whether somebody ended it, counts only for a run that did not publish.
    fn end(mut self, exit_code: u8, wrong: Option<(&str, bool)>) {
        self.write_metrics(exit_code);
        let (Some(mut events), Some(teller)) = (self.events.take(), self.teller.take()) else { return };
        let event = match (&self.ran, wrong) {
            (Some(ran), _) => teller.complete(&ran.record, &ran.described),
            (None, Some((message, true))) => teller.abort(message),
            (None, Some((message, false))) => teller.fail(message),
            (None, None) => return,
        };
        events.send(event.to_string());
        if let Err(why) = events.finish() {
            tracing::warn!(
                "lineage was not sent to {why}; the run is not affected. Correct --openlineage or OPENLINEAGE_URL, or leave it out"
            );
        }
    }

    fn write_metrics(&self, exit_code: u8) {
        let Some(path) = &self.metrics else { return };
        let attempt = Attempt {
            tenant: self.teller.as_ref().map_or("", |teller| &teller.tenant),
            outcome: self.ran.as_ref().map_or("failed", Ran::outcome),
            exit_code,
            seconds: self.begin.elapsed().as_secs_f64(),
            ended_at: Utc::now().timestamp_millis() as f64 / 1000.0,
        };
        let text = match &self.ran {
            Some(ran) => metrics::succeeded(&attempt, &ran.record, ran.results.as_ref()),
            None => metrics::failed(&attempt, &ours(path).unwrap_or_default()),
        };
        if let Err(why) = replace(path, &text) {
            tracing::warn!("--metrics-file {}: {why}; name a file in a folder that can be written", path.display());
        }
    }
}

/// The metrics that stand there; empty for a file that is empty or not there yet.
///
/// # Errors
/// Where something else is there: it stays, and a pipe is not even opened, for it may wait for ever.
fn ours(path: &Path) -> std::io::Result<String> {
    let other = || std::io::Error::other("it is there, and holds no metrics of regua");
    match path.metadata() {
        Ok(found) if !found.is_file() => return Err(other()),
        Err(_) => return Ok(String::new()),
        Ok(_) => {}
    }
    let text = std::fs::read_to_string(path).map_err(|_| other())?;
    if text.is_empty() || text.starts_with("# HELP regua_") { Ok(text) } else { Err(other()) }
}

/// Writes a file at once, so that nobody reads half of it; a collector that runs as somebody else may read it.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    ours(path)?;
    let mut file = super::beside(path)?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_is_told_like_any_other_failure() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("regua.prom");
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let observe = Observe { metrics_file: Some(file.clone()), ..Observe::default() };
        let observer = observe.begin(runtime.handle());
        let crashed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _observer = observer;
            panic!("a fault");
        }));
        assert!(crashed.is_err());
        let metrics = std::fs::read_to_string(file).unwrap();
        assert!(metrics.contains("regua_run_exit_code{tenant=\"\",outcome=\"failed\"} 101\n"), "{metrics}");
    }
}
