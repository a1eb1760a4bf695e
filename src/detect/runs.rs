//! Runs of bytes of one class. A run that is too short is passed by in one step, most of its bytes unread.

use std::ops::Range;

pub(super) struct Class([bool; 256]);

impl Class {
    pub(super) const fn of(signs: &[u8]) -> Self {
        let mut table = [false; 256];
        let mut at = 0;
        while at < signs.len() {
            table[signs[at] as usize] = true;
            at += 1;
        }
        Self(table)
    }

    pub(super) fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte)]
    }

    /// How many bytes of the class there are.
    pub(super) fn count(&self, bytes: &[u8]) -> usize {
        bytes.iter().map(|byte| usize::from(self.has(*byte))).sum()
    }

    /// How many bytes of the class a text begins with.
    pub(super) fn length(&self, bytes: &[u8]) -> usize {
        bytes.iter().take_while(|byte| self.has(**byte)).count()
    }

    /// The next run of at least so many bytes; no run reaches over `from`.
    pub(super) fn run(&self, bytes: &[u8], mut from: usize, least: usize) -> Option<Range<usize>> {
        loop {
            let rest = bytes.get(from..)?;
            let near = rest.get(..least)?;
            match near.iter().rposition(|byte| !self.has(*byte)) {
                Some(other) => from += other + 1,
                None => {
                    let more = rest[least..].iter().take_while(|byte| self.has(**byte)).count();
                    return Some(from..from + least + more);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_whole_and_long_enough() {
        const LETTERS: Class = Class::of(b"abc");
        let text = b"ab cab  abcabca aaa";
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(run) = LETTERS.run(text, at, 3) {
            at = run.end;
            found.push(run);
        }
        assert_eq!(found, [3..6, 8..15, 16..19]);
    }
}
