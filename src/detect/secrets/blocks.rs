//! Private keys as blocks of lines between two marks, however the lines are set: indented, numbered, quoted, as strings
//! of a list. Of a key that is torn, whatever looks like its lines.

use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::Regex;

use super::super::rules::{Rule, compile};

/// A key, with what stands between its lines.
pub(super) const LONGEST: usize = 16 << 10;
/// Between two lines of a key: breaks, numbers, quotes, names of members, headers.
const GAP: usize = 240;
/// So much of a line without a gap is one of a key.
const LINE: usize = 32;
/// A line that is alone in a text of its own.
const ALONE: usize = 40;
/// Beside the last line of a torn key: a number, a sign.
const WORDS: usize = 3;

/// The next mark, with the lines that belong to it.
pub(super) fn next(rule: &Rule, bytes: &[u8], at: usize) -> Option<Range<usize>> {
    static MARKS: OnceLock<Option<Regex>> = OnceLock::new();
    let marks = MARKS.get_or_init(|| compile(rule.pattern)).as_ref()?;
    let mark = marks.find_at(bytes, at)?.range();
    if is_end(&bytes[mark.clone()]) {
        let from = at.max(mark.start.saturating_sub(LONGEST));
        return Some(mark.start - before(&bytes[from..mark.start], from == 0)..mark.end);
    }
    let after = &bytes[mark.end..bytes.len().min(mark.end + LONGEST)];
    let following = marks.find(after).map(|next| next.range());
    let body = &after[..following.as_ref().map_or(after.len(), |next| next.start)];
    let lines = reach(body.iter());
    let end = following.filter(|next| is_end(&after[next.clone()]));
    match end {
        Some(end) if lines > 0 && body.len() - lines <= GAP || is_solid(body) => {
            Some(mark.start..mark.end + end.end)
        }
        None if lines > 0 && mark.end + body.len() == bytes.len() => {
            Some(mark.start..mark.end + lines + rest(&body[lines..]))
        }
        _ => Some(mark.start..mark.end + lines),
    }
}

fn is_end(mark: &[u8]) -> bool {
    mark[5..].to_ascii_lowercase().starts_with(b"end")
}

/// Of base64, and what JSON escapes a break or a slash with.
fn is_of_a_line(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\\')
}

/// How far lines go on, without a longer gap.
fn reach<'a>(bytes: impl Iterator<Item = &'a u8>) -> usize {
    let (mut reached, mut run) = (0, 0);
    for (at, byte) in bytes.enumerate() {
        run = if is_of_a_line(*byte) { run + 1 } else { 0 };
        if run >= LINE {
            reached = at + 1;
        } else if at - reached > GAP + LINE {
            break;
        }
    }
    reached
}

/// Nothing but lines, however short they are.
fn is_solid(body: &[u8]) -> bool {
    const BLANK: usize = 4;
    const SHORTEST: usize = 10;
    let lines = body.trim_ascii_start();
    body.len() - lines.len() <= BLANK
        && lines.len() > SHORTEST
        && lines.first().is_some_and(|byte| is_of_a_line(*byte))
        && !body.contains(&b'-')
}

/// The last line of a key whose end is missing, where the text ends with it.
fn rest(tail: &[u8]) -> usize {
    let end = tail.trim_ascii_end().len();
    let mut words = tail[..end].split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let is_line = words.clone().next_back().is_some_and(|last| last.iter().all(|byte| is_of_a_line(*byte)));
    if end <= GAP && is_line && words.by_ref().take(WORDS + 1).count() <= WORDS { end } else { 0 }
}

/// The lines before the end of a key whose beginning is missing.
fn before(bytes: &[u8], is_whole: bool) -> usize {
    let lines = reach(bytes.iter().rev());
    let head = bytes[..bytes.len() - lines].trim_ascii_start();
    let mut words = head.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let is_line = words.clone().next().is_some_and(|first| first.iter().all(|byte| is_of_a_line(*byte)));
    let begins = is_whole && head.len() <= GAP && is_line && words.by_ref().take(WORDS + 1).count() <= WORDS;
    lines + if begins { head.len() } else { 0 }
}

/// A key that was found without one of its ends.
#[derive(Clone, Copy, Debug)]
pub struct Torn(());

impl Torn {
    pub fn of(value: &str) -> Option<Self> {
        let lower = value.as_bytes().to_ascii_lowercase();
        let has = |word: &[u8]| memchr::memmem::find(&lower, word).is_some();
        let torn = has(b"private key") && has(b"-----begin") != has(b"-----end");
        torn.then_some(Self(()))
    }

