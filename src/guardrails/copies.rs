//! Other spellings of values that are taken out of a text: the same letters and digits, in another case or with other
//! separators.
//!
//! Only of values that nothing else is by chance: with fewer than eight digits a number stands anywhere, and words are
//! what everybody writes. Case and separators are no part of a number or an address.

use std::collections::HashMap;
use std::ops::Range;

use aho_corasick::AhoCorasick;

use crate::detect;

/// One in a hundred million.
const FEWEST_DIGITS: usize = 8;
/// Letters and digits of an address.
const SHORTEST_ADDRESS: usize = 8;
/// A longer value is no number of a person, and as a rule its case means something.
const LONGEST: usize = 64;

/// Signs between two letters or digits of one spelling.
const MAX_GAP: usize = 3;

/// Letters and digits that are looked at together.
const PIECE: usize = 16 << 10;

/// Places in one text that are looked at; it holds more than can be taken out where there are more.
const MAX_PLACES: usize = 1 << 20;

pub(super) struct Copies {
    forms: AhoCorasick,
    labels: Vec<&'static str>,
    shortest: usize,
}

/// A text has more copies than can be taken out.
#[derive(Debug)]
pub(super) struct TooMany;

impl Copies {
    /// Of values and what they are; nothing where none is long enough.
    pub(super) fn of<'a>(values: impl Iterator<Item = (&'a str, &'static str)>) -> Option<Self> {
        let mut forms: HashMap<String, &'static str> = HashMap::new();
        for (value, label) in values {
            let Some(form) = form(value) else { continue };
            // A number that is written as one has no zeros before it.
            let trimmed = form.trim_start_matches('0');
            if trimmed.len() < form.len() && has_digits(trimmed) {
                forms.entry(trimmed.to_owned()).or_insert(label);
            }
            forms.entry(form).or_insert(label);
        }
        let shortest = forms.keys().map(String::len).min()?;
        let (forms, labels): (Vec<String>, Vec<_>) = forms.into_iter().unzip();
        Some(Self { forms: AhoCorasick::new(forms).ok()?, labels, shortest })
    }

    /// Where they stand in a text, in every reading of it, each with what it is.
    pub(super) fn places(&self, text: &str) -> Result<Vec<(Range<usize>, &'static str)>, TooMany> {
        let (mut labels, mut left) = (Vec::new(), MAX_PLACES);
        let places = detect::places(text, |reading| {
            let (places, of): (Vec<_>, Vec<_>) = self.written(reading, &mut left).into_iter().unzip();
            labels.extend(of);
            places
        });
        let places = places.into_iter().zip(labels).filter(|(place, _)| !place.is_empty()).collect();
        if left == 0 { Err(TooMany) } else { Ok(places) }
    }

    pub(super) fn are_in(&self, text: &str) -> bool {
        self.places(text).map_or(true, |places| !places.is_empty())
    }

    /// Whether a number is one, by all of its digits.
    pub(super) fn are(&self, digits: &str) -> bool {
        let whole = |found: aho_corasick::Match| found.range() == (0..digits.len());
        digits.len() <= LONGEST && self.forms.find_overlapping_iter(digits).any(whole)
    }

    fn written(&self, text: &str, left: &mut usize) -> Vec<(Range<usize>, &'static str)> {
        let mut found = Vec::new();
        let (mut row, mut gap) = (Row::default(), 0);
        for (at, c) in text.char_indices() {
            if c.is_alphanumeric() || c == '@' {
                row.push(at, c);
                gap = 0;
                if row.signs.len() >= PIECE {
                    self.look(text, &row, &mut found, left);
                    row.keep(LONGEST);
                }
            } else {
                gap += 1;
                if gap > MAX_GAP || !separates(c) {
                    self.look(text, &row, &mut found, left);
                    row.clear();
                }
            }
        }
        self.look(text, &row, &mut found, left);
        found
    }

    fn look(&self, text: &str, row: &Row, found: &mut Vec<(Range<usize>, &'static str)>, left: &mut usize) {
        if row.signs.len() < self.shortest {
            return;
        }
        for one in self.forms.find_overlapping_iter(&row.signs) {
            *left = left.saturating_sub(1);
            if *left == 0 {
                return;
            }
            if let Some(place) = row.place(text, one.range()) {
                found.push((place, self.labels[one.pattern().as_usize()]));
            }
        }
    }
}

/// Letters and digits with nothing but separators between them.
#[derive(Default)]
struct Row {
    signs: String,
    /// Where the character begins that each byte of them is of.
    from: Vec<usize>,
}

impl Row {
    fn push(&mut self, at: usize, c: char) {
        // As many write it.
        match c {
            '@' => self.signs.push_str("at"),
            _ => self.signs.extend(c.to_lowercase()),
        }
        self.from.resize(self.signs.len(), at);
    }

    fn clear(&mut self) {
        self.signs.clear();
        self.from.clear();
    }

