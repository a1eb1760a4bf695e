//! Finds what is written in another notation inside a text and reads it once:
//! URL, HTML and JSON escapes in place, and runs of base64 or hex that hold text.

use std::ops::Range;

use super::runs::Class;
use super::text::Map;

/// The text with its escapes read; nothing where it has none.
pub(super) fn escapes(text: &str) -> Option<(String, Map)> {
    let bytes = text.as_bytes();
    let mut at = next_escape(bytes, 0)?;
    let mut decoded: Vec<u8> = Vec::new();
    let mut map = Map::default();
    let mut from = 0;
    let mut any = false;
    loop {
        if let Some((value, length)) = escape(bytes, at) {
            any = true;
            if from < at {
                map.plain(decoded.len(), from);
                decoded.extend_from_slice(&bytes[from..at]);
            }
            map.block(decoded.len(), at..at + length);
            value.push_to(&mut decoded);
            from = at + length;
        }
        match next_escape(bytes, from.max(at + 1)) {
            Some(next) => at = next,
            None => break,
        }
    }
    if !any {
        return None;
    }
    map.plain(decoded.len(), from);
    decoded.extend_from_slice(&bytes[from..]);
    Some((readable(decoded), map))
}

/// Whether something in a text can be decoded.
pub(super) fn is_encoded(text: &str) -> bool {
    let bytes = text.as_bytes();
    let next = |at: &usize| next_escape(bytes, at + 1);
    let mut signs = std::iter::successors(next_escape(bytes, 0), next);
    signs.any(|at| escape(bytes, at).is_some()) || blobs(text).is_some()
}

/// Bytes that are no UTF-8 become `?`, one for one, so that the way back stays right.
pub(super) fn readable(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(wrong) => {
            let mut bytes = wrong.into_bytes();
            let mut from = 0;
            while let Err(wrong) = std::str::from_utf8(&bytes[from..]) {
                let at = from + wrong.valid_up_to();
                bytes[at] = b'?';
                from = at + 1;
            }
            String::from_utf8(bytes).unwrap_or_default()
        }
    }
}

fn next_escape(bytes: &[u8], from: usize) -> Option<usize> {
    memchr::memchr3(b'%', b'&', b'\\', bytes.get(from..)?).map(|at| from + at)
}

#[derive(Debug, PartialEq)]
enum Value {
    Byte(u8),
    Char(char),
}

