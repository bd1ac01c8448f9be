//! The README says what the program does: its tables come from the contract, its commands exist.

use crate::support::{House, root};

const BEGIN: &str = "<!-- tables begin -->\n";
const END: &str = "<!-- tables end -->";

#[test]
fn the_tables_are_those_of_the_contract() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rest) = readme.split_once(BEGIN).expect("the README marks where its tables begin");
    let (tables, _) = rest.split_once(END).expect("the README marks where its tables end");
    let printed = House::new().regua(&["schema", "--markdown"]).stdout;
    let remedy = "replace what stands between the marks by the output of `regua schema --markdown`";
    assert!(tables.trim() == printed.trim(), "the README's tables are not the contract's: {remedy}");
}

#[test]
fn its_commands_exist() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let house = House::new();
    let commands = readme.lines().filter_map(|l| l.strip_prefix("    regua ")).filter_map(|l| l.split(' ').next());
    let mut seen = 0;
    for command in commands {
        let ended = house.regua(&[command, "--help"]);
        assert_eq!(ended.code, 0, "regua {command}: {}", ended.stderr);
        seen += 1;
    }
    assert!(seen >= 3, "the README shows how to check, run and explain");
    for script in ["tests/run", "benches/scale.py"] {
        assert!(readme.contains(script) && root().join(script).exists(), "{script}");
    }
}
