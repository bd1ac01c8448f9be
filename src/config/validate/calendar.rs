//! Calendars: holidays, zones, and the hours in which messages are lawful.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;

use super::{Document, PlanBuilder};
use crate::config::raw::{RawCalendar, RawWeek};
use crate::domain::calendar::{Calendar, DayWindow, Scope, WeekWindows, Windows, Zones, is_brazil, states_of_brazil};

/// A state that a calendar file names, and where.
struct Stated {
    section: &'static str,
    state: String,
}

impl PlanBuilder<'_> {
    pub(super) fn calendar(&mut self, document: &Document, files: &[String]) -> Option<Calendar> {
        let (mut holidays, mut windows, mut zones) = (Vec::new(), None, BTreeMap::new());
        // What a calendar lacks that could not be read is not known.
        let mut is_broken = false;
        let mut countries: Vec<String> = Vec::new();
        let mut stated: Vec<(Document, Vec<Stated>)> = Vec::new();
        for (position, file) in files.iter().enumerate() {
            let at = format!("/pipeline/calendars/{position}");
            let faults = self.faults.len();
            let calendar = self.open(&self.path(file), Some((document, &at)));
            let raw = calendar.as_ref().and_then(|calendar| self.read::<RawCalendar>(calendar));
            is_broken |= self.faults.len() > faults;
            let Some((calendar, raw)) = calendar.zip(raw) else { continue };
            for (position, holiday) in raw.holidays.iter().enumerate() {
                let at = format!("/holidays/{position}");
                let date = self.parse::<NaiveDate>(&calendar, &format!("{at}/date"), &holiday.date);
                let scope = self.parse::<Scope>(&calendar, &format!("{at}/scope"), &holiday.scope);
                holidays.extend(date.zip(scope));
            }
            let mut states = Vec::new();
            for (state, name) in &raw.zones {
                states.extend((state != "default").then(|| Stated { section: "zones", state: state.clone() }));
                let zone = self.zone(&calendar, &format!("/zones/{state}"), name);
                zones.extend(zone.map(|z| (state.clone(), z)));
            }
            countries.extend(raw.countries);
            if let Some(raw) = raw.windows {
                let default = self.week(&calendar, "/windows/default", &raw.default);
                let by_state = raw.states.iter().map(|(state, week)| {
                    (state.clone(), self.week(&calendar, &format!("/windows/states/{state}"), week))
                });
                windows = Some(Windows { by_state: by_state.collect(), default });
                let section = "windows/states";
                states.extend(raw.states.into_keys().map(|state| Stated { section, state }));
            }
            stated.push((calendar, states));
        }
        self.refuse_unknown_states(&stated, &countries, &holidays);
        let Some(windows) = windows else {
            if !is_broken {
                let message = "no calendar has [windows.default]; add it, since a message needs lawful hours";
                self.refuse(document, "/pipeline/calendars", message);
            }
            return None;
        };
        let default = zones.remove("default").unwrap_or(Tz::America__Sao_Paulo);
        let zones = Zones { default, by_state: zones };
        match Calendar::new(holidays, windows, zones) {
            Ok(calendar) if countries.is_empty() => Some(calendar),
            Ok(calendar) => Some(calendar.of_countries(countries)),
            Err(errors) => {
                errors.iter().for_each(|e| self.refuse(document, "/pipeline/calendars", e.to_string()));
                None
            }
        }
    }

    /// The states of Brazil are known. Those of another country are known by a zone or a holiday; hours of what nothing
    /// else names are no state's, and would be lost without a word.
    fn refuse_unknown_states(
        &mut self,
        stated: &[(Document, Vec<Stated>)],
        countries: &[String],
        holidays: &[(NaiveDate, Scope)],
    ) {
        let is_of_brazil = countries.is_empty() || countries.iter().any(|name| is_brazil(name));
        let known: BTreeSet<String> = if is_of_brazil {
            states_of_brazil().map(str::to_owned).collect()
        } else {
            let of_zones = stated.iter().flat_map(|(_, states)| states).filter(|stated| stated.section == "zones");
            let of_holidays = holidays.iter().filter_map(|(_, scope)| match scope {
                Scope::State(code) => Some(code.clone()),
                _ => None,
            });
            of_zones.map(|stated| stated.state.to_uppercase()).chain(of_holidays).collect()
        };
        let codes = known.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        for (document, Stated { section, state }) in stated.iter().flat_map(|(d, s)| s.iter().map(move |s| (d, s))) {
            if !known.contains(&state.to_uppercase()) {
                let what = match is_of_brazil {
                    true => format!("unknown state `{state}`; known: {codes}"),
                    false => format!("unknown state `{state}`; known by [zones]: {codes}; give it its zone there"),
                };
                self.refuse(document, &format!("/{section}/{state}"), what);
            }
        }
    }

    fn week(&mut self, document: &Document, at: &str, raw: &RawWeek) -> WeekWindows {
        let days = [&raw.mon, &raw.tue, &raw.wed, &raw.thu, &raw.fri, &raw.sat, &raw.sun];
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let mut windows = [None; 7];
        for ((window, hours), name) in windows.iter_mut().zip(days).zip(names) {
            *window = self.hours(document, &format!("{at}/{name}"), hours);
        }
        WeekWindows { days: windows, holiday: self.hours(document, &format!("{at}/holiday"), &raw.holiday) }
    }

    fn hours(&mut self, document: &Document, at: &str, raw: &[String]) -> Option<DayWindow> {
        let time = |text: &String| NaiveTime::parse_from_str(text, "%H:%M").ok();
        match raw {
            [] => None,
            [opens, closes] => match (time(opens), time(closes)) {
                (Some(opens), Some(closes)) if opens < closes => Some(DayWindow { opens, closes }),
                _ => {
                    self.refuse(
                        document,
                        at,
                        format!("{opens:?} to {closes:?} is not a span of hours, such as [\"08:00\", \"20:00\"]"),
                    );
                    None
                }
            },
            _ => {
                self.refuse(document, at, "hours are [\"08:00\", \"20:00\"], or [] for none");
                None
            }
        }
    }
}
