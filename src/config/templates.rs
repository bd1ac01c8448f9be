//! What `regua check` says of message templates: every fault with its file and line, before anything is sent.
//!
//! Three ways to find them: the syntax tree (fields, nulls, amounts), the text (words), and the messages that come
//! out with samples (lengths, the opt-out, words made of parts). Nothing here reads a file.

mod exprs;
mod facts;
mod flow;
mod types;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::document::unknown;
use crate::domain::message::fields::FIELDS;
use crate::domain::message::length::{SUBJECT_CHARS_MAX, body_chars_max, segments};
use crate::domain::message::samples::{self, Sample};
use crate::domain::message::{LANGUAGES, NAMES_NO_DEBT, Rendered, TemplateFault, Templates};
use crate::domain::procedure::Channel;

pub(super) use words::{Word, WordGroup, Words};

/// One template as it was read.
#[derive(Clone, Debug)]
pub struct Source {
    pub language: String,
    /// `overdue_first.email.j2`
    pub file: String,
    pub text: String,
}

impl Source {
    /// Template and channel, by the file's name.
    pub fn parts(&self) -> Option<(&str, Channel)> {
        let (template, channel) = self.file.strip_suffix(".j2")?.rsplit_once('.')?;
        Channel::parse(channel).map(|channel| (template, channel))
    }

    fn fault(&self, line: impl Into<Option<usize>>, what: impl Into<String>) -> TemplateFault {
        TemplateFault { language: self.language.clone(), file: self.file.clone(), line: line.into(), what: what.into() }
    }

    fn names_no_debt(&self) -> bool {
        self.text.lines().next().is_some_and(|line| line.trim() == NAMES_NO_DEBT)
    }

    /// Where a fault is shown that is of the whole: its last line.
    fn last_line(&self) -> usize {
        self.text.lines().count().max(1)
    }
}

/// The templates that compile, and the faults of all.
pub(super) fn check(
    sources: &[Source],
    default_language: &str,
    creditors: &BTreeMap<String, Value>,
    words: &BTreeMap<String, Words>,
) -> (Option<Templates>, Vec<TemplateFault>) {
    let compile = |sources: &[&Source]| {
        let files = sources.iter().map(|s| (s.language.clone(), s.file.clone(), s.text.clone()));
        Templates::compile(files, default_language)
    };
    let mut faults = compile(&sources.iter().collect::<Vec<_>>()).err().unwrap_or_default();
    for fault in faults.iter_mut().filter(|f| f.what.contains("unknown statement")) {
        fault.what.push_str("; a template has {% if %}, {% for %}, {% set %} and {% with %}");
    }
    let broken: BTreeSet<(String, String)> = faults.iter().map(|f| (f.language.clone(), f.file.clone())).collect();
    let sound: Vec<&Source> =
        sources.iter().filter(|s| !broken.contains(&(s.language.clone(), s.file.clone()))).collect();
    let templates = compile(&sound).ok();
    let samples: BTreeMap<&str, Vec<Sample>> =
        creditors.iter().map(|(language, creditor)| (language.as_str(), samples::all(creditor))).collect();
    for source in &sound {
        let none = Words::default();
        let words = words.get(&source.language).unwrap_or(&none);
        let found = check_source(source, words);
        let is_sound = found.is_empty();
        faults.extend(found);
        if let (true, Some(templates), Some(samples)) = (is_sound, &templates, samples.get(source.language.as_str())) {
            faults.extend(check_rendered(source, templates, samples, words));
        }
    }
    (templates, faults)
}

/// What the text and its syntax tree tell.
pub fn check_fields(source: &Source) -> Vec<TemplateFault> {
    let found = flow::faults(&source.text, source.names_no_debt());
    let mut faults: Vec<TemplateFault> = found.into_iter().map(|(line, what)| source.fault(line, what)).collect();
    faults.dedup();
    faults
}

fn check_source(source: &Source, words: &Words) -> Vec<TemplateFault> {
    let mut faults = Vec::new();
    if !LANGUAGES.contains(&source.language.as_str()) {
        let what = unknown("language", &source.language, LANGUAGES.into_iter());
        return vec![source.fault(None, format!("{what} Rename the folder"))];
    }
    let Some((template, _)) = source.parts() else {
        let channels: Vec<&str> = Channel::ALL.into_iter().map(Channel::as_str).collect();
        let what =
            format!("the name of a template is <template>.<channel>.j2, with a channel of {}", channels.join(", "));
        return vec![source.fault(None, what)];
    };
    for (position, line) in source.text.lines().enumerate() {
        if line.contains("names-debt") && !(position == 0 && line.trim() == NAMES_NO_DEBT) {
            let what = format!("line 1 is exactly {NAMES_NO_DEBT}, or nothing of the kind is said");
            faults.push(source.fault(position + 1, what));
        }
        if position == 0 && source.names_no_debt() {
            continue;
        }
        let folded = words::folded(line);
        for (word, reason) in words.forbidden_in(template, &folded) {
            faults.push(source.fault(position + 1, format!("{word:?} {reason}; say it otherwise")));
        }
        for word in words.debt_in(&folded).into_iter().filter(|_| source.names_no_debt()) {
            let what = format!("{word:?} tells of a debt, and line 1 says that this message names none");
            faults.push(source.fault(position + 1, what));
        }
    }
    faults.extend(check_fields(source));
    faults
}

/// What the messages tell that come out.
fn check_rendered(source: &Source, templates: &Templates, samples: &[Sample], words: &Words) -> Vec<TemplateFault> {
    let Some((template, channel)) = source.parts() else { return Vec::new() };
    let (mut faults, mut longest) = (Vec::new(), (0, String::new()));
    for sample in samples {
        match templates.draft(&source.language, template, channel, &sample.fields) {
            Err(error) => faults.push(source.fault(None, format!("with the sample {:?}: {error}", sample.name))),
            Ok(rendered) => {
                // The longest values make no other words, only more of them.
                if !sample.is_longest {
                    let text = format!("{} {}", rendered.subject.as_deref().unwrap_or_default(), rendered.body);
                    faults.extend(check_words(source, words, template, &words::folded(&text)));
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

/// Words made of parts: those that stand in the text itself were found line by line.
fn check_words(source: &Source, words: &Words, template: &str, folded: &str) -> Vec<TemplateFault> {
    let made = |what: String| source.fault(source.last_line(), what);
    let forbidden = words.forbidden_in(template, folded).into_iter();
    let mut faults: Vec<TemplateFault> = forbidden
        .map(|(word, reason)| made(format!("the message comes out with {word:?}, which {reason}; say it otherwise")))
        .collect();
    if source.names_no_debt() {
        let told = words.debt_in(folded).into_iter();
        faults.extend(told.map(|word| made(format!("the message comes out with {word:?}, which tells of a debt"))));
    }
    faults
}

fn check_shape(source: &Source, channel: Channel, rendered: &Rendered, opt_out: &str) -> Vec<TemplateFault> {
    let mut faults = Vec::new();
    let can_opt_out = matches!(channel, Channel::Email | Channel::Whatsapp | Channel::Sms);
    if can_opt_out && !rendered.body.contains(opt_out) {
        let what = "the message does not say how to stop it; end it with {{ creditor.opt_out }}";
        faults.push(source.fault(source.last_line(), what));
    }
    if rendered.body.is_empty() {
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
            faults.push(source.fault(1, "an amount stands in the subject, where others see it; say it in the body"));
        }
        _ => {}
    }
    faults
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
