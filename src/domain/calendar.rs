//! Calendars: holidays, business days, the hours at which a debtor may be contacted, and the slot of a message.
//!
//! One place decides what a day is, so that "overdue", "within five business days" and "not on a holiday" cannot
//! disagree. `place.rs` finds out where a debtor is, `cities.rs` how cities are named. Everything here is data of the
//! configuration (`pipelines/calendars/`) and a pure function of its arguments: no clock, and no date makes it panic.
//! Bank holidays count for payment, not for contact; state and city holidays count for contact, not for payment, since
//! Régua does not know the place of payment.

mod cities;
mod place;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeZone, Timelike, Utc, Weekday};
use chrono_tz::{GapInfo, Tz};

pub use cities::{state_of_brazil, states_of_brazil};
pub use place::{Place, Whereabouts};

use super::names::folded;

/// The hour of the day in a zone; `None` of an instant that stands for its day alone: whoever writes no hour writes a midnight,
/// of UTC or of the zone.
///
/// ```
/// use chrono::{DateTime, Utc};
/// use regua::domain::calendar::hour_of;
/// let hour = |at: &str| hour_of(at.parse::<DateTime<Utc>>().unwrap(), chrono_tz::America::Sao_Paulo);
/// assert_eq!(hour("2026-06-01T15:30:00Z"), Some(12));
/// assert_eq!(hour("2026-06-01T00:00:01Z"), Some(21));
/// assert_eq!((hour("2026-06-01T00:00:00Z"), hour("2026-06-01T03:00:00Z")), (None, None));
/// ```
pub fn hour_of(at: DateTime<Utc>, zone: Tz) -> Option<u32> {
    let local = at.with_timezone(&zone);
    let is_a_day = [at.time(), local.time()].contains(&NaiveTime::MIN);
    (!is_a_day).then(|| local.hour())
}

/// Countries that are the calendar's own where it names none, in the ways in which exports write Brazil: by name, by
/// the codes of ISO 3166, and by that of the central bank (BACEN), which every NF-e carries.
pub const COUNTRIES: [&str; 6] = ["BR", "BRA", "Brasil", "Brazil", "1058", "076"];

/// Is it Brazil?
///
/// ```
/// use regua::domain::calendar::is_brazil;
/// assert!(["br", "BRASIL", "1058", "01058"].into_iter().all(is_brazil));
/// assert!(!is_brazil("US"));
/// ```
pub fn is_brazil(country: &str) -> bool {
    let country = country_key(country);
    COUNTRIES.iter().any(|name| country_key(name) == country)
}

/// A country in any case; of a number what is left without the noughts before it: SPED writes 1058 as 01058.
fn country_key(country: &str) -> String {
    let name = folded(country);
    match name.bytes().all(|b| b.is_ascii_digit()) {
        true => name.trim_start_matches('0').to_owned(),
        false => name,
    }
}

/// Where a holiday holds.
///
/// ```
/// use regua::domain::calendar::Scope;
/// assert_eq!("bank".parse(), Ok(Scope::Bank));
/// assert_eq!("state:SP".parse(), Ok(Scope::State("SP".to_owned())));
/// assert_eq!("city:São Paulo".parse(), Ok(Scope::City("SAO PAULO".to_owned())));
/// assert!("state:".parse::<Scope>().is_err());
/// assert!("state:sp".parse::<Scope>().is_err(), "codes are upper case, as in the debtors' table");
/// assert!("brazil".parse::<Scope>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The whole country, for payment and for contact.
    National,
    /// Banks are closed: no payment is due, contact is allowed.
    Bank,
    /// Code of the state as debtors carry it, such as `SP` or `GB-ENG`.
    State(String),
    /// Code of the city, such as the seven digits of IBGE, or its name in capitals and without accents.
    City(String),
}

/// The text names no scope of a holiday.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a holiday scope; write \"national\", \"bank\", \"state:SP\", or \"city:\" and its code or name")]
pub struct UnknownScope(pub String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let scope = match text.split_once(':') {
            None if text == "national" => Some(Scope::National),
            None if text == "bank" => Some(Scope::Bank),
            Some(("state", code)) if is_state(code) => Some(Scope::State(code.to_owned())),
            Some(("city", city)) => cities::named(city).map(Scope::City),
            _ => None,
        };
        scope.ok_or_else(|| UnknownScope(text.to_owned()))
    }
}

