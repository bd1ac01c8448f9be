//! Message templates, the words that no message may hold, and which steps use what.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Document, PlanBuilder, unknown};
use crate::config::raw::{RawCreditor, RawForbidden, RawTone, RawWords};
use crate::config::shipped;
use crate::config::templates::{
    Senders, Source, Word, WordGroup, Words, check, creditor_chars_max, fields_of, sample_creditor,
};
use crate::contract::TODO;
use crate::domain::decision::Creditor;
use crate::domain::message::blocks::is_block;
use crate::domain::message::{LANGUAGES, TemplateFault, Templates, ToneRule, file_name};
use crate::domain::names::folded;
use crate::domain::procedure::{Channel, Procedure, Step, StepKind};
use crate::error::Fault;

/// What is asked for of whoever owes.
const ASKED_FOR: [&str; 5] = ["total_due", "open_amount", "days_past_due", "fine_amount", "interest_amount"];

/// The templates of a pipeline: as they were read, and compiled as far as they can be.
pub(super) struct Messages {
    pub(super) templates: Templates,
    sources: Vec<Source>,
    folder: std::path::PathBuf,
}

impl PlanBuilder<'_> {
    pub(super) fn messages(
        &mut self,
        document: &Document,
        dir: &str,
        words: Option<&str>,
        procedures: &BTreeMap<String, Procedure>,
        languages: &[String],
        creditors: &BTreeMap<String, Creditor>,
    ) -> Messages {
        let default_language = languages.first().map_or("", String::as_str);
        let folder = self.path(dir);
        let sources = self.sources(document, dir, procedures, languages);
        self.opt_outs_are_of_their_language(document, &sources, default_language, creditors);
        let words = self.words(document, words, &sources);
        let is_shown = self.creditors_may_be_named(document, creditors, &words);
        let creditors = if is_shown { creditors } else { &BTreeMap::new() };
        let writers = LANGUAGES.map(|language| (language.to_owned(), longest_creditor(creditors, language)));
        let (templates, faults) =
            check(&sources, default_language, &writers.into(), &words, &senders(procedures.values()));
        self.faults.extend(faults.into_iter().map(|f| Fault {
            file: folder.join(&f.language).join(&f.file),
            line: f.line.unwrap_or(0),
            message: with_remedy(f, &sources),
        }));
        Messages { templates, sources, folder }
    }

    /// The files of the folder, and over what it lacks the shipped ones: messages that a step sends, and blocks.
    fn sources(
        &mut self,
        document: &Document,
        dir: &str,
        procedures: &BTreeMap<String, Procedure>,
        languages: &[String],
    ) -> Vec<Source> {
        let split = |(path, text): (String, String)| {
            let (language, file) = path.split_once('/')?;
            Some(Source { language: language.to_owned(), file: file.to_owned(), text, is_shipped: false })
        };
        let files = self.files_below(document, "/pipeline/templates", dir, &["*/*.j2", "*/_blocks/*.j2"]);
        let mut sources: Vec<Source> = files.into_iter().filter_map(split).collect();
        let sent = files_of_steps(procedures);
        let spoken: BTreeSet<String> = sources.iter().map(|s| &s.language).chain(languages).cloned().collect();
        let is_needed = |s: &Source| spoken.contains(&s.language) && (is_block(&s.file) || sent.contains(&s.file));
        sources.extend(shipped::templates_beside(&sources).into_iter().filter(is_needed));
        sources
    }

    /// `default` is in the language of the pipeline: at the end of a letter in another, nobody would understand it.
    fn opt_outs_are_of_their_language(
        &mut self,
        document: &Document,
        sources: &[Source],
        default_language: &str,
        creditors: &BTreeMap<String, Creditor>,
    ) {
        let says_it = |language: &str| sources.iter().any(|s| s.language == language && s.text.contains("opt_out"));
        let languages = LANGUAGES.into_iter().filter(|language| *language != default_language && says_it(language));
        for language in languages {
            for company in creditors.iter().filter(|(_, c)| !c.opt_out.contains_key(language)).map(|(name, _)| name) {
                let what = format!(
                    "`opt_out` lacks `{language}`, and there are templates in it: say there how to stop messages, or \
                     take the templates away"
                );
                self.refuse(document, &format!("/creditors/{company}/opt_out"), what);
            }
        }
    }

    /// The lists of every language that has templates; the shipped ones where no folder is named, for a key that is left out
    /// must not let through what shames a debtor.
    fn words(&mut self, document: &Document, dir: Option<&str>, sources: &[Source]) -> BTreeMap<String, Words> {
        let mut lists = BTreeMap::new();
        for language in LANGUAGES.into_iter().filter(|l| sources.iter().any(|s| s.language == *l)) {
            let file = format!("{language}.toml");
            let list = match dir {
                Some(dir) => self.open(&self.path(dir).join(file), Some((document, "/pipeline/words"))),
                None => {
                    shipped::words(&file).and_then(|text| Document::parse(file.as_ref(), text, self.variables).ok())
                }
            };
            let Some(list) = list else { continue };
            let Some(raw) = self.read::<RawWords>(&list) else { continue };
            self.exceptions_are_kinds(&list, &raw);
            let all = |words: &[String]| words.iter().map(|word| Word::new(word)).collect();
            let group = |g: &RawForbidden| WordGroup {
                reason: g.reason.clone(),
                except: g.except.clone(),
                words: all(&g.words),
            };
            let forbidden = raw.forbidden.iter().map(group).collect();
            lists.insert(language.to_owned(), Words { forbidden, debt: all(&raw.names_debt) });
        }
        lists
    }

    /// A name that no message may hold would be found in every message, and in none is it to be mended.
    fn creditors_may_be_named(
        &mut self,
        document: &Document,
        creditors: &BTreeMap<String, Creditor>,
        words: &BTreeMap<String, Words>,
    ) -> bool {
        let mut is_fine = true;
        for (company, creditor) in creditors {
            let name = folded(&creditor.name);
            let found = words.values().flat_map(|list| list.forbidden_in(&[], &name)).next();
            if let Some((word, reason)) = found {
                let message = format!(
                    "every message names it, and {word:?} {reason}: give it another name, or take the word out"
                );
                self.refuse(document, &format!("/creditors/{company}/name"), message);
                is_fine = false;
            }
        }
        is_fine
    }

    /// An exception that is no kind of step would let nothing through, or another kind than its author meant.
    fn exceptions_are_kinds(&mut self, list: &Document, raw: &RawWords) {
        let kinds = || StepKind::ALL.iter().map(|(_, name)| *name);
        let is_kind = |except: &str| match except.strip_suffix('*') {
            Some(stem) => !stem.is_empty() && kinds().any(|kind| kind.starts_with(stem)),
            None => kinds().any(|kind| kind == except),
        };
        let groups = raw.forbidden.iter().enumerate();
        let words =
            groups.flat_map(|(n, group)| group.words.iter().map(move |word| (format!("/forbidden/{n}/words"), word)));
        let words = words.chain(raw.names_debt.iter().map(|word| ("/names_debt".to_owned(), word)));
        for (at, word) in words.filter(|(_, word)| !Word::can_be_found(word)) {
            let message = format!("{word:?} would never be found: write letters, and a * at the end only");
            self.refuse(list, &at, message);
        }
        for (group, forbidden) in raw.forbidden.iter().enumerate() {
            for (entry, except) in forbidden.except.iter().enumerate().filter(|(_, except)| !is_kind(except)) {
                let at = format!("/forbidden/{group}/except/{entry}");
                self.refuse(list, &at, unknown("kind of step", except, kinds()));
            }
        }
    }

    /// Languages in which every step must have its messages.
    pub(super) fn languages(&mut self, document: &Document, raw: Option<&[String]>, default: &str) -> Vec<String> {
        let mut languages = vec![default.to_owned()];
        for (position, language) in raw.unwrap_or_default().iter().enumerate() {
            if !LANGUAGES.contains(&language.as_str()) {
                let at = format!("/defaults/languages/{position}");
                self.refuse(document, &at, unknown("language", language, LANGUAGES.into_iter()));
            } else if !languages.contains(language) {
                languages.push(language.clone());
            }
        }
        languages
    }

    /// Every step that speaks has a template on each of its channels, in each language that the pipeline declares.
    pub(super) fn steps_have_templates(
        &mut self,
        reguas: &[(Document, Procedure)],
        messages: &Messages,
        languages: &[String],
    ) {
        let shipped: Vec<Source> = shipped::templates().collect();
        let named = messages.sources.iter().chain(&shipped).filter_map(Source::parts);
        let known: BTreeSet<&str> = named.map(|(template, _)| template).collect();
        for (document, procedure) in reguas {
            for step in &procedure.steps {
                let at = format!("/steps/{}/template", step.level - 1);
                if !known.contains(step.template.as_str()) {
                    let what = unknown("template", &step.template, known.iter().copied());
                    self.refuse(document, &at, format!("step `{}`: {what}", step.id));
                    continue;
                }
                self.message_is_of_the_step(document, step, &at);
                for (language, channel) in languages.iter().flat_map(|l| channels(step).iter().map(move |c| (l, *c))) {
                    let file = file_name(&step.template, channel);
                    if !messages.sources.iter().any(|s| s.language == *language && s.file == file) {
                        let path = messages.folder.join(language).join(file);
                        let what = format!("there is no {}; write it, or take it out of the step", path.display());
                        self.refuse(document, &at, format!("step `{}`: {what}", step.id));
                    }
                }
            }
            self.notices_give_their_days(document, procedure, messages);
            self.receipts_ask_for_nothing(document, procedure, messages);
        }
    }

    /// Thanks for a payment that was not made, or a listing that was not announced: what a legal step or a receipt says, no
    /// other kind of step says.
    fn message_is_of_the_step(&mut self, document: &Document, step: &Step, at: &str) {
        let owner = StepKind::parse(&step.template).filter(|kind| kind.is_bound() && *kind != step.kind);
        if let Some(owner) = owner {
            let message = format!(
                "step `{}` is of kind {}, and `{}` is what steps of kind {} say; name another template",
                step.id,
                step.kind.as_str(),
                step.template,
                owner.as_str()
            );
            self.refuse(document, at, message);
        }
        // By their names only: whoever changed the shipped texts may have changed what they say.
        let days = step.trigger.days_past_due();
        let says = match step.template.as_str() {
            "reminder" | "verification" if days.is_some_and(|days| days > 0) => Some("is still to be paid in time"),
            name if name.starts_with("overdue_") && days.is_some_and(|days| days <= 0) => Some("is overdue"),
            _ => None,
        };
        if let Some(says) = says {
            let message = format!(
                "step `{}`: the shipped `{}` says that something {says}; at its day it is not",
                step.id, step.template
            );
            self.notes.push(document.fault(at, message));
        }
    }

    /// Whoever has paid is asked for nothing: "R$ 0,00" would be asked for, in the words of a dunning letter.
    fn receipts_ask_for_nothing(&mut self, document: &Document, procedure: &Procedure, messages: &Messages) {
        let shipped: BTreeSet<String> =
            shipped::templates().filter_map(|s| s.parts().map(|(template, _)| template.to_owned())).collect();
        for step in procedure.steps.iter().filter(|step| step.kind == StepKind::Receipt) {
            let at = format!("/steps/{}/template", step.level - 1);
            let is_another = step.template != StepKind::Receipt.as_str() && shipped.contains(&step.template);
            if is_another {
                let message = format!(
                    "step `{}` thanks for a payment, and `{}` is a message to whoever owes; name another template",
                    step.id, step.template
                );
                self.refuse(document, &at, message);
                continue;
            }
            let files: Vec<String> = channels(step).iter().map(|channel| file_name(&step.template, *channel)).collect();
            let asked = messages.sources.iter().filter(|source| files.contains(&source.file)).find_map(|source| {
                let printed = fields_of(source, &messages.templates, &messages.sources);
                ASKED_FOR.into_iter().find(|field| printed.contains(*field)).map(|field| (source, field))
            });
            if let Some((source, field)) = asked {
                let path = messages.folder.join(&source.language).join(&source.file);
                let message = format!(
                    "step `{}` thanks for a payment, and {} prints `{field}`, of which nothing is left",
                    step.id,
                    path.display()
                );
                self.notes.push(document.fault(&at, message));
            }
        }
    }

    /// Who is to be listed is told by when to pay: the message of a step that others wait for says `notice_days`.
    fn notices_give_their_days(&mut self, document: &Document, procedure: &Procedure, messages: &Messages) {
        let awaited = |step: &&Step| {
            procedure.steps.iter().any(|s| s.after_notice.as_ref().is_some_and(|(id, _)| *id == step.id))
        };
        for step in procedure.steps.iter().filter(awaited) {
            let files: Vec<String> = channels(step).iter().map(|channel| file_name(&step.template, *channel)).collect();
            let silent = messages
                .sources
                .iter()
                .filter(|source| files.contains(&source.file))
                .find(|source| !fields_of(source, &messages.templates, &messages.sources).contains("notice_days"));
            if let Some(silent) = silent {
                let message = format!(
                    "another step waits for the notice of step `{}` (after_notice), and {} does not print `notice_days`; announce \
                     there what follows and when, or name another template",
                    step.id,
                    messages.folder.join(&silent.language).join(&silent.file).display()
                );
                self.refuse(document, &format!("/steps/{}/template", step.level - 1), message);
            }
        }
    }

    /// One note for all templates that no step uses, and one for all blocks that no message includes.
    pub(super) fn note_unused(&mut self, procedures: &BTreeMap<String, Procedure>, messages: &Messages) {
        let used = files_of_steps(procedures);
        let own = || messages.sources.iter().filter(|s| !s.is_shipped);
        let files: BTreeSet<&str> = own().map(|s| s.file.as_str()).filter(|file| !is_block(file)).collect();
        let unused: Vec<&str> = files.into_iter().filter(|file| !used.contains(*file)).collect();
        if !unused.is_empty() {
            let message = format!("no step uses {}", unused.join(", "));
            self.notes.push(Fault { file: messages.folder.clone(), line: 0, message });
        }
        let templates = &messages.templates;
        let is_included = |block: &Source| {
            templates.names().any(|(l, file)| l == block.language && templates.blocks(l, file).contains(&block.file))
        };
        let unused = own().filter(|source| is_block(&source.file) && !is_included(source));
        let unused: Vec<String> = unused.map(|source| format!("{}/{}", source.language, source.file)).collect();
        if !unused.is_empty() {
            let message = format!("no message includes {}, so that nothing in it is checked", unused.join(", "));
            self.notes.push(Fault { file: messages.folder.clone(), line: 0, message });
        }
    }

    /// What the creditor says of itself must fit the messages.
    pub(super) fn creditor_fits(&mut self, document: &Document, company: &str, creditor: &RawCreditor) {
        let opt_outs = creditor.opt_out.iter().map(|(language, text)| (format!("opt_out/{language}"), "opt_out", text));
        let own = [("name", &creditor.name), ("email", &creditor.email), ("phone", &creditor.phone)];
        let own = own.into_iter().chain(creditor.portal_link.as_ref().map(|link| ("portal_link", link)));
        for (at, field, text) in own.map(|(field, text)| (field.to_owned(), field, text)).chain(opt_outs) {
            let (chars, chars_max) = (text.chars().count(), creditor_chars_max(field));
            let what = match chars {
                _ if text.trim().is_empty() => format!("`{field}` is empty; messages name it"),
                _ if text.trim_start().starts_with(TODO) => {
                    format!("`{field}` is still to be decided; write your answer in its place")
                }
                _ if field == "email" && !text.contains('@') => format!("{text:?} is not an e-mail address"),
                _ if field == "portal_link" && !text.contains("://") => {
                    format!("{text:?} is not a link; begin it with https://")
                }
                _ if text.contains(char::is_control) => format!("`{field}` is one line of text"),
                _ if chars > chars_max => {
                    format!("`{field}` has {chars} characters, at most {chars_max} fit; shorten it")
                }
                _ => continue,
            };
            self.refuse(document, &format!("/creditors/{company}/{at}"), what);
        }
    }
}

