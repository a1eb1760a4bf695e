//! JSON documents that texts are, or hold as lines: what their readers parse.

use std::ops::Range;

use memchr::{memchr, memchr2};
use serde::de::IgnoredAny;

mod loose;
mod numbers;

pub(super) use numbers::{Embedded, each_number, has_number};

/// Where they stand: all of a text, or lines of it. Alone a number or a word is no document; a string is one where it is
/// all of a text, as a program writes it.
pub(super) fn documents(text: &str) -> Vec<Range<usize>> {
    if is_whole(text) {
        return std::iter::once(0..text.len()).collect();
    }
    let mut end = 0;
    let lines = text.split_inclusive('\n').map(|line| {
        end += line.len();
        (end - line.len()..end, line)
    });
    lines.filter(|(_, line)| is_document(line)).map(|(place, _)| place).collect()
}

fn is_whole(text: &str) -> bool {
    is_document(text) || begins(text, &['"']) && is_json(text)
}

fn is_document(text: &str) -> bool {
    begins(text, &['{', '[']) && is_json(text)
}

fn begins(text: &str, with: &[char]) -> bool {
    text.trim_start().starts_with(with)
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Whether a text that was JSON, or lines of it, is none once it is changed.
pub(super) fn breaks(text: &str, changed: &str) -> bool {
    if is_whole(text) {
        return !is_whole(changed);
    }
    let lines = text.lines().zip(changed.lines());
    text.lines().count() == changed.lines().count()
        && lines
            .filter(|(line, changed)| line != changed)
            .any(|(line, changed)| is_document(line) && !is_document(changed))
}

/// The strings of a document, names too: each between its quotes, as it is written.
pub(super) fn strings(document: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = document.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + memchr(b'"', bytes.get(at..)?)? + 1;
        let mut end = start;
        loop {
            end += memchr2(b'"', b'\\', bytes.get(end..)?)?;
            if bytes[end] == b'"' {
                break;
            }
            end += 2;
        }
        at = end + 1;
        Some(start..end)
    })
}

/// Those that stand under a name that is meant, however deep.
pub(super) fn strings_under(document: &str, is_meant: &dyn Fn(&str) -> bool) -> Vec<Range<usize>> {
    let bytes = document.as_bytes();
    let (mut under, mut at, mut depth) = (Vec::new(), 0, 0_usize);
    // How deep the member stands that has such a name.
    let mut member = None;
    for string in strings(document) {
        for byte in &bytes[at..string.start - 1] {
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            let ends = |of: usize| depth < of || depth == of && *byte == b',';
            member = member.filter(|of| !ends(*of));
        }
        at = string.end + 1;
        let is_name = bytes[at..].trim_ascii_start().starts_with(b":");
        if member.is_some() {
            under.push(string);
        } else if is_name && is_meant(&Unescaped::of(&document[string]).text) {
            member = Some(depth);
        }
    }
    under
}

/// A string of a document as it reads.
pub(super) struct Unescaped {
    pub(super) text: String,
    /// From where on it is written byte for byte: here, and in the document.
    pieces: Vec<(usize, usize)>,
}

impl Unescaped {
    pub(super) fn of(written: &str) -> Self {
        let (mut text, mut pieces) = (String::with_capacity(written.len()), vec![(0, 0)]);
        let mut at = 0;
        while let Some(escape) = memchr(b'\\', &written.as_bytes()[at..]).map(|next| at + next) {
            text.push_str(&written[at..escape]);
            let (c, length) = unescaped(&written[escape..]);
            pieces.push((text.len(), escape));
            text.push(c);
            at = (escape + length).min(written.len());
            pieces.push((text.len(), at));
        }
        text.push_str(&written[at..]);
        Self { text, pieces }
    }

    /// Where a character is written, or the end of the text.
    pub(super) fn written(&self, at: usize) -> usize {
        let next = self.pieces.partition_point(|(read, _)| *read <= at);
        let (read, written) = self.pieces[next.saturating_sub(1)];
        written + (at - read)
    }
}

/// What the escape at the beginning stands for, and how long it is.
fn unescaped(written: &str) -> (char, usize) {
    let unit = |at: usize| {
        let digits = written.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let c = match written.as_bytes().get(1) {
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'u') => {
            let units = [unit(0), unit(6)].into_iter().map_while(|unit| unit);
            let c = char::decode_utf16(units).next().and_then(Result::ok).unwrap_or('\u{fffd}');
            return (c, 6 * c.len_utf16());
        }
        _ => written[1..].chars().next().unwrap_or('\u{fffd}'),
    };
    (c, 1 + if c.is_ascii() { 1 } else { c.len_utf8() })
}

/// As it is written in a string of JSON.
pub(super) fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}

/// Whether it is written as a string of JSON between its quotes may be.
pub(super) fn is_escaped(text: &str) -> bool {
    serde_json::from_str::<String>(&format!("\"{text}\"")).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_reads_as_json_says_and_leads_back_to_how_it_is_written() {
        let document = r#"{"a\u003cb": "é\\\"\ud83d\ude00\/\ud800x", "": "\n"}"#;
        let read: Vec<Unescaped> = strings(document).map(|at| Unescaped::of(&document[at])).collect();
        let texts: Vec<&str> = read.iter().map(|read| read.text.as_str()).collect();
        assert_eq!(texts, ["a<b", "é\\\"😀/\u{fffd}x", "", "\n"]);
        let places: Vec<usize> = read[1].text.char_indices().map(|(at, _)| read[1].written(at)).collect();
        assert_eq!(places, [0, 2, 4, 6, 18, 20, 26]);
        assert_eq!(read[1].written(read[1].text.len()), 27);
    }

    #[test]
    fn what_stands_under_a_name_ends_with_its_member() {
        let document =
            r#"{"a": "1", "\u0078" : ["2", {"b,}": "3"}], "c": {"x": "4", "d": "5"}, "x": 0, "e": "6"}"#;
        let under = strings_under(document, &|name| name == "x");
        let under: Vec<&str> = under.into_iter().map(|at| &document[at]).collect();
        assert_eq!(under, ["2", "b,}", "3", "4"]);
    }
}
