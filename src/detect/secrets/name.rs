//! What a name says of its value: that it is a secret, or only something about one.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use regex::bytes::{Regex, RegexBuilder};

use super::super::name::words;
use super::super::rules::Rule;
use super::super::{Finding, Kind};
use super::{assigned, mentions};

/// A longer name is a sentence.
const LONGEST: usize = 64;

/// What is said about a secret without giving it away, as the last word of a name.
const ABOUT: &[&str] = &[
    "address",
    "after",
    "alg",
    "algorithm",
    "arn",
    "at",
    "count",
    "created",
    "date",
    "description",
    "enabled",
    "endpoint",
    "expiration",
    "expires",
    "expiry",
    "field",
    "format",
    "hint",
    "id",
    "ids",
    "in",
    "issuer",
    "label",
    "length",
    "method",
    "name",
    "names",
    "policy",
    "prefix",
    "provider",
    "required",
    "rotated",
    "scope",
    "scopes",
    "size",
    "status",
    "strength",
    "time",
    "timestamp",
    "title",
    "ttl",
    "type",
    "until",
    "updated",
    "uri",
    "url",
    "usage",
    "version",
];

/// What a setting says of how or where one logs in, as the last word of its name.
const AROUND: &[&str] = &[
    "audience",
    "backend",
    "class",
    "database",
    "db",
    "dir",
    "directory",
    "domain",
    "driver",
    "email",
    "environment",
    "file",
    "folder",
    "group",
    "header",
    "host",
    "hostname",
    "level",
    "limit",
    "locale",
    "max",
    "min",
    "mode",
    "namespace",
    "organization",
    "owner",
    "path",
    "port",
    "profile",
    "project",
    "realm",
    "region",
    "registry",
    "role",
    "server",
    "store",
    "subnet",
    "tenant",
    "timezone",
    "user",
    "username",
    "vault",
    "zone",
];

/// What a program treats passwords with, as the last word of a setting's name.
const HOW: &[&str] = &["encoder", "encoding", "generator", "hasher", "validator"];

/// Where a list goes on: a token of these opens nothing.
const PLACES: &[&str] = &[
    "change",
    "continuation",
    "cursor",
    "delta",
    "idempotency",
    "lock",
    "next",
    "offset",
    "page",
    "paging",
    "pagination",
    "progress",
    "purchase",
    "resume",
    "scroll",
    "sequence",
    "skip",
    "start",
    "starting",
    "sync",
];

/// What a key has to be of, so that its name alone gives it away: many keys are names in a table.
const KEYS: &[&str] = &[
    "access",
    "account",
    "admin",
    "api",
    "app",
    "auth",
    "client",
    "consumer",
    "deploy",
    "encryption",
    "license",
    "master",
    "private",
    "secret",
    "service",
    "shared",
    "signing",
    "subscription",
    "webhook",
];

/// Something about a secret, or a token that only says where to go on.
pub(super) fn is_about(name: &str) -> bool {
    let mut last = ["", ""];
    for word in words(name) {
        last = [last[1], word];
    }
    let [before, last] = last;
    let is = |list: &[&str], word: &str| list.iter().any(|known| word.eq_ignore_ascii_case(known));
    // A vault asks for the id of a secret as for a password.
    let opens = is(&["secret"], before) && is(&["id"], last);
    !before.is_empty() && !opens && (is(ABOUT, last) || is(&["token", "tokens"], last) && is(PLACES, before))
}

/// A word that is never anything but a password: `pass` counts what has passed, and `pwd` is a folder.
pub fn is_plain_password(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["password", "passwd", "passphrase"].iter().any(|word| lower.contains(word))
}

/// Whether a member of this name has a token for its value, and not what a token is found by.
pub(super) fn holds_token(name: &str) -> bool {
    let flat: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let kind = flat.strip_suffix("keys").or_else(|| flat.strip_suffix("key"));
    let key = kind.is_some_and(|kind| KEYS.iter().any(|word| kind.ends_with(word)));
    let sure = ["secret", "token", "credential", "authorization", "bearer"];
    !flat.ends_with("id") && (key || sure.iter().any(|word| flat.contains(word)))
}

/// Whether a setting of this name is a secret: whoever writes it down names it after what it is.
pub fn names_a_secret(name: &str) -> bool {
    let is = |word: &str| {
        let word = word.to_ascii_lowercase();
        SETTINGS.contains(&word.as_str()) || SURE.iter().any(|sure| word.ends_with(sure))
    };
    let mut last = ["", ""];
    words(name).for_each(|word| last = [last[1], word]);
    let [before, last] = last.map(str::to_ascii_lowercase);
    let is_around = AROUND.contains(&last.as_str()) || before == "client" && last == "id";
    words(name).any(is)
        && !is_about(name)
        && !HOW.contains(&last.as_str())
        && (!is_around || is_plain_password(name))
}

