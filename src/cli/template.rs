//! `regua template`: lists the templates, and shows a message as the debtor would get it.
//!
//! It is for people who edit templates. The values are usual ones, or those of the last action published for a debtor.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::explain::record_of;
use super::show::plain_table;
use super::{PipelineArg, Voice, date, runtime, say, variable};
use crate::config::Plan;
use crate::config::document::unknown;
use crate::config::shipped;
use crate::config::templates::{Source, blocks_of, check_fields, sample_creditor};
use crate::domain::message::blocks::{is_block, short_name};
use crate::domain::message::length::{SUBJECT_CHARS_MAX, Segments, body_chars_max, segments};
use crate::domain::message::{LANGUAGES, Rendered, TemplateFault, Templates, file_name, provider, samples};
use crate::domain::procedure::{Channel, Procedure};
use crate::error::{Error, Fault, Lines, Result};
use crate::io::log::Log;
use crate::io::parquet::read_published_where;
use crate::io::store::Store;
use crate::io::tables::{Row, rows};

/// Shows messages: a preview of one, or the list of all
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua template preview overdue_first --sample
  regua template list pipelines/daily.toml")]
pub(super) struct Template {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Preview(Preview),
    List(List),
}

/// Prints a message as the debtor would get it: subject, body and length
///
/// Messages are plain text on every channel, e-mail included; a gateway that sends HTML has to escape them.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  regua template preview overdue_first --sample
  regua template preview pipelines/templates/en/reminder.sms.j2 --sample
  regua template preview overdue_first --channel sms --language es --sample
  regua template preview overdue_first --debtor D00001020 --from demo/output     (with its published values)")]
struct Preview {
    /// Name of a template, or path of its file
    template: String,
    /// Folder of templates; for a path it is known
    #[arg(long, default_value = "pipelines/templates")]
    templates: PathBuf,
    /// email, whatsapp, sms, phone, letter, portal or instruction [default: every channel the template has]
    #[arg(long)]
    channel: Option<String>,
    /// pt-BR, en or es [default: the debtor's; with --sample, pt-BR]
    #[arg(long)]
    language: Option<String>,
    /// Usual values
    #[arg(long, conflicts_with = "debtor")]
    sample: bool,
    /// Values of this debtor's published action
    #[arg(long, requires = "from")]
    debtor: Option<String>,
    /// Output folder or URL of the pipeline
    #[arg(long, requires = "debtor")]
    from: Option<String>,
    /// Published date [default: the newest with decisions]
    #[arg(long, value_parser = date, requires = "debtor")]
    as_of: Option<NaiveDate>,
}

/// Lists every template: channels, languages, versions, the steps that use it, and the blocks that it includes
#[derive(Debug, Args)]
#[command(after_help = "Example:
  regua template list pipelines/daily.toml")]
struct List {
    #[command(flatten)]
    pipeline: PipelineArg,
}

impl Template {
    pub(super) fn execute(self, voice: Voice) -> Result<()> {
        match self.command {
            Command::Preview(preview) => preview.execute(voice),
            Command::List(list) => list.execute(voice),
        }
    }
}

/// What to preview, once the arguments are understood.
struct Wanted {
    folder: PathBuf,
    template: String,
    language: Option<String>,
    channel: Option<Channel>,
}

/// The values of one message, and how it was sent.
struct Values {
    fields: Value,
    template: Option<String>,
    language: Option<String>,
    channel: Option<Channel>,
}

/// One message as it would go out.
struct Message {
    file: PathBuf,
    channel: Channel,
    rendered: Rendered,
    blocks: Vec<String>,
    segments: Option<Segments>,
    faults: Vec<Fault>,
}

impl Preview {
    fn execute(self, voice: Voice) -> Result<()> {
        let wanted = self.wanted()?;
        let sources = sources(&wanted)?;
        let values = self.values(&wanted)?;
        let mut messages = Vec::new();
        for values in &values {
            messages.extend(compose(&wanted, &sources, values)?);
        }
        if voice.json {
            let list: Vec<Value> = messages.iter().map(Message::as_json).collect();
            say(&json!({"template": wanted.template, "messages": list}).to_string());
        } else {
            let texts: Vec<String> = messages.iter().map(|m| m.as_text(voice)).collect();
            say(&texts.join("\n\n"));
        }
        Ok(())
    }

