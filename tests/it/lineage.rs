//! What others are told of a run: OpenLineage events in a file or to a server, and metrics for Prometheus.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};

use serde_json::{Value, json};

use crate::support::{Ended, House, as_of, test_venv};

const PARENT: &str = "default/regua_daily.run/0197c1a0-7c2e-7d3c-9a51-3f2f6c2b8a10";

fn run(house: &House, more: &[&str], environment: &[(&str, &str)]) -> Ended {
    let arguments = [&["run", "pipelines/daily.toml", "--as-of", as_of(), "--output", "json"], more].concat();
    house.regua_with(&arguments, environment)
}

fn events(house: &House) -> Vec<Value> {
    house.read("events.ndjson").lines().map(|line| serde_json::from_str(line).expect("an event")).collect()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["eventType"].as_str()).collect()
}

/// The dataset whose name ends so.
fn dataset<'e>(event: &'e Value, side: &str, end: &str) -> &'e Value {
    let mut of_side = event[side].as_array().expect("datasets").iter();
    of_side.find(|of| of["name"].as_str().is_some_and(|name| name.ends_with(end))).unwrap_or_else(|| panic!("no {end}"))
}

/// `invoices.amount IDENTITY` for each source of a column of a published table.
fn sources(event: &Value, table: &str, column: &str) -> Vec<String> {
    let fields = &dataset(event, "outputs", table)["facets"]["columnLineage"]["fields"];
    let told = |of: &Value| {
        let name = of["name"].as_str().and_then(|name| name.rsplit('/').next()).unwrap_or_default();
        let field = of["field"].as_str().unwrap_or_default();
        format!(
            "{}.{field} {}",
            name.trim_end_matches(".parquet"),
            of["transformations"][0]["subtype"].as_str().unwrap_or_default()
        )
    };
    fields[column]["inputFields"].as_array().into_iter().flatten().map(told).collect()
}

/// A facet says who made it and where it is described; what else is in it.
fn body(facet: &Value) -> Value {
    let mut body = facet.clone();
    let of = body.as_object_mut().expect("a facet");
    let (producer, schema) = (of.remove("_producer"), of.remove("_schemaURL"));
    assert!(producer.is_some_and(|p| p.as_str().is_some_and(|p| p.starts_with("urn:regua:"))));
    assert!(schema.is_some_and(|s| s.as_str().is_some_and(|s| s.starts_with("https://openlineage.io/spec/facets/"))));
    body
}

