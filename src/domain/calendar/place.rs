//! Where a debtor is, according to its row: the state and city whose holidays and hours count, and its time zone.
//!
//! States and cities are those of the calendar's own country: Alabama is not Alagoas. What registers write where they
//! know nothing (`-`, `N/A`, `0`) says nothing. An unknown zone (such as `GMT-5`) or an unknown state narrows the hours
//! to those that are lawful in every zone of the country. A debtor abroad whose zone is unknown has no lawful hour at
//! all: no message is sent at six in the morning on a guess.

use std::collections::BTreeSet;

use chrono_tz::Tz;

use super::{Calendar, Zones, cities, country_key};
use crate::domain::names::is_placeholder;

/// What a debtor's row says of where it is, as it came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whereabouts<'a> {
    /// Code or name.
    pub country: Option<&'a str>,
    /// Code or name.
    pub state: Option<&'a str>,
    /// Code or name.
    pub city: Option<&'a str>,
    /// IANA name.
    pub time_zone: Option<&'a str>,
}

/// Where a debtor is: codes as in [`Scope`](super::Scope), and its zone; `None` means unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    state: Option<String>,
    city: Option<String>,
    /// Of a capital its name beside its code, or its code beside its name.
    other_city: Option<&'static str>,
    /// None: any zone of the country.
    zone: Option<Tz>,
    /// The state has a name that the calendar does not know: it may be any of them.
    in_any_state: bool,
    doubt: Option<&'static str>,
}

impl Place {
    /// A place that is known, with codes and names in any case.
    pub fn of(state: Option<&str>, city: Option<&str>, zone: Tz) -> Place {
        Place {
            state: state.map(str::to_uppercase),
            city: None,
            other_city: None,
            zone: Some(zone),
            in_any_state: false,
            doubt: None,
        }
        .in_city(city)
    }

    fn in_city(self, city: Option<&str>) -> Place {
        let city = city.map(cities::key);
        let other_city = city.as_deref().and_then(|city| cities::other_key(city, self.state()));
        Place { city, other_city, ..self }
    }

    /// Its code as the calendar has it; `None` = not known, or abroad.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// Its city under every key that holidays may have it under.
    pub fn cities(&self) -> impl Iterator<Item = &str> {
        self.city.as_deref().into_iter().chain(self.other_city)
    }

    /// None where it may be any zone of the country.
    pub fn zone(&self) -> Option<Tz> {
        self.zone
    }

    /// What is not known of it, and has narrowed its hours.
    pub fn doubt(&self) -> Option<&'static str> {
        self.doubt
    }
}

/// A text that says something. `NA` is Namibia: whoever means nothing by it is taken to be abroad, and gets no message
/// at an hour that nobody knows.
fn said(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| text.eq_ignore_ascii_case("na") || !is_placeholder(text))
}

/// An IANA zone that is a place. `Etc/GMT-5` is five hours *ahead*, which nobody means who writes it, and no debtor
/// lives in `GMT-5`.
fn zone_named(name: &str) -> Option<Tz> {
    let is_offset = |name: &str| {
        let rest = name.strip_prefix("Etc/").unwrap_or(name);
        let rest = ["GMT", "UTC"].iter().find_map(|zone| rest.strip_prefix(zone));
        rest.is_some_and(|rest| rest.starts_with(['+', '-']))
    };
    name.parse().ok().filter(|_| !is_offset(name))
}

/// Zones that a tool writes where it knows none; abroad they are taken at their word.
fn is_universal(zone: Tz) -> bool {
    let name = zone.name();
    let name = name.strip_prefix("Etc/").unwrap_or(name);
    ["UTC", "UCT", "GMT", "GMT0", "Greenwich", "Universal", "Zulu"].contains(&name)
}

