//! A rule of the operator's: a name, and the conditions that must hold together for it to hit.

use regex::Regex;

use crate::condition::Condition;

/// There is at least one condition.
#[derive(Clone, Debug)]
pub struct Rule {
    pub name: String,
    /// One of these words and phrases is there.
    pub keywords: Vec<String>,
    /// One of these matches a text.
    pub patterns: Vec<Regex>,
    /// JSON pointers: where words and patterns are looked for; empty: everywhere.
    pub paths: Vec<String>,
    pub when: Option<Condition>,
}

impl Rule {
    /// Whether words and patterns are looked for at a place.
    pub fn reaches(&self, pointer: &str) -> bool {
        self.paths.is_empty() || is_under(&self.paths, pointer)
    }
}

/// Whether a JSON pointer is one of some, or leads below one.
pub(super) fn is_under(paths: &[String], pointer: &str) -> bool {
    paths.iter().any(|path| {
        pointer.strip_prefix(path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}
