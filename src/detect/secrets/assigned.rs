//! Values assigned to something called a password, a token or a key.
//! How random a value must be depends on what it is assigned to, and on how.

use std::ops::Range;

use super::super::rules::{Rule, rules};
use super::super::runs::Class;
use super::super::words::Words;
use super::{name, value};

pub(super) const RULES: &[Rule] = rules! {
    "secret.password" "PASSWORD" 0.7 ["pass" "pwd" "pw"]
        r"[A-Za-z0-9_$.-]{0,40}?(?:pass(?:word|wd|phrase|code|wrd)?s?|pwd|pw)(?:[0-9_.-][A-Za-z0-9_.-]{0,16}|(?-i:[A-Z])[A-Za-z0-9_.-]{0,16})?"
        "A password is in the text."
    "secret.token" "API_KEY" 0.7 ["secret" "token" "key" "auth" "cred" "login" "api" "bearer" "session" "signature" "access" "private"]
        r"[A-Za-z0-9_$.-]{0,48}?(?:secret|token|key|oauth|auth|authorization|authentication|credentials?|login|api|bearer|session|signature|access|private)s?(?:[0-9_.-][A-Za-z0-9_.-]{0,40}|(?-i:[A-Z])[A-Za-z0-9_.-]{0,40}| ?(?:key|token|secret)\b)?"
        "The value of a token or a key is in the text."
};

/// What a pattern above has in its middle; how much of a name may stand before, and what may follow in one word.
struct Names {
    words: Words,
    reach: usize,
    endings: &'static [&'static str],
    more: usize,
}

