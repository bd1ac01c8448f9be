//! What is told apart, and what is counted, in two runs side by side.

use super::*;

#[test]
fn accounts_are_told_apart_by_all_of_their_id() {
    let ids = ["", "1", "01", "D1\u{1f}C\u{1f}BRL", "D1\u{1f}C\u{1f}USD"];
    let hashes: std::collections::BTreeSet<u128> = ids.iter().map(|id| told_apart(id)).collect();
    assert_eq!(hashes.len(), ids.len());
    assert!(hashes.iter().all(|hash| (hash >> 64) as u64 != *hash as u64), "the halves say different things");
}

#[test]
fn what_only_one_of_two_runs_counts_is_none_in_the_other() {
    let of = |names: &[(&str, u64)]| names.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect::<BTreeMap<_, _>>();
    let found = counts(&of(&[("actions", 3), ("items", 5)]), &of(&[("items", 4), ("voids", 1)]));
    let found: Vec<_> = found.iter().map(|count| (count.name.as_str(), count.then, count.now)).collect();
    assert_eq!(found, [("actions", 3, 0), ("items", 5, 4), ("voids", 0, 1)]);
}
