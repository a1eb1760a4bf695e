//! Names of people: a title, a known given name, a key or a phrase says of words with capitals that they are one.
//!
//! Nobody knows all names, and many are words as well: this is for whoever asks for it, and misses a part.

use std::ops::Range;

use super::super::Finding;
use super::{Entity, settle};

mod context;
mod known;
mod words;

pub(super) use context::member;
use known::known;
use words::{Run, Shape, Word};

const PERSON: Entity =
    Entity { label: "PERSON", rule: "pii.person", reason: "The name of a person is in the text." };

/// Behind a title, a phrase or a key that says it.
const SAID: f32 = 0.8;
/// A given name and a family name that are known.
const BOTH: f32 = 0.8;
/// A given name, and another word behind it.
const GIVEN: f32 = 0.65;
/// One known name alone.
const ALONE: f32 = 0.5;

/// Before the name of somebody whom a place is named after.
const PLACES: [&str; 14] = [
    "san", "santa", "sao", "st", "saint", "sankt", "fort", "port", "lake", "mount", "mt", "cape", "los",
    "las",
];

/// Words of one name.
const MAX_NAMES: usize = 4;

pub(super) fn scan(text: &str, found: &mut Vec<Finding>) {
    let mut seen = Vec::new();
    let mut before: Option<Word> = None;
    words::each(text, |run| {
        let named = context::of(text, run);
        let mut at = 0;
        if let Some(said) = named {
            let length = length(run, said.from);
            if length > 0 && (said.sure || fits(&run.words[said.from..said.from + length])) {
                seen.push(person(run, said.from, length, SAID));
                at = said.from + length;
            }
        }
        let rest = at;
        while at < run.words.len() {
            let length = match claim(text, run, at) {
                Some((start, length, score)) => {
                    seen.push(person(run, start, length, score));
                    start + length - at
                }
                None => 1,
            };
            at += length;
        }
        if rest == 0
            && let Some(turned) = before.take().and_then(|family| turned(text, &family, run))
        {
            seen.push(PERSON.at(turned, BOTH));
        }
        before = (run.words.len() == 1).then(|| run.words[0].clone());
    });
    context::introduced(text, |span| seen.push(PERSON.at(span, SAID)));
    settle(&mut seen);
    found.append(&mut seen);
}

fn person(run: &Run, from: usize, length: usize, score: f32) -> Finding {
    PERSON.at(run.words[from].span.start..run.words[from + length - 1].span.end, score)
}

/// How many words from here on may be one name.
fn length(run: &Run, from: usize) -> usize {
    let known = known();
    let mut length = 0;
    for word in run.words[from.min(run.words.len())..].iter().take(MAX_NAMES) {
        let fits = match word.shape {
            // `King` and `Hill` are words, and family names behind another name.
            Shape::Capital | Shape::Upper if length > 0 && known.is_family(&word.last) => true,
            Shape::Capital | Shape::Upper => !known.is_common(&word.last) && !word.is_title(),
            Shape::Initial => true,
            Shape::Other => false,
        };
        if !fits {
            break;
        }
        length += 1;
    }
    // An initial alone says nothing, and one at the end is the next word's.
    while length > 0 && run.words[from + length - 1].shape == Shape::Initial {
        length -= 1;
    }
    length
}

/// Whether one of the words is known.
fn fits(words: &[Word]) -> bool {
    let known = known();
    words.iter().any(|word| {
        known.is_given(&word.first) || known.is_ambiguous(&word.first) || known.is_family(&word.last)
    })
}

/// A name that begins here: where, how many words, and how sure.
fn claim(text: &str, run: &Run, at: usize) -> Option<(usize, usize, f32)> {
    let known = known();
    let word = &run.words[at];
    if word.is_title() {
        let from = at + run.words[at..].iter().take_while(|word| word.is_title()).count();
        let length = length(run, from);
        return (length > 0).then_some((from, length, SAID));
    }
    // Of a place that is named after somebody.
    if at > 0 && PLACES.contains(&run.words[at - 1].first.as_str()) {
        return None;
    }
    let given = known.is_given(&word.first);
    let ambiguous = known.is_ambiguous(&word.first);
    if !word.is_named() || !(given || ambiguous) {
        return unknown(run, at);
    }
    // `Mark` of `Mark Lee` is a name, whatever it is elsewhere.
    let length = if known.is_common(&word.first) { 1 + length(run, at + 1) } else { length(run, at) };
    let length = length.clamp(1, MAX_NAMES);
    // What goes on with `Street` or `University` is named after somebody.
    let after = run.words.get(at + length);
    if after.is_some_and(|word| word.is_named() && known.is_common(&word.last)) && !ends_a_name(after) {
        return None;
    }
    let name = &run.words[at..at + length];
    let upper = name.iter().filter(|word| word.shape == Shape::Upper).count();
    let mixed = upper > 0 && upper < name.iter().filter(|word| word.shape != Shape::Initial).count();
    if mixed {
        return None;
    }
    let family = name[1..]
        .iter()
        .any(|word| known.is_family(&word.last) || (given && !ambiguous && known.is_given(&word.first)));
    let score = match (length, family) {
        (1, _) if ambiguous || upper > 0 || !stands_alone(text, &word.span) => return None,
        (1, _) => ALONE,
        (_, true) => BOTH,
        (_, false) if ambiguous || upper > 0 => return None,
        (_, false) => GIVEN,
    };
    Some((at, length, score))
}

