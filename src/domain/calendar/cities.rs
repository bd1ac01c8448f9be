//! Cities and states of Brazil as debtors and holidays name them: by the code of IBGE, or by name in any case, with or
//! without accents.
//!
//! Nothing here knows the names of all 5,570 municipalities: a name finds the holidays that stand under that name. Only
//! the capitals of the states are known under both, code and name.

use crate::domain::names::folded;

const NAME_CHARS_MAX: usize = 64;

/// State, name and code of every capital (IBGE, "Códigos dos municípios").
static CAPITALS: [(&str, &str, &str); 27] = [
    ("AC", "RIO BRANCO", "1200401"),
    ("AL", "MACEIO", "2704302"),
    ("AM", "MANAUS", "1302603"),
    ("AP", "MACAPA", "1600303"),
    ("BA", "SALVADOR", "2927408"),
    ("CE", "FORTALEZA", "2304400"),
    ("DF", "BRASILIA", "5300108"),
    ("ES", "VITORIA", "3205309"),
    ("GO", "GOIANIA", "5208707"),
    ("MA", "SAO LUIS", "2111300"),
    ("MG", "BELO HORIZONTE", "3106200"),
    ("MS", "CAMPO GRANDE", "5002704"),
    ("MT", "CUIABA", "5103403"),
    ("PA", "BELEM", "1501402"),
    ("PB", "JOAO PESSOA", "2507507"),
    ("PE", "RECIFE", "2611606"),
    ("PI", "TERESINA", "2211001"),
    ("PR", "CURITIBA", "4106902"),
    ("RJ", "RIO DE JANEIRO", "3304557"),
    ("RN", "NATAL", "2408102"),
    ("RO", "PORTO VELHO", "1100205"),
    ("RR", "BOA VISTA", "1400100"),
    ("RS", "PORTO ALEGRE", "4314902"),
    ("SC", "FLORIANOPOLIS", "4205407"),
    ("SE", "ARACAJU", "2800308"),
    ("SP", "SAO PAULO", "3550308"),
    ("TO", "PALMAS", "1721000"),
];

/// Codes of the states of Brazil, in their order.
pub fn states_of_brazil() -> impl Iterator<Item = &'static str> {
    CAPITALS.iter().map(|(state, _, _)| *state)
}

/// Names of the states, in the order of the capitals.
static STATES: [&str; 27] = [
    "acre",
    "alagoas",
    "amazonas",
    "amapa",
    "bahia",
    "ceara",
    "distrito federal",
    "espirito santo",
    "goias",
    "maranhao",
    "minas gerais",
    "mato grosso do sul",
    "mato grosso",
    "para",
    "paraiba",
    "pernambuco",
    "piaui",
    "parana",
    "rio de janeiro",
    "rio grande do norte",
    "rondonia",
    "roraima",
    "rio grande do sul",
    "santa catarina",
    "sergipe",
    "sao paulo",
    "tocantins",
];

/// The code of a state of Brazil by its name or its number (IBGE: `35` is São Paulo).
pub fn state_of_brazil(text: &str) -> Option<&'static str> {
    let name = folded(text);
    let is_it = |((_, _, city), state): &(&(&str, &str, &str), &&str)| {
        **state == name || (name.len() == 2 && city.starts_with(&name))
    };
    CAPITALS.iter().zip(&STATES).find(is_it).map(|((code, ..), _)| *code)
}

/// What is equal for one city, however it is written: `São João del-Rei` is `SAO JOAO DEL REI`; a code is itself.
pub(super) fn key(city: &str) -> String {
    if city.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return city.to_ascii_uppercase();
    }
    let words: String = folded(city).chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase()
}

/// The key of a code or a name; `None` for a text that is neither.
pub(super) fn named(city: &str) -> Option<String> {
    let name = folded(city);
    let is_of_name = |c: char| c.is_alphanumeric() || " -'.()/".contains(c);
    let fits = name.chars().count() <= NAME_CHARS_MAX && name.chars().all(is_of_name);
    Some(key(city)).filter(|key| fits && !key.is_empty())
}

/// Of a capital the other key, so that its code finds what stands under its name, and its name what stands under its
/// code. There is a Campo Grande outside Mato Grosso do Sul too: where a state is given, it must agree with the name.
pub(super) fn other_key(key: &str, state: Option<&str>) -> Option<&'static str> {
    let is_meant = |(of, name, code): &&(&str, &str, &str)| {
        key == *code || (key == *name && state.is_none_or(|state| state == *of))
    };
    let (_, name, code) = CAPITALS.iter().find(is_meant)?;
    Some(if key == *code { *name } else { *code })
}
