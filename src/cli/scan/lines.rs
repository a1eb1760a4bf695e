//! `scan --jsonl`: one object a line in, one a line out, in the same order.

use std::io;

use serde_json::{Value, json};

use super::super::look::{Found, Look, Seen, place};
use super::positions::Positions;
use super::{Failure, MAX_TEXT, Options, each, print};
use crate::detect::{Finding, Kind};

pub(super) fn run(options: &Options, look: Look) -> (bool, Vec<Failure>) {
    let mut found = false;
    let unread = each(options, |_, reader| {
        let mut number = 0;
        loop {
            let mut line = Vec::new();
            if io::BufRead::read_until(&mut io::Read::take(&mut *reader, MAX_TEXT), b'\n', &mut line)? == 0 {
                return Ok(());
            }
            number += 1;
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let wrong = |what: &str| io::Error::other(format!("line {number} {what}"));
            let object: Value = serde_json::from_slice(&line).map_err(|_| wrong("is not JSON"))?;
            let text = object["text"].as_str().ok_or_else(|| wrong("has no string `text`"))?;
            let place = match object["direction"].as_str() {
                None => options.place(),
                Some(direction) => place(direction)
                    .ok_or_else(|| wrong("has another `direction` than `input`, `output` or `definition`"))?,
            };
            let seen = look.at(text, place);
            found |= seen.is_flagged();
            print::out(&answer(look, &object["id"], text, &seen).to_string());
        }
    });
    (found, unread)
}

fn answer(look: Look, id: &Value, text: &str, seen: &Seen) -> Value {
    let kinds = Kind::ALL.into_iter().filter(|kind| look.kinds.contains(*kind));
    let kinds: serde_json::Map<String, Value> =
        kinds.map(|kind| (kind.as_str().to_owned(), rounded(seen.score_of(kind)))).collect();
    let plain = seen.findings.iter().filter(|found| found.pointer.is_none());
    let ends = plain.flat_map(|found| [found.finding.span.start, found.finding.span.end]);
    let positions = Positions::of(text, ends);
    // Offsets count characters, as most languages do, and not bytes.
    let characters = |at: usize| positions.at(at).characters;
    // Those that do not count as well: what a bare number may be is for the reader to decide.
    let is_entity = |found: &&Found| found.finding.kind == Kind::Pii && found.pointer.is_none();
    let entities: Vec<Value> = seen
        .findings
        .iter()
        .filter(is_entity)
        .map(|found| {
            let Finding { span, label, score, .. } = &found.finding;
            let (start, end) = (characters(span.start), characters(span.end));
            json!({"type": label, "start": start, "end": end, "score": rounded(*score)})
        })
        .collect();
    let findings: Vec<Value> = seen.findings.iter().map(|found| finding(&characters, found)).collect();
    json!({
        "id": id,
        "flag": seen.is_flagged(),
        "score": rounded(seen.score()),
        "kinds": kinds,
        "entities": entities,
        "findings": findings,
    })
}

fn finding(characters: &dyn Fn(usize) -> usize, found: &Found) -> Value {
    let finding = &found.finding;
    let mut object = json!({
        "kind": finding.kind.as_str(),
        "label": finding.label,
        "score": rounded(finding.score),
        "rule": finding.rule,
        "reason": finding.reason,
    });
    match &found.pointer {
        Some(pointer) => object["pointer"] = pointer.as_str().into(),
        None => {
            object["start"] = characters(finding.span.start).into();
            object["end"] = characters(finding.span.end).into();
        }
    }
    object
}

fn rounded(score: f32) -> Value {
    json!((f64::from(score) * 1_000.0).round() / 1_000.0)
}
