//! Delta tables: refused where they are not built in, and read by the Python package `deltalake` where they are
//! (`tests/delta/run`).

#[cfg(feature = "delta")]
mod tables;

use crate::support::House;

const OUTPUT: &str = "path = \"${REGUA_OUTPUT:-../output}\"";

/// A house whose pipeline keeps Delta tables at a path or URL.
fn house(delta: &str) -> House {
    let house = House::of_one_invoice();
    house.edit("pipelines/daily.toml", OUTPUT, &format!("{OUTPUT}\ndelta = \"{delta}\""));
    house
}

#[cfg(not(feature = "delta"))]
#[test]
fn a_build_without_delta_lake_refuses_the_key() {
    let ended = house("../delta").regua(&["check", "pipelines/daily.toml", "--output", "text"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    let expected = "pipelines/daily.toml:62: this regua was built without Delta Lake; build it with `cargo install --path . \
                    --features delta`, or take the key out";
    assert!(ended.stderr.contains(expected), "{}", ended.stderr);
}

#[test]
fn the_prefix_is_its_own() {
    // The last holds the output: who deletes a table's folder would delete the log.
    for folder in ["../output", "../output/kpi", "../output/runs/delta", "../output/", ".."] {
        let ended = house(folder).regua(&["check", "pipelines/daily.toml", "--output", "text"]);
        assert_eq!(ended.code, 2, "{folder}: {}", ended.stderr);
        let expected = "pipelines/daily.toml:62: Delta tables want a prefix of their own: other files are kept here";
        assert!(ended.stderr.contains(expected), "{folder}: {}", ended.stderr);
    }
    for (folder, why) in [("", "it is empty; name a folder or a URL"), ("../l%20k", "has no % in it")] {
        let ended = house(folder).regua(&["check", "pipelines/daily.toml", "--output", "text"]);
        assert!(ended.code == 2 && ended.stderr.contains(why), "{folder}: {}", ended.stderr);
    }
    let ended = house("s3://key:secret@bucket/delta").regua(&["check", "pipelines/daily.toml", "--output", "text"]);
    assert!(ended.stderr.contains("pipelines/daily.toml:62: a URL with credentials is refused"), "{}", ended.stderr);
}
