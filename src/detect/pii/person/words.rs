//! Words that begin with a capital, one behind the other, as the names of people are written.

use std::ops::Range;

/// Longer runs are headlines.
const MAX_WORDS: usize = 12;

/// What stands in small letters between the parts of a name.
const PARTICLES: [&str; 29] = [
    "al", "af", "av", "bin", "d'", "da", "das", "de", "degli", "del", "della", "den", "der", "di", "do",
    "dos", "du", "e", "el", "la", "le", "op", "ten", "ter", "van", "von", "y", "zu", "zur",
];

/// Capitals within a name follow these.
const PREFIXES: [&str; 10] = ["Mc", "Mac", "De", "Di", "Du", "La", "Le", "Van", "Fitz", "Al"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `Anna`, `McKay`, `O'Brien`, `Anne-Marie`
    Capital,
    /// `ANNA`
    Upper,
    /// `A`
    Initial,
    /// What a program would call something, or a number.
    Other,
}

#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) span: Range<usize>,
    pub(super) shape: Shape,
    /// In lower case, without what follows a hyphen: of `Anne-Marie` it is `anne`.
    pub(super) first: String,
    /// And without what stands before it.
    pub(super) last: String,
}

/// Such words with nothing but a blank, or what belongs to a name, between them.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) words: Vec<Word>,
}

/// Calls `act` for each run of a text.
pub(super) fn each(text: &str, mut act: impl FnMut(&Run)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if begins(text, at) {
            let run = Run::at(text, at);
            at = run.end();
            act(&run);
        } else {
            at += 1;
        }
    }
}

/// Whether a word with a capital begins here.
fn begins(text: &str, at: usize) -> bool {
    let byte = text.as_bytes()[at];
    if !byte.is_ascii_uppercase() && (byte < 0xc3 || !is_capital(text, at)) {
        return false;
    }
    text[..at].chars().next_back().is_none_or(|before| !is_inner(before))
}

fn is_capital(text: &str, at: usize) -> bool {
    text.get(at..).and_then(|rest| rest.chars().next()).is_some_and(char::is_uppercase)
}

fn is_inner(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

impl Run {
    pub(super) fn at(text: &str, start: usize) -> Self {
        let first = Word::at(text, start);
        let mut at = first.span.end;
        let mut words = vec![first];
        while words.len() < MAX_WORDS
            && let Some(next) = words.last().and_then(|last| follows(text, last, at))
        {
            let word = Word::at(text, next);
            at = word.span.end;
            words.push(word);
        }
        Self { words }
    }

    pub(super) fn start(&self) -> usize {
        self.words.first().map_or(0, |word| word.span.start)
    }

    pub(super) fn end(&self) -> usize {
        self.words.last().map_or(0, |word| word.span.end)
    }
}

/// Where the next word of the run begins.
fn follows(text: &str, last: &Word, at: usize) -> Option<usize> {
    let mut rest = &text[at..];
    if last.shape == Shape::Initial || last.is_title() {
        rest = rest.strip_prefix('.').unwrap_or(rest);
        if begins_word(rest) && last.shape == Shape::Initial {
            return Some(text.len() - rest.len());
        }
    }
    rest = rest.strip_prefix(' ')?;
    for _ in 0..3 {
        if begins_word(rest) {
            return Some(text.len() - rest.len());
        }
        let (word, after) = rest.split_once(' ')?;
        if !PARTICLES.contains(&word) {
            return None;
        }
        rest = after;
    }
    None
}

fn begins_word(rest: &str) -> bool {
    rest.chars().next().is_some_and(char::is_uppercase)
}

impl Word {
    fn at(text: &str, start: usize) -> Self {
        let mut end = start;
        let mut characters = text[start..].char_indices().peekable();
        while let Some((_, c)) = characters.next() {
            let joins =
                matches!(c, '\'' | '-') && characters.peek().is_some_and(|(_, next)| next.is_alphabetic());
            if !is_inner(c) && !joins {
                break;
            }
            end = start + characters.peek().map_or(text.len() - start, |(at, _)| *at);
        }
        let word = &text[start..end];
        let word = word.strip_suffix("'s").or_else(|| word.strip_suffix("'S")).unwrap_or(word);
        let lower = word.to_lowercase();
        let part = |part: Option<&str>| part.unwrap_or_default().to_owned();
        Self {
            span: start..start + word.len(),
            shape: shape(word),
            first: part(lower.split('-').next()),
            last: part(lower.rsplit('-').next()),
        }
    }

    pub(super) fn is_title(&self) -> bool {
        const TITLES: [&str; 30] = [
            "mr",
            "mrs",
            "ms",
            "miss",
            "mx",
            "dr",
            "prof",
            "professor",
            "sir",
            "madam",
            "madame",
            "monsieur",
            "mme",
            "mlle",
            "herr",
            "frau",
            "senor",
            "senora",
            "sra",
            "signor",
            "signora",
            "sig",
            "dott",
            "dra",
            "mevrouw",
            "meneer",
            "dhr",
            "mevr",
            "rev",
            "doktor",
        ];
        self.shape != Shape::Other && TITLES.contains(&self.first.as_str())
    }

    /// Whether a name may have it by its form.
    pub(super) fn is_named(&self) -> bool {
        matches!(self.shape, Shape::Capital | Shape::Upper)
    }
}

fn shape(word: &str) -> Shape {
    if word.chars().any(|c| c.is_numeric() || c == '_') {
        return Shape::Other;
    }
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let capitals = word.chars().filter(|c| c.is_uppercase()).count();
    let part = |part: &str| {
        let inner = PREFIXES.iter().find_map(|prefix| part.strip_prefix(prefix)).unwrap_or(part);
        let inner = if inner.chars().next().is_some_and(char::is_uppercase) { inner } else { part };
        inner.chars().skip(1).all(|c| !c.is_uppercase())
    };
    match (letters, capitals) {
        (1, _) => Shape::Initial,
        (letters, capitals) if letters == capitals => Shape::Upper,
        _ if word.split(['-', '\'']).all(part) => Shape::Capital,
        _ => Shape::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(text: &str) -> Vec<Vec<&str>> {
        let mut found = Vec::new();
        each(text, |run| found.push(run.words.iter().map(|word| &text[word.span.clone()]).collect()));
        found
    }

    #[test]
    fn runs_are_what_stands_together() {
        assert_eq!(
            runs("so Anna de la Cruz met J. R. Smith-Lee, Ann's son"),
            [vec!["Anna", "Cruz"], vec!["J", "R", "Smith-Lee"], vec!["Ann"]]
        );
        assert_eq!(runs("aB Cd_e\nF"), [vec!["Cd_e"], vec!["F"]]);
    }

    #[test]
    fn a_word_is_told_by_its_form() {
        for (word, expected) in [
            ("McKay", Shape::Capital),
            ("O'Brien", Shape::Capital),
            ("MyClass", Shape::Other),
            ("DeMarco", Shape::Capital),
            ("HTTP", Shape::Upper),
            ("V2", Shape::Other),
        ] {
            assert_eq!(shape(word), expected, "{word}");
        }
    }
}
