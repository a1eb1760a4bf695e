//! Where the name of a password, a token or a key stands in a text, found by hand: its patterns match often.

use std::ops::Range;

use super::super::rules::{Rule, rules};
use super::super::runs::Class;
use super::super::words::{Sought, Words};

pub(super) const RULES: &[Rule] = rules! {
    "secret.password" "PASSWORD" 0.7 ["pass" "pwd" "pw" "contrasen" "haslo" "heslo" "jelszo" "kennwort" "losenord" "parola" "salasana" "senha" "sifre" "wachtwoord"]
        r"[A-Za-z0-9_$.-]{0,40}?(?:pass(?:word|wort|wd|phrase|code|wrd|e)?(?-i:s|S\b)?|pwd|pw|contrasena|haslo|heslo|jelszo|kennwort|losenord|parola|salasana|senha|sifre|wachtwoord)(?:[0-9_.-][A-Za-z0-9_.-]{0,16}|(?-i:[A-Z])[A-Za-z0-9_.-]{0,16})?"
        "A password is in the text."
    "secret.token" "API_KEY" 0.7 ["secret" "token" "key" "auth" "cred" "login" "api" "bearer" "session" "signature" "access" "private"]
        r"[A-Za-z0-9_$.-]{0,48}?(?:secret|token|key|oauth|authorization|authentication|auth|credentials?|login|api|bearer|session|signature|access|private)(?: ?(?:key|token|secret)\b(?:[.-][A-Za-z0-9_.-]{0,40})?|(?-i:s|S\b)?(?:[0-9_.-][A-Za-z0-9_.-]{0,40}|(?-i:[A-Z])[A-Za-z0-9_.-]{0,40}| ?(?:key|token|secret)\b(?:[.-][A-Za-z0-9_.-]{0,40})?)?)"
        "The value of a token or a key is in the text."
};

/// What a pattern above has in its middle; how much of a name may stand before, and what may follow in one word.
struct Names {
    words: Sought,
    reach: usize,
    endings: &'static [&'static str],
    more: usize,
}

/// The one word that an ending may follow.
const PASS: &str = "pass";

static PASSWORDS: Names = Names {
    words: Sought::new(&[
        "contrasena",
        "haslo",
        "heslo",
        "jelszo",
        "kennwort",
        "losenord",
        PASS,
        "parola",
        "pwd",
        "pw",
        "salasana",
        "senha",
        "sifre",
        "wachtwoord",
    ]),
    reach: 40,
    endings: &["word", "wort", "wd", "phrase", "code", "wrd", "e"],
    more: 16,
};
/// Of words that begin alike the first one counts, as in the pattern.
static TOKENS: Names = Names {
    words: Sought::new(&[
        "access",
        "authorization",
        "authentication",
        "auth",
        "api",
        "bearer",
        "credentials",
        "credential",
        "key",
        "login",
        "oauth",
        "private",
        "secret",
        "session",
        "signature",
        "token",
    ]),
    reach: 48,
    endings: &[],
    more: 40,
};

/// What a name is written with.
pub(super) static NAMED: Class =
    Class::of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

/// The next match of a pattern above, by hand: they match often, and have to be quick.
pub(super) fn next(rule: &Rule, bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let password = rule.id == "secret.password";
    let Names { words, reach, endings, more } = if password { &PASSWORDS } else { &TOKENS };
    let (word, index) = words.find(bytes, at)?;
    let before = bytes[at..word.start].iter().rev().take(*reach);
    let start = word.start - before.take_while(|byte| NAMED.has(**byte) || **byte == b'$').count();
    let follows = |from: usize, word: &str| {
        bytes.get(from..from + word.len()).is_some_and(|next| next.eq_ignore_ascii_case(word.as_bytes()))
    };
    let mut end = word.end;
    if password && words.word(index) == PASS {
        end += endings.iter().find(|ending| follows(end, ending)).map_or(0, |ending| ending.len());
    } else if let Some(end) = second(bytes, end, *more).filter(|_| !password) {
        return Some(start..end);
    }
    if !password || words.word(index) == PASS {
        end += usize::from(is_plural(&bytes[end..]));
    }
    Some(
        start
            ..tail(bytes, end, *more)
                .or_else(|| second(bytes, end, *more).filter(|_| !password))
                .unwrap_or(end),
    )
}

/// `s`, or `S` where the name ends with it: it begins the next word of `apiSecret`.
fn is_plural(bytes: &[u8]) -> bool {
    let ends = || bytes.get(1).is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    bytes.first() == Some(&b's') || bytes.first() == Some(&b'S') && ends()
}

/// Where the rest of a name ends that goes on with a number, a sign or another word.
fn tail(bytes: &[u8], at: usize, more: usize) -> Option<usize> {
    let goes_on = matches!(bytes.get(at)?, b'0'..=b'9' | b'_' | b'.' | b'-' | b'A'..=b'Z');
    goes_on.then(|| at + 1 + bytes[at + 1..].iter().take(more).take_while(|byte| NAMED.has(**byte)).count())
}

/// Where a name ends that goes on with one of these words, as in `api key`.
fn second(bytes: &[u8], at: usize, more: usize) -> Option<usize> {
    static SECOND: Words = Words::new(&["key", "secret", "token"]);
    let start = at + usize::from(bytes.get(at) == Some(&b' '));
    let word = SECOND.begin(bytes.get(start..)?, |_| true)?;
    let end = start + SECOND.word(word).len();
    match bytes.get(end) {
        Some(b'.' | b'-') => tail(bytes, end, more),
        Some(b'_') => None,
        Some(byte) if byte.is_ascii_alphanumeric() => None,
        _ => Some(end),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::rules::compile;
    use super::*;

    #[test]
    fn names_are_found_as_the_patterns_have_them() {
        const PIECES: &[&str] = &[
            "pass",
            "word",
            "s",
            "wd",
            "pw",
            "phrase",
            "PASS",
            "key",
            "Token",
            "API",
            "api",
            "auth",
            "orization",
            "oauth",
            "secret",
            "Secret",
            "S",
            "senha",
            "credential",
            "login",
            "_",
            "-",
            ".",
            "$",
            " ",
            "=",
            "7",
            "A",
            "Key",
            "x",
            "abcdefghijklmnopqrstuvwxyz0123456789",
            "\n",
            "é",
        ];
        let mut dice = 88_172_645_463_325_252_u64;
        let patterns: Vec<_> =
            RULES.iter().map(|rule| (rule, compile(rule.pattern).expect("a pattern"))).collect();
        for _ in 0..4000 {
            let mut text = String::new();
            for _ in 0..12 {
                dice ^= dice << 13;
                dice ^= dice >> 7;
                dice ^= dice << 17;
                text.push_str(PIECES[usize::try_from(dice >> 33).expect("small") % PIECES.len()]);
            }
            for (rule, pattern) in &patterns {
                let mut at = 0;
                while let Some(found) = pattern.find_at(text.as_bytes(), at) {
                    assert_eq!(next(rule, text.as_bytes(), at), Some(found.range()), "{text} from {at}");
                    at = found.end();
                }
                assert_eq!(next(rule, text.as_bytes(), at), None, "{text} from {at}");
            }
        }
    }
}
