//! The same portfolio on local files and on a real S3: the same bytes come out, and a run is published once.

use std::net::TcpListener;

use object_store::aws::AmazonS3;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::servers::{Server, s3_client};
use crate::support::{Ended, House, as_of, read_parquet, write_parquet};

/// An S3 of our own with one bucket, `regua`; it ends with the test.
struct S3 {
    _server: Server,
    endpoint: String,
    client: AmazonS3,
    runtime: Runtime,
}

impl S3 {
    fn start() -> S3 {
        let server = Server::moto();
        let endpoint = server.endpoint();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        S3 { endpoint, client: s3_client(&server), runtime, _server: server }
    }

    fn put(&self, key: &str, bytes: Vec<u8>) {
        self.runtime.block_on(self.client.put(&Path::from(key), bytes.into())).expect("an object is written");
    }

    fn get(&self, key: &str) -> Vec<u8> {
        let got = self.runtime.block_on(async { self.client.get(&Path::from(key)).await?.bytes().await });
        got.expect("an object is there").to_vec()
    }

    fn keys(&self, prefix: &str) -> Vec<String> {
        let listed = self.runtime.block_on(self.client.list_with_delimiter(Some(&Path::from(prefix))));
        listed.expect("a listing").objects.into_iter().map(|o| o.location.to_string()).collect()
    }

    /// Uploads the inputs of a house below `regua/{folder}`.
    fn upload(&self, house: &House, folder: &str) {
        for entry in std::fs::read_dir(house.path("input")).expect("input").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            self.put(&format!("{folder}/{name}"), std::fs::read(entry.path()).expect("a readable input"));
        }
    }

    /// Runs the program against this store, with nothing but the environment to say where it is.
    fn regua(&self, house: &House, arguments: &[&str], more: &[(&str, &str)]) -> Ended {
        let environment = [
            ("AWS_ENDPOINT_URL", self.endpoint.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_REGION", "us-east-1"),
            ("NO_PROXY", "127.0.0.1"),
        ];
        house.regua_with(arguments, &[&environment, more].concat())
    }
}

