//! How well a result fits its request, by the words that both have: a weak sign, and no more than that.
//!
//! It knows no synonyms and no other language. Where there is too little to compare, there is no score.

use std::collections::HashSet;

use crate::call::{ToolCall, ToolOutput, values};

/// Bytes of each side that are read; what comes after is more of the same.
const MAX_REQUEST: usize = 16 << 10;
const MAX_RESULT: usize = 256 << 10;

/// Words that a request, and a result, must have for a score.
const FEWEST: usize = 3;

/// Letters of a word that count: endings of longer ones are no words of their own.
const SHORTEST: usize = 3;

/// Words that say nothing about what a text is about.
const COMMON: [&str; 72] = [
    "about", "after", "all", "also", "and", "any", "are", "because", "been", "before", "but", "can", "could",
    "did", "does", "each", "find", "for", "from", "get", "give", "had", "has", "have", "her", "him", "his",
    "how", "into", "its", "just", "like", "list", "make", "more", "most", "much", "not", "only", "other",
    "our", "out", "over", "please", "search", "she", "should", "show", "some", "such", "tell", "than",
    "that", "the", "their", "them", "then", "there", "these", "they", "this", "was", "were", "what", "when",
    "where", "which", "who", "why", "will", "with", "you",
];

/// Both scores go from 0, nothing in common, to 1.
pub(super) struct Overlap {
    /// The share of the request's words that the result has.
    pub(super) relevancy: f64,
    /// The share of the result's sentences that have a word of the request.
    pub(super) adherence: f64,
}

/// `None` where either side is no text: names of files, numbers, a word or two.
pub(super) fn of(request: &ToolCall, result: &ToolOutput) -> Option<Overlap> {
    let mut asked = HashSet::new();
    let mut left = MAX_REQUEST;
    let mut arguments = Vec::new();
    values(request.arguments(), &mut arguments);
    for text in arguments.into_iter().filter(|text| is_prose(text)) {
        asked.extend(words(beginning(text, &mut left)));
    }
    if asked.len() < FEWEST || result.is_error() {
        return None;
    }
    let (mut found, mut seen) = (HashSet::new(), HashSet::new());
    let (mut sentences, mut fitting) = (0_u32, 0_u32);
    let mut left = MAX_RESULT;
    // Names of members are the tool's words, not the answer's.
    let visible = result.visible();
    let mut texts = vec![visible.as_str()];
    if let Some(structured) = result.structured().filter(|_| visible.trim().is_empty()) {
        values(structured, &mut texts);
    }
    for text in texts {
        for sentence in beginning(text, &mut left).split(['.', '!', '?', '\n', '。', '！', '？']) {
            let (mut any, mut fits) = (false, false);
            for word in words(sentence) {
                any = true;
                if asked.contains(&word) {
                    fits = true;
                    found.insert(word.clone());
                }
                if seen.len() < FEWEST {
                    seen.insert(word);
                }
            }
            sentences += u32::from(any);
            fitting += u32::from(fits);
        }
    }
    let share = |some: usize, all: usize| u32::try_from(some).ok().zip(u32::try_from(all).ok());
    let (some, all) = share(found.len(), asked.len())?;
    (seen.len() == FEWEST).then(|| Overlap {
        relevancy: f64::from(some) / f64::from(all),
        adherence: f64::from(fitting) / f64::from(sentences.max(1)),
    })
}

/// One word is a name or a choice.
fn is_prose(text: &str) -> bool {
    text.trim().contains(char::is_whitespace) || text.contains(is_of_a_script_without_blanks)
}

/// As much of a text as may still be read.
fn beginning<'t>(text: &'t str, left: &mut usize) -> &'t str {
    let mut end = text.len().min(*left);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    *left -= end;
    &text[..end]
}

/// The words of a text that mean something, in lower case and without what grammar adds to them.
fn words(text: &str) -> impl Iterator<Item = String> {
    let pieces = text.split(|c: char| !c.is_alphanumeric());
    pieces.flat_map(|piece| -> Vec<String> {
        let letters: Vec<char> = piece.chars().collect();
        if letters.iter().any(|c| is_of_a_script_without_blanks(*c)) {
            // There a word is about two characters.
            return letters.windows(2).map(|pair| pair.iter().collect()).collect();
        }
        let word = piece.to_lowercase();
        let plain = letters.len() >= SHORTEST
            && !letters.iter().any(|c| c.is_numeric())
            && !COMMON.contains(&word.as_str());
        if plain { vec![stem(&word).to_owned()] } else { Vec::new() }
    })
}

/// Chinese, Japanese, Thai, Lao, Khmer, Burmese.
fn is_of_a_script_without_blanks(c: char) -> bool {
    matches!(u32::from(c), 0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3040..=0x30ff | 0x3400..=0x9fff)
}

fn stem(word: &str) -> &str {
    const ENDINGS: [&str; 8] = ["ations", "ation", "ings", "ing", "ies", "ed", "es", "s"];
    let long_enough = |stem: &&str| stem.chars().count() > SHORTEST;
    let stem = ENDINGS.iter().find_map(|ending| word.strip_suffix(ending).filter(long_enough));
    stem.unwrap_or(word).trim_end_matches(['e', 'y'])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::call::Method;

    fn overlap(query: &str, answer: &str) -> Option<Overlap> {
        let arguments = json!({"query": query, "limit": "10", "path": "/home/anna/notes.md"});
        let call = ToolCall::new(0, "x".into(), arguments.as_object().cloned().expect("an object"));
        let result = json!({"content": [{"type": "text", "text": answer}]});
        of(&call, &ToolOutput::parse(Method::Tool, result).expect("a result"))
    }

    #[test]
    fn what_speaks_of_the_request_scores_higher_than_what_does_not() {
        for (query, fits, strays) in [
            (
                "How do I configure caching of tools in the proxy?",
                "Tool caches are configured in the proxy settings. Set the lifetime in hours.",
                "Bananas ripen faster in paper bags. Keep them away from the window.",
            ),
            (
                "Wie wird das Wetter in Hamburg am Wochenende?",
                "In Hamburg ist das Wetter am Wochenende wechselhaft.",
                "The invoice was paid twice. Customer support will refund it.",
            ),
            (
                "東京の天気予報を教えてください",
                "明日の東京の天気は晴れです。",
                "請求書は二重に支払われました。",
            ),
        ] {
            let fits = overlap(query, fits).expect("a score");
            assert!(
                fits.relevancy >= 0.25 && fits.adherence >= 0.5,
                "{query}: {} {}",
                fits.relevancy,
                fits.adherence
            );
            let strays = overlap(query, strays).expect("a score");
            assert!(
                strays.relevancy < 0.1 && strays.adherence < 0.05,
                "{query}: {} {}",
                strays.relevancy,
                strays.adherence
            );
        }
    }

    #[test]
    fn too_little_is_not_judged() {
        for (query, answer) in [
            ("/home/anna/report-2024.md", "Bananas ripen faster in paper bags."),
            ("open it now", "Bananas ripen faster in paper bags."),
            ("the weather in Hamburg this weekend", "42"),
            ("the weather in Hamburg this weekend", ""),
        ] {
            assert!(overlap(query, answer).is_none(), "{query}: {answer}");
        }
    }
}
