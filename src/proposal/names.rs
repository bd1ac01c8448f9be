//! The word lists: names.md and codes.md as tables, and how well a name of an export fits.

use std::sync::LazyLock;

/// Points of a name that stands in the list.
pub const KNOWN: u32 = 60;
/// Points of a name that is much like one of the list, or holds all its words.
pub const ALIKE: u32 = 40;

/// Names of which at least so many stand in an export say which system it comes from.
const SYSTEM_NAMES_MIN: usize = 3;
const SYSTEMS: [&str; 3] = ["SAP", "TOTVS Protheus", "Omie"];
/// Columns of names.md before those of the systems: two languages more.
const LANGUAGES: usize = 3;
/// How much two names must be alike, from 0 to 1: `data_vencimeto` is still `data_vencimento`.
const SIMILARITY_MIN: f64 = 0.95;
/// Places in the list of what a system calls it; names that anybody may use come after them.
pub const SYSTEM_PLACES: usize = 100;
/// Words that add nothing to the name beside them.
const NEUTRAL: [&str; 23] = [
    "id", "numero", "nr", "num", "no", "nro", "number", "codigo", "cod", "cd", "code", "do", "da", "de", "del", "of",
    "the", "el", "la", "ref", "cents", "centavos", "centimos",
];
/// `(email)` and its like: no column of the contract.
pub const STATUS: &str = "(status)";
/// What is left of an amount.
pub const BALANCE: &str = "(balance)";
/// Where terms of payment count from.
pub const BASELINE: &str = "(baseline)";

/// A line of names.md.
struct Line {
    input: &'static str,
    column: &'static str,
    /// By language, then by system; as written and as compared.
    cells: Vec<Vec<(&'static str, String)>>,
    loss: &'static str,
}

struct Code {
    column: &'static str,
    theirs: String,
    /// As written and as compared.
    codes: Vec<(&'static str, String)>,
    means: &'static str,
}

static LINES: LazyLock<Vec<Line>> = LazyLock::new(|| {
    let line = |cells: Vec<&'static str>| {
        let names = |cell: &&'static str| cell.split_whitespace().map(|name| (name, plain(name))).collect();
        let [input, column, names_of @ .., loss] = &cells[..] else { return None };
        Some(Line { input, column, cells: names_of.iter().map(names).collect(), loss })
    };
    rows(include_str!("names.md")).filter_map(line).collect()
});

static CODES: LazyLock<Vec<Code>> = LazyLock::new(|| {
    let code = |cells: Vec<&'static str>| {
        let [column, theirs, codes, means] = cells[..] else { return None };
        let theirs = if theirs == "*" { String::new() } else { plain(theirs) };
        Some(Code {
            column,
            theirs,
            codes: codes.split_whitespace().map(|code| (code, plain_code(code))).collect(),
            means,
        })
    };
    rows(include_str!("codes.md")).filter_map(code).collect()
});

/// The cells of every row of a table below its head.
fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let lines = text.lines().filter(|line| line.starts_with('|')).skip(2);
    lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
}

/// A name as it is compared: without capitals, accents and hyphens; `invoiceNumber` is `invoice_number`.
pub fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len() + 4);
    let mut before = '_';
    for c in name.chars() {
        if c.is_uppercase() && before.is_lowercase() {
            plain.push('_');
        }
        before = c;
        match bare(c) {
            Some(bare) => plain.push(bare),
            None if plain.is_empty() || plain.ends_with('_') => {}
            None => plain.push('_'),
        }
    }
    plain.trim_end_matches('_').to_owned()
}

/// A code as it is compared: `Nota de Crédito` is `nota_de_credito`, and `AB-` stays itself.
pub fn plain_code(code: &str) -> String {
    let plain = |c: char| if c.is_whitespace() { '_' } else { bare(c).unwrap_or(c) };
    code.trim().chars().map(plain).collect()
}

/// A letter without capital and accent, or a digit.
fn bare(c: char) -> Option<char> {
    let c = c.to_lowercase().next()?;
    Some(match c {
        'á' | 'à' | 'â' | 'ã' | 'ä' => 'a',
        'é' | 'ê' | 'è' | 'ë' => 'e',
        'í' | 'î' | 'ì' => 'i',
        // `Nº` is `no`.
        'ó' | 'ô' | 'õ' | 'ò' | 'ö' | 'º' | '°' => 'o',
        'ú' | 'ü' | 'ù' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        c if c.is_ascii_alphanumeric() => c,
        _ => return None,
    })
}

/// How a name fits a column of an input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameFit {
    /// `KNOWN`, `ALIKE` or 0.
    pub points: u32,
    /// Its place in the list; less is preferred.
    pub place: usize,
    /// In words, for the table.
    pub why: String,
}

