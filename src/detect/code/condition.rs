//! Whether a value is a condition as people write them: of a query, or of the search of a tracker or a store.

/// Marks of a value that is more than a condition.
const MORE: [&str; 5] = ["--", "#", ";", "/*", "||"];
/// So much of a text is read for its quotes.
const LONGEST: usize = 2048;

/// Whether what joins two conditions at `at` stands behind a string or a bracket that the value itself opened, and
/// before a name at `name` that is compared with anything but itself.
pub(super) fn joins(text: &str, at: usize, name: usize) -> bool {
    let more = || MORE.iter().any(|mark| text.contains(mark));
    text.len() <= LONGEST
        && closes(&text.as_bytes()[..=at])
        && is_compared(&text[name..])
        && !more()
        && is_even(text)
}

/// A quote that ends what was compared with something before, or a bracket that was opened.
fn closes(before: &[u8]) -> bool {
    let count = |sign: u8| memchr::memchr_iter(sign, before).count();
    let Some((last, value)) = before.split_last() else { return false };
    match last {
        b'\'' | b'"' => {
            let opened = value.iter().rposition(|byte| byte == last);
            let Some((sign, _)) = opened.and_then(|at| value[..at].trim_ascii_end().split_last()) else {
                return false;
            };
            let words: [&[u8]; 4] = [b" contains", b" like", b" eq", b" ne"];
            let head = || value[..opened.unwrap_or_default()].trim_ascii_end().to_ascii_lowercase();
            count(*last) % 2 == 0
                && (b"=~<>(,:".contains(sign) || words.iter().any(|word| head().ends_with(word)))
        }
        b')' => count(b'(') >= count(b')'),
        _ => false,
    }
}

/// `name = 'value'`, and not `a = a`.
fn is_compared(text: &str) -> bool {
    let name = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(byte)).count();
    let (name, rest) = text.split_at(name);
    let other = rest.trim_start_matches(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let same = other.get(..name.len()).is_some_and(|other| other.eq_ignore_ascii_case(name));
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && !same && !other.is_empty()
}

/// Whether every quote and bracket has its other.
fn is_even(text: &str) -> bool {
    let count = |sign: u8| memchr::memchr_iter(sign, text.as_bytes()).count();
    count(b'\'') % 2 == 0 && count(b'"') % 2 == 0 && count(b'(') == count(b')')
}

#[cfg(test)]
mod tests {
    use super::super::super::probe::Probe;
    use super::super::super::{Kind, Kinds, Place};

    const CODE: Probe = Probe(Place::Argument, Kinds::NONE.with(Kind::CodeInjection));

    #[test]
    fn conditions_of_a_query_are_joined_and_break_out_of_nothing() {
        for text in [
            "SELECT * FROM users WHERE name = 'ann' OR name = 'bob'",
            "status = 'open' AND priority = 'high'",
            "status in (\"To Do\", \"In Progress\") AND assignee = currentUser() ORDER BY created DESC",
            "text ~ \"payment failed\" AND updated >= -7d",
            "'Projects' in parents and mimeType = 'application/pdf' and trashed = false",
            "name contains 'report' and modifiedTime > '2026-01-01T00:00:00'",
        ] {
            assert_eq!(CODE.found(text), [], "{text}");
        }
        for text in [
            "x' or name = 'ann",
            "x' or name = 'ann' or 'a' = 'a",
            "name = 'x' or 'a' = 'a'",
            "name = 'x' or a = a",
            "name = 'x' or 1=1",
            "name = 'x' or active = 1 --",
            "x') or (name = 'ann'",
            "admin' or name = 'x' and y = '",
        ] {
            assert!(CODE.flags(text), "{text}");
        }
    }
}
