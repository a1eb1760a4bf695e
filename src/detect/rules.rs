//! The rules that are a pattern behind literals: one Aho-Corasick over all literals finds where a rule
//! may apply, and its pattern runs in a window around that place only. Patterns are compiled when first needed.

use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use super::literals::Literals;
use super::{Finding, Kind, Kinds, Place, code, offence, poison, prompt, secrets};

/// A pattern of a rule, and what finding it means.
pub(super) struct Rule {
    pub(super) id: &'static str,
    pub(super) label: &'static str,
    /// In lower case; one of them is in every text that the pattern matches.
    pub(super) gates: &'static [&'static str],
    /// Case does not count unless the pattern says so. Its first group, if any, is the span.
    pub(super) pattern: &'static str,
    pub(super) score: f32,
    pub(super) reason: &'static str,
}

/// Rules of one kind, for the places where they make sense.
pub(super) struct Table {
    pub(super) kind: Kind,
    pub(super) places: &'static [Place],
    /// How far around a literal its pattern is tried.
    pub(super) before: usize,
    pub(super) after: usize,
    pub(super) rules: &'static [Rule],
    /// Looks at what a pattern found once more (the text, the whole match, the span) and says the span to report.
    pub(super) check: Option<Check>,
}

pub(super) type Check = fn(&Rule, &str, Range<usize>, Range<usize>) -> Option<Range<usize>>;

pub(super) const EVERYWHERE: &[Place] = &[Place::Argument, Place::Result, Place::Definition];

const TABLES: &[&[Table]] = &[secrets::TABLES, code::TABLES, prompt::TABLES, poison::TABLES, offence::TABLES];

/// Rules, one a line: name, label, score, literals, pattern, reason.
macro_rules! rules {
    ($($id:literal $label:literal $score:literal [$($gate:literal)*] $pattern:literal $reason:literal)*) => {
        &[$($crate::detect::rules::Rule {
            id: $id, label: $label, gates: &[$($gate),*], pattern: $pattern, score: $score, reason: $reason,
        }),*]
    };
}
pub(super) use rules;

/// Memory for the states of one pattern.
const MAX_CACHE: usize = 512 * 1024;
/// So much of a literal is looked for; a small automaton is a fast one.
const LITERAL: usize = 6;

/// Findings of one rule in one text; what comes after is more of the same.
const MAX_FINDINGS: u16 = 200;

struct Compiled {
    table: &'static Table,
    rule: &'static Rule,
    pattern: OnceLock<Option<Regex>>,
}

impl Compiled {
    fn pattern(&self) -> Option<&Regex> {
        let compile = || {
            let mut builder = RegexBuilder::new(self.rule.pattern);
            builder
                .case_insensitive(true)
                .unicode(false)
                .dot_matches_new_line(true)
                .size_limit(1 << 20)
                .dfa_size_limit(MAX_CACHE)
                .build()
                .ok()
        };
        self.pattern.get_or_init(compile).as_ref()
    }
}

/// Where a rule is being tried.
#[derive(Clone, Copy, Default)]
struct Window {
    start: usize,
    end: usize,
    findings: u16,
}

/// All rules, compiled as they are needed.
fn compiled() -> &'static [Compiled] {
    static COMPILED: OnceLock<Vec<Compiled>> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let tables = TABLES.iter().copied().flatten();
        let all = tables.flat_map(|table| table.rules.iter().map(move |rule| (table, rule)));
        all.map(|(table, rule)| Compiled { table, rule, pattern: OnceLock::new() }).collect()
    })
}

/// The literals of all rules for one place. They are constants, so that it is there; a test holds it.
fn gate(place: Place) -> Option<&'static Literals> {
    static GATES: [OnceLock<Option<Literals>>; 3] = [OnceLock::new(), OnceLock::new(), OnceLock::new()];
    let build = || {
        let rules = (0_u16..).zip(compiled()).filter(|(_, compiled)| compiled.table.places.contains(&place));
        Literals::new(rules.flat_map(|(index, compiled)| {
            let gates = compiled.rule.gates.iter();
            gates.map(move |gate| (index, &gate.as_bytes()[..gate.len().min(LITERAL)]))
        }))
    };
    GATES[place as usize].get_or_init(build).as_ref()
}

/// Adds what the rules find in a text.
pub(super) fn scan(text: &str, place: Place, kinds: Kinds, found: &mut Vec<Finding>) {
    let Some(literals) = gate(place) else { return };
    let compiled_rules = compiled();
    let mut windows: Vec<Window> = vec![Window::default(); compiled_rules.len()];
    let mut touched: Vec<u16> = Vec::new();
    literals.each(text.as_bytes(), |hit| {
        let compiled = &compiled_rules[usize::from(hit.owner)];
        let table = compiled.table;
        if !kinds.contains(table.kind) {
            return;
        }
        let window = &mut windows[usize::from(hit.owner)];
        let start = hit.start.saturating_sub(table.before);
        let end = (hit.end + LITERAL + table.after).min(text.len());
        if window.end == 0 {
            touched.push(hit.owner);
            *window = Window { start, end, findings: 0 };
        } else if start <= window.end {
            window.end = end;
        } else {
            let findings = compiled.run(text, *window, found);
            *window = Window { start, end, findings };
        }
    });
    for owner in touched {
        compiled_rules[usize::from(owner)].run(text, windows[usize::from(owner)], found);
    }
}

impl Compiled {
    /// Tries the pattern in a window, and says how many findings the rule has by now.
    fn run(&self, text: &str, window: Window, found: &mut Vec<Finding>) -> u16 {
        let mut findings = window.findings;
        let Some(pattern) = self.pattern() else { return findings };
        let bytes = &text.as_bytes()[..window.end];
        let grouped = pattern.captures_len() > 1;
        let mut at = window.start;
        while findings < MAX_FINDINGS && at <= bytes.len() {
            let Some(whole) = pattern.find_at(bytes, at).map(|whole| whole.range()) else { break };
            at = whole.end.max(whole.start + 1);
            let mut span = whole.clone();
            if grouped {
                let groups = pattern.captures_at(bytes, whole.start);
                span = groups.and_then(|groups| groups.get(1)).map_or(span, |group| group.range());
            }
            if let Some(check) = self.table.check {
                match check(self.rule, text, whole, span) {
                    Some(checked) => span = checked,
                    None => continue,
                }
            }
            findings += 1;
            found.push(self.finding(span));
        }
        findings
    }

    fn finding(&self, span: Range<usize>) -> Finding {
        let Rule { id, label, score, reason, .. } = *self.rule;
        Finding { kind: self.table.kind, label, span, score, rule: id, reason }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_pattern_compiles_and_every_rule_has_a_name_of_its_own() {
        for place in EVERYWHERE {
            assert!(gate(*place).is_some());
        }
        let mut names = HashSet::new();
        for compiled in compiled() {
            let rule = compiled.rule;
            assert!(compiled.pattern().is_some(), "{}: {}", rule.id, rule.pattern);
            assert!(names.insert(rule.id), "{} is there twice", rule.id);
            assert!(!rule.gates.is_empty(), "{} has no literal", rule.id);
            assert!(
                rule.gates.iter().all(|gate| !gate.is_empty() && *gate == gate.to_lowercase()),
                "{}",
                rule.id
            );
        }
    }
}
