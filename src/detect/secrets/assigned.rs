//! Values assigned to something called a password, a token or a key.
//! How random a value must be depends on what it is assigned to, and on how.

use std::ops::Range;

use super::super::rules::{Rule, rules};
use super::value;

pub(super) const RULES: &[Rule] = rules! {
    "secret.password" "PASSWORD" 0.7 ["pass" "pwd" "pw:" "pw=" "pw "]
        r"(?:\b|[_A-Za-z0-9.-])(?:pass(?:word|wd|phrase|code|wrd)?|pwd|pw)[0-9]{0,2}(?:_?(?:value|text|key|hash))?['\x22`\]\)*]{0,3}[ \t]{0,4}(?:=>|:=|\?=|==|=|:|,)>?[ \t]{0,4}(?:[a-z]{0,2}['\x22`]{1,3})?([^\s'\x22`]{3,120})"
        "A password is in the text."
    "secret.token" "API_KEY" 0.7 ["secret" "token" "key" "auth" "cred" "login" "apikey" "bearer" "session" "sid" "signature"]
        r"(?:secret|token|(?:api|app|access|auth|private|client|account|encryption|signing|master|subscription|license|licence|service|user|admin|security|deploy|write|read|integration|publish\w{0,6}|consumer|shared|session|webhook|public|_)[_. -]?keys?|apikey|key|credentials?|creds|oauth|auth|sonar\.login|_login|signature|session_?id|_sid)[_.-]?(?:(?:secret|token|key|id|value|v?\d{1,2}|string|data|default|prod|live|test|dev)[_.-]?){0,2}['\x22`\]\)*]{0,3}(?:[ \t]{0,4}(?:=>|:=|\?=|==|=|:|,|\|\|)>?[ \t]{0,4}|[ \t]{1,3})(?:[a-z]{0,2}['\x22`]{1,3})?([A-Za-z0-9_.~+/=@!%&*-]{8,300})"
        "The value of a token or a key is in the text."
};

/// Whether the value of an assignment is a secret: the rule, the text, the whole match and the value.
pub(super) fn is_assigned(rule: &Rule, text: &str, whole: Range<usize>, span: Range<usize>) -> bool {
    let (Some(raw), Some(before)) = (text.get(span.clone()), text.get(whole.start..span.start)) else {
        return false;
    };
    let after = text.get(span.end..).unwrap_or_default();
    let quoted = before.ends_with(['"', '\'', '`']) && after.starts_with(['"', '\'', '`']);
    let raw = raw.trim_end_matches([',', ';', '.', ')', ']', '}']);
    if value::is_placeholder(raw) || is_code(raw, after) {
        return false;
    }
    match rule.id {
        "secret.password" => is_password(raw, quoted),
        _ => is_token(raw, before, quoted),
    }
}

/// A name, a call or a type, not a value.
fn is_code(raw: &str, after: &str) -> bool {
    let called = raw.contains('(') && raw.find('(') > Some(1) || after.starts_with('(');
    let dotted = raw.split('.').count() > 1 && raw.split('.').all(|part| !part.is_empty() && is_name(part));
    called
        || dotted
        || raw.contains("::")
        || raw.contains("->")
        || raw.starts_with(['{', '[', '(', '<', '&', '*', '@'])
}

/// An identifier: words of letters, without digits in the middle.
fn is_name(part: &str) -> bool {
    part.bytes().all(|byte| {
        byte.is_ascii_alphabetic() || byte == b'_' || byte == b'-' || byte == b'[' || byte == b']'
    })
}

fn is_password(raw: &str, quoted: bool) -> bool {
    const WORDS: &[&str] = &[
        "string",
        "str",
        "none",
        "null",
        "true",
        "false",
        "password",
        "passwd",
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
    ];
    let lower = raw.to_ascii_lowercase();
    let core = lower.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    if WORDS.contains(&core) || core.len() < 3 || core.contains("password") || core.contains("passwd") {
        return false;
    }
    let mixed = value::has_digit(raw) && value::has_letter(raw);
    let marked = raw.contains(['!', '@', '#', '%', '^', '&', '*', '+', '?']) && value::has_letter(raw);
    if quoted {
        raw.len() >= 4 && (mixed || marked || is_plain_word(raw))
    } else {
        raw.len() >= 6 && (mixed || marked)
    }
}

/// One word in quotes, as people choose their passwords.
fn is_plain_word(raw: &str) -> bool {
    raw.len() >= 6 && raw.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_token(raw: &str, before: &str, quoted: bool) -> bool {
    let assigned = before.trim_end_matches(['"', '\'', '`', ' ', '\t', '>']).ends_with(['=', ':', '|', ',']);
    let lower = before.to_ascii_lowercase();
    let strong =
        ["secret", "token", "api", "private", "access", "auth"].iter().any(|word| lower.contains(word));
    if value::is_uuid(raw) {
        return strong && assigned && lower.contains("secret");
    }
    let least = match (strong, assigned, quoted) {
        (true, true, true) => 12,
        (true, true, false) | (false, true, true) => 16,
        _ => 20,
    };
    raw.len() >= least && value::is_random(raw) && !raw.contains('/') && !raw.ends_with(['_', '-'])
}