fn is_state(code: &str) -> bool {
    let is_allowed = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
    !code.is_empty() && code.len() <= 8 && code.bytes().all(is_allowed)
}

/// Local hours of one day in which contact is allowed, half-open: `opens` is in, `closes` is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayWindow {
    /// First moment of the window.
    pub opens: NaiveTime,
    /// First moment after it.
    pub closes: NaiveTime,
}

impl DayWindow {
    fn contains(&self, time: NaiveTime) -> bool {
        self.opens <= time && time < self.closes
    }
}

/// Contact windows of a week, Monday first, and the one of holidays. `None` means no contact on that day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WeekWindows {
    /// Monday first.
    pub days: [Option<DayWindow>; 7],
    /// On a national, state or city holiday whose weekday has hours of its own.
    pub holiday: Option<DayWindow>,
}

/// Contact windows of the whole calendar. A state's week replaces the default one as a whole, never day by day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Windows {
    /// For states that have no week of their own, and where the state is not known.
    pub default: WeekWindows,
    /// By code, such as `SP`.
    pub by_state: BTreeMap<String, WeekWindows>,
}

/// Time zones of debtors who have not stated their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zones {
    /// For states that are not named, and where none is known.
    pub default: Tz,
    /// By code, such as `AM`.
    pub by_state: BTreeMap<String, Tz>,
}

/// When a message may go out: from `not_before`, and no longer from `expires_at` on. Always a span above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// First moment of the slot.
    pub not_before: DateTime<Utc>,
    /// First moment after it; the window of that day closes then.
    pub expires_at: DateTime<Utc>,
}

/// The windows are no calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// A window closes before it opens, or as it opens.
    #[error(
        "contact window {opens}-{closes} of {day} ({}) is empty; \
         \"opens\" must be before \"closes\", or leave the day out",
        state.as_deref().map_or("default".to_owned(), |code| format!("state {code}"))
    )]
    EmptyWindow {
        /// By code; `None` = the default week.
        state: Option<String>,
        /// `monday` to `sunday`, or `holidays`.
        day: &'static str,
        /// As it was written.
        opens: NaiveTime,
        /// As it was written.
        closes: NaiveTime,
    },
}

const DAY_NAMES: [&str; 8] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holidays"];

/// Holidays, contact windows and zones, laid out so that a lookup neither allocates nor scans.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// National and bank holidays together: the days on which a payment cannot be made.
    bank_closed: HashSet<NaiveDate>,
    national: HashSet<NaiveDate>,
    by_state: HashMap<String, HashSet<NaiveDate>>,
    by_city: HashMap<String, HashSet<NaiveDate>>,
    windows: Windows,
    zones: Zones,
    /// Names of the country whose states, cities and hours these are, in lower case and without accents.
    countries: HashSet<String>,
}

impl Calendar {
    /// A calendar of these holidays; the same holiday twice counts once.
    ///
    /// # Errors
    /// Every contact window that does not open before it closes, all at once.
    ///
    /// ```
    /// use chrono::{NaiveDate, NaiveTime};
    /// use regua::domain::calendar::{Calendar, DayWindow, Scope, WeekWindows, Windows, Zones};
    /// let hour = |h| NaiveTime::from_hms_opt(h, 0, 0).unwrap();
    /// let zones = Zones { default: chrono_tz::America::Sao_Paulo, by_state: Default::default() };
    /// let christmas = NaiveDate::from_ymd_opt(2026, 12, 25).unwrap();
    /// let calendar = Calendar::new([(christmas, Scope::National)], Windows::default(), zones.clone()).unwrap();
    /// assert_eq!(calendar.next_business_day(christmas), NaiveDate::from_ymd_opt(2026, 12, 28).unwrap());
    ///
    /// let upside_down = DayWindow { opens: hour(20), closes: hour(8) };
    /// let week = WeekWindows { holiday: Some(upside_down), ..Default::default() };
    /// assert!(Calendar::new([], Windows { default: week, ..Default::default() }, zones).is_err());
    /// ```
    pub fn new(
        holidays: impl IntoIterator<Item = (NaiveDate, Scope)>,
        windows: Windows,
        zones: Zones,
    ) -> Result<Calendar, Vec<CalendarError>> {
        let empty_windows = empty_windows(&windows);
        if !empty_windows.is_empty() {
            return Err(empty_windows);
        }
        let upper = |code: String| code.to_uppercase();
        let mut calendar = Calendar {
            bank_closed: HashSet::new(),
            national: HashSet::new(),
            by_state: HashMap::new(),
            by_city: HashMap::new(),
            windows: Windows {
                by_state: windows.by_state.into_iter().map(|(code, week)| (upper(code), week)).collect(),
                ..windows
            },
            zones: Zones {
                by_state: zones.by_state.into_iter().map(|(code, zone)| (upper(code), zone)).collect(),
                ..zones
            },
            countries: COUNTRIES.map(country_key).into(),
        };
        calendar.add(holidays);
        Ok(calendar)
    }

