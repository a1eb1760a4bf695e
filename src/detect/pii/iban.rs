//! International bank account numbers: a country, its length, and the check by 97.

use super::super::Finding;
use super::Entity;
use super::context::Words;

static WORDS: Words = Words::new(&["iban"]);

const IBAN: Entity = Entity {
    label: "IBAN_CODE",
    rule: "pii.iban",
    reason: "The number of a bank account (IBAN) is in the text.",
};

/// Countries and the length of their numbers.
const LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NL", 18),
    (b"NO", 15),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
];

pub(super) fn scan(text: &str, found: &mut Vec<Finding>) {
    let mut at = 0;
    let bytes = text.as_bytes();
    // Two capitals and two digits: what the fourth byte is says how far away the next ones are at least.
    while at + SHORTEST <= bytes.len() {
        match (bytes[at + 2].is_ascii_digit(), bytes[at + 3]) {
            (true, b'0'..=b'9') => match claim(text, at).filter(|_| bytes[at].is_ascii_uppercase()) {
                Some(finding) => {
                    at = finding.span.end;
                    found.push(finding);
                }
                None => at += 4,
            },
            (false, b'0'..=b'9') => at += 1,
            (_, b'A'..=b'Z') => at += 2,
            _ => at += 4,
        }
    }
}

const SHORTEST: usize = 15;
const LONGEST: usize = 40;

fn claim(text: &str, at: usize) -> Option<Finding> {
    let bytes = text.as_bytes();
    let head = &bytes[at..at + 4];
    let free = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
    if !free || !head[..2].iter().all(u8::is_ascii_uppercase) || !head[2..].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (_, length) = LENGTHS.iter().find(|(country, _)| country[..] == head[..2])?;
    let end = account(bytes, at, *length);
    if let Some(end) = end.filter(|end| remainder(&bytes[at..*end]) == 1) {
        return Some(IBAN.at(at..end, 0.98));
    }
    // Called an IBAN, with a typing error or a digit missing, it is still somebody's.
    let run = bytes[at..].iter().take(LONGEST).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let end = end.or_else(|| (SHORTEST..=34).contains(&run).then_some(at + run))?;
    WORDS.stand_before(text, at).then(|| IBAN.at(at..end, 0.75))
}

/// The end of `length` letters and digits with single blanks or dashes between them.
fn account(bytes: &[u8], start: usize, length: usize) -> Option<usize> {
    let mut count = 0;
    let mut gap = false;
    for (offset, byte) in bytes[start..].iter().enumerate() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' => (count, gap) = (count + 1, false),
            b' ' | b'-' if !gap => gap = true,
            _ => return None,
        }
        if count == length {
            let end = start + offset + 1;
            return bytes.get(end).is_none_or(|byte| !byte.is_ascii_alphanumeric()).then_some(end);
        }
    }
    None
}

fn remainder(account: &[u8]) -> u32 {
    let signs: Vec<u8> = account.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
    let turned = signs[4..].iter().chain(&signs[..4]);
    turned.fold(0, |rest, sign| match sign {
        b'0'..=b'9' => (rest * 10 + u32::from(sign - b'0')) % 97,
        _ => (rest * 100 + u32::from(sign - b'A') + 10) % 97,
    })
}
