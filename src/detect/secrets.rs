//! Keys and passwords: tokens that a vendor's prefix gives away, private keys, addresses with a password
//! in them, and values that are assigned to something called a password, a token or a key.

mod assigned;
mod blocks;
mod commands;
mod harmless;
mod issued;
mod keys;
mod links;
mod mentions;
mod name;
mod value;
mod vendors;

pub use blocks::Torn;
pub(super) use name::member;
pub use name::{is_plain_password, names_a_secret};
pub use value::is_placeholder;

use super::decode;
use super::rules::{Check, EVERYWHERE, Rule, Search, Table};
use super::{Finding, Kind};

const fn table(before: usize, after: usize, rules: &'static [Rule], check: Check) -> Table {
    Table {
        kind: Kind::Secret,
        places: EVERYWHERE,
        before,
        after,
        rules,
        check: Some(check),
        search: Search::Pattern,
    }
}

pub(super) const TABLES: &[Table] = &[
    Table { search: Search::Heads, ..table(24, 400, vendors::HEADED, is_token) },
    Table { search: Search::Heads, ..table(24, 400, issued::ISSUED, is_token) },
    table(100, 400, issued::MARKED, is_token),
    table(24, 400, vendors::TOKENS, is_token),
    table(24, 4096, vendors::LONG, is_token),
    table(80, 512, vendors::NAMED, is_named),
    Table {
        search: Search::Own(blocks::next),
        ..table(blocks::LONGEST, blocks::LONGEST, keys::MARKED, is_block)
    },
    table(64, 4096, keys::BLOCKS, is_block),
    table(200, 300, keys::ADDRESSES, is_login),
    Table { search: Search::OwnSpan(commands::next), ..table(24, 400, commands::RULES, is_token) },
    Table { search: Search::Own(mentions::next), ..table(48, 64, mentions::RULES, assigned::value_of) },
];

use std::ops::{Range, RangeInclusive};

/// A vendor's token is random: not a placeholder, and not one character over and over.
fn is_token(rule: &Rule, text: &str, _: Range<usize>, span: Range<usize>) -> Option<Range<usize>> {
    let token = text.get(span.clone())?;
    let signed = match rule.id {
        "secret.github" => !value::is_named_after(token),
        "secret.jwt" => value::is_jwt(token),
        "secret.vault" => value::is_random(token),
        "secret.age-artifactory" => value::has_digit(token),
        "secret.psexec" => value::has_digit(token) || token.contains(['!', '@', '#']),
        _ => true,
    };
    let drawn = signed && !value::is_placeholder(token) && value::entropy(token) >= 2.3;
    (drawn && !harmless::is_of_a_hash(text, &span)).then_some(span)
}

/// What follows a vendor's name must look random by itself.
fn is_named(rule: &Rule, text: &str, whole: Range<usize>, span: Range<usize>) -> Option<Range<usize>> {
    let token = text.get(span.clone())?;
    if rule.id == "secret.curl-user" && !follows_curl(text, whole.start) {
        return None;
    }
    let drawn = match rule.id {
        "secret.basic" => value::is_random(token) || is_login_pair(token),
        "secret.curl-user" => value::is_random(token) || value::is_marked(token),
        _ => value::is_random(token),
    };
    let named = rule.id == "secret.authorization" && harmless::is_of_a_resource(text, whole.start);
    (!value::is_placeholder(token) && drawn && !value::is_words(token) && !named).then_some(span)
}

/// Whether base64 holds `user:password`.
fn is_login_pair(token: &str) -> bool {
    let held = decode::unbase64(token.trim_end_matches('=').as_bytes()).unwrap_or_default();
    let plain = held.iter().all(u8::is_ascii_graphic);
    let password = held.split(|byte| *byte == b':').nth(1).unwrap_or_default();
    let known = EXAMPLES.iter().any(|word| password.eq_ignore_ascii_case(word.as_bytes()));
    plain && password.len() >= 3 && !known
}

/// Whether `at` is in the command line of curl.
fn follows_curl(text: &str, at: usize) -> bool {
    const REACH: usize = 304;
    let before = &text.as_bytes()[at.saturating_sub(REACH)..at];
    let ends = |end: &usize| before[..*end].trim_ascii_end().last() != Some(&b'\\');
    let line = memchr::memrchr_iter(b'\n', before).find(ends).map_or(0, |end| end + 1);
    let inside = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let called = |start: usize, word: &[u8]| {
        let free = start.checked_sub(1).is_none_or(|before_it| !inside(before.get(before_it)));
        word.eq_ignore_ascii_case(b"curl") && free && !inside(before.get(start + 4))
    };
    before[line..].windows(4).enumerate().any(|(start, word)| called(line + start, word))
}

fn is_login(_: &Rule, text: &str, whole: Range<usize>, span: Range<usize>) -> Option<Range<usize>> {
    let password = text.get(span.clone())?;
    let known = EXAMPLES.iter().any(|word| password.eq_ignore_ascii_case(word))
        || harmless::is_local_login(text.get(whole)?, password, text.get(span.end..)?);
    (password.len() >= 3 && !known && !value::is_placeholder(password)).then_some(span)
}

/// What examples write where a password belongs.
const EXAMPLES: &[&str] = &[
    "pass",
    "password",
    "passwd",
    "pwd",
    "secret",
    "hunter2",
    "user",
    "username",
    "token",
    "key",
    "foo",
    "bar",
    "open sesame",
    "opensesame",
];