impl Calendar {
    /// Where a debtor is; `None` for another country without a time zone, because its hours are not known.
    ///
    /// ```
    /// use regua::domain::calendar::{Calendar, Whereabouts, Windows, Zones};
    /// let by_state = [("AL".to_owned(), chrono_tz::America::Maceio)].into();
    /// let zones = Zones { default: chrono_tz::America::Sao_Paulo, by_state };
    /// let calendar = Calendar::new([], Windows::default(), zones).unwrap();
    /// let of = |country| calendar.place_of(Whereabouts { country, state: Some("al"), ..Whereabouts::default() });
    /// assert_eq!(of(Some("brasil")).unwrap().zone(), Some(chrono_tz::America::Maceio));
    /// assert!(of(Some("US")).is_none(), "Alabama");
    /// for alagoas in ["Alagoas", "ALAGOAS ", "27", "BR-AL"] {
    ///     let place = calendar.place_of(Whereabouts { state: Some(alagoas), ..Whereabouts::default() }).unwrap();
    ///     assert_eq!(place.state(), Some("AL"), "{alagoas}");
    /// }
    /// ```
    pub fn place_of(&self, row: Whereabouts<'_>) -> Option<Place> {
        let own = said(row.time_zone).map(zone_named);
        if !said(row.country).is_none_or(|name| self.countries.contains(&country_key(name))) {
            let zone = own.flatten()?;
            return Some(Place::of(None, None, zone));
        }
        // A zone of the calendar itself is no guess, whatever it is called.
        let own = own.map(|zone| zone.filter(|zone| !is_universal(*zone) || self.zones.has(*zone)));
        let state = said(row.state).map(|code| self.known_state(code));
        let of_state =
            || state.as_ref().and_then(Option::as_ref).and_then(|code| self.zones.by_state.get(code)).copied();
        let in_any_state = state == Some(None);
        let (zone, doubt) = match own {
            Some(Some(zone)) => (Some(zone), None),
            // Where the country has one zone, it is that one.
            _ if (own == Some(None) || in_any_state) && self.zones.is_one() => (Some(self.zones.default), None),
            Some(None) => (None, Some("time zone not known")),
            None if in_any_state => (None, None),
            None => (Some(of_state().unwrap_or(self.zones.default)), None),
        };
        let doubt = doubt.or(in_any_state.then_some("state not known"));
        let place = Place { state: state.flatten(), city: None, other_city: None, zone, in_any_state, doubt };
        Some(place.in_city(said(row.city)))
    }

    /// The zone by which a day is told at a place: its own, or the calendar's.
    pub fn zone_at(&self, place: &Place) -> Tz {
        place.zone.unwrap_or(self.zones.default)
    }

    /// The code of a state as the calendar has it: `sp` is `SP`, and so are `BR-SP`, `São Paulo` and `35`.
    fn known_state(&self, code: &str) -> Option<String> {
        let named = cities::state_of_brazil(code).filter(|_| self.countries.contains(&country_key("BR")));
        let code = code.to_uppercase();
        let rest = code.split_once('-').map(|(_, rest)| rest.to_owned());
        [Some(code), rest, named.map(str::to_owned)].into_iter().flatten().find(|code| {
            self.zones.by_state.contains_key(code)
                || self.windows.by_state.contains_key(code)
                || self.by_state.contains_key(code)
        })
    }

    /// Every state and zone that a place may be in.
    pub(super) fn corners<'p>(&'p self, place: &'p Place) -> Vec<(Option<&'p str>, Tz)> {
        if let (Some(zone), false) = (place.zone, place.in_any_state) {
            return vec![(place.state(), zone)];
        }
        let of_country = || self.zones.by_state.values().copied().chain([self.zones.default]);
        let zones: Vec<Tz> = match place.zone {
            Some(zone) => vec![zone],
            None => of_country().collect(),
        };
        let states: Vec<Option<&str>> = match place.in_any_state {
            false => vec![place.state()],
            true => self.windows.by_state.keys().map(|code| Some(code.as_str())).chain([None]).collect(),
        };
        let mut seen = BTreeSet::new();
        let pairs = states.into_iter().flat_map(|state| zones.iter().map(move |zone| (state, *zone)));
        pairs.filter(|(state, zone)| seen.insert((*state, zone.name()))).collect()
    }
}

impl Zones {
    fn is_one(&self) -> bool {
        self.by_state.values().all(|of_state| *of_state == self.default)
    }

    fn has(&self, zone: Tz) -> bool {
        self.default == zone || self.by_state.values().any(|of_state| *of_state == zone)
    }
}
