//! Values assigned to something called a password, a token or a key.
//! How random a value must be depends on what it is assigned to, and on how.

use std::ops::Range;

use super::super::rules::Rule;
use super::super::runs::Class;
use super::links::{BLANKS, bridge, phrase, sign};
use super::mentions::NAMED;
use super::{harmless, name, value};

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
    let (span, link, quoted) = after(text, called, name.end, rule.id == "secret.token")?;
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
    let secret = is_secret(rule, called, &Value { text: raw, link, quoted, tight }, rest);
    let token = rule.id == "secret.token";
    let harmless = secret
        && (harmless::is_in_bytes(text, &span)
            || token && harmless::is_compared(called, raw)
            || harmless::is_of_a_resource(text, name.start)
            || token && harmless::is_called(called, raw, !quoted && !tight));
    (secret && !harmless).then_some(span)
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
    if !ends_drawn(called.as_bytes()) {
        return None;
    }
    let uuid = called.len().checked_sub(36).and_then(|at| called.split_at_checked(at));
    if let Some((head, tail)) = uuid.filter(|(head, tail)| head.ends_with('-') && value::is_uuid(tail)) {
        return strong(head).then_some(tail.len());
    }
    let (head, tail) = called.rsplit_once('-')?;
    let drawn = tail.len() >= DRAWN
        && value::is_random(tail)
        && tail.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (drawn && strong(head)).then_some(tail.len())
}

/// Whether a name ends as one does that a value is joined to: in letters and digits, or in a dash and the last twelve of
/// the digits of an id.
fn ends_drawn(called: &[u8]) -> bool {
    const LAST: usize = 12;
    let signs = |part: &[u8]| part.iter().rposition(|byte| !byte.is_ascii_alphanumeric());
    called.len().checked_sub(DRAWN).is_some_and(|at| match signs(&called[at..]) {
        None => true,
        Some(sign) => at + sign + LAST + 1 == called.len(),
    })
}

/// Where the value of a name that ends at `at` is, and how the two are joined; nothing where it is a chain of names.
fn after(text: &str, name: &str, at: usize, is_token: bool) -> Option<(Range<usize>, Link, bool)> {
    let bytes = text.as_bytes();
    let skip = |from: usize, class: &Class| from + class.length(&bytes[from..]);
    let closed = skip(at, &CLOSERS);
    let bare = skip(closed, &BLANKS);
    let (closers, blanks) = (closed - at, bare - closed);
    let opened = (at - name.len()).checked_sub(1).map(|before| bytes[before]);
    let phrase = || phrase(&bytes[closed..]).filter(|_| !is_token && closers == 0);
    let bridged = bridge(&bytes[closed..]).or_else(phrase).map(|length| closed + length);
    let (link, tail) = match sign(&bytes[bare..]) {
        _ if bridged.is_some() => (Link::Sign, bridged.unwrap_or(bare)),
        _ if opened == Some(b'<') && bytes.get(at) == Some(&b'>') => (Link::Sign, at + 1),
        _ if is_call(&bytes[at..]) && is_setter(name) => (Link::Blank, at + 1),
        Some(length) => (Link::Sign, bare + length),
        None if bytes.get(bare) == Some(&b',') && closers == 0 => return None,
        None if bytes.get(bare) == Some(&b',') => (Link::Blank, bare + 1),
        None if blanks > 0 && name.starts_with('-') => (Link::Flag, bare),
        None if blanks > 0 => (Link::Blank, bare),
        None => return None,
    };
    let tail = skip(tail, &TAILS);
    if closers > 3 || blanks > 6 || tail - bridged.unwrap_or(at) > 24 {
        return None;
    }
    let near = |from: usize| &bytes[from..bytes.len().min(from + LONGEST)];
    let quote = skip(tail, &MARKS);
    let inner = quote + 1;
    if let Some(quote) = bytes.get(quote).filter(|byte| matches!(byte, b'"' | b'\'' | b'`')) {
        let thrice = bytes[inner..].starts_with(b"\"\"") || bytes[inner..].starts_with(b"''");
        let inner = if thrice { inner + 2 } else { inner };
        let end = memchr::memchr2(*quote, b'\n', near(inner))?;
        return (!near(inner)[..end].contains(&b' ')).then_some((inner..inner + end, link, true));
    }
    // In the query of an address the next parameter begins at `&`.
    let query = matches!(opened, Some(b'?' | b'&'));
    let stops = if query { &QUERY_STOPS } else { &STOPS };
    if is_chain(near(tail), stops, is_token) {
        return None;
    }
    let end = near(tail).iter().position(|byte| stops.has(*byte)).unwrap_or(near(tail).len());
    let raw = text.get(tail..tail + end)?;
    let raw = &raw[..next_parameter(raw).unwrap_or(raw.len())];
    let raw = raw.trim_end_matches(['.', ')', ']', '}', '\\']);
    // `<password>` is closed behind its value like a string, but may be the word for it in some language.
    let element = opened == Some(b'<') && bytes[tail + raw.len()..].starts_with(b"</");
    Some((tail..tail + raw.len(), link, element && value::changes_case(raw)))
}

