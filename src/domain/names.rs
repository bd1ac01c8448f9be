//! Names and texts: how two of them compare, which known name was meant, and which texts stand for "unknown".

/// What registers write where they know nothing, as it is without its signs.
const PLACEHOLDERS: [&str; 15] = [
    "na",
    "nan",
    "none",
    "null",
    "nil",
    "nao informado",
    "nao informada",
    "nao consta",
    "nao se aplica",
    "a definir",
    "sem informacao",
    "desconhecido",
    "desconhecida",
    "unknown",
    "x",
];
/// Bytes of the longest of them.
const PLACEHOLDER_BYTES_MAX: usize = {
    let (mut longest, mut at) = (0, 0);
    while at < PLACEHOLDERS.len() {
        if PLACEHOLDERS[at].len() > longest {
            longest = PLACEHOLDERS[at].len();
        }
        at += 1;
    }
    longest
};

/// Does it stand for nothing? Blank, signs or noughts alone, or a word for it.
///
/// ```
/// use regua::domain::names::is_placeholder;
/// for none in ["", " ", "-", "0", "000", "N/A", "NULL", "NaN", "NÃO INFORMADO", "nao  informado"] {
///     assert!(is_placeholder(none), "{none:?}");
/// }
/// assert!(is_placeholder("(sem  informação)") && is_placeholder("000.000.000-00 / 000.000.000-00"));
/// assert!(!is_placeholder("Natal") && !is_placeholder("10") && !is_placeholder("fin@sem-informacao.example"));
/// ```
pub fn is_placeholder(text: &str) -> bool {
    let is_none = |text: &str| {
        text.bytes().all(|b| matches!(b, b'0' | b' '))
            || PLACEHOLDERS.iter().any(|word| word.eq_ignore_ascii_case(text))
    };
    // Most texts are codes, with nothing to fold.
    if text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return is_none(text);
    }
    // Nor is anything to fold in a text with more letters than the words have: they stay, whatever stands between.
    let plain = || text.bytes().filter(u8::is_ascii_alphanumeric);
    if plain().count() > PLACEHOLDER_BYTES_MAX && plain().any(|b| b != b'0') {
        return false;
    }
    let words: String = folded(text).chars().filter(|c| c.is_alphanumeric() || *c == ' ').collect();
    is_none(words.trim())
}

/// What stands before or behind the name of whoever is insolvent, or dead. In Brazil it must (Lei 11.101/2005, art. 69).
const INSOLVENT_BEFORE: [&str; 3] = ["massa falida ", "espolio de ", "massa insolvente "];
const INSOLVENT_BEHIND: [&str; 14] = [
    " em recuperacao judicial",
    " recuperacao judicial",
    " em rec judicial",
    " em recuperacao extrajudicial",
    " massa falida",
    " em falencia",
    " falida",
    " falido",
    " em liquidacao",
    " em liquidacao judicial",
    " em liquidacao extrajudicial",
    " en concurso de acreedores",
    " in liquidation",
    " in receivership",
];

/// Does a name say that its bearer is insolvent, or dead? Who is named after the trade is not.
///
/// ```
/// use regua::domain::names::says_insolvent;
/// for name in ["ACME LTDA - EM RECUPERAÇÃO JUDICIAL", "Acme S/A (em recuperação judicial)", "MASSA FALIDA DE ACME LTDA",
///              "Espólio de João da Silva", "Acme em Liquidação", "Acme SA en concurso de acreedores"] {
///     assert!(says_insolvent(name), "{name}");
/// }
/// for name in ["Consultoria em Recuperação Judicial Ltda", "Recuperação de Crédito SA", "Liquidação Total Modas"] {
///     assert!(!says_insolvent(name), "{name}");
/// }
/// ```
pub fn says_insolvent(name: &str) -> bool {
    let words: String = folded(name).chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    INSOLVENT_BEFORE.iter().any(|start| words.starts_with(start))
        || INSOLVENT_BEHIND.iter().any(|end| words.ends_with(end))
}

/// Can somebody be called so? An address or a number in the place of a name is none.
pub fn is_name(text: &str) -> bool {
    !text.contains('@') && text.chars().any(char::is_alphabetic)
}

/// Lower case, without accents and invisible characters, one space between words.
///
/// ```
/// use regua::domain::names::folded;
/// assert_eq!(folded(" SÃO   Paulo"), "sao paulo");
/// ```
pub fn folded(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            _ if c.is_ascii() => plain.push(c.to_ascii_lowercase()),
            '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' => {}
            _ => plain.extend(c.to_lowercase().map(without_accent)),
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Fewer digits are no CPF.
const CPF_DIGITS: usize = 11;

/// An id without what exports do to ids: capitals, leading zeros, the end of a number with a point, signs at its ends, and in a
/// CNPJ or a CPF those between; empty where nothing is left.
///
/// ```
/// use regua::domain::names::spelt_plainly;
/// for id in ["000123", "123", "123.0", " 00123;"] {
///     assert_eq!(spelt_plainly(id), "123", "{id}");
/// }
/// assert_eq!(spelt_plainly("12.345.678/0001-95"), spelt_plainly("12345678000195"));
/// assert_eq!(spelt_plainly("c0042"), spelt_plainly("C0042 "));
/// for (one, other) in [("100", "10"), ("1-23", "12-3")] {
///     assert_ne!(spelt_plainly(one), spelt_plainly(other));
/// }
/// ```
pub fn spelt_plainly(id: &str) -> String {
    let id = id.trim();
    let whole = id.strip_suffix(".0").filter(|whole| whole.bytes().all(|b| b.is_ascii_digit())).unwrap_or(id);
    let is_tax_id =
        whole.chars().filter(char::is_ascii_digit).count() >= CPF_DIGITS && !whole.contains(char::is_alphabetic);
    let bare = whole.trim_matches(|c: char| !c.is_alphanumeric());
    let kept = bare.chars().filter(|c| !is_tax_id || c.is_ascii_digit());
    kept.flat_map(char::to_uppercase).collect::<String>().trim_start_matches('0').to_owned()
}

/// "unknown key `chanels`; did you mean `channels`?", or the list of what is known.
pub fn unknown<'a>(what: &str, found: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    let nearest = known.iter().map(|k| (strsim::damerau_levenshtein(k, found), *k)).min();
    // Between names of two or three letters any distance is short.
    let distance_max = match found.chars().count() {
        0..=3 => 1,
        chars => 2.max(chars / 3),
    };
    match nearest {
        Some((distance, name)) if distance <= distance_max => {
            format!("unknown {what} `{found}`; did you mean `{name}`?")
        }
        None => format!("unknown {what} `{found}`; there is none"),
        Some(_) => format!("unknown {what} `{found}`; known: {}", known.join(", ")),
    }
}

fn without_accent(c: char) -> char {
    match c {
        'á' | 'à' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        '\u{2019}' => '\'',
        '\u{2010}' | '\u{2011}' => '-',
        other => other,
    }
}
