//! Messages: a template for each language and channel, rendered with a fixed list of fields.
//!
//! Undefined fields are errors, subjects and short messages lose their line breaks, and every length has a limit:
//! nothing that came in with the data can change the shape of a message.

pub mod blocks;
pub mod fields;
pub mod length;
pub mod provider;
pub mod samples;

use std::collections::BTreeMap;
use std::error::Error as _;

use chrono::NaiveDate;
use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior, escape_formatter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::action::{ProviderTemplate, sha256_hex};
use super::money::{Amount, Currency};
use super::procedure::Channel;
use blocks::{Folder, WHITESPACE};
use length::{SUBJECT_CHARS_MAX, body_chars_max};

/// How a message speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// For long-time customers with a clean history, and where the step says so.
    Gentle,
    /// The tone of a step that names none.
    Firm,
    /// Never softened, whoever is addressed.
    Formal,
}

impl Tone {
    /// From the gentlest up.
    pub const ALL: [Tone; 3] = [Tone::Gentle, Tone::Firm, Tone::Formal];

    /// As the configuration and templates write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Tone::Gentle => "gentle",
            Tone::Firm => "firm",
            Tone::Formal => "formal",
        }
    }
}

/// Who is addressed gently whatever the step says, unless it is formal: a long-time customer with a clean history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ToneRule {
    /// A customer for at least so many months.
    pub long_time_months: i64,
    /// Late with at most this share of its items.
    pub clean_late_ratio_max: f64,
}

impl Default for ToneRule {
    fn default() -> Self {
        ToneRule { long_time_months: 24, clean_late_ratio_max: 0.1 }
    }
}

/// First line of a template that names no debt: it may go to a contact that is not authorised to hear about one.
pub const NAMES_NO_DEBT: &str = "{# names-debt: no #}";

/// Languages with formats of their own; templates stand in a folder of that name.
pub const LANGUAGES: [&str; 3] = ["pt-BR", "en", "es"];

/// A message, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line; `None` where the template has none.
    pub subject: Option<String>,
    /// One line for short messages, any number for the others.
    pub body: String,
    /// First 12 hex digits of the SHA-256 of the template's text and that of its blocks.
    pub version: String,
    /// The language that was found, where the debtor's own has no such template.
    pub language: String,
    /// The template of a provider that it stands for, if it names one.
    pub provider: Option<ProviderTemplate>,
}

/// Why a message could not be made; says nothing of the values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Neither the language that was asked for nor the default one has the template.
    #[error("there is no template {template}.{channel}.j2 in any of the languages {languages}")]
    Missing {
        /// Its name, without language and channel.
        template: String,
        /// By its name in the configuration.
        channel: &'static str,
        /// The one that was asked for and the default one.
        languages: String,
    },
    /// The template refers to what is not there, or prints what is no text.
    #[error("template {language}/{file}: {what}")]
    Failed {
        /// The folder that the template is in.
        language: String,
        /// Such as `overdue_first.email.j2`.
        file: String,
        /// What went wrong and on which line, without any value.
        what: String,
    },
    /// The text does not fit its channel.
    #[error("template {language}/{file}: {chars} characters, at most {chars_max} fit this channel; shorten it")]
    TooLong {
        /// The folder that the template is in.
        language: String,
        /// Such as `overdue_first.email.j2`.
        file: String,
        /// Characters of the rendered body.
        chars: usize,
        /// Most characters that the channel takes.
        chars_max: usize,
    },
}

struct Template {
    version: String,
    names_debt: bool,
    /// Files of the blocks that it includes, by name.
    blocks: Vec<String>,
}

/// ISO 639-1 codes, and what else those languages are called where a system writes them out.
const LANGUAGE_NAMES: [(&str, &str); 3] = [
    ("pt", "por portuguese português portugues portugués"),
    ("en", "eng english inglês ingles inglés"),
    ("es", "spa spanish espanhol español espanol castellano castelhano"),
];

/// Every template of every language, compiled once.
pub struct Templates {
    environments: BTreeMap<String, (Environment<'static>, BTreeMap<String, Template>)>,
    default_language: String,
}

impl std::fmt::Debug for Templates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Templates").field("languages", &self.environments.keys()).finish_non_exhaustive()
    }
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFault {
    /// The folder of its language.
    pub language: String,
    /// A message, or a block.
    pub file: String,
    /// Where it stands, as far as that is one line.
    pub line: Option<usize>,
    /// What is wrong, and what to do about it.
    pub what: String,
}