    fn wanted(&self) -> Result<Wanted> {
        if !self.sample && self.debtor.is_none() {
            let why = "say with which values: --sample, or --debtor ID --from OUTPUT".to_owned();
            return Err(Error::Argument { given: self.template.clone(), why });
        }
        let channel = |name: &str| {
            let known = Channel::ALL.into_iter().map(Channel::as_str);
            Channel::parse(name).ok_or_else(|| Error::Unknown { what: unknown("channel", name, known) })
        };
        if let Some(language) = self.language.as_deref().filter(|l| !LANGUAGES.contains(l)) {
            return Err(Error::Unknown { what: unknown("language", language, LANGUAGES.into_iter()) });
        }
        let given = self.channel.as_deref().map(channel).transpose()?;
        let path = Path::new(&self.template);
        if path.parent().is_some_and(|folder| folder.ends_with("_blocks")) {
            let why = "a block is not a message by itself: name one that includes it, as `regua template list` shows";
            return Err(Error::Argument { given: self.template.clone(), why: why.to_owned() });
        }
        let file = path.file_name().and_then(|f| f.to_str()).and_then(|f| f.strip_suffix(".j2"));
        let Some((template, name)) = file.and_then(|f| f.rsplit_once('.')) else {
            let (folder, template) = (self.templates.clone(), self.template.clone());
            return Ok(Wanted { folder, template, language: self.language.clone(), channel: given });
        };
        let language = path.parent().and_then(|p| p.file_name()).and_then(|l| l.to_str()).unwrap_or_default();
        let folder = path.parent().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
        let language = self.language.clone().unwrap_or_else(|| language.to_owned());
        let channel = given.map_or_else(|| channel(name), Ok)?;
        Ok(Wanted { folder, template: template.to_owned(), language: Some(language), channel: Some(channel) })
    }

    /// Usual values, or those of the debtor's published actions; the ones by this template where there are any.
    fn values(&self, wanted: &Wanted) -> Result<Vec<Values>> {
        let template = wanted.template.as_str();
        let (Some(debtor), Some(from)) = (&self.debtor, &self.from) else {
            let opt_out = match wanted.language.as_deref() {
                Some("en") => "To stop these messages, reply STOP.",
                Some("es") => "Para dejar de recibirlos, responda SALIR.",
                _ => "Para sair, responda SAIR.",
            };
            let (name, email) = ("Distribuidora Exemplo Ltda.", "financeiro@exemplo.example");
            let creditor = sample_creditor(name, email, "+55 11 4000-0000", opt_out);
            let fields = samples::usual(&creditor);
            return Ok(vec![Values { fields, template: None, language: None, channel: None }]);
        };
        let runtime = runtime()?;
        let store = Store::open(from, runtime.handle())?;
        let log = Log::read(&store)?;
        let record = record_of(&log, self.as_of, from)?;
        let actions = read_published_where(&store, record, "actions/part-00000.parquet", "debtor_id", debtor)?;
        let values = |row: Row<'_>| {
            let fields = serde_json::from_str(&row.text("template_params")).ok()?;
            let channel = Channel::parse(&row.text("channel"));
            Some(Values {
                fields,
                template: Some(row.text("template_id")),
                language: Some(row.text("language")),
                channel,
            })
        };
        let mut found: Vec<Values> = rows(&actions).filter_map(values).collect();
        if found.iter().any(|v| v.template.as_deref() == Some(template)) {
            found.retain(|v| v.template.as_deref() == Some(template));
        }
        if found.is_empty() {
            let why = format!(
                "nothing was published for {debtor} on {}; `regua explain {debtor} --from {from}` says why. Choose another \
                 debtor or date, or use --sample",
                record.as_of
            );
            return Err(Error::NothingToShow { why });
        }
        Ok(found)
    }
}

