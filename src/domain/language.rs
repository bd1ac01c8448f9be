//! The languages that a report is written in.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;

/// Language of a page that people read.
///
/// ```
/// use regua::domain::language::Language;
/// assert_eq!("pt-BR".parse(), Ok(Language::PtBr));
/// assert_eq!(Language::En.pick("aberto", "open"), "open");
/// assert!("es".parse::<Language>().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Language {
    /// Portuguese as in Brazil.
    #[default]
    #[serde(rename = "pt-BR")]
    PtBr,
    /// English.
    #[serde(rename = "en")]
    En,
}

/// The text is no language that a report can be written in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a language of reports; they are written in pt-BR or en")]
pub struct UnknownLanguage(pub String);

impl Language {
    /// The default one first.
    pub const ALL: [Language; 2] = [Language::PtBr, Language::En];

    /// As HTML and the messages' templates name it.
    pub fn code(self) -> &'static str {
        self.pick("pt-BR", "en")
    }

    /// The Portuguese or the English of two: both stand side by side, so that neither can be missing.
    pub fn pick<T>(self, pt_br: T, en: T) -> T {
        match self {
            Language::PtBr => pt_br,
            Language::En => en,
        }
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Language::ALL.into_iter().find(|language| language.code() == text);
        found.ok_or_else(|| UnknownLanguage(text.to_owned()))
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