/// How well a column of an export is named for a column of an input, or for `(status)` and its like.
pub fn name_fit(input: &str, column: &str, name: &str) -> NameFit {
    let name = plain(name);
    if name == column {
        return NameFit { points: KNOWN, place: 0, why: "our own name".to_owned() };
    }
    let lines = LINES.iter().filter(|line| line.column == column && (line.input == input || line.input == "*"));
    let mut best = NameFit { place: usize::MAX, ..NameFit::default() };
    for (cell_no, cell) in lines.flat_map(|line| line.cells.iter().enumerate()) {
        for (place, (written, known)) in cell.iter().enumerate() {
            // What a system calls it says more than what anybody may.
            let place = 1 + place + if cell_no < LANGUAGES { SYSTEM_PLACES } else { 0 };
            let (points, why) = match () {
                () if name == *known && cell_no >= LANGUAGES => (KNOWN, format!("known in {}", system(cell_no))),
                () if name == *known => (KNOWN, "a known name".to_owned()),
                () if is_alike(&name, known) => (ALIKE, format!("its name is like {written}")),
                () => continue,
            };
            if (points, std::cmp::Reverse(place)) > (best.points, std::cmp::Reverse(best.place)) {
                best = NameFit { points, place, why };
            }
        }
    }
    best
}

fn system(cell_no: usize) -> &'static str {
    SYSTEMS.get(cell_no.saturating_sub(LANGUAGES)).copied().unwrap_or_default()
}

/// Are they the same but for a letter, or for words that add nothing? Does one hold all words of the other?
fn is_alike(name: &str, known: &str) -> bool {
    let words = |text: &str| -> Vec<String> { text.split('_').map(str::to_owned).collect() };
    let (of_name, of_known) = (words(name), words(known));
    let holds = of_known.iter().all(|word| of_name.contains(word));
    let others = || of_name.iter().filter(|word| !of_known.contains(word));
    let is_plainly = holds && others().all(|word| NEUTRAL.contains(&word.as_str()));
    // `tipo_documento_fiscal` holds two words of a known name; `tipo_cliente` holds one word of many.
    let is_longer = holds && of_known.len() >= 2 && others().count() <= 2;
    let length = name.len().min(known.len());
    is_plainly || is_longer || (length >= 8 && strsim::jaro_winkler(name, known) >= SIMILARITY_MIN)
}

/// Does the name of a file name the input? `SE1010.parquet` is the table SE1 of a company of Protheus.
pub fn is_file_of(input: &str, stem: &str) -> bool {
    let stem = plain(stem);
    let is_of = |known: &str| {
        let rest = stem.strip_prefix(known);
        let is_numbered = known.len() <= 4 && rest.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
        let framed = format!("_{stem}_");
        is_numbered || framed.contains(&format!("_{known}_"))
    };
    let lines = LINES.iter().filter(|line| line.column == "(file)" && line.input == input);
    is_of(input) || lines.flat_map(|line| line.cells.iter().flatten()).any(|(_, known)| is_of(known))
}

/// What is lost without a column, or without an input (`(file)`); nothing where the list does not say.
pub fn loss(input: &str, column: &str) -> &'static str {
    let is_it = |line: &&Line| line.column == column && (line.input == input || line.input == "*");
    LINES.iter().filter(is_it).map(|line| line.loss).find(|loss| !loss.is_empty()).unwrap_or_default()
}

/// The systems that these columns come from.
pub fn systems<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Vec<&'static str> {
    let is_of = |system: usize, name: &str| {
        let mut cells = LINES.iter().filter(|l| l.column != "(file)").filter_map(|l| l.cells.get(LANGUAGES + system));
        let name = plain(name);
        cells.any(|cell| cell.iter().any(|(_, known)| *known == name))
    };
    let count = |system: usize| names.clone().filter(|name| is_of(system, name)).count();
    (0..SYSTEMS.len()).filter(|system| count(*system) >= SYSTEM_NAMES_MIN).map(|system| SYSTEMS[system]).collect()
}

/// What a code of a column means: by the name of the column that holds it, else in every export.
pub fn meaning(column: &str, theirs: &str, code: &str) -> Option<&'static str> {
    let (theirs, code) = (plain(theirs), plain_code(code));
    let of = |theirs: &str| {
        let mut codes = CODES.iter().filter(|known| known.column == column && known.theirs == theirs);
        codes.find(|known| known.codes.iter().any(|(_, plain)| *plain == code)).map(|known| known.means)
    };
    of(&theirs).or_else(|| of(""))
}

/// Every code that a column of that name can hold, as the system that has the column writes it; none where the list knows
/// no such column.
pub fn codes_of(column: &str, theirs: &str) -> Vec<(&'static str, &'static str)> {
    let theirs = plain(theirs);
    let known =
        CODES.iter().filter(|known| known.column == column && !known.theirs.is_empty() && known.theirs == theirs);
    known.flat_map(|known| known.codes.iter().map(|(written, _)| (*written, known.means))).collect()
}

