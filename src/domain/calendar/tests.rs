//! Business days, contact windows and slots, on the days on which they differ.

use super::*;
use chrono::NaiveDateTime;
use chrono_tz::America::{self, New_York, Sao_Paulo};
use chrono_tz::{Europe, Pacific};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn window(text: &str) -> DayWindow {
    let (opens, closes) = text.split_once('-').unwrap();
    DayWindow { opens: opens.parse().unwrap(), closes: closes.parse().unwrap() }
}

fn place(state: Option<&str>, city: Option<&str>, zone: Tz) -> Place {
    Place::of(state, city, zone)
}

fn week(weekdays: &str, saturday: Option<&str>, sunday: Option<&str>, holiday: Option<&str>) -> WeekWindows {
    let mut days = [Some(window(weekdays)); 7];
    days[5] = saturday.map(window);
    days[6] = sunday.map(window);
    WeekWindows { days, holiday: holiday.map(window) }
}

fn calendar_with(default: WeekWindows) -> Calendar {
    let holidays = [
        ("2026-12-25", "national"),
        ("2026-11-15", "national"), // a Sunday
        ("2026-02-16", "bank"),     // Carnival Monday
        ("2026-07-09", "state:SP"),
        ("2026-01-26", "city:3548500"),
    ]
    .map(|(on, scope)| (day(on), scope.parse().unwrap()));
    let by_state = [("PR", week("09:00-18:00", None, None, Some("10:00-12:00")))];
    let windows = Windows { default, by_state: by_state.map(|(code, week)| (code.to_owned(), week)).into() };
    let zones = Zones { default: Sao_Paulo, by_state: [("AM".to_owned(), America::Manaus)].into_iter().collect() };
    Calendar::new(holidays, windows, zones).unwrap()
}

fn calendar() -> Calendar {
    calendar_with(week("08:00-20:00", Some("08:00-14:00"), None, None))
}

#[test]
fn a_scope_is_one_of_four_and_its_code_is_as_debtors_carry_it() {
    let long = |length| "A".repeat(length);
    for (text, expected) in [
        ("national", Some(Scope::National)),
        ("bank", Some(Scope::Bank)),
        ("state:SP", Some(Scope::State("SP".to_owned()))),
        ("state:GB-ENG", Some(Scope::State("GB-ENG".to_owned()))),
        ("city:3550308", Some(Scope::City("3550308".to_owned()))),
        (&format!("state:{}", long(8)), Some(Scope::State(long(8)))),
        (&format!("city:{}", long(64)), Some(Scope::City(long(64)))),
        ("city:São Paulo", Some(Scope::City("SAO PAULO".to_owned()))),
        ("city: são joão del-Rei ", Some(Scope::City("SAO JOAO DEL REI".to_owned()))),
        (&format!("state:{}", long(9)), None),
        (&format!("city:{}", long(65)), None),
        ("brazil", None),
        ("", None),
        ("state:", None),
        ("city:", None),
        ("state:sp", None), // codes are upper case, as in the debtors' table
        ("state:S_P", None),
        ("city: ", None),
        ("city:-", None),
        ("city:São Paulo; Santos", None),
        ("country:BR", None),
    ] {
        assert_eq!(text.parse::<Scope>().ok(), expected, "{text:?}");
    }
}

#[test]
fn business_days() {
    for (on, is_business, next, fifth) in [
        ("2026-12-24", true, "2026-12-24", "2027-01-01"), // over the year's end; 1 January is not in the table
        ("2026-12-25", false, "2026-12-28", "2027-01-01"),
        ("2026-12-26", false, "2026-12-28", "2027-01-01"),
        ("2026-02-14", false, "2026-02-17", "2026-02-23"), // Saturday before Carnival Monday
        ("2026-07-09", true, "2026-07-09", "2026-07-16"),  // a state holiday is a banking day
    ] {
        assert_eq!(calendar().is_business_day(day(on)), is_business, "{on}");
        assert_eq!(calendar().next_business_day(day(on)), day(next), "{on}");
        assert_eq!(calendar().add_business_days(day(on), 0), day(next), "{on}");
        assert_eq!(calendar().add_business_days(day(on), 5), day(fifth), "{on}");
    }
}

