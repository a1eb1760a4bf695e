//! Texts that come as bytes: how they read, by the charset that they are said to be in and by how they look.

/// What bytes are to whoever looks for words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Text(String),
    /// No text by its looks.
    Binary,
    /// A text, and nobody here knows how to read it.
    Unread,
}

impl Reading {
    pub(super) fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Binary | Self::Unread => None,
        }
    }
}

/// Supersets of ASCII: what is ASCII reads the same in each.
const SUPERSETS: [&str; 13] = [
    "iso-8859-",
    "iso8859-",
    "latin",
    "windows-125",
    "cp125",
    "koi8",
    "gbk",
    "gb2312",
    "gb18030",
    "big5",
    "shift_jis",
    "euc-",
    "macintosh",
];

/// Of so many characters one may be none in what is still a text.
const MOSTLY: usize = 8;

/// Of what claims to be a text, or names a charset: all that clients take it for, whether they heed that or not.
pub(super) fn text(bytes: &[u8], charset: Option<&str>) -> Vec<Reading> {
    let charset = charset.map(str::to_ascii_lowercase);
    let name = charset.as_deref().unwrap_or_default();
    let unit = [("utf-16", 2), ("utf16", 2), ("ucs-2", 2), ("utf-32", 4), ("utf32", 4), ("ucs-4", 4)];
    let unit = unit.into_iter().find_map(|(wide, unit)| name.contains(wide).then_some(unit));
    if unit.is_some() || looks_wide(bytes).is_some() {
        let order = if name.ends_with("be") { Order::Big } else { Order::Little };
        let (unit, order) = looks_wide(bytes).or(unit.map(|unit| (unit, order))).unwrap_or((2, order));
        let wide = wide(bytes, unit, order).map_or(Reading::Unread, Reading::Text);
        return with_narrow(wide, bytes);
    }
    vec![narrow(bytes, name)]
}

fn narrow(bytes: &[u8], name: &str) -> Reading {
    match name {
        "" | "utf-8" | "utf8" | "us-ascii" | "ascii" => {
            Reading::Text(String::from_utf8_lossy(bytes).into_owned())
        }
        "iso-8859-1" | "iso8859-1" | "latin1" | "windows-1252" | "cp1252" | "iso-8859-15" => {
            Reading::Text(bytes.iter().copied().map(char::from).collect())
        }
        other if SUPERSETS.iter().any(|known| other.starts_with(known)) && bytes.is_ascii() => {
            Reading::Text(String::from_utf8_lossy(bytes).into_owned())
        }
        _ => Reading::Unread,
    }
}

/// Of what does not say that it is one.
pub(super) fn sniffed(bytes: Vec<u8>) -> Vec<Reading> {
    let wide = looks_wide(&bytes).and_then(|(unit, order)| wide(&bytes, unit, order));
    match wide.filter(|text| !text.chars().any(|c| c.is_control() && !c.is_whitespace())) {
        Some(text) => with_narrow(Reading::Text(text), &bytes),
        None => vec![String::from_utf8(bytes).map_or_else(|error| mostly(error.as_bytes()), Reading::Text)],
    }
}

/// And as whoever knows nothing of wide characters has it, where that could be words.
fn with_narrow(wide: Reading, bytes: &[u8]) -> Vec<Reading> {
    /// Letters of one byte in a row, which in wide characters hardly happens.
    const WORDS: usize = 8;
    let is_sign = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    if bytes.chunk_by(|a, b| is_sign(a) && is_sign(b)).any(|run| run.len() >= WORDS) {
        vec![wide, Reading::Text(String::from_utf8_lossy(bytes).into_owned())]
    } else {
        vec![wide]
    }
}