/// Whether a value goes on with values of its own: a token at all, and a password with too many of them, or too long for
/// one.
fn is_chain(near: &[u8], stops: &Class, is_token: bool) -> bool {
    let is_sign = |byte: &u8| *byte == b'=' || *byte == b'&' || stops.has(*byte);
    let Some(sign) = near.iter().take(LONG_PASSWORD).position(is_sign) else { return false };
    let goes_on = near[sign] == b'=' && near.get(sign + 1).is_some_and(u8::is_ascii_alphanumeric);
    goes_on && (is_token || is_no_password(near, stops))
}

fn is_no_password(near: &[u8], stops: &Class) -> bool {
    let mut signs = 0;
    for byte in near.iter().take(LONG_PASSWORD) {
        signs += usize::from(*byte == b'=');
        if signs == CHAINED {
            return true;
        }
        if stops.has(*byte) {
            return false;
        }
    }
    near.len() > LONG_PASSWORD
}

/// Where a parameter follows, as in `<value>&page=2`.
fn next_parameter(raw: &str) -> Option<usize> {
    let ends = |at: usize| {
        let rest = &raw.as_bytes()[at + 1..];
        let name = NAMED.length(rest);
        name > 0 && rest.get(name) == Some(&b'=')
    };
    memchr::memchr_iter(b'&', raw.as_bytes()).find(|at| ends(*at))
}

/// `setPassword`, `withToken`
fn is_setter(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    last.starts_with("set") || last.starts_with("with")
}

fn is_call(text: &[u8]) -> bool {
    matches!(text, [b'(', b'"' | b'\'', ..])
}

/// What closes a name, what stands between it and the sign, what may follow the sign, and the marks of a string.
static CLOSERS: Class = Class::of(b"\"'`)]*");
static TAILS: Class = Class::of(b" \t>=");
static MARKS: Class = Class::of(b"bruf@");
/// Where a value without quotes ends, and where one in the query of an address does.
static STOPS: Class = Class::of(b" \t\n\x0c\r\"'`;<>|,");
static QUERY_STOPS: Class = Class::of(b" \t\n\x0c\r\"'`;<>|,&#");

const LONGEST: usize = 400;
const SHORTEST_PASSWORD: usize = 4;
/// No password of one word is longer.
const LONG_PASSWORD: usize = 128;
/// Nor has it so many signs of equality.
const CHAINED: usize = 4;
const SHORTEST_TOKEN: usize = 13;
/// A token of one kind of signs is so long at least.
const LONG_TOKEN: usize = 20;
/// And one that is joined to its name.
const DRAWN: usize = 24;

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
        && head.split('.').all(is_name)
        && if quoted { index > 0 && rest.starts_with("].") } else { true }
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
    &["compass", "bypass", "encompass", "surpass", "trespass", "overpass", "underpass", "passes", "pass-arg"];
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
    let runs = || raw.split(|c: char| !c.is_ascii_lowercase()).map(str::len);
    let words = runs().filter(|run| *run >= 4);
    // With their capitals, words are most of it.
    let spelled: usize = runs().filter(|run| *run >= 3).map(|run| run + 1).sum();
    let digits = raw.bytes().filter(u8::is_ascii_digit).count();
    let plain = raw.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    plain
        && (parts.count() >= 2
            || digits <= 3 && words.count() >= 2 && spelled * 2 > raw.len()
            || digits <= 2 && !raw.bytes().any(|byte| byte.is_ascii_lowercase()))
}

/// `secret1`, `my-password`: the word for it, in letters, and numbers at most behind them.
fn is_made_up(core: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_' | b'.');
    core.len() < 20
        && (core.contains("pass") || core.starts_with("secret"))
        && core.trim_end_matches(|c: char| c.is_ascii_digit()).bytes().all(plain)
}

fn is_password(name: &str, value: &Value<'_>) -> bool {
    let raw = value.text;
    let lower = raw.to_ascii_lowercase();
    let core = lower.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let called = name.trim_start_matches('-').to_ascii_lowercase();
    if OTHERS.contains(&called.as_str())
        || harmless::is_no_password(name, raw)
        || WORDS.contains(&core)
        || core.len() < 3
        || is_made_up(core)
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

/// What a name has that leaves no doubt.
const STRONG: &[&str] = &[
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
];

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
    let strong = has(STRONG) || lower.ends_with("key") && lower.len() > 5 || lower.ends_with("_api");
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
        // Of a form in a page.
        "enticity",
        "csrf",
        "xsrf",
        "verificationtoken",
    ]) && !lower.contains("authori")
    {
        return false;
    }
    if is_uuid {
        return strong && !harmless::is_of_a_request(name) && value.link != Link::Blank;
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