static PASSWORDS: Names = Names {
    words: Words::new(&["pass", "pwd", "pw"]),
    reach: 40,
    endings: &["word", "wd", "phrase", "code", "wrd"],
    more: 16,
};
/// Of words that begin alike the first one counts, as in the pattern.
static TOKENS: Names = Names {
    words: Words::new(&[
        "access",
        "auth",
        "authorization",
        "authentication",
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
static NAMED: Class = Class::of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

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
    if !password || index == 0 {
        end += endings.iter().find(|ending| follows(end, ending)).map_or(0, |ending| ending.len());
        end += usize::from(matches!(bytes.get(end), Some(b's' | b'S')));
    }
    match bytes.get(end) {
        Some(b'0'..=b'9' | b'_' | b'.' | b'-' | b'A'..=b'Z') => {
            end += 1 + bytes[end + 1..].iter().take(*more).take_while(|byte| NAMED.has(**byte)).count();
        }
        Some(_) if !password => {
            let second = end + usize::from(bytes.get(end) == Some(&b' '));
            let ends =
                |end: usize| bytes.get(end).is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
            let word = match bytes.get(second) {
                Some(b'k' | b'K') => "key",
                Some(b't' | b'T') => "token",
                _ => "secret",
            };
            if follows(second, word) && ends(second + word.len()) {
                end = second + word.len();
            }
        }
        _ => {}
    }
    Some(start..end)
}

/// How a name and its value are joined.
#[derive(Clone, Copy, PartialEq)]
enum Link {
    /// `=`, `:` and the like.
    Sign,
    /// `--name value`
    Flag,
    /// A blank, or a dash within the name.
    Blank,
}

struct Value<'a> {
    text: &'a str,
    link: Link,
    quoted: bool,
    /// `NAME=value`, without a blank.
    tight: bool,
}

/// The value of an assignment, if it is a secret: the rule, the text, and the name that was found.
pub(super) fn value_of(rule: &Rule, text: &str, name: Range<usize>, _: Range<usize>) -> Option<Range<usize>> {
    let called = text.get(name.clone())?;
    if let Some(joined) = joined(called) {
        return Some(name.end - joined..name.end);
    }
    let (span, link, quoted) = after(text, called, name.end)?;
    let raw = text.get(span.clone())?;
    let rest = text.get(span.end..).unwrap_or_default();
    let shortest = if rule.id == "secret.password" { SHORTEST_PASSWORD } else { SHORTEST_TOKEN };
    // A token ends in `=` at most: what holds one is a chain of names, and not worth a closer look.
    let chain = rule.id == "secret.token" && !quoted && raw.trim_end_matches('=').contains('=');
    // Nor does it without a digit, unless it is long.
    let plain = rule.id == "secret.token" && raw.len() < LONG_TOKEN && !value::has_digit(raw);
    // And a word after `password` is the next word of a sentence.
    let told = rule.id == "secret.password" && !quoted && link == Link::Blank;
    if raw.len() < shortest || chain || plain || told {
        return None;
    }
    let tight = text.get(name.end..span.start) == Some("=");
    if is_fingerprint(text, name.start, raw) || !quoted && is_identifier(raw) && !tight {
        return None;
    }
    is_secret(rule, called, &Value { text: raw, link, quoted, tight }, rest).then_some(span)
}

fn is_secret(rule: &Rule, called: &str, value: &Value<'_>, rest: &str) -> bool {
    let raw = value.text;
    !raw.starts_with('$')
        && !is_code(raw, rest, value.quoted)
        && !name::is_about(called)
        && if rule.id == "secret.password" { is_password(called, value) } else { is_token(called, value) }
        && !value::is_placeholder(raw)
}

/// Whether the value of a member of this name is a secret, as if the two stood in a text as JSON: by the rule that
/// says so. There is no text around them, so the name alone has to be sure.
pub(super) fn member(rule: &Rule, called: &str, raw: &str) -> bool {
    let is_password = rule.id == "secret.password";
    let shortest = if is_password { SHORTEST_PASSWORD } else { SHORTEST_TOKEN };
    let plain = (shortest..=LONGEST).contains(&raw.len()) && !raw.contains(char::is_whitespace);
    let sure = if is_password {
        name::is_plain_password(called)
            || value::has_digit(raw)
            || raw.contains(['!', '@', '#', '%', '^', '&', '*'])
    } else {
        name::holds_token(called) && value::is_random(raw)
    };
    plain
        && sure
        && is_secret(rule, called, &Value { text: raw, link: Link::Sign, quoted: true, tight: false }, "")
}

/// The length of a value that a dash joins to its name, as in `token-<value>`.
fn joined(called: &str) -> Option<usize> {
    let strong = |head: &str| {
        let head = head.to_ascii_lowercase();
        ["secret", "token", "private", "access", "apikey", "api_key"].iter().any(|word| head.contains(word))
    };
    if called.len() < LONG_TOKEN {
        return None;
    }
    let uuid = called.len().checked_sub(36).and_then(|at| called.split_at_checked(at));
    if let Some((head, tail)) = uuid.filter(|(head, tail)| head.ends_with('-') && value::is_uuid(tail)) {
        return strong(head).then_some(tail.len());
    }
    let (head, tail) = called.rsplit_once('-')?;
    let drawn =
        tail.len() >= 24 && value::is_random(tail) && tail.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (drawn && strong(head)).then_some(tail.len())
}

/// Where the value of a name that ends at `at` is, and how the two are joined.
fn after(text: &str, name: &str, at: usize) -> Option<(Range<usize>, Link, bool)> {
    let bytes = text.as_bytes();
    let skip = |from: usize, class: &Class| from + class.length(&bytes[from..]);
    let closed = skip(at, &CLOSERS);
    let bare = skip(closed, &BLANKS);
    let (closers, blanks) = (closed - at, bare - closed);
    let (link, tail) = match sign(&bytes[bare..]) {
        Some(length) => (Link::Sign, bare + length),
        None if bytes.get(bare) == Some(&b',') && closers == 0 => return None,
        None if bytes.get(bare) == Some(&b',') => (Link::Blank, bare + 1),
        None if blanks > 0 && name.starts_with('-') => (Link::Flag, bare),
        None if blanks > 0 => (Link::Blank, bare),
        None => return None,
    };
    let tail = skip(tail, &TAILS);
    if closers > 3 || blanks > 6 || tail - at > 24 {
        return None;
    }
    let near = |from: usize| &bytes[from..bytes.len().min(from + LONGEST)];
    let opened = skip(tail, &MARKS);
    if let Some(quote) = bytes.get(opened).filter(|byte| matches!(byte, b'"' | b'\'' | b'`')) {
        let inner = opened + 1;
        let thrice = bytes[inner..].starts_with(b"\"\"") || bytes[inner..].starts_with(b"''");
        let inner = if thrice { inner + 2 } else { inner };
        let end = memchr::memchr2(*quote, b'\n', near(inner))?;
        return (!near(inner)[..end].contains(&b' ')).then_some((inner..inner + end, link, true));
    }
    // In the query of an address the next parameter begins at `&`.
    let query = matches!((at - name.len()).checked_sub(1).map(|before| bytes[before]), Some(b'?' | b'&'));
    let stops = if query { &QUERY_STOPS } else { &STOPS };
    let end = near(tail).iter().position(|byte| stops.has(*byte)).unwrap_or(near(tail).len());
    let raw = text.get(tail..tail + end)?.trim_end_matches(['.', ')', ']', '}', '\\']);
    Some((tail..tail + raw.len(), link, false))
}

/// What closes a name, what stands between it and the sign, what may follow the sign, and the marks of a string.
static CLOSERS: Class = Class::of(b"\"'`)]*");
static BLANKS: Class = Class::of(b" \t");
static TAILS: Class = Class::of(b" \t>=");
static MARKS: Class = Class::of(b"bruf@");
/// Where a value without quotes ends, and where one in the query of an address does.
static STOPS: Class = Class::of(b" \t\n\x0c\r\"'`;<>|,");
static QUERY_STOPS: Class = Class::of(b" \t\n\x0c\r\"'`;<>|,&#");

/// The length of the sign of an assignment that a text begins with.
fn sign(text: &[u8]) -> Option<usize> {
    match text {
        [b':', b':', b':', b'=', ..] => Some(4),
        [b':', b':', b'=', ..] | [b'=' | b'!', b'=', b'=', ..] | [b'i', b's', b' ', ..] => Some(3),
        [b'=' | b'!' | b':' | b'?', b'=', ..] | [b'=' | b'-', b'>', ..] | [b'|', b'|', ..] => Some(2),
        [b'=' | b':', ..] => Some(1),
        _ => None,
    }
}

const LONGEST: usize = 400;
const SHORTEST_PASSWORD: usize = 4;
const SHORTEST_TOKEN: usize = 13;
/// A token of one kind of signs is so long at least.
const LONG_TOKEN: usize = 20;

/// A fingerprint is public, as in `GPG key: 9554…`.
fn is_fingerprint(text: &str, at: usize, raw: &str) -> bool {
    const REACH: usize = 24;
    let near = &text.as_bytes()[at.saturating_sub(REACH)..at];
    let before = near.trim_ascii_end().rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    raw.bytes().all(|byte| byte.is_ascii_hexdigit())
        && ["gpg", "pgp", "public", "fingerprint"]
            .iter()
            .any(|word| before.eq_ignore_ascii_case(word.as_bytes()))
}

/// `items[1].name`, `word[:-1]`
fn is_indexed(raw: &str, quoted: bool) -> bool {
    let Some((head, tail)) = raw.split_once('[') else { return false };
    let index = tail.bytes().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'-')).count();
    let rest = &tail[index..];
    head.starts_with(|c: char| c.is_ascii_alphabetic())
        && is_name(head)
        && index > 0
        && if quoted { rest.starts_with("].") } else { rest.is_empty() || rest.starts_with(']') }
}

