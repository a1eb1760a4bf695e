//! What text hides from people and not from a model: sequences that a terminal obeys, letters in an
//! order that is turned round on the screen, bytes as variation selectors.

use std::ops::Range;

const ESCAPE: u8 = 0x1b;
/// The longest command to a terminal that is left out; what is longer is text.
const SEQUENCE: usize = 256;
/// From this many selectors in a row on, they are bytes; a picture has one.
const SELECTORS: usize = 8;
/// A shorter run that is turned round hides no order.
const TURNED: usize = 8;
const TURN: char = '\u{202e}';
const TURN_BACK: char = '\u{202c}';

/// Whether a text has to be read closely though it is ASCII.
pub(super) fn has_escape(text: &str) -> bool {
    memchr::memchr(ESCAPE, text.as_bytes()).is_some()
}

pub(super) fn is_escape(byte: u8) -> bool {
    byte == ESCAPE
}

/// The length of the command to a terminal that a text begins with.
pub(super) fn sequence(text: &str) -> usize {
    let bytes = &text.as_bytes()[..text.len().min(SEQUENCE)];
    let end = match bytes.get(1) {
        Some(b'[') => {
            let parameters = bytes.iter().skip(2).take_while(|byte| (0x20..=0x3f).contains(*byte)).count();
            bytes.get(2 + parameters).filter(|byte| (0x40..=0x7e).contains(*byte)).map(|_| parameters + 3)
        }
        // Up to a bell, or to an escape and a backslash.
        Some(b']' | b'P' | b'X' | b'^' | b'_') => {
            let ends = |byte: &u8| matches!(*byte, 0x07 | ESCAPE);
            let stop = bytes.iter().skip(2).position(ends).map(|at| at + 2);
            stop.and_then(|at| match (bytes[at], bytes.get(at + 1)) {
                (ESCAPE, Some(b'\\')) => Some(at + 2),
                (ESCAPE, _) => None,
                _ => Some(at + 1),
            })
        }
        _ => None,
    };
    end.filter(|end| text.is_char_boundary(*end)).unwrap_or(1)
}

/// What is hidden from `at` on, and the text that it takes up.
pub(super) fn reveal(text: &str, at: usize, c: char) -> Option<(String, Range<usize>)> {
    if c == TURN {
        let start = at + c.len_utf8();
        let rest = &text[start..];
        let end = start + rest.find([TURN_BACK, TURN, '\n']).unwrap_or(rest.len());
        let turned = &text[start..end];
        let hides = turned.bytes().filter(u8::is_ascii_alphabetic).count() >= TURNED;
        // The letters stay where they are as well: a model may read them in either order.
        return hides.then(|| (format!(" {} ", turned.chars().rev().collect::<String>()), at..start));
    }
    selected(c)?;
    let selectors = text[at..].chars().map_while(|c| selected(c).map(|byte| (c, byte)));
    let bytes: Vec<u8> = selectors.clone().map(|(_, byte)| byte).collect();
    let end = at + selectors.map(|(c, _)| c.len_utf8()).sum::<usize>();
    let said = String::from_utf8_lossy(&bytes).into_owned();
    (bytes.len() >= SELECTORS).then_some((said, at..end))
}

/// The byte that a variation selector stands for.
fn selected(c: char) -> Option<u8> {
    let code = match u32::from(c) {
        code @ 0xfe00..=0xfe0f => code - 0xfe00,
        code @ 0xe0100..=0xe01ef => code - 0xe0100 + 16,
        _ => return None,
    };
    u8::try_from(code).ok()
}

#[cfg(test)]
mod tests {
    use super::super::fold::fold;

    fn folded(text: &str) -> String {
        fold(text).map_or_else(|| text.to_owned(), |(text, _)| text)
    }

    #[test]
    fn commands_to_a_terminal_are_left_out() {
        assert_eq!(folded("a \u{1b}[8mhid\u{1b}[0mden\u{1b}[38;5;1m."), "a hidden.");
        assert_eq!(folded("\u{1b}]8;;http://a.test\u{7}link\u{1b}]8;;\u{1b}\\!"), "link!");
        assert_eq!(folded("\u{1b}"), "");
    }

    #[test]
    fn what_is_turned_round_is_read_in_both_orders() {
        assert_eq!(folded("x \u{202e}snoitcurtsni\u{202c} y"), "x  instructions snoitcurtsni y");
        assert_eq!(folded("\u{202e}abc\u{202c}"), "abc");
    }

    #[test]
    fn selectors_are_read_as_bytes() {
        let hidden: String =
            "ignore all".bytes().filter_map(|byte| char::from_u32(0xe_0100 + u32::from(byte) - 16)).collect();
        assert_eq!(folded(&format!("\u{1f600}{hidden}.")), "\u{1f600}ignore all.");
        assert_eq!(folded("\u{2764}\u{fe0f} ok"), "\u{2764} ok");
    }
}
