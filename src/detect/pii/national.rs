//! Numbers that states and their offices give to people. Most are bare digits, so that a check digit is not
//! enough: a word that names the number makes it sure, and a value that is nothing else makes it likely.

mod checks;
mod heads;
mod list;

use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use super::super::literals::Literals;
use super::super::rules::is_word;
use super::super::{FLAGGED, Finding, Kind};
use heads::Heads;
use list::IDS;

/// A number of one kind: how it is written, and how it is checked.
struct Id {
    label: &'static str,
    rule: &'static str,
    /// Words, in lower case, that name it.
    words: &'static [&'static str],
    pattern: &'static str,
    check: fn(&str) -> bool,
    /// How sure its form alone makes it, in a value that is nothing else.
    alone: f32,
}

/// A text of this length may be one value and nothing else.
pub(super) const VALUE: usize = 72;
/// How far around a word its number is looked for.
const BEFORE: usize = 40;
const AFTER: usize = 96;
/// How sure a word beside it makes a number.
const NAMED: f32 = 0.85;
const REASON: &str = "A number that an office gave to a person is in the text.";
const MAY_BE: &str =
    "What may be the number of a person, or a date or an address of a page that tells of one.";

/// The words that name a number. They are constants, so that the automaton is there; a test holds it.
fn names() -> Option<&'static Literals> {
    static NAMES: OnceLock<Option<Literals>> = OnceLock::new();
    let build = || {
        let ids = (0_u16..).zip(IDS);
        Literals::new(ids.flat_map(|(index, id)| id.words.iter().map(move |word| (index, word.as_bytes()))))
    };
    NAMES.get_or_init(build).as_ref()
}

fn patterns() -> &'static [OnceLock<Option<Regex>>] {
    static PATTERNS: OnceLock<Vec<OnceLock<Option<Regex>>>> = OnceLock::new();
    PATTERNS.get_or_init(|| IDS.iter().map(|_| OnceLock::new()).collect())
}

/// The pattern of a number, tried where one may begin and nowhere else.
fn pattern(index: usize) -> Option<&'static Regex> {
    let build = || {
        RegexBuilder::new(&format!(r"\A(?:{})(?:[^A-Za-z0-9_]|$)", IDS[index].pattern))
            .case_insensitive(true)
            .unicode(false)
            .dfa_size_limit(64 * 1024)
            .build()
            .ok()
    };
    patterns()[index].get_or_init(build).as_ref()
}

pub(super) fn scan(text: &str, found: &mut Vec<Finding>) {
    let Some(names) = names() else { return };
    let bytes = text.as_bytes();
    let mut windows: Vec<(usize, Range<usize>)> = Vec::new();
    // The last window of each kind of number.
    let mut latest: Vec<Option<usize>> = vec![None; IDS.len()];
    names.each(bytes, |word| {
        let owner = usize::from(word.owner);
        let inside = |at: Option<&u8>| at.is_some_and(u8::is_ascii_alphabetic);
        let (start, end) = (word.start, word.end);
        let short = end - start <= 4;
        let before = start.checked_sub(1).and_then(|before| bytes.get(before));
        if inside(before) || short && inside(bytes.get(end)) {
            return;
        }
        let window = start.saturating_sub(BEFORE)..(end + AFTER).min(text.len());
        match latest[owner].and_then(|index| windows.get_mut(index)) {
            Some((_, last)) if last.end >= window.start => last.end = window.end,
            _ => {
                latest[owner] = Some(windows.len());
                windows.push((owner, window));
            }
        }
    });
    let begins = begins(bytes, &windows);
    let mut claims = if windows.is_empty() { Vec::new() } else { vec![0; text.len()] };
    // Windows of one kind follow each other.
    let mut left: Vec<&[usize]> = begins.iter().map(Vec::as_slice).collect();
    for window in &windows {
        let left = &mut left[window.0];
        let behind = left.iter().take_while(|at| **at < window.1.start).count();
        *left = &left[behind..];
        look(text, window, left, &mut claims, |span| found.push(finding(window.0, span, NAMED)));
    }
    if text.len() <= VALUE {
        let unnamed = latest.iter().enumerate().filter(|(_, named)| named.is_none());
        let whole: Vec<_> = unnamed.map(|(index, _)| (index, 0..text.len())).collect();
        let begins = self::begins(bytes, &whole);
        for window in &whole {
            let index = window.0;
            look(text, window, &begins[index], &mut [], |span| {
                found.push(finding(index, span, IDS[index].alone));
            });
        }
    }
}