/// The files of a template in every language and channel, and the blocks of every language: those of the folder, and what
/// it lacks of the shipped ones.
fn sources(wanted: &Wanted) -> Result<Vec<Source>> {
    let folder = glob::Pattern::escape(&wanted.folder.to_string_lossy());
    let below = |pattern: &str| glob::glob(&format!("{folder}/{pattern}")).into_iter().flatten().flatten();
    let mut sources: Vec<Source> = Vec::new();
    for path in below("*/*.j2").chain(below("*/_blocks/*.j2")) {
        let name = path.strip_prefix(&wanted.folder).unwrap_or(&path).to_string_lossy().into_owned();
        let Some((language, file)) = name.split_once('/') else { continue };
        let text = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
        sources.push(Source { language: language.to_owned(), file: file.to_owned(), text, is_shipped: false });
    }
    if sources.is_empty() {
        let what =
            format!("there are no templates below {}; pass the right folder with --templates", wanted.folder.display());
        return Err(Error::Unknown { what });
    }
    sources.extend(shipped::templates_beside(&sources));
    let names: BTreeSet<&str> = sources.iter().filter_map(Source::parts).map(|(template, _)| template).collect();
    if !names.contains(wanted.template.as_str()) {
        return Err(Error::Unknown { what: unknown("template", &wanted.template, names.into_iter()) });
    }
    let is_wanted =
        |s: &Source| is_block(&s.file) || s.parts().is_some_and(|(template, _)| template == wanted.template);
    sources.retain(is_wanted);
    Ok(sources)
}

/// The messages that come out of one set of values: on the channel that is wanted, else on all.
fn compose(wanted: &Wanted, sources: &[Source], values: &Values) -> Result<Vec<Message>> {
    let in_folder = |f: &TemplateFault| Fault {
        file: wanted.folder.join(&f.language).join(&f.file),
        line: f.line.unwrap_or(0),
        message: f.what.clone(),
    };
    let language = wanted.language.as_ref().or(values.language.as_ref()).map_or(LANGUAGES[0], String::as_str);
    let templates = Templates::compile(sources.iter().map(Source::to_compile), LANGUAGES[0])
        .map_err(|faults| Error::Configuration(Lines(faults.iter().map(in_folder).collect())))?;
    // What was sent by this template shows its channel; by another, whatever channels this one has.
    let own = values.channel.filter(|_| values.template.as_ref() == Some(&wanted.template));
    let channel = wanted.channel.or(own);
    let is_wanted = |c: &Channel| channel.is_none_or(|wanted| wanted == *c);
    let mut messages = Vec::new();
    for channel in Channel::ALL.into_iter().filter(is_wanted) {
        if !templates.has(language, &wanted.template, channel) {
            continue;
        }
        let rendered = templates.draft(language, &wanted.template, channel, &values.fields);
        let file = file_name(&wanted.template, channel);
        let source = sources.iter().find(|s| s.language == language && s.file == file);
        let rendered = rendered.map_err(|e| Error::Argument {
            given: wanted.template.clone(),
            why: format!("{e}; `regua schema template-fields` lists them"),
        })?;
        let faults = source.map(|s| check_fields(s, &blocks_of(s, &templates, sources))).unwrap_or_default();
        let faults = faults.iter().map(in_folder).collect();
        let blocks = templates.blocks(language, &file).to_vec();
        let segments = (channel == Channel::Sms).then(|| segments(&rendered.body));
        let file = wanted.folder.join(language).join(file);
        messages.push(Message { file, channel, rendered, blocks, segments, faults });
    }
    if messages.is_empty() {
        let there: Vec<String> = templates.names().map(|(language, file)| format!("{language}/{file}")).collect();
        let channel = channel.map_or(String::new(), |c| format!(" for {}", c.as_str()));
        let what = format!("there is no {} in {language}{channel}; there is {}", wanted.template, there.join(", "));
        return Err(Error::Unknown { what });
    }
    Ok(messages)
}

impl Message {
    fn chars(&self) -> usize {
        self.rendered.body.chars().count()
    }

