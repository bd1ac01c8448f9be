//! The CNPJ: fourteen characters, digits or (since July 2026) letters, with two check digits.
//!
//! Source: IN RFB 2.229/2024 and Nota Técnica COCAD 49/2024. The first eight characters are the root that all
//! establishments of one company share. It is never stored as a number.

/// Letters and digits of a CNPJ, its punctuation apart.
pub const CNPJ_LENGTH: usize = 14;

/// A CNPJ whose check digits are right.
///
/// ```
/// use regua::domain::tax_id::Cnpj;
/// assert_eq!(Cnpj::parse("12.ABC.345/01DE-35").unwrap().root(), "12ABC345");
/// assert!(Cnpj::parse("12.ABC.345/01DE-36").is_none(), "wrong check digit");
/// assert!(Cnpj::parse("12.abc.345/01DE-35").is_none(), "letters are capitals");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cnpj([u8; CNPJ_LENGTH]);

impl Cnpj {
    /// Reads it with or without its punctuation.
    pub fn parse(text: &str) -> Option<Cnpj> {
        let mut plain = [0u8; CNPJ_LENGTH];
        let mut length = 0;
        for byte in text.bytes().filter(|b| !matches!(b, b'.' | b'/' | b'-')) {
            *plain.get_mut(length)? = byte;
            length += 1;
        }
        let (body, digits) = plain.split_at(12);
        let is_well_formed = length == CNPJ_LENGTH
            && body.iter().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
            && digits.iter().all(u8::is_ascii_digit)
            && body.iter().any(|b| *b != b'0');
        let is_right = is_well_formed && digits[0] == check_digit(body) && digits[1] == check_digit(&plain[..13]);
        is_right.then_some(Cnpj(plain))
    }

    /// The first eight characters: the company, whatever the branch.
    pub fn root(&self) -> &str {
        std::str::from_utf8(&self.0[..8]).expect("ASCII")
    }
}

/// Modulo 11 over ASCII − 48 with the weights 2 to 9 from the right, cyclic.
fn check_digit(bytes: &[u8]) -> u8 {
    let weighted = bytes.iter().rev().zip((2u32..=9).cycle()).map(|(b, weight)| (u32::from(*b) - 48) * weight);
    match weighted.sum::<u32>() % 11 {
        0 | 1 => b'0',
        rest => b'0' + (11 - rest) as u8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits() {
        let cases = [
            ("12.ABC.345/01DE-35", true),
            ("46.843.485/0001-86", true),
            ("46843485000186", true),
            // A rest of 0 or 1 makes a check digit of 0, the first and the second.
            ("33.000.167/0001-01", true),
            ("33.000.167/0007-05", true),
            ("11.222.333/0019-00", true),
            ("11.222.333/0018-20", true),
            ("12.ABC.345/01DE-36", false),
            ("46.843.485/0001-87", false),
            ("12.abc.345/01DE-53", false),
            ("00.000.000/0000-00", false),
            ("4684348500018", false),
            ("468434850001866", false),
            ("46.843.485/0001-8X", false),
            ("É6.843.485/0001-86", false),
        ];
        for (text, is_valid) in cases {
            assert_eq!(Cnpj::parse(text).is_some(), is_valid, "{text}");
        }
    }

    #[test]
    fn root_groups_branches() {
        assert_eq!(Cnpj::parse("46.843.485/0001-86").unwrap().root(), "46843485");
    }
}
