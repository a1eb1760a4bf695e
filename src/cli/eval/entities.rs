//! Private data by place and type: found, missed, or seen where there is none.

use serde::Deserialize;

use super::{Row, Seen, counts};
use crate::detect::{Extra, Kind};

/// What is counted together, by its name in a report: the types with a form of their own, and what is looked for only
/// where somebody asks for it.
pub(super) const TYPES: [(&str, &[&str], Option<Extra>); 3] = [
    (
        "with a form of their own",
        &["CREDIT_CARD", "EMAIL_ADDRESS", "IBAN_CODE", "IP_ADDRESS", "MAC_ADDRESS", "PHONE_NUMBER", "US_SSN"],
        None,
    ),
    ("that are names", &["PERSON"], Some(Extra::Names)),
    ("that are addresses", &["STREET_ADDRESS"], Some(Extra::Addresses)),
];

/// The one type that a text was labelled for. A bare number may be many things: any score counts.
pub(super) const ASKED: &str = "of the type that a text was labelled for, at any score";

/// What each is called in a table, and in JSON.
pub(super) const TOLD: [(&str, &str); 4] =
    [(TYPES[0].0, "entities"), (TYPES[1].0, "names"), (TYPES[2].0, "addresses"), (ASKED, "asked")];

/// Offsets count characters, the end is exclusive.
#[derive(Deserialize)]
pub(super) struct Entity {
    #[serde(rename = "type")]
    kind: String,
    start: usize,
    end: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spans {
    pub(super) right: usize,
    pub(super) wrong: usize,
    pub(super) missed: usize,
}

pub(super) fn asked(kind: &str, label: bool, seen: &Seen) -> Spans {
    let found = seen.findings.iter().any(|found| found.finding.label == kind);
    Spans {
        right: usize::from(found && label),
        wrong: usize::from(found && !label),
        missed: usize::from(!found && label),
    }
}

/// A found entity is right if its type is, and it shares half of the longer one of both spans.
pub(super) fn compare(row: &Row, seen: &Seen, types: &[&str]) -> Spans {
    let (text, expected, only) = (&row.text, &row.entities, row.meta.entity.as_deref());
    let characters = |at: usize| text.get(..at).map_or(0, |before| before.chars().count());
    let counts_here = |kind: &str| types.contains(&kind) && only.is_none_or(|only| only == kind);
    let mut open: Vec<&Entity> = expected.iter().filter(|entity| counts_here(&entity.kind)).collect();
    let mut spans = Spans::default();
    for found in seen.findings.iter().filter(|found| found.pointer.is_none() && counts(found.finding.score)) {
        let finding = &found.finding;
        if finding.kind != Kind::Pii || !counts_here(finding.label) {
            continue;
        }
        let (start, end) = (characters(finding.span.start), characters(finding.span.end));
        let overlaps = |entity: &&Entity| {
            let shared = end.min(entity.end).saturating_sub(start.max(entity.start));
            let longer = (end - start).max(entity.end.saturating_sub(entity.start));
            entity.kind == finding.label && shared * 2 >= longer
        };
        match open.iter().position(overlaps) {
            Some(at) => {
                open.swap_remove(at);
                spans.right += 1;
            }
            None => spans.wrong += 1,
        }
    }
    spans.missed = open.len();
    spans
}
