//! Where a debtor is: whose hours count, and who is not written to because nobody knows its own.

use super::support::*;

type Row = (Option<&'static str>, Option<&'static str>, Option<&'static str>);

fn at((country, state, zone): Row) -> Case {
    Case::of(&[10]).with(|c| {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        (c.debtor().country, c.debtor().state, c.debtor().time_zone) = (owned(country), owned(state), owned(zone));
    })
}

#[test]
fn another_country_without_a_time_zone_has_no_lawful_hour() {
    let sent = "d+5 by email: A";
    let table: &[(&str, Row, &str)] = &[
        ("nothing said", (None, None, None), sent),
        ("at home", (Some("br"), Some("sp"), None), sent),
        ("Alabama is not Alagoas", (Some("US"), Some("AL"), None), "no_legal_slot"),
        ("a zone of its own", (Some("US"), Some("AL"), Some("America/Chicago")), sent),
        ("no zone at all", (Some("US"), Some("AL"), Some("GMT-5")), "no_legal_slot"),
        ("nobody knows the zone, at home", (Some("Brasil"), Some("SP"), Some("GMT-5")), sent),
    ];
    for (name, row, expected) in table {
        assert_eq!(at(*row).outcome(), *expected, "{name}");
    }
    let hold = at((Some("US"), None, None)).hold();
    assert_eq!(hold.detail.as_deref(), Some("in another country, time zone not known"));
}

#[test]
fn what_is_not_known_of_a_place_is_told() {
    let told = |row: Row| at(row).action().rule_trace.into_iter().find(|line| line.starts_with("hours narrowed"));
    assert_eq!(told((None, None, None)), None);
    let line = |what: &str| Some(format!("hours narrowed to those lawful in every zone of the country: {what}"));
    assert_eq!(told((None, None, Some("GMT-5"))), None, "the calendar has one zone");
    assert_eq!(told((None, Some("XX"), None)), line("state not known"));
}
