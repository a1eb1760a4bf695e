//! The values inside a value that is itself a small document of XML or JSON.

use std::ops::Range;

/// What is longer or has more lines is a document, and looked at as one.
const LONGEST: usize = 2048;
const LINES: usize = 8;
/// So many values are looked at, each of so many bytes.
const VALUES: usize = 24;
const VALUE: usize = 256;

/// Where the values stand that are worth a look of their own.
pub(super) fn within(text: &str) -> Vec<Range<usize>> {
    let bare = text.trim();
    let (xml, json) = (bare.starts_with("<?xml"), bare.starts_with(['{', '[']) && bare.ends_with(['}', ']']));
    if !xml && !json || text.len() > LONGEST || text.lines().nth(LINES).is_some() {
        return Vec::new();
    }
    let mut values = if xml { of_markup(text) } else { of_json(text) };
    values.retain(|value| {
        value.len() <= VALUE && text.get(value.clone()).is_some_and(|value| is_worth(value, xml))
    });
    values.truncate(VALUES);
    values
}

/// Words and numbers are values of every document of JSON.
fn is_worth(value: &str, xml: bool) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" _-.,:/@".contains(&byte);
    value.len() >= 2 && (xml || !value.bytes().all(plain))
}

/// What stands between quotes inside a tag, and between tags.
fn of_markup(text: &str) -> Vec<Range<usize>> {
    let (mut values, mut from) = (Vec::new(), 0);
    let (mut in_tag, mut quote) = (false, None);
    for (at, byte) in text.bytes().enumerate() {
        match (in_tag, quote, byte) {
            (true, Some(open), _) if byte == open => {
                values.push(from..at);
                quote = None;
            }
            (true, None, b'"' | b'\'') => (quote, from) = (Some(byte), at + 1),
            (true, None, b'>') => (in_tag, from) = (false, at + 1),
            (false, _, b'<') => {
                values.push(from..at);
                in_tag = true;
            }
            _ => {}
        }
    }
    // The version of a document is no value of it.
    values.retain(|value| !matches!(&text[value.clone()], "1.0" | "1.1"));
    values
}

/// What stands between quotes, names and values alike.
fn of_json(text: &str) -> Vec<Range<usize>> {
    let (mut values, mut open, mut escaped) = (Vec::new(), None, false);
    for (at, byte) in text.bytes().enumerate() {
        match (open, byte) {
            _ if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(from), b'"') => {
                values.push(from..at);
                open = None;
            }
            (None, b'"') => open = Some(at + 1),
            _ => {}
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_a_small_document_are_found() {
        let of = |text: &'static str| within(text).into_iter().map(|one| &text[one]).collect::<Vec<_>>();
        assert_eq!(
            of("<?xml version=\"1.0\"?><a b=\"x;y\" c='12'>p &gt; q<d>plain</d></a>"),
            ["x;y", "12", "p &gt; q", "plain"]
        );
        assert_eq!(of("{\"a;b\": [\"c\\\"d\", \"plain words\", 7], \"e\": \"$f\"}"), ["a;b", "c\\\"d", "$f"]);
        assert_eq!(of("a {\"b;c\": 1} d"), Vec::<&str>::new());
    }
}
