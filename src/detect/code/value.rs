//! Rules for a value that is nothing else: what would say little inside a longer text says much alone.
//! They have a gate of their own, so that they cost a longer text nothing.

use std::sync::OnceLock;

use regex::bytes::Regex;

use super::super::literals::Literals;
use super::super::rules::{Rule, compile};
use super::super::{Finding, Kind};
use super::{expansion, fragments, functions, protocol, restricted};

/// What is longer is no value.
const LONGEST: usize = 256;
/// So much of a literal is looked for.
const LITERAL: usize = 8;
/// Marks the owner of a literal that is needed.
const NEEDED: u16 = 1 << 15;

const TABLES: &[&[Rule]] =
    &[fragments::VALUES, expansion::VALUES, functions::VALUES, protocol::VALUES, restricted::VALUES];

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
    if text.len() > LONGEST {
        return;
    }
    let Some(values) = Values::get() else { return };
    let (mut gated, mut needed) = (0_u64, 0_u64);
    values.literals.each(text.as_bytes(), |hit| {
        let set = if hit.owner & NEEDED == 0 { &mut gated } else { &mut needed };
        *set |= 1 << (hit.owner & !NEEDED);
    });
    for (index, (rule, pattern)) in values.rules.iter().enumerate() {
        let asked = gated >> index & 1 == 1 && (rule.needs.is_empty() || needed >> index & 1 == 1);
        let pattern = asked.then(|| pattern.get_or_init(|| compile(rule.pattern)).as_ref()).flatten();
        if pattern.is_some_and(|pattern| pattern.is_match(text.as_bytes())) {
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

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