#[test]
fn due_on_a_day_without_banking_is_payable_on_the_next_business_day() {
    for (due, by_calendar, by_law) in [
        ("2026-12-25", "2026-12-25", "2026-12-28"),
        ("2026-12-24", "2026-12-24", "2026-12-24"), // it was due on a business day
        ("2026-02-14", "2026-02-14", "2026-02-17"), // the Saturday before Carnival Monday
        ("2026-07-09", "2026-07-09", "2026-07-09"), // a state holiday moves nothing
    ] {
        assert_eq!(calendar().payable_on(day(due), false), day(by_calendar), "{due}");
        assert_eq!(calendar().payable_on(day(due), true), day(by_law), "{due}");
    }
}

#[test]
fn contact_windows() {
    for (on, state, city, expected) in [
        ("2026-11-13", None, None, Some("08:00-20:00")),
        ("2026-11-14", None, None, Some("08:00-14:00")),
        ("2026-11-15", None, None, None),
        ("2026-12-25", None, None, None),
        ("2026-12-25", Some("PR"), None, Some("10:00-12:00")),
        ("2026-11-15", Some("PR"), None, None), // a holiday does not open a Sunday
        ("2026-11-14", Some("PR"), None, None), // the state's week as a whole, Saturday too
        ("2026-11-13", Some("PR"), None, Some("09:00-18:00")),
        ("2026-02-16", None, None, Some("08:00-20:00")), // banks only
        ("2026-07-09", Some("SP"), None, None),
        ("2026-07-09", Some("RJ"), None, Some("08:00-20:00")),
        ("2026-01-26", Some("SP"), Some("3548500"), None),
        ("2026-01-26", Some("SP"), Some("3550308"), Some("08:00-20:00")),
    ] {
        let found = calendar().contact_window(day(on), &place(state, city, Sao_Paulo));
        assert_eq!(found, expected.map(window), "{on} {state:?} {city:?}");
    }
}

#[test]
fn slots() {
    // (first day, days, zone, best hour, not before, expires), in the default week
    for (first, days, zone, hour, expected) in [
        ("2026-11-13", 1, Sao_Paulo, None, Some(("2026-11-13 11:00", "2026-11-13 23:00"))),
        ("2026-11-13", 1, Sao_Paulo, Some(10), Some(("2026-11-13 13:00", "2026-11-13 23:00"))),
        ("2026-11-13", 1, Sao_Paulo, Some(20), Some(("2026-11-13 11:00", "2026-11-13 23:00"))),
        ("2026-11-13", 1, Sao_Paulo, Some(99), Some(("2026-11-13 11:00", "2026-11-13 23:00"))),
        ("2026-11-14", 1, Sao_Paulo, Some(15), Some(("2026-11-14 11:00", "2026-11-14 17:00"))),
        ("2026-11-15", 1, Sao_Paulo, None, None),
        ("2026-11-15", 2, Sao_Paulo, None, Some(("2026-11-16 11:00", "2026-11-16 23:00"))),
        ("2026-12-25", 0, Sao_Paulo, None, None),
        ("2026-12-31", 1, New_York, None, Some(("2026-12-31 13:00", "2027-01-01 01:00"))),
        // Before and after the clocks change.
        ("2018-11-03", 1, Sao_Paulo, None, Some(("2018-11-03 11:00", "2018-11-03 17:00"))),
        ("2018-11-05", 1, Sao_Paulo, None, Some(("2018-11-05 10:00", "2018-11-05 22:00"))),
        ("2026-03-27", 1, Europe::London, None, Some(("2026-03-27 08:00", "2026-03-27 20:00"))),
        ("2026-03-30", 1, Europe::London, None, Some(("2026-03-30 07:00", "2026-03-30 19:00"))),
        // Samoa had no 30 December 2011, a Friday.
        ("2011-12-30", 1, Pacific::Apia, None, None),
    ] {
        assert_slot(&calendar(), first, days, zone, hour, expected);
    }
}