impl Value {
    fn push_to(self, decoded: &mut Vec<u8>) {
        match self {
            Self::Byte(byte) => decoded.push(byte),
            Self::Char(c) => decoded.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// What an escape that begins at `at` stands for, and how long it is.
fn escape(bytes: &[u8], at: usize) -> Option<(Value, usize)> {
    let rest = &bytes[at..];
    match rest {
        [b'%', b'u', four @ ..] => hex(four, 4).and_then(char::from_u32).map(|c| (Value::Char(c), 6)),
        [b'%', two @ ..] => match u8::try_from(hex(two, 2)?).ok()? {
            byte @ ..0x80 => Some((Value::Byte(byte), 3)),
            first => several(first, rest),
        },
        [b'&', b'#', b'x' | b'X', ..] => reference(rest, 3, 16),
        [b'&', b'#', ..] => reference(rest, 2, 10),
        [b'&', ..] => named(rest),
        [b'\\', b'u', b'{', inner @ ..] => {
            let length = inner.iter().take(7).position(|byte| *byte == b'}')?;
            Some((Value::Char(char::from_u32(hex(inner, length)?)?), length + 4))
        }
        [b'\\', b'u', four @ ..] => unicode(hex(four, 4)?, &rest[6..]),
        [b'\\', b'x', two @ ..] => Some((Value::Byte(u8::try_from(hex(two, 2)?).ok()?), 4)),
        [b'\\', b'n', ..] => Some((Value::Byte(b'\n'), 2)),
        [b'\\', b'r', ..] => Some((Value::Byte(b'\r'), 2)),
        [b'\\', b't', ..] => Some((Value::Byte(b'\t'), 2)),
        [b'\\', same @ (b'"' | b'/' | b'\\' | b'\''), ..] => Some((Value::Byte(*same), 2)),
        _ => None,
    }
}

/// A character of several bytes, each as an escape: a sign before a word such as `above` is none.
fn several(first: u8, rest: &[u8]) -> Option<(Value, usize)> {
    let count = usize::try_from(first.leading_ones()).ok().filter(|count| (2..=4).contains(count))?;
    let mut bytes = [0; 4];
    for (byte, escaped) in bytes.iter_mut().zip(rest.get(..3 * count)?.as_chunks::<3>().0) {
        *byte = u8::try_from(hex(escaped.strip_prefix(b"%")?, 2)?).ok()?;
    }
    let c = std::str::from_utf8(&bytes[..count]).ok()?.chars().next()?;
    Some((Value::Char(c), 3 * count))
}

/// A UTF-16 unit, with the second one of a pair where there is one.
fn unicode(unit: u32, rest: &[u8]) -> Option<(Value, usize)> {
    if let Some(c) = char::from_u32(unit) {
        return Some((Value::Char(c), 6));
    }
    let low = match rest {
        [b'\\', b'u', four @ ..] => hex(four, 4)?,
        _ => return None,
    };
    if !(0xd800..0xdc00).contains(&unit) || !(0xdc00..0xe000).contains(&low) {
        return None;
    }
    let c = char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00))?;
    Some((Value::Char(c), 12))
}

fn reference(rest: &[u8], skip: usize, radix: u32) -> Option<(Value, usize)> {
    let digits = rest[skip..].iter().take(7).take_while(|byte| char::from(**byte).is_digit(radix)).count();
    let text = std::str::from_utf8(&rest[skip..skip + digits]).ok()?;
    let c = char::from_u32(u32::from_str_radix(text, radix).ok()?)?;
    let closed = usize::from(rest.get(skip + digits) == Some(&b';'));
    Some((Value::Char(c), skip + digits + closed))
}

fn named(rest: &[u8]) -> Option<(Value, usize)> {
    const NAMES: &[(&[u8], char)] = &[
        (b"&amp;", '&'),
        (b"&apos;", '\''),
        (b"&colon;", ':'),
        (b"&commat;", '@'),
        (b"&equals;", '='),
        (b"&gt;", '>'),
        (b"&lpar;", '('),
        (b"&lt;", '<'),
        (b"&nbsp;", ' '),
        (b"&newline;", '\n'),
        (b"&period;", '.'),
        (b"&quot;", '"'),
        (b"&rpar;", ')'),
        (b"&shy;", '\u{ad}'),
        (b"&sol;", '/'),
        (b"&tab;", '\t'),
        (b"&zerowidthspace;", '\u{200b}'),
        (b"&zwj;", '\u{200d}'),
        (b"&zwnj;", '\u{200c}'),
    ];
    let first = rest.get(1).filter(|first| first.is_ascii_alphabetic())?.to_ascii_lowercase();
    let alike = NAMES.iter().filter(|(name, _)| name[1] == first);
    let mut known =
        alike.filter(|(name, _)| rest.get(..name.len()).is_some_and(|next| next.eq_ignore_ascii_case(name)));
    known.next().map(|(name, c)| (Value::Char(*c), name.len()))
}

fn hex(bytes: &[u8], count: usize) -> Option<u32> {
    let digits = bytes.get(..count).filter(|_| count > 0)?;
    digits.iter().try_fold(0, |value, byte| Some(value << 4 | char::from(*byte).to_digit(16)?))
}

/// The shortest run that is tried, and the longest that is read.
const SHORTEST: usize = 16;
const LONGEST: usize = 256 * 1024;
/// What separates two runs in the text that is made of them.
pub(super) const BETWEEN: u8 = b'\n';

/// All runs of base64 and hex that hold text, one after the other; nothing where there is none.
pub(super) fn blobs(text: &str) -> Option<(String, Map)> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::new();
    let mut map = Map::default();
    let mut at = 0;
    while let Some(found) = SIGNS.run(bytes, at, SHORTEST) {
        at = found.end;
        run(&bytes[found.clone()], found.start, &mut decoded, &mut map);
    }
    spaced_hex(bytes, &mut decoded, &mut map);
    (!decoded.is_empty()).then(|| (readable(decoded), map))
}

/// What base64 and hex are written with.
const SIGNS: Class = Class::of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_");

fn run(run: &[u8], at: usize, decoded: &mut Vec<u8>, map: &mut Map) {
    let run = &run[..run.len().min(LONGEST)];
    let all_hex = run.iter().all(u8::is_ascii_hexdigit);
    let value = if all_hex { unhex(run) } else { unbase64(run) };
    if let Some(value) = value.filter(|value| is_text(value)) {
        push(&value, at..at + run.len(), decoded, map);
    }
}

fn push(value: &[u8], origin: Range<usize>, decoded: &mut Vec<u8>, map: &mut Map) {
    map.block(decoded.len(), origin);
    decoded.extend_from_slice(value);
    decoded.push(BETWEEN);
}

/// Hex bytes with a blank, a colon, a dash or a comma between them, as dumps show them.
fn spaced_hex(bytes: &[u8], decoded: &mut Vec<u8>, map: &mut Map) {
    let mut at = 0;
    let mut probe = 0;
    while probe + 3 < bytes.len() {
        let Some(joint) = (probe..probe + 3).find(|joint| *joint >= at && is_joint(bytes, *joint)) else {
            probe += STEP;
            continue;
        };
        let mut first = joint;
        while first >= at + 3 && bytes[first - 3] == bytes[first] && is_joint(bytes, first - 3) {
            first -= 3;
        }
        // What touches a letter is of a word.
        let of_word = |at: Option<&u8>| at.is_some_and(u8::is_ascii_alphanumeric);
        let start = if of_word(bytes[..first - 2].last()) { first + 1 } else { first - 2 };
        let mut value = Vec::new();
        let (mut next, mut end) = (start, start);
        while let Some(byte) = bytes.get(next..).and_then(|rest| hex(rest, 2)) {
            if of_word(bytes.get(next + 2)) {
                break;
            }
            value.extend(u8::try_from(byte));
            end = next + 2;
            if bytes.get(end) != Some(&bytes[first]) {
                break;
            }
            next = end + 1;
        }
        if value.len() >= SHORTEST / 2 && is_text(&value) {
            push(&value, start..end, decoded, map);
        }
        at = end.max(joint + 1);
        probe = at;
    }
}