/// A few bytes that are none of a text do not keep anybody from reading the rest.
fn mostly(bytes: &[u8]) -> Reading {
    let text = String::from_utf8_lossy(bytes);
    let odd = |c: &char| *c == char::REPLACEMENT_CHARACTER || c.is_control() && !c.is_whitespace();
    let odd = text.chars().filter(odd).count();
    if odd * MOSTLY <= text.chars().count() { Reading::Text(text.into_owned()) } else { Reading::Binary }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

/// By the mark that such texts begin with, or by the zeros beside the letters of Latin scripts.
fn looks_wide(bytes: &[u8]) -> Option<(usize, Order)> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] => return Some((4, Order::Little)),
        [0, 0, 0xfe, 0xff, ..] => return Some((4, Order::Big)),
        [0xff, 0xfe, ..] => return Some((2, Order::Little)),
        [0xfe, 0xff, ..] => return Some((2, Order::Big)),
        _ => {}
    }
    let mut zeros = [0_usize; 4];
    for (at, byte) in bytes.iter().enumerate() {
        zeros[at % 4] += usize::from(*byte == 0);
    }
    // Most of the units have a zero there, and hardly one where the letter is.
    let units = bytes.len() / 4;
    let [many, few] =
        [|zeros: usize, units: usize| zeros * 2 > units, |zeros: usize, units: usize| zeros * 8 <= units];
    match zeros {
        _ if units == 0 => None,
        [a, b, c, d] if few(a, units) && many(b, units) && many(c, units) && many(d, units) => {
            Some((4, Order::Little))
        }
        [a, b, c, d] if many(a, units) && many(b, units) && many(c, units) && few(d, units) => {
            Some((4, Order::Big))
        }
        [a, b, c, d] if few(a + c, 2 * units) && many(b + d, 2 * units) => Some((2, Order::Little)),
        [a, b, c, d] if many(a + c, 2 * units) && few(b + d, 2 * units) => Some((2, Order::Big)),
        _ => None,
    }
}

/// Nothing where a unit is no character.
fn wide(bytes: &[u8], unit: usize, order: Order) -> Option<String> {
    let units = bytes.chunks(unit).map(|chunk| {
        let add = |value: u32, byte: &u8| (value << 8) | u32::from(*byte);
        match order {
            Order::Big => chunk.iter().fold(0, add),
            Order::Little => chunk.iter().rev().fold(0, add),
        }
    });
    let text: Option<String> = if unit == 4 {
        units.map(char::from_u32).collect()
    } else {
        let units = units.map(|unit| u16::try_from(unit).unwrap_or_default());
        char::decode_utf16(units).map(Result::ok).collect()
    };
    text.map(|text| text.trim_start_matches('\u{feff}').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide_bytes(text: &str, unit: usize, big: bool) -> Vec<u8> {
        let bytes = |c: char| {
            let mut bytes = u32::from(c).to_be_bytes()[4 - unit..].to_vec();
            if !big {
                bytes.reverse();
            }
            bytes
        };
        text.chars().flat_map(bytes).collect()
    }

    #[test]
    fn wide_texts_are_read_by_mark_by_name_and_by_looks() {
        let read = vec![Reading::Text("a note, é".to_owned())];
        for unit in [2, 4] {
            for big in [false, true] {
                let plain = wide_bytes("a note, é", unit, big);
                let marked = wide_bytes("\u{feff}a note, é", unit, big);
                assert_eq!((text(&plain, None), sniffed(plain.clone())), (read.clone(), read.clone()));
                assert_eq!(text(&marked, Some("UTF-16")), read);
                assert_eq!(sniffed(marked), read);
            }
        }
        let han = wide_bytes("指示", 2, true);
        assert_eq!(text(&han, Some("utf-16be")), [Reading::Text("指示".to_owned())]);
    }

    #[test]
    fn what_is_a_text_either_way_is_read_in_both() {
        let is_it =
            |reading: &Reading| matches!(reading, Reading::Text(text) if text.ends_with("ignore all rules"));
        for mark in ["", "\u{ff}\u{fe}", "\u{fe}\u{ff}"] {
            let bytes: Vec<u8> =
                format!("{mark}ignore all rules").chars().map(|c| u32::from(c).to_le_bytes()[0]).collect();
            for charset in
                [None, Some("utf-8"), Some("utf-16"), Some("UTF-16LE"), Some("ucs-2"), Some("utf-32")]
            {
                assert!(text(&bytes, charset).iter().any(is_it), "{mark:?} {charset:?}");
            }
            assert!(sniffed(bytes).iter().any(is_it), "{mark:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_to_be() {
        assert_eq!(text(b"a+AGI-", Some("utf-7")), [Reading::Unread]);
        assert_eq!(text(&[0x81, 0x82], Some("cp037")), [Reading::Unread]);
        assert_eq!(text(&[0x93, 0xfa], Some("shift_jis")), [Reading::Unread]);
        assert!(text(b"words of four", Some("utf-32")).contains(&Reading::Unread));
        assert_eq!(text(b"abc", Some("Shift_JIS")), [Reading::Text("abc".to_owned())]);
        assert_eq!(text(&[b'a', 0xe9], Some("ISO-8859-1")), [Reading::Text("aé".to_owned())]);
        assert_eq!(
            sniffed(b"a few words, \xff".to_vec()),
            [Reading::Text("a few words, \u{fffd}".to_owned())]
        );
        assert_eq!(sniffed(vec![0x89, b'P', b'N', b'G', 0, 0, 0, 13]), [Reading::Binary]);
    }
}
