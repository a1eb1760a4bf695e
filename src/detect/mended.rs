//! Puts together what is cut up inside of words: by comments and empty elements, which show nothing, and by the signs
//! and line breaks of quoted-printable. Only the surroundings of such places are read, beside the text as it is.

use std::ops::Range;

use super::decode::{BETWEEN, readable};
use super::text::Map;

/// How much of the text on either side of a place is read with it.
const AROUND: usize = 256;
/// A longer comment is text.
const COMMENT: usize = 64 * 1024;
/// The longest tag that is read.
const TAG: usize = 256;
/// As many comments and elements in one place, one in another or behind it, and no more.
const MARKUPS: usize = 16;
/// What shows though it is empty, or parts what stands on either side.
const SHOWN: [&[u8]; 12] =
    [b"br", b"hr", b"p", b"div", b"li", b"dt", b"dd", b"td", b"th", b"tr", b"img", b"input"];

/// What stands in the way, and what it stands for.
struct Cut {
    length: usize,
    said: Option<u8>,
    /// Whether nothing but a text that is cut up has it.
    tells: bool,
}

/// The surroundings of what is cut up, put together; nothing where nothing is. Of a text whose escapes are read as well
/// it is only what they would cut up otherwise.
pub(super) fn mended(text: &str, unescaped: bool) -> Option<(String, Map)> {
    let bytes = text.as_bytes();
    let mut out: Vec<u8> = Vec::new();
    let mut map = Map::default();
    // What is being read: from where it is not yet written, and where it ends unless it is cut again.
    let mut open: Option<Range<usize>> = None;
    let mut at = 0;
    let mut written = 0;
    let mut markup = Markup { bytes, end: 0 };
    while let Some(found) = memchr::memchr2(b'=', b'<', bytes.get(at..).unwrap_or_default()) {
        at += found;
        let Some(cut) = cut(bytes, at, &mut markup) else {
            at += 1;
            continue;
        };
        let tells = cut.tells && (!unescaped || has_escape(&bytes[at..at + cut.length]));
        if let Some(past) = open.take_if(|open| at > open.end) {
            copy(text, past.clone(), &mut out, &mut map);
            written = past.end;
        }
        if tells {
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

fn has_escape(bytes: &[u8]) -> bool {
    memchr::memchr3(b'%', b'&', b'\\', bytes).is_some()
}

fn copy(text: &str, part: Range<usize>, out: &mut Vec<u8>, map: &mut Map) {
    map.plain(out.len(), part.start);
    out.extend_from_slice(&text.as_bytes()[part]);
}

fn boundary(text: &str, at: usize) -> usize {
    (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

/// What begins here and is no part of the words.
fn cut(bytes: &[u8], at: usize, markup: &mut Markup<'_>) -> Option<Cut> {
    let rest = &bytes[at..];
    let inside = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    if rest[0] == b'<' {
        if !inside(bytes[..at].last()) {
            return None;
        }
        let length = markup.behind(at, &mut MARKUPS.clone()) - at;
        return (length > 0).then(|| Cut { length, said: None, tells: inside(rest.get(length)) });
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

/// The comments and elements of a text.
struct Markup<'a> {
    bytes: &'a [u8],
    /// Where the comment ends that was read last: one that is open further on ends there as well.
    end: usize,
}

impl Markup<'_> {
    /// Where the text goes on behind what shows nothing, of which so much is left to be read.
    fn behind(&mut self, mut at: usize, left: &mut usize) -> usize {
        while *left > 0
            && let Some(next) = self.comment(at).or_else(|| self.element(at, left))
        {
            *left -= 1;
            at = next;
        }
        at
    }

    fn comment(&mut self, at: usize) -> Option<usize> {
        let inside = self.bytes.get(at..)?.strip_prefix(b"<!--")?;
        let start = at + 4;
        if self.end < start + 3 {
            let found = memchr::memmem::find(inside, b"-->");
            self.end = found.map_or(usize::MAX, |found| start + found + 3);
        }
        (self.end - start <= COMMENT).then_some(self.end)
    }

    /// An element without a word in it, or the place where a word may be broken.
    fn element(&mut self, at: usize, left: &mut usize) -> Option<usize> {
        let inside = self.bytes.get(at..)?.strip_prefix(b"<")?;
        let of_name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'-';
        let length = inside.iter().take(TAG).take_while(of_name).count();
        let name = &inside[..length];
        let is = |other: &&[u8]| name.eq_ignore_ascii_case(other);
        if !name.first().is_some_and(u8::is_ascii_alphabetic) || SHOWN.iter().any(is) {
            return None;
        }
        let tag = &inside[..inside.len().min(TAG)];
        let close = length
            + memchr::memchr2(b'<', b'>', &tag[length..]).filter(|close| tag[length + close] == b'>')?;
        let next = at + close + 2;
        if tag[..close].ends_with(b"/") || is(&&b"wbr"[..]) {
            return Some(next);
        }
        *left = left.checked_sub(1)?;
        let end = self.behind(next, left);
        let rest = self.bytes.get(end..)?.strip_prefix(b"</")?;
        let closes = rest.get(..length).is_some_and(|end| end.eq_ignore_ascii_case(name));
        (closes && rest.get(length) == Some(&b'>')).then_some(end + length + 3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        mended(text, false).map(|(text, _)| text)
    }

    #[test]
    fn words_are_put_together() {
        for (text, words) in [
            ("ig<!-- -->no<!---->re", "ignore"),
            ("ig<wbr>no<WBR/>re", "ignore"),
            ("i<!-- -->t<!-- --> is<!-- -->", "it is"),
            ("ig<b></b>no<i/>re", "ignore"),
            ("ig<span class=\"x\"></span><!-- --><B><i></i><br-x/></b>nore", "ignore"),
            ("=69gnore =61ll", "ignore all"),
            ("=69=67=6E=6f=72=65=20it", "ignore it"),
            ("ig=\nno=\r\nre", "ignore"),
            ("=65st caf=C3=A9", "est café"),
        ] {
            assert_eq!(read(text).as_deref(), Some(words), "{text}");
        }
    }

    #[test]
    fn a_comment_may_be_long_and_none_is_read_often() {
        let comment = |length| format!("<!--{}-->", "é ".repeat(length));
        assert_eq!(read(&format!("ig{}nore", comment(200))).as_deref(), Some("ignore"));
        assert_eq!(read(&format!("ig{}nore", comment(COMMENT))), None);
        let text = format!("{}-->{}ig<!---->nore", "x<b><!--".repeat(200), "<i/>".repeat(MARKUPS * 2));
        assert!(read(&text).is_some_and(|read| read.ends_with("ignore")), "{text}");
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
            "one<br/>two<hr>three<p></p>four<b>five</b><i></b>six<Vec<T>> a<b/c",
            "width=10 height=\"20\"",
            "=",
            "<",
            "",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
