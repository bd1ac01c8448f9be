//! Spans of a run for OpenTelemetry, where the environment names a collector: `OTEL_EXPORTER_OTLP_ENDPOINT` and the other
//! variables of its specification. Only in a program that is built with the feature `otlp`.
//!
//! They go over HTTP by the client that the stores have, so there is one TLS in the program and not two.

use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::{Handle, Runtime};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use super::{Voice, runtime, variable};

const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
/// A collector has so long to take the last spans.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Spans on their way; the last are sent when it goes.
pub(super) struct Spans {
    provider: SdkTracerProvider,
    _runtime: Runtime,
}

/// Starts the log, and beside it the spans; `None` where no collector is named.
pub(super) fn start(voice: Voice) -> Option<Spans> {
    let is_named = ENDPOINTS.into_iter().filter_map(variable).any(|endpoint| !endpoint.is_empty());
    let runtime = if is_named { runtime().ok() } else { None };
    let spans = runtime.and_then(|runtime| Some((provider(runtime.handle())?, runtime)));
    let Some((provider, runtime)) = spans else {
        super::start_log(voice);
        return None;
    };
    let logs =
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false).log_internal_errors(false);
    let logs = match voice.json {
        true => logs.json().flatten_event(true).with_filter(LevelFilter::INFO).boxed(),
        false => {
            logs.without_time().with_level(false).with_ansi(voice.colour_err).with_filter(LevelFilter::INFO).boxed()
        }
    };
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("regua")).with_location(false);
    let spans = spans.with_threads(false).with_target(false).with_level(false);
    // Events are for the log; what a library does is its own affair.
    let spans = spans.with_filter(Targets::new().with_target("regua::spans", LevelFilter::DEBUG));
    tracing_subscriber::registry().with(logs).with(spans).init();
    Some(Spans { provider, _runtime: runtime })
}

fn provider(runtime: &Handle) -> Option<SdkTracerProvider> {
    let http = reqwest::Client::builder().timeout(TIMEOUT).build().ok()?;
    let client = Client { http, runtime: runtime.clone() };
    let exporter = SpanExporter::builder().with_http().with_http_client(client).build().ok()?;
    let resource = match variable("OTEL_SERVICE_NAME") {
        Some(_) => Resource::builder(),
        None => Resource::builder().with_service_name("regua"),
    };
    Some(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build())
}

impl Drop for Spans {
    fn drop(&mut self) {
        let taken = self.provider.force_flush();
        if taken.and(self.provider.shutdown_with_timeout(TIMEOUT)).is_err() {
            tracing::warn!(
                "the collector of OTEL_EXPORTER_OTLP_ENDPOINT did not take the spans; the run is not affected"
            );
        }
    }
}

#[derive(Debug)]
struct Client {
    http: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request.map(reqwest::Body::from))?;
        let sent = self.http.clone();
        // Whoever calls is a thread of the exporter, which has no runtime.
        let answer = self.runtime.spawn(async move {
            let answer = sent.execute(request).await?;
            let status = answer.status();
            Ok::<_, reqwest::Error>((status, answer.bytes().await?))
        });
        let (status, body) = answer.await??;
        Ok(Response::builder().status(status).body(body)?)
    }
}