#[test]
fn slots_where_clocks_skip_or_repeat() {
    // (window of every day, day, zone, best hour, expected)
    for (hours, on, zone, hour, expected) in [
        // Sao Paulo, 2018-11-04: 00:00 became 01:00. 2018-02-18: 00:00 became 23:00 of the 17th.
        ("00:00-06:00", "2018-11-04", Sao_Paulo, None, Some(("2018-11-04 03:00", "2018-11-04 08:00"))),
        ("00:00-00:30", "2018-11-04", Sao_Paulo, None, None),
        ("20:00-23:30", "2018-02-17", Sao_Paulo, None, Some(("2018-02-17 22:00", "2018-02-18 01:30"))),
        ("20:00-23:45", "2018-02-17", Sao_Paulo, Some(23), Some(("2018-02-18 01:00", "2018-02-18 01:45"))),
        // London, 2026-03-29: 01:00 became 02:00. 2026-10-25: 02:00 became 01:00.
        ("01:15-05:00", "2026-03-29", Europe::London, None, Some(("2026-03-29 01:00", "2026-03-29 04:00"))),
        ("00:00-01:30", "2026-03-29", Europe::London, Some(1), None),
        ("00:30-01:30", "2026-10-25", Europe::London, None, Some(("2026-10-24 23:30", "2026-10-25 00:30"))),
        // New York, 2026-03-08: 02:00 became 03:00. 2026-11-01: 02:00 became 01:00.
        ("00:00-06:00", "2026-03-08", New_York, Some(2), Some(("2026-03-08 07:00", "2026-03-08 10:00"))),
        ("01:00-01:30", "2026-11-01", New_York, None, Some(("2026-11-01 05:00", "2026-11-01 05:30"))),
    ] {
        assert_slot(&calendar_with(week(hours, Some(hours), Some(hours), None)), on, 1, zone, hour, expected);
    }
}

fn assert_slot(
    calendar: &Calendar,
    first: &str,
    days: u32,
    zone: Tz,
    hour: Option<u32>,
    expected: Option<(&str, &str)>,
) {
    let place = place(None, None, zone);
    let slot = calendar.slot(day(first), days, &place, hour);
    let at = |text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap().and_utc();
    let expected = expected.map(|(from, to)| Slot { not_before: at(from), expires_at: at(to) });
    assert_eq!(slot, expected, "{first} {days} {zone} {hour:?}");
    let Some(slot) = slot else { return };
    let second = chrono::TimeDelta::seconds(1);
    assert!(calendar.allows(slot, &place), "{first} {days} {zone} {hour:?}");
    assert!(!calendar.allows(Slot { expires_at: slot.expires_at + second, ..slot }, &place));
    assert!(!calendar.allows(Slot { expires_at: slot.not_before, ..slot }, &place));
    let earlier = Slot { not_before: slot.not_before - second, ..slot };
    assert!(hour.is_some() || !calendar.allows(earlier, &place), "{first} {days} {zone}");
}

#[test]
fn the_ends_of_time_do_not_panic() {
    let calendar = calendar();
    for on in [NaiveDate::MIN, NaiveDate::MAX] {
        assert!(calendar.next_business_day(on) >= on);
        assert!(calendar.add_business_days(on, 3) >= on);
        assert!(calendar.payable_on(on, true) >= on);
        for zone in [Sao_Paulo, Pacific::Apia, Pacific::Kiritimati] {
            calendar.slot(on, 9, &place(Some("SP"), None, zone), Some(9));
        }
    }
    assert_eq!(calendar.add_business_days(NaiveDate::MAX, u32::MAX), NaiveDate::MAX);
    assert_eq!(calendar.slot(NaiveDate::MAX, u32::MAX, &place(None, None, America::Los_Angeles), None), None);
}

#[test]
fn every_empty_window_is_named_at_once() {
    let mut week = week("08:00-20:00", Some("14:00-08:00"), None, Some("09:00-09:00"));
    week.days[0] = None;
    let zones = Zones { default: Tz::UTC, by_state: BTreeMap::new() };
    let windows = Windows { default: week, by_state: [("SP".to_owned(), week)].into_iter().collect() };
    let errors: Vec<String> = Calendar::new([], windows, zones).unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(errors.len(), 4);
    assert!(errors[0].starts_with("contact window 14:00:00-08:00:00 of saturday (default) is empty"), "{errors:?}");
    assert!(errors[3].starts_with("contact window 09:00:00-09:00:00 of holidays (state SP)"), "{errors:?}");
}

type Row = (Option<&'static str>, Option<&'static str>, Option<&'static str>);

fn whereabouts((country, state, time_zone): Row) -> Whereabouts<'static> {
    Whereabouts { country, state, city: None, time_zone }
}

