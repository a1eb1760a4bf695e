//! E-mail addresses, found from their `@`.

use super::super::{Finding, Place};
use super::Entity;

const EMAIL: Entity =
    Entity { label: "EMAIL_ADDRESS", rule: "pii.email", reason: "An e-mail address is in the text." };
const LONGEST_LOCAL: usize = 64;
const LONGEST_DOMAIN: usize = 253;
/// Of a command before a host.
const LONGEST_COMMAND: usize = 80;

pub(super) fn scan(text: &str, place: Place, found: &mut Vec<Finding>) {
    let bytes = text.as_bytes();
    // Two addresses may be joined by what could be part of a name.
    let mut free = 0;
    for at in memchr::memchr_iter(b'@', bytes) {
        let first = at.saturating_sub(LONGEST_LOCAL).max(free);
        let local = bytes[first..at].iter().rev().take_while(|byte| in_local(**byte)).count();
        let start = at - local;
        let start = start
            + bytes[start..at]
                .iter()
                .take_while(|byte| {
                    !byte.is_ascii_alphanumeric() && (**byte != b'_' || start == free && free > 0)
                })
                .count();
        let rest = &bytes[at + 1..(at + 1 + LONGEST_DOMAIN).min(bytes.len())];
        let domain = rest
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
            .count();
        let domain = text.get(at + 1..at + 1 + domain).unwrap_or_default().trim_end_matches(['.', '-', '_']);
        if start == at || text[start..at].ends_with('.') {
            continue;
        }
        if let Some(length) = known(domain) {
            let remote = text[start..at].eq_ignore_ascii_case("git")
                || bytes.get(at + 1 + length) == Some(&b':') && is_path(&bytes[at + 2 + length..])
                || is_login(&bytes[..start], &bytes[at + 1 + length..]);
            if !remote {
                let score = if place == Place::Definition { 0.4 } else { 0.95 };
                found.push(EMAIL.at(start..at + 1 + length, score));
                free = at + 1 + length;
            }
        }
    }
}

/// `host:owner/name`, as in the address of a repository.
fn is_path(rest: &[u8]) -> bool {
    rest.iter().take(40).take_while(|byte| !byte.is_ascii_whitespace()).any(|byte| *byte == b'/')
        && rest.first().is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'~' | b'.'))
}

/// Whether a command that logs in to a host stands before it, with nothing but options between, or one that copies to
/// a host and a path.
fn is_login(before: &[u8], after: &[u8]) -> bool {
    const LOGINS: [&[u8]; 3] = [b"ssh", b"sftp", b"ssh-copy-id"];
    const COPIES: [&[u8]; 2] = [b"scp", b"rsync"];
    if !before.ends_with(b" ") {
        return false;
    }
    let near = &before[before.len().saturating_sub(LONGEST_COMMAND)..];
    let mut lines = near.rsplit(|byte| matches!(byte, b'\n' | b';' | b'|' | b'&'));
    let line = lines.next().unwrap_or_default();
    let begins = lines.next().is_some() || near.len() == before.len();
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let Some(command) = words.next().filter(|_| begins) else { return false };
    let ends = after.first().is_none_or(|byte| byte.is_ascii_whitespace() || b"'\"`;|&)".contains(byte));
    let mut option = false;
    let only_options = |word: &[u8]| {
        let value = std::mem::replace(&mut option, word.starts_with(b"-"));
        option || value
    };
    LOGINS.contains(&command) && ends && words.clone().all(only_options)
        || COPIES.contains(&command)
            && after.first() == Some(&b':')
            && words.all(|word| !word.contains(&b'@'))
}

fn in_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-' | b'\'' | b'&' | b'~' | b'#')
}

/// The length of a domain that ends in letters, as far as it is one.
fn known(domain: &str) -> Option<usize> {
    const FILES: &[&str] =
        &["png", "jpg", "jpeg", "svg", "gif", "webp", "js", "css", "py", "json", "html", "ts"];
    let mut labels = domain.split('.');
    if domain.len() < 4 || labels.any(|label| label.is_empty() || label.starts_with('-') || label.len() > 63)
    {
        return None;
    }
    let (rest, last) = domain.rsplit_once('.')?;
    if last.bytes().all(|byte| byte.is_ascii_digit()) {
        // The number of whatever comes next: `example.com.2`.
        return known(domain.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'));
    }
    if last.starts_with("xn--") {
        return Some(domain.len());
    }
    // What follows without a blank is no part of it: `example.com2026`, `example.com-c`.
    let letters = last.bytes().take_while(u8::is_ascii_alphabetic).count();
    let is_file = FILES.contains(&last[..letters].to_ascii_lowercase().as_str()) && !is_register(rest);
    (letters >= 2 && !is_file).then_some(domain.len() - last.len() + letters)
}

/// A country's own `com`, `org` and the like, below which people have their addresses.
fn is_register(domain: &str) -> bool {
    domain.rsplit_once('.').is_some_and(|(_, second)| matches!(second, "com" | "edu" | "gov" | "net" | "org"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        scan(text, Place::Argument, &mut found);
        found.into_iter().map(|finding| &text[finding.span]).collect()
    }

    #[test]
    fn a_login_on_a_host_is_no_address() {
        for text in [
            "ssh deploy@build.example.com uptime",
            "cd /srv && ssh -p 2222 -i key deploy@build.example.com",
            "scp a.txt deploy@build.example.com:/srv/",
            "rsync -a x/ deploy@build.example.com:~/x",
        ] {
            assert_eq!(addresses(text), [""; 0], "{text}");
        }
        for text in [
            "mail ann@example.com",
            "ssh is for ann@example.com, ann@example.com",
            "ann@example.com:x1",
            "rsync is looked after by ann@example.com",
            "ssh keys: ann@example.com",
            "ssh ann@example.com, bob@example.org",
            "scp ann@example.com",
            "ssh -p 22 and ask ann@example.com",
        ] {
            assert!(addresses(text).contains(&"ann@example.com"), "{text}");
        }
    }

    #[test]
    fn what_is_joined_is_taken_apart() {
        for text in [
            "ann@example.com&bob@example.org",
            "ann@example.com'bob@example.org",
            "ann@example.com_bob@example.org",
        ] {
            assert_eq!(addresses(text), ["ann@example.com", "bob@example.org"], "{text}");
        }
        for text in [
            "ann@example.com2026",
            "ann@example.com-c",
            "<ann@example.com.>",
            "to:ann@example.com:",
            "ann@example.com.47",
            "to ann@example.com.2 copies to 10.1",
            "ann@example.com.1.2.3",
        ] {
            assert_eq!(addresses(text), ["ann@example.com"], "{text}");
        }
        assert_eq!(
            addresses("ana@mail.com.py or a@sub_domain.example.com"),
            ["ana@mail.com.py", "a@sub_domain.example.com"]
        );
    }

    #[test]
    fn files_versions_and_repositories_are_no_addresses() {
        for text in [
            "logo@2x.png",
            "main@file.py",
            "react@18.2.0",
            "tool@1.0.0-rc.1",
            "tool@beta.2",
            "root@10.0.0.1",
            "git@forge.example.com:owner/name",
            "@decorator.call",
        ] {
            assert_eq!(addresses(text), Vec::<&str>::new(), "{text}");
        }
    }
}
