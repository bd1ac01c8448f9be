//! Calendars: holidays, business days, the hours at which a debtor may be contacted, and the slot of a message.
//!
//! One place decides what a day is, so that "overdue", "within five business days" and "not on a holiday" cannot
//! disagree. Everything here is data of the configuration (`pipelines/calendars/`) and a pure function of its
//! arguments: no clock, and no date makes it panic. Bank holidays count for payment, not for contact; state and city
//! holidays count for contact, not for payment, since Régua does not know the place of payment.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::{GapInfo, Tz};

/// Where a holiday holds.
///
/// ```
/// use regua::domain::calendar::Scope;
/// assert_eq!("bank".parse(), Ok(Scope::Bank));
/// assert_eq!("state:SP".parse(), Ok(Scope::State("SP".to_owned())));
/// assert!("state:".parse::<Scope>().is_err());
/// assert!("state:sp".parse::<Scope>().is_err(), "codes are upper case, as in the debtors' table");
/// assert!("brazil".parse::<Scope>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    National,
    /// Banks are closed: no payment is due, contact is allowed.
    Bank,
    /// Code of the state as debtors carry it, such as `SP` or `GB-ENG`.
    State(String),
    /// Code of the city as debtors carry it, such as the seven digits of IBGE.
    City(String),
}

/// The text names no scope of a holiday.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a holiday scope; write \"national\", \"bank\", \"state:SP\" or \"city:3550308\"")]
pub struct UnknownScope(pub String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "national" => Ok(Scope::National),
            None if text == "bank" => Ok(Scope::Bank),
            Some(("state", code)) if is_code(code, 8) => Ok(Scope::State(code.to_owned())),
            Some(("city", code)) if is_code(code, 32) => Ok(Scope::City(code.to_owned())),
            _ => Err(UnknownScope(text.to_owned())),
        }
    }
}

fn is_code(code: &str, length_max: usize) -> bool {
    let is_allowed = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
    !code.is_empty() && code.len() <= length_max && code.bytes().all(is_allowed)
}

/// Where a debtor is. City and state are codes as in [`Scope`]; `None` means unknown, and only national rules apply.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub state: Option<&'a str>,
    pub city: Option<&'a str>,
    pub zone: Tz,
}

/// Local hours of one day in which contact is allowed, half-open: `opens` is in, `closes` is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayWindow {
    pub opens: NaiveTime,
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
    pub days: [Option<DayWindow>; 7],
    pub holiday: Option<DayWindow>,
}

/// Contact windows of the whole calendar. A state's week replaces the default one as a whole, never day by day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Windows {
    pub default: WeekWindows,
    pub by_state: BTreeMap<String, WeekWindows>,
}

/// Time zones of debtors who have not stated their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zones {
    pub default: Tz,
    pub by_state: BTreeMap<String, Tz>,
}

