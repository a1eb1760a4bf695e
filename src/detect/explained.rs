//! Lowers the score of what its surroundings explain. A family of rules has a table, in which a row is an explanation:
//! the rules whose findings it explains, and the clues that are there all together where it holds.

use std::cell::LazyCell;

use super::around::{Around, How, Part};
use super::{Finding, Kind, Place, poison, prompt};

const FAMILIES: &[Family] = &[prompt::EXPLAINED, poison::EXPLAINED];

/// The score of a sign that its surroundings explain, and of a weak one.
const LOWERED: f32 = 0.45;
const LOWERED_WEAK: f32 = 0.2;

pub(super) struct Family {
    /// Where its rows count.
    pub(super) places: &'static [Place],
    /// So much is read on either side of a finding.
    pub(super) near: usize,
    pub(super) rows: &'static [Row],
}

/// Rules, and the clues that explain what they find.
pub(super) type Row = (&'static [&'static str], &'static [Clue]);

pub(super) enum Clue {
    /// One of the words is there,
    Has(Part, How, &'static [&'static str]),
    /// or none of them.
    Lacks(Part, How, &'static [&'static str]),
    /// The text is one of these.
    In(&'static [Place]),
    All(&'static [Self]),
    Any(&'static [Self]),
    /// What takes a look of its own.
    Own(fn(&Around<'_>) -> bool),
}

/// Says whether its surroundings explain a finding, whose score is lowered then.
pub(super) fn soften(text: &str, place: Place, one: &mut Finding) -> bool {
    let is_order = matches!(one.kind, Kind::PromptInjection | Kind::ToolPoisoning);
    let explained = is_order && FAMILIES.iter().any(|family| family.explains(text, place, one));
    if explained {
        one.score = one.score.min(if one.label == "weak" { LOWERED_WEAK } else { LOWERED });
    }
    explained
}

impl Family {
    fn explains(&self, text: &str, place: Place, one: &Finding) -> bool {
        // Read when the first clue of a row asks for it.
        let around = LazyCell::new(|| Around::of(text, &one.span, self.near, place));
        let mut rows = self.rows.iter().filter(|(rules, _)| rules.contains(&one.rule));
        self.places.contains(&place) && rows.any(|(_, clues)| clues.iter().all(|clue| clue.holds(&around)))
    }
}

impl Clue {
    fn holds(&self, around: &Around<'_>) -> bool {
        match *self {
            Self::Has(part, how, words) => around.has(part, how, words),
            Self::Lacks(part, how, words) => !around.has(part, how, words),
            Self::In(places) => places.contains(&around.place),
            Self::All(clues) => clues.iter().all(|clue| clue.holds(around)),
            Self::Any(clues) => clues.iter().any(|clue| clue.holds(around)),
            Self::Own(look) => look(around),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn rows_are_of_rules_that_there_are() {
        let tables = prompt::TABLES.iter().chain(poison::TABLES);
        let known: HashSet<&str> = tables.flat_map(|table| table.rules).map(|rule| rule.id).collect();
        for rule in FAMILIES.iter().flat_map(|family| family.rows).flat_map(|(rules, _)| *rules) {
            assert!(known.contains(rule), "{rule}");
        }
    }

    #[test]
    fn words_are_in_lower_case() {
        fn words(clue: &Clue) -> Vec<&'static str> {
            match *clue {
                Clue::Has(.., words) | Clue::Lacks(.., words) => words.to_vec(),
                Clue::All(clues) | Clue::Any(clues) => clues.iter().flat_map(words).collect(),
                Clue::In(_) | Clue::Own(_) => Vec::new(),
            }
        }
        let clues = FAMILIES.iter().flat_map(|family| family.rows).flat_map(|(_, clues)| *clues);
        for word in clues.flat_map(words) {
            assert!(!word.is_empty() && word.to_ascii_lowercase() == word, "{word:?}");
        }
    }
}
