//! What `regua check` says of message templates: every fault with its file and line, before anything is sent.
//!
//! Faults are found in three ways: in the syntax tree (fields, nulls, amounts), in the text (forbidden words), and in
//! messages rendered from samples (lengths, the opt-out, words put together from parts). All three follow the blocks
//! that a message includes: a fault in a block is reported once, with the block's file and line and the messages that
//! it spoils. Nothing here reads a file.

mod compare;
mod exprs;
mod facts;
mod flow;
mod provider;
mod said;
mod sums;
mod types;
mod words;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rayon::prelude::*;
use serde_json::Value;

use super::document::unknown;
use crate::domain::message::blocks::is_block;
use crate::domain::message::fields::FIELDS;
use crate::domain::message::length::{SUBJECT_CHARS_MAX, body_chars_max, segments};
use crate::domain::message::provider::PARAMETERS;
use crate::domain::message::samples::{self, Sample};
use crate::domain::message::{LANGUAGES, NAMES_NO_DEBT, Rendered, TemplateFault, Templates};
use crate::domain::procedure::Channel;

use said::Branches;
pub(super) use words::{Word, WordGroup, Words};

/// One template as it was read.
#[derive(Clone, Debug)]
pub struct Source {
    /// The folder of its language.
    pub language: String,
    /// `overdue_first.email.j2`, or `_blocks/charges.j2`
    pub file: String,
    /// What stands in it.
    pub text: String,
    /// Is it the shipped one, because the user has none of this name?
    pub is_shipped: bool,
}

/// What is wrong on a line of a message, or of a block that it includes.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    file: String,
    line: usize,
    what: String,
}

impl Source {
    /// Template and channel, by the file's name; a block has none.
    pub fn parts(&self) -> Option<(&str, Channel)> {
        let (template, channel) = self.file.strip_suffix(".j2")?.rsplit_once('.')?;
        Channel::parse(channel).filter(|_| !is_block(&self.file)).map(|channel| (template, channel))
    }

    /// `templates/pt-BR/overdue_first.email.j2`
    pub fn path(&self) -> String {
        format!("templates/{}/{}", self.language, self.file)
    }

    /// As `Templates::compile` takes it.
    pub fn to_compile(&self) -> (String, String, String) {
        (self.language.clone(), self.file.clone(), self.text.clone())
    }

    fn fault(&self, line: impl Into<Option<usize>>, what: impl Into<String>) -> TemplateFault {
        TemplateFault::new(&self.language, &self.file, line, what)
    }

    fn names_no_debt(&self) -> bool {
        self.text.lines().next().is_some_and(|line| line.trim() == NAMES_NO_DEBT)
    }

    /// Where a fault is shown that is of the whole: its last line.
    fn last_line(&self) -> usize {
        self.text.lines().count().max(1)
    }
}

/// Template = the kinds of the steps that send it.
pub(super) type Senders = BTreeMap<String, BTreeSet<&'static str>>;

/// The templates that are sound enough to be compiled, and the faults of all.
pub(super) fn check(
    sources: &[Source],
    default_language: &str,
    creditors: &BTreeMap<String, Value>,
    words: &BTreeMap<String, Words>,
    senders: &Senders,
) -> (Templates, Vec<TemplateFault>) {
    let (templates, mut faults) = Templates::compile_sound(sources.iter().map(Source::to_compile), default_language);
    for fault in faults.iter_mut().filter(|f| f.what.contains("unknown statement")) {
        fault.what.push_str("; a template has {% if %}, {% for %}, {% set %}, {% with %} and {% include %}");
    }
    let samples: BTreeMap<&str, Vec<Sample>> =
        creditors.iter().map(|(language, creditor)| (language.as_str(), samples::all(creditor))).collect();
    let none = Words::default();
    let messages: Vec<&Source> = sources.iter().filter(|s| templates.version(&s.language, &s.file).is_some()).collect();
    // A message is rendered a dozen times, and every run begins with this.
    let found = messages.par_iter().flat_map_iter(|message| {
        let words = words.get(&message.language).unwrap_or(&none);
        let words = Vocabulary { words, kinds: kinds_of(message, senders) };
        let blocks = blocks_of(message, &templates, sources);
        let mut of_message = check_source(message, &blocks, &words);
        if let (true, Some(samples)) = (of_message.is_empty(), samples.get(message.language.as_str())) {
            of_message = check_rendered(message, &templates, samples, &words);
            of_message.extend(check_branches(message, &blocks, &words));
            of_message.dedup_by(|a, b| a.what == b.what);
        }
        of_message.into_iter().map(|fault| (fault, message.file.as_str()))
    });
    faults.extend(told_once(found.collect()));
    (templates, faults)
}

