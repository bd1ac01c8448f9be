//! Rust source as the style rules see it: code without comments, texts and tests, and the paths that it names.

use std::ops::Range;

/// The code with comments, texts and characters blanked; lines stay where they are.
pub fn code_of(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = blank_end(&chars, at);
        if end > at {
            code.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        } else {
            code.push(chars[at]);
            at += 1;
        }
    }
    code
}

/// Where the comment, text or character that begins here ends; the same place where none begins.
fn blank_end(chars: &[char], at: usize) -> usize {
    let is = |offset: usize, c: char| chars.get(at + offset) == Some(&c);
    let rest = || at + 1..chars.len();
    match chars[at] {
        '/' if is(1, '/') => rest().find(|i| chars[*i] == '\n').unwrap_or(chars.len()),
        '/' if is(1, '*') => {
            rest().find(|i| chars[i - 1] == '*' && chars[*i] == '/' && *i > at + 2).map_or(chars.len(), |i| i + 1)
        }
        '"' => quote_end(chars, at),
        'r' if (is(1, '"') || is(1, '#')) && !follows_word(chars, at) => raw_end(chars, at),
        // A lifetime has no second quote.
        '\'' if is(1, '\\') => (at + 3..chars.len()).find(|i| chars[*i] == '\'').map_or(chars.len(), |i| i + 1),
        '\'' if is(2, '\'') => at + 3,
        _ => at,
    }
}

fn quote_end(chars: &[char], at: usize) -> usize {
    let mut at = at + 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

fn raw_end(chars: &[char], at: usize) -> usize {
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    if chars.get(at + 1 + hashes) != Some(&'"') {
        return at;
    }
    let closes =
        |i: &usize| chars[*i] == '"' && chars[i + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
    (at + 2 + hashes..chars.len()).find(closes).map_or(chars.len(), |i| i + 1 + hashes)
}

fn follows_word(chars: &[char], at: usize) -> bool {
    at > 0 && is_word(chars[at - 1])
}

pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The code with what stands under `#[cfg(test)]` blanked.
pub fn without_tests(code: &str) -> String {
    let mut kept = code.to_owned();
    while let Some(begin) = kept.find("#[cfg(test)]") {
        let body = block(&kept, begin);
        let end = body.map_or(begin + "#[cfg(test)]".len(), |b| b.end);
        let blank: String = kept[begin..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        kept.replace_range(begin..end, &blank);
    }
    kept
}

/// The next `{ ... }` from here; `None` where a `;` comes first.
fn block(code: &str, from: usize) -> Option<Range<usize>> {
    let (mut depth, mut begin, mut inner) = (0_usize, None, 0_usize);
    for (offset, c) in code[from..].char_indices() {
        match c {
            '(' | '[' => inner += 1,
            ')' | ']' => inner = inner.saturating_sub(1),
            ';' if depth == 0 && inner == 0 => return None,
            '{' => {
                begin = begin.or(Some(from + offset));
                depth += 1;
            }
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(begin.unwrap_or(from)..from + offset + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Line of a byte offset, from 1.
pub fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// Every function: its first line and its number of lines.
pub fn functions(code: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let named = code[at + 3..].starts_with(|c: char| is_word(c));
        if !named || code[..at].ends_with(is_word) {
            continue;
        }
        if let Some(body) = block(code, at) {
            let first = line_of(code, at);
            found.push((first, line_of(code, body.end) + 1 - first));
        }
    }
    found
}

/// Every path of two names or more, `use` groups spread out: line and path.
pub fn paths(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(begin) = code[at..].find(is_word).map(|i| at + i) {
        let end = path_end(code, begin);
        let path = &code[begin..end];
        if path == "use" {
            let stop = code[end..].find(';').map_or(code.len(), |i| end + i);
            spread(code, end, &code[end..stop], "", &mut found);
            at = stop;
        } else {
            if path.contains("::") {
                found.push((line_of(code, begin), path.trim_end_matches(':').to_owned()));
            }
            at = end;
        }
    }
    found
}

fn path_end(code: &str, begin: usize) -> usize {
    let mut end = begin;
    loop {
        end += code[end..].find(|c| !is_word(c)).unwrap_or(code.len() - end);
        let more = code[end..].strip_prefix("::").is_some_and(|rest| rest.starts_with(is_word));
        if !more {
            return end;
        }
        end += 2;
    }
}

/// `a::{b, c::{d}}` as `a::b` and `a::c::d`.
fn spread(code: &str, offset: usize, tree: &str, before: &str, found: &mut Vec<(usize, String)>) {
    let Some(open) = tree.find('{') else {
        let name = tree.split(" as ").next().unwrap_or(tree).trim();
        if !name.is_empty() {
            let begin = offset + tree.find(name).unwrap_or(0);
            found.push((line_of(code, begin), format!("{before}{name}")));
        }
        return;
    };
    let before = format!("{before}{}", tree[..open].trim());
    let inside = &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())];
    let (mut depth, mut begin) = (0_i32, 0);
    for (at, c) in inside.char_indices().chain([(inside.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                spread(code, offset + open + 1 + begin, &inside[begin..at], &before, found);
                begin = at + 1;
            }
            _ => {}
        }
    }
}