/// The calendar of two states, and of the hours of a third.
fn two_zones() -> Calendar {
    let zones = [("AM", America::Manaus), ("SP", Sao_Paulo), ("AC", America::Rio_Branco)];
    let zones = Zones { default: Sao_Paulo, by_state: zones.map(|(code, zone)| (code.to_owned(), zone)).into() };
    let windows = Windows {
        default: week("08:00-20:00", Some("08:00-14:00"), None, None),
        by_state: [("PR".to_owned(), week("09:00-18:00", None, None, None))].into(),
    };
    Calendar::new([], windows, zones).unwrap()
}

#[test]
fn whose_state_and_zone_a_debtor_is_in() {
    let known = |state: Option<&str>, zone: Tz| Some((state.map(str::to_owned), Some(zone), None));
    let narrowed = |state: Option<&str>, why| Some((state.map(str::to_owned), None, Some(why)));
    type Found<'a> = Option<(Option<String>, Option<Tz>, Option<&'a str>)>;
    let table: &[(&str, Row, Found)] = &[
        ("nothing said", (None, None, None), known(None, Sao_Paulo)),
        ("blanks say nothing", (Some(" "), Some(""), Some(" ")), known(None, Sao_Paulo)),
        ("a state", (None, Some("AM"), None), known(Some("AM"), America::Manaus)),
        ("in lower case", (Some("brazil"), Some("am"), None), known(Some("AM"), America::Manaus)),
        ("by the code of ISO", (Some("BRA"), Some("BR-AM"), None), known(Some("AM"), America::Manaus)),
        ("known by its hours alone", (None, Some("PR"), None), known(Some("PR"), Sao_Paulo)),
        ("by the code of the central bank", (Some("1058"), Some("AM"), None), known(Some("AM"), America::Manaus)),
        ("the same as SPED writes it", (Some(" 01058 "), Some("AM"), None), known(Some("AM"), America::Manaus)),
        ("placeholders say nothing", (Some("-"), Some("N/A"), Some("NULL")), known(None, Sao_Paulo)),
        ("nor do words or noughts", (Some("NÃO INFORMADO"), Some("0"), Some("0")), known(None, Sao_Paulo)),
        ("its own zone", (Some("BR"), Some("AM"), Some("Europe/London")), known(Some("AM"), Europe::London)),
        (
            "a zone that does not exist",
            (None, Some("AM"), Some("Mars/Olympus")),
            narrowed(Some("AM"), "time zone not known"),
        ),
        ("an offset", (None, None, Some("GMT-5")), narrowed(None, "time zone not known")),
        ("an offset with its sign turned", (None, None, Some("Etc/GMT-3")), narrowed(None, "time zone not known")),
        ("what a server writes", (None, None, Some("UTC")), narrowed(None, "time zone not known")),
        ("a state that does not exist", (None, Some("XX"), None), narrowed(None, "state not known")),
        ("abroad its state is none of ours", (Some("US"), Some("AM"), Some("America/New_York")), known(None, New_York)),
        ("abroad a server's zone is what there is", (Some("GB"), None, Some("UTC")), known(None, Tz::UTC)),
        ("abroad without a zone", (Some("US"), Some("AM"), None), None),
        ("another country by its number", (Some("2496"), Some("AM"), None), None),
        ("NA is Namibia", (Some("NA"), Some("AM"), None), None),
        ("abroad with an offset", (Some("US"), None, Some("GMT-5")), None),
    ];
    for (name, row, expected) in table {
        let place = two_zones().place_of(whereabouts(*row));
        let found = place.map(|place| (place.state().map(str::to_owned), place.zone(), place.doubt()));
        assert_eq!(found, *expected, "{name}");
    }
    let british = two_zones().of_countries(["UK".to_owned()]);
    assert!(british.place_of(whereabouts((Some("uk"), None, None))).is_some(), "a calendar of another country");
    assert!(british.place_of(whereabouts((Some("BR"), None, None))).is_none());
}

