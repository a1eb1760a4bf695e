//! Blocks of instructions, found by hand from what opens them: from everywhere at once the pattern has more states than
//! can be kept.

use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::Regex;

use super::super::rules::{Rule, compile, rules};
use super::super::words::Words;

pub(super) const RULES: &[Rule] = rules! {
    "poison.tag" "instruction" 0.9 ["important>" "critical>" "<system" "<hidden" "<secret" "<instruct" "<admin" "<information>" "alert>" "<!-- " "<!--\n" "<!--a" "<!--b" "<!--d" "<!--i" "<!--m" "<!--s" "[hidden" "[secret" "[system"]
        r"<(?:important|critical|system|hidden|secret|instructions?|admin|information|critical_instructions?|\w{0,12}[ _]alert|system[ _]\w{1,16})>|<!--.{0,200}(?:must|ignore|instruct|secret|always|do not|before)|\[(?:hidden|secret|system)\b[^\]]{0,20}\]"
        "A definition holds a block of instructions for the model."
};

const COMMENT: &[u8] = b"<!--";
/// So much of a comment may stand before a word of an order.
const REACH: usize = 200;
static ORDERS: Words = Words::new(&["always", "before", "do not", "ignore", "instruct", "must", "secret"]);
/// No mark is longer.
const MARK: usize = 48;

/// The next match of the pattern above.
pub(super) fn next(_: &Rule, bytes: &[u8], at: usize) -> Option<Range<usize>> {
    static MARKS: OnceLock<Option<Regex>> = OnceLock::new();
    let marks = MARKS.get_or_init(|| compile(&format!(r"\A(?:{})", RULES[0].pattern))).as_ref()?;
    let mut orders = Orders { bytes, next: at, last: None };
    for open in memchr::memchr2_iter(b'<', b'[', bytes.get(at..)?).map(|open| at + open) {
        if bytes[open..].starts_with(COMMENT) {
            if let Some(end) = orders.last(open + COMMENT.len()) {
                return Some(open..end);
            }
            continue;
        }
        let near = &bytes[open..bytes.len().min(open + MARK)];
        let close = if bytes[open] == b'<' { b'>' } else { b']' };
        let found =
            memchr::memchr2(b'<', close, &near[1..]).filter(|end| near[end + 1] == close || close == b']');
        if let Some(found) = found.and_then(|_| marks.find(near)) {
            return Some(open..open + found.end());
        }
    }
    None
}

/// The words of orders in a text, asked for from left to right: what was read is not read again.
struct Orders<'a> {
    bytes: &'a [u8],
    next: usize,
    last: Option<Range<usize>>,
}

impl Orders<'_> {
    /// Where the last word ends of those that begin near enough behind a place.
    fn last(&mut self, from: usize) -> Option<usize> {
        self.next = self.next.max(from);
        while self.next <= from + REACH {
            let rest = self.bytes.get(self.next..).unwrap_or_default();
            let rest = &rest[..rest.len().min(from + REACH + 1 - self.next)];
            let Some(start) = rest.iter().position(|byte| ORDERS.may_begin(*byte)) else {
                self.next = from + REACH + 1;
                break;
            };
            let start = self.next + start;
            if let Some(word) = ORDERS.begin(&self.bytes[start..], |_| true) {
                self.last = Some(start..start + ORDERS.word(word).len());
            }
            self.next = start + 1;
        }
        self.last.as_ref().filter(|last| last.start >= from).map(|last| last.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Dice;

    #[test]
    fn blocks_are_found_as_the_pattern_has_them() {
        const PIECES: &[&str] = &[
            "<",
            "important",
            ">",
            "<!-- ",
            "<!--",
            "must ",
            "Ignore",
            "do not",
            "-->",
            "[hidden",
            "]",
            "[system ",
            "system",
            "_",
            " alert>",
            "word ",
            "before",
            "\n",
            "é",
            "[secrets]",
            "<system_x>",
            "aaaaaaaaaaaaaaaaaaaa",
            "a longer part of a comment that says nothing of interest to anybody at all, and goes on ",
        ];
        let pattern = compile(RULES[0].pattern).expect("a pattern");
        let (mut dice, mut count) = (Dice(0x2545_f491_4f6c_dd1d), 0);
        for _ in 0..20_000 {
            let text: String = (0..16).map(|_| PIECES[dice.below(PIECES.len())]).collect();
            let (bytes, mut at) = (text.as_bytes(), 0);
            while let Some(found) = pattern.find_at(bytes, at) {
                assert_eq!(next(&RULES[0], bytes, at), Some(found.range()), "{text:?} from {at}");
                at = found.end();
                count += 1;
            }
            assert_eq!(next(&RULES[0], bytes, at), None, "{text:?} from {at}");
        }
        assert!(count > 2_000, "{count}");
    }
}
