//! Words that a message may not contain: whole words or stems, whatever their case, accents and line breaks.

use memchr::memmem::Finder;

pub(super) use crate::domain::names::folded;

/// A word or phrase, or with `*` at its end the beginning of one.
#[derive(Clone, Debug)]
pub(in crate::config) struct Word {
    pub written: String,
    /// Made once: a check looks for every word in hundreds of rendered texts.
    folded: Finder<'static>,
    is_stem: bool,
}

impl Word {
    pub fn new(written: &str) -> Word {
        let stem = written.strip_suffix('*');
        let folded = Finder::new(&folded(stem.unwrap_or(written))).into_owned();
        Word { written: written.to_owned(), folded, is_stem: stem.is_some() }
    }

    /// Whether any text can hold it: it has letters or digits, and a `*` nowhere but at its end.
    pub fn can_be_found(written: &str) -> bool {
        let stem = written.strip_suffix('*').unwrap_or(written);
        stem.chars().any(char::is_alphanumeric) && !stem.contains('*')
    }

    /// Whole words only: "spc" is not found in "especial". `caloteir*` is found in "caloteiros".
    fn is_in(&self, text: &str) -> bool {
        let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let length = self.folded.needle().len();
        length > 0
            && self.folded.find_iter(text.as_bytes()).any(|at| {
                !is_letter(text[..at].chars().next_back())
                    && (self.is_stem || !is_letter(text[at + length..].chars().next()))
            })
    }
}

/// Words with what is wrong about them.
#[derive(Clone, Debug)]
pub(in crate::config) struct WordGroup {
    pub reason: String,
    /// Kinds of steps for which these words are the matter itself; `negativacao*` stands for all that begin so.
    pub except: Vec<String>,
    pub words: Vec<Word>,
}

/// The words of one language.
#[derive(Clone, Debug, Default)]
pub(in crate::config) struct Words {
    pub forbidden: Vec<WordGroup>,
    /// Words that tell of a debt.
    pub debt: Vec<Word>,
}

impl Words {
    /// Every forbidden word in a text, with its reason; `kinds` are those of the steps that send it. What one of them may
    /// say is a threat in another.
    pub(in crate::config) fn forbidden_in<'w>(&'w self, kinds: &[&str], folded: &str) -> Vec<(&'w str, &'w str)> {
        let is_excepted = |g: &WordGroup| kinds.iter().all(|kind| g.except.iter().any(|name| covers(name, kind)));
        let groups = self.forbidden.iter().filter(|g| kinds.is_empty() || !is_excepted(g));
        let pairs = groups.flat_map(|g| g.words.iter().map(move |word| (word, g.reason.as_str())));
        pairs.filter(|(word, _)| word.is_in(folded)).map(|(word, reason)| (word.written.as_str(), reason)).collect()
    }

    pub(super) fn debt_in<'w>(&'w self, folded: &str) -> Vec<&'w str> {
        self.debt.iter().filter(|word| word.is_in(folded)).map(|word| word.written.as_str()).collect()
    }
}

fn covers(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |stem| name.starts_with(stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole_whatever_their_case_and_accents() {
        for (word, text, expected) in [
            ("spc", "consta no SPC.", true),
            ("spc", "condição especial", false),
            ("caloteir*", "Caloteiros!", true),
            ("caloteir*", "o calote", false),
            ("polícia", "chamaremos a POLICIA", true),
            ("policia", "a pol\u{ed}cia", true),
            ("policia", "a poli\u{301}cia", true),
            ("policia", "a pol\u{200b}ícia", true),
            ("nome sujo", "seu nome\n  sujo", true),
            ("última chance", "ultima  chance", true),
            ("multa", "multado", false),
            ("embargo de", "sin embargo, debe", false),
            ("don't force us", "Don\u{2019}t force us", true),
        ] {
            assert_eq!(Word::new(word).is_in(&folded(text)), expected, "{word:?} in {text:?}");
        }
    }

    #[test]
    fn a_group_leaves_the_notices_alone_that_it_is_about() {
        let group =
            WordGroup { reason: "r".into(), except: vec!["negativacao*".into()], words: vec![Word::new("serasa")] };
        let words = Words { forbidden: vec![group], debt: vec![Word::new("fatura*")] };
        let text = folded("Serasa, FATURAS");
        assert_eq!(words.forbidden_in(&["reminder"], &text), [("serasa", "r")]);
        assert_eq!(words.forbidden_in(&["negativacao_notice", "reminder"], &text), [("serasa", "r")]);
        assert_eq!(words.forbidden_in(&[], &text), [("serasa", "r")]);
        assert!(words.forbidden_in(&["negativacao_notice", "negativacao"], &text).is_empty());
        assert_eq!(words.debt_in(&text), ["fatura*"]);
    }
}
