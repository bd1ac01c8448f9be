//! Addresses: which texts are addresses, and which of them are the same one written differently.

use std::borrow::Cow;

use super::names::is_placeholder;

/// An address, however it is written: what an opt-out, a complaint or a wrong party belongs to. One telephone number is
/// one address, whatever the channel on which it is reached.
///
/// ```
/// use regua::domain::address::address_key;
/// assert_eq!(address_key("sms", "+55 11 90000-0001"), address_key("whatsapp", "5511900000001@c.us"));
/// assert_ne!(address_key("letter", "Rua 1"), address_key("email", "Rua 1"));
/// ```
pub fn address_key(channel: &str, address: &str) -> String {
    let kind = if TELEPHONES.contains(&channel) { "telephone" } else { channel };
    format!("{kind}\n{}", normalised_address(address))
}

/// Channels that reach a telephone number.
const TELEPHONES: [&str; 3] = ["whatsapp", "sms", "phone"];

/// An address without what differs from one writing to another: an e-mail address in lower case and without a name beside
/// it, a telephone number as its digits without what Brazil writes or leaves out (55, the 0 of a long-distance call, the
/// ninth digit of a mobile), a postal address as its letters and digits.
///
/// ```
/// use regua::domain::address::normalised_address;
/// assert_eq!(normalised_address(" X@Y.com"), "x@y.com");
/// assert_eq!(normalised_address("Ana <ana@acme.example>"), normalised_address("mailto:ANA@acme.example"));
/// for same in ["(11) 90000-0001", "005511900000001", "011 90000-0001", "551100000001", "whatsapp:+5511900000001"] {
///     assert_eq!(normalised_address(same), normalised_address("+55 11 90000-0001"), "{same}");
/// }
/// assert_ne!(normalised_address("+55 11 90000-0002"), normalised_address("+55 11 90000-0001"));
/// assert_ne!(normalised_address("Rua 1, 12"), normalised_address("Rua 1, 13"));
/// ```
pub fn normalised_address(address: &str) -> Cow<'_, str> {
    if let Some(number) = telephone(address) {
        return Cow::Owned(number);
    }
    let named = address.rsplit_once('<').map_or(address, |(_, inner)| inner.trim_end().trim_end_matches('>'));
    let (text, is_email) = (named.trim(), named.contains('@'));
    let text = if is_email { text.strip_prefix("mailto:").unwrap_or(text) } else { text };
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || (is_email && b.is_ascii_graphic());
    match text.bytes().all(|b| is_plain(b) && !b.is_ascii_uppercase()) {
        true => Cow::Borrowed(text),
        false if is_email => Cow::Owned(text.to_lowercase()),
        false => Cow::Owned(text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()),
    }
}

/// Area and subscriber; abroad both can be short.
const DIGITS_MIN: usize = 10;
const DIGITS_ABROAD_MIN: usize = 8;
const DIGITS_MAX: usize = 15;

/// The digits of a telephone number that tell it from others; `None` for what is no such number.
fn telephone(address: &str) -> Option<String> {
    let text = address.trim();
    let text = ["whatsapp:", "tel:", "sms:"].iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
    // A column of floats adds a point and a nought to every number.
    let text = text.strip_suffix(".0").unwrap_or(text);
    let text = ["@c.us", "@s.whatsapp.net"].iter().find_map(|host| text.strip_suffix(host)).unwrap_or(text);
    let is_of_number = |c: char| c.is_ascii_digit() || " +-().".contains(c);
    if !text.chars().all(is_of_number) {
        return None;
    }
    let dialled: String = text.chars().filter(char::is_ascii_digit).collect();
    // A 0 in brackets is dialled from within a country alone, and two digits after a 0 choose a carrier.
    let has_carrier = dialled.starts_with('0') && !dialled.starts_with("00") && dialled.len() > 12;
    if dialled.is_empty() || text.contains("(0)") || has_carrier {
        return None;
    }
    let digits = dialled.trim_start_matches('0');
    let national = digits.strip_prefix("55").map(|rest| rest.trim_start_matches('0'));
    let national = national.filter(|rest| [10, 11].contains(&rest.len())).unwrap_or(digits);
    let is_abroad = text.starts_with('+') || dialled.starts_with("00");
    if national.len() < if is_abroad { DIGITS_ABROAD_MIN } else { DIGITS_MIN } {
        return None;
    }
    // Mobiles have a ninth digit since 2012 to 2016; old registers lack it.
    match national.char_indices().nth(2) {
        Some((2, '9')) if national.len() == 11 => Some(format!("{}{}", &national[..2], &national[3..])),
        _ => Some(national.to_owned()),
    }
}

