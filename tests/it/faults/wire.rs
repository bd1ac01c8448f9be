//! The wire between the program and a real S3: one answer to the create of the record is lost, late or wrong.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use regua::io::log::Log;
use regua::maintenance::verify::verify;
use regua::runtime::progress::Silent;

use super::desk::Desk;
use super::tell;
use crate::servers::{Server, s3_client};
use crate::support::{House, as_of};

/// Longer than the program waits for an answer, which is `AWS_TIMEOUT` here.
const SILENCE: Duration = Duration::from_millis(2_500);
const PATIENCE: &str = "1s";

/// What the client is told in place of the answer.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Status(u16),
    Silence,
    Reset,
}

const ANSWERS: [Answer; 8] = [
    Answer::Status(409),
    Answer::Status(412),
    Answer::Status(304),
    Answer::Status(500),
    Answer::Status(503),
    Answer::Status(429),
    Answer::Silence,
    Answer::Reset,
];

/// The next create of a record gets this answer, and lands or not.
type Fault = Arc<Mutex<Option<(Answer, bool)>>>;

/// Passes everything on to a server, but for one request.
struct Proxy {
    endpoint: String,
    fault: Fault,
    requests: Arc<AtomicUsize>,
}

impl Proxy {
    fn before(server: &Server) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let upstream = server.endpoint().trim_start_matches("http://").to_owned();
        let (fault, requests) = (Fault::default(), Arc::new(AtomicUsize::new(0)));
        let shared = (Arc::clone(&fault), Arc::clone(&requests));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (upstream, fault, requests) = (upstream.clone(), Arc::clone(&shared.0), Arc::clone(&shared.1));
                // What goes wrong here is what the program has to live with.
                std::thread::spawn(move || drop(serve(client, &upstream, &fault, &requests)));
            }
        });
        Proxy { endpoint, fault, requests }
    }
}

/// One request of one connection.
fn serve(mut client: TcpStream, upstream: &str, fault: &Fault, requests: &AtomicUsize) -> std::io::Result<()> {
    let Some(request) = read_request(&mut client)? else { return Ok(()) };
    requests.fetch_add(1, Ordering::SeqCst);
    let is_record = request.starts_with(b"PUT ") && request.windows(6).take(200).any(|bytes| bytes == b"/_log/");
    let fault = if is_record { fault.lock().expect("a fault").take() } else { None };
    let Some((answer, lands)) = fault else {
        let answered = forward(&request, upstream)?;
        return client.write_all(&answered);
    };
    if lands {
        forward(&request, upstream)?;
    }
    match answer {
        Answer::Status(code) => {
            client.write_all(format!("HTTP/1.1 {code} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes())
        }
        Answer::Silence => {
            std::thread::sleep(SILENCE);
            Ok(())
        }
        Answer::Reset => client.shutdown(Shutdown::Both),
    }
}

/// The head and the body that its length announces, with the connection to be closed after it.
fn read_request(client: &mut TcpStream) -> std::io::Result<Option<Vec<u8>>> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 65_536]);
    let end_of_head = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        match client.read(&mut piece)? {
            0 => return Ok(None),
            n => bytes.extend_from_slice(&piece[..n]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end_of_head]).into_owned();
    let header = |name: &str| {
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name))?;
        line.split_once(':').map(|(_, value)| value.trim().to_owned())
    };
    let length: usize = header("content-length:").and_then(|text| text.parse().ok()).unwrap_or(0);
    while bytes.len() < end_of_head + length {
        match client.read(&mut piece)? {
            0 => return Ok(None),
            n => bytes.extend_from_slice(&piece[..n]),
        }
    }
    let head = head.trim_end().to_owned() + "\r\nConnection: close\r\n\r\n";
    Ok(Some([head.as_bytes(), &bytes[end_of_head..]].concat()))
}

fn forward(request: &[u8], upstream: &str) -> std::io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(upstream)?;
    server.write_all(request)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    Ok(answer)
}

/// {409, 412, 304, 500, 503, 429, no answer, reset} by {landed, not landed}: each time the record stands once, and the
/// program says so.
#[test]
fn whatever_the_create_is_answered() {
    let server = Server::moto();
    let proxy = Proxy::before(&server);
    let house = House::of_one_invoice();
    let desk = Desk::new(false);
    let mut tried = 0;
    for answer in ANSWERS {
        for lands in [true, false] {
            let (name, folder) = (format!("{answer:?}, landed: {lands}"), format!("out-{tried}"));
            *proxy.fault.lock().expect("a fault") = Some((answer, lands));
            let before = proxy.requests.load(Ordering::SeqCst);
            let environment = [
                ("AWS_ENDPOINT_URL", proxy.endpoint.as_str()),
                ("AWS_ALLOW_HTTP", "true"),
                ("AWS_ACCESS_KEY_ID", "test"),
                ("AWS_SECRET_ACCESS_KEY", "test"),
                ("AWS_REGION", "us-east-1"),
                ("AWS_TIMEOUT", PATIENCE),
                ("NO_PROXY", "127.0.0.1"),
                ("REGUA_OUTPUT", &format!("s3://regua/{folder}")),
            ];
            let ended = house.regua_with(&["run", "pipelines/daily.toml", "--as-of", as_of()], &environment);
            assert_eq!(ended.code, 0, "{name}: {}", ended.stderr);
            assert!(ended.stdout.contains("\"outcome\":\"published\""), "{name}: {}", ended.stdout);
            assert!(proxy.fault.lock().expect("a fault").is_none(), "{name}: nothing went wrong");
            assert!(proxy.requests.load(Ordering::SeqCst) > before + 20, "{name}: it went through the proxy");
            let store = desk.folder(Arc::new(s3_client(&server)), &folder);
            assert_eq!(Log::read(&store).expect("a log").records.len(), 1, "{name}");
            let verified = verify(&store, &Silent).expect("a log");
            assert_eq!((verified.findings, verified.copies.len()), (Vec::new(), 0), "{name}");
            tried += 1;
        }
    }
    tell("answers of a real S3 to the create of the record", tried, "");
}