/// When a message may go out: from `not_before`, and no longer from `expires_at` on. Always a span above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub not_before: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// The windows are no calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    #[error(
        "contact window {opens}-{closes} of {day} ({}) is empty; \
         \"opens\" must be before \"closes\", or leave the day out",
        state.as_deref().map_or("default".to_owned(), |code| format!("state {code}"))
    )]
    EmptyWindow { state: Option<String>, day: &'static str, opens: NaiveTime, closes: NaiveTime },
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
        let mut calendar = Calendar {
            bank_closed: HashSet::new(),
            national: HashSet::new(),
            by_state: HashMap::new(),
            by_city: HashMap::new(),
            windows,
            zones,
        };
        calendar.add(holidays);
        Ok(calendar)
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
                Scope::City(code) => self.by_city.entry(code).or_default().insert(day),
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

    /// Whether an item due on `due` is overdue on `as_of`.
    ///
    /// With `due_on_business_day` (Brazil, Lei 7.089/1983, which forbids banks interest on what falls due on a
    /// Saturday, Sunday or holiday and is paid on the next business day) an item due on a non-business day is not
    /// overdue until the next business day has passed. From then on its days count from the original date, which is
    /// why this answers yes or no only.
    pub fn legally_overdue(&self, due: NaiveDate, as_of: NaiveDate, due_on_business_day: bool) -> bool {
        as_of > due && (!due_on_business_day || as_of > self.next_business_day(due))
    }

    /// The hours of `day` in which a debtor at `place` may be contacted; `None` if not at all.
    ///
    /// National, state and city holidays use the holiday window, bank holidays do not. A holiday never opens a
    /// weekday that has no window of its own: Christmas on a Sunday stays a Sunday.
    pub fn contact_window(&self, day: NaiveDate, place: &Place<'_>) -> Option<DayWindow> {
        let of_state = place.state.and_then(|code| self.windows.by_state.get(code));
        let week = of_state.unwrap_or(&self.windows.default);
        let of_weekday = week.days[day.weekday().num_days_from_monday() as usize]?;
        if self.is_holiday(day, place) { week.holiday } else { Some(of_weekday) }
    }

    fn is_holiday(&self, day: NaiveDate, place: &Place<'_>) -> bool {
        let holds = |days_by_code: &HashMap<String, HashSet<NaiveDate>>, code: Option<&str>| {
            code.and_then(|code| days_by_code.get(code)).is_some_and(|days| days.contains(&day))
        };
        self.national.contains(&day) || holds(&self.by_state, place.state) || holds(&self.by_city, place.city)
    }

    /// The debtor's own zone if it is an IANA name, else the zone of the state, else the default.
    pub fn zone_of(&self, time_zone: Option<&str>, state: Option<&str>) -> Tz {
        let own = time_zone.and_then(|name| name.parse::<Tz>().ok());
        let of_state = || state.and_then(|code| self.zones.by_state.get(code)).copied();
        own.or_else(of_state).unwrap_or(self.zones.default)
    }

    /// The first slot within `days` days from `first_day` on (1 means that day only); `None` if no day has one.
    ///
    /// It starts at `best_hour` (local, 0 to 23) if that is inside the day's window, else when the window opens, and
    /// expires when the window closes on that day. A local time that the clocks skip moves to the next that exists;
    /// one that they repeat is taken the first time, for opening and for closing. A day whose whole window is
    /// skipped has no slot.
    pub fn slot(&self, first_day: NaiveDate, days: u32, place: &Place<'_>, best_hour: Option<u32>) -> Option<Slot> {
        (0..days)
            .map_while(|offset| first_day.checked_add_days(Days::new(offset.into())))
            .find_map(|day| slot_on(day, self.contact_window(day, place)?, place.zone, best_hour))
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
mod tests {
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

    fn place<'a>(state: Option<&'a str>, city: Option<&'a str>, zone: Tz) -> Place<'a> {
        Place { state, city, zone }
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
            (&format!("city:{}", long(32)), Some(Scope::City(long(32)))),
            (&format!("state:{}", long(9)), None),
            (&format!("city:{}", long(33)), None),
            ("brazil", None),
            ("", None),
            ("state:", None),
            ("city:", None),
            ("state:sp", None), // codes are upper case, as in the debtors' table
            ("state:S_P", None),
            ("city:São Paulo", None),
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
    fn due_on_a_day_without_banking_is_overdue_after_the_next_business_day() {
        for (due, as_of, by_calendar, by_law) in [
            ("2026-12-25", "2026-12-25", false, false),
            ("2026-12-25", "2026-12-26", true, false),
            ("2026-12-25", "2026-12-28", true, false),
            ("2026-12-25", "2026-12-29", true, true),
            ("2026-12-24", "2026-12-25", true, true), // it was due on a business day
            ("2026-12-28", "2026-12-27", false, false),
        ] {
            assert_eq!(calendar().legally_overdue(day(due), day(as_of), false), by_calendar, "{due} {as_of}");
            assert_eq!(calendar().legally_overdue(day(due), day(as_of), true), by_law, "{due} {as_of}");
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
    fn zones_fall_back() {
        for (own, state, expected) in [
            (Some("Europe/London"), Some("AM"), Europe::London),
            (Some("Mars/Olympus"), Some("AM"), America::Manaus),
            (Some(""), None, Sao_Paulo),
            (None, Some("AM"), America::Manaus),
            (None, Some("SP"), Sao_Paulo),
        ] {
            assert_eq!(calendar().zone_of(own, state), expected, "{own:?} {state:?}");
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
        let slot = calendar.slot(day(first), days, &place(None, None, zone), hour);
        let at = |text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap().and_utc();
        let expected = expected.map(|(from, to)| Slot { not_before: at(from), expires_at: at(to) });
        assert_eq!(slot, expected, "{first} {days} {zone} {hour:?}");
    }

    #[test]
    fn the_ends_of_time_do_not_panic() {
        let calendar = calendar();
        for on in [NaiveDate::MIN, NaiveDate::MAX] {
            assert!(calendar.next_business_day(on) >= on);
            assert!(calendar.add_business_days(on, 3) >= on);
            assert!(!calendar.legally_overdue(NaiveDate::MAX, on, true));
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
        let errors: Vec<String> =
            Calendar::new([], windows, zones).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(errors.len(), 4);
        assert!(errors[0].starts_with("contact window 14:00:00-08:00:00 of saturday (default) is empty"), "{errors:?}");
        assert!(errors[3].starts_with("contact window 09:00:00-09:00:00 of holidays (state SP)"), "{errors:?}");
    }
}
