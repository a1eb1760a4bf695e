//! Texts made to waste time and context: one thing over and over, or one word without an end.

use std::ops::Range;

use super::{Finding, Kind};

/// A text shorter than this wastes nothing.
const LEAST: usize = 4096;
/// From this many same pieces in a row on, nobody means it.
const MANY: usize = 1500;
/// The length of a piece that repeats.
const PERIODS: &[usize] = &[1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 32];

pub(super) fn scan(text: &str, found: &mut Vec<Finding>) {
    if text.len() < LEAST {
        return;
    }
    let bytes = text.as_bytes();
    for period in PERIODS {
        if let Some(span) = repetition(bytes, *period) {
            let start = (0..=span.start).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let end = (span.end..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
            found.push(Finding {
                kind: Kind::Sponge,
                label: "repetition",
                span: start..end,
                score: 0.7,
                rule: "sponge.repetition",
                reason: "The same few characters repeat thousands of times.",
            });
            return;
        }
    }
}

/// The first stretch that repeats itself `MANY` times, blanks and rulers aside.
fn repetition(bytes: &[u8], period: usize) -> Option<Range<usize>> {
    let enough = MANY * period.max(2);
    let mut at = period;
    // A stretch that is long enough holds one of these places, and what repeats there repeats around it.
    while at + PROBE < bytes.len() {
        if bytes[at..at + PROBE] != bytes[at - period..at - period + PROBE] {
            at += enough / 2;
            continue;
        }
        let (start, end) = (same_before(bytes, period, at) - period, same_after(bytes, period, at));
        let piece = &bytes[start..start + period];
        let ruler =
            piece.iter().all(|byte| matches!(byte, b' ' | b'\n' | b'-' | b'=' | b'0' | b'\t' | b'*' | b'#'));
        if end - start >= enough && !ruler {
            return Some(start..end);
        }
        at = end.max(at + enough / 2);
    }
    None
}

/// How much must repeat at a place for it to be looked at.
const PROBE: usize = 48;
/// So much is compared at once.
const STEP: usize = 64;

/// From where on each byte up to `at` is the one a period before it.
fn same_before(bytes: &[u8], period: usize, mut at: usize) -> usize {
    while at >= period + STEP && bytes[at - STEP..at] == bytes[at - STEP - period..at - period] {
        at -= STEP;
    }
    while at > period && bytes[at - 1] == bytes[at - 1 - period] {
        at -= 1;
    }
    at
}

/// And up to where from `at` on.
fn same_after(bytes: &[u8], period: usize, mut at: usize) -> usize {
    while at + STEP <= bytes.len() && bytes[at..at + STEP] == bytes[at - period..at - period + STEP] {
        at += STEP;
    }
    while at < bytes.len() && bytes[at] == bytes[at - period] {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_sponge(text: &str) -> bool {
        let mut found = Vec::new();
        scan(text, &mut found);
        !found.is_empty()
    }

    #[test]
    fn endless_repetition_is_found() {
        assert!(is_sponge(&"poem ".repeat(2000)));
        assert!(is_sponge(&"A".repeat(20_000)));
        assert!(!is_sponge(&" ".repeat(20_000)));
        assert!(is_sponge(&format!("{}{}", "\n".repeat(100_000), "poem ".repeat(2000))));
        let numbers: Vec<String> = (0..5000).map(|n: u32| n.to_string()).collect();
        assert!(!is_sponge(&numbers.join(", ")));
    }
}