/// Words of settings, and what longer ones end in.
const SETTINGS: &[&str] = &[
    "apikeys",
    "auth",
    "authorization",
    "bearer",
    "cookie",
    "cred",
    "credentials",
    "creds",
    "dsn",
    "jwt",
    "key",
    "keys",
    "oauth",
    "pass",
    "pat",
    "pin",
    "private",
    "pwd",
    "secrets",
    "tokens",
];
const SURE: &[&str] = &["apikey", "credential", "passphrase", "passwd", "password", "secret", "token"];

/// What the value of a member is by the member's name.
pub(in super::super) fn member(name: &str, value: &str) -> Option<Finding> {
    // Most names are short words of something else, and most values are sentences.
    let length = name.len();
    if !(2..=LONGEST).contains(&length) || value.len() < 4 || value.contains(' ') {
        return None;
    }
    let may_be = gate().is_some_and(|gate| gate.is_match(name));
    if !may_be {
        return None;
    }
    let is_secret = |(rule, pattern): &&(&'static Rule, Option<Regex>)| {
        let called = pattern.as_ref().and_then(|pattern| pattern.find(name.as_bytes()));
        let called = called.and_then(|called| name.get(called.range()));
        called.is_some_and(|called| assigned::member(rule, called, value))
    };
    let (rule, _) = patterns().iter().find(is_secret)?;
    let Rule { id, label, score, reason, .. } = **rule;
    Some(Finding { kind: Kind::Secret, label, span: 0..value.len(), score, rule: id, reason })
}

/// One literal is in every name that a rule matches.
fn gate() -> Option<&'static AhoCorasick> {
    static GATE: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    let build = || {
        let literals = mentions::RULES.iter().flat_map(|rule| rule.gates);
        AhoCorasickBuilder::new().ascii_case_insensitive(true).build(literals).ok()
    };
    GATE.get_or_init(build).as_ref()
}

/// The rules of assignments, each with what its names look like.
fn patterns() -> &'static [(&'static Rule, Option<Regex>)] {
    static PATTERNS: OnceLock<Vec<(&'static Rule, Option<Regex>)>> = OnceLock::new();
    PATTERNS.get_or_init(|| {
        let pattern = |rule: &'static Rule| {
            let mut builder = RegexBuilder::new(&format!("(?:{})$", rule.pattern));
            (rule, builder.case_insensitive(true).unicode(false).build().ok())
        };
        mentions::RULES.iter().map(pattern).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::member;

    #[test]
    fn a_value_is_judged_by_the_name_of_its_member() {
        for (name, value) in [
            ("password", "hunter2-Xy9!"),
            ("dbPassword", "kV9x2pQ7"),
            ("pw", "t7Rk!m2Qz"),
            ("api_keys", "9fJ2kLmQ8xTz4vBn7wRp3sHd"),
            ("clientSecret", "q0w9e8r7t6y5u4i3"),
            ("X-Auth-Token", "8f3kd92ksl0ckd83jslq"),
            ("API key", "8f3kd92ksl0ckd83jslq"),
        ] {
            assert!(member(name, value).is_some(), "{name}: {value}");
        }
    }

    #[test]
    fn what_is_only_about_a_secret_is_none() {
        for (name, value) in [
            ("token", "next-page-2"),
            ("password", ""),
            ("password", "********"),
            ("password", "string"),
            ("password", "The password of the user"),
            ("next_token", "AQICAHhk3V9x2pQ7t7Rkm2Qz8f3kd92k"),
            ("nextPageToken", "CAUQAA8f3kd92ksl0ckd83jslq"),
            ("NextContinuationToken", "1ueGcxLPRx1Tr8f3kd92ksl0ckd83"),
            ("progressToken", "8f3kd92ksl0ckd83jslq"),
            ("key", "9f86d081884c7d659a2feaa0c55ad015"),
            ("partition_key", "user8f3kd92ksl0ckd83jslq"),
            ("session_id", "8f3kd92ksl0ckd83jslq"),
            ("secret_name", "prod-db-credentials-v2"),
            ("secret_name", "db"),
            ("password_changed_at", "2024-03-01T10:22:33Z"),
            ("token_expires_at", "2024-03-01T10:22:33Z"),
            ("pwd", "/home/anna/project2"),
            ("pass", "partial"),
            ("tokens", "internationalization"),
            ("token", "0x6b175474e89094c44da98b954eedeac495271d0f"),
            ("type", "password"),
            ("monkey", "8f3kd92ksl0ckd83jslq"),
            ("compass", "north-w3st"),
        ] {
            assert!(member(name, value).is_none(), "{name}: {value}");
        }
    }
}
