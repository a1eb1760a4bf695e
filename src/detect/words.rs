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
}

/// Words that are looked for in whole texts: three letters at once say where one may begin.
pub(super) struct Sought {
    words: Words,
    /// Of each byte, as the first, the second and the third letter, whose it may be, a bit for each word.
    letters: [[u16; 256]; HEAD],
}

/// Letters that are compared at once.
const HEAD: usize = 3;

impl Sought {
    /// Sixteen words at most.
    pub(super) const fn new(list: &'static [&'static str]) -> Self {
        let mut letters = [[0; 256]; HEAD];
        let mut at = 0;
        while at < list.len() {
            let (word, bit) = (list[at].as_bytes(), 1 << at);
            let mut place = 0;
            while place < HEAD {
                if place < word.len() {
                    letters[place][word[place] as usize] |= bit;
                    letters[place][word[place].to_ascii_uppercase() as usize] |= bit;
                } else {
                    let mut byte = 0;
                    while byte < 256 {
                        letters[place][byte] |= bit;
                        byte += 1;
                    }
                }
                place += 1;
            }
            at += 1;
        }
        Self { words: Words::new(list), letters }
    }

    pub(super) fn word(&self, place: usize) -> &'static str {
        self.words.word(place)
    }

    /// The first of the words from a place on, and its place in the list.
    pub(super) fn find(&self, bytes: &[u8], mut at: usize) -> Option<(Range<usize>, usize)> {
        let [first, second, third] = &self.letters;
        let of = |letters: &[u16; 256], byte: u8| letters[usize::from(byte)];
        while at < bytes.len() {
            let mut heads = bytes[at..].windows(HEAD);
            let may_begin = |head: &[u8]| of(first, head[0]) & of(second, head[1]) & of(third, head[2]) != 0;
            at += heads.position(may_begin).unwrap_or_else(|| (bytes.len() - at).saturating_sub(HEAD - 1));
            if let Some(place) = self.words.begin(&bytes[at..], |_| true) {
                return Some((at..at + self.word(place).len(), place));
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
    }

    #[test]
    fn words_are_sought_up_to_the_end() {
        static WORDS: Sought = Sought::new(&["tel", "telephone", "mobile", "pw"]);
        assert_eq!(WORDS.find(b"my m Mobile", 0), Some((5..11, 2)));
        assert_eq!(WORDS.find(b"a PW", 0), Some((2..4, 3)));
        assert_eq!(WORDS.find(b"pw", 0), Some((0..2, 3)));
        assert_eq!(WORDS.find(b"hotel", 3), None);
        assert_eq!(WORDS.find(b"", 0), None);
    }
}