/// Words that stand behind a name in headlines and tables, and say nothing of it.
fn ends_a_name(after: Option<&Word>) -> bool {
    const ENDS: [&str; 12] = [
        "email", "phone", "address", "account", "password", "date", "is", "was", "has", "and", "said", "from",
    ];
    after.is_some_and(|word| ENDS.contains(&word.first.as_str()))
}

/// A family name that is known behind a word that is not.
fn unknown(run: &Run, at: usize) -> Option<(usize, usize, f32)> {
    let known = known();
    let (word, next) = (&run.words[at], run.words.get(at + 1)?);
    let two = run.words.len() == at + 2 && at == 0;
    let fits = word.shape == Shape::Capital && next.shape == Shape::Capital && !known.is_common(&word.first);
    (two && fits && word.first.len() > 2 && known.is_family(&next.last) && !known.is_common(&next.last))
        .then_some((at, 2, ALONE))
}

/// `Smith, Anna`.
fn turned(text: &str, family: &Word, run: &Run) -> Option<Range<usize>> {
    let known = known();
    let given = &run.words[0];
    let between = text.get(family.span.end..given.span.start)?;
    let fits = between == ", " && known.is_family(&family.last) && run.words.len() <= 2;
    (fits && known.is_given(&given.first) && family.is_named() && given.is_named())
        .then(|| family.span.start..run.end())
}

/// Whether a word is no part of a path, an address or a program.
fn stands_alone(text: &str, span: &Range<usize>) -> bool {
    let before = text[..span.start].bytes().next_back();
    let after = &text.as_bytes()[span.end..];
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let free = !matches!(before, Some(b'.' | b'/' | b'\\' | b'@' | b'#' | b'$' | b'-' | b':' | b'<' | b'&'));
    free && match after.first() {
        Some(b'(' | b'/' | b'\\' | b'@' | b'=' | b'[' | b'{' | b'-' | b'*') => false,
        Some(b'.' | b':') => !after.get(1).is_some_and(|byte| inner(byte) || *byte == b':'),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::probe::Probe;
    use super::super::super::{Extra, Kind, Kinds, Place};

    fn names(text: &str) -> Vec<&str> {
        let kinds = Kinds::NONE.with(Kind::Pii).with_extra(Extra::Names);
        let found = Probe(Place::Result, kinds).entities(text).into_iter();
        found.filter(|(label, _)| *label == "PERSON").map(|(_, piece)| piece).collect()
    }

    #[test]
    fn names_are_found_as_people_write_them() {
        for (text, expected) in [
            ("Tyler Okonjo called twice", vec!["Tyler Okonjo"]),
            ("ask Dr. Quaye or Frau Öztürk", vec!["Quaye", "Öztürk"]),
            ("Maria de la Cruz y Vega, J. R. R. Tolkien", vec!["Maria de la Cruz y Vega"]),
            ("met Mark Johnson and Will Smith in May", vec!["Mark Johnson", "Will Smith"]),
            ("Hello, my name is Xanthe Quill and", vec!["Xanthe Quill"]),
            ("je m'appelle Zéphyrine", vec!["Zéphyrine"]),
            ("Kind regards,\nYolo Quist\n", vec!["Yolo Quist"]),
            ("Dear Oluchi,\n", vec!["Oluchi"]),
            ("{\"full_name\": \"Qadir Zed\", \"city\": \"Oslo\"}", vec!["Qadir Zed"]),
            ("7,JOHN SMITH,2024", vec!["JOHN SMITH"]),
            ("Lindqvist, Anna; Oslo", vec!["Lindqvist, Anna"]),
            ("Yesterday Melinda's car broke down", vec!["Melinda"]),
            ("Anne-Marie O'Brien-Walsh paid", vec!["Anne-Marie O'Brien-Walsh"]),
        ] {
            assert_eq!(names(text), expected, "{text}");
        }
    }

    #[test]
    fn words_are_none() {
        for text in [
            "Will you come in May? Mark the date, and Grace will tell you.",
            "Run Jenkins and Travis on Ubuntu; Ruby on Rails, Java, Julia.",
            "Stanford University, Johns Hopkins Hospital, Victoria Street, Washington Post",
            "New York, San Francisco, Los Angeles and the United States of America",
            "The Quick Start Guide. Getting Started With Docker Compose. HTTP GET /Users",
            "import Foundation; class MyClass extends BaseModel { String firstName; }",
            "{\"name\": \"get_weather\", \"title\": \"Weather Report\", \"name\": \"Oslo Weather\"}",
            "Dear Customer, Dear Sir or Madam, Hello World, Hi There",
            "Thomas.h includes Martin() and @Andrew",
            "my name is not important, and your name is on the list",
        ] {
            assert_eq!(names(text), Vec::<&str>::new(), "{text}");
        }
    }
}
