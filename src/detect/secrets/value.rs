//! What a value looks like: random, a placeholder, or a piece of code.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

use super::super::decode;

/// Bits of information a character, by how often each occurs.
pub(super) fn entropy(value: &str) -> f32 {
    let mut counts = [0_u16; 256];
    for byte in value.bytes().take(1024) {
        counts[usize::from(byte)] += 1;
    }
    let total = f32::from(u16::try_from(value.len().min(1024)).unwrap_or(1024));
    let share = |count: &u16| {
        let share = f32::from(*count) / total;
        -share * share.log2()
    };
    counts.iter().filter(|count| **count > 0).map(share).sum()
}

pub(super) fn has_digit(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_digit())
}

pub(super) fn has_letter(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// What documentation writes where a secret belongs.
pub fn is_placeholder(value: &str) -> bool {
    const WORDS: &[&str] = &[
        "example",
        "placeholder",
        "your",
        "changeme",
        "change_me",
        "change-me",
        "insert",
        "redacted",
        "dummy",
        "fake",
        "<",
        "${",
        "$(",
        "{{",
        "xxxx",
        "****",
        "....",
        "todo",
        "mytoken",
        "replace",
        "sample",
        "process.env",
        "os.environ",
        "getenv",
        "secrets.",
        "undefined",
        "1234567890abcdefghij",
        "abcdefghijklmnopqrstuvwxyz0123",
        // Of the standards that describe logins.
        "2yotnfzfejr1zcsicmwpaa",
        "tgzv3jokf0xg5qx2tlkwia",
        "czzcagrsa3f0mzpnwdfmqmf0m2jw",
        "qwxhzgrpbjpvcgvuihnlc2ftzq",
    ];
    // Runs of keys side by side, in a value too short to be anything but made up.
    const RUNS: &[&str] =
        &["abc123", "123abc", "12345", "54321", "98765", "xyz", "qwert", "a1b2c3", "abcd1234", "1234abcd"];
    static GATES: [OnceLock<Option<AhoCorasick>>; 2] = [OnceLock::new(), OnceLock::new()];
    let has = |place: usize, list: &[&str]| {
        let build = || AhoCorasick::builder().ascii_case_insensitive(true).build(list).ok();
        GATES[place].get_or_init(build).as_ref().is_some_and(|gate| gate.is_match(value))
    };
    let first = value.as_bytes().first();
    has(0, WORDS)
        || value.len() < 16 && value.contains("1234")
        || value.len() < 24 && has(1, RUNS)
        || first.is_some_and(|first| value.bytes().all(|byte| byte == *first))
        || value.starts_with('%') && value.ends_with('%')
        || value.ends_with("...")
}

/// Looks drawn at random: letters with digits, and few characters that repeat.
pub(super) fn is_random(value: &str) -> bool {
    let enough = match value.len() {
        0..=7 => return false,
        8..=15 => 2.6,
        16..=23 => 2.9,
        _ => 3.1,
    };
    has_digit(value) && has_letter(value) && entropy(value) >= enough
}

/// Letters of both cases in no order, or with signs: nobody is called that.
pub(super) fn is_marked(value: &str) -> bool {
    let turns = value.as_bytes().windows(2).filter(|pair| {
        pair[0].is_ascii_lowercase() != pair[1].is_ascii_lowercase()
            && pair.iter().all(u8::is_ascii_alphabetic)
    });
    let signs = value.bytes().filter(|byte| b"!@#%^&*+?".contains(byte)).count();
    entropy(value) >= 2.9
        && has_letter(value)
        && !value.contains(['$', '{', '<', '/'])
        && (value.len() >= 12 && turns.count() * 3 >= value.len() || value.len() >= 8 && signs > 0)
}

/// Words joined by dashes, and at most one part that is none: `correct-horse-7QX5`.
pub(super) fn is_words(value: &str) -> bool {
    let word = |part: &&str| part.len() > 3 && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let parts = value.split('-');
    let (all, words) = (parts.clone().count(), parts.filter(word).count());
    all > 2 && words + 1 >= all
}

/// A token that says what it is was written by a person.
pub(super) fn is_named_after(token: &str) -> bool {
    let lower = token.to_ascii_lowercase();
    ["token", "personal", "access", "secret", "password"].iter().any(|word| lower.contains(word))
}

/// Upper case, lower case and digits in no order, as a generator makes them.
pub(super) fn is_mixed(value: &str) -> bool {
    let upper = value.bytes().filter(u8::is_ascii_uppercase).count();
    let lower = value.bytes().filter(u8::is_ascii_lowercase).count();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    upper >= 4 && lower >= 4 && digits >= 3 && entropy(value) >= 4.2
}

/// Capitals and small letters in turn, as nobody spells a word.
pub(super) fn changes_case(raw: &str) -> bool {
    const CHANGES: usize = 4;
    let case = |byte: u8| byte.is_ascii_uppercase();
    raw.as_bytes().windows(2).filter(|two| case(two[0]) != case(two[1])).count() >= CHANGES
}

/// Whether the first part of a token is a JSON object, whole.
pub(super) fn is_jwt(token: &str) -> bool {
    let head = token.split('.').next().and_then(|head| decode::unbase64(head.as_bytes()));
    head.is_some_and(|head| head.starts_with(b"{") && head.trim_ascii_end().ends_with(b"}"))
}

/// What a contract or a wallet is found by: `0x` and 40 hex digits.
pub(super) fn is_address(value: &str) -> bool {
    let digits = value.strip_prefix("0x").unwrap_or_default();
    digits.len() == 40 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `8-4-4-4-12` hex digits.
pub(super) fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_values_are_told_from_words() {
        assert!(is_random("k3JdL9xQ2mVbT7sR"));
        assert!(!is_random("configuration"));
        assert!(!is_random("aaaaaaaa1111"));
        assert!(is_placeholder("<token>") && is_placeholder("YOUR_API_KEY") && is_placeholder("xxxxxxxx"));
        assert!(is_uuid("550e8400-e29b-41d4-a716-446655440000"));
    }
}
