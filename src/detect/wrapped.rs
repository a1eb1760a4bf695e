//! Puts the lines together over which something long and without blanks is written, such as base64.

use std::ops::Range;

use super::text::Map;

/// A shorter run at the end of a line is a word, unless it is the whole line.
const RUN: usize = 16;
/// Of a line that is nothing else.
const LINE: usize = 4;

/// The text without the breaks of such lines; nothing where it has none.
pub(super) fn joined(text: &str) -> Option<(String, Map)> {
    let bytes = text.as_bytes();
    let (mut joined, mut map, mut from) = (String::new(), Map::default(), 0);
    for at in memchr::memchr_iter(b'\n', bytes) {
        if let Some(gap) = line_break(bytes, at).filter(|gap| gap.start > from) {
            map.plain(joined.len(), from);
            joined.push_str(&text[from..gap.start]);
            from = gap.end;
        }
    }
    (from > 0).then(|| {
        map.plain(joined.len(), from);
        joined.push_str(&text[from..]);
        (joined, map)
    })
}

/// A line break within what is written over several lines.
fn line_break(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let before = bytes[..at].strip_suffix(b"\r").unwrap_or(&bytes[..at]);
    // A soft line break of quoted-printable.
    let before = before.strip_suffix(b"=").unwrap_or(before);
    let run = before.iter().rev().take(RUN).take_while(|byte| is_sign(**byte)).count();
    if run == 0 {
        return None;
    }
    let after = &bytes[at + 1..];
    let after = &after[after.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()..];
    let next = after.iter().take_while(|byte| is_sign(**byte)).count();
    let is_line = || run >= LINE && begins_line(&before[..before.len() - run]);
    let goes_on = || next >= LINE && matches!(after.get(next), None | Some(b'\n' | b'\r' | b'='));
    let wrapped = next > 0 && (run == RUN || is_line() || goes_on());
    wrapped.then(|| before.len()..bytes.len() - after.len())
}

fn begins_line(before: &[u8]) -> bool {
    let text = before.iter().rev().find(|byte| !matches!(byte, b' ' | b'\t'));
    matches!(text, None | Some(b'\n'))
}

fn is_sign(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a word of the joined text stands.
    fn place<'a>(text: &'a str, needle: &str) -> Option<&'a str> {
        let (read, map) = joined(text)?;
        let at = read.find(needle)?;
        Some(&text[map.back(at..at + needle.len())])
    }

    #[test]
    fn what_is_written_over_lines_is_read_and_found_again() {
        for (text, needle, origin) in [
            ("a: QUJDREVGR0hJSktMTU5P\n  UFFS and\n", "U5PUFF", "U5P\n  UFF"),
            ("QUJD\r\nREVG\r\nR0hJ", "JDREVGR0", "JD\r\nREVG\r\nR0"),
            ("a soft=\nbreak", "softbreak", "soft=\nbreak"),
        ] {
            assert_eq!(place(text, needle), Some(origin), "{text}");
        }
    }

    #[test]
    fn prose_is_not_copied() {
        for text in ["", "plain", "one line\nand another line\n", "100 % of it, 5%\nC:\\new\\path", "\n"] {
            assert!(joined(text).is_none(), "{text}");
        }
    }
}