#[test]
fn where_nobody_knows_the_zone_the_hours_are_lawful_in_every_one() {
    let calendar = two_zones();
    let at = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap().and_utc();
    for (name, row, on, expected) in [
        // 08:00 in Rio Branco is 13:00, 20:00 in São Paulo is 23:00.
        ("any zone", (None, None, Some("GMT-5")), "2026-11-13", Some(("2026-11-13 13:00", "2026-11-13 23:00"))),
        (
            "any zone, on a Saturday",
            (None, None, Some("GMT-5")),
            "2026-11-14",
            Some(("2026-11-14 13:00", "2026-11-14 17:00")),
        ),
        // And 09:00 to 18:00 in the strictest of the states.
        ("any state", (None, Some("XX"), None), "2026-11-13", Some(("2026-11-13 14:00", "2026-11-13 21:00"))),
        ("any state, on a Saturday", (None, Some("XX"), None), "2026-11-14", None),
        (
            "any state of one zone",
            (None, Some("XX"), Some("America/Manaus")),
            "2026-11-13",
            Some(("2026-11-13 13:00", "2026-11-13 22:00")),
        ),
        (
            "a known state, any zone",
            (None, Some("PR"), Some("GMT-5")),
            "2026-11-13",
            Some(("2026-11-13 14:00", "2026-11-13 21:00")),
        ),
    ] {
        let place = calendar.place_of(whereabouts(row)).unwrap();
        let slot = calendar.slot(day(on), 1, &place, Some(16));
        let expected = expected.map(|(from, to)| (at(from), at(to)));
        assert_eq!(slot.map(|s| (s.not_before, s.expires_at)), expected, "{name}");
        let Some(slot) = slot else { continue };
        let second = chrono::TimeDelta::seconds(1);
        assert!(calendar.allows(slot, &place), "{name}");
        assert!(!calendar.allows(Slot { not_before: slot.not_before - second, ..slot }, &place), "{name}");
        assert!(!calendar.allows(Slot { expires_at: slot.expires_at + second, ..slot }, &place), "{name}");
    }
}

#[test]
fn codes_are_found_in_any_case() {
    let calendar = calendar();
    let holiday = |state: Option<&'static str>, city: Option<&'static str>, on| {
        let place = calendar.place_of(Whereabouts { state, city, ..Whereabouts::default() }).unwrap();
        calendar.contact_window(day(on), &place).is_none()
    };
    assert!(holiday(Some("sp"), None, "2026-07-09"), "a state holiday");
    assert!(holiday(None, Some("3548500"), "2026-01-26"), "a city holiday");
    assert!(!holiday(Some("RJ"), None, "2026-07-09"));
}

#[test]
fn a_city_is_found_by_its_code_or_its_name() {
    // Of two capitals by code and by name, and of a city that no table knows.
    let holidays = [("2026-01-27", "city:3550308"), ("2026-01-28", "city:Natal"), ("2026-01-29", "city:Mogi-Guaçu")]
        .map(|(on, scope)| (day(on), scope.parse().unwrap()));
    let windows = Windows { default: week("08:00-20:00", None, None, None), ..Windows::default() };
    let zones = [("RN", America::Fortaleza), ("RJ", Sao_Paulo), ("SP", Sao_Paulo)];
    let zones = Zones { default: Sao_Paulo, by_state: zones.map(|(code, zone)| (code.to_owned(), zone)).into() };
    let calendar = Calendar::new(holidays, windows, zones).unwrap();
    for (state, city, on, is_holiday) in [
        (Some("SP"), "3550308", "2026-01-27", true),
        (Some("SP"), "São Paulo", "2026-01-27", true),
        (None, " SAO  PAULO ", "2026-01-27", true),
        (Some("N/A"), "sa\u{303}o paulo", "2026-01-27", true),
        (Some("XX"), "São Paulo", "2026-01-27", true), // it may be that one
        (Some("RJ"), "São Paulo", "2026-01-27", false),
        (Some("SP"), "Santos", "2026-01-27", false),
        (Some("RN"), "natal", "2026-01-28", true),
        (None, "2408102", "2026-01-28", true),
        (None, "2408102", "2026-01-27", false),
        (Some("SP"), "MOGI GUAÇU", "2026-01-29", true),
        (Some("SP"), "-", "2026-01-29", false),
        (Some("SP"), "NÃO INFORMADO", "2026-01-29", false),
    ] {
        let place = calendar.place_of(Whereabouts { state, city: Some(city), ..Whereabouts::default() }).unwrap();
        let window = calendar.contact_window(day(on), &place);
        assert_eq!(window.is_none(), is_holiday, "{state:?} {city:?} {on}");
    }
    assert_eq!(states_of_brazil().count(), 27);
    assert!(states_of_brazil().is_sorted());
}
