//! Folds look-alikes to ASCII: full width, mathematical and circled letters, accents, Cyrillic and Greek
//! letters inside Latin words. What cannot be seen is dropped, and tag characters are read as the text they hide.

use std::ops::RangeInclusive;
use std::sync::OnceLock;

use super::concealed;
use super::text::Map;

/// The folded text and the way back; nothing where the text is ASCII already.
pub(super) fn fold(text: &str) -> Option<(String, Map)> {
    if text.is_ascii() && !concealed::has_control(text) {
        return None;
    }
    let mut folded = String::with_capacity(text.len());
    let mut map = Map::default();
    // The word that is being read: whether it has a Latin letter, and where it ends.
    let mut word = Word::default();
    let mut plain = false;
    let mut next = 0;
    while let Some(rest) = text.get(next..).filter(|rest| !rest.is_empty()) {
        let special = |byte: u8| !byte.is_ascii() || concealed::is_control(byte);
        let ascii = rest.bytes().position(special).unwrap_or(rest.len());
        if ascii > 0 {
            if !plain {
                map.plain(folded.len(), next);
                plain = true;
            }
            folded.push_str(&rest[..ascii]);
            next += ascii;
            continue;
        }
        let at = next;
        let Some(c) = rest.chars().next() else { break };
        if c.is_ascii() {
            next += concealed::hidden(rest);
            plain = false;
            continue;
        }
        if let Some(revealed) = concealed::reveal(text, at, c) {
            next = revealed.next;
            map.block(folded.len(), revealed.place);
            plain = false;
            folded.push_str(&revealed.said);
            continue;
        }
        next += c.len_utf8();
        let origin = at..at + c.len_utf8();
        match image(c) {
            Image::Same => {
                if !plain {
                    map.plain(folded.len(), at);
                    plain = true;
                }
                folded.push(c);
            }
            Image::Nothing => plain = false,
            Image::Ascii(byte) => {
                map.block(folded.len(), origin);
                plain = false;
                folded.push(char::from(byte));
            }
            Image::Pair(pair) => {
                map.block(folded.len(), origin);
                plain = false;
                folded.push_str(pair);
            }
            Image::LookAlike(byte) => {
                if at >= word.end {
                    word = Word::from(text, at);
                }
                map.block(folded.len(), origin);
                plain = false;
                folded.push(if word.latin { char::from(byte) } else { c });
            }
        }
    }
    Some((folded, map))
}

#[derive(Default)]
struct Word {
    end: usize,
    latin: bool,
}

impl Word {
    /// How long a word is looked at.
    const MAX: usize = 64;

    /// The word around a look-alike: Latin when it holds an ASCII letter or look-alikes only.
    fn from(text: &str, at: usize) -> Self {
        let images = |c: char| (c, image(c));
        let letter = |(c, image): &(char, Image)| match image {
            Image::Nothing => true,
            Image::LookAlike(_) if ALPHABETS.contains(&u32::from(*c)) => true,
            _ => c.is_alphabetic(),
        };
        let mut before = text[..at].chars().rev().map(images).take_while(letter).take(Self::MAX);
        let mut ascii = before.any(|(c, _)| c.is_ascii_alphabetic());
        let (mut end, mut alike) = (at, true);
        for (c, image) in text[at..].chars().map(images).take_while(letter).take(Self::MAX) {
            end += c.len_utf8();
            ascii |= c.is_ascii_alphabetic();
            alike &= !matches!(image, Image::Same);
        }
        Self { end, latin: ascii || alike }
    }
}

/// Greek, Cyrillic and Armenian: whatever looks like another letter there is one itself.
const ALPHABETS: RangeInclusive<u32> = 0x370..=0x5ff;