    /// What a copy may begin in that goes on behind.
    fn keep(&mut self, most: usize) {
        let mut cut = self.signs.len().saturating_sub(most);
        while !self.signs.is_char_boundary(cut) {
            cut -= 1;
        }
        self.signs.drain(..cut);
        self.from.drain(..cut);
    }

    /// Where a copy stands, if it is no part of a longer word or number, and no list of single digits.
    fn place(&self, text: &str, of: Range<usize>) -> Option<Range<usize>> {
        let (start, last) = (*self.from.get(of.start)?, *self.from.get(of.end.checked_sub(1)?)?);
        let cut =
            self.from.get(of.start.wrapping_sub(1)) == Some(&start) || self.from.get(of.end) == Some(&last);
        let end = last + text[last..].chars().next()?.len_utf8();
        let place = &text[start..end];
        let goes_on = |one: Option<char>, other: Option<char>| {
            one.zip(other).is_some_and(|(one, other)| joins(one, other))
        };
        let is_part = goes_on(text[..start].chars().next_back(), place.chars().next())
            || goes_on(place.chars().next_back(), text[end..].chars().next());
        let groups =
            place.split(|c: char| !c.is_alphanumeric() && c != '@').filter(|group| !group.is_empty());
        (!cut && !is_part && groups.count() * 2 <= of.len() + 1).then_some(start..end)
    }
}

/// The letters and digits of a value that is long enough.
fn form(value: &str) -> Option<String> {
    // With its separators.
    if value.len() > LONGEST * (1 + MAX_GAP) {
        return None;
    }
    let mut row = Row::default();
    value
        .char_indices()
        .filter(|(_, c)| c.is_alphanumeric() || *c == '@')
        .for_each(|(at, c)| row.push(at, c));
    let form = row.signs;
    let is_address = form.len() >= SHORTEST_ADDRESS && is_address(value);
    (form.len() <= LONGEST && (has_digits(&form) || is_address)).then_some(form)
}

fn has_digits(form: &str) -> bool {
    form.bytes().filter(u8::is_ascii_digit).count() >= FEWEST_DIGITS
}

fn is_address(value: &str) -> bool {
    let (user, host) = value.split_once('@').unwrap_or_default();
    !user.is_empty() && host.contains('.') && !value.contains(char::is_whitespace)
}

fn joins(one: char, other: char) -> bool {
    one.is_numeric() && other.is_numeric() || one.is_alphabetic() && other.is_alphabetic()
}

/// What people set between the groups of a number, or the words of an address. Members of a list are not of one value.
fn separates(c: char) -> bool {
    const SIGNS: &str = "-._/()[]+:'\u{b7}\u{2022}";
    SIGNS.contains(c)
        || c.is_whitespace() && !c.is_control()
        || ('\u{2010}'..='\u{2015}').contains(&c)
        || c == '\u{2212}'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copies(value: &str) -> Option<Copies> {
        Copies::of(std::iter::once((value, "X")))
    }

    #[test]
    fn a_value_that_could_stand_anywhere_has_no_copies() {
        for value in
            ["536-904", "correct horse battery", "ann@host", "@.aaaaaaaaaa", "a@b.c", &"1".repeat(65)]
        {
            assert!(copies(value).is_none(), "{value}");
        }
        for value in ["536-90-4399", "ann.lee@example.com", "12345678"] {
            assert!(copies(value).is_some(), "{value}");
        }
    }

    #[test]
    fn a_place_is_the_whole_of_a_copy() {
        let copies = copies("DE89 3704 0044").expect("it is long enough");
        for (text, place) in [
            ("x de89-37040044 y", Some(2..15)),
            ("(DE 89)37040044", Some(1..15)),
            ("DE89370400441", None),
            ("ODE8937040044", None),
            ("DE89, 3704, 0044", None),
            ("D E 8 9 3 7 0 4 0 0 4 4", None),
        ] {
            let places = copies.places(text).expect("few");
            assert_eq!(places.first().map(|(place, _)| place.clone()), place, "{text}");
        }
    }

    #[test]
    fn a_copy_is_found_wherever_a_long_row_is_cut() {
        let copies = copies("ann.lee@example.com").expect("it is long enough");
        for before in (PIECE - 20..PIECE + 5).chain([LONGEST, 3 * PIECE - 2 * LONGEST - 7]) {
            let text = format!("{} ANN-LEE at example.com", "ä".repeat(before / 2));
            let places = copies.places(&text).expect("few");
            let start = text.find("ANN").expect("it is there");
            assert!(places.iter().any(|(place, _)| *place == (start..text.len())), "{before}: {places:?}");
        }
    }

    #[test]
    fn a_text_of_nothing_but_copies_ends() {
        let values: Vec<String> = (8..=64).map(|length| "1".repeat(length)).collect();
        let copies =
            Copies::of(values.iter().map(|value| (value.as_str(), "X"))).expect("they are long enough");
        assert!(copies.places(&"1".repeat(1 << 20)).is_err());
        assert!(copies.are_in(&"1".repeat(1 << 20)));
    }
}
