//! What a model sees of a text: for each token the places of its features in the table of weights.

use std::ops::Range;

use super::tokens::{self, PIECES};

/// A table has so many weights.
pub(super) const PLACES: usize = 1 << 16;
/// Tokens of half a window.
const BLOCK: usize = 30;
/// What stands before the first token.
const START: u32 = 0x5bd1_e995;
/// Features of a token: its pieces, itself, it with the one and with the two before it.
const FEATURES: usize = PIECES + 3;

/// Reads a text block by block, and shows each window: two blocks that follow one another, or the only one. What is
/// collected of a block are features that it has not had yet.
pub(super) fn read<B: Default>(
    text: &str,
    mut collect: impl FnMut(&mut B, &News),
    mut window: impl FnMut(Range<usize>, &B, Option<&B>),
) {
    let mut reader = Reader {
        text: text.as_bytes(),
        at: 0,
        before: [START; 2],
        here: Set::new(),
        last: Set::new(),
        news: News::new(),
    };
    let mut last: Option<(Range<usize>, B)> = None;
    let mut alone = true;
    while let Some(span) = reader.block() {
        let mut block = B::default();
        collect(&mut block, &reader.news);
        if let Some((place, first)) = &last {
            window(place.start..span.end, first, Some(&block));
            alone = false;
        }
        last = Some((span, block));
    }
    if let Some((span, only)) = last.filter(|_| alone) {
        window(span, &only, None);
    }
}

/// The features of a block.
pub(super) struct News {
    /// Those that the block before has not, and those that it has.
    lists: [List; 2],
    /// How many features of which list each token has.
    turns: [(bool, usize); BLOCK],
}

struct List {
    places: [u16; BLOCK * FEATURES + PIECES],
    count: usize,
}

impl News {
    fn new() -> Self {
        let list = || List { places: [0; BLOCK * FEATURES + PIECES], count: 0 };
        Self { lists: [list(), list()], turns: [(false, 0); BLOCK] }
    }

    /// What the block before has not, or has.
    pub(super) fn places(&self, known: bool) -> &[u16] {
        let list = &self.lists[usize::from(known)];
        &list.places[..list.count]
    }

    /// All of them, in the order of the text.
    pub(super) fn in_order(&self) -> Vec<u16> {
        let mut rest = [self.places(false), self.places(true)];
        let next = |(known, count): (bool, usize)| {
            let (turn, more) = rest[usize::from(known)].split_at(count);
            rest[usize::from(known)] = more;
            turn
        };
        self.turns.into_iter().flat_map(next).copied().collect()
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    /// The last two tokens.
    before: [u32; 2],
    /// What this block has had, and the last one.
    here: Set,
    last: Set,
    news: News,
}

impl Reader<'_> {
    /// Reads a block, and says where it stands.
    fn block(&mut self) -> Option<Range<usize>> {
        std::mem::swap(&mut self.here, &mut self.last);
        self.here.clear();
        self.news.lists.iter_mut().for_each(|list| list.count = 0);
        let mut start = None;
        let mut turns = [(false, 0); BLOCK];
        for turn in &mut turns {
            let Some(token) = tokens::next(self.text, self.at) else { break };
            self.at = token.start + token.length;
            start.get_or_insert(token.start);
            let [second, last] = self.before;
            self.before = [last, token.hash];
            let pair = last.rotate_left(7) ^ token.hash;
            let triple = second.rotate_left(17) ^ pair.wrapping_mul(0x85eb_ca6b);
            let [itself, pair, triple] = [token.hash, pair, triple].map(place);
            // A token that has been met has no new pieces either, and may stand behind another one this time.
            let is_met = self.here.contains(itself);
            let name = if is_met { pair } else { itself };
            let is_new = self.here.insert(name);
            let known = self.last.contains(name);
            let features = &mut self.news.lists[usize::from(known)];
            let from = features.count;
            let mut to = from;
            if token.count > 0
                && !is_met
                && let Some(places) = features.places[to..].first_chunk_mut()
            {
                token.pieces(self.text, places);
                to += token.count;
            }
            // What is not counted is written over.
            features.places[to] = itself;
            to += usize::from(!is_met);
            features.places[to] = pair;
            features.places[to + 1] = triple;
            to += if is_new { 2 } else { 0 };
            features.count = to;
            *turn = (known, to - from);
        }
        self.news.turns = turns;
        start.map(|start| start..self.at)
    }
}

/// Which places of the table have been met.
struct Set {
    bits: Box<[u64; PLACES / 64]>,
    met: [u16; BLOCK],
    count: usize,
}

impl Set {
    fn new() -> Self {
        Self { bits: Box::new([0; PLACES / 64]), met: [0; BLOCK], count: 0 }
    }

    /// Whether it is new here. No more than a block has tokens.
    fn insert(&mut self, place: u16) -> bool {
        let word = &mut self.bits[usize::from(place / 64)];
        let bit = 1 << (place % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        self.met[self.count % BLOCK] = place;
        self.count += 1;
        is_new
    }

    fn contains(&self, place: u16) -> bool {
        self.bits[usize::from(place / 64)] & 1 << (place % 64) != 0
    }

    fn clear(&mut self) {
        for place in &self.met[..self.count.min(BLOCK)] {
            self.bits[usize::from(place / 64)] = 0;
        }
        self.count = 0;
    }
}

pub(super) fn place(hash: u32) -> u16 {
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
            |(all, new): &mut (usize, usize), news| {
                *new = news.places(false).len();
                *all = *new + news.places(true).len();
                assert_eq!(news.in_order().len(), *all);
            },
            |span, first, second| seen.push((span, first.0 + second.map_or(0, |second| second.1))),
        );
        seen
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
