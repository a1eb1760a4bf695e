//! A text with its percent signs read and the lines of base64 and the like put together again, and the way back.

use std::ops::Range;

/// A shorter run at the end of a line is a word, unless it is the whole line.
const RUN: usize = 16;
/// Of a line that is nothing else.
const LINE: usize = 4;

#[derive(Default)]
pub(super) struct Unwrapped {
    text: Vec<u8>,
    /// From where in `text` on it is the original from where on, and how much of that stands for each byte.
    starts: Vec<Start>,
}

struct Start {
    out: usize,
    origin: usize,
    width: usize,
}

impl Unwrapped {
    /// `None` where there is nothing to be read.
    pub(super) fn of(original: &str) -> Option<Self> {
        let bytes = original.as_bytes();
        let mut read = Self::default();
        let (mut from, mut at) = (0, 0);
        while let Some(found) = memchr::memchr3(b'%', b'\n', b'\\', bytes.get(at..).unwrap_or_default()) {
            at += found;
            if let Some((byte, after)) = percent(bytes, at) {
                read.copy(bytes, from..at);
                read.push(byte, at..after);
                (from, at) = (after, after);
            } else if let Some(gap) = line_break(bytes, at).filter(|gap| gap.start >= from) {
                read.copy(bytes, from..gap.start);
                (from, at) = (gap.end, gap.end);
            } else {
                at += 1;
            }
        }
        (from > 0).then(|| {
            read.copy(bytes, from..bytes.len());
            read
        })
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Where a part of it stands in the original.
    pub(super) fn origin(&self, part: Range<usize>) -> Range<usize> {
        self.of_byte(part.start).start..part.end.checked_sub(1).map_or(0, |last| self.of_byte(last).end)
    }

    fn of_byte(&self, at: usize) -> Range<usize> {
        let next = self.starts.partition_point(|start| start.out <= at);
        let Some(start) = next.checked_sub(1).and_then(|index| self.starts.get(index)) else { return at..at };
        let origin = start.origin + (at - start.out);
        origin..origin + start.width
    }

    fn copy(&mut self, bytes: &[u8], part: Range<usize>) {
        if !part.is_empty() {
            self.starts.push(Start { out: self.text.len(), origin: part.start, width: 1 });
            self.text.extend_from_slice(&bytes[part]);
        }
    }

    fn push(&mut self, byte: u8, origin: Range<usize>) {
        self.starts.push(Start { out: self.text.len(), origin: origin.start, width: origin.len() });
        self.text.push(byte);
    }
}

/// The byte that stands here as `%41`, or as `%2541`, and where it ends.
fn percent(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let two = |at: usize| {
        let digits = std::str::from_utf8(bytes.get(at..at + 2)?).ok()?;
        u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))
    };
    let mut byte = (bytes[at] == b'%').then(|| two(at + 1)).flatten()?;
    let mut after = at + 3;
    while let Some(more) = two(after).filter(|_| byte == b'%') {
        (byte, after) = (more, after + 2);
    }
    Some((byte, after))
}

/// A line break, raw or escaped, within what is written over several lines.
fn line_break(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let (ends, returns): (&[u8], &[u8]) = match bytes[at] {
        b'\n' => (b"\n", b"\r"),
        _ => (b"\\n", b"\\r"),
    };
    let before = bytes[..at].strip_suffix(returns).unwrap_or(&bytes[..at]);
    // A soft line break of quoted-printable.
    let before = before.strip_suffix(b"=").unwrap_or(before);
    let after = bytes[at..].strip_prefix(ends)?;
    let after = &after[after.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()..];
    let run = before.iter().rev().take(RUN).take_while(|byte| is_sign(**byte)).count();
    let is_line = || run >= LINE && begins_line(&before[..before.len() - run]);
    let next = after.iter().take_while(|byte| is_sign(**byte)).count();
    let goes_on = || next >= LINE && matches!(after.get(next), None | Some(b'\n' | b'\r' | b'\\' | b'='));
    let wrapped = run > 0 && next > 0 && (run == RUN || is_line() || goes_on());
    wrapped.then(|| before.len()..bytes.len() - after.len())
}

fn begins_line(before: &[u8]) -> bool {
    let text = before.iter().rev().find(|byte| !matches!(byte, b' ' | b'\t'));
    // The letter of an escape is one more sign.
    matches!(text, None | Some(b'\n' | b'\\'))
}

fn is_sign(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read, and where the word `needle` stands.
    fn read<'a>(text: &'a str, needle: &str) -> Option<&'a str> {
        let read = Unwrapped::of(text)?;
        let at = memchr::memmem::find(read.text(), needle.as_bytes())?;
        Some(&text[read.origin(at..at + needle.len())])
    }

    #[test]
    fn what_is_written_otherwise_is_read_and_found_again() {
        for (text, needle, origin) in [
            ("q=%6B%58%39-x", "kX9", "%6B%58%39"),
            ("q=k%58%39-x", "kX9-", "k%58%39-"),
            ("q=%256B%25583&x", "kX3&", "%256B%25583&"),
            ("a: QUJDREVGR0hJSktMTU5P\n  UFFS and\n", "U5PUFF", "U5P\n  UFF"),
            ("QUJD\r\nREVG\r\nR0hJ", "JDREVGR0", "JD\r\nREVG\r\nR0"),
            (r#"{"a":"QUJDREVG\nR0hJ\n"}"#, "VGR0", r"VG\nR0"),
            ("a soft=\nbreak", "softbreak", "soft=\nbreak"),
        ] {
            assert_eq!(read(text, needle).unwrap_or_default(), origin, "{text}");
        }
    }

    #[test]
    fn prose_is_not_copied() {
        for text in
            ["", "plain", "one line\nand another line\n", "100 % of it, 5%\nC:\\new\\path", "%", "\\", "\n"]
        {
            assert!(Unwrapped::of(text).is_none(), "{text}");
        }
    }
}