#[test]
fn a_run_begins_and_completes_with_what_it_read_and_published() {
    let house = House::of_one_invoice();
    let ended = run(&house, &["--openlineage", "events.ndjson", "--openlineage-parent", PARENT], &[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let events = events(&house);
    assert_eq!(kinds(&events), ["START", "COMPLETE"]);
    for event in &events {
        assert_eq!(event["job"]["namespace"], "default");
        assert_eq!(event["job"]["name"], "regua.demo");
        assert_eq!(event["run"]["runId"], events[0]["run"]["runId"]);
        let facets = &event["run"]["facets"];
        let parent = json!({
            "run": {"runId": "0197c1a0-7c2e-7d3c-9a51-3f2f6c2b8a10"},
            "job": {"namespace": "default", "name": "regua_daily.run"},
        });
        assert_eq!(body(&facets["parent"]), parent);
        let nominal =
            json!({"nominalStartTime": "2026-06-30T00:00:00-03:00", "nominalEndTime": "2026-07-01T00:00:00-03:00"});
        assert_eq!(body(&facets["nominalTime"]), nominal);
        assert_eq!(body(&facets["processing_engine"])["name"], "regua");
        assert!(facets.get("errorMessage").is_none());
    }

    let complete = &events[1];
    let invoices = dataset(complete, "inputs", "/input/invoices.parquet");
    assert_eq!(invoices["namespace"], "file");
    let record: Value = serde_json::from_str(&house.read("output/_log/00000000000000000001.json")).expect("a record");
    let object = record["inputs"].as_array().expect("inputs").iter().find(|o| o["table"] == "invoices").expect("one");
    let counted = json!({"rowCount": 1, "size": object["size"], "fileCount": 1});
    assert_eq!(body(&invoices["inputFacets"]["inputStatistics"]), counted);
    assert_eq!(body(&invoices["facets"]["version"])["datasetVersion"], object["sha256"]);
    let schema = body(&invoices["facets"]["schema"]);
    let names: Vec<&str> =
        schema["fields"].as_array().expect("fields").iter().filter_map(|f| f["name"].as_str()).collect();
    assert_eq!(names, ["invoice_id", "debtor_id", "issue_date", "due_date", "amount"]);
    assert_eq!(schema["fields"][4]["type"], "Decimal128(18, 2)");

    let actions = dataset(complete, "outputs", "/output/runs/actions");
    assert_eq!(body(&actions["facets"]["version"])["datasetVersion"], record["run_id"]);
    assert_eq!(body(&actions["outputFacets"]["outputStatistics"])["rowCount"], 1);
    assert_eq!(
        body(&dataset(complete, "outputs", "/output/outbox")["outputFacets"]["outputStatistics"])["rowCount"],
        1
    );
    let tables = ["runs/items", "runs/debtors", "runs/decisions", "kpi/kpi_aging", "kpi/kpi_portfolio"];
    for table in tables {
        let of = dataset(complete, "outputs", &format!("/output/{table}"));
        assert!(body(&of["facets"]["schema"])["fields"].as_array().is_some_and(|f| f.len() > 8), "{table}");
    }
    assert!(!house.read("events.ndjson").contains("Acme"), "no value of a cell");
}

/// What a run says of itself is published with it, and is no reason for two equal runs to differ.
#[test]
fn the_event_and_the_metrics_lie_beside_what_is_published() {
    let house = House::of_one_invoice();
    assert_eq!(run(&house, &["--openlineage", "events.ndjson"], &[]).code, 0);
    let record: Value = serde_json::from_str(&house.read("output/_log/00000000000000000001.json")).expect("a record");
    let paths: Vec<&str> =
        record["files"].as_array().expect("files").iter().filter_map(|f| f["path"].as_str()).collect();
    let path = |name: &str| format!("output/{}", paths.iter().find(|path| path.ends_with(name)).expect("a file"));
    let mut published: Value = serde_json::from_str(&house.read(&path("/lineage.ndjson"))).expect("an event");
    let mut sent = events(&house).remove(1);
    for event in [&mut published, &mut sent] {
        event.as_object_mut().and_then(|of| of.remove("eventTime")).expect("a time");
    }
    assert_eq!(published, sent);
    let digests = record["logical_digests"].as_object().expect("digests");
    assert!(
        digests.contains_key("actions/part-00000.parquet") && !digests.contains_key("lineage.ndjson"),
        "{digests:?}"
    );
    std::fs::copy(house.path(&path("/metrics.prom")), house.path("regua.prom")).expect("a copy");
    let metrics = metrics(&house);
    assert_eq!(metrics.get("regua_run_output_rows{table=actions,tenant=demo}"), Some(&1.0));
    assert!(!metrics.keys().any(|name| name.contains("last_success")), "when it was published, its record says");
}

/// The plans of the models say it; the amount of an item goes through three models and the rules unchanged.
#[test]
fn columns_are_followed_from_the_export_to_the_table() {
    let house = House::of_one_invoice();
    house.write("invoices", "invoice_id debtor_id issue_date due_date valor\nI1 D1 2026-01-05 2026-06-20 100.00");
    house.edit("pipelines/daily.toml", "[inputs.invoices]", "[inputs.invoices]\ncolumns.amount = \"valor\"");
    let valor = "invoice_id debtor_id issue_date due_date amount\nI1 D1 2026-01-05 2026-06-20 100.00";
    let batch = crate::support::batch("invoices", valor);
    let fields = batch
        .schema()
        .fields()
        .iter()
        .map(|f| f.as_ref().clone().with_name(f.name().replace("amount", "valor")))
        .collect::<Vec<_>>();
    let schema = std::sync::Arc::new(arrow::datatypes::Schema::new(fields));
    let batch = arrow::array::RecordBatch::try_new(schema, batch.columns().to_vec()).expect("a batch");
    crate::support::write_parquet(&house.path("input/invoices.parquet"), &batch);
    let ended = run(&house, &["--openlineage", "events.ndjson"], &[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let event = &events(&house)[1];
    assert_eq!(sources(event, "runs/items", "original_amount"), ["invoices.valor IDENTITY"]);
    assert_eq!(sources(event, "runs/items", "due_date"), ["invoices.due_date IDENTITY"]);
    assert_eq!(sources(event, "runs/items", "days_past_due"), ["invoices.due_date TRANSFORMATION"]);
    let open = ["invoices.valor AGGREGATION", "payments.amount AGGREGATION"];
    for (table, column) in [
        ("runs/items", "open_amount"),
        ("runs/actions", "open_amount"),
        ("kpi/kpi_aging", "open_amount"),
        ("kpi/kpi_portfolio", "overdue_30_amount"),
    ] {
        assert_eq!(sources(event, table, column), open, "{table}.{column}");
    }
    assert_eq!(sources(event, "runs/items", "segment"), [""; 0], "the rules say it, and no column is its source");
    let influences = &dataset(event, "outputs", "runs/decisions")["facets"]["columnLineage"]["dataset"];
    let of: Vec<&str> = influences.as_array().expect("influences").iter().filter_map(|i| i["field"].as_str()).collect();
    assert!(of.contains(&"state") && of.contains(&"due_date") && !of.contains(&"amount_of_nobody"), "{of:?}");
}

#[test]
fn what_was_published_before_completes_and_what_fails_says_why() {
    let house = House::of_one_invoice();
    let to_file = ["--openlineage", "events.ndjson"];
    assert_eq!(run(&house, &[], &[]).code, 0);
    assert_eq!(run(&house, &[&to_file[..], &["--skip-if-unchanged"]].concat(), &[]).code, 99);
    let again = events(&house);
    assert_eq!(kinds(&again), ["START", "COMPLETE"]);
    assert_eq!(body(&dataset(&again[1], "outputs", "runs/actions")["outputFacets"]["outputStatistics"])["rowCount"], 1);

    house.write("invoices", "invoice_id debtor_id issue_date due_date amount\nI1 D1 2026-01-05 2026-06-20 90.00");
    assert_eq!(run(&house, &to_file, &[]).code, 4);
    let all = events(&house);
    assert_eq!(kinds(&all), ["START", "COMPLETE", "START", "FAIL"]);
    assert_ne!(all[3]["run"]["runId"], all[1]["run"]["runId"]);
    assert_eq!(all[3]["run"]["runId"], all[2]["run"]["runId"]);
    let error = body(&all[3]["run"]["facets"]["errorMessage"]);
    assert_eq!(error["programmingLanguage"], "Rust");
    assert!(
        error["message"].as_str().is_some_and(|m| m.starts_with("2026-06-30 is already published from other inputs"))
    );
}

/// A run after another reads what that one published.
#[test]
fn the_next_run_reads_what_this_one_published() {
    let house = House::of_one_invoice();
    assert_eq!(run(&house, &[], &[]).code, 0);
    let next = ["run", "pipelines/daily.toml", "--as-of", "2026-07-01", "--openlineage", "events.ndjson"];
    assert_eq!(house.regua(&next).code, 0);
    let event = &events(&house)[1];
    let debtors = dataset(event, "inputs", "/output/runs/debtors");
    assert_eq!(body(&debtors["inputFacets"]["inputStatistics"])["rowCount"], 1);
    assert_eq!(sources(event, "runs/debtors", "previous_segment"), ["debtors.segment IDENTITY"]);
}

/// One request as a server got it: its line and headers, and its body.
type Request = (Vec<String>, Value);

/// A server that answers requests with these statuses, one after another; what it was asked.
fn server(statuses: &[&str]) -> (String, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (sent, got) = channel();
    let statuses: Vec<String> = statuses.iter().map(|s| (*s).to_owned()).collect();
    std::thread::spawn(move || {
        for status in statuses {
            let Ok((stream, _)) = listener.accept() else { return };
            answer(stream, &status, &sent);
        }
    });
    (url, got)
}

fn answer(mut stream: TcpStream, status: &str, sent: &Sender<Request>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let length = head.iter().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    let mut bytes = vec![0; length.and_then(|n| n.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut bytes).expect("a body");
    let _ = sent.send((head, serde_json::from_slice(&bytes).expect("JSON")));
    let _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
}

#[test]
fn a_server_gets_the_events_with_the_key() {
    let house = House::of_one_invoice();
    let (url, got) = server(&["201 Created", "503 Service Unavailable", "201 Created"]);
    let environment =
        [("OPENLINEAGE_URL", url.as_str()), ("OPENLINEAGE_API_KEY", "s3cret"), ("OPENLINEAGE_NAMESPACE", "cobranca")];
    let ended = run(&house, &[], &environment);
    assert_eq!((ended.code, ended.stderr.contains("lineage")), (0, false), "{}", ended.stderr);
    let requests: Vec<Request> = got.iter().collect();
    let told: Vec<&str> = requests.iter().filter_map(|(_, event)| event["eventType"].as_str()).collect();
    assert_eq!(told, ["START", "COMPLETE", "COMPLETE"], "what was refused for a moment comes once more");
    for (head, event) in &requests {
        assert_eq!(head[0], "POST /api/v1/lineage HTTP/1.1");
        assert!(head.iter().any(|line| line == "authorization: Bearer s3cret"), "{head:?}");
        assert!(head.iter().any(|line| line == "content-type: application/json"), "{head:?}");
        assert_eq!(event["job"]["namespace"], "cobranca");
    }
}

/// Lineage is told beside the run: nothing that becomes of it is a reason to fail.
#[test]
fn what_cannot_be_told_is_one_warning() {
    let (refusing, _got) = server(&["401 Unauthorized", "401 Unauthorized"]);
    let nobody = "http://127.0.0.1:9";
    let (elsewhere, _got) = server(&["302 Found", "302 Found", "302 Found", "302 Found"]);
    let cases: [(&str, Option<&str>, &str); 8] = [
        (&elsewhere, None, "/api/v1/lineage: HTTP 302 Found"),
        ("pipelines", None, "pipelines: it is there, and is not a file"),
        ("input/invoices.parquet", None, "input/invoices.parquet: it is there, and holds something else than events"),
        (&refusing, None, "/api/v1/lineage: HTTP 401 Unauthorized; the run is not affected. Correct --openlineage"),
        (nobody, None, "http://127.0.0.1:9/api/v1/lineage: nobody answers there; the run is not affected"),
        ("no/such/folder/events.ndjson", None, "no/such/folder/events.ndjson: No such file or directory"),
        ("http://user:key@host", None, "lineage is not sent: its URL holds credentials"),
        ("events.ndjson", Some("dag/1"), "--openlineage-parent: \"dag/1\" is not NAMESPACE/JOB/RUN-UUID"),
    ];
    for (place, parent, warning) in cases {
        let house = House::of_one_invoice();
        let parent = parent.map_or(vec![], |parent| vec!["--openlineage-parent", parent]);
        let ended = run(&house, &[&["--openlineage", place], &parent[..]].concat(), &[]);
        assert_eq!(ended.code, 0, "{place}: {}", ended.stderr);
        let told: Vec<&str> = ended.stderr.lines().filter(|line| line.contains("lineage")).collect();
        assert!(told.len() == 1 && told[0].contains("\"WARN\""), "{place}: {told:?}");
        let told: Value = serde_json::from_str(told[0]).expect("a log line");
        assert!(told["message"].as_str().is_some_and(|m| m.contains(warning)), "{place}: {told}");
        assert!(house.path("output/_log/00000000000000000001.json").exists());
    }
}

/// A typing error names a file of somebody else, or a device: it stays what it is.
#[test]
fn metrics_take_the_place_of_metrics_alone() {
    let house = House::of_one_invoice();
    let before = house.read("pipelines/daily.toml");
    for place in ["pipelines/daily.toml", "/dev/null"] {
        let ended = run(&house, &["--metrics-file", place], &[]);
        assert_eq!(ended.code, 0, "{place}: {}", ended.stderr);
        assert!(ended.stderr.contains("it is there, and holds no metrics of regua"), "{place}: {}", ended.stderr);
    }
    assert_eq!(house.read("pipelines/daily.toml"), before);
    // Nobody writes to the pipe: whoever opened it to look at the last success would wait for ever.
    let made = Command::new("mkfifo").arg(house.path("pipe")).status();
    assert!(made.expect("it starts").success());
    std::fs::remove_file(house.path("input/invoices.parquet")).expect("removed");
    let failed = run(&house, &["--metrics-file", "pipe"], &[]);
    assert_eq!(failed.code, 75, "{}", failed.stderr);
    assert!(failed.stderr.contains("it is there, and holds no metrics of regua"), "{}", failed.stderr);
}

/// The families of a file, as the client of Prometheus reads them: `name{labels}` = value.
fn metrics(house: &House) -> BTreeMap<String, f64> {
    let parsed = Command::new(test_venv().join("bin/python"))
        .args(["-c", include_str!("lineage/parse.py")])
        .arg(house.path("regua.prom"))
        .output()
        .expect("python starts");
    assert!(parsed.status.success(), "{}", String::from_utf8_lossy(&parsed.stderr));
    serde_json::from_slice(&parsed.stdout).expect("JSON")
}

#[test]
fn metrics_say_how_the_last_attempt_ended_and_keep_the_last_success() {
    let house = House::of_one_invoice();
    let to_file = ["--metrics-file", "regua.prom"];
    assert_eq!(run(&house, &to_file, &[]).code, 0);
    let first = metrics(&house);
    let of = |metrics: &BTreeMap<String, f64>, name: &str| metrics.get(name).copied();
    for (name, value) in [
        ("regua_run_exit_code{outcome=published,tenant=demo}", 0.0),
        ("regua_run_as_of_timestamp_seconds{tenant=demo}", 1_782_777_600.0),
        ("regua_run_input_rows{table=invoices,tenant=demo}", 1.0),
        ("regua_run_output_rows{table=actions,tenant=demo}", 1.0),
        ("regua_run_open_amount{currency=BRL,tenant=demo}", 100.0),
        ("regua_run_open_items{currency=BRL,tenant=demo}", 1.0),
    ] {
        assert_eq!(of(&first, name), Some(value), "{name} in {first:?}");
    }
    let size = std::fs::metadata(house.path("input/invoices.parquet")).expect("a file").len();
    assert_eq!(of(&first, "regua_run_input_bytes{table=invoices,tenant=demo}"), Some(size as f64));
    let positive = [
        "regua_run_duration_seconds{outcome=published,tenant=demo}",
        "regua_run_stage_seconds{stage=shards,tenant=demo}",
        "regua_run_stage_peak_memory_bytes{stage=audit,tenant=demo}",
    ];
    assert!(positive.iter().all(|name| of(&first, name).is_some_and(|value| value > 0.0)), "{first:?}");

    // Another export, and a date that is published: what succeeded stays.
    house.write("invoices", "invoice_id debtor_id issue_date due_date amount\nI1 D1 2026-01-05 2026-06-20 90.00");
    assert_eq!(run(&house, &to_file, &[]).code, 4);
    let failed = metrics(&house);
    assert_eq!(of(&failed, "regua_run_exit_code{outcome=failed,tenant=demo}"), Some(4.0));
    let is_of_attempt = |name: &str| name.contains("outcome=");
    let kept = |metrics: &BTreeMap<String, f64>| -> Vec<(String, f64)> {
        metrics.iter().filter(|(name, _)| !is_of_attempt(name)).map(|(name, value)| (name.clone(), *value)).collect()
    };
    assert_eq!(kept(&failed), kept(&first));
    let ended = |metrics: &BTreeMap<String, f64>, outcome: &str| {
        of(metrics, &format!("regua_run_end_timestamp_seconds{{outcome={outcome},tenant=demo}}"))
    };
    assert!(ended(&failed, "failed") > ended(&first, "published"));

    // The same again, and a pipeline that cannot be read: whose it is, nobody knows.
    house.edit("pipelines/daily.toml", "[pipeline]", "[pipeline");
    assert_eq!(run(&house, &to_file, &[]).code, 2);
    let unread = metrics(&house);
    assert_eq!(of(&unread, "regua_run_exit_code{outcome=failed,tenant=}"), Some(2.0));
    assert_eq!(kept(&unread), kept(&first));
    let beside: Vec<String> = glob::glob(&house.path(".regua-*").to_string_lossy())
        .expect("a pattern")
        .flatten()
        .map(|p| p.display().to_string())
        .collect();
    assert!(beside.is_empty(), "{beside:?}");
}

#[test]
fn metrics_that_cannot_be_written_are_one_warning() {
    let house = House::of_one_invoice();
    let ended = run(&house, &["--metrics-file", "no/such/folder/regua.prom"], &[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let warning = "--metrics-file no/such/folder/regua.prom: No such file or directory";
    assert_eq!(ended.stderr.matches(warning).count(), 1, "{}", ended.stderr);
}

/// A scheduler that ends a run hears of it too, before the process is gone.
#[test]
fn a_run_that_is_ended_says_so() {
    let house = House::new();
    let made = house.regua(&["demo", "--generate-only", "--invoices", "20000", "--dir", "."]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let mut child = Command::new(env!("CARGO_BIN_EXE_regua"))
        .args([
            "run",
            "pipelines/daily.toml",
            "--as-of",
            as_of(),
            "--openlineage",
            "events.ndjson",
            "--metrics-file",
            "regua.prom",
        ])
        .current_dir(house.folder.path())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("\"stage\":\"shards\"")));
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(killed.expect("kill starts").success());
    lines.for_each(drop);
    assert_eq!(child.wait().expect("it ends").code(), Some(143));
    let events = events(&house);
    assert_eq!(kinds(&events), ["START", "ABORT"]);
    let message = &body(&events[1]["run"]["facets"]["errorMessage"])["message"];
    assert_eq!(message, "interrupted: nothing was published");
    assert_eq!(metrics(&house).get("regua_run_exit_code{outcome=failed,tenant=demo}"), Some(&143.0));
}
