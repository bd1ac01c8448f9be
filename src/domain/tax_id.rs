//! The CNPJ: fourteen characters, digits or (since July 2026) letters, with two check digits.
//!
//! Source: IN RFB 2.229/2024 and Nota Técnica COCAD 49/2024. The first eight characters are the root that all
//! establishments of one company share. It is never stored as a number.

/// Letters and digits of a CNPJ, its punctuation apart.
pub const CNPJ_LENGTH: usize = 14;
/// Digits of a CPF, the number of a natural person; the last two are check digits.
const CPF_LENGTH: usize = 11;
/// Of the characters of a CNPJ the first name the company.
const ROOT_LENGTH: usize = 8;

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

    /// Reads it as registers write it: in small letters, with a word before it, or with the zeros lost that a column of
    /// numbers loses.
    ///
    /// ```
    /// use regua::domain::tax_id::Cnpj;
    /// for text in ["1222333000128", "CNPJ 01.222.333/0001-28", "br01222333000128"] {
    ///     assert_eq!(Cnpj::read(text).map(|cnpj| cnpj.root().to_owned()).as_deref(), Some("01222333"), "{text}");
    /// }
    /// assert!(Cnpj::read("222333").is_none());
    /// ```
    pub fn read(text: &str) -> Option<Cnpj> {
        let upper = text.trim().to_uppercase();
        let bare = ["CNPJ", "BR"].iter().find_map(|word| upper.strip_prefix(word)).unwrap_or(&upper);
        let bare = bare.trim_start_matches(|c: char| !c.is_alphanumeric());
        let digits: String = bare.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        let is_number = digits.bytes().all(|b| b.is_ascii_digit());
        match digits.len() {
            12 | 13 if is_number => Cnpj::parse(&format!("{digits:0>14}")),
            _ => Cnpj::parse(bare.trim_end()),
        }
    }

    /// The first eight characters: the company, whatever the branch.
    pub fn root(&self) -> &str {
        std::str::from_utf8(&self.0[..8]).expect("ASCII")
    }
}

/// The root of a CNPJ that is written out or in part, as `12.345.678`; `None` for any other name.
///
/// ```
/// use regua::domain::tax_id::written_root;
/// for written in ["12.345.678/0001-95", "12345678000195", "12.345.678", "12.ABC.345/01DE-35"] {
///     assert!(written_root(written).is_some(), "{written}");
/// }
/// for name in ["12345678", "GRP.2024/00012345", "acme-2024", "0012345678"] {
///     assert_eq!(written_root(name), None, "{name}");
/// }
/// ```
pub fn written_root(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|c| !matches!(c, '.' | '/' | '-')).collect();
    let is_whole = plain.len() == CNPJ_LENGTH && plain.bytes().filter(u8::is_ascii_digit).count() >= ROOT_LENGTH;
    let has_marks = text.bytes().enumerate().filter(|(_, b)| *b == b'.').map(|(at, _)| at).eq([2, 6]);
    let is_of_cnpj = plain.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    (is_of_cnpj && plain.len() >= ROOT_LENGTH && (is_whole || has_marks)).then(|| plain[..ROOT_LENGTH].to_owned())
}