/// Of any three bytes that follow such a step, one is a joint, where eight bytes are dumped.
const STEP: usize = 12;

/// A separator between two hex bytes that is there again after them.
fn is_joint(bytes: &[u8], at: usize) -> bool {
    let dumped = |from: usize| bytes.get(from..).is_some_and(|rest| hex(rest, 2).is_some());
    matches!(bytes[at], b' ' | b':' | b'-' | b',')
        && bytes.get(at + 3) == Some(&bytes[at])
        && at >= 2
        && dumped(at - 2)
        && dumped(at + 1)
}

fn unhex(run: &[u8]) -> Option<Vec<u8>> {
    run.chunks(2).map(|pair| u8::try_from(hex(pair, 2)?).ok()).collect()
}

pub(super) fn unbase64(run: &[u8]) -> Option<Vec<u8>> {
    // Words and paths look like base64 as well; the first bytes tell them apart.
    const TOLD: usize = 16;
    let (fours, rest) = run.as_chunks::<4>();
    let mut value = Vec::with_capacity(run.len() / 4 * 3 + 2);
    let bits = |signs: &[u8]| {
        let six = signs.iter().map(|sign| u32::from(SIXES[usize::from(*sign)]));
        six.fold((0, 0), |(held, all), six| (held << 6 | six & 63, all | six))
    };
    for (index, four) in fours.iter().enumerate() {
        let (held, all) = bits(four);
        if all > 63 {
            return None;
        }
        value.extend_from_slice(&held.to_be_bytes()[1..]);
        if (index + 1) * 4 == TOLD && !is_text(&value) {
            return None;
        }
    }
    let (held, all) = bits(rest);
    match rest.len() {
        _ if all > 63 => return None,
        2 => value.push(u8::try_from(held >> 4 & 0xff).ok()?),
        3 => value.extend_from_slice(&(held >> 2).to_be_bytes()[2..]),
        _ => {}
    }
    Some(value)
}

/// The six bits that a sign of base64 stands for.
static SIXES: [u8; 256] = {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut sixes = [u8::MAX; 256];
    let mut six: u8 = 0;
    while six < 64 {
        sixes[SIGNS[six as usize] as usize] = six;
        six += 1;
    }
    sixes[b'-' as usize] = 62;
    sixes[b'_' as usize] = 63;
    sixes
};

/// Printable for the most part: what was encoded was text.
fn is_text(value: &[u8]) -> bool {
    let odd = value
        .iter()
        .filter(|byte| !matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t' | 0xc2..=0xf4 | 0x80..=0xbf));
    let high = value.iter().filter(|byte| **byte >= 0x80).count();
    odd.count() == 0 && (high == 0 || std::str::from_utf8(&value[..value.len() - value.len().min(3)]).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unescaped(text: &str) -> Option<String> {
        escapes(text).map(|(text, _)| text)
    }

    #[test]
    fn escapes_of_three_notations_are_read() {
        assert_eq!(unescaped("a%20b%2fc").as_deref(), Some("a b/c"));
        assert_eq!(unescaped("&#60;b&#x3E; &amp;").as_deref(), Some("<b> &"));
        assert_eq!(unescaped("\\u0041\\ud83d\\ude00\\n").as_deref(), Some("A😀\n"));
        assert_eq!(unescaped("100 % of R&D in C:\\work"), None);
    }

    #[test]
    fn runs_that_hold_text_are_read() {
        assert_eq!(
            blobs("x SGVsbG8sIHdvcmxkISBIZWxsbyE= y").map(|(text, _)| text).as_deref(),
            Some("Hello, world! Hello!\n")
        );
        assert_eq!(
            blobs("48656c6c6f2c20776f726c6421").map(|(text, _)| text).as_deref(),
            Some("Hello, world!\n")
        );
        assert_eq!(blobs("48 65 6c 6c 6f 2c 20 77 6f").map(|(text, _)| text).as_deref(), Some("Hello, wo\n"));
        for (text, said) in [
            ("be 48:65:6c:6c:6f:2c:20:77 af", "Hello, w\n"),
            ("cafe-48-65-6c-6c-6f-2c-20-77-21-after", "Hello, w!\n"),
        ] {
            assert_eq!(blobs(text).map(|(text, _)| text).as_deref(), Some(said), "{text}");
        }
        assert!(blobs("a/perfectly/ordinary/path/of/some/length and thisIsACamelCaseIdentifier").is_none());
    }

    #[test]
    fn broken_utf8_keeps_its_length() {
        assert_eq!(unescaped("%ff%c3%a9x%e2%82%ac").as_deref(), Some("%ffé x€".replace(' ', "").as_str()));
        assert_eq!(unescaped("the %above, %earlier and %each %c3%zz %e2%82"), None);
    }
}
