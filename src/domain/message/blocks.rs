//! Blocks: parts that several messages share, by `{% include "_blocks/charges.j2" %}`.
//!
//! A block stands in `_blocks/` beside the messages of its language and is no message itself. An include names it in
//! quotes, so that everything a message can say is known before it is rendered.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::Error;
use minijinja::machinery::ast::{self, Stmt};
use minijinja::machinery::{WhitespaceConfig, parse};

use super::TemplateFault;
use crate::domain::names::unknown;

/// What the names of all blocks begin with: their folder, below that of the language.
pub const BLOCKS: &str = "_blocks/";

/// Is this file a block, rather than a message?
pub fn is_block(file: &str) -> bool {
    file.starts_with(BLOCKS)
}

/// `charges` for `_blocks/charges.j2`
pub fn short_name(block: &str) -> &str {
    block.trim_start_matches(BLOCKS).trim_end_matches(".j2")
}

/// How templates treat the line breaks around tags; a block keeps its last one, so an include stands for its lines.
pub(super) const WHITESPACE: WhitespaceConfig =
    WhitespaceConfig { keep_trailing_newline: true, lstrip_blocks: true, trim_blocks: true };

/// The syntax tree of a template.
///
/// # Errors
/// When it cannot be parsed.
pub fn tree(text: &str) -> Result<Stmt<'_>, Error> {
    parse(text, "", Default::default(), WHITESPACE)
}

/// The block that an include names, if it names one as it should.
pub fn included<'a>(include: &'a ast::Include<'_>) -> Option<&'a str> {
    match &include.name {
        ast::Expr::Const(name) => name.value.as_str(),
        _ => None,
    }
}

/// The messages and blocks of one language, with the includes of each.
#[derive(Default)]
pub(super) struct Folder {
    files: BTreeMap<String, File>,
}

#[derive(Default)]
struct File {
    text: String,
    /// Line and name of the blocks that it includes.
    includes: Vec<(usize, String)>,
    is_broken: bool,
}

impl Folder {
    /// Adds a file; says by line what is wrong with it by itself.
    pub(super) fn add(&mut self, file: &str, text: &str) -> Vec<(usize, String)> {
        let mut faults = Vec::new();
        let mut includes = Vec::new();
        // What cannot be parsed is a fault of the compiler's.
        tree(text).iter().for_each(|tree| gather(tree, &mut includes, &mut faults));
        let is_broken = !faults.is_empty();
        self.files.insert(file.to_owned(), File { text: text.to_owned(), includes, is_broken });
        faults
    }

    /// Leaves out a file, and with it whatever includes it.
    pub(super) fn take_out(&mut self, file: &str) {
        if let Some(file) = self.files.get_mut(file) {
            file.is_broken = true;
        }
    }

    /// Includes of blocks that are not there, and blocks that include themselves.
    pub(super) fn faults(&mut self, language: &str) -> Vec<TemplateFault> {
        let mut faults = Vec::new();
        for (file, line, block) in
            self.files.iter().flat_map(|(name, f)| f.includes.iter().map(move |(l, b)| (name, *l, b)))
        {
            let what = if !self.files.contains_key(block) {
                unknown("block", block, self.files.keys().map(String::as_str).filter(|file| is_block(file)))
            } else if block == file || self.below(block).contains(&file.as_str()) {
                format!("{block:?} leads back to this block, which would never end; take the include out")
            } else {
                continue;
            };
            faults.push(TemplateFault::new(language, file, line, what));
        }
        for fault in &faults {
            self.take_out(&fault.file);
        }
        faults
    }

    /// Every message that is sound with all that it includes: its name and the blocks, in the order of their names.
    pub(super) fn sound(&self) -> Vec<(&str, Vec<&str>)> {
        let messages = self.files.keys().map(String::as_str).filter(|file| !is_block(file));
        let is_sound = |file: &str| self.files.get(file).is_some_and(|file| !file.is_broken);
        let with_blocks = messages.map(|file| (file, Vec::from_iter(self.below(file))));
        with_blocks.filter(|(file, blocks)| is_sound(file) && blocks.iter().all(|block| is_sound(block))).collect()
    }

    /// The text of a message, followed by its blocks: what its version is the hash of.
    pub(super) fn whole(&self, file: &str, blocks: &[&str]) -> String {
        let text = |file: &str| self.files.get(file).map_or("", |file| file.text.as_str());
        blocks.iter().fold(text(file).to_owned(), |whole, block| format!("{whole}\0{block}\0{}", text(block)))
    }

    /// What a file includes, and what that includes.
    fn below(&self, file: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&File> = self.files.get(file).into_iter().collect();
        while let Some(file) = open.pop() {
            for (_, block) in &file.includes {
                if found.insert(block.as_str()) {
                    open.extend(self.files.get(block));
                }
            }
        }
        found
    }
}

/// The includes of a statement and of those within it.
fn gather(statement: &Stmt<'_>, includes: &mut Vec<(usize, String)>, faults: &mut Vec<(usize, String)>) {
    let mut all = |bodies: &[&[Stmt<'_>]]| bodies.iter().copied().flatten().for_each(|s| gather(s, includes, faults));
    match statement {
        Stmt::Template(s) => all(&[&s.children]),
        Stmt::ForLoop(s) => all(&[&s.body, &s.else_body]),
        Stmt::IfCond(s) => all(&[&s.true_body, &s.false_body]),
        Stmt::WithBlock(s) => all(&[&s.body]),
        Stmt::SetBlock(s) => all(&[&s.body]),
        Stmt::AutoEscape(s) => all(&[&s.body]),
        Stmt::FilterBlock(s) => all(&[&s.body]),
        Stmt::Include(s) => {
            let line = usize::from(s.span().start_line);
            match misnamed(s) {
                Some(what) => faults.push((line, what)),
                None => includes.extend(included(s).map(|block| (line, block.to_owned()))),
            }
        }
        Stmt::Extends(s) => faults.push(not_known("extends", s.span().start_line)),
        Stmt::Block(s) => faults.push(not_known("block", s.span().start_line)),
        Stmt::Import(s) => faults.push(not_known("import", s.span().start_line)),
        Stmt::FromImport(s) => faults.push(not_known("from", s.span().start_line)),
        _ => {}
    }
}

/// As the parser says it of statements that it does not know itself.
fn not_known<L: Into<usize>>(statement: &str, line: L) -> (usize, String) {
    let line = line.into();
    (line, format!("syntax: unknown statement {statement} on line {line}"))
}

/// What is wrong with how an include names its block.
fn misnamed(include: &ast::Include<'_>) -> Option<String> {
    let Some(name) = included(include) else {
        return Some("an include names one block, in quotes: {% include \"_blocks/charges.j2\" %}".to_owned());
    };
    let is_inside = name.strip_prefix(BLOCKS).is_some_and(|rest| !rest.is_empty() && !rest.contains(['/', '\\']));
    if !is_inside {
        return Some(format!("{name:?} is not a block: a block is in {BLOCKS} of the same language"));
    }
    include.ignore_missing.then(|| "`ignore missing` would leave words out unseen; take it out".to_owned())
}
