//! What the tests of the detectors ask: what counts in a text of one place, of some kinds.

use super::{FLAGGED, Finding, Kinds, Place, inspect};

/// Where texts come from, and what is looked for in them.
#[derive(Clone, Copy)]
pub(super) struct Probe(pub(super) Place, pub(super) Kinds);

impl Probe {
    /// Whatever counts, to rules or models.
    pub(super) fn found(self, text: &str) -> Vec<Finding> {
        let found = inspect(text, self.0, self.1).into_iter();
        found.filter(|one| one.score >= FLAGGED).collect()
    }

    /// What counts to rules alone: what a model thinks of a text hides no rule that is broken.
    fn by_rules(self, text: &str) -> impl Iterator<Item = Finding> {
        self.found(text).into_iter().filter(|one| one.label != "model")
    }

    /// Whether something counts, to rules alone.
    pub(super) fn flags(self, text: &str) -> bool {
        self.by_rules(text).next().is_some()
    }

    /// The rules that count something.
    pub(super) fn rules(self, text: &str) -> Vec<&'static str> {
        self.by_rules(text).map(|one| one.rule).collect()
    }

    /// The classes of what rules count.
    pub(super) fn labels(self, text: &str) -> Vec<&'static str> {
        self.by_rules(text).map(|one| one.label).collect()
    }

    /// The pieces of the text that count, each with its type.
    pub(super) fn entities(self, text: &str) -> Vec<(&'static str, &str)> {
        self.found(text).into_iter().map(|one| (one.label, &text[one.span])).collect()
    }
}
