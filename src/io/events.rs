//! Where events about a run go: to a file, or to an endpoint. They are sent beside the work and in their order, and nothing
//! that becomes of them becomes of the run.

use std::fmt;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::domain::pii::Pii;

/// An endpoint has so long to answer.
const TIMEOUT: Duration = Duration::from_secs(3);
/// What it refuses for a moment is sent once more.
const PAUSE: Duration = Duration::from_millis(500);
/// The end of a run waits so long for all that is still on its way.
const LAST_WAIT: Duration = Duration::from_secs(7);

/// Where events go.
#[derive(Clone, Debug)]
pub enum Place {
    /// A file to which each is appended as a line.
    File(PathBuf),
    /// An endpoint to which each is posted as JSON, and the key that it asks for.
    Endpoint(String, Option<Pii<String>>),
}

/// Events on their way to one place.
#[derive(Debug)]
pub struct Events {
    place: Place,
    runtime: Handle,
    last: Option<JoinHandle<Result<(), String>>>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(path) => write!(f, "{}", path.display()),
            Place::Endpoint(url, _) => f.write_str(url),
        }
    }
}

impl Events {
    /// Events to a place.
    pub fn to(place: Place, runtime: &Handle) -> Events {
        Events { place, runtime: runtime.clone(), last: None }
    }

    /// Sends one, after those before it; returns at once.
    pub fn send(&mut self, event: String) {
        let (place, before) = (self.place.clone(), self.last.take());
        self.last = Some(self.runtime.spawn(async move {
            let before = match before {
                Some(before) => before.await.unwrap_or(Ok(())),
                None => Ok(()),
            };
            let sent = place.take(event).await;
            before.and(sent)
        }));
    }

    /// Waits until the last has arrived, or will not.
    ///
    /// # Errors
    /// The place, and why the first that was lost has not arrived.
    pub fn finish(self) -> Result<(), String> {
        let waited = |last| self.runtime.block_on(async { tokio::time::timeout(LAST_WAIT, last).await });
        let sent = match self.last.map(waited) {
            Some(Err(_)) => Err(format!("no answer within {} s", LAST_WAIT.as_secs())),
            Some(Ok(sent)) => sent.unwrap_or(Ok(())),
            None => Ok(()),
        };
        sent.map_err(|why| format!("{}: {why}", self.place))
    }
}

impl Place {
    async fn take(&self, event: String) -> Result<(), String> {
        match self {
            Place::File(path) => append(path, &event).map_err(|why| why.to_string()),
            Place::Endpoint(url, key) => {
                let client =
                    Client::builder().timeout(TIMEOUT).redirect(Policy::none()).build().map_err(|why| class(&why))?;
                match post(&client, url, key.as_ref(), event.clone()).await {
                    Err(Refused { is_final: false, .. }) => {
                        tokio::time::sleep(PAUSE).await;
                        post(&client, url, key.as_ref(), event).await.map_err(|refused| refused.why)
                    }
                    sent => sent.map_err(|refused| refused.why),
                }
            }
        }
    }
}

/// In one write, so that the lines of runs side by side stay whole. Where nobody reads a pipe, it would wait for ever.
fn append(path: &Path, event: &str) -> std::io::Result<()> {
    if path.metadata().is_ok_and(|found| !found.is_file()) {
        return Err(std::io::Error::other("it is there, and is not a file"));
    }
    let mut first = [b'{'];
    let _ = File::open(path).and_then(|mut file| file.read(&mut first));
    if first != [b'{'] {
        return Err(std::io::Error::other("it is there, and holds something else than events"));
    }
    File::options().create(true).append(true).open(path)?.write_all(format!("{event}\n").as_bytes())
}

struct Refused {
    why: String,
    /// It would be refused again.
    is_final: bool,
}

async fn post(client: &Client, url: &str, key: Option<&Pii<String>>, event: String) -> Result<(), Refused> {
    let mut request = client.post(url).header(CONTENT_TYPE, "application/json").body(event);
    if let Some(key) = key {
        request = request.bearer_auth(key.expose());
    }
    let answer = request.send().await.map_err(|why| Refused { why: class(&why), is_final: false })?;
    let status = answer.status();
    match status.is_success() {
        true => Ok(()),
        false => Err(Refused { why: format!("HTTP {status}"), is_final: status.is_client_error() }),
    }
}

/// What went wrong in a few words: the long text of an error may hold what was sent.
fn class(error: &reqwest::Error) -> String {
    match error {
        e if e.is_timeout() => format!("no answer within {} s", TIMEOUT.as_secs()),
        e if e.is_connect() => "nobody answers there".to_owned(),
        e if e.is_builder() => "it is not a URL that can be called".to_owned(),
        _ => "the connection broke".to_owned(),
    }
}