/// A name, a call or a type, not a value.
fn is_code(raw: &str, rest: &str, quoted: bool) -> bool {
    let called = raw.contains('(') || rest.starts_with('(');
    let dotted = raw.contains('.') && raw.split('.').all(|part| !part.is_empty() && is_name(part));
    let marked = raw.contains("::")
        || raw.contains("->")
        || raw.contains("${")
        || raw.contains("{{")
        || raw.contains("://");
    marked
        || is_indexed(raw, quoted)
        || raw.starts_with(['{', '[', '(', '<'])
        || !quoted && (called || dotted || raw.starts_with(['&', '*', '@', '%']))
}

/// An identifier: words of letters, without digits in the middle.
fn is_name(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'[' | b']'))
}

/// Words that end like a password and are none.
const OTHERS: &[&str] =
    &["compass", "bypass", "encompass", "surpass", "trespass", "overpass", "underpass", "pass-arg"];
/// What stands where a password would.
const WORDS: &[&str] = &[
    "string",
    "str",
    "none",
    "null",
    "true",
    "false",
    "pass",
    "text",
    "hidden",
    "required",
    "optional",
    "secret",
    "value",
    "input",
    "bool",
    "bytes",
    "any",
    "self",
    "this",
    "empty",
    "invalid",
    "missing",
    "nil",
    "type",
    "user",
    "username",
    "email",
    "admin",
    "token",
    "undefined",
    "object",
    "number",
    "the",
    "and",
    "for",
    "not",
    "reset",
    "change",
    "with",
    "basic",
    "test",
    "default",
    "somevalue",
    "integer",
];

/// The name of a type or a constant, digits and all: words that are joined.
fn is_identifier(raw: &str) -> bool {
    let parts =
        raw.split('_').filter(|part| part.len() > 2 && part.bytes().all(|byte| byte.is_ascii_alphabetic()));
    let words = raw.split(|c: char| !c.is_ascii_lowercase()).filter(|run| run.len() >= 4);
    let digits = raw.bytes().filter(u8::is_ascii_digit).count();
    let plain = raw.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    plain
        && (parts.count() >= 2
            || digits <= 3 && words.count() >= 2
            || digits <= 2 && !raw.bytes().any(|byte| byte.is_ascii_lowercase()))
}

