//! Addresses of machines: IPv4, IPv6 and MAC.

use std::net::Ipv6Addr;

use super::super::Finding;
use super::super::runs::Class;
use super::Entity;
use super::context::Words;

const IP: Entity =
    Entity { label: "IP_ADDRESS", rule: "pii.ip", reason: "The address of a machine (IP) is in the text." };
const MAC: Entity = Entity {
    label: "MAC_ADDRESS",
    rule: "pii.mac",
    reason: "The address of a network card (MAC) is in the text.",
};
/// The own machine, too short for the rest of this file. As a sign only: programs write it in other senses.
const LOOPBACK: &[u8] = b"::1";
const SHORTEST: usize = 7;
const LONGEST: usize = 48;

pub(super) fn scan(text: &str, found: &mut Vec<Finding>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(run) = SIGNS.run(bytes, at, SHORTEST) {
        at = run.end;
        // A word of hex letters may touch letters that are none: `feed` is not the start of an address.
        let apart =
            |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
        let free = apart(run.start.checked_sub(1).and_then(|before| bytes.get(before)));
        let joined = || bytes[run.clone()].iter().any(|byte| matches!(byte, b'.' | b':' | b'-'));
        if run.len() <= LONGEST && free && apart(bytes.get(run.end)) && joined() {
            address(text, &text[run.clone()], run.start, found);
        }
    }
    loopback(text, found);
}

fn loopback(text: &str, found: &mut Vec<Finding>) {
    let bytes = text.as_bytes();
    let goes_on =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b":_-".contains(byte));
    for at in memchr::memmem::find_iter(bytes, LOOPBACK) {
        let end = at + LOOPBACK.len();
        if !goes_on(at.checked_sub(1).and_then(|before| bytes.get(before))) && !goes_on(bytes.get(end)) {
            found.push(IP.at(at..end, 0.3));
        }
    }
}

/// What addresses are written with.
const SIGNS: Class = Class::of(b"0123456789abcdefABCDEF:.-");

fn address(text: &str, run: &str, at: usize, found: &mut Vec<Finding>) {
    let trimmed = run.trim_end_matches(['.', '-']);
    let trimmed = trimmed.strip_suffix(':').filter(|rest| !rest.ends_with(':')).unwrap_or(trimmed);
    let (skipped, trimmed) = match trimmed.strip_prefix(['-', '.']) {
        Some(rest) => (1, rest),
        None => (0, trimmed),
    };
    let at = at + skipped;
    if is_mac(trimmed) {
        return found.push(MAC.at(at..at + trimmed.len(), 0.95));
    }
    // `address:port`, and lists such as `a:b` in logs.
    let first = trimmed.split([':', '-']).next().unwrap_or_default();
    if is_v4(first) {
        let rest = &trimmed[first.len()..];
        if rest.is_empty() || rest.starts_with([':', '-']) {
            let score = if is_version(text, at) { 0.3 } else { v4_score(first) };
            found.push(IP.at(at..at + first.len(), score));
        }
        return;
    }
    let groups = trimmed.split(':').filter(|group| !group.is_empty()).count();
    let colons = trimmed.bytes().filter(|byte| *byte == b':').count();
    let digits = trimmed.bytes().any(|byte| byte.is_ascii_digit());
    if colons >= 2 && digits && groups >= 2 && trimmed.parse::<Ipv6Addr>().is_ok() {
        found.push(IP.at(at..at + trimmed.len(), 0.9));
    }
}

fn is_v4(text: &str) -> bool {
    let mut count = 0;
    let valid = text.split('.').all(|part| {
        count += 1;
        matches!(part.len(), 1..=3)
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && (part.len() == 1 || !part.starts_with('0'))
            && part.parse::<u16>().is_ok_and(|part| part <= 255)
    });
    valid && count == 4
}

/// Addresses that belong to nobody say little.
fn v4_score(address: &str) -> f32 {
    let nobody = matches!(address, "127.0.0.1" | "0.0.0.0" | "255.255.255.255" | "255.255.255.0");
    if nobody { 0.4 } else { 0.8 }
}

static HOSTS: Words = Words::new(&["ip", "host", "addr", "src", "server", "dst", "remote", "client"]);
static VERSIONS: Words = Words::new(&["version", "chrome/", "build "]);

fn is_version(text: &str, at: usize) -> bool {
    let before = &text[..at];
    let marked = before.ends_with(['v', 'V', '/', '=', '^', '~']) && !before.ends_with("//");
    (marked || VERSIONS.stand_before(text, at)) && !HOSTS.stand_before(text, at)
}

fn is_mac(run: &str) -> bool {
    let pairs = |separator: char| {
        run.len() == 17
            && run.split(separator).count() == 6
            && run.split(separator).all(|pair| pair.len() == 2 && is_hex(pair))
    };
    let quads = run.len() == 14
        && run.split('.').count() == 3
        && run.split('.').all(|quad| quad.len() == 4 && is_hex(quad));
    (pairs(':') || pairs('-') || quads)
        && !run.starts_with("00:00:00:00:00:00")
        && !run.eq_ignore_ascii_case("ff:ff:ff:ff:ff:ff")
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