/// The words of a language, for messages of these kinds of steps.
struct Vocabulary<'w> {
    words: &'w Words,
    kinds: Vec<&'w str>,
}

/// A message that no step sends is held to what its name says that it is for.
fn kinds_of<'s>(message: &'s Source, senders: &'s Senders) -> Vec<&'s str> {
    let Some((template, _)) = message.parts() else { return Vec::new() };
    senders.get(template).map_or_else(|| vec![template], |kinds| kinds.iter().copied().collect())
}

/// The fields that a message prints on any path, with those of its blocks.
pub(super) fn fields_of(message: &Source, templates: &Templates, sources: &[Source]) -> BTreeSet<String> {
    flow::fields(message, &blocks_of(message, templates, sources))
}

/// The blocks that a message includes.
pub fn blocks_of<'s>(message: &Source, templates: &Templates, sources: &'s [Source]) -> Vec<&'s Source> {
    let files = templates.blocks(&message.language, &message.file);
    sources.iter().filter(|s| s.language == message.language && files.contains(&s.file)).collect()
}

/// A fault of a block is one fault, however many messages include it.
fn told_once(found: Vec<(TemplateFault, &str)>) -> Vec<TemplateFault> {
    let mut told: Vec<(TemplateFault, BTreeSet<&str>)> = Vec::new();
    for (fault, message) in found {
        match told.iter_mut().find(|(known, _)| *known == fault) {
            Some((_, messages)) => drop(messages.insert(message)),
            None => told.push((fault, BTreeSet::from([message]))),
        }
    }
    let with_messages = |(mut fault, messages): (TemplateFault, BTreeSet<&str>)| {
        if is_block(&fault.file) {
            let more = if messages.len() > 1 { format!(" and {} more", messages.len() - 1) } else { String::new() };
            fault.what.push_str(&format!(" (in {}{more})", messages.first().copied().unwrap_or_default()));
        }
        fault
    };
    told.into_iter().map(with_messages).collect()
}

/// What the text of a message and of its blocks and their syntax trees tell.
pub fn check_fields(message: &Source, blocks: &[&Source]) -> Vec<TemplateFault> {
    faults_of(message, flow::faults(message, blocks))
}

fn faults_of(message: &Source, found: Vec<Found>) -> Vec<TemplateFault> {
    let fault = |f: Found| TemplateFault::new(&message.language, &f.file, f.line, f.what);
    let mut faults: Vec<TemplateFault> = found.into_iter().map(fault).collect();
    faults.dedup();
    faults
}

fn check_source(message: &Source, blocks: &[&Source], words: &Vocabulary<'_>) -> Vec<TemplateFault> {
    if !LANGUAGES.contains(&message.language.as_str()) {
        let what = unknown("language", &message.language, LANGUAGES.into_iter());
        return vec![message.fault(None, format!("{what}: rename the folder"))];
    }
    if message.parts().is_none() {
        let channels: Vec<&str> = Channel::ALL.into_iter().map(Channel::as_str).collect();
        let what =
            format!("the name of a template is <template>.<channel>.j2, with a channel of {}", channels.join(", "));
        return vec![message.fault(None, what)];
    }
    let files = std::iter::once(&message).chain(blocks);
    let mut found: Vec<Found> = files.flat_map(|file| check_lines(file, message.names_no_debt(), words)).collect();
    found.extend(flow::faults(message, blocks));
    found.extend(swallowed_subject(message));
    faults_of(message, found)
}

/// Below the subject is an empty line: `{%-` and `{{-` take it away, and where there is none the next line may be a header.
fn swallowed_subject(message: &Source) -> Option<Found> {
    let below = (1..).zip(message.text.lines()).skip_while(|(_, line)| !line.starts_with("Subject:")).skip(1);
    let found = |line: usize, what: String| Found { file: message.file.clone(), line, what };
    let is_header = |text: &str| {
        let name = text.split_once(':').map_or("", |(name, _)| name);
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic() || c == '-')
    };
    if let Some((line, _)) = below.clone().next().filter(|(_, text)| is_header(text)) {
        return Some(found(line, "below the subject comes an empty line; begin the message after it".to_owned()));
    }
    let (line, text) = below.into_iter().find(|(_, line)| !line.trim().is_empty())?;
    let mark = ["{%-", "{{-", "{#-"].into_iter().find(|mark| text.trim_start().starts_with(mark))?;
    let what = format!("{mark} joins this line to the subject; write {} here", mark.trim_end_matches('-'));
    Some(found(line, what))
}

