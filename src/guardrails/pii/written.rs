//! Placeholders as they are written: as they were given, and as whoever passes a text on escapes it.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::super::embedded;
use super::uri;

/// A placeholder is no longer than this, but for its brackets.
const LONGEST: usize = 96;

/// How often one is escaped over and over.
const MAX_DEPTH: usize = 6;

/// Brackets in the notations of JSON, HTML and URLs; a bracket that closes may stay as it is where one that opens does
/// not. In Markdown some signs have a backslash before them. Letters may change their case.
const FORMS: &str = r"(?xi-u)
    (?P<open> < | \\+(?:u00|x)3c | &(?:amp;)*(?:lt|\#0*60|\#x0*3c); | %(?:25)*3c )
    (?P<name> [a-z0-9]+ (?: \\*_[a-z0-9]+ )* \\*_ )
    (?P<mark> [a-z2-9]{6} )
    (?: \\*> | \\+(?:u00|x)3e | &(?:amp;)*(?:gt|\#0*62|\#x0*3e); | %(?:25)*3e )
";

static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(FORMS).ok());

/// What could be a placeholder.
pub(super) struct Placeholder {
    pub(super) span: Range<usize>,
    /// As it was given.
    pub(super) name: String,
    notation: Notation,
    /// How often it is escaped.
    depth: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notation {
    Plain,
    Markdown,
    Json,
    Html,
    Url,
}

/// What could be placeholders of this mark, in whatever notation.
pub(super) fn placeholders(text: &str, mark: &str) -> Vec<Placeholder> {
    if !is_marked(text, mark) {
        return Vec::new();
    }
    let Some(form) = FORM.as_ref() else { return Vec::new() };
    let is_of_it = |found: &Captures<'_>| found["mark"].eq_ignore_ascii_case(mark);
    form.captures_iter(text).filter(is_of_it).filter_map(|found| placeholder(text, &found)).collect()
}

fn is_marked(text: &str, mark: &str) -> bool {
    let Some(first) = mark.bytes().next() else { return false };
    let is_there = |at: usize| {
        let found = text.as_bytes().get(at..at + mark.len());
        found.is_some_and(|found| found.eq_ignore_ascii_case(mark.as_bytes()))
    };
    memchr::memchr2_iter(first, first.to_ascii_uppercase(), text.as_bytes()).any(is_there)
}

fn placeholder(text: &str, found: &Captures<'_>) -> Option<Placeholder> {
    let (mut span, open) = (found.get(0)?.range(), &found["open"]);
    let plain = found["name"].replace('\\', "");
    let name = format!("<{}{}>", plain.to_ascii_uppercase(), found["mark"].to_ascii_lowercase());
    let is_markdown = found["name"].contains('\\');
    let (notation, depth) = match open.as_bytes()[0] {
        b'\\' => {
            // Each time that JSON is written in JSON, there are twice as many.
            let backslashes = open.bytes().take_while(|byte| *byte == b'\\').count();
            let depth = backslashes.trailing_zeros() as usize + 1;
            span.start += backslashes - (1 << (depth - 1));
            (Notation::Json, depth)
        }
        b'&' => (Notation::Html, 1 + open.matches("amp;").count()),
        b'%' => (Notation::Url, 1 + open[1..].matches("25").count()),
        _ if is_markdown => (Notation::Markdown, 1),
        _ => (Notation::Plain, 0),
    };
    let before = &text.as_bytes()[..span.start];
    if notation == Notation::Markdown && before.ends_with(b"\\") && !before.ends_with(b"\\\\") {
        span.start -= 1;
    }
    (name.len() <= LONGEST + 2).then_some(Placeholder { span, name, notation, depth })
}

impl Placeholder {
    pub(super) fn is_escaped(&self) -> bool {
        self.notation != Notation::Plain
    }

    /// What it stands for, in the notation that it is written in; nothing where it is escaped too often.
    pub(super) fn write(&self, words: &str) -> Option<String> {
        let once = |words: String| match self.notation {
            Notation::Plain => words,
            Notation::Markdown => markdown(&words),
            Notation::Json => json(&words),
            Notation::Html => html(&words),
            Notation::Url => uri::encoded(&words, ""),
        };
        (self.depth <= MAX_DEPTH).then(|| (0..self.depth).fold(words.to_owned(), |words, _| once(words)))
    }
}

/// In a string of whatever quotes, in whatever page.
pub(super) fn json(words: &str) -> String {
    each(&embedded::escaped(words), |c| match c {
        '<' => Some("\\u003c"),
        '>' => Some("\\u003e"),
        '&' => Some("\\u0026"),
        '\'' => Some("\\u0027"),
        _ => None,
    })
}

fn html(words: &str) -> String {
    each(words, |c| match c {
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '&' => Some("&amp;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        _ => None,
    })
}

fn markdown(words: &str) -> String {
    let mut written = String::with_capacity(words.len());
    for c in words.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '~' | '|' | '!' | '&') {
            written.push('\\');
        }
        written.push(c);
    }
    written
}

fn each(words: &str, escape: impl Fn(char) -> Option<&'static str>) -> String {
    let mut written = String::with_capacity(words.len());
    for c in words.chars() {
        match escape(c) {
            Some(escape) => written.push_str(escape),
            None => written.push(c),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_known_in_each_notation_and_what_it_stands_for_is_written_so() {
        for (text, words) in [
            ("<EMAIL_ADDRESS_0_k3x9ab>", "\"'<_&"),
            ("<Email_Address_0_K3X9Ab>", "\"'<_&"),
            (r"\u003cEMAIL_ADDRESS_0_k3x9ab\u003E", r#"\"\u0027\u003c_\u0026"#),
            (r"\\u003cEMAIL_ADDRESS_0_k3x9ab\\u003e", r#"\\\"\\u0027\\u003c_\\u0026"#),
            ("&lt;EMAIL_ADDRESS_0_k3x9ab&gt;", "&quot;&#39;&lt;_&amp;"),
            ("&#x3C;EMAIL_ADDRESS_0_k3x9ab>", "&quot;&#39;&lt;_&amp;"),
            ("&amp;#060;EMAIL_ADDRESS_0_k3x9ab&amp;gt;", "&amp;quot;&amp;#39;&amp;lt;_&amp;amp;"),
            ("%3CEMAIL_ADDRESS_0_k3x9ab%3e", "%22%27%3C_%26"),
            ("%253CEMAIL_ADDRESS_0_k3x9ab%253e", "%2522%2527%253C_%2526"),
            (r"\<EMAIL\_ADDRESS\_0\_k3x9ab>", r#""'\<\_\&"#),
        ] {
            let found = placeholders(text, "k3x9ab");
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(
                (found[0].name.as_str(), &found[0].span),
                ("<EMAIL_ADDRESS_0_k3x9ab>", &(0..text.len()))
            );
            assert_eq!(found[0].write("\"'<_&").as_deref(), Some(words), "{text}");
        }
        let found = placeholders(r"\\\u003cEMAIL_ADDRESS_0_k3x9ab\u003e", "k3x9ab");
        assert_eq!(
            (found[0].span.start, found[0].depth),
            (2, 1),
            "two of the backslashes are one of their own"
        );
        assert!(placeholders("<EMAIL_ADDRESS_0_k3x9ac> <EMAIL_ADDRESS-k3x9ab> k3x9ab", "k3x9ab").is_empty());
    }
}
