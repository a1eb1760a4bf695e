//! Where any of some thousand literals stand in a text, in one pass: an Aho-Corasick automaton as a dense table.
//! It is built in a fraction of a millisecond, reads a byte in a few cycles, and knows no case.

use std::collections::VecDeque;
use std::ops::Range;

/// A literal that was found: who owns it, where it ends, and how long it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hit {
    pub(super) owner: u16,
    pub(super) start: usize,
    pub(super) end: usize,
}

pub(super) struct Literals {
    /// The column of each byte; letters of either case share one.
    columns: [u8; 256],
    /// How far a state is shifted to the left to become the beginning of its row.
    shift: u32,
    rows: Vec<u16>,
    /// The literals that end in a state: a range of `ends`, for states that are marked.
    ranges: Vec<(u32, u32)>,
    ends: Vec<(u16, u16)>,
    longest: usize,
}

/// So many stretches are read side by side, of so many bytes at most.
const LANES: usize = 4;
const LANE: usize = 4096;

/// Marks a state in which a literal ends.
const MARK: u16 = 1 << 15;
/// No way on, while the table is built.
const NONE: u16 = u16::MAX;

impl Literals {
    /// Nothing where there are more states than the table has room for.
    pub(super) fn new<'a>(literals: impl Iterator<Item = (u16, &'a [u8])> + Clone) -> Option<Self> {
        let mut columns = [0; 256];
        let mut count = 1_u8;
        for byte in literals.clone().flat_map(|(_, literal)| literal) {
            let column = &mut columns[usize::from(byte.to_ascii_lowercase())];
            if *column == 0 {
                *column = count;
                count = count.checked_add(1)?;
            }
        }
        for upper in b'A'..=b'Z' {
            columns[usize::from(upper)] = columns[usize::from(upper.to_ascii_lowercase())];
        }
        let shift = usize::from(count).next_power_of_two().trailing_zeros();
        let longest = literals.clone().map(|(_, literal)| literal.len()).max()?;
        let mut built =
            Self { columns, shift, rows: Vec::new(), ranges: Vec::new(), ends: Vec::new(), longest };
        let mut own: Vec<Vec<(u16, u16)>> = Vec::new();
        built.state(&mut own)?;
        for (owner, literal) in literals {
            let mut state = 0;
            for byte in literal {
                let at = built.at(state, usize::from(columns[usize::from(byte.to_ascii_lowercase())]));
                if built.rows[at] == NONE {
                    built.rows[at] = built.state(&mut own)?;
                }
                state = built.rows[at];
            }
            let end = (owner, u16::try_from(literal.len()).ok()?);
            if !own[usize::from(state)].contains(&end) {
                own[usize::from(state)].push(end);
            }
        }
        built.close(own);
        Some(built)
    }

    fn at(&self, state: u16, column: usize) -> usize {
        usize::from(state) << self.shift | column
    }

    /// A state more.
    fn state(&mut self, own: &mut Vec<Vec<(u16, u16)>>) -> Option<u16> {
        let state = u16::try_from(own.len()).ok().filter(|state| *state < MARK - 1)?;
        own.push(Vec::new());
        self.rows.resize(self.rows.len() + (1 << self.shift), NONE);
        Some(state)
    }

    /// Gives every state a way on for every byte, and the literals that end in the states behind it.
    fn close(&mut self, mut own: Vec<Vec<(u16, u16)>>) {
        let width = 1_usize << self.shift;
        let mut behind = vec![0_u16; own.len()];
        let mut queue = VecDeque::new();
        for column in 0..width {
            match self.rows[column] {
                NONE => self.rows[column] = 0,
                next => queue.push_back(next),
            }
        }
        while let Some(state) = queue.pop_front() {
            let back = behind[usize::from(state)];
            let shorter = own[usize::from(back)].clone();
            own[usize::from(state)].extend(shorter);
            for column in 0..width {
                let (at, other) = (self.at(state, column), self.rows[self.at(back, column)]);
                match self.rows[at] {
                    NONE => self.rows[at] = other,
                    next => {
                        behind[usize::from(next)] = other;
                        queue.push_back(next);
                    }
                }
            }
        }
        for next in &mut self.rows {
            if !own[usize::from(*next)].is_empty() {
                *next |= MARK;
            }
        }
        for ends in own {
            let from = self.ends.len();
            self.ends.extend(ends);
            let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            self.ranges.push((place(from), place(self.ends.len())));
        }
    }

    /// Calls `act` for each literal of the text, in the order of their ends, the longest first.
    pub(super) fn each(&self, text: &[u8], mut act: impl FnMut(Hit)) {
        let mut marked = vec![Mark::default(); LANES * (text.len() / LANES).clamp(self.longest, LANE)];
        let mut from = 0;
        while from < text.len() {
            let width = ((text.len() - from) / LANES).min(LANE);
            if width < self.longest {
                let count = self.read(text, from..text.len(), &mut marked);
                self.tell(from, &marked[..count], &mut act);
                from = text.len();
            } else {
                let counts = self.side_by_side(text, from, width, &mut marked);
                for (lane, count) in counts.into_iter().enumerate() {
                    let marked = &marked[lane * width..][..count];
                    self.tell(from + lane * width, marked, &mut act);
                }
                from += width * LANES;
            }
        }
    }

    fn tell(&self, from: usize, marked: &[Mark], act: &mut impl FnMut(Hit)) {
        for Mark { state, at } in marked {
            let (first, last) = self.ranges[usize::from(state & !MARK)];
            let end = from + usize::from(*at) + 1;
            for (owner, length) in &self.ends[first as usize..last as usize] {
                act(Hit { owner: *owner, start: end - usize::from(*length), end });
            }
        }
    }

    fn next(&self, state: u16, byte: u8) -> u16 {
        self.rows[usize::from(state & !MARK) << self.shift | usize::from(self.columns[usize::from(byte)])]
    }

    /// The state that the bytes before `at` lead to; what is further away than a literal is long has no part in it.
    fn state_at(&self, text: &[u8], at: usize) -> u16 {
        text[at.saturating_sub(self.longest)..at].iter().fold(0, |state, byte| self.next(state, *byte))
    }

    /// The marks of what is left behind the last stretches, and how many they are.
    fn read(&self, text: &[u8], range: Range<usize>, marked: &mut [Mark]) -> usize {
        let mut state = self.state_at(text, range.start);
        let mut count = 0;
        for (at, byte) in (0..).zip(&text[range]) {
            state = self.next(state, *byte);
            if state & MARK != 0 {
                marked[count] = Mark { state, at };
                count += 1;
            }
        }
        count
    }

    /// A step waits for the one before it, so that several stretches at once take hardly longer than one. Says how many
    /// marks each of them has.
    fn side_by_side(&self, text: &[u8], from: usize, width: usize, marked: &mut [Mark]) -> [usize; LANES] {
        let starts: [usize; LANES] = std::array::from_fn(|lane| from + lane * width);
        let [one, two, three, four] = starts.map(|start| text[start..start + width].iter());
        let mut states = starts.map(|start| self.state_at(text, start));
        let mut counts = [0; LANES];
        for (at, (((one, two), three), four)) in (0..).zip(one.zip(two).zip(three).zip(four)) {
            states = [
                self.next(states[0], *one),
                self.next(states[1], *two),
                self.next(states[2], *three),
                self.next(states[3], *four),
            ];
            if (states[0] | states[1] | states[2] | states[3]) & MARK != 0 {
                // What is no mark is written over.
                for (lane, (state, count)) in states.into_iter().zip(&mut counts).enumerate() {
                    marked[lane * width + *count] = Mark { state, at };
                    *count += usize::from(state >> MARK.trailing_zeros());
                }
            }
        }
        counts
    }
}

/// A state in which a literal ends, and where in its stretch.
#[derive(Clone, Copy, Default)]
struct Mark {
    state: u16,
    at: u16,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_literal_is_found_wherever_it_stands() {
        let words: [&[u8]; 6] = [b"he", b"she", b"hers", b"his", b"s", "é".as_bytes()];
        let literals = Literals::new((0..).zip(words)).expect("few states");
        let mut found = Vec::new();
        let text = "uSHErs, hiS é".repeat(3);
        let text = text.as_bytes();
        literals.each(text, |hit| found.push((hit.owner, hit.start)));
        let mut wanted = Vec::new();
        for (owner, word) in (0_u16..).zip(words) {
            for start in 0..text.len() {
                if text[start..].len() >= word.len()
                    && text[start..start + word.len()].eq_ignore_ascii_case(word)
                {
                    wanted.push((owner, start));
                }
            }
        }
        found.sort_unstable();
        assert_eq!(found, wanted);
    }
}