/// Where in their windows numbers may begin, of each kind.
fn begins(bytes: &[u8], windows: &[(usize, Range<usize>)]) -> Vec<Vec<usize>> {
    let mut begins = vec![Vec::new(); IDS.len()];
    let mut parts: Vec<&Range<usize>> = windows.iter().map(|(_, window)| window).collect();
    let Some(heads) = Heads::known().filter(|_| !parts.is_empty()) else { return begins };
    let kinds = windows.iter().fold(0, |kinds, (index, _)| kinds | 1 << index);
    parts.sort_by_key(|part| part.start);
    let mut from = 0;
    for part in parts {
        heads.each(bytes, from.max(part.start)..part.end, kinds, |index, at| begins[index].push(at));
        from = from.max(part.end);
    }
    begins
}

/// The numbers in a window, out of the places from its start on where one may begin. Around it are its ends or a sign, which two may share.
/// Of several kinds that a number may be of, the one that is named first counts: `claims` has where it ends, by where it
/// begins, and no other is looked at there.
fn look(
    text: &str,
    (index, window): &(usize, Range<usize>),
    begins: &[usize],
    claims: &mut [u32],
    mut found: impl FnMut(Range<usize>),
) {
    let bytes = &text.as_bytes()[..window.end];
    let mut from = window.start;
    for at in begins.iter().copied().take_while(|at| *at < window.end) {
        if at <= from && at > 0 {
            continue;
        }
        if let Some(end) = claims.get(at).filter(|end| **end > 0) {
            from = *end as usize;
            continue;
        }
        let Some(whole) = pattern(*index).and_then(|pattern| pattern.find(&bytes[at..])) else { continue };
        // A number ends in a letter or a digit.
        let end = at + whole.end();
        from = end - usize::from(!is_word(bytes[end - 1]));
        if text.get(at..from).is_some_and(IDS[*index].check) {
            if let Some(claim) = claims.get_mut(at) {
                *claim = u32::try_from(from).unwrap_or(u32::MAX);
            }
            found(at..from);
        }
    }
}

fn finding(index: usize, span: Range<usize>, score: f32) -> Finding {
    let Id { label, rule, .. } = IDS[index];
    let reason = if score < FLAGGED { MAY_BE } else { REASON };
    Finding { kind: Kind::Pii, label, span, score, rule, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Vec<&'static str> {
        let mut found = Vec::new();
        scan(text, &mut found);
        found.into_iter().filter(|one| one.score >= FLAGGED).map(|one| one.label).collect()
    }

    #[test]
    fn every_pattern_compiles() {
        assert!(
            Heads::known().is_some()
                && names().is_some()
                && (0..IDS.len()).all(|index| pattern(index).is_some())
        );
    }

    #[test]
    fn a_named_number_with_its_check_digit_is_found() {
        for (text, label) in [
            ("her NHS number: 943 476 5919", "UK_NHS"),
            ("PESEL 44051401458 w aktach", "PL_PESEL"),
            ("DNI 12345678Z", "ES_NIF"),
            ("CPF: 529.982.247-25", "BR_CPF"),
            ("henkilötunnus 131052-308T", "FI_PERSONAL_IDENTITY_CODE"),
        ] {
            assert!(labels(text).contains(&label), "{text}: {:?}", labels(text));
        }
        assert!(labels("PESEL 44051401459").is_empty());
        assert!(labels("order 44051401458 of the shop").is_empty());
    }
}