    fn as_text(&self, voice: Voice) -> String {
        let mut lines = vec![voice.bold(&format!("{} (version {})", self.file.display(), self.rendered.version))];
        if !self.blocks.is_empty() {
            lines.push(format!("  blocks: {}", short_names(&self.blocks)));
        }
        if let Some(subject) = &self.rendered.subject {
            let chars = subject.chars().count();
            let cut = if chars > SUBJECT_CHARS_MAX { ", would be cut" } else { "" };
            lines.push(format!("  | Subject: {subject}   ({chars} of {SUBJECT_CHARS_MAX} characters{cut})\n  |"));
        }
        lines.extend(self.rendered.body.lines().map(|line| format!("  | {line}").trim_end().to_owned()));
        if let Some(provider) = &self.rendered.provider {
            lines.push(format!("  {} {}", provider::TEMPLATE, provider.name));
            let numbered = (1..).zip(provider.parameters.expose());
            lines.extend(numbered.map(|(number, parameter)| format!("    {number}: {parameter}")));
        }
        let parts = self.segments.map_or(String::new(), |s| format!(", {} segments in {}", s.count, s.encoding));
        let chars_max = body_chars_max(self.channel);
        let over = if self.chars() > chars_max { ": too long" } else { "" };
        lines.push(format!("  {} of {chars_max} characters{parts}{over}", self.chars()));
        lines.extend(self.faults.iter().map(|fault| format!("  refused by `regua check`: {fault}")));
        lines.join("\n")
    }

    fn as_json(&self) -> Value {
        let faults: Vec<String> = self.faults.iter().map(ToString::to_string).collect();
        let provider = self.rendered.provider.as_ref();
        json!({"file": self.file, "version": self.rendered.version, "language": self.rendered.language,
            "blocks": self.blocks, provider::TEMPLATE: provider.map(|p| &p.name),
            provider::PARAMETERS: provider.map(|p| p.parameters.expose()), "channel": self.channel.as_str(), "subject": self.rendered.subject, "body": self.rendered.body,
            "chars": self.chars(), "chars_max": body_chars_max(self.channel),
            "segments": self.segments.map(|s| s.count), "encoding": self.segments.map(|s| s.encoding), "faults": faults})
    }
}

impl List {
    fn execute(self, voice: Voice) -> Result<()> {
        let plan = Plan::load(&self.pipeline.pipeline, &variable)?;
        let templates = &plan.rules.templates;
        let mut files: BTreeMap<&str, Listed<'_>> = BTreeMap::new();
        for (language, file) in templates.names() {
            let listed = files.entry(file).or_default();
            listed.versions.insert(language, templates.version(language, file).unwrap_or_default());
            listed.blocks.insert(language, templates.blocks(language, file));
        }
        if voice.json {
            let entry = |(file, listed): (&&str, &Listed<'_>)| {
                let steps = steps_of(&plan.rules.procedures, file);
                json!({"file": file, "versions": listed.versions, "blocks": listed.blocks, "steps": steps})
            };
            say(&json!({"templates": files.iter().map(entry).collect::<Vec<_>>()}).to_string());
            return Ok(());
        }
        let mut table = plain_table(&["template", "languages and versions", "steps", "blocks"]);
        for (file, listed) in &files {
            let versions = listed.versions.iter().map(|(language, version)| format!("{language} {version}"));
            let steps = steps_of(&plan.rules.procedures, file);
            let steps = if steps.is_empty() { "none".to_owned() } else { steps.join(", ") };
            let versions = versions.collect::<Vec<_>>().join("  ");
            table.add_row(vec![(*file).to_owned(), versions, steps, short_names(&listed.all_blocks())]);
        }
        say(&table.to_string());
        Ok(())
    }
}

/// One message in every language: versions, and the blocks that it includes.
#[derive(Default)]
struct Listed<'a> {
    versions: BTreeMap<&'a str, &'a str>,
    blocks: BTreeMap<&'a str, &'a [String]>,
}

impl Listed<'_> {
    /// The blocks of any language; most often they are the same in all.
    fn all_blocks(&self) -> Vec<String> {
        let all: BTreeSet<&String> = self.blocks.values().copied().flatten().collect();
        all.into_iter().cloned().collect()
    }
}

/// `charges, closing, items`
fn short_names(blocks: &[String]) -> String {
    blocks.iter().map(|block| short_name(block)).collect::<Vec<_>>().join(", ")
}

/// `régua/step` of every step that sends this file.
fn steps_of(procedures: &BTreeMap<String, Procedure>, file: &str) -> Vec<String> {
    let mut steps = Vec::new();
    for (regua, step) in procedures.iter().flat_map(|(id, p)| p.steps.iter().map(move |s| (id, s))) {
        let channels = if step.kind.is_instruction() { &[Channel::Instruction][..] } else { &step.channels };
        if channels.iter().any(|channel| file_name(&step.template, *channel) == file) {
            steps.push(format!("{regua}/{}", step.id));
        }
    }
    steps
}