/// The letters that count instalments.
pub fn letters() -> Vec<(&'static str, &'static str)> {
    let known = CODES.iter().filter(|known| known.column == "installment_no");
    known.flat_map(|known| known.codes.iter().map(|(written, _)| (*written, known.means))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract;

    /// A name that nobody can reach, or a code that means nothing in the contract, would be found by nobody.
    #[test]
    fn the_lists_name_what_the_contract_has() {
        for line in LINES.iter() {
            assert_eq!(line.cells.len(), LANGUAGES + SYSTEMS.len(), "{}.{}", line.input, line.column);
            let table = contract::input(line.input);
            let is_there = line.column.starts_with('(')
                || table.is_some_and(|table| table.column(line.column).is_some())
                || (line.input == "*" && contract::INPUTS.iter().any(|table| table.column(line.column).is_some()));
            assert!(is_there, "{}.{}", line.input, line.column);
        }
        for table in contract::INPUTS {
            assert!(!loss(table.name, "(file)").is_empty(), "{}", table.name);
        }
    }

    #[test]
    fn names_are_compared_without_their_dress() {
        let cases = [
            ("invoiceNumber", "invoice_number"),
            ("Data de Emissão", "data_de_emissao"),
            ("E1_VENCREA", "e1_vencrea"),
            ("R_E_C_N_O_", "r_e_c_n_o"),
            ("customer-ID", "customer_id"),
            ("  ", ""),
        ];
        for (name, expected) in cases {
            assert_eq!(plain(name), expected, "{name}");
        }
        assert_eq!(plain_code(" Nota de Crédito"), "nota_de_credito");
        assert_eq!(plain_code("AB-"), "ab-");
    }

    #[test]
    fn names_have_points() {
        let cases = [
            ("invoices", "due_date", "due_date", KNOWN, "our own name"),
            ("invoices", "due_date", "E1_VENCREA", KNOWN, "known in TOTVS Protheus"),
            ("invoices", "due_date", "Data Vencimento", KNOWN, "a known name"),
            ("invoices", "due_date", "data_vencimeto", ALIKE, "its name is like data_vencimento"),
            ("invoices", "due_date", "data_vencimento_titulo", ALIKE, "its name is like data_vencimento"),
            ("invoices", "due_date", "E1_EMISSAO", 0, ""),
            ("invoices", "invoice_id", "invoiceNumber", KNOWN, "a known name"),
            ("invoices", "invoice_id", "tipo_documento", 0, ""),
            ("payments", "invoice_id", "BELNR", KNOWN, "known in SAP"),
            ("debtors", "debtor_id", "codigo_do_cliente", ALIKE, "its name is like codigo_cliente"),
            ("debtors", "legal_name", "tipo_cliente", 0, ""),
            ("debtors", "tax_id", "CNPJ", KNOWN, "a known name"),
        ];
        for (input, column, name, points, why) in cases {
            let fit = name_fit(input, column, name);
            assert_eq!((fit.points, fit.why.as_str()), (points, why), "{input}.{column}: {name}");
        }
        let preferred = |first: &str, second: &str| {
            name_fit("invoices", "amount", first).place < name_fit("invoices", "amount", second).place
        };
        assert!(preferred("WRBTR", "DMBTR") && preferred("DMBTR", "valor"));
    }

    #[test]
    fn files_are_known_by_their_names() {
        let cases = [
            ("invoices", "SE1010", true),
            ("invoices", "se1", true),
            ("invoices", "SE10A", false),
            ("invoices", "contas-a-receber-2026", true),
            ("payments", "invoices", false),
            ("debtors", "Customers", true),
            ("debtors", "KNA1", true),
        ];
        for (input, stem, expected) in cases {
            assert_eq!(is_file_of(input, stem), expected, "{input}: {stem}");
        }
    }

    #[test]
    fn codes_mean_what_their_column_says() {
        let cases = [
            ("document_type", "SHKZG", "H", Some("credit_note")),
            ("document_type", "BLART", "H", None),
            ("document_type", "especie", "Nota de Crédito", Some("credit_note")),
            ("(status)", "E1_STATUS", "B", Some("paid")),
            ("(status)", "status_titulo", "A VENCER", Some("open")),
            ("(status)", "status_titulo", "A", None),
            ("currency", "E1_MOEDA", "1", Some("BRL")),
            ("currency", "moeda", "1", None),
        ];
        for (column, theirs, code, expected) in cases {
            assert_eq!(meaning(column, theirs, code), expected, "{column}, {theirs}: {code}");
        }
    }
}