/// Words and marks that may not stand in a file of a message.
fn check_lines(file: &Source, names_no_debt: bool, Vocabulary { words, kinds }: &Vocabulary<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    // Names of fields and filters are not read by anybody.
    let said = without_code(&file.text);
    let sound = |folded: &str| {
        words.forbidden_in(kinds, folded).is_empty() && (!names_no_debt || words.debt_in(folded).is_empty())
    };
    // Almost every file is sound as a whole, and then so is each of its lines.
    let is_sound = sound(&words::folded(&said));
    for (line, (text, said)) in (1..).zip(file.text.lines().zip(said.lines())) {
        let mut refuse = |what: String| found.push(Found { file: file.file.clone(), line, what });
        let is_head = line == 1 && !is_block(&file.file);
        if is_head && file.names_no_debt() {
            continue;
        }
        if text.contains("names-debt") {
            refuse(format!("line 1 of a message is exactly {NAMES_NO_DEBT}, or nothing of the kind is said"));
        }
        if is_sound {
            continue;
        }
        let folded = words::folded(said);
        for (word, reason) in words.forbidden_in(kinds, &folded) {
            refuse(format!("{word:?} {reason}; rephrase it"));
        }
        for word in words.debt_in(&folded).into_iter().filter(|_| names_no_debt) {
            refuse(format!("{word:?} mentions a debt, and line 1 says that this message names none"));
        }
    }
    found
}

/// The text without what stands in `{{ }}`, `{% %}` and `{# #}`, line by line: what is printed of it is looked at as it comes out.
fn without_code(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = ["{{", "{%", "{#"].into_iter().filter_map(|open| rest.find(open)).min() {
        let (before, code) = rest.split_at(at);
        let close = match &code[..2] {
            "{{" => "}}",
            "{%" => "%}",
            _ => "#}",
        };
        let end = code.find(close).map_or(code.len(), |end| end + close.len());
        said.push_str(before);
        said.push_str(" … ");
        said.extend(code[..end].matches('\n'));
        rest = &code[end..];
    }
    said + rest
}

/// What the messages tell that come out.
fn check_rendered(
    source: &Source,
    templates: &Templates,
    samples: &[Sample],
    words: &Vocabulary<'_>,
) -> Vec<TemplateFault> {
    let Some((template, channel)) = source.parts() else { return Vec::new() };
    let (mut faults, mut longest) = (Vec::new(), (0, String::new()));
    // Most samples lack a field that the message does not show.
    let mut read = HashSet::new();
    for sample in samples {
        match templates.draft(&source.language, template, channel, &sample.fields) {
            // What fails with one sample fails with most: it is told once.
            Err(error) => {
                if faults.is_empty() {
                    let what = format!("with the sample {:?} no message comes out: {error}", sample.name);
                    faults.push(source.fault(line_of(&error.to_string()), what));
                }
            }
            Ok(rendered) => {
                let (subject, parameters) = (rendered.subject.as_deref().unwrap_or_default(), parameters(&rendered));
                let text = format!("{subject}\n{}\n{}", rendered.body, parameters.join("\n"));
                if !read.insert((sample.is_longest, rendered.subject.is_some(), text.clone())) {
                    continue;
                }
                // The longest values make no other words, only more of them.
                if !sample.is_longest {
                    faults.extend(check_words(source, words, &words::folded(&text)));
                }
                faults.extend(check_shape(source, channel, &rendered, &sample.opt_out()));
                let chars = rendered.body.chars().count();
                if chars > longest.0 {
                    longest = (chars, rendered.body);
                }
            }
        }
    }
    let chars_max = body_chars_max(channel);
    if longest.0 > chars_max {
        let parts = segments(&longest.1);
        let parts = if channel == Channel::Sms { format!(" ({} segments)", parts.count) } else { String::new() };
        let what = format!(
            "with the longest values it has {} characters{parts}, and at most {chars_max} fit {}; say less, or show \
             fewer items, such as items[:5]",
            longest.0,
            channel.as_str()
        );
        faults.push(source.fault(source.last_line(), what));
    }
    let mut seen = BTreeSet::new();
    faults.retain(|fault| seen.insert((fault.line, fault.what.clone())));
    faults
}

