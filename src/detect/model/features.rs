//! What a model sees of a text: tokens, and for each of them the places of its features in the table of weights.
//!
//! A token is a word in lower case, a number of which only the length counts, a run of one sign, or a line's end.

use std::ops::Range;

/// A table has so many weights.
pub(super) const PLACES: usize = 1 << 16;
/// Tokens of half a window.
const BLOCK: usize = 30;
/// More letters of a word are not cut into pieces.
const WORD: usize = 24;
/// Letters of a piece.
const PIECE: usize = 4;
/// More digits of a number are not counted.
const DIGITS: usize = 4;
/// What stands before the first token.
const START: u32 = 0x5bd1_e995;

/// Reads a text block by block, and shows each window: two blocks that follow one another, or the only one. What is
/// collected of a block are features that it has not had yet, and whether the block before has them.
pub(super) fn read<B: Default>(
    text: &str,
    mut collect: impl FnMut(&mut B, &[u16], bool),
    mut window: impl FnMut(Range<usize>, &B, Option<&B>),
) {
    let mut tokens = Tokens { text: text.as_bytes(), at: 0, before: [START; 2], features: Vec::new() };
    let mut last: Option<(Range<usize>, B)> = None;
    let mut alone = true;
    let (mut here, mut before) = (Set::new(), Set::new());
    while let Some(mut span) = tokens.next() {
        let mut block = B::default();
        for left in (0..BLOCK).rev() {
            if let Some((name, features)) = here.news(&tokens.features) {
                collect(&mut block, features, before.contains(name));
            }
            let Some(more) = (left > 0).then(|| tokens.next()).flatten() else { break };
            span.end = more.end;
        }
        if let Some((place, first)) = &last {
            window(place.start..span.end, first, Some(&block));
            alone = false;
        }
        last = Some((span, block));
        std::mem::swap(&mut here, &mut before);
        here.0.fill(0);
    }
    if let Some((span, only)) = last.filter(|_| alone) {
        window(span, &only, None);
    }
}

/// Which places of the table have been met.
struct Set(Box<[u64; PLACES / 64]>);

impl Set {
    fn new() -> Self {
        Self(Box::new([0; PLACES / 64]))
    }

    /// What a token has that has not been met, under the name of the first of it. A token that has been met has no new
    /// pieces either, and may stand behind another one this time.
    fn news<'f>(&mut self, features: &'f [u16]) -> Option<(u16, &'f [u16])> {
        let (rest, company) = features.split_last_chunk::<2>()?;
        let (token, pair) = (*rest.last()?, company[0]);
        if self.insert(token) {
            return Some((token, features));
        }
        self.insert(pair).then_some((pair, company))
    }

    /// Whether it is new here.
    fn insert(&mut self, place: u16) -> bool {
        let word = &mut self.0[usize::from(place / 64)];
        let bit = 1 << (place % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    fn contains(&self, place: u16) -> bool {
        self.0[usize::from(place / 64)] & 1 << (place % 64) != 0
    }
}

struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
    /// The last two tokens.
    before: [u32; 2],
    /// Of the token that was read last: its pieces, itself, it with the one and with the two before it.
    features: Vec<u16>,
}

impl Tokens<'_> {
    /// Where the next token stands.
    fn next(&mut self) -> Option<Range<usize>> {
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
        self.at += self.text[self.at..].iter().take_while(|byte| is_blank(byte)).count();
        let rest = &self.text[self.at..];
        let first = *rest.first()?;
        let run = |is: fn(&u8) -> bool| rest.iter().take_while(|byte| is(byte)).count();
        self.features.clear();
        let (length, token) = match first {
            b'\n' => (run(u8::is_ascii_whitespace), hash(b"\n")),
            b'0'..=b'9' => {
                let length = run(u8::is_ascii_digit);
                (length, hash(&b"0000"[..length.min(DIGITS)]))
            }
            _ if LETTERS[usize::from(first)] != 0 => word(rest, &mut self.features),
            sign => {
                let length = rest.iter().take_while(|byte| **byte == sign).count();
                (length, hash(&rest[..length.min(2)]))
            }
        };
        let [second, last] = self.before;
        self.before = [last, token];
        let pair = last.rotate_left(7) ^ token;
        let triple = second.rotate_left(17) ^ pair.wrapping_mul(0x85eb_ca6b);
        self.features.extend([token, pair, triple].map(place));
        let start = self.at;
        self.at += length;
        Some(start..self.at)
    }
}