fn channels(step: &Step) -> &[Channel] {
    if step.kind.is_instruction() { &[Channel::Instruction] } else { &step.channels }
}

/// Which kinds of steps send which template.
fn senders<'p>(procedures: impl Iterator<Item = &'p Procedure>) -> Senders {
    let mut senders = Senders::new();
    for step in procedures.flat_map(|p| &p.steps) {
        senders.entry(step.template.clone()).or_default().insert(step.kind.as_str());
    }
    senders
}

/// The messages that steps send, by their files.
fn files_of_steps(procedures: &BTreeMap<String, Procedure>) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    for step in procedures.values().flat_map(|p| &p.steps) {
        files.extend(channels(step).iter().map(|channel| file_name(&step.template, *channel)));
    }
    files
}

/// What is wrong, and for a file that nobody can edit where it is how it can be edited.
fn with_remedy(fault: TemplateFault, sources: &[Source]) -> String {
    let source = sources.iter().find(|s| s.language == fault.language && s.file == fault.file);
    match source.filter(|source| source.is_shipped) {
        Some(source) => format!("{}; it is the shipped one: `regua eject {}`", fault.what, source.path()),
        None => fault.what,
    }
}

pub(super) fn tone(raw: &RawTone) -> ToneRule {
    let usual = ToneRule::default();
    ToneRule {
        long_time_months: raw.long_time_months.map_or(usual.long_time_months, i64::from),
        clean_late_ratio_max: raw.clean_late_ratio_max.unwrap_or(usual.clean_late_ratio_max),
    }
}

/// Of every company's words the longest: whoever writes, the message fits.
fn longest_creditor(creditors: &BTreeMap<String, Creditor>, language: &str) -> Value {
    let longest = |texts: Vec<&str>| texts.into_iter().max_by_key(|t| t.chars().count()).unwrap_or("-").to_owned();
    let all = |of: fn(&Creditor) -> &str| longest(creditors.values().map(of).collect());
    let opt_out = |c: &'_ Creditor| c.opt_out.get(language).or_else(|| c.opt_out.get("default")).cloned();
    let opt_outs: Vec<String> = creditors.values().filter_map(opt_out).collect();
    sample_creditor(
        &all(|c| &c.name),
        &all(|c| &c.email),
        &all(|c| &c.phone),
        &longest(opt_outs.iter().map(String::as_str).collect()),
    )
}