/// A generated portfolio of 400 invoices.
fn portfolio() -> House {
    let house = House::new();
    let made = house.regua(&["demo", "--generate-only", "--invoices", "400", "--dir", "."]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    house
}

/// Cuts an input of a house in two: the first rows, and the others.
fn cut(house: &House, table: &str, rows: usize) {
    let whole = house.path(&format!("input/{table}.parquet"));
    let batches = read_parquet(&whole);
    let all = arrow::compute::concat_batches(&batches[0].schema(), &batches).expect("one batch");
    assert!(all.num_rows() > rows, "{table} has {} rows", all.num_rows());
    write_parquet(&house.path(&format!("input/{table}-1.parquet")), &all.slice(0, rows));
    write_parquet(&house.path(&format!("input/{table}-2.parquet")), &all.slice(rows, all.num_rows() - rows));
    std::fs::remove_file(whole).expect("removed");
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

const RUN: [&str; 4] = ["run", "pipelines/daily.toml", "--as-of", "2026-06-30"];
const RECORD: &str = "_log/00000000000000000001.json";

fn record_of(house: &House) -> Value {
    json(&std::fs::read(house.path("output").join(RECORD)).expect("a commit record"))
}

#[test]
fn s3_gives_what_local_files_give() {
    let house = portfolio();
    let local = house.run(as_of());
    assert_eq!(local.code, 0, "{}", local.stderr);
    let expected = record_of(&house);
    assert!(expected["counts"]["actions"].as_u64() > Some(0), "{}", expected["counts"]);

    let s3 = S3::start();
    s3.upload(&house, "house/input");
    let at = [("REGUA_DATA", "s3://regua/house"), ("REGUA_OUTPUT", "s3://regua/out/")];
    let remote = s3.regua(&house, &RUN, &at);
    assert_eq!(remote.code, 0, "{}", remote.stderr);
    assert!(remote.stdout.contains(&format!("\"record\":\"s3://regua/out/{RECORD}\"")), "{}", remote.stdout);
    let record = json(&s3.get(&format!("out/{RECORD}")));
    assert_eq!(record["logical_digests"], expected["logical_digests"]);
    assert_eq!(record["counts"], expected["counts"]);
    assert_eq!(record["control_totals"], expected["control_totals"]);
    for input in record["inputs"].as_array().expect("inputs") {
        assert!(input["url"].as_str().is_some_and(|url| url.starts_with("s3://regua/house/input/")), "{input}");
        assert!(input["e_tag"].is_string(), "an S3 object is pinned by its e_tag: {input}");
    }
    // What the record names is there, whole, and so is what readers find without it.
    for file in record["files"].as_array().expect("files") {
        let path = file["path"].as_str().expect("a path");
        assert_eq!(s3.get(&format!("out/{path}")).len() as u64, file["size"], "{path}");
        if let Some(copy) = file["copy_to"].as_str() {
            assert_eq!(s3.get(&format!("out/{copy}")), s3.get(&format!("out/{path}")), "{copy}");
        }
    }
    assert_eq!(s3.keys("out/_control"), Vec::<String>::new(), "the probe is removed");

    let again = s3.regua(&house, &RUN, &at);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(again.stdout.contains("\"outcome\":\"already_published\""), "{}", again.stdout);
    assert_eq!(s3.keys("out/_log").len(), 1);
    assert_eq!(json(&s3.get(&format!("out/{RECORD}"))), record);

    let debtor = "D0000001";
    let explained = s3.regua(&house, &["explain", debtor, "--from", "s3://regua/out"], &[]);
    let explained_local = house.regua(&["explain", debtor, "--from", "output"]);
    assert_eq!(explained.code, explained_local.code, "{}", explained.stderr);

    // The export runs again and gives the same rows in other objects: another run, and it is refused.
    s3.put("house/input/debtors.parquet", {
        cut(&house, "debtors", 1);
        std::fs::read(house.path("input/debtors-2.parquet")).expect("readable")
    });
    let conflict = s3.regua(&house, &RUN, &at);
    assert_eq!(conflict.code, 4, "{}", conflict.stderr);
    let missing = s3.regua(&house, &RUN, &[("REGUA_DATA", "s3://regua/nothing"), ("REGUA_OUTPUT", "s3://regua/out2")]);
    assert_eq!(missing.code, 75, "{}", missing.stderr);
    let no_bucket = s3.regua(&house, &RUN, &[("REGUA_DATA", "s3://regua/house"), ("REGUA_OUTPUT", "s3://none/out")]);
    assert_eq!(no_bucket.code, 75, "{}", no_bucket.stderr);
}

/// Row order and the cut into files never change a byte, wherever the files are.
#[test]
fn several_files_are_one_snapshot() {
    let house = portfolio();
    assert_eq!(house.run(as_of()).code, 0);
    let expected = record_of(&house)["logical_digests"].clone();

    let daily = "pipelines/daily.toml";
    house.edit(daily, "}/input/", "}/{as_of}/");
    for table in ["invoices", "payments"] {
        cut(&house, table, 150);
        house.edit(daily, &format!("/{table}.parquet"), &format!("/{table}-*.parquet"));
    }
    // Not a part of the snapshot: `*` does not reach into folders.
    std::fs::create_dir_all(house.path("2026-06-30/old")).expect("a folder");
    for entry in std::fs::read_dir(house.path("input")).expect("input").flatten() {
        std::fs::copy(entry.path(), house.path("2026-06-30").join(entry.file_name())).expect("copied");
    }
    std::fs::copy(house.path("input/invoices-1.parquet"), house.path("2026-06-30/old/invoices-0.parquet"))
        .expect("copied");
    std::fs::remove_dir_all(house.path("output")).expect("a new output");
    let local = house.run(as_of());
    assert_eq!(local.code, 0, "{}", local.stderr);
    assert_eq!(record_of(&house)["logical_digests"], expected);

    let s3 = S3::start();
    s3.upload(&house, "daily/2026-06-30");
    s3.put("daily/2026-06-30/old/invoices-0.parquet", b"not a part of it".to_vec());
    let at = [("REGUA_DATA", "s3://regua/daily"), ("REGUA_OUTPUT", "s3://regua")];
    let remote = s3.regua(&house, &RUN, &at);
    assert_eq!(remote.code, 0, "{}", remote.stderr);
    let record = json(&s3.get(RECORD));
    assert_eq!(record["logical_digests"], expected);
    let inputs = record["inputs"].as_array().expect("inputs");
    assert_eq!(inputs.iter().filter(|i| i["table"] == "invoices").count(), 2);
}

#[test]
fn a_store_that_is_down_is_to_be_tried_later() {
    let house = portfolio();
    let port =
        TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port that is closed again").port();
    let endpoint = format!("http://127.0.0.1:{port}");
    let keys = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "canary-secret"), ("AWS_REGION", "us-east-1")];
    let at = [("AWS_ENDPOINT_URL", endpoint.as_str()), ("AWS_ALLOW_HTTP", "true"), ("REGUA_OUTPUT", "s3://regua/out")];
    let ended = house.regua_with(&RUN, &[keys, at].concat());
    assert_eq!(ended.code, 75, "{}", ended.stderr);
    assert!(ended.stderr.contains("the store is not available"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("canary-secret"));
    assert_eq!(ended.stdout, "");
}
