//! The words around a value, which say what it is.

use super::super::words;

/// How far back a word counts.
const REACH: usize = 56;
/// A word of so few letters may begin another.
const SHORT: usize = 5;

/// Words in lower case that are looked for shortly before a value; those that begin alike stand together.
pub(super) struct Words(words::Words);

impl Words {
    pub(super) const fn new(list: &'static [&'static str]) -> Self {
        Self(words::Words::new(list))
    }

    /// Whether one of the words begins shortly before `at`.
    pub(super) fn stand_before(&self, text: &str, at: usize) -> bool {
        let bytes = &text.as_bytes()[at.saturating_sub(REACH)..at];
        // `tel` is not the beginning of `telemetry`; a plural is the word itself.
        let ends = |length: usize, end: usize| {
            length > SHORT || bytes.get(end).is_none_or(|byte| !byte.is_ascii_lowercase() || *byte == b's')
        };
        // A word begins where no small letter stands before it.
        let mut free = true;
        for (start, byte) in bytes.iter().enumerate() {
            if free && self.0.may_begin(*byte) {
                let word = self.0.begin(&bytes[start..], |length| ends(length, start + length));
                if word.is_some() {
                    return true;
                }
            }
            free = !byte.is_ascii_lowercase();
        }
        false
    }

    /// Whether the text goes on with one of the words, after what separates them.
    pub(super) fn go_on_at(&self, text: &str, at: usize) -> bool {
        let rest = text.as_bytes().get(at..).unwrap_or_default();
        let skipped = rest.iter().take(3).take_while(|byte| !byte.is_ascii_alphanumeric()).count();
        self.0.begin(&rest[skipped..], |_| true).is_some()
    }
}
