//! The golden ledger: three companies, two currencies and fourteen months, and every figure of every KPI table worked
//! out again by a program in plain Python that shares nothing with this one but the documents.

use std::process::Command;

use crate::support::{root, test_venv};

#[test]
fn every_figure_is_what_an_independent_program_works_out() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = Command::new(root().join("tests/golden/run"))
        .arg(env!("CARGO_BIN_EXE_regua"))
        .arg(folder.path())
        .args(["2026-03-31", "2026-05-15", "2026-06-30"])
        .env("PYTHON", test_venv().join("bin/python"))
        .output()
        .expect("bash");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(told.lines().count(), 4, "a line a date, and nothing differs:\n{told}");
}