impl TemplateFault {
    /// A fault on a line of a file.
    pub fn new(language: &str, file: &str, line: impl Into<Option<usize>>, what: impl Into<String>) -> TemplateFault {
        TemplateFault { language: language.to_owned(), file: file.to_owned(), line: line.into(), what: what.into() }
    }
}

impl Templates {
    /// Compiles `(language, file name, text)`.
    ///
    /// # Errors
    /// Every fault there is.
    pub fn compile(
        sources: impl IntoIterator<Item = (String, String, String)>,
        default_language: &str,
    ) -> Result<Templates, Vec<TemplateFault>> {
        let (templates, faults) = Templates::compile_sound(sources, default_language);
        if faults.is_empty() { Ok(templates) } else { Err(faults) }
    }

    /// Compiles what is sound of `(language, file name, text)`, with the faults of the rest. A message is sound together
    /// with the blocks that it includes.
    pub fn compile_sound(
        sources: impl IntoIterator<Item = (String, String, String)>,
        default_language: &str,
    ) -> (Templates, Vec<TemplateFault>) {
        let mut folders: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for (language, file, text) in sources {
            folders.entry(language).or_default().push((file, text));
        }
        let mut faults = Vec::new();
        let mut compiled = |language: String, files| {
            let of_language = compile_language(&language, files, &mut faults);
            (language, of_language)
        };
        let environments = folders.into_iter().map(|(language, files)| compiled(language, files)).collect();
        (Templates { environments, default_language: default_language.to_owned() }, faults)
    }

    /// `(language, file)` of every message.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.environments.iter().flat_map(|(l, (_, files))| files.keys().map(|f| (l.as_str(), f.as_str())))
    }

    /// The language that a code or its name means, in any case and of any country: `EN`, `en-GB` and `Inglês` mean `en`,
    /// `pt` means `pt-BR`.
    pub fn language_like(&self, code: &str) -> Option<&str> {
        let root = |code: &str| {
            let root = code.split(['-', '_', ' ']).next().unwrap_or_default().to_lowercase();
            let named = LANGUAGE_NAMES.iter().find(|(_, names)| names.split(' ').any(|name| name == root));
            named.map_or(root.clone(), |(code, _)| (*code).to_owned())
        };
        let known = || self.environments.keys().map(String::as_str);
        let same = known().find(|language| language.eq_ignore_ascii_case(code));
        same.or_else(|| known().find(|language| root(language) == root(code)))
    }

    /// Is there such a template in exactly this language, for this channel?
    pub fn has(&self, language: &str, template: &str, channel: Channel) -> bool {
        self.environments.get(language).is_some_and(|(_, files)| files.contains_key(&file_name(template, channel)))
    }

    /// Whether what would be sent tells of a debt; every template does that does not declare otherwise.
    pub fn names_debt(&self, language: &str, template: &str, channel: Channel) -> bool {
        let language = self.language_for(language, template, channel);
        let files = language.and_then(|l| self.environments.get(l)).map(|(_, files)| files);
        files.and_then(|files| files.get(&file_name(template, channel))).is_none_or(|t| t.names_debt)
    }

    /// First 12 hex digits of the SHA-256 of a template's text and that of its blocks.
    pub fn version(&self, language: &str, file: &str) -> Option<&str> {
        self.template(language, file).map(|t| t.version.as_str())
    }

    /// Files of the blocks that a message includes, by name.
    pub fn blocks(&self, language: &str, file: &str) -> &[String] {
        self.template(language, file).map_or(&[], |t| &t.blocks)
    }

    fn template(&self, language: &str, file: &str) -> Option<&Template> {
        self.environments.get(language).and_then(|(_, files)| files.get(file))
    }

    /// The language of the message: the debtor's own if the template exists in it, else the default one.
    fn language_for(&self, wanted: &str, template: &str, channel: Channel) -> Option<&str> {
        [wanted, self.default_language.as_str()]
            .into_iter()
            .find(|l| self.has(l, template, channel))
            .and_then(|l| self.environments.get_key_value(l))
            .map(|(l, _)| l.as_str())
    }

    /// Renders a template for a channel; a subject over its length is cut.
    ///
    /// # Errors
    /// When there is no such template, when it names a field that does not exist or prints one that is null, or when
    /// the text is too long.
    pub fn render(
        &self,
        language: &str,
        template: &str,
        channel: Channel,
        fields: &impl Serialize,
    ) -> Result<Rendered, MessageError> {
        let mut rendered = self.draft(language, template, channel, fields)?;
        let (chars, chars_max) = (rendered.body.chars().count(), body_chars_max(channel));
        if chars > chars_max {
            let file = file_name(template, channel);
            return Err(MessageError::TooLong { language: rendered.language, file, chars, chars_max });
        }
        rendered.subject = rendered.subject.map(|s| s.chars().take(SUBJECT_CHARS_MAX).collect());
        Ok(rendered)
    }

    /// Renders a template whatever its length.
    ///
    /// # Errors
    /// As `render`, but for the length.
    pub fn draft(
        &self,
        language: &str,
        template: &str,
        channel: Channel,
        fields: &impl Serialize,
    ) -> Result<Rendered, MessageError> {
        let missing = || MessageError::Missing {
            template: template.to_owned(),
            channel: channel.as_str(),
            languages: format!("{language}, {}", self.default_language),
        };
        let language = self.language_for(language, template, channel).ok_or_else(missing)?;
        let (environment, files) = self.environments.get(language).ok_or_else(missing)?;
        let file = file_name(template, channel);
        let version = files.get(&file).ok_or_else(missing)?.version.clone();
        let rendered = environment.get_template(&file).and_then(|t| t.render_captured(fields));
        let rendered = rendered.and_then(|r| Ok((split_subject(r.output(), channel), provider::of(r.state())?)));
        let ((subject, body), provider) = rendered.map_err(|e| MessageError::Failed {
            language: language.to_owned(),
            file: file.clone(),
            what: describe(&e),
        })?;
        Ok(Rendered { subject, body, version, language: language.to_owned(), provider })
    }
}

