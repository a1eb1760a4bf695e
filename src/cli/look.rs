//! One text under the detectors: whole, and string by string where it is JSON.

use std::collections::HashMap;

use serde_json::Value;

use crate::detect::{Extra, FLAGGED, Finding, Kind, Kinds, Place, inspect, inspect_member};
use crate::json;

#[derive(Clone, Copy)]
pub(super) struct Look {
    pub(super) kinds: Kinds,
}

/// What was found in one text.
pub(super) struct Seen {
    pub(super) findings: Vec<Found>,
}

/// Where findings of a rule stand that have no pointer, the first one last.
type Known = HashMap<&'static str, Vec<usize>>;

pub(super) struct Found {
    pub(super) finding: Finding,
    /// Where in a JSON text; the span is that of the string then.
    pub(super) pointer: Option<String>,
}

/// Where a text of this `direction` is met.
pub(super) fn place(direction: &str) -> Option<Place> {
    Some(match direction {
        "input" => Place::Argument,
        "output" => Place::Result,
        "definition" | "tool_description" | "server_config" => Place::Definition,
        _ => return None,
    })
}

/// What a text is judged by that may be of one kind: an order to the assistant poisons a definition, and a secret in a
/// server's address is a fault of its configuration.
pub(super) fn belonging_to(kind: Kind) -> Kinds {
    let beside: &[Kind] = match kind {
        Kind::ToolPoisoning => &[Kind::PromptInjection],
        Kind::ServerConfig => &[Kind::CodeInjection, Kind::Secret, Kind::ToolPoisoning],
        Kind::Toxicity => &[Kind::Nsfw],
        _ => &[],
    };
    beside.iter().fold(Kinds::NONE.with(kind), |all, kind| all.with(*kind))
}

/// What a command line asks for beyond the kinds.
pub(super) fn extra(name: &str) -> Result<Extra, String> {
    let named = Extra::ALL.into_iter().find(|extra| extra.as_str() == name);
    named.ok_or_else(|| format!("there are: {}", Extra::ALL.map(Extra::as_str).join(", ")))
}

impl Look {
    pub(super) fn at(self, text: &str, place: Place) -> Seen {
        let whole = inspect(text, place, self.kinds).into_iter();
        let mut findings: Vec<Found> = whole.map(|finding| Found { finding, pointer: None }).collect();
        let mut known: Known = HashMap::new();
        for (at, found) in findings.iter().enumerate().rev() {
            known.entry(found.finding.rule).or_default().push(at);
        }
        // Code is hidden by the escapes of JSON, and orders stand in its strings.
        if let Ok(value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
            self.within((&value, ""), place, &mut String::new(), (&mut findings, &mut known));
        }
        Seen { findings }
    }

    /// A value, and the name that it stands under.
    fn within(
        self,
        (value, name): (&Value, &str),
        place: Place,
        pointer: &mut String,
        (findings, known): (&mut Vec<Found>, &mut Known),
    ) {
        let length = pointer.len();
        match value {
            Value::String(text) => {
                // What an argument is called is what its tool asks for, unless it is private.
                let told = if place == Place::Result { Kinds::ALL } else { Kinds::NONE.with(Kind::Pii) };
                let by_name = inspect_member(name, text, self.kinds.and(told).with_extras_of(self.kinds));
                for finding in inspect(text, place, self.kinds).into_iter().chain(by_name) {
                    let of_rule = known.get_mut(finding.rule).filter(|of_rule| !of_rule.is_empty());
                    // The string says better where code stands than the whole text does.
                    let is_code = finding.kind == Kind::CodeInjection;
                    let told = Found { finding, pointer: Some(pointer.clone()) };
                    match of_rule {
                        None => findings.push(told),
                        Some(of_rule) => {
                            let better = |at: &mut usize| told.finding.score >= findings[*at].finding.score;
                            if let Some(at) = of_rule.pop_if(|at| is_code && better(at)) {
                                findings[at] = told;
                            }
                        }
                    }
                }
            }
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    json::step(pointer, &at.to_string());
                    self.within((item, name), place, pointer, (findings, known));
                    pointer.truncate(length);
                }
            }
            Value::Object(members) => {
                for (key, member) in members {
                    json::step(pointer, key);
                    self.within((member, key), place, pointer, (findings, known));
                    pointer.truncate(length);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

impl Seen {
    pub(super) fn is_flagged(&self) -> bool {
        self.findings.iter().any(Found::counts)
    }

    /// The highest score of all; 0 where nothing was found.
    pub(super) fn score(&self) -> f32 {
        self.highest(|_| true)
    }

    pub(super) fn score_of(&self, kind: Kind) -> f32 {
        self.highest(|found| found.kind == kind)
    }

    fn highest(&self, which: impl Fn(&Finding) -> bool) -> f32 {
        let findings = self.findings.iter().map(|found| &found.finding).filter(|found| which(found));
        findings.map(|found| found.score).fold(0.0, f32::max)
    }
}

impl Found {
    pub(super) fn counts(&self) -> bool {
        self.finding.score >= FLAGGED
    }
}
