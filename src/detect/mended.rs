//! Puts together what is cut up inside of words: by comments and elements that show nothing, and by the signs and line
//! breaks of quoted-printable. Only the surroundings of such places are read, beside the text as it is.

use std::ops::Range;

use super::decode::{BETWEEN, readable};
use super::text::Map;

/// How much of the text on either side of a place is read with it.
const AROUND: usize = 256;
/// A longer comment is one.
const COMMENT: usize = 256;

/// What stands in the way, and what it stands for.
struct Cut {
    length: usize,
    said: Option<u8>,
    /// Whether nothing but a text that is cut up has it.
    tells: bool,
}

pub(super) fn mended(text: &str) -> Option<(String, Map)> {
    let bytes = text.as_bytes();
    let mut out: Vec<u8> = Vec::new();
    let mut map = Map::default();
    // What is being read: from where it is not yet written, and where it ends unless it is cut again.
    let mut open: Option<Range<usize>> = None;
    let mut at = 0;
    let mut written = 0;
    while let Some(found) = memchr::memchr2(b'=', b'<', bytes.get(at..).unwrap_or_default()) {
        at += found;
        let Some(cut) = cut(bytes, at) else {
            at += 1;
            continue;
        };
        if let Some(past) = open.take_if(|open| at > open.end) {
            copy(text, past.clone(), &mut out, &mut map);
            written = past.end;
        }
        if cut.tells {
            let start = open.as_ref().map_or(at.saturating_sub(AROUND).max(written), |open| open.start);
            if open.is_none() && start > written && !out.is_empty() {
                out.push(BETWEEN);
            }
            open = Some(boundary(text, start)..boundary(text, at + cut.length + AROUND));
        }
        if let Some(open) = &mut open {
            copy(text, open.start..at, &mut out, &mut map);
            if let Some(byte) = cut.said {
                map.block(out.len(), at..at + cut.length);
                out.push(byte);
            }
            open.start = at + cut.length;
            open.end = open.end.max(open.start);
        }
        at += cut.length;
    }
    if let Some(open) = open {
        copy(text, open, &mut out, &mut map);
    }
    (!out.is_empty()).then(|| (readable(out), map))
}

fn copy(text: &str, part: Range<usize>, out: &mut Vec<u8>, map: &mut Map) {
    map.plain(out.len(), part.start);
    out.extend_from_slice(&text.as_bytes()[part]);
}

fn boundary(text: &str, at: usize) -> usize {
    (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

/// What begins here and is no part of the words.
fn cut(bytes: &[u8], at: usize) -> Option<Cut> {
    let rest = &bytes[at..];
    let inside = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    if rest[0] == b'<' {
        if !inside(bytes[..at].last()) {
            return None;
        }
        let length = markup(rest)?;
        return Some(Cut { length, said: None, tells: inside(rest.get(length)) });
    }
    let soft = match rest {
        [_, b'\n', ..] => Some(2),
        [_, b'\r', b'\n', ..] => Some(3),
        _ => None,
    };
    if let Some(length) = soft {
        // Programs break lines behind an equals sign, and leave a blank before it.
        let tells = inside(bytes[..at].last()) && inside(rest.get(length));
        return Some(Cut { length, said: None, tells });
    }
    let digit = |at: usize| rest.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let byte = u8::try_from(digit(1)? << 4 | digit(2)?).ok()?;
    let goes_on = rest.get(3).is_some_and(|next| next.is_ascii_alphabetic() || *next == b'=');
    let tells = goes_on && (byte.is_ascii_alphabetic() || byte == b' ');
    let is_text = matches!(byte, b' '..=b'~' | 0x80..);
    is_text.then_some(Cut { length: 3, said: Some(byte), tells })
}

/// The length of a comment, or of an element that allows a line to be broken.
fn markup(rest: &[u8]) -> Option<usize> {
    if rest.starts_with(b"<!--") {
        let inside = &rest[4..rest.len().min(COMMENT)];
        return memchr::memmem::find(inside, b"-->").map(|end| end + 7);
    }
    let breaks = [&b"<wbr>"[..], b"<wbr/>", b"<wbr />"];
    let known = |name: &&&[u8]| rest.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name));
    breaks.iter().find(known).map(|name| name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        mended(text).map(|(text, _)| text)
    }

    #[test]
    fn words_are_put_together() {
        for (text, words) in [
            ("ig<!-- -->no<!---->re", "ignore"),
            ("ig<wbr>no<WBR/>re", "ignore"),
            ("i<!-- -->t<!-- --> is<!-- -->", "it is"),
            ("=69gnore =61ll", "ignore all"),
            ("=69=67=6E=6f=72=65=20it", "ignore it"),
            ("ig=\nno=\r\nre", "ignore"),
            ("=65st caf=C3=A9", "est café"),
        ] {
            assert_eq!(read(text).as_deref(), Some(words), "{text}");
        }
    }

    #[test]
    fn only_what_stands_near_is_read() {
        let far = "é".repeat(2_000);
        let text = format!("{far}ig<!-- -->nore{far}");
        let found = read(&text).expect("a word");
        assert!(found.contains("ignore") && found.len() < 1_000, "{}", found.len());
        let text = format!("i=\nt{far}i=\nt");
        assert_eq!(read(&text).map(|text| text.matches("it").count()), Some(2));
    }

    #[test]
    fn ordinary_texts_have_nothing_to_be_put_together() {
        for text in [
            "a = b; c == d; e=10, f=20&g=30",
            "let a =\n    b;\nlet c =\nd;\nYWI=\n\nYWI=\n",
            "<p>one</p><!-- a comment --><p>two</p>",
            "<b>I</b>t and text<!-- unfinished",
            "width=10 height=\"20\"",
            "=",
            "<",
            "",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