/// The sound messages of one language, compiled, with the blocks that they include.
fn compile_language(
    language: &str,
    files: Vec<(String, String)>,
    faults: &mut Vec<TemplateFault>,
) -> (Environment<'static>, BTreeMap<String, Template>) {
    let (mut environment, mut folder) = (environment(language), Folder::default());
    for (file, text) in files {
        let found = folder.add(&file, &text);
        faults.extend(found.into_iter().map(|(line, what)| TemplateFault::new(language, &file, line, what)));
        if let Err(e) = environment.add_template_owned(file.clone(), text) {
            folder.take_out(&file);
            faults.push(TemplateFault::new(language, &file, e.line(), describe(&e)));
        }
    }
    faults.extend(folder.faults(language));
    let template = |(file, blocks): (&str, Vec<&str>)| {
        let whole = folder.whole(file, &blocks);
        let template = Template {
            version: sha256_hex(whole.as_bytes())[..12].to_owned(),
            names_debt: whole.lines().next().is_none_or(|line| line.trim() != NAMES_NO_DEBT),
            blocks: blocks.into_iter().map(str::to_owned).collect(),
        };
        (file.to_owned(), template)
    };
    let templates = folder.sound().into_iter().map(template).collect();
    (environment, templates)
}

/// `overdue_first.email.j2`
pub fn file_name(template: &str, channel: Channel) -> String {
    format!("{template}.{}.j2", channel.as_str())
}

/// E-mails and letters open with `Subject: ...` and an empty line. Subjects and short messages have one line.
fn split_subject(text: &str, channel: Channel) -> (Option<String>, String) {
    let text = text.trim();
    let (subject, body) = match text.strip_prefix("Subject:").map(|rest| rest.split_once('\n').unwrap_or((rest, ""))) {
        Some((subject, body)) => (Some(one_line(subject)), body.trim()),
        None => (None, text),
    };
    let body = if channel == Channel::Sms { one_line(body) } else { body.replace('\r', "") };
    (subject, body)
}

fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control()).map(str::trim).filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" ")
}

