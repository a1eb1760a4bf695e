//! E-mail addresses, found from their `@`.

use super::super::{Finding, Place};
use super::Entity;

const EMAIL: Entity =
    Entity { label: "EMAIL_ADDRESS", rule: "pii.email", reason: "An e-mail address is in the text." };
const LONGEST_LOCAL: usize = 64;
const LONGEST_DOMAIN: usize = 253;

pub(super) fn scan(text: &str, place: Place, found: &mut Vec<Finding>) {
    let bytes = text.as_bytes();
    for at in memchr::memchr_iter(b'@', bytes) {
        let first = at.saturating_sub(LONGEST_LOCAL);
        let local = bytes[first..at].iter().rev().take_while(|byte| in_local(**byte)).count();
        let start = at - local;
        let start = start
            + bytes[start..at]
                .iter()
                .take_while(|byte| !byte.is_ascii_alphanumeric() && **byte != b'_')
                .count();
        let rest = &bytes[at + 1..(at + 1 + LONGEST_DOMAIN).min(bytes.len())];
        let domain = rest
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
            .count();
        let domain = text.get(at + 1..at + 1 + domain).unwrap_or_default().trim_end_matches(['.', '-']);
        if start == at || text[start..at].ends_with('.') {
            continue;
        }
        if let Some(length) = known(domain) {
            let remote = text[start..at].eq_ignore_ascii_case("git")
                || bytes.get(at + 1 + length) == Some(&b':') && is_path(&bytes[at + 2 + length..]);
            if !remote {
                let score = if place == Place::Definition { 0.4 } else { 0.95 };
                found.push(EMAIL.at(start..at + 1 + length, score));
            }
        }
    }
}

/// `host:owner/name`, as in the address of a repository.
fn is_path(rest: &[u8]) -> bool {
    rest.iter().take(40).take_while(|byte| !byte.is_ascii_whitespace()).any(|byte| *byte == b'/')
        && rest.first().is_some_and(u8::is_ascii_alphabetic)
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
    let (_, last) = domain.rsplit_once('.')?;
    let letters = last.bytes().all(|byte| byte.is_ascii_alphabetic()) || last.starts_with("xn--");
    (last.len() >= 2 && letters && !FILES.contains(&last.to_ascii_lowercase().as_str()))
        .then_some(domain.len())
}
