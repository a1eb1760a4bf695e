//! What stands around a finding: so much before it and behind it, and the sentence that it is part of.
//! It is read once for each finding, in lower case; all questions are put to that one copy.

use std::borrow::Cow;
use std::ops::Range;

use super::Place;

/// Where to look.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// The finding itself.
    Span,
    /// As much as is read before it.
    Before,
    /// The same without the blanks at its end.
    Ahead,
    /// As much as is read behind it.
    After,
    /// The same up to one of these.
    Until(&'static [char]),
    /// The sentence, as far as it is read.
    Sentence,
    /// The sentence before the finding.
    Lead,
    /// The sentence behind it.
    Rest,
    /// The finding and the sentence behind it.
    Onward,
}

/// How one of a few words stands there. They are in lower case, and some are signs or more than one word.
#[derive(Clone, Copy)]
pub(super) enum How {
    /// As all there is.
    Whole,
    AtStart,
    AtEnd,
    /// Within another word, too.
    Anywhere,
    /// Where a word begins: `many others` are not `any other`. What begins with a sign stands anywhere.
    AtWord,
    /// As a word.
    Word,
    /// As one of the first words, so many.
    First(usize),
    /// As the last word but so many.
    LastBut(usize),
}

pub(super) struct Around<'a> {
    pub(super) place: Place,
    /// The finding as it is written, all of it.
    pub(super) given: &'a str,
    rest: &'a str,
    text: String,
    span: Range<usize>,
    sentence: Range<usize>,
}

impl<'a> Around<'a> {
    /// Reads so much on either side, and so much of a long finding that there is an end to it.
    pub(super) fn of(text: &'a str, span: &Range<usize>, near: usize, place: Place) -> Self {
        let bytes = text.as_bytes();
        let mut copy = String::with_capacity(2 * near + span.len().min(4 * near));
        let mut read = |range: Range<usize>| {
            copy.push_str(&String::from_utf8_lossy(&bytes[range]));
            copy.len()
        };
        let start = read(span.start.saturating_sub(near)..span.start);
        let end = read(span.start..span.end.min(span.start + 4 * near));
        read(span.end..bytes.len().min(span.end + near));
        copy.make_ascii_lowercase();
        let sentence = sentence_ends(&copy[..start]).next_back().unwrap_or(0)
            ..sentence_ends(&copy[end..]).next().map_or(copy.len(), |length| end + length);
        let given = text.get(span.clone()).unwrap_or_default();
        let rest = text.get(span.end..).unwrap_or_default();
        Self { place, given, rest, text: copy, span: start..end, sentence }
    }

    pub(super) fn part(&self, part: Part) -> &str {
        let Range { start, end } = self.span;
        match part {
            Part::Span => &self.text[start..end],
            Part::Before => &self.text[..start],
            Part::Ahead => self.text[..start].trim_end(),
            Part::After => &self.text[end..],
            Part::Until(signs) => self.text[end..].split(signs).next().unwrap_or_default(),
            Part::Sentence => &self.text[self.sentence.clone()],
            Part::Lead => &self.text[self.sentence.start..start],
            Part::Rest => &self.text[end..self.sentence.end],
            Part::Onward => &self.text[start..self.sentence.end],
        }
    }

    /// So many bytes of what stands behind the finding, as it is written.
    pub(super) fn behind(&self, reach: usize) -> Cow<'_, str> {
        let bytes = self.rest.as_bytes();
        String::from_utf8_lossy(&bytes[..bytes.len().min(reach)])
    }

    pub(super) fn words(&self, part: Part) -> impl DoubleEndedIterator<Item = &str> {
        words(self.part(part))
    }

    /// Whether one of the words is there.
    pub(super) fn has(&self, part: Part, how: How, any: &[&str]) -> bool {
        let text = self.part(part);
        let is_any = |word: &str| any.contains(&word);
        match how {
            How::Whole => is_any(text),
            How::AtStart => any.iter().any(|word| text.starts_with(word)),
            How::AtEnd => any.iter().any(|word| text.ends_with(word)),
            How::Anywhere => any.iter().any(|word| text.contains(word)),
            How::AtWord => any.iter().any(|word| begins_word(text, word)),
            How::Word => words(text).any(is_any),
            How::First(count) => words(text).take(count).any(is_any),
            How::LastBut(count) => words(text).nth_back(count).is_some_and(is_any),
        }
    }
}

