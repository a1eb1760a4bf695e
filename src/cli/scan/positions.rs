//! Bytes of a text as people count: characters, lines and columns. All at once, since a text may have very many
//! findings.

/// How a byte of a text is found by people.
#[derive(Clone, Copy, Default)]
pub(super) struct Position {
    /// Characters before it.
    pub(super) characters: usize,
    /// Line ends before it, and characters since the last one.
    pub(super) lines: usize,
    pub(super) column: usize,
}

/// The positions of some bytes, in their order.
pub(super) struct Positions(Vec<(usize, Position)>);

impl Positions {
    pub(super) fn of(text: &str, bytes: impl Iterator<Item = usize>) -> Self {
        let mut bytes: Vec<usize> = bytes.collect();
        bytes.sort_unstable();
        bytes.dedup();
        let (mut from, mut position) = (0, Position::default());
        let go_on = |at: usize| {
            let passed = text.get(from..at).unwrap_or_default();
            from = at;
            for character in passed.chars() {
                position.characters += 1;
                if character == '\n' {
                    position.lines += 1;
                    position.column = 0;
                } else {
                    position.column += 1;
                }
            }
            (at, position)
        };
        Self(bytes.into_iter().map(go_on).collect())
    }

    pub(super) fn at(&self, byte: usize) -> Position {
        let place = self.0.binary_search_by_key(&byte, |(at, _)| *at);
        place.ok().and_then(|place| self.0.get(place)).map(|(_, position)| *position).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_lines_and_columns_are_counted_from_wherever_they_stand() {
        let positions = Positions::of("né\nab", [6, 0, 3, 6].into_iter());
        let told = |byte: usize| {
            let Position { characters, lines, column } = positions.at(byte);
            (characters, lines, column)
        };
        assert_eq!([told(0), told(3), told(6)], [(0, 0, 0), (2, 0, 2), (5, 1, 2)]);
    }
}
