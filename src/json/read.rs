//! Reads JSON from outside, where texts are cut by programs that count in halves of characters.
//!
//! Half a surrogate pair is no character, and one of them would make a whole message unreadable. It becomes U+FFFD,
//! as wherever such a text is decoded. Only a text that could not be read is looked at for that.

use std::ops::Range;

use serde::de::DeserializeOwned;

/// What some programs write before their first line.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// `\uXXXX`
const ESCAPE: usize = 6;

/// An object with this name first is a number to `serde_json`, or nothing that it can read.
const TAKEN: &str = "$serde_json::private::Number";
const IS_TAKEN: &str = "a member cannot be called `$serde_json::private::Number` here";

pub fn read<T: DeserializeOwned>(text: &[u8]) -> serde_json::Result<T> {
    let text = without_mark(text);
    if has_taken(text) {
        return Err(serde::de::Error::custom(IS_TAKEN));
    }
    serde_json::from_slice(text).or_else(|error| match mended(text) {
        Some(text) => serde_json::from_slice(&text),
        None => Err(error),
    })
}

pub fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(MARK).unwrap_or(text)
}

/// What keeps a text from being JSON, and where; nothing of the text is in the words.
pub fn reason(error: &serde_json::Error) -> Option<String> {
    let told = error.to_string();
    (error.is_syntax() || error.is_eof() || told == IS_TAKEN).then_some(told)
}

/// Whether a member has the name that is taken, however it is written. Most texts are told at a glance.
fn has_taken(text: &[u8]) -> bool {
    let has = |sign: &[u8]| memchr::memmem::find(text, sign).is_some();
    if !has(TAKEN.as_bytes()) && !has(b"\\u00") {
        return false;
    }
    let mut at = 0;
    while let Some(string) = string(text, at) {
        let (written, rest) = (&text[string.clone()], &text[string.end..]);
        let may_be = (TAKEN.len()..=TAKEN.len() * ESCAPE).contains(&(string.len() - 2));
        if may_be
            && rest.trim_ascii_start().starts_with(b":")
            && serde_json::from_slice::<String>(written).is_ok_and(|name| name == TAKEN)
        {
            return true;
        }
        at = string.end;
    }
    false
}

/// The next string, with its quotes.
fn string(text: &[u8], from: usize) -> Option<Range<usize>> {
    let start = from + memchr::memchr(b'"', text.get(from..)?)?;
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(start..at + 1);
        }
        at += 2;
    }
}

/// The text with every half of a pair replaced; `None` where there is none.
fn mended(text: &[u8]) -> Option<Vec<u8>> {
    let mut mended: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        at += found;
        at += match escaped(text, at) {
            None => 2,
            Some(0xd800..0xdc00) if matches!(escaped(text, at + ESCAPE), Some(0xdc00..0xe000)) => 2 * ESCAPE,
            Some(0xd800..0xe000) => {
                let mended = mended.get_or_insert_with(|| text.to_vec());
                mended[at..at + ESCAPE].copy_from_slice(b"\\ufffd");
                ESCAPE
            }
            Some(_) => ESCAPE,
        };
    }
    mended
}

/// The number of the `\uXXXX` that stands here.
fn escaped(text: &[u8], at: usize) -> Option<u16> {
    let digits = text.get(at..at + ESCAPE)?.strip_prefix(b"\\u")?;
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::dice::Dice;

    #[test]
    fn half_a_pair_is_a_replacement_character() {
        for (text, expected) in [
            (r#""cut \ud83c""#, "cut \u{fffd}"),
            (r#""\udf89 cut""#, "\u{fffd} cut"),
            (r#""\uD83C\uDF89""#, "\u{1f389}"),
            (r#""\ud83c\ud83c\udf89\udf89""#, "\u{fffd}\u{1f389}\u{fffd}"),
            (r#""\ud83c\n\\ud83c\\""#, "\u{fffd}\n\\ud83c\\"),
            (r#""\ud83cA""#, "\u{fffd}A"),
            (r#""\\\ud83c""#, "\\\u{fffd}"),
        ] {
            assert_eq!(read::<Value>(text.as_bytes()).expect(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_keep_all_their_digits() {
        let text = "[123456789012345678901234567890,-18446744073709551616,0.1234567890123456789,1.50,1e+400]";
        assert_eq!(read::<Value>(text.as_bytes()).expect("JSON").to_string(), text);
    }

    #[test]
    fn a_name_that_makes_a_number_of_an_object_is_refused() {
        for text in [
            r#"{"$serde_json::private::Number": "12"}"#,
            r#"[{"a": {"$serde_json::private::Number"  : "x"}}]"#,
            r#"{"\u0024serde_json\u003a:private::Number": 1}"#,
        ] {
            let error = read::<Value>(text.as_bytes()).expect_err(text);
            assert_eq!(reason(&error).as_deref(), Some(IS_TAKEN));
        }
        for text in [
            r#"["$serde_json::private::Number", {"a": "$serde_json::private::Number"}]"#,
            r#"{"$serde_json::private::Numbers": "\u00e9", "\\": "\"$serde_json::private::Number\":"}"#,
        ] {
            let read = read::<Value>(text.as_bytes()).expect(text);
            assert_eq!(read, serde_json::from_str::<Value>(text).expect(text));
        }
    }

    #[test]
    fn what_is_no_json_otherwise_is_none() {
        for text in [r#""\ud83"#, r#""\ud83x""#, r#""\u+123""#, r#"["\ud83c""#, "\"\\", "1e", "\\ud83c"] {
            assert!(read::<Value>(text.as_bytes()).is_err(), "{text}");
        }
        let error = read::<Value>(b"[1e]").expect_err("no number");
        assert_eq!(reason(&error).as_deref(), Some("invalid number at line 1 column 4"));
        assert_eq!(read::<Value>(b"\xef\xbb\xbf[]").expect("a list"), Value::Array(Vec::new()));
    }

    #[test]
    fn whatever_is_escaped_is_read_as_the_platforms_that_write_it_read_it() {
        const PIECES: [&str; 9] =
            [r"\ud83c", r"\udf89", r"\uD800", r"\uDFFF", r"\\", r"\n", r"\u0041", "x", "é"];
        let mut dice = Dice(0x2545_f491_4f6c_dd1d);
        for _ in 0..2_000 {
            let pieces: Vec<&str> = (0..dice.below(9)).map(|_| PIECES[dice.below(PIECES.len())]).collect();
            let units: Vec<u16> = pieces
                .iter()
                .flat_map(|piece| match piece.strip_prefix("\\u") {
                    Some(digits) => vec![u16::from_str_radix(digits, 16).expect("digits")],
                    None => piece.replace("\\n", "\n").replace("\\\\", "\\").encode_utf16().collect(),
                })
                .collect();
            let text = format!("\"{}\"", pieces.concat());
            assert_eq!(
                read::<Value>(text.as_bytes()).expect(&text),
                String::from_utf16_lossy(&units),
                "{text}"
            );
        }
    }
}