    /// Whether another text holds what may be a line of it.
    pub fn goes_on_in(self, text: &str) -> bool {
        let run = |run: &[u8]| {
            let has = |of: fn(&u8) -> bool| run.iter().any(of);
            run.len() >= ALONE
                && has(u8::is_ascii_uppercase)
                && has(u8::is_ascii_lowercase)
                && has(u8::is_ascii_digit)
        };
        text.as_bytes().split(|byte| !is_of_a_line(*byte)).any(run)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{Kind, Kinds, Place, inspect};
    use super::*;
    use crate::dice::Dice;

    fn key(kind: &str, lines: usize) -> Vec<String> {
        const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        let mut line =
            |length: usize| (0..length).map(|_| char::from(SIGNS[dice.below(64)])).collect::<String>();
        let mut key = vec![format!("-----BEGIN {kind}PRIVATE KEY-----")];
        key.extend((0..lines).map(|_| line(64)));
        key.extend([line(22) + "==", format!("-----END {kind}PRIVATE KEY-----")]);
        key
    }

    /// The lines of the key that stand outside of what was found.
    fn left(text: &str, key: &[String]) -> Vec<String> {
        let found = inspect(text, Place::Result, Kinds::NONE.with(Kind::Secret));
        let spans = found.iter().filter(|one| one.label == "PRIVATE_KEY").map(|one| one.span.clone());
        let mut bytes = text.as_bytes().to_vec();
        for span in spans {
            bytes[span].fill(b' ');
        }
        let rest = String::from_utf8(bytes).expect("whole characters");
        key.iter().filter(|line| rest.contains(line.as_str())).cloned().collect()
    }

    #[test]
    fn a_key_is_found_whole_however_its_lines_are_set() {
        type Form = fn(usize, &str) -> String;
        let forms: [Form; 14] = [
            |_, line| format!("{line}\n"),
            |_, line| format!("{line}\r\n"),
            |_, line| format!("        {line}\n"),
            |_, line| format!("{}{line}\n", " ".repeat(80)),
            |_, line| format!("\t\t\t\t\t{line}\n"),
            |number, line| format!("{number:6}\t{line}\n"),
            |number, line| format!("{number:6}→{line}\n"),
            |number, line| format!("{number}: {line}\n"),
            |number, line| format!("{number}-{line}\n"),
            |number, line| format!("/etc/ssl/private/site-1.pem:{number}:{line}\n"),
            |_, line| format!("> > {line}\n"),
            |_, line| format!("-{line}\n"),
            |_, line| format!("  \"{line}\",\n"),
            |number, line| format!("{{\"file\": \"site.pem\", \"line\": {number}, \"text\": \"{line}\"}}, "),
        ];
        for (kind, lines) in [("RSA ", 24), ("OPENSSH ", 40), ("", 3), ("EC ", 2), ("RSA ", 100)] {
            let key = key(kind, lines);
            for form in forms {
                let set: String = key.iter().enumerate().map(|(number, line)| form(number, line)).collect();
                let text = format!("of the site:\n{set}\nand no more");
                assert_eq!(left(&text, &key), [""; 0], "{text}");
            }
        }
    }

    #[test]
    fn headers_of_a_key_are_part_of_it() {
        let mut key = key("RSA ", 24);
        let header = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF0123456789ABCDEF\n";
        key.insert(1, header.to_owned());
        assert_eq!(left(&key.join("\n"), &key), [""; 0]);
    }

    #[test]
    fn what_is_left_of_a_torn_key_is_found() {
        let key = key("RSA ", 24);
        for part in [&key[..10], &key[..25], &key[..26], &key[10..], &key[24..], &key[25..]] {
            assert_eq!(left(&part.join("\n"), part), [""; 0], "{part:?}");
            let numbered: Vec<_> =
                part.iter().enumerate().map(|(number, line)| format!("{number:6}\t{line}")).collect();
            assert_eq!(left(&numbered.join("\n"), part), [""; 0], "{numbered:?}");
        }
    }

    #[test]
    fn what_stands_behind_a_key_stays() {
        let key = key("RSA ", 3).join("\n");
        let torn = key.rsplit_once('\n').expect("lines").0;
        for key in [key.as_str(), torn] {
            let words = "Renew it with the others in spring, as the manual says. ".repeat(8);
            let text = format!("{words}\n{key}\n{words}");
            let found = inspect(&text, Place::Result, Kinds::NONE.with(Kind::Secret));
            let end = found.iter().map(|one| one.span.end).max().expect("found");
            assert!(found.iter().all(|one| one.span.start > words.len()), "{found:?}");
            assert!(end <= words.len() + 1 + key.len(), "{found:?}");
        }
    }

    #[test]
    fn marks_over_and_over_end() {
        for mark in ["-----BEGIN PRIVATE KEY-----\n", "-----END PRIVATE KEY-----\n"] {
            assert!(!left(&mark.repeat(20_000), &[mark.to_owned()]).is_empty(), "no more than are kept");
        }
    }

    #[test]
    fn a_torn_key_goes_on_where_there_is_a_line_of_one() {
        let key = key("", 24);
        let torn = Torn::of(&key[..8].join("\n")).expect("torn");
        assert!(torn.goes_on_in(&key[9]) && !torn.goes_on_in("3f786850e387550fdab836ed7e6dc881de23001b"));
        assert!(Torn::of(&key.join("\n")).is_none() && Torn::of("hunter2").is_none());
    }
}