    /// The same calendar for another country than Brazil, by all the names under which debtors may carry it.
    #[must_use]
    pub fn of_countries(mut self, names: impl IntoIterator<Item = String>) -> Calendar {
        self.countries = names.into_iter().map(|name| country_key(&name)).collect();
        self
    }

    /// Adds holidays that came with the data.
    pub fn add(&mut self, holidays: impl IntoIterator<Item = (NaiveDate, Scope)>) {
        for (day, scope) in holidays {
            match scope {
                Scope::National => {
                    self.national.insert(day);
                    self.bank_closed.insert(day)
                }
                Scope::Bank => self.bank_closed.insert(day),
                Scope::State(code) => self.by_state.entry(code).or_default().insert(day),
                Scope::City(city) => self.by_city.entry(cities::key(&city)).or_default().insert(day),
            };
        }
    }

    /// Monday to Friday, and neither a national nor a bank holiday.
    pub fn is_business_day(&self, day: NaiveDate) -> bool {
        !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !self.bank_closed.contains(&day)
    }

    /// `day` itself if it is a business day, else the next one; the last day that exists where there is none.
    pub fn next_business_day(&self, day: NaiveDate) -> NaiveDate {
        let mut candidate = day;
        while !self.is_business_day(candidate) {
            match candidate.succ_opt() {
                Some(next) => candidate = next,
                None => break,
            }
        }
        candidate
    }

    /// The `n`-th business day after `day`; with `n` of zero, as [`Calendar::next_business_day`].
    ///
    /// `day` itself never counts, as in a legal term (CPC art. 224; Súmula 548 of the STJ for the five days of a
    /// removal): one business day after a Friday, a Saturday or a Sunday is the Monday. It ends at the last day that
    /// exists.
    pub fn add_business_days(&self, day: NaiveDate, n: u32) -> NaiveDate {
        if n == 0 {
            return self.next_business_day(day);
        }
        let mut candidate = day;
        for _ in 0..n {
            match candidate.succ_opt() {
                Some(next) => candidate = self.next_business_day(next),
                None => break,
            }
        }
        candidate
    }

    /// The last day on which an item due on `due` is paid in time: it is overdue from the day after.
    ///
    /// With `due_on_business_day` (Brazil, Lei 7.089/1983, which forbids banks interest on what falls due on a
    /// Saturday, Sunday or holiday and is paid on the next business day) that is the same or the next business day, else
    /// the date itself. Once overdue, days count from the original date.
    pub fn payable_on(&self, due: NaiveDate, due_on_business_day: bool) -> NaiveDate {
        if due_on_business_day { self.next_business_day(due) } else { due }
    }

    /// The hours of `day` in which a debtor at `place` may be contacted; `None` if not at all.
    ///
    /// National, state and city holidays use the holiday window, bank holidays do not. A holiday never opens a
    /// weekday that has no window of its own: Christmas on a Sunday stays a Sunday. Local hours, so a place of more
    /// than one zone has as many answers: this is the one of its state's week.
    pub fn contact_window(&self, day: NaiveDate, place: &Place) -> Option<DayWindow> {
        self.window_of(day, place, place.state())
    }

    fn window_of(&self, day: NaiveDate, place: &Place, state: Option<&str>) -> Option<DayWindow> {
        let of_state = state.and_then(|code| self.windows.by_state.get(code));
        let week = of_state.unwrap_or(&self.windows.default);
        let of_weekday = week.days[day.weekday().num_days_from_monday() as usize]?;
        if self.is_holiday(day, place) { week.holiday } else { Some(of_weekday) }
    }

