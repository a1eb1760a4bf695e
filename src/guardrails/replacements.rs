//! What is cut out of a result or a message, wherever it stands again: its copies say the same, however each of them
//! is written.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use super::copies::{Copies, TooMany};
use super::document::Document;
use super::embedded;
use super::figure::Figure;
use super::judge::Cut;
use crate::detect::{self, TornKey};
use crate::secret::replaced;

/// Values that are cut out of one result; it is withheld where there are more.
const MAX_CUTS: usize = 50_000;

/// What a value reads as is looked for from so many bytes on: less stands anywhere.
const SHORTEST_READING: usize = 4;

pub(super) struct Replacements {
    values: AhoCorasick,
    labels: Vec<&'static str>,
    /// The same in other spellings.
    copies: Option<Copies>,
    /// One of them is a part of a key: another text may hold the rest.
    torn: Option<TornKey>,
}

impl Replacements {
    /// `None` where a cut lies outside its text, or there are too many.
    pub(super) fn of(texts: &[&str], cuts: &[Cut]) -> Option<Self> {
        let mut labels: HashMap<String, &'static str> = HashMap::new();
        let (mut torn, mut values) = (None, Vec::new());
        for cut in cuts {
            let value = texts.get(cut.text)?.get(cut.span.clone()).filter(|value| !value.is_empty())?;
            torn = torn.or_else(|| TornKey::of(value));
            // The one that was found may be a copy itself.
            let mut read = detect::plain(value);
            values.extend(read.iter().map(|read| (read.clone(), cut.label)));
            read.extend(
                read.iter().map(String::as_str).chain([value]).flat_map(requoted).collect::<Vec<_>>(),
            );
            read.retain(|read| read.len() >= SHORTEST_READING);
            for value in escaped(value).into_iter().chain(read).chain([value.to_owned()]) {
                labels.entry(value).or_insert(cut.label);
            }
            if labels.len() > MAX_CUTS {
                return None;
            }
        }
        let copies = Copies::of(values.iter().map(|(value, label)| (value.as_str(), *label)));
        let (values, labels): (Vec<String>, Vec<&'static str>) = labels.into_iter().unzip();
        let values = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(values).ok()?;
        Some(Self { values, labels, copies, torn })
    }

    /// Whether a text is still what it was, a JSON document too: a number in one cannot be cut.
    pub(super) fn apply(&self, text: &mut String) -> bool {
        let Ok(places) = self.places(text) else { return false };
        if places.is_empty() {
            return true;
        }
        let labels = places.into_iter().map(|(place, label)| (place, format!("[{label}_REDACTED]")));
        let cut = replaced(text, labels);
        let holds = !embedded::breaks(text, &cut);
        *text = cut;
        holds
    }

    /// Whether one stands where nothing can be cut: a name, a number, what makes a key whole.
    pub(super) fn are_left_in(&self, document: &Document<'_>) -> bool {
        document.texts().iter().any(|text| self.are_left_in_text(text))
            || document.figures().iter().any(|figure| self.are_written_in(figure))
    }

    fn are_left_in_text(&self, text: &str) -> bool {
        self.places(text).map_or(true, |places| !places.is_empty())
            || self.torn.is_some_and(|torn| torn.goes_on_in(text))
            || self
                .copies
                .as_ref()
                .is_some_and(|copies| embedded::has_number(text, &|digits| copies.are(digits)))
    }

    fn are_written_in(&self, figure: &Figure<'_>) -> bool {
        let is_copy = |copies: &Copies| figure.is_whole() && copies.are(figure.digits());
        figure.texts().any(|text| self.values.is_match(text)) || self.copies.as_ref().is_some_and(is_copy)
    }

    /// In order and apart, in every reading of the text, each with what takes its place.
    fn places(&self, text: &str) -> Result<Vec<(Range<usize>, &'static str)>, TooMany> {
        let mut labels = Vec::new();
        let places = detect::places(text, |reading| {
            let found = self.values.find_iter(reading);
            let note = |found: aho_corasick::Match| {
                labels.push(self.labels[found.pattern().as_usize()]);
                found.range()
            };
            found.map(note).collect()
        });
        let mut places: Vec<_> =
            places.into_iter().zip(labels).filter(|(place, _)| !place.is_empty()).collect();
        if let Some(copies) = &self.copies {
            places.extend(copies.places(text)?);
        }
        places.sort_by_key(|(place, _)| (place.start, Reverse(place.end)));
        places.dedup_by(|(next, _), (place, _)| {
            let meets = next.start < place.end;
            if meets {
                place.end = place.end.max(next.end);
            }
            meets
        });
        Ok(places)
    }
}

/// As it reads, and as it is written, where quotes are doubled or closed around one: in SQL and YAML, CSV, shells.
fn requoted(value: &str) -> Vec<String> {
    const QUOTES: [(&str, &str); 3] = [("'", "''"), ("\"", "\"\""), ("'", "'\\''")];
    if !value.contains(['\'', '"']) {
        return Vec::new();
    }
    let mut all = vec![value.to_owned()];
    all.extend(QUOTES.map(|(quote, doubled)| value.replace(doubled, quote)));
    let written = |value: &String| QUOTES.map(|(quote, doubled)| value.replace(quote, doubled));
    all.extend(all.iter().flat_map(written).collect::<Vec<_>>());
    all
}

/// As JSON writes it, where that is another text: as it is beyond ASCII, or escaped there too.
fn escaped(value: &str) -> Vec<String> {
    let plain = embedded::escaped(value);
    let mut ascii = String::with_capacity(plain.len());
    for c in plain.chars() {
        if c.is_ascii() {
            ascii.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(ascii, "\\u{unit:04x}");
            }
        }
    }
    [plain, ascii].into_iter().filter(|text| !text.is_empty()).collect()
}

