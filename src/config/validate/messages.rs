//! Message templates, and the words that no message may hold.

use super::{Document, Workshop};
use crate::config::raw::RawWords;
use crate::domain::message::{LANGUAGES, Templates};
use crate::error::Fault;

impl Workshop<'_> {
    pub(super) fn templates(&mut self, document: &Document, dir: &str, default_language: &str) -> Option<Templates> {
        let root = self.path(dir);
        let files = self.files_below(document, "/pipeline/templates", dir, "j2");
        let split = |(path, text): (String, String)| {
            let (language, file) = path.split_once('/')?;
            Some((language.to_owned(), file.to_owned(), text))
        };
        match Templates::compile(files.into_iter().filter_map(split), default_language) {
            Ok(templates) => Some(templates),
            Err(faults) => {
                self.faults.extend(faults.into_iter().map(|f| Fault {
                    file: root.join(f.language).join(f.file),
                    line: f.line.unwrap_or(0),
                    message: f.what,
                }));
                None
            }
        }
    }

    /// Threatening or shaming words are refused, wherever they stand in a template.
    pub(super) fn words(&mut self, document: &Document, dir: &str, templates: &str) {
        let texts = self.files_below(document, "/pipeline/templates", templates, "j2");
        for language in LANGUAGES {
            let path = self.path(dir).join(format!("{language}.toml"));
            let Some(list) = self.open(&path, Some((document, "/pipeline/words"))) else { continue };
            let Some(words) = self.read::<RawWords>(&list) else { continue };
            for (file, text) in texts.iter().filter(|(file, _)| file.starts_with(&format!("{language}/"))) {
                for (position, line) in text.lines().enumerate() {
                    let line = line.to_lowercase();
                    for word in words.forbidden.iter().filter(|w| contains_word(&line, &w.to_lowercase())) {
                        let message = format!("{word:?} threatens or shames; say it otherwise");
                        self.faults.push(Fault { file: self.path(templates).join(file), line: position + 1, message });
                    }
                }
            }
        }
    }
}

/// Whole words only: "spc" is not found in "especial".
fn contains_word(line: &str, word: &str) -> bool {
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    line.match_indices(word)
        .any(|(at, _)| !is_letter(line[..at].chars().next_back()) && !is_letter(line[at + word.len()..].chars().next()))
}
