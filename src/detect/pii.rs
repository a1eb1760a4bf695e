//! Personal data that can be told by its form: addresses, numbers with check digits, numbers in the form
//! that people write them in. Ids, times, versions, hashes, prices and coordinates are none.

mod address;
mod context;
mod email;
pub(super) mod extra;
mod iban;
mod national;
mod network;
mod numbers;
mod person;
mod phone;

use std::ops::Range;

use super::name::words;
use super::{Finding, Kind, Place};

/// A longer name is a sentence, and a longer value says by itself what it is.
const LONGEST: usize = 64;

/// As the last word of a name: what a thing is found by, or something about it.
const ABOUT: &[&str] = &[
    "at",
    "attempts",
    "count",
    "date",
    "duration",
    "hash",
    "id",
    "ids",
    "index",
    "length",
    "limit",
    "offset",
    "ref",
    "size",
    "time",
    "timeout",
    "timestamp",
    "ts",
    "type",
    "uid",
    "uuid",
    "version",
];

/// The personal data of a text that has a form of its own.
pub(super) fn forms(text: &str, place: Place) -> Vec<Finding> {
    let mut seen = Vec::new();
    email::scan(text, place, &mut seen);
    network::scan(text, &mut seen);
    if digits(text, 6) == 6 {
        iban::scan(text, &mut seen);
        numbers::scan(text, &mut seen);
    }
    settle(&mut seen);
    seen
}

/// The numbers of a text that offices give to people.
pub(super) fn ids(text: &str) -> Vec<Finding> {
    let mut ids = Vec::new();
    let digits = digits(text, FEWEST);
    if digits == FEWEST || text.len() <= national::VALUE && (digits > 0 || text.contains('.')) {
        national::scan(text, &mut ids);
    }
    ids
}

/// What stays of both. What is only likely may be several things at once.
pub(super) fn together(mut seen: Vec<Finding>, ids: Vec<Finding>) -> Vec<Finding> {
    if ids.is_empty() {
        return seen;
    }
    let (mut sure, mut likely): (Vec<_>, Vec<_>) = ids.into_iter().partition(|id| id.score >= super::FLAGGED);
    seen.append(&mut sure);
    settle(&mut seen);
    // A faint sign inside what is known is no news: the host of an e-mail address.
    let known =
        |one: &Finding| seen.iter().any(|by| by.span.start < one.span.end && one.span.start < by.span.end);
    likely.retain(|one| one.score > FAINT || !known(one));
    seen.append(&mut likely);
    seen
}

fn digits(text: &str, most: usize) -> usize {
    text.bytes().filter(u8::is_ascii_digit).take(most).count()
}

/// Adds what the value of a member is by the name of it, as if the two stood in a text.
pub(super) fn member(name: &str, value: &str, found: &mut Vec<Finding>) {
    let digits = value.bytes().filter(u8::is_ascii_digit).take(FEWEST).count();
    if name.is_empty() || name.len() > LONGEST || value.len() > LONGEST || digits < FEWEST {
        return;
    }
    let mut text = String::new();
    let mut last = "";
    for word in words(name) {
        text.push_str(word);
        text.push(' ');
        last = word;
    }
    let about = ABOUT.iter().any(|word| word.eq_ignore_ascii_case(last));
    let start = text.len();
    text.push_str(value);
    let all = |text: &str| together(forms(text, Place::Argument), ids(text));
    let seen = all(&text);
    let alone = if seen.is_empty() { Vec::new() } else { all(value) };
    // What the value says by itself is no news.
    let known = |one: &Finding| alone.iter().any(|by| by.rule == one.rule && by.score >= one.score);
    let told = |one: &Finding| one.span.start >= start && !(about && one.rule == phone::RULE) && !known(one);
    found.extend(seen.into_iter().filter(told).map(|mut one| {
        one.span = one.span.start - start..one.span.end - start;
        one
    }));
}

/// What hardly says anything about a person.
const FAINT: f32 = 0.1;
/// The fewest digits of a number that says something about a person.
const FEWEST: usize = 4;

