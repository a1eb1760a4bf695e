//! Postal addresses: a number beside a street, or a box at a post office, with the town and code that follow.
//!
//! The words that streets are called by are looked for first, and the patterns only around them.

use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use regex::bytes::Regex;

use super::super::Finding;
use super::super::rules::compile;
use super::{Entity, settle};

mod forms;
mod member;

pub(super) use member::member;

const STREET_ADDRESS: Entity = Entity {
    label: "STREET_ADDRESS",
    rule: "pii.street-address",
    reason: "A postal address is in the text.",
};

/// How far around such a word its address reaches.
const BEFORE: usize = 80;
const AFTER: usize = 160;

/// One way to write a street and its number.
struct Form {
    /// In lower case, with a bar between them; one of them is in every address of this form.
    words: &'static str,
    pattern: String,
    score: f32,
    /// Whether it is none without a town.
    needs_town: bool,
}

struct Compiled {
    gate: AhoCorasick,
    /// Which form each word of the gate is of.
    owners: Vec<usize>,
    heads: Vec<Head>,
    tail: Regex,
    town: Regex,
    unit: Regex,
}

struct Head {
    pattern: Regex,
    score: f32,
    needs_town: bool,
}

fn compiled() -> Option<&'static Compiled> {
    static COMPILED: OnceLock<Option<Compiled>> = OnceLock::new();
    let build = || {
        let forms = forms::all();
        let words = forms.iter().enumerate();
        let words = words.flat_map(|(owner, form)| form.words.split('|').map(move |word| (owner, word)));
        let (owners, words): (Vec<_>, Vec<_>) = words.unzip();
        let head = |form: &Form| {
            Some(Head { pattern: compile(&form.pattern)?, score: form.score, needs_town: form.needs_town })
        };
        Some(Compiled {
            gate: AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()?,
            owners,
            heads: forms.iter().map(head).collect::<Option<_>>()?,
            tail: compile(&forms::tail())?,
            town: compile(&forms::town())?,
            unit: compile(&forms::unit())?,
        })
    };
    COMPILED.get_or_init(build).as_ref()
}

pub(super) fn scan(text: &str, found: &mut Vec<Finding>) {
    let Some(compiled) = compiled() else { return };
    let mut windows: Vec<Range<usize>> = vec![0..0; compiled.heads.len()];
    let mut seen = Vec::new();
    for word in compiled.gate.find_overlapping_iter(text) {
        let owner = compiled.owners[word.pattern().as_usize()];
        let window = &mut windows[owner];
        let (start, end) = (word.start().saturating_sub(BEFORE), (word.end() + AFTER).min(text.len()));
        if start <= window.end && window.end > 0 {
            window.end = end;
        } else {
            compiled.search(owner, text, window.clone(), &mut seen);
            *window = start..end;
        }
    }
    for (owner, window) in windows.into_iter().enumerate() {
        compiled.search(owner, text, window, &mut seen);
    }
    member::scan(text, &mut seen);
    // Of two that share something the longer one is the whole.
    seen.sort_by_key(|one| (one.span.start, std::cmp::Reverse(one.span.end)));
    settle(&mut seen);
    found.append(&mut seen);
}

impl Compiled {
    fn search(&self, owner: usize, text: &str, window: Range<usize>, seen: &mut Vec<Finding>) {
        let head = &self.heads[owner];
        let bytes = &text.as_bytes()[..window.end];
        let mut at = window.start;
        while let Some(captures) = head.pattern.captures_at(bytes, at) {
            let (Some(whole), Some(street)) = (captures.get(0), captures.get(1)) else { break };
            at = street.end().max(whole.start() + 1);
            if let Some(span) = self.complete(text, street.range(), head.needs_town) {
                at = at.max(span.end);
                seen.push(STREET_ADDRESS.at(span, head.score));
            }
            if at > bytes.len() {
                break;
            }
        }
    }

    /// A street with what follows it.
    fn complete(&self, text: &str, street: Range<usize>, needs_town: bool) -> Option<Range<usize>> {
        let bytes = text.as_bytes();
        // `12 Elm Street Suite 3` is a street of two words.
        let end =
            self.unit.find(&bytes[street.clone()]).map_or(street.end, |unit| street.start + unit.start());
        let rest = &bytes[end..(end + AFTER).min(bytes.len())];
        let tail = if needs_town { self.town.find(rest) } else { self.tail.find(rest) };
        let end = end + tail.map(|tail| tail.end()).filter(|length| !needs_town || *length > 0)?;
        let address = text.get(street.start..end)?;
        Some(street.start..street.start + address.trim_end_matches([' ', ',', '\n', '\t', '.']).len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::probe::Probe;
    use super::super::super::{Extra, Kind, Kinds, Place};

    fn addresses(text: &str) -> Vec<&str> {
        let kinds = Kinds::NONE.with(Kind::Pii).with_extra(Extra::Addresses);
        let found = Probe(Place::Result, kinds).entities(text).into_iter();
        found.filter(|(label, _)| *label == "STREET_ADDRESS").map(|(_, piece)| piece).collect()
    }

    #[test]
    fn an_address_is_one_span() {
        for (text, expected) in [
            (
                "Ship to 742 Maple Grove Avenue, Apt 4B, Springfield, IL 62704, please",
                "742 Maple Grove Avenue, Apt 4B, Springfield, IL 62704",
            ),
            ("lives at 10 Larch Close, Leeds LS1 4AP.", "10 Larch Close, Leeds LS1 4AP"),
            ("at 221b Baker Street today", "221b Baker Street"),
            (
                "Office: 350 5th Ave Suite 3300\nNew York, NY 10118",
                "350 5th Ave Suite 3300\nNew York, NY 10118",
            ),
            ("wohnt Lindenstraße 12a, 10969 Berlin und", "Lindenstraße 12a, 10969 Berlin"),
            ("in der Friedrich-Ebert-Str. 7 in", "Friedrich-Ebert-Str. 7"),
            ("au 12 bis, rue de la Paix, 75002 Paris", "12 bis, rue de la Paix, 75002 Paris"),
            ("Calle de Alcalá 45, 28014 Madrid", "Calle de Alcalá 45, 28014 Madrid"),
            ("abita in Via Giuseppe Garibaldi, 21, 20121 Milano", "Via Giuseppe Garibaldi, 21, 20121 Milano"),
            ("Write to P.O. Box 1234, Dover, DE 19901", "P.O. Box 1234, Dover, DE 19901"),
            ("Prinsengracht 263, 1016 GV Amsterdam", "Prinsengracht 263, 1016 GV Amsterdam"),
            ("Storgatan 5, 114 55 Stockholm", "Storgatan 5, 114 55 Stockholm"),
            ("address: 17 Upper Reach, Flat 2, Poole", "17 Upper Reach, Flat 2, Poole"),
        ] {
            assert_eq!(addresses(text), [expected], "{text}");
        }
    }

    #[test]
    fn numbers_and_ways_of_another_nature_are_none() {
        for text in [
            "Step 5 the long way round, 3 Easy Ways to Drive Traffic",
            "took 12 ms on the fast road to production in 2024",
            "address: 0x7ffeefbff5c8, address=10.0.0.1:8080",
            "String 5, Spring 5.3, Brigade 12, Via email 3 times",
            "St. 4 and Dr. 12 are wards; 100 Dr Jones",
            "see section 4 street names and 12 place holders",
            "{\"address\": \"ann@example.org\", \"n\": 4}",
        ] {
            assert_eq!(addresses(text), Vec::<&str>::new(), "{text}");
        }
    }
}
