//! The words around a value, which say what it is.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

/// How far back a word counts.
const REACH: usize = 56;
/// A word of so few letters may begin another.
const SHORT: usize = 5;

/// Words in lower case that are looked for shortly before a value.
pub(super) struct Words {
    list: &'static [&'static str],
    gate: OnceLock<Option<AhoCorasick>>,
}

impl Words {
    pub(super) const fn new(list: &'static [&'static str]) -> Self {
        Self { list, gate: OnceLock::new() }
    }

    fn gate(&self) -> Option<&AhoCorasick> {
        let build = || AhoCorasick::builder().ascii_case_insensitive(true).build(self.list).ok();
        self.gate.get_or_init(build).as_ref()
    }

    /// Whether one of the words begins shortly before `at`.
    pub(super) fn stand_before(&self, text: &str, at: usize) -> bool {
        let bytes = &text.as_bytes()[at.saturating_sub(REACH)..at];
        let begins = |place: usize| place == 0 || !bytes[place - 1].is_ascii_lowercase();
        // `tel` is not the beginning of `telemetry`; a plural is the word itself.
        let ends = |length: usize, end: usize| {
            length > SHORT || bytes.get(end).is_none_or(|byte| !byte.is_ascii_lowercase() || *byte == b's')
        };
        let stands = |start: usize, end: usize| begins(start) && ends(end - start, end);
        self.gate().is_some_and(|gate| {
            gate.find_overlapping_iter(bytes).any(|word| stands(word.start(), word.end()))
        })
    }
}

/// Whether the text goes on with one of the words, after what separates them.
pub(super) fn after(text: &str, at: usize, words: &[&str]) -> bool {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    let skipped = rest.iter().take(3).take_while(|byte| !byte.is_ascii_alphanumeric()).count();
    let goes_on = |word: &str| {
        rest[skipped..].get(..word.len()).is_some_and(|next| next.eq_ignore_ascii_case(word.as_bytes()))
    };
    words.iter().any(|word| goes_on(word))
}
