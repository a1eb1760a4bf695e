//! A few words that are looked for at one place of a text, by their first letter.

use std::ops::Range;

/// Words in lower case; those that begin alike stand together.
pub(super) struct Words {
    list: &'static [&'static str],
    /// The words that begin with a byte, as places in the list.
    groups: [(u8, u8); 256],
}

impl Words {
    pub(super) const fn new(list: &'static [&'static str]) -> Self {
        let mut groups = [(0, 0); 256];
        let mut at = 0_u8;
        while (at as usize) < list.len() {
            let first = list[at as usize].as_bytes()[0];
            let from = at;
            while (at as usize) < list.len() && list[at as usize].as_bytes()[0] == first {
                at += 1;
            }
            groups[first as usize] = (from, at);
            groups[first.to_ascii_uppercase() as usize] = (from, at);
        }
        Self { list, groups }
    }

    pub(super) fn word(&self, place: usize) -> &'static str {
        self.list[place]
    }

    /// Whether a word may begin with this byte.
    #[inline]
    pub(super) fn may_begin(&self, byte: u8) -> bool {
        self.groups[usize::from(byte)].1 > 0
    }

    /// The first of the words that a text begins with and that `suits` by its length: its place in the list.
    #[inline]
    pub(super) fn begin(&self, bytes: &[u8], suits: impl Fn(usize) -> bool) -> Option<usize> {
        let (from, to) = self.groups[usize::from(*bytes.first()?)];
        // Most words that begin alike differ in the second letter.
        let second = bytes.get(1).map(u8::to_ascii_lowercase);
        (usize::from(from)..usize::from(to)).find(|place| {
            let word = self.list[*place].as_bytes();
            word.get(1).copied() == second
                && bytes.get(..word.len()).is_some_and(|next| next.eq_ignore_ascii_case(word))
                && suits(word.len())
        })
    }

    /// The first of the words from a place on, and its place in the list.
    #[inline]
    pub(super) fn find(&self, bytes: &[u8], mut at: usize) -> Option<(Range<usize>, usize)> {
        while at < bytes.len() {
            if self.may_begin(bytes[at])
                && let Some(place) = self.begin(&bytes[at..], |_| true)
            {
                return Some((at..at + self.list[place].len(), place));
            }
            at += 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_list_that_a_text_begins_with_is_found() {
        static WORDS: Words = Words::new(&["tel", "telephone", "mobile"]);
        assert_eq!(WORDS.begin(b"TELEphone 1", |_| true), Some(0));
        assert_eq!(WORDS.begin(b"TELEphone 1", |length| length > 3), Some(1));
        assert_eq!(WORDS.find(b"my m Mobile", 0), Some((5..11, 2)));
        assert_eq!(WORDS.find(b"hotel", 3), None);
        assert_eq!(WORDS.find(b"", 0), None);
    }
}