    /// Does the slot lie within the hours of one day? The audits ask it of every message that is to go out.
    pub fn allows(&self, slot: Slot, place: &Place) -> bool {
        let is_within = |(state, zone): (Option<&str>, Tz)| {
            let day = slot.not_before.with_timezone(&zone).date_naive();
            let Some(window) = self.window_of(day, place, state) else { return false };
            let hours = instant(day, window.opens, zone).zip(instant(day, window.closes, zone));
            hours.is_some_and(|(opens, closes)| opens <= slot.not_before && slot.expires_at <= closes)
        };
        slot.not_before < slot.expires_at && self.corners(place).into_iter().all(is_within)
    }

    fn is_holiday(&self, day: NaiveDate, place: &Place) -> bool {
        let holds = |days_by_code: &HashMap<String, HashSet<NaiveDate>>, code: &str| {
            days_by_code.get(code).is_some_and(|days| days.contains(&day))
        };
        self.national.contains(&day)
            || place.state().is_some_and(|code| holds(&self.by_state, code))
            || place.cities().any(|city| holds(&self.by_city, city))
    }

    /// The first slot within `days` days from `first_day` on (1 means that day only); `None` if no day has one.
    ///
    /// It starts at `best_hour` (local, 0 to 23) if that is inside the day's window, else when the window opens, and
    /// expires when the window closes on that day. A local time that the clocks skip moves to the next that exists;
    /// one that they repeat is taken the first time, for opening and for closing. A day whose whole window is
    /// skipped has no slot. Where the zone is not known the slot lies within the hours of every zone that it may be,
    /// and no hour is the best one.
    pub fn slot(&self, first_day: NaiveDate, days: u32, place: &Place, best_hour: Option<u32>) -> Option<Slot> {
        let corners = self.corners(place);
        let best_hour = best_hour.filter(|_| corners.len() == 1);
        (0..days).map_while(|offset| first_day.checked_add_days(Days::new(offset.into()))).find_map(|day| {
            let of_corner = |(state, zone): &(Option<&str>, Tz)| {
                slot_on(day, self.window_of(day, place, *state)?, *zone, best_hour)
            };
            let slots: Option<Vec<Slot>> = corners.iter().map(of_corner).collect();
            slots?.into_iter().reduce(Slot::within).filter(|slot| slot.not_before < slot.expires_at)
        })
    }
}

impl Slot {
    /// What two slots have in common; empty where they have nothing.
    fn within(self, other: Slot) -> Slot {
        let (not_before, expires_at) = (self.not_before.max(other.not_before), self.expires_at.min(other.expires_at));
        Slot { not_before, expires_at }
    }
}

fn empty_windows(windows: &Windows) -> Vec<CalendarError> {
    let by_state = windows.by_state.iter().map(|(code, week)| (Some(code), week));
    std::iter::once((None, &windows.default))
        .chain(by_state)
        .flat_map(|(state, week)| {
            let of_week = week.days.iter().chain([&week.holiday]).zip(DAY_NAMES);
            of_week.filter_map(move |(window, day)| {
                let DayWindow { opens, closes } = (*window)?;
                (opens >= closes).then(|| CalendarError::EmptyWindow { state: state.cloned(), day, opens, closes })
            })
        })
        .collect()
}

fn slot_on(day: NaiveDate, window: DayWindow, zone: Tz, best_hour: Option<u32>) -> Option<Slot> {
    let preferred =
        best_hour.and_then(|hour| NaiveTime::from_hms_opt(hour, 0, 0)).filter(|time| window.contains(*time));
    let not_before = instant(day, preferred.unwrap_or(window.opens), zone)?;
    let expires_at = instant(day, window.closes, zone)?;
    (not_before < expires_at).then_some(Slot { not_before, expires_at })
}

/// A local time as an instant: the next that exists where the clocks skip it, the first where they repeat it.
fn instant(day: NaiveDate, time: NaiveTime, zone: Tz) -> Option<DateTime<Utc>> {
    let local = day.and_time(time);
    let exact = zone.from_local_datetime(&local).earliest();
    exact.or_else(|| GapInfo::new(&local, &zone)?.end).map(|at| at.to_utc())
}

#[cfg(test)]
mod tests;