/// A text without its secrets and private data; nothing where it would be withheld.
#[cfg(fuzzing)]
pub fn cut_out(text: &str) -> Option<String> {
    use detect::{Kind, Kinds, Place};
    let kinds = Kinds::NONE.with(Kind::Pii).with(Kind::Secret);
    let found = detect::inspect(text, Place::Result, kinds);
    let cut = |one: detect::Finding| Cut { text: 0, span: one.span, label: one.label };
    let cuts: Vec<Cut> = found.into_iter().map(cut).filter(|cut| !cut.span.is_empty()).collect();
    let (replacements, mut text) = (Replacements::of(&[text], &cuts)?, text.to_owned());
    let holds = replacements.apply(&mut text) && !replacements.are_left_in_text(&text);
    holds.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_cut_out_of_every_copy_however_it_is_written() {
        const VALUE: &str = "q\"ä/&<-Tr0ub4dor";
        let copies = [
            format!("is {VALUE}."),
            serde_json::json!({"a": VALUE}).to_string(),
            r#"{"a": "q\"\u00e4/&<-Tr0ub4dor"}"#.to_owned(),
            r#"{"a": "q\"\u00E4\/\u0026\u003C-Tr0ub4dor"}"#.to_owned(),
            "<td>q&quot;ä/&amp;&lt;-Tr0ub4dor</td>".to_owned(),
            "?a=q%22%C3%A4%2F%26%3C-Tr0ub4dor&b".to_owned(),
            "1,\"q\"\"ä/&<-Tr0ub4dor\",2".to_owned(),
            r#"{"csv": "1,\"q\"\"ä/&<-Tr0ub4dor\""}"#.to_owned(),
        ];
        for found in &copies {
            // Wherever it is found first, as it stands there.
            let start = found.find('q').expect("it is there");
            let end = found.find("dor").expect("it is there") + 3;
            let cut = Cut { text: 0, span: start..end, label: "PASSWORD" };
            let replacements = Replacements::of(&[found], &[cut]).expect("replacements");
            for copy in &copies {
                let mut text = copy.clone();
                assert!(replacements.apply(&mut text), "{copy}");
                assert!(!text.contains("Tr0ub4dor"), "{found}: {text}");
                assert_eq!(text.matches("[PASSWORD_REDACTED]").count(), 1, "{found}: {text}");
                assert!(!replacements.are_left_in_text(&text), "{found}: {text}");
            }
        }
    }

    #[test]
    fn quotes_within_a_value_are_doubled_or_closed() {
        let copies =
            ["ab'c9xQ7z", "p: 'ab''c9xQ7z'", "export P='ab'\\''c9xQ7z'", r#"{"sh": "P='ab'\\''c9xQ7z'"}"#];
        for found in copies {
            let cut = Cut {
                text: 0,
                span: found.find("ab").expect("it is there")..found.find("Q7z").expect("it is there") + 3,
                label: "PASSWORD",
            };
            let replacements = Replacements::of(&[found], &[cut]).expect("replacements");
            for copy in copies {
                let mut text = copy.to_owned();
                assert!(replacements.apply(&mut text) && !text.contains("c9xQ7z"), "{found}: {text}");
                assert_eq!(text.matches("[PASSWORD_REDACTED]").count(), 1, "{found}: {text}");
            }
        }
    }

    #[test]
    fn a_document_that_would_be_broken_is_told() {
        for (text, holds) in [
            (r#"{"card": 4111111111111111}"#, false),
            ("a\n[1, 4111111111111111]\nb", false),
            (r#"{"card": "4111111111111111"}"#, true),
            ("card 4111111111111111", true),
        ] {
            let start = text.find("4111").expect("it is there");
            let cut = Cut { text: 0, span: start..start + 16, label: "CREDIT_CARD" };
            let replacements = Replacements::of(&[text], &[cut]).expect("replacements");
            assert_eq!(replacements.apply(&mut text.to_owned()), holds, "{text}");
        }
    }

    #[test]
    fn what_stands_beside_is_left() {
        let text = r#"{"a":"k9-wren-27","b":"k9-wren-28"}"#;
        let cut = Cut { text: 0, span: 6..16, label: "SECRET" };
        let replacements = Replacements::of(&[text], &[cut]).expect("replacements");
        let mut words = text.to_owned();
        assert!(replacements.apply(&mut words));
        assert_eq!(words, r#"{"a":"[SECRET_REDACTED]","b":"k9-wren-28"}"#);
    }
}
