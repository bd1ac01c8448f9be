//! What the packages are made of is there, and said once: pyproject.toml, `[package.metadata.deb]` and
//! packaging/Containerfile against the repository. `tests/packages` builds and installs them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use toml::{Table, Value};

use crate::support::root;

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|why| panic!("{file}: {why}"))
}

fn parsed(file: &str) -> Table {
    read(file).parse().unwrap_or_else(|why| panic!("{file}: {why}"))
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// Every file below a folder that fits a pattern, as the pattern names it.
fn matches(folder: &Path, pattern: &str) -> BTreeSet<PathBuf> {
    let found = glob::glob(&folder.join(pattern).to_string_lossy()).expect("a pattern").flatten();
    found.filter(|path| path.is_file()).map(|path| path.strip_prefix(folder).expect("below it").to_owned()).collect()
}

/// What `packaging/share` has the program write.
fn share() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let share = folder.path().join("share");
    let script = Command::new(root().join("packaging/share")).arg(env!("CARGO_BIN_EXE_regua")).arg(share).output();
    let script = script.expect("bash is here");
    assert!(script.status.success(), "{}", String::from_utf8_lossy(&script.stderr));
    folder
}

#[test]
fn the_wheel_has_its_version_from_cargo_and_says_what_cargo_says() {
    let (wheel, cargo) = (parsed("pyproject.toml"), parsed("Cargo.toml"));
    let (project, package) = (wheel["project"].as_table().unwrap(), cargo["package"].as_table().unwrap());
    assert!(!project.contains_key("version") && text(&project["dynamic"][0]) == "version");
    for key in ["name", "description", "license"] {
        assert_eq!(project[key], package[key], "{key}");
    }
    assert!(text(&wheel["build-system"]["requires"][0]).starts_with("maturin=="), "one version of maturin builds it");
}

/// Two copies would be two versions one day.
#[test]
fn the_wheel_carries_the_airflow_module_that_lies_beside_the_dag() {
    let source = text(&parsed("pyproject.toml")["tool"]["maturin"]["python-source"]).to_owned();
    let module = root().join(source).join("regua/airflow.py").canonicalize().expect("a link");
    assert_eq!(module, root().join("pipelines/airflow/regua_airflow.py").canonicalize().unwrap());
}

#[test]
fn the_debian_package_takes_files_that_are_there_and_all_that_the_program_writes() {
    let share = share();
    let cargo = parsed("Cargo.toml");
    let mut taken = BTreeSet::new();
    for asset in cargo["package"]["metadata"]["deb"]["assets"].as_array().unwrap() {
        let source = text(&asset[0]);
        match source.strip_prefix("target/release/") {
            Some("regua") => assert_eq!(text(&asset[1]), "usr/bin/"),
            Some(written) => taken.extend(matches(share.path(), written)),
            None => assert!(!matches(&root(), source).is_empty(), "{source}"),
        }
    }
    assert_eq!(taken, matches(share.path(), "**/*"));
}

#[test]
fn the_container_is_built_by_the_compiler_and_the_profile_that_cargo_knows() {
    let (cargo, file) = (parsed("Cargo.toml"), read("packaging/Containerfile"));
    let compiler = format!("FROM docker.io/library/rust:{}-", text(&cargo["package"]["rust-version"]));
    assert!(file.contains(&compiler), "no {compiler}");
    let profile = file.split("--profile ").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a profile");
    assert_eq!(text(&cargo["profile"][profile]["inherits"]), "release");
}

/// cargo reads the manifests of all members and looks for every target that they name.
#[test]
fn the_container_has_all_that_cargo_reads() {
    let (cargo, file) = (parsed("Cargo.toml"), read("packaging/Containerfile"));
    let build = file.split("\nFROM ").nth(1).expect("the stage that builds");
    let lines = build.lines().filter_map(|line| line.strip_prefix("COPY "));
    let copied: Vec<&str> = lines.flat_map(|line| line.rsplit_once(' ').expect("from and to").0.split(' ')).collect();
    for source in &copied {
        assert!(root().join(source).exists(), "{source}");
    }
    let members = cargo["workspace"]["members"].as_array().unwrap().iter().map(text);
    let needed = ["Cargo.toml", "Cargo.lock", "src", "sql", "pipelines", "benches", "packaging"];
    for part in needed.into_iter().chain(members) {
        assert!(copied.contains(&part), "the Containerfile does not copy {part}");
    }
}