/// Can a message go there? Registers write something where they know no address, and several addresses where there is
/// room for one.
///
/// ```
/// use regua::domain::address::is_address;
/// assert!(is_address("email", "ap@acme.example") && is_address("sms", "+55 11 90000-0001"));
/// assert!(is_address("email", "Ana <ana@acme.example>") && is_address("whatsapp", "5511900000001@c.us"));
/// assert!(!is_address("email", "sem e-mail") && !is_address("whatsapp", "0") && !is_address("letter", "n/a"));
/// for none in ["a@acme", "a@acme.", "=a@acme.example", "a@acme.example\u{200b}", "josé@acme.example".replace('é', "e\u{301}").as_str()] {
///     assert!(!is_address("email", none), "{none}");
/// }
/// for none in ["@acme.example", "nfe@", "a@@b.com", "a@b.com;c@d.com", "a@b.com, c@d.com", "a@b.com\nBcc: z@z.com"] {
///     assert!(!is_address("email", none), "{none}");
/// }
/// for none in ["190", "+55", "900000001", "+44 (0)7911 123456", "01511900000001", "11111111111", "5,5E+12", "11 90000-0001 / 90000-0002", "11 90000-0001 ramal 2"] {
///     assert!(!is_address("whatsapp", none), "{none}");
/// }
/// ```
pub fn is_address(channel: &str, address: &str) -> bool {
    let is_none = is_placeholder(address);
    match channel {
        _ if is_none => false,
        "email" => is_email(&normalised_address(address)),
        "whatsapp" | "sms" | "phone" => telephone(address).is_some_and(|number| is_number(&number)),
        _ => true,
    }
}

/// One mailbox at one host, without what could end a header, begin a formula, or is seen by no eye.
fn is_email(address: &str) -> bool {
    let is_of_name = |c: char| c.is_alphanumeric() || "._%+-&".contains(c);
    let is_label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let Some((name, host)) = address.split_once('@') else { return false };
    let is_name = name.chars().all(is_of_name) && !name.is_empty() && !name.starts_with(['.', '+', '-']);
    let (hosts, top) = host.rsplit_once('.').unwrap_or(("", host));
    is_name && !name.ends_with('.') && hosts.split('.').all(is_label) && is_label(top) && top.chars().count() > 1
}

/// Not longer than numbers are, and no placeholder.
fn is_number(digits: &str) -> bool {
    let is_placeholder = digits.bytes().all(|b| Some(&b) == digits.as_bytes().first());
    digits.len() <= DIGITS_MAX && !is_placeholder
}

/// The addresses that a text mentions, normalised: with a name before or behind, in brackets, as a link, or several in one.
///
/// ```
/// use regua::domain::address::{mentioned, normalised_address};
/// for text in ["Ana Silva a@acme.example", "a@acme.example (Ana)", "\u{201c}A@acme.example\u{201d};", "[a@acme.example]."] {
///     assert_eq!(mentioned("email", text), ["a@acme.example"], "{text}");
/// }
/// let number = normalised_address("+55 11 90000-0001");
/// for text in ["+55 11 90000-0001 (Ana)", "https://wa.me/5511900000001", "(0xx11) 90000\u{2011}0001", "\u{200b}11\u{a0}90000\u{2013}0001"] {
///     assert_eq!(mentioned("sms", text), [&*number], "{text}");
/// }
/// assert!(mentioned("email", "ask Ana").is_empty());
/// ```
pub fn mentioned(channel: &str, text: &str) -> Vec<String> {
    let plain = |pieces: &mut dyn Iterator<Item = &str>| -> Vec<String> {
        pieces.filter(|piece| is_address(channel, piece)).map(|piece| normalised_address(piece).into_owned()).collect()
    };
    match channel {
        "email" => {
            let ends = |c: char| !(c.is_alphanumeric() || "@._%+-&".contains(c));
            plain(&mut text.split(ends).map(|piece| piece.trim_matches(|c: char| !c.is_alphanumeric())))
        }
        "whatsapp" | "sms" | "phone" => {
            // The two x of (0xx11) stand for a carrier; what separates digits may be any sign that looks like a dash or a blank.
            let text = text.replace("0xx", "").replace("0XX", "");
            let ends = |c: char| c.is_alphabetic() || ";,/:|".contains(c);
            let digits = |piece: &str| piece.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect::<String>();
            let pieces: Vec<String> = text.split(ends).map(digits).collect();
            plain(&mut pieces.iter().map(String::as_str))
        }
        _ => Vec::new(),
    }
}
