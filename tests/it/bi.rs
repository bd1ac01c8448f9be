//! The KPI tables in the tools that read them: `pipelines/bi` against the contract, and what it promises against what is published.

mod ddl;

use ddl::DIALECTS;

#[test]
fn the_sql_has_every_table_of_the_contract() {
    for dialect in DIALECTS {
        let (made, found) = dialect.compared();
        let remedy = "REGUA_WRITE=1 cargo test --locked --test it bi::";
        assert!(found == made, "pipelines/bi/{} is not up to date: {remedy}", dialect.file);
    }
    // What was written by hand is the same in all of them.
    let by_hand: Vec<String> = DIALECTS.iter().map(|dialect| dialect.compared().1).map(|text| by_hand(&text)).collect();
    assert!(by_hand.iter().all(|own| own == &by_hand[0] && own.contains("regua_trend")));
}

fn by_hand(text: &str) -> String {
    text.split_once("written by hand.\n").expect("a part of its own").1.to_owned()
}