enum Image {
    Same,
    Nothing,
    Ascii(u8),
    Pair(&'static str),
    LookAlike(u8),
}

fn image(c: char) -> Image {
    let code = u32::from(c);
    match code {
        0..0x80 => Image::Same,
        // What stands in a text by the thousand, if anything does.
        0x200b..=0x200f => Image::Nothing,
        _ if ALPHABETS.contains(&code) => look_alike(c),
        0xe0020..=0xe007e => ascii(code - 0xe0000),
        _ if is_unseen(code) => Image::Nothing,
        0xff01..=0xff5e => ascii(code - 0xff01 + 0x21),
        0xa0 | 0x1680 | 0x2000..=0x200a | 0x202f | 0x205f | 0x3000 => Image::Ascii(b' '),
        0x2028 | 0x2029 | 0x85 => Image::Ascii(b'\n'),
        0x1d400..=0x1d6a3 => letter(code - 0x1d400),
        0x1d7ce..=0x1d7ff => ascii((code - 0x1d7ce) % 10 + 0x30),
        0x1d6a8..=0x1d7c9 => mathematical_greek(code),
        0x2460..=0x2468 => ascii(code - 0x2460 + 0x31),
        0x24b6..=0x24cf => ascii(code - 0x24b6 + 0x41),
        0x24d0..=0x24e9 => ascii(code - 0x24d0 + 0x61),
        0x249c..=0x24b5 => ascii(code - 0x249c + 0x61),
        0x24ea => Image::Ascii(b'0'),
        0x1f130..=0x1f149 => ascii(code - 0x1f130 + 0x41),
        0x1f150..=0x1f169 => ascii(code - 0x1f150 + 0x41),
        0x1f170..=0x1f189 => ascii(code - 0x1f170 + 0x41),
        0x1f1e6..=0x1f1ff => ascii(code - 0x1f1e6 + 0x41),
        0x2080..=0x2089 => ascii(code - 0x2080 + 0x30),
        0x2070 | 0x2074..=0x2079 => ascii(code - 0x2070 + 0x30),
        0x660..=0x669 => ascii(code - 0x660 + 0x30),
        0x6f0..=0x6f9 => ascii(code - 0x6f0 + 0x30),
        0x966..=0x96f => ascii(code - 0x966 + 0x30),
        0xb9 => Image::Ascii(b'1'),
        0xb2..=0xb3 => ascii(code - 0xb0 + 0x30),
        0xfb00..=0xfb06 => {
            Image::Pair(["ff", "fi", "fl", "ffi", "ffl", "st", "st"][(code - 0xfb00) as usize])
        }
        0x2018..=0x201b | 0x2032 | 0x2bc | 0xb4 | 0x2b9 => Image::Ascii(b'\''),
        0x201c..=0x201f | 0x2033 => Image::Ascii(b'"'),
        0x2010..=0x2015 | 0x2212 | 0xfe58 | 0xfe63 => Image::Ascii(b'-'),
        0x2024 | 0x3002 | 0xff61 | 0xfe52 => Image::Ascii(b'.'),
        0x2026 => Image::Pair("..."),
        0x2044 | 0x2215 => Image::Ascii(b'/'),
        0xa789 | 0x2236 | 0xfe55 => Image::Ascii(b':'),
        0xc0..=0x17f => latin(code),
        _ => look_alike(c),
    }
}

/// Characters without a width, and marks that only decorate others.
fn is_unseen(code: u32) -> bool {
    matches!(code,
        0x80..=0x84 | 0x86..=0x9f | 0xad | 0x34f | 0x61c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180e | 0x200b..=0x200f
        | 0x202a..=0x202e | 0x2060..=0x206f | 0xfe00..=0xfe0f | 0xfeff | 0x3164 | 0xffa0 | 0xfff9..=0xfffb
        | 0xe0000..=0xe007f | 0xe0100..=0xe01ef | 0x1d173..=0x1d17a
        | 0x300..=0x36f | 0x1ab0..=0x1aff | 0x20d0..=0x20ff)
}

fn ascii(code: u32) -> Image {
    u8::try_from(code).map_or(Image::Same, Image::Ascii)
}

fn letter(offset: u32) -> Image {
    let in_case = offset % 52;
    ascii(if in_case < 26 { in_case + 0x41 } else { in_case - 26 + 0x61 })
}

fn mathematical_greek(code: u32) -> Image {
    const UPPER: &[u8] = b"ABGDEZHTIKLMNXOPRTSTYFXPW";
    match (code - 0x1d6a8) % 58 {
        offset @ 0..=24 => Image::Ascii(UPPER[offset as usize]),
        _ => Image::Same,
    }
}

/// Latin letters with accents, U+00C0 to U+017F.
fn latin(code: u32) -> Image {
    const BASE: &[u8] = b"AAAAAA?CEEEEIIIIDNOOOOO?OUUUUYTsaaaaaa?ceeeeiiiidnooooo?ouuuuyty\
        AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi??JjKkkLlLlLlLlLlNnNnNnnNnOoOoOo??RrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";
    match BASE.get((code - 0xc0) as usize) {
        Some(b'?') | None => Image::Same,
        Some(byte) => Image::Ascii(*byte),
    }
}

/// Letters that look like an ASCII one, by that one.
const ALIKE: &[(&str, u8)] = &[
    ("аΑАᴀɑα", b'a'),
    ("ВΒвʙ", b'b'),
    ("сСϲᴄⅽ", b'c'),
    ("ԁɗᴅⅾ", b'd'),
    ("еЕёЁΕєҽᴇ℮", b'e'),
    ("ғ", b'f'),
    ("ɡɢԍ", b'g'),
    ("һНΗнʜհ", b'h'),
    ("іІΙιїɪıⅰ", b'i'),
    ("јЈϳᴊ", b'j'),
    ("кКΚκᴋ", b'k'),
    ("ӏʟⅼΙ", b'l'),
    ("мМΜᴍⅿ", b'm'),
    ("пΝոɴν", b'n'),
    ("оОοΟσօᴏ", b'o'),
    ("рРρΡᴘ", b'p'),
    ("ԛզ", b'q'),
    ("гʀᴦ", b'r'),
    ("ѕЅꜱ", b's'),
    ("тТΤτᴛ", b't'),
    ("υսᴜ", b'u'),
    ("ѵᴠⅴ", b'v'),
    ("ԝѡաᴡω", b'w'),
    ("хХχΧⅹ", b'x'),
    ("уУΥүʏγ", b'y'),
    ("ΖᴢƵ", b'z'),
    ("ℂℭ", b'c'),
    ("ℊ", b'g'),
    ("ℋℌℍℎ", b'h'),
    ("ℐℑ", b'i'),
    ("ℒℓ", b'l'),
    ("ℕ", b'n'),
    ("ℙ", b'p'),
    ("ℚ", b'q'),
    ("ℛℜℝ", b'r'),
    ("ℤℨ", b'z'),
    ("ℬ", b'b'),
    ("ℰℯ", b'e'),
    ("ℱ", b'f'),
    ("ℳ", b'm'),
    ("ℴ", b'o'),
];

/// Where look-alikes begin and end, so that they fit in a table.
const FIRST: u32 = 0x180;
const LAST: u32 = 0x217f;

fn look_alike(c: char) -> Image {
    static TABLE: OnceLock<Vec<u8>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut table = vec![0; (LAST - FIRST + 1) as usize];
        for (letters, byte) in ALIKE {
            for letter in letters.chars() {
                let byte = if letter.is_uppercase() { byte.to_ascii_uppercase() } else { *byte };
                if let Some(place) =
                    u32::from(letter).checked_sub(FIRST).and_then(|at| table.get_mut(at as usize))
                {
                    *place = byte;
                }
            }
        }
        table
    });
    let place = u32::from(c).checked_sub(FIRST).and_then(|at| table.get(at as usize));
    place.filter(|byte| **byte != 0).map_or(Image::Same, |byte| Image::LookAlike(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        fold(text).map_or_else(|| text.to_owned(), |(folded, _)| folded)
    }

    #[test]
    fn look_alikes_become_ascii() {
        assert_eq!(folded("ｉｇｎｏｒｅ 𝐭𝐡𝐞 ⓡⓤⓛⓔ"), "ignore the rule");
        assert_eq!(folded("раssword оf thе dау"), "password of the day");
        assert_eq!(folded("i\u{200b}g\u{2060}nore\u{feff}"), "ignore");
        assert_eq!(folded("précédentes Łódź Straße"), "precedentes Lodz Strase");
        assert_eq!(folded("\u{e0068}\u{e0069}"), "hi");
    }

    #[test]
    fn another_alphabet_stays_itself() {
        assert_eq!(folded("привет мир"), "привет мир");
        assert_eq!(folded("日本語"), "日本語");
    }

    #[test]
    fn latin_has_an_entry_for_each_letter() {
        assert_eq!(folded("ŁłŃńŒœŠšŸŽžſ"), "LlNnŒœSsYZzs");
    }
}
