//! The files of `sql/`: what each says of itself, where it stands, and that a specification names it.

use regua::error::Error;
use regua::io::engine::{Layer, Models};

use crate::spec::models;
use crate::support::root;

const HEADER: &str =
    "-- Purpose: one\n-- Grain: none\n-- Reads: other\n-- Units: none\n-- Nulls: none\n-- Kind: table\nselect 1 as one";

fn refused(files: &[(&str, &str)]) -> String {
    let error = Models::read(files.iter().copied()).expect_err("models that are refused");
    assert!(matches!(error, Error::Model { .. }), "{error}");
    assert_eq!(error.exit_code(), 2);
    error.to_string()
}

#[test]
fn a_model_says_its_purpose_grain_reads_units_nulls_and_kind() {
    for word in ["Purpose", "Grain", "Reads", "Units", "Nulls", "Kind"] {
        let text = HEADER.replace(&format!("-- {word}: "), "-- ");
        let expected = format!(
            "model 10_staging/stg_one.sql: its header lacks {word}; it opens with lines such as `-- Grain: debtor_id`"
        );
        assert_eq!(refused(&[("10_staging/stg_one.sql", &text)]), expected);
    }
    let without = refused(&[("10_staging/stg_one.sql", "select 1 as one")]);
    assert!(without.contains("lacks Purpose, Grain, Reads, Units, Nulls, Kind;"), "{without}");
}

#[test]
fn a_model_stands_in_a_known_folder() {
    for path in ["15_other/stg_one.sql", "stg_one.sql", "sql/10_staging/stg_one.sql"] {
        let error = refused(&[(path, HEADER)]);
        let text = "it is not in a known folder; use one of 10_staging, 20_intermediate, 30_candidates, 35_facts, \
            40_kpis, 50_audits";
        assert_eq!(error, format!("model {path}: {text}"));
    }
}

#[test]
fn models_do_not_read_each_other_in_a_ring() {
    let reads = |name: &str| HEADER.replace("Reads: other", &format!("Reads: {name}"));
    let (one, two) = (reads("int_two"), reads("int_one"));
    let files = [("20_intermediate/int_one.sql", one.as_str()), ("20_intermediate/int_two.sql", two.as_str())];
    assert_eq!(refused(&files), "model int_one, int_two: these models read each other in a ring; break it");
}

#[test]
fn models_come_after_what_they_read_and_layers_in_their_order() {
    let reads = |name: &str| HEADER.replace("Reads: other", &format!("Reads: {name}"));
    let (one, two, three) = (reads("int_two"), reads("stg_three"), reads("raw_three"));
    let files = [
        ("20_intermediate/int_one.sql", one.as_str()),
        ("20_intermediate/int_two.sql", two.as_str()),
        ("10_staging/stg_three.sql", three.as_str()),
    ];
    let read = Models::read(files).expect("sound models");
    let names = |layer| read.of(layer).map(|m| m.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(Layer::Staging), ["stg_three"]);
    assert_eq!(names(Layer::Intermediate), ["int_two", "int_one"]);
}

/// A model that a specification forgets would go untested.
#[test]
fn every_model_is_named_in_a_specification() {
    let files = glob::glob(&root().join("tests/it/models/*.rs").to_string_lossy()).expect("a pattern").flatten();
    let specifications: Vec<String> = files.map(|file| std::fs::read_to_string(file).expect("text")).collect();
    let is_named = |name: &str| specifications.iter().any(|s| s.contains(&format!("{name} =")));
    let layers = Layer::ALL.iter().filter(|(layer, _)| *layer != Layer::Audits);
    let names = layers.flat_map(|(layer, _)| models().of(*layer)).map(|m| m.name.as_str());
    assert_eq!(names.filter(|name| !is_named(name)).collect::<Vec<_>>(), Vec::<&str>::new());
}
