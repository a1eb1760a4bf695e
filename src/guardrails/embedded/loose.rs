//! Numbers of documents that nobody parses: with words around them, over several lines, too deep, or as strings in
//! strings in strings. Each is known by what stands right before it.

use std::ops::Range;

use super::super::figure;
use super::Unescaped;
use super::numbers::Embedded;
use crate::detect;

/// A longer name is no name of a secret.
const LONGEST_NAME: usize = 128;

/// Blanks and brackets between a name and its number.
const MAX_GAP: usize = 64;

/// Digits of a number with an exponent that is one wherever it stands: hashes have as few letters only by chance.
const MANY: usize = 12;

/// Goes over the numbers of a text that stand under the name of a secret or are spelt with an exponent. What their digits
/// say as they are is said by whoever reads the text.
pub(super) fn each_number(text: &str, act: &mut dyn FnMut(Embedded<'_>)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    // Where the last number of a member ended, and the name if it is a secret's: what follows it in a list has the same.
    let mut member: Option<(usize, Option<String>)> = None;
    while let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|next| at + next) {
        at = number_end(bytes, start);
        if is_part(bytes, start..at) {
            continue;
        }
        let from = start - usize::from(bytes[..start].ends_with(b"-"));
        let last = member.take();
        let name = match opens(bytes, from) {
            Some(Opening::Name(end)) => Some(name(text, end).filter(|name| detect::names_a_secret(name))),
            Some(Opening::Item(end)) => last.filter(|(last, _)| *last == end).map(|(_, name)| name),
            None => None,
        };
        let written = &text[start..at];
        let is_spelt = written.contains(['e', 'E']) && (name.is_some() || written.len() > MANY);
        let secret = name.as_ref().and_then(Option::as_deref);
        if (secret.is_some() || is_spelt)
            && let Some(digits) = figure::whole(written).filter(|digits| figure::is_long(digits))
        {
            act(Embedded { name: secret, digits: &digits, is_spelt });
        }
        member = name.map(|name| (at, name));
    }
}

/// Whether it is a part of a word, of a version or the like.
fn is_part(bytes: &[u8], number: Range<usize>) -> bool {
    let joins = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let goes_on = bytes.get(number.end) == Some(&b'.') && bytes.get(number.end + 1).is_some_and(joins);
    bytes[..number.start].last().is_some_and(|byte| joins(byte) || *byte == b'.')
        || bytes.get(number.end).is_some_and(joins)
        || goes_on
}

/// Behind digits, their fraction and their exponent.
fn number_end(bytes: &[u8], start: usize) -> usize {
    let digits = |from: usize| from + bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = digits(start);
    if bytes.get(end) == Some(&b'.') && is_digit(end + 1) {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if is_digit(end + 1 + sign) {
            end = digits(end + 1 + sign);
        }
    }
    end
}

enum Opening {
    /// The quotes of a name end here.
    Name(usize),
    /// Another item ends here.
    Item(usize),
}

/// What stands before a number but for blanks and brackets.
fn opens(bytes: &[u8], number: usize) -> Option<Opening> {
    let blank = |at: &usize| bytes[*at].is_ascii_whitespace();
    let nearest = number.saturating_sub(MAX_GAP)..number;
    let sign = nearest.clone().rev().find(|at| !blank(at) && bytes[*at] != b'[')?;
    let before = (nearest.start..sign).rev().find(|at| !blank(at))?;
    match bytes[sign] {
        b':' if matches!(bytes[before], b'"' | b'\'') => Some(Opening::Name(before)),
        b',' => Some(Opening::Item(before + 1)),
        _ => None,
    }
}

/// What stands between quotes that end here, in a string of a string as well.
fn name(text: &str, end: usize) -> Option<String> {
    let bytes = text.as_bytes();
    let written = text[..end].trim_end_matches('\\');
    let from = written.len().saturating_sub(LONGEST_NAME);
    let start = (from..written.len()).rev().find(|at| bytes[*at] == bytes[end])? + 1;
    Some(Unescaped::of(&text[start..written.len()]).text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        each_number(text, &mut |number| {
            found.push((number.name.unwrap_or_default().to_owned(), number.digits.to_owned()));
        });
        found
    }

    #[test]
    fn a_number_is_found_by_its_name_wherever_it_stands() {
        for text in [
            r#"see: {"a": 1, "password": 83920184}"#,
            "```json\n{\n  \"password\" :\n    83920184.0,\n```",
            r#"odd " quote {"password": -8.3920184e7}"#,
            r#"{\\\"password\\\": 83920184}"#,
            r#"{"pass\u0077ord":[[83920184]]"#,
            r#"{"password": [1, 83920184]"#,
            "{'password': 83920184}",
            r#"It was "password": 83920184."#,
        ] {
            assert_eq!(found(text), [("password".to_owned(), "83920184".to_owned())], "{text}");
        }
        for text in [
            r#"{"id": 83920184}"#,
            r#"{"password": 12}"#,
            r#"{"password": [1], "b": [2, 83920184]}"#,
            r#"{"password": "x", "b": 83920184}"#,
            r#""password": 83920184abc, v1.83920184e0, a83920184"#,
            "[8392018e4](x), 8392018e4",
            r#""password": 83920184.25"#,
            "password: 83920184",
            "\": 83920184, ': 83920184",
            ": 83920184",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
        assert_eq!(found("é 4.111111111111111e15é").len(), 1);
    }

    #[test]
    fn a_flood_of_names_ends() {
        let text = format!("{}1", "\"':[ ,".repeat(1 << 18));
        assert_eq!(found(&text), []);
        assert_eq!(found(&"1,".repeat(1 << 20)), []);
        assert!(found(&format!("\"password\": [{}1]", "123456,".repeat(1 << 10))).len() > 1_000);
    }
}
