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

/// Tokens that stand together, and what somebody collects of them.
struct Block<B> {
    span: Range<usize>,
    features: Set,
    collected: B,
}

/// A feature of a block counts once, however often it is there.
pub(super) struct Feature {
    pub(super) place: u16,
    /// The block before has it as well, so that it adds nothing to the window of both.
    pub(super) is_known: bool,
}

/// Reads a text block by block, and shows each window: two blocks that follow one another, or the only one.
pub(super) fn read<B: Default>(
    text: &str,
    mut collect: impl FnMut(&mut B, Feature),
    mut window: impl FnMut(Range<usize>, &B, Option<&B>),
) {
    let mut tokens = Tokens { text: text.as_bytes(), at: 0 };
    let mut before = [0; 2];
    let mut last: Option<Block<B>> = None;
    let mut alone = true;
    let mut spare = Set::new();
    while let Some(first) = tokens.next() {
        let mut block = Block { span: first.span.clone(), features: spare, collected: B::default() };
        for token in std::iter::once(first).chain(tokens.by_ref().take(BLOCK - 1)) {
            token.features(text.as_bytes(), before, |place| {
                if block.features.insert(place) {
                    let is_known = last.as_ref().is_some_and(|last| last.features.contains(place));
                    collect(&mut block.collected, Feature { place, is_known });
                }
            });
            before = [before[1], token.hash];
            block.span.end = token.span.end;
        }
        if let Some(last) = &last {
            window(last.span.start..block.span.end, &last.collected, Some(&block.collected));
            alone = false;
        }
        spare = last.replace(block).map_or_else(Set::new, |old| old.features.emptied());
    }
    if let Some(only) = last.filter(|_| alone) {
        window(only.span, &only.collected, None);
    }
}

/// Which places of the table have been met.
struct Set(Box<[u64; PLACES / 64]>);

impl Set {
    fn new() -> Self {
        Self(Box::new([0; PLACES / 64]))
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

    fn emptied(mut self) -> Self {
        self.0.fill(0);
        self
    }
}

struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
}

struct Token {
    span: Range<usize>,
    hash: u32,
    is_word: bool,
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
        self.at += self.text[self.at..].iter().take_while(|byte| is_blank(byte)).count();
        let rest = &self.text[self.at..];
        let first = *rest.first()?;
        let run = |is: fn(&u8) -> bool| rest.iter().take_while(|byte| is(byte)).count();
        let (length, hash) = match first {
            b'\n' => (run(u8::is_ascii_whitespace), hash(b"\n")),
            b'0'..=b'9' => {
                let length = run(u8::is_ascii_digit);
                (length, hash(&b"0000"[..length.min(DIGITS)]))
            }
            _ if is_letter(first) => {
                let length = run(|byte| is_letter(*byte));
                (length, hash(&rest[..length]))
            }
            sign => {
                let length = rest.iter().take_while(|byte| **byte == sign).count();
                (length, hash(&rest[..length.min(2)]))
            }
        };
        let span = self.at..self.at + length;
        self.at = span.end;
        Some(Token { span, hash, is_word: is_letter(first) })
    }
}

impl Token {
    /// Places in the table: of the token, of it with the one and with the two before it, and of its pieces.
    fn features(&self, text: &[u8], before: [u32; 2], mut tell: impl FnMut(u16)) {
        let pair = before[1].rotate_left(7) ^ self.hash;
        let triple = before[0].rotate_left(17) ^ pair.wrapping_mul(0x85eb_ca6b);
        tell(place(self.hash));
        tell(place(pair));
        tell(place(triple));
        if self.is_word {
            let mut piece = u32::from(b'<');
            let letters = text[self.span.clone()].iter().take(WORD).map(u8::to_ascii_lowercase);
            for (at, letter) in letters.chain([b'>']).enumerate() {
                piece = piece << 8 | u32::from(letter);
                if at + 2 >= PIECE {
                    tell(place(piece.wrapping_mul(0x9e37_79b1)));
                }
            }
        }
    }
}

/// What no ASCII is counts as a letter.
fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || !byte.is_ascii()
}

/// FNV-1a of the text in lower case.
fn hash(text: &[u8]) -> u32 {
    text.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193)
    })
}

fn place(hash: u32) -> u16 {
    let mixed = (hash ^ hash >> 15).wrapping_mul(0x2c1b_3c6d);
    let [.., high, low] = ((mixed ^ mixed >> 13).wrapping_mul(0x297a_2d39) >> 16).to_be_bytes();
    u16::from_be_bytes([high, low])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(text: &str) -> Vec<(Range<usize>, usize)> {
        let mut seen = Vec::new();
        read(
            text,
            |(all, new): &mut (usize, usize), feature| {
                *all += 1;
                *new += usize::from(!feature.is_known);
            },
            |span, first, second| seen.push((span, first.0 + second.map_or(0, |second| second.1))),
        );
        seen
    }

    fn tokens(text: &str) -> Vec<&str> {
        Tokens { text: text.as_bytes(), at: 0 }.map(|token| &text[token.span]).collect()
    }

    #[test]
    fn a_text_is_read_in_words_numbers_runs_and_lines() {
        assert_eq!(
            tokens("Don't  wait --\n\n  é12345!"),
            ["Don", "'", "t", "wait", "--", "\n\n  ", "é", "12345", "!"]
        );
        let hashes =
            |text: &str| Tokens { text: text.as_bytes(), at: 0 }.map(|token| token.hash).collect::<Vec<_>>();
        assert_eq!(hashes("WORD 12345 ---"), hashes("word 98765432 --"));
        assert_ne!(hashes("12"), hashes("123"));
    }

    #[test]
    fn windows_overlap_by_half_and_count_each_feature_once() {
        assert_eq!(windows(""), []);
        // Two words, and what ends with the second; the first has nothing before it but itself.
        assert_eq!(windows("12 b"), [(0..4, 5)]);
        let text = "a ".repeat(2 * BLOCK + 1);
        // The word, its pair and triple, and two beginnings of triples; later only what repeats itself.
        assert_eq!(windows(text.trim()), [(0..4 * BLOCK - 1, 5), (2 * BLOCK..4 * BLOCK + 1, 3)]);
    }
}
