//! Which numbers may begin at a place of a text: the bytes that each may have from its first on, as bits, so that one look
//! asks for all of them, and a pattern is tried only where little but a number of its form stands.

use std::ops::{Range, RangeInclusive};
use std::sync::OnceLock;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::is_word;
use super::list::IDS;

/// So many bytes are looked at.
const DEPTH: usize = 16;

/// Of each byte, at each of the first places, the numbers that may have it there.
pub(super) struct Heads(Vec<[u128; 256]>);

impl Heads {
    /// The patterns are constants, so that all can be read, and no more than there are bits; a test holds it.
    pub(super) fn known() -> Option<&'static Self> {
        static KNOWN: OnceLock<Option<Heads>> = OnceLock::new();
        KNOWN.get_or_init(|| Self::of(IDS.iter().map(|id| id.pattern))).as_ref()
    }

    fn of<'a>(patterns: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut heads = Self(vec![[0; 256]; DEPTH]);
        let parser = ParserBuilder::new().case_insensitive(true).unicode(false).utf8(false).build();
        for (index, pattern) in patterns.enumerate() {
            let mut head = Head { heads: &mut heads, bit: 1_u128.checked_shl(u32::try_from(index).ok()?)? };
            let ends = head.walk(&parser.clone().parse(pattern).ok()?, 1);
            head.end(ends);
        }
        Some(heads)
    }

    /// Calls `act` for each place of a part of a text where no word goes on, with each of these kinds of numbers that may
    /// begin there.
    pub(super) fn each(
        &self,
        bytes: &[u8],
        part: Range<usize>,
        kinds: u128,
        mut act: impl FnMut(usize, usize),
    ) {
        for at in part {
            if at > 0 && is_word(bytes[at - 1]) {
                continue;
            }
            let mut may = kinds;
            for (place, byte) in self.0.iter().zip(&bytes[at..]) {
                may &= place[usize::from(*byte)];
                if may == 0 {
                    break;
                }
            }
            while may != 0 {
                act(may.trailing_zeros() as usize, at);
                may &= may - 1;
            }
        }
    }
}

/// What one number may begin with.
struct Head<'a> {
    heads: &'a mut Heads,
    bit: u128,
}

impl Head<'_> {
    /// Notes what a part of a pattern may have at its places, and says where it may end. Places are bits; what is further
    /// away than is looked has none.
    fn walk(&mut self, part: &Hir, from: u32) -> u32 {
        match part.kind() {
            HirKind::Empty | HirKind::Look(_) => from,
            HirKind::Literal(literal) => {
                literal.0.iter().fold(from, |from, byte| self.step(from, *byte..=*byte))
            }
            HirKind::Class(Class::Bytes(class)) => {
                class.iter().fold(0, |to, range| to | self.step(from, range.start()..=range.end()))
            }
            HirKind::Class(Class::Unicode(_)) => self.step(from, 0..=u8::MAX),
            HirKind::Capture(group) => self.walk(&group.sub, from),
            HirKind::Concat(parts) => parts.iter().fold(from, |from, part| self.walk(part, from)),
            HirKind::Alternation(parts) => parts.iter().fold(0, |to, part| to | self.walk(part, from)),
            HirKind::Repetition(repeated) => {
                let (mut ends, mut from) = (0, from);
                // What is repeated is a byte at least: it is soon further away than is looked.
                let most = repeated.max.unwrap_or(u32::MAX).min(1 + u32::try_from(DEPTH).unwrap_or(u32::MAX));
                for count in 0..=most {
                    if count > 0 {
                        from = self.walk(&repeated.sub, from);
                    }
                    if count >= repeated.min {
                        ends |= from;
                    }
                }
                ends
            }
        }
    }

    /// One of these bytes at each of these places.
    fn step(&mut self, from: u32, bytes: RangeInclusive<u8>) -> u32 {
        for place in (0..DEPTH).filter(|place| from & 1 << place != 0) {
            for byte in bytes.clone() {
                self.heads.0[place][usize::from(byte)] |= self.bit;
            }
        }
        from << 1 & ((1 << DEPTH) - 1)
    }

    /// The pattern may end at these places: no letter and no digit follows, and behind that is anything.
    fn end(&mut self, places: u32) {
        for place in (0..DEPTH).filter(|place| places & 1 << place != 0) {
            for byte in (0..=u8::MAX).filter(|byte| !is_word(*byte)) {
                self.heads.0[place][usize::from(byte)] |= self.bit;
            }
        }
        let behind = places.trailing_zeros() as usize + 1;
        for kinds in self.heads.0.iter_mut().skip(behind).flatten() {
            *kinds |= self.bit;
        }
    }
}

#[cfg(test)]
mod tests {
    use regex::bytes::RegexBuilder;

    use super::*;
    use crate::dice::Dice;

    #[test]
    fn a_number_is_sought_wherever_its_pattern_matches() {
        const PIECES: &[&str] = &[
            "1", "20", "345", "9", "A", "BC", "XYZ", "q", " ", "-", ".", "/", "+", "(", ")", "+90", "19",
            "U1B", "IT", "\n", "com",
        ];
        let pattern = |pattern: &str| {
            let whole = format!(r"\A(?:{pattern})(?:[^A-Za-z0-9_]|$)");
            RegexBuilder::new(&whole).case_insensitive(true).unicode(false).build().expect("a pattern")
        };
        let patterns: Vec<_> = IDS.iter().map(|id| pattern(id.pattern)).collect();
        let heads = Heads::known().expect("heads");
        let (mut dice, mut count) = (Dice(0x9e37_79b9_7f4a_7c15), 0);
        for _ in 0..6000 {
            let text: String = (0..14).map(|_| PIECES[dice.below(PIECES.len())]).collect();
            let bytes = text.as_bytes();
            let mut sought = vec![Vec::new(); IDS.len()];
            heads.each(bytes, 0..bytes.len(), u128::MAX, |index, at| sought[index].push(at));
            let free = |at: &usize| *at == 0 || !is_word(bytes[at - 1]);
            for at in (0..bytes.len()).filter(free) {
                for (index, pattern) in patterns.iter().enumerate() {
                    let matches = pattern.is_match(&bytes[at..]);
                    assert!(!matches || sought[index].contains(&at), "{}: {text:?} {at}", IDS[index].rule);
                    count += usize::from(matches);
                }
            }
        }
        assert!(count > 1000, "{count}");
    }
}
