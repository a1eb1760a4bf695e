//! Looks for what must be nowhere, as whoever reads a text would see it.

use std::collections::BTreeSet;

/// The marks in a text.
pub(super) fn marks(text: &str) -> BTreeSet<String> {
    let text = plain(text);
    let starts = text.match_indices("kestrel").map(|(at, _)| at);
    let mark = |at: usize| {
        let rest = text[at..].chars();
        rest.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).collect()
    };
    starts.map(mark).collect()
}

/// Whether something of an attack is in a text, with its mark or without.
pub(super) fn is_clean(text: &str) -> bool {
    let text = plain(text);
    !["kestrel", "evil.example", "id_rsa", "previous"].iter().any(|word| text.contains(word))
}

/// With what shows nothing left out, and with what is written in other characters in plain ones.
fn plain(text: &str) -> String {
    let plain = |c: char| match u32::from(c) {
        0xad | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xfeff => None,
        point @ 0xe_0020..=0xe_007e => char::from_u32(point - 0xe_0000),
        point @ 0xfe00..=0xfe0f => char::from_u32(point - 0xfe00),
        point @ 0xe_0100..=0xe_01ef => char::from_u32(point - 0xe_0100 + 16),
        point @ 0xff01..=0xff5e => char::from_u32(point - 0xfee0),
        _ => Some(c),
    };
    text.chars().filter_map(plain).collect::<String>().to_lowercase()
}

#[test]
fn nothing_hides_from_the_search() {
    for text in ["KESTREL-a-", "k\u{200b}e\u{2060}strel-a-", "\u{e006b}\u{e0065}strel-a-", "ｋestrel-a-"] {
        assert_eq!(marks(text), BTreeSet::from(["kestrel-a-".to_owned()]), "{text}");
        assert!(!is_clean(text));
    }
    assert!(marks("a falcon").is_empty() && is_clean("a falcon"));
}