/// Where two findings claim the same bytes, the surer one stays.
fn settle(seen: &mut Vec<Finding>) {
    seen.sort_by(|a, b| a.span.start.cmp(&b.span.start).then(b.score.total_cmp(&a.score)));
    seen.dedup_by(|next, kept| {
        let shared = next.span.start < kept.span.end;
        if shared && next.score > kept.score {
            std::mem::swap(next, kept);
        }
        shared
    });
}

/// A type of personal data, as a finding names it.
#[derive(Clone, Copy)]
struct Entity {
    label: &'static str,
    rule: &'static str,
    reason: &'static str,
}

impl Entity {
    fn at(self, span: Range<usize>, score: f32) -> Finding {
        Finding { kind: Kind::Pii, label: self.label, span, score, rule: self.rule, reason: self.reason }
    }
}

#[cfg(test)]
mod tests {
    use super::super::probe::Probe;
    use super::super::{FLAGGED, Kinds, Place};
    use super::*;

    const PRIVATE: Probe = Probe(Place::Result, Kinds::NONE.with(Kind::Pii));

    #[test]
    fn a_name_says_what_its_value_is() {
        for (name, value, label) in [
            ("phoneNumber", "2025550143", Some("PHONE_NUMBER")),
            ("customer_mobile", "4915112345670", Some("PHONE_NUMBER")),
            ("ssn", "536221234", Some("US_SSN")),
            ("call_id", "2025550143", None),
            ("contactId", "2025550143", None),
            ("sms_count", "2025550143", None),
            ("version", "2025550143", None),
            ("", "2025550143", None),
        ] {
            let mut found = Vec::new();
            member(name, value, &mut found);
            let sure = found.iter().find(|one| one.score >= FLAGGED);
            assert_eq!(
                sure.map(|one| (one.label, one.span.clone())),
                label.map(|label| (label, 0..value.len()))
            );
        }
    }

    #[test]
    fn each_type_is_found_with_its_span() {
        for (text, label, value) in [
            ("write to anna.berg+x@mail.berg-co.org.", "EMAIL_ADDRESS", "anna.berg+x@mail.berg-co.org"),
            ("tel. +49 30 901820, room 2", "PHONE_NUMBER", "+49 30 901820"),
            ("call (415) 555-0132 now", "PHONE_NUMBER", "(415) 555-0132"),
            ("card 4111 1111 1111 1111 exp", "CREDIT_CARD", "4111 1111 1111 1111"),
            ("iban DE89 3704 0044 0532 0130 00.", "IBAN_CODE", "DE89 3704 0044 0532 0130 00"),
            ("ssn 536-90-4399", "US_SSN", "536-90-4399"),
            ("from 203.0.113.77:443", "IP_ADDRESS", "203.0.113.77"),
            ("at 2001:db8::8a2e:370:7334 today", "IP_ADDRESS", "2001:db8::8a2e:370:7334"),
            ("nic 00:1b:44:11:3a:b7 up", "MAC_ADDRESS", "00:1b:44:11:3a:b7"),
        ] {
            assert_eq!(PRIVATE.entities(text), [(label, value)], "{text}");
        }
    }

    #[test]
    fn numbers_of_another_nature_are_none() {
        for text in [
            "id 550e8400-e29b-41d4-a716-446655440000",
            "2024-03-01T10:22:33.123456Z and 01/02/2024, 1709288553",
            "v1.2.3.4, version 10.0.19041.1 and 3.12.0",
            "40.712776, -74.005974",
            "[0.4111111111111111, -3.5555555555554444, 12.4111111111111111]",
            "total 1,234,567.89 EUR; 12 345 678",
            "sha 3f786850e387550fdab836ed7e6dc881de23001b",
            "react@18.2.0, logo@2x.png, git@github.com:a/b.git",
            "order 100200300400500 of 2024",
            "## 0.25.4 (2024-05-28)",
            "call 1709288553 took 12 ms",
            "rows 2023-10 2023-11 2023-12",
        ] {
            assert_eq!(PRIVATE.entities(text), [], "{text}");
        }
    }
}
