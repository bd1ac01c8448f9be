//! What a program is built of, for `regua --version --output json`: asked of the build, so that nobody types a version.

use std::env;
use std::fs;

/// Whose versions decide how files are read and written.
const ENGINE: [&str; 4] = ["arrow", "datafusion", "object_store", "parquet"];

fn main() {
    println!("cargo::rerun-if-changed=packaging/build.rs");
    println!("cargo::rerun-if-changed=Cargo.lock");
    let lock = fs::read_to_string("Cargo.lock").expect("Cargo.lock lies beside Cargo.toml");
    for name in ENGINE {
        println!("cargo::rustc-env=REGUA_{}={}", name.to_uppercase(), locked_version(&lock, name));
    }
    println!("cargo::rustc-env=REGUA_FEATURES={}", features());
    println!("cargo::rustc-env=REGUA_TARGET={}", env::var("TARGET").expect("cargo says the target"));
}

fn locked_version<'a>(lock: &'a str, name: &str) -> &'a str {
    let entry = format!("name = \"{name}\"\nversion = \"");
    let mut found = lock.split(&entry).skip(1).filter_map(|rest| rest.split('"').next());
    match (found.next(), found.next()) {
        (Some(version), None) => version,
        _ => panic!("Cargo.lock must have one version of {name}: the program says which it is"),
    }
}

/// The optional features of this build, as cargo tells them: `CARGO_FEATURE_DELTA` is `delta`.
fn features() -> String {
    let name = |(key, _): (String, String)| Some(key.strip_prefix("CARGO_FEATURE_")?.to_lowercase());
    let mut names: Vec<String> = env::vars().filter_map(name).filter(|name| name != "default").collect();
    names.sort();
    names.join(" ")
}