/// The line that an error of the engine names.
fn line_of(error: &str) -> Option<usize> {
    let (_, after) = error.rsplit_once("on line ")?;
    after.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// What is said on branches that no sample need have met.
fn check_branches(source: &Source, blocks: &[&Source], words: &Vocabulary<'_>) -> Vec<TemplateFault> {
    let branches = [Branches::Held, Branches::Failed, Branches::Each];
    let texts = branches.map(|branches| words::folded(&said::text(source, blocks, branches)));
    texts.iter().flat_map(|text| check_words(source, words, text)).collect()
}

/// Words made of parts: those that stand in the text itself were found line by line.
fn check_words(source: &Source, vocabulary: &Vocabulary<'_>, folded: &str) -> Vec<TemplateFault> {
    let Vocabulary { words, kinds } = vocabulary;
    let made = |what: String| source.fault(source.last_line(), what);
    let forbidden = words.forbidden_in(kinds, folded).into_iter();
    let mut faults: Vec<TemplateFault> = forbidden
        .map(|(word, reason)| made(format!("the message comes out with {word:?}, which {reason}; rephrase it")))
        .collect();
    if source.names_no_debt() {
        let told = words.debt_in(folded).into_iter();
        faults.extend(told.map(|word| made(format!("the message comes out with {word:?}, which mentions a debt"))));
    }
    faults
}

fn check_shape(source: &Source, channel: Channel, rendered: &Rendered, opt_out: &str) -> Vec<TemplateFault> {
    let mut faults = Vec::new();
    let can_opt_out = matches!(channel, Channel::Email | Channel::Whatsapp | Channel::Sms);
    if can_opt_out && !rendered.body.contains(opt_out) {
        let what = "the message does not say how to opt out; end it with {{ creditor.opt_out }}";
        faults.push(source.fault(source.last_line(), what));
    }
    // The opt-out alone is no message.
    if rendered.body.replace(opt_out, "").trim().is_empty() {
        faults.push(source.fault(source.last_line(), "the message can come out empty; write an {% else %}"));
    }
    match &rendered.subject {
        None if channel == Channel::Email => {
            faults.push(source.fault(1, "an e-mail opens with a line `Subject: ...` and an empty line"));
        }
        Some(subject) if subject.is_empty() => faults.push(source.fault(1, "the subject can come out empty")),
        Some(subject) if subject.chars().count() > SUBJECT_CHARS_MAX => {
            let chars = subject.chars().count();
            let what = format!("the subject has up to {chars} characters, at most {SUBJECT_CHARS_MAX} fit; say less");
            faults.push(source.fault(1, what));
        }
        Some(subject) if ["R$", "$", "€", "£", "¥"].iter().any(|symbol| subject.contains(symbol)) => {
            faults.push(source.fault(1, "the subject has an amount, where others see it; say it in the body"));
        }
        _ => {}
    }
    if let Some(number) = parameters(rendered).iter().position(String::is_empty) {
        let at = (1..).zip(source.text.lines()).find(|(_, line)| line.contains(PARAMETERS)).map(|(at, _)| at);
        let what = format!("parameter {} can come out empty, and providers refuse that", number + 1);
        faults.push(source.fault(at, what));
    }
    faults
}

fn parameters(rendered: &Rendered) -> &[String] {
    rendered.provider.as_ref().map_or(&[], |provider| provider.parameters.expose())
}

/// The record `creditor` of samples.
pub fn sample_creditor(name: &str, email: &str, phone: &str, opt_out: &str) -> Value {
    serde_json::json!({"name": name, "email": email, "phone": phone, "opt_out": opt_out})
}

/// The most characters of a field of the creditor that fit a message.
pub(super) fn creditor_chars_max(field: &str) -> usize {
    use crate::domain::message::fields::Kind;
    let of = |fields: &[crate::domain::message::fields::Field]| {
        fields.iter().find(|f| f.name == field).and_then(|f| match f.kind {
            Kind::Text(chars_max) => Some(chars_max),
            _ => None,
        })
    };
    let creditor = FIELDS.iter().find_map(|f| match f.kind {
        Kind::Record(inner) if f.name == "creditor" => of(inner),
        _ => None,
    });
    creditor.or_else(|| of(FIELDS)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