fn environment(language: &str) -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_trim_blocks(WHITESPACE.trim_blocks);
    environment.set_lstrip_blocks(WHITESPACE.lstrip_blocks);
    environment.set_keep_trailing_newline(WHITESPACE.keep_trailing_newline);
    environment.set_fuel(Some(200_000));
    environment.set_formatter(print);
    environment.add_filter("default", minijinja::filters::default);
    environment.add_filter("length", minijinja::filters::length);
    environment.add_filter("upper", minijinja::filters::upper);
    environment.add_filter("lower", minijinja::filters::lower);
    environment.add_filter("first", minijinja::filters::first);
    environment.add_filter("last", minijinja::filters::last);
    environment.add_filter("abs", minijinja::filters::abs);
    environment.add_test("none", minijinja::tests::is_none);
    environment.add_test("defined", minijinja::tests::is_defined);
    let of = language.to_owned();
    // `{{ total_due | money }}` is in the account's currency, `{{ dunning.amount | money(dunning.currency) }}` in that one.
    let money = move |state: &State, amount: i64, currency: Option<String>| -> Result<String, Error> {
        let own = state.lookup("currency").unwrap_or(Value::UNDEFINED);
        Ok(money_text(&of, currency.as_deref().or(own.as_str()).unwrap_or(""), Amount(amount)))
    };
    environment.add_filter("money", money);
    let of = language.to_owned();
    environment.add_filter("date", move |day: String| -> Result<String, Error> {
        let day = day.parse().map_err(|_| Error::new(ErrorKind::InvalidOperation, "date: not a date"))?;
        Ok(date_text(&of, day))
    });
    environment
}

/// Only texts and numbers are printed: nothing that is null, and no `[1, 2]`, ever reaches a debtor.
fn print(out: &mut Output<'_>, state: &State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::String | ValueKind::Number | ValueKind::Undefined => escape_formatter(out, state, value),
        ValueKind::None => Err(Error::new(ErrorKind::InvalidOperation, PRINTS_NULL)),
        _ => Err(Error::new(ErrorKind::InvalidOperation, PRINTS_NO_TEXT)),
    }
}

const PRINTS_NULL: &str = "it prints a field that is null; put {% if %} around it, or say | default(\"...\", true)";
const PRINTS_NO_TEXT: &str = "it prints what is neither text nor number; print one of its fields";

/// What went wrong, without any value that came with the data.
fn describe(error: &Error) -> String {
    // Of what happens in a block, the messages around it only tell that it is included.
    if let Some(inner) = error.source().and_then(|source| source.downcast_ref::<Error>()) {
        return describe(inner);
    }
    let block = error.name().filter(|name| blocks::is_block(name)).map(|name| format!(" of {name}"));
    let line = error.line().map(|l| format!(" on line {l}{}", block.unwrap_or_default())).unwrap_or_default();
    let what = match error.kind() {
        ErrorKind::UndefinedError => "it names a field that does not exist".to_owned(),
        ErrorKind::SyntaxError => format!("syntax: {}", error.detail().unwrap_or("not understood")),
        // The library's own words can hold values.
        kind => match error.detail() {
            Some(own @ (PRINTS_NULL | PRINTS_NO_TEXT)) => own.to_owned(),
            _ => kind.to_string(),
        },
    };
    format!("{what}{line}")
}

/// `R$ 1.234,56`, `US$ 1.234,56`, `R$1,234.56`, `¥1,234`: the amount as that language writes it.
///
/// A currency without decimal places shows them only where there is something in them, as an amount of interest may
/// have; nothing is rounded here.
pub fn money_text(language: &str, currency: &str, amount: Amount) -> String {
    let symbol = currency_symbol(language, currency);
    let (thousands, decimal, gap) = if language == "en" { (',', '.', "") } else { ('.', ',', " ") };
    let gap = if symbol == currency { " " } else { gap };
    let sign = if amount.0 < 0 { "-" } else { "" };
    let (units, rest) = (amount.0.unsigned_abs() / 100, amount.0.unsigned_abs() % 100);
    let is_whole = rest == 0 && currency.parse::<Currency>().is_ok_and(|c| c.decimals() == 0);
    let rest = if is_whole { String::new() } else { format!("{decimal}{rest:02}") };
    format!("{sign}{symbol}{gap}{}{rest}", grouped(units, thousands))
}

/// `R$`, `US$`, `€`: how that language writes a currency before an amount; its code where it has no sign of its own.
pub fn currency_symbol<'a>(language: &str, currency: &'a str) -> &'a str {
    match (currency, language) {
        ("BRL", _) => "R$",
        ("USD", "en") => "$",
        ("USD", _) => "US$",
        ("EUR", _) => "€",
        ("GBP", _) => "£",
        ("JPY", _) => "¥",
        (other, _) => other,
    }
}

fn grouped(units: u64, separator: char) -> String {
    let digits = units.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// `20/11/2026` in Portuguese and Spanish, `20 Nov 2026` in English.
pub fn date_text(language: &str, day: NaiveDate) -> String {
    let format = if language == "en" { "%-d %b %Y" } else { "%d/%m/%Y" };
    day.format(format).to_string()
}

#[cfg(test)]
mod tests;