fn is_password(name: &str, value: &Value<'_>) -> bool {
    let raw = value.text;
    let lower = raw.to_ascii_lowercase();
    let core = lower.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let called = name.trim_start_matches('-').to_ascii_lowercase();
    if OTHERS.contains(&called.as_str())
        || WORDS.contains(&core)
        || core.len() < 3
        || core.contains("pass") && core.len() < 20
        || is_path(raw)
    {
        return false;
    }
    let mixed = value::has_digit(raw) && value::has_letter(raw);
    let marked = raw.contains(['!', '@', '#', '%', '^', '&', '*', '+', '?']) && value::has_letter(raw);
    let random = mixed || marked;
    match (value.quoted, value.link) {
        (true, Link::Blank) | (false, Link::Flag) => raw.len() >= 6 && random,
        (true, _) => {
            raw.len() >= 4
                && (random || raw.len() >= 6 && raw.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        }
        (false, Link::Sign) => {
            raw.len() >= 6 && (random || value.tight && is_environment(name) && is_name(raw))
        }
        (false, Link::Blank) => false,
    }
}

/// Where one is, as in `"pwd": "/home/anna"`.
fn is_path(raw: &str) -> bool {
    raw.strip_prefix(['/', '~']).is_some_and(|rest| rest.contains('/'))
}

/// `DB_PASSWORD`, as in a file of variables.
fn is_environment(name: &str) -> bool {
    name.contains('_')
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

fn is_token(name: &str, value: &Value<'_>) -> bool {
    let raw = value.text.trim_end_matches('=');
    let is_uuid = value::is_uuid(raw);
    if !is_uuid
        && (is_sentence(raw) || raw.contains(['&', '?', '@', ':']) || raw.contains('=') && !value.quoted)
    {
        return false;
    }
    let lower = name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let strong = has(&[
        "secret",
        "token",
        "apikey",
        "api_key",
        "api-key",
        "api.key",
        "api key",
        "private",
        "secret key",
        "accesskey",
        "access_key",
        "authkey",
        "auth_key",
        "credential",
    ]) || lower.ends_with("key") && lower.len() > 5
        || lower.ends_with("_api");
    let weak = !strong && !has(&["auth", "login", "bearer", "access", "session", "signature", "api"]);
    if has(&[
        "public",
        "keyword",
        "token_type",
        "tokenizer",
        "max_tok",
        "monkey",
        "author",
        "key_id",
        "keyboard",
        "foreign",
        "primary",
        "hotkey",
        "author",
        "turkey",
        "donkey",
        "jersey",
    ]) && !lower.contains("authori")
    {
        return false;
    }
    if is_uuid {
        return strong && value.link == Link::Sign;
    }
    let mixed = value::is_mixed(raw);
    let least = match (strong, value.link, value.quoted) {
        (true, Link::Sign, true) => 13,
        (true, Link::Sign | Link::Flag, _) => 15,
        (false, Link::Sign, _) if !weak => 16,
        _ => 20,
    };
    // A path or a date is no token.
    let path = raw.contains('/') && (raw.starts_with(['/', '.']) || !mixed || raw.len() < 30);
    if raw.len() < least || path || !is_drawn(raw, strong && value.link == Link::Sign || is_shouted(name)) {
        return false;
    }
    let plain = raw.len() >= 24 && raw.bytes().all(|byte| byte.is_ascii_alphanumeric());
    value.link != Link::Blank || mixed || (strong || is_shouted(name)) && plain || strong && is_shouted(name)
}

/// Words in snake case.
fn is_sentence(raw: &str) -> bool {
    let word = |part: &&str| part.len() > 2 && part.bytes().all(|byte| byte.is_ascii_lowercase());
    raw.split(['_', '-', '.', ':']).filter(word).count() > 2
}

/// Drawn at random: letters and digits; long runs of either where the name leaves no doubt.
fn is_drawn(raw: &str, sure: bool) -> bool {
    let alike =
        raw.bytes().all(|byte| byte.is_ascii_lowercase()) || raw.bytes().all(|byte| byte.is_ascii_digit());
    let drawn =
        value::is_random(raw) || sure && alike && raw.len() >= LONG_TOKEN && value::entropy(raw) >= 2.5;
    drawn && !value::is_address(raw)
}

/// `TOKEN value`, as notes have it.
fn is_shouted(name: &str) -> bool {
    ["SECRET", "TOKEN", "KEY", "PRIVATE", "ACCESS"].iter().any(|word| name.contains(word))
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
