//! How long a message is on its channel: characters, and for a short message the segments that are paid for.
//!
//! Source: 3GPP TS 23.038, sections 6.2.1 and 6.2.1.1 (the 7-bit alphabet and its extension), TS 23.040 for the parts.

use crate::domain::procedure::Channel;

/// The 7-bit alphabet without the letters and digits of ASCII.
const GSM7: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
/// Those that take two places.
const GSM7_TWICE: &str = "^{}\\[~]|€";

/// Places in one segment, and in each of several.
const GSM7_PLACES: (usize, usize) = (160, 153);
const UCS2_PLACES: (usize, usize) = (70, 67);

/// How a short message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    /// `GSM-7`, or `UCS-2` as soon as one letter is not in the 7-bit alphabet (ã, õ, ç, á ...).
    pub encoding: &'static str,
    /// Segments that are paid for, from 1.
    pub count: usize,
}

/// The segments of a short message.
///
/// ```
/// use regua::domain::message::length::segments;
/// assert_eq!(segments(&"a".repeat(160)).count, 1);
/// assert_eq!(segments(&"a".repeat(161)).count, 2);
/// assert_eq!((segments("Olá").encoding, segments("Ola").encoding), ("UCS-2", "GSM-7"));
/// ```
pub fn segments(text: &str) -> Segments {
    let place = |c: char| match c {
        c if c.is_ascii_alphanumeric() || GSM7.contains(c) => Some(1),
        c if GSM7_TWICE.contains(c) => Some(2),
        _ => None,
    };
    let (encoding, places, (one, several)) = match text.chars().map(place).sum::<Option<usize>>() {
        Some(places) => ("GSM-7", places, GSM7_PLACES),
        None => ("UCS-2", text.encode_utf16().count(), UCS2_PLACES),
    };
    Segments { encoding, count: if places <= one { 1 } else { places.div_ceil(several) } }
}

/// Longest rendered text, in characters, by channel.
///
/// A short message of 480 characters takes up to 8 segments where it has letters outside of the 7-bit alphabet, and 4
/// where it has none. WhatsApp: 4,096 characters in a text message (Cloud API, messages reference).
pub fn body_chars_max(channel: Channel) -> usize {
    match channel {
        Channel::Sms => 480,
        Channel::Whatsapp => 4_096,
        _ => 50_000,
    }
}

/// Longest subject, in characters.
pub const SUBJECT_CHARS_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_by_alphabet() {
        for (text, encoding, count) in [
            (String::new(), "GSM-7", 1),
            ("a".repeat(160), "GSM-7", 1),
            ("a".repeat(306), "GSM-7", 2),
            ("a".repeat(307), "GSM-7", 3),
            ("€".repeat(80), "GSM-7", 1),
            ("€".repeat(81), "GSM-7", 2),
            ("é".repeat(160), "GSM-7", 1),
            ("ã".repeat(70), "UCS-2", 1),
            ("ã".repeat(71), "UCS-2", 2),
            ("😀".repeat(35), "UCS-2", 1),
            ("😀".repeat(36), "UCS-2", 2),
        ] {
            assert_eq!(segments(&text), Segments { encoding, count }, "{text}");
        }
    }
}
