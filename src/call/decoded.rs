//! Base64 as clients decode it. Most pass over what is none, each in a way of its own, so that one text may be several:
//! a text is read in all of them unless all agree.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// What no decoder takes for a part of the text.
const BLANKS: [char; 5] = [' ', '\t', '\n', '\u{c}', '\r'];

/// What a decoder makes of an equals sign.
#[derive(Clone, Copy)]
enum Padding {
    /// Nothing is read behind it.
    Ends,
    /// The same where it fills a group of four.
    EndsGroups,
    /// As any other sign that is no digit.
    Passed,
}

/// What the text is to one decoder or another; one where all agree.
pub(super) fn decodings(data: &str) -> Vec<Vec<u8>> {
    if let Some(bytes) = strictly(data) {
        return vec![bytes];
    }
    let ways: &[Padding] = if data.trim_end_matches(|c| c == '=' || BLANKS.contains(&c)).contains('=') {
        &[Padding::Ends, Padding::EndsGroups, Padding::Passed]
    } else {
        &[Padding::Passed]
    };
    let mut found: Vec<Vec<u8>> = Vec::new();
    for both in [true, false] {
        for padding in ways {
            let bytes = leniently(data, both, *padding);
            if !bytes.is_empty() && !found.contains(&bytes) {
                found.push(bytes);
            }
        }
    }
    found
}

/// With the standard digits, blanks and what pads the end, and nothing else.
fn strictly(data: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let engine = GeneralPurpose::new(&STANDARD, config);
    if data.contains(BLANKS) { engine.decode(data.replace(BLANKS, "")) } else { engine.decode(data) }.ok()
}

/// The digits of the standard alphabet, or those of both, and nothing of what stands between them.
fn leniently(data: &str, both: bool, padding: Padding) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(data.len() / 4 * 3);
    let (mut digits, mut signs) = (0_usize, 0_usize);
    // The bits that make no whole byte yet stand at its lower end.
    let mut bits = 0_u32;
    for byte in data.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'-' if both => 62,
            b'_' if both => 63,
            b'=' => {
                signs += 1;
                match padding {
                    Padding::Ends => break,
                    Padding::EndsGroups if digits >= 2 && digits + signs >= 4 => break,
                    _ => continue,
                }
            }
            _ => continue,
        };
        (bits, digits, signs) = ((bits << 6) | u32::from(digit), (digits + 1) % 4, 0);
        if digits != 1 {
            let [.., byte] = (bits >> ((4 - digits) % 4 * 2)).to_be_bytes();
            bytes.push(byte);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_all_that_decoders_take_it_for() {
        for (data, expected) in [
            ("YSBub3Rl", &["a note"][..]),
            (" YSBub3Q=\n", &["a not"]),
            ("YSBu\u{c}b3Rl\r", &["a note"]),
            ("\"YSBu\"\u{a0}b3Rl!", &["a note"]),
            ("YSBub3RlPz8+", &["a note??>"]),
            ("YSBub3RlPz8-", &["a note??>", "a note??"]),
            ("YSBu=b3Rl", &["a n", "a note"]),
            ("?", &[]),
        ] {
            let texts: Vec<_> = decodings(data).into_iter().map(String::from_utf8).collect();
            let expected: Vec<_> = expected.iter().map(|text| Ok((*text).to_owned())).collect();
            assert_eq!(texts, expected, "{data}");
        }
        assert_eq!(decodings("YSA=b3Rl").first().map(Vec::as_slice), Some(&b"a "[..]));
    }
}
