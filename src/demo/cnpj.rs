//! Brazilian company numbers (CNPJ), numeric and alphanumeric, with the right check digits.
//!
//! Roots come from a permutation of the debtor's number, so two debtors share a root only where the portfolio means
//! it. A made-up number can by chance be that of a real company; names and addresses never are.

/// The first eight characters: what the companies of a group have in common.
pub(super) type Root = [u8; 8];

const ROOTS_NUMERIC: u64 = 100_000_000;
/// Coprime to 10^8, so that multiplying by it permutes the numeric roots.
const ROOT_STRIDE: u64 = 61_803_399;
const ALPHANUMERIC: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// A root of digits only.
pub(super) fn numeric_root(number: u64) -> Root {
    let mut left = (number * ROOT_STRIDE + 20_000_003) % ROOTS_NUMERIC;
    let mut root = [b'0'; 8];
    for place in root.iter_mut().rev() {
        *place = b'0' + (left % 10) as u8;
        left /= 10;
    }
    root
}

/// A root of the kind issued since July 2026; it starts with a letter and so equals no numeric one.
pub(super) fn alphanumeric_root(number: u64) -> Root {
    let mut left = number;
    let mut root = [b'0'; 8];
    for place in root[1..].iter_mut().rev() {
        // Mixing in the position keeps small numbers from looking alike and is still one root per number.
        *place = ALPHANUMERIC[((left + 17) % 36) as usize];
        left /= 36;
    }
    root[0] = ALPHANUMERIC[10 + (number % 26) as usize];
    root
}

/// Root, branch and check digits: fourteen characters without punctuation.
pub(super) fn with_check_digits(root: &Root, branch: u32) -> String {
    let mut text = Vec::with_capacity(14);
    text.extend_from_slice(root);
    text.extend(format!("{:04}", branch % 10_000).bytes());
    for _ in 0..2 {
        text.push(check_digit(&text));
    }
    String::from_utf8(text).expect("roots are ASCII")
}

/// Modulo 11 over ASCII − 48, with the weights 2 to 9 from the right.
fn check_digit(characters: &[u8]) -> u8 {
    let weighted = characters.iter().rev().zip((2..=9).cycle()).map(|(c, weight)| u32::from(c - b'0') * weight);
    match weighted.sum::<u32>() % 11 {
        0 | 1 => b'0',
        rest => b'0' + (11 - rest) as u8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_those_of_published_examples() {
        // The first is the registry's own alphanumeric example; the others are well-known numeric ones.
        for (base, expected) in [(&b"12ABC34501DE"[..], "35"), (b"112223330001", "81"), (b"000000000001", "91")] {
            let mut text = base.to_vec();
            text.push(check_digit(&text));
            text.push(check_digit(&text));
            assert_eq!(std::str::from_utf8(&text[12..]).unwrap(), expected);
        }
        assert_eq!(with_check_digits(b"11222333", 1), "11222333000181");
    }

    #[test]
    fn roots_do_not_repeat() {
        let mut seen = std::collections::HashSet::new();
        for number in 0..50_000 {
            assert!(seen.insert(numeric_root(number)) && seen.insert(alphanumeric_root(number)), "{number}");
        }
    }
}
