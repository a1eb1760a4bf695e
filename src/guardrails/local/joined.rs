//! The texts of a subject as one: whoever reads them may put together what was cut in two.

use serde_json::{Map, Value};

use super::super::document::{Document, is_vocabulary};
use super::super::provider::Subject;
use crate::detect::{Finding, Kind};

/// Bytes on each side of where two texts meet: an order that is cut in two is not longer.
const SEAM: usize = 200;

/// What a reader of a definition has before the rest, in whatever order a server sends it.
const HEADS: [&str; 3] = ["name", "title", "description"];

pub(super) struct Joined<'a> {
    texts: Vec<&'a str>,
    /// So many of them are heads of a definition.
    heads: usize,
    whole: String,
    /// Where each text ends in it.
    ends: Vec<usize>,
}

impl<'a> Joined<'a> {
    pub(super) fn of(subject: &Subject<'a>) -> Self {
        // Words of the protocol stand between the texts, and say nothing.
        let mut texts: Vec<&str> =
            subject.texts.iter().copied().filter(|text| !is_vocabulary(text)).collect();
        texts.drain(..repeated(&texts));
        let heads = match &subject.document {
            Document::Definition { object, .. } => sort(object, &mut texts),
            _ => 0,
        };
        let mut whole = String::new();
        let join = |text: &&str| {
            abbreviate(text, &mut whole);
            whole.push(' ');
            whole.len() - 1
        };
        let ends = texts.iter().map(join).collect();
        Self { texts, heads, whole, ends }
    }

    pub(super) fn has_seams(&self) -> bool {
        self.texts.len() > 1
    }

    pub(super) fn whole(&self) -> &str {
        &self.whole
    }

    /// What stands within one text has been seen there. Poison is cut out of prose, in the middle of a sentence: what
    /// values and names say in a row is none.
    pub(super) fn is_crossed_by(&self, finding: &Finding) -> bool {
        let of = |at: usize| self.ends.partition_point(|end| *end < at).min(self.texts.len() - 1);
        let (first, last) = (of(finding.span.start + 1), of(finding.span.end));
        let is_prose = |at: usize| at < self.heads || self.texts[at].contains(' ');
        let is_ended = || self.texts[first].trim_end().ends_with(['.', '!', '?']);
        let is_cut = || last == first + 1 && is_prose(first) && is_prose(last) && !is_ended();
        first != last && (finding.kind != Kind::ToolPoisoning || is_cut())
    }
}

/// Puts the heads of a definition first, and says how many there are.
fn sort(object: &Map<String, Value>, texts: &mut [&str]) -> usize {
    let heads = HEADS.map(|name| object.get(name).and_then(Value::as_str));
    let rank = |text: &&str| {
        let is_it = |head: &&str| head.as_ptr() == text.as_ptr();
        heads.iter().position(|head| head.as_ref().is_some_and(is_it)).unwrap_or(HEADS.len())
    };
    texts.sort_by_key(rank);
    texts.iter().take_while(|text| rank(text) < HEADS.len()).count()
}

/// How many texts at the beginning come again right behind: a text is not to be read together with itself.
fn repeated(texts: &[&str]) -> usize {
    let Some((first, rest)) = texts.split_first() else { return 0 };
    let again = rest.iter().position(|text| text.as_ptr() == first.as_ptr()).map(|at| at + 1);
    let is_copy = |count: &usize| {
        let copy = texts.get(*count..2 * count);
        copy.is_some_and(|copy| copy.iter().zip(texts).all(|(copy, text)| copy.as_ptr() == text.as_ptr()))
    };
    again.filter(is_copy).unwrap_or(0)
}

/// The beginning and the end of a text, which is where another one joins it.
fn abbreviate(text: &str, into: &mut String) {
    if text.len() <= 2 * SEAM {
        into.push_str(text);
        return;
    }
    let boundary = |at: usize| (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    into.push_str(&text[..boundary(SEAM)]);
    into.push_str("\n\n");
    into.push_str(&text[boundary(text.len() - SEAM)..]);
}
