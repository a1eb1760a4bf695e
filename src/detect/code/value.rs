//! Rules for a value that is nothing else: what would say little inside a longer text says much alone.
//! They have a gate of their own, so that they cost a longer text nothing.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::bytes::Regex;

use super::super::literals::Literals;
use super::super::rules::{Rule, compile};
use super::super::{Finding, Kind};
use super::{expansion, fragments, functions, kept, protocol, restricted};

/// What is longer is no value.
const LONGEST: usize = 256;
/// So much of a literal is looked for.
const LITERAL: usize = 8;
/// Marks the owner of a literal that is needed.
const NEEDED: u16 = 1 << 15;

const TABLES: &[&[Rule]] = &[
    fragments::VALUES,
    expansion::VALUES,
    functions::VALUES,
    kept::VALUES,
    protocol::VALUES,
    restricted::VALUES,
];

struct Values {
    literals: Literals,
    rules: Vec<(&'static Rule, OnceLock<Option<Regex>>)>,
}

impl Values {
    fn get() -> Option<&'static Self> {
        static VALUES: OnceLock<Option<Values>> = OnceLock::new();
        VALUES.get_or_init(Self::new).as_ref()
    }

    fn new() -> Option<Self> {
        let all = || TABLES.iter().copied().flatten();
        let short = |literal: &'static str| &literal.as_bytes()[..literal.len().min(LITERAL)];
        let literals = (0_u16..).zip(all()).flat_map(|(index, rule)| {
            let needs = rule.needs.iter().map(move |need| (index | NEEDED, short(need)));
            rule.gates.iter().map(move |gate| (index, short(gate))).chain(needs)
        });
        Some(Self {
            literals: Literals::new(literals)?,
            rules: all().map(|rule| (rule, OnceLock::new())).collect(),
        })
    }
}

/// Whether a rule is about a whole value, which nothing around it explains.
pub(super) fn owns(id: &str) -> bool {
    TABLES.iter().copied().flatten().any(|rule| rule.id == id)
}

/// Adds what a short value is as a whole.
pub(super) fn scan(text: &str, found: &mut Vec<Finding>) {
    let Some(value) = short(text) else { return };
    let Some(values) = Values::get() else { return };
    let (mut gated, mut needed) = (0_u64, 0_u64);
    values.literals.each(value.as_bytes(), |hit| {
        let set = if hit.owner & NEEDED == 0 { &mut gated } else { &mut needed };
        *set |= 1 << (hit.owner & !NEEDED);
    });
    for (index, (rule, pattern)) in values.rules.iter().enumerate() {
        let asked = gated >> index & 1 == 1 && (rule.needs.is_empty() || needed >> index & 1 == 1);
        let pattern = asked.then(|| pattern.get_or_init(|| compile(rule.pattern)).as_ref()).flatten();
        if pattern.is_some_and(|pattern| pattern.is_match(value.as_bytes())) {
            let Rule { id, label, score, reason, .. } = **rule;
            found.push(Finding {
                kind: Kind::CodeInjection,
                label,
                span: 0..text.len(),
                score,
                rule: id,
                reason,
            });
        }
    }
}

/// A value as it is, or without what makes it longer and means nothing: blanks around it, and steps of a path that
/// lead nowhere.
fn short(text: &str) -> Option<Cow<'_, str>> {
    if text.len() <= LONGEST {
        return Some(text.into());
    }
    let bare = text.trim();
    if bare.len() <= LONGEST {
        return Some(bare.into());
    }
    if !bare.starts_with(['/', '.', '~', '\\']) && !bare.contains("//") && !bare.contains("/./") {
        return None;
    }
    let mut path = String::new();
    let mut steps = bare.split('/');
    path.push_str(steps.next()?);
    for step in steps.filter(|step| !step.is_empty() && *step != ".") {
        path.push('/');
        path.push_str(step);
        if path.len() > LONGEST {
            return None;
        }
    }
    Some(path.into())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn what_only_makes_a_value_longer_hides_nothing() {
        for (value, longer) in [
            (") AS total FROM", format!(") AS total FROM{}", " ".repeat(LONGEST))),
            ("/.env", format!("{}/.env", "/.".repeat(LONGEST))),
            ("../../home/.aws/credentials", format!("../../home{}.aws/credentials", "/".repeat(LONGEST))),
        ] {
            for text in [value, &longer] {
                let mut found = Vec::new();
                scan(text, &mut found);
                assert!(!found.is_empty(), "{text}");
            }
        }
        assert_eq!(short(&"a/".repeat(LONGEST)), None);
    }

    #[test]
    fn every_pattern_compiles_and_every_rule_has_a_name_of_its_own() {
        let values = Values::get().expect("few states");
        assert!(values.rules.len() < 64, "a bit for each");
        let mut names = HashSet::new();
        for (rule, _) in &values.rules {
            assert!(compile(rule.pattern).is_some(), "{}", rule.id);
            assert!(names.insert(rule.id) && !rule.gates.is_empty(), "{}", rule.id);
        }
    }
}