/// How long it is, and its hash; its pieces are added to the features.
fn word(text: &[u8], features: &mut Vec<u16>) -> (usize, u32) {
    let mut piece = u32::from(b'<');
    let mut hash = BASIS;
    let mut length = 0;
    for &letter in text {
        let letter = LETTERS[usize::from(letter)];
        if letter == 0 {
            break;
        }
        hash = (hash ^ u32::from(letter)).wrapping_mul(PRIME);
        piece = piece << 8 | u32::from(letter);
        length += 1;
        if length + 1 >= PIECE && length <= WORD {
            features.push(place(piece));
        }
    }
    if length + 2 >= PIECE && length <= WORD {
        features.push(place(piece << 8 | u32::from(b'>')));
    }
    (length, hash)
}

/// Of each byte what it is as a letter, in lower case; what no ASCII is counts as one.
static LETTERS: [u8; 256] = {
    let mut letters = [0; 256];
    let mut byte: u8 = 0;
    loop {
        if byte.is_ascii_alphabetic() || !byte.is_ascii() {
            letters[byte as usize] = byte.to_ascii_lowercase();
        }
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    letters
};

const BASIS: u32 = 0x811c_9dc5;
const PRIME: u32 = 0x0100_0193;

/// FNV-1a.
fn hash(text: &[u8]) -> u32 {
    text.iter().fold(BASIS, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(PRIME))
}

fn place(hash: u32) -> u16 {
    let [high, low, ..] = hash.wrapping_mul(0x9e37_79b1).to_be_bytes();
    u16::from_be_bytes([high, low])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(text: &str) -> Vec<(Range<usize>, usize)> {
        let mut seen = Vec::new();
        read(
            text,
            |(all, new): &mut (usize, usize), features, is_known| {
                *all += features.len();
                *new += if is_known { 0 } else { features.len() };
            },
            |span, first, second| seen.push((span, first.0 + second.map_or(0, |second| second.1))),
        );
        seen
    }

    fn tokens(text: &str) -> Vec<(&str, u32)> {
        let mut tokens = Tokens { text: text.as_bytes(), at: 0, before: [START; 2], features: Vec::new() };
        std::iter::from_fn(|| tokens.next().map(|span| (&text[span], tokens.before[1]))).collect()
    }

    #[test]
    fn a_text_is_read_in_words_numbers_runs_and_lines() {
        let words = |text| tokens(text).into_iter().map(|(word, _)| word).collect::<Vec<_>>();
        let read = ["Don", "'", "t", "wait", "--", "\n\n  ", "é", "12345", "!"];
        assert_eq!(words("Don't  wait --\n\n  é12345!"), read);
        let hashes = |text| tokens(text).into_iter().map(|(_, hash)| hash).collect::<Vec<_>>();
        assert_eq!(hashes("WORD 12345 ---"), hashes("word 98765432 --"));
        assert_ne!(hashes("12"), hashes("123"));
    }

    #[test]
    fn windows_overlap_by_half_and_count_each_feature_once() {
        assert_eq!(windows(""), []);
        // Each of the two by itself, and what ends with it.
        assert_eq!(windows("12 b"), [(0..4, 6)]);
        let text = "a ".repeat(2 * BLOCK + 1);
        // The word and what ends with it, and once more behind its like; a block adds nothing that the last one had.
        assert_eq!(windows(text.trim()), [(0..4 * BLOCK - 1, 5), (2 * BLOCK..4 * BLOCK + 1, 5)]);
    }
}