/// A block with both ends holds a key between them.
fn is_block(rule: &Rule, text: &str, whole: Range<usize>, span: Range<usize>) -> Option<Range<usize>> {
    const EMPTY: usize = 120;
    let block = text.get(whole)?;
    let closed = block.contains("BEGIN") && block.contains("END ");
    if rule.id == "secret.private-key" && is_constant(block, text.get(span.end..).unwrap_or_default()) {
        return None;
    }
    (rule.id != "secret.private-key" || !closed || block.len() > EMPTY).then_some(span)
}

/// The first line of a key alone, between quotes: what a program compares with.
fn is_constant(block: &str, rest: &str) -> bool {
    const NEAR: usize = 120;
    const LINE: usize = 32;
    let signs = |byte: &u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'+' | b'/');
    let near = &rest.as_bytes()[..rest.len().min(NEAR)];
    block.starts_with("-----BEGIN")
        && block.len() < 2 * LINE
        && rest.starts_with(['"', '\'', '`'])
        && near.split(signs).all(|run| run.len() < LINE)
}

/// A short prefix, a dash, and this many characters at random.
const DRAWN: RangeInclusive<usize> = 32..=80;
const PREFIX: RangeInclusive<usize> = 1..=8;
/// So many follow the number of a key, as in `12-…`.
const NUMBERED: usize = 64;

/// Adds what no literal gives away: a short prefix and a long random rest, as vendors make their tokens.
pub(super) fn scan(text: &str, found: &mut Vec<Finding>) {
    let bytes = text.as_bytes();
    let drawn = |rest: &str| value::is_mixed(rest) && !value::is_named_after(rest);
    let mut at = 0;
    while let Some(joint) =
        memchr::memchr2(b'_', b'-', bytes.get(at..).unwrap_or_default()).map(|gap| at + gap)
    {
        at = joint + 1;
        let alike = |byte: &&u8| byte.is_ascii_alphanumeric();
        let prefix = bytes[..joint].iter().rev().take(PREFIX.end() + 1).take_while(alike).count();
        if !PREFIX.contains(&prefix) {
            continue;
        }
        let start = joint - prefix;
        let length = bytes[at..].iter().take(DRAWN.end() + 1).take_while(alike).count();
        let end = at + length;
        let name = &bytes[start..joint];
        let named = prefix > 1 && name[0].is_ascii_lowercase() && !name.iter().any(u8::is_ascii_uppercase);
        let numbered = length == NUMBERED && name.iter().all(u8::is_ascii_digit);
        let free = |byte: Option<&u8>| {
            byte.is_none_or(|byte| !matches!(byte, b'_' | b'-' | b'/' | b'.' | b'+' | b'@'))
        };
        let apart = free(start.checked_sub(1).and_then(|before| bytes.get(before))) && free(bytes.get(end));
        if DRAWN.contains(&length)
            && (named || numbered)
            && apart
            && drawn(&text[at..end])
            && !harmless::is_of_a_hash(text, &(start..end))
        {
            found.push(Finding {
                kind: Kind::Secret,
                label: "API_KEY",
                span: start..end,
                score: 0.6,
                rule: "secret.prefixed",
                reason: "A token, by its prefix and the random characters after it, is in the text.",
            });
        }
        at = end.max(at);
    }
}

#[cfg(test)]
mod tests {
    use super::super::probe::Probe;
    use super::super::{Kinds, Place};
    use super::*;

    const SECRETS: Probe = Probe(Place::Result, Kinds::NONE.with(Kind::Secret));

    #[test]
    fn tokens_keys_and_passwords_are_found() {
        for text in [
            "aws: AKIAQZ7WLN3XKD5TJ2RM",
            "token ghp_k3JdL9xQ2mVbT7sRz8YwPn4HcF6gUa1EoXi0",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEAx7",
            "postgres://svc:kV9x2pQ7@db.internal:5432/app",
            "DB_PASSWORD='t7Rk!m2Qz'",
            "password=t7=Rk!m=2Qz",
            "client_secret: \"9fJ2kLmQ8xTz4vBn7wRp3sHd\"",
            "Authorization: Bearer 8f3kd92ksl0Ckd83jslQpz71Mx",
            "https://api.example.org/v1?token=7fK2mQx9TzB4vW1sLp8d&page=2",
            "mysql -u root --password k3V8t2qZ",
            "abcd_Xk39ZmQ2vLp7TbR8sWy4NcHf6UgJ1aEo5DiKq0",
        ] {
            assert!(SECRETS.flags(text), "{text}");
        }
    }

    #[test]
    fn hashes_ids_and_talk_of_passwords_are_none() {
        for text in [
            "\"integrity\": \"sha512-RbJ5/jmFcNNCcDV5o9eTnBLJ/HszWV0P73bc+Ff4nS/rJj+YaS6IGyiOL0VoBYX+l1Wrl3k63h==\"",
            "session id 550e8400-e29b-41d4-a716-446655440000",
            "password = get_password(user)",
            "api_key = os.environ[\"API_KEY\"]",
            "Enter your password: ",
            "token_count = 1200; max_tokens: 4096",
            "password: <your-password>",
            "passwd = pw[:-1]",
            "pw=pw=pw=pw=pw=pw=pw=",
            "password: 'items[1].secret'",
            "Release GPG key: 0F1E2D3C4B5A69788796A5B4C3D2E1F00F1E2D3C",
            "ghp_PersonalAccessTokenOfNobody0123456789000",
            "Authorization: Bearer correct-horse-7QX5",
            "if (!pem.startsWith('-----BEGIN PRIVATE KEY-----')) {",
            "{\"next_page_token\": \"\", \"primary_key\": \"order_line_item_identifier\"}",
            "commit 3f786850e387550fdab836ed7e6dc881de23001b",
            "set_access_token('abc123', limit=5)",
        ] {
            assert_eq!(SECRETS.found(text), [], "{text}");
        }
    }
}