pub(super) fn words(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '_').filter(|word| !word.is_empty())
}

/// Behind the last sign of each sentence: a point within a name, such as `.env` or `e.g.`, ends none.
fn sentence_ends(text: &str) -> impl DoubleEndedIterator<Item = usize> {
    let bytes = text.as_bytes();
    text.match_indices(['.', '\n', ';']).map(|(at, _)| at + 1).filter(move |end| {
        let is_short = || text[..end - 1].ends_with("e.g") || text[..end - 1].ends_with("i.e");
        bytes[end - 1] != b'.'
            || bytes.get(*end).is_none_or(|next| !next.is_ascii_alphanumeric()) && !is_short()
    })
}

fn begins_word(text: &str, word: &str) -> bool {
    let is_word = word.starts_with(char::is_alphanumeric);
    let begins = |(at, _): (usize, &str)| !is_word || !text[..at].ends_with(char::is_alphanumeric);
    // Most are not there at all, which this is quick to say.
    text.contains(word) && text.match_indices(word).any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around<'a>(text: &'a str, sign: &str, near: usize) -> Around<'a> {
        let start = text.find(sign).expect("the sign");
        Around::of(text, &(start..start + sign.len()), near, Place::Result)
    }

    #[test]
    fn a_sentence_goes_over_points_in_names() {
        let around = around("One. Use e.g. .env or a.b HERE, in x.y. Two.", "HERE", 40);
        assert_eq!(around.part(Part::Sentence), " use e.g. .env or a.b here, in x.y.");
        assert_eq!(around.part(Part::Lead), " use e.g. .env or a.b ");
        assert_eq!(around.part(Part::Rest), ", in x.y.");
        assert_eq!(around.part(Part::Onward), "here, in x.y.");
        assert_eq!(around.part(Part::After), ", in x.y. two.");
        assert_eq!(around.part(Part::Until(&[','])), "");
        assert_eq!(around.part(Part::Ahead), "one. use e.g. .env or a.b");
        assert_eq!(around.given, "HERE");
    }

    #[test]
    fn no_more_is_read_than_what_is_near() {
        let text = format!("{}é{}é{}", "a".repeat(9), "B".repeat(50), "c".repeat(9));
        let all = "B".repeat(50);
        let near = around(&text, &all, 3);
        assert_eq!((near.part(Part::Before), near.part(Part::After)), ("aé", "éc"));
        assert_eq!((near.part(Part::Span), near.given), ("bbbbbbbbbbbb", all.as_str()));
        let cut = around(&text, &all, 1);
        assert_eq!((cut.part(Part::Before), cut.part(Part::After)), ("\u{fffd}", "\u{fffd}"));
    }

    #[test]
    fn a_word_is_sought_in_eight_ways() {
        let around = around("Many others said so, then HERE it's not_me, nobody else", "HERE", 40);
        assert!(around.has(Part::Span, How::Whole, &["there", "here"]));
        assert!(
            around.has(Part::Before, How::AtStart, &["man"]) && around.has(Part::Ahead, How::AtEnd, &["en"])
        );
        assert!(around.has(Part::Before, How::Anywhere, &["any other"]));
        assert!(!around.has(Part::Before, How::AtWord, &["any other"]));
        assert!(
            around.has(Part::Before, How::AtWord, &["oth"])
                && around.has(Part::Before, How::AtWord, &[", t"])
        );
        assert!(
            around.has(Part::After, How::Word, &["not_me"]) && !around.has(Part::After, How::Word, &["not"])
        );
        assert!(around.has(Part::After, How::First(1), &["it's"]));
        assert!(!around.has(Part::After, How::First(2), &["nobody"]));
        assert!(around.has(Part::After, How::LastBut(0), &["else"]));
        assert!(around.has(Part::After, How::LastBut(1), &["nobody"]));
    }
}