/// Who a tax number names: the company, by the root of its CNPJ, or whoever has the very number. `None` where it is too short
/// to name anybody.
///
/// ```
/// use regua::domain::tax_id::legal_person;
/// assert_eq!(legal_person("11.222.333/0001-81"), legal_person("11222333000262"));
/// assert_eq!(legal_person("111.444.777-35"), legal_person("11144477735"));
/// // Odd signs, a word behind, a float, the root alone, a wrong check digit: it protects all the same.
/// for odd in ["11 222 333 / 0001\u{2013}81;", "11222333000181.0", "11.222.333/0001-81 (matriz)", "11222333", "11222333000182"] {
///     assert_eq!(legal_person(odd), legal_person("11.222.333/0001-81"), "{odd}");
/// }
/// // A root that a column of numbers made shorter.
/// assert_eq!(legal_person("1222333"), legal_person("01.222.333/0001-28"));
/// for behind in ["11.222.333/0001-81 MATRIZ", "11.222.333/0001-81 - SP", "11222333000262-Filial 2", "IE 123 CNPJ 11222333000181 X"] {
///     assert_eq!(legal_person(behind), legal_person("11.222.333/0001-81"), "{behind}");
/// }
/// assert_eq!(legal_person("CPF (111.444.777-35)"), legal_person("11144477735"));
/// assert_eq!(legal_person("(11.222.333/0001-81)"), legal_person("11,222,333/0001-81"));
/// // A CPF that a bank filled up, or a column of numbers made shorter.
/// for cpf in ["00011144477735", "000.111.444.777-35"] {
///     assert_eq!(legal_person(cpf), legal_person("111.444.777-35"), "{cpf}");
/// }
/// assert_eq!(legal_person("1234567890"), legal_person("012.345.678-90"));
/// assert_eq!((legal_person("n/a"), legal_person("999.999.999-99")), (None, None));
/// ```
pub fn legal_person(tax_id: &str) -> Option<String> {
    if let Some(cnpj) = Cnpj::read(tax_id) {
        return Some(format!("cnpj:{}", cnpj.root()));
    }
    if let Some(root) = root_before_words(tax_id) {
        return Some(format!("cnpj:{root}"));
    }
    let digits_in = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    let before =
        tax_id.split(['(', ';', ',']).next().filter(|text| digits_in(text) >= ROOT_LENGTH).unwrap_or(tax_id).trim();
    let text = before.strip_suffix(".0").unwrap_or(before);
    let number: String = text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    // A word before it, as CPF or BR, and the zeros that a column of numbers loses.
    let bare = number.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    if let Some(cpf) = cpf(bare) {
        return Some(cpf);
    }
    let is_number = bare.len() >= ROOT_LENGTH && bare.bytes().all(|b| b.is_ascii_digit());
    let is_short_root = bare.len() == ROOT_LENGTH - 1 && bare.bytes().all(|b| b.is_ascii_digit());
    let number = match (is_number, bare.len()) {
        _ if is_short_root => format!("{bare:0>ROOT_LENGTH$}"),
        (true, 12 | 13) => format!("{bare:0>CNPJ_LENGTH$}"),
        (true, _) => bare.to_owned(),
        (false, _) => number,
    };
    let has_digits = number.bytes().filter(|b| (b'1'..=b'9').contains(b)).count() >= 4;
    let is_placeholder = number.bytes().all(|b| Some(&b) == number.as_bytes().first());
    let is_root = number.len() == ROOT_LENGTH && number.bytes().all(|b| b.is_ascii_digit());
    let person = match is_root || number.len() == CNPJ_LENGTH {
        true => format!("cnpj:{}", &number[..ROOT_LENGTH]),
        false => number,
    };
    (has_digits && !is_placeholder).then_some(person)
}

/// The eleven digits of a CPF, however many zeros stand before it or are lost; its check digits tell it from other numbers.
fn cpf(digits: &str) -> Option<String> {
    let is_long = (CPF_LENGTH - 2..=CNPJ_LENGTH).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let number = format!("{:0>CPF_LENGTH$}", digits.trim_start_matches('0'));
    let places: Vec<u32> = number.bytes().map(|b| u32::from(b.wrapping_sub(b'0'))).collect();
    let check = |length: usize| {
        let weighted = places[..length].iter().zip((2..=length as u32 + 1).rev()).map(|(digit, weight)| digit * weight);
        weighted.sum::<u32>() * 10 % 11 % 10
    };
    let is_same = places.iter().all(|digit| Some(digit) == places.first());
    let is_one = is_long && places.len() == CPF_LENGTH && !is_same && places[9] == check(9) && places[10] == check(10);
    is_one.then_some(number)
}

/// The root of a number of fourteen digits that stands before a word (`MATRIZ`, `- SP`, `Filial 2`) or after `CNPJ`.
fn root_before_words(tax_id: &str) -> Option<String> {
    let upper = tax_id.to_uppercase();
    let text = upper.rsplit("CNPJ").next().unwrap_or(&upper);
    let mut signs = text.chars().filter(char::is_ascii_alphanumeric).skip_while(|c| !c.is_ascii_digit());
    let number: String = signs.by_ref().take(CNPJ_LENGTH).collect();
    let is_whole = number.len() == CNPJ_LENGTH && number.bytes().all(|b| b.is_ascii_digit());
    let has_word = signs.next().is_some_and(|c| c.is_ascii_alphabetic());
    let is_placeholder = number.bytes().all(|b| Some(&b) == number.as_bytes().first());
    (is_whole && has_word && !is_placeholder).then(|| number[..ROOT_LENGTH].to_owned())
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
