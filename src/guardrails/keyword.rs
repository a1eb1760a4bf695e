//! The provider `custom_keyword`: words and phrases of the operator's, found in one linear pass.
//!
//! A keyword matches whole words in any case, across any white space, past invisible characters and where these stand
//! for blanks, and however its letters are composed. In scripts that put no spaces between words it matches anywhere.

use std::borrow::Cow;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use icu_normalizer::ComposingNormalizerBorrowed;

use super::provider::{Checking, GuardrailProvider, Hit, ProviderFault, Subject};
use crate::config::{Detector, KeywordSettings, Policy};
use crate::recent::{Life, Recent};

/// Word lists of policies that are kept compiled. More than a configuration has; a bound all the same.
const MAX_LISTS: usize = 256;

pub(super) struct CustomKeyword {
    settings: KeywordSettings,
    /// By the policy's fingerprint: its own words, and the provider's, which always count.
    lists: Recent<[u8; 32], Compiled>,
}

/// A list that cannot be compiled is not tried again.
type Compiled = Result<Arc<Keywords>, ProviderFault>;

pub(super) struct Keywords {
    automaton: AhoCorasick,
    entries: Vec<Entry>,
    case_sensitive: bool,
}

struct Entry {
    rule: String,
    starts_with_word: bool,
    ends_with_word: bool,
}

impl CustomKeyword {
    pub(super) fn new(settings: KeywordSettings) -> Self {
        Self { settings, lists: Recent::new(MAX_LISTS, Life::UntilCrowdedOut) }
    }

    fn keywords(&self, policy: &Policy) -> Compiled {
        self.lists.get(&policy.fingerprint).unwrap_or_else(|| {
            let compiled = self.compile(&policy.keywords);
            self.lists.insert(policy.fingerprint, compiled.clone());
            compiled
        })
    }

    fn compile(&self, own: &[String]) -> Compiled {
        let provider = self.settings.keywords.iter().enumerate();
        let place = &self.settings.place;
        let provider = provider.map(|(at, word)| (format!("{place}.blocked_keywords[{at}]"), word));
        let policy = own.iter().enumerate();
        let policy = policy.map(|(at, word)| (format!("additional_config.blocked_keywords[{at}]"), word));
        Keywords::compile(provider.chain(policy), self.settings.case_sensitive).map(Arc::new)
    }

    pub(super) fn find(&self, subject: &Subject<'_>) -> Result<Option<Hit>, ProviderFault> {
        let found = self.keywords(subject.policy)?.search(&subject.written());
        Ok(found.map(|rule| Hit::new(Detector::KeywordDetector, rule)))
    }
}

impl GuardrailProvider for CustomKeyword {
    fn check<'a>(&'a self, subject: &'a Subject<'a>) -> Checking<'a> {
        let found = self.find(subject).map(|hit| hit.into_iter().collect());
        Box::pin(std::future::ready(found.into()))
    }

    fn check_here<'a>(&'a self, subject: &'a Subject<'a>) -> Checking<'a> {
        self.check(subject)
    }
}

impl Keywords {
    /// Of words, each with the name of its rule.
    pub(super) fn compile<'w>(
        words: impl Iterator<Item = (String, &'w String)>,
        case_sensitive: bool,
    ) -> Result<Self, ProviderFault> {
        let mut patterns = Vec::new();
        let mut entries = Vec::new();
        for (rule, word) in words {
            let pattern = normalise(word.trim(), case_sensitive);
            // An empty pattern would hit every text.
            if pattern.trim().is_empty() {
                continue;
            }
            entries.push(Entry {
                rule,
                starts_with_word: pattern.chars().next().is_some_and(is_spaced_word),
                ends_with_word: pattern.chars().next_back().is_some_and(is_spaced_word),
            });
            patterns.push(pattern);
        }
        let automaton = AhoCorasick::new(&patterns)
            .map_err(|_| ProviderFault::unavailable("the keyword list is too large"))?;
        Ok(Self { automaton, entries, case_sensitive })
    }

    /// The rule of the first keyword found. The texts are searched as one: a phrase that is cut in two is put
    /// together again by whoever reads it.
    pub(super) fn search(&self, texts: &[&str]) -> Option<String> {
        if self.entries.is_empty() {
            return None;
        }
        let text = texts.join(" ");
        let apart = text.contains(is_unseen).then(|| read(&text, self.case_sensitive, Some(' ')));
        self.first(&normalise(&text, self.case_sensitive)).or_else(|| self.first(&apart?))
    }

    fn first(&self, text: &str) -> Option<String> {
        let found = self.automaton.find_overlapping_iter(text).find(|found| {
            let entry = &self.entries[found.pattern().as_usize()];
            let before = text[..found.start()].chars().next_back().is_some_and(is_spaced_word);
            let after = text[found.end()..].chars().next().is_some_and(is_spaced_word);
            !(entry.starts_with_word && before || entry.ends_with_word && after)
        })?;
        Some(self.entries[found.pattern().as_usize()].rule.clone())
    }
}

/// Folds case and width, makes every run of white space one blank, and drops what shows nothing: invisible
/// characters, control characters, and the sequences that colour a terminal.
pub(super) fn normalise(text: &str, case_sensitive: bool) -> String {
    read(text, case_sensitive, None)
}

/// With this in the place of what shows nothing.
fn read(text: &str, case_sensitive: bool, unseen: Option<char>) -> String {
    let mut normal = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        // A colour within a word goes; where words are read apart, so are those of a sequence.
        if c == '\u{1b}' && unseen.is_none() {
            skip_sequence(&mut characters);
            continue;
        }
        let seen = if is_unseen(c) { unseen } else { Some(narrow(c)) };
        let Some(c) = seen else { continue };
        if c.is_whitespace() {
            if !normal.ends_with(' ') {
                normal.push(' ');
            }
        } else if case_sensitive {
            normal.push(c);
        } else if c.is_ascii() {
            normal.push(c.to_ascii_lowercase());
        } else {
            // Up and down again folds what lower case alone keeps apart: `ß` and `ss`, `ς` and `σ`.
            normal.extend(c.to_uppercase().flat_map(char::to_lowercase));
        }
    }
    if normal.is_ascii() {
        return normal;
    }
    match ComposingNormalizerBorrowed::new_nfc().normalize(&normal) {
        Cow::Borrowed(_) => normal,
        Cow::Owned(composed) => composed,
    }
}

/// After an escape: `[`, parameters, and the letter that ends them. Anything else is no sequence.
fn skip_sequence(characters: &mut std::str::Chars<'_>) {
    let mut ahead = characters.clone();
    if ahead.next() != Some('[') {
        return;
    }
    for c in ahead.by_ref() {
        if ('\u{40}'..='\u{7e}').contains(&c) {
            *characters = ahead;
            return;
        }
        if !('\u{20}'..='\u{3f}').contains(&c) {
            return;
        }
    }
}

/// The full-width forms of ASCII are ASCII to a reader.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

fn is_unseen(c: char) -> bool {
    is_invisible(c) || (c.is_control() && !c.is_whitespace())
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// A letter or digit of a script that separates its words.
fn is_spaced_word(c: char) -> bool {
    c.is_alphanumeric()
        && !matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{11ff}' | '\u{1780}'..='\u{17ff}'
            | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keywords(words: &[&str]) -> Arc<Keywords> {
        let keywords = words.iter().map(|word| (*word).to_owned()).collect();
        let settings = KeywordSettings { keywords, ..KeywordSettings::default() };
        CustomKeyword::new(settings).compile(&[]).expect("compiles")
    }

    fn hits(keyword: &str, text: &str) -> bool {
        keywords(&[keyword]).search(&[text]).is_some()
    }

    #[test]
    fn whole_words_in_any_case() {
        assert!(hits("whoami", "hello; ls -la; WhoAmI"));
        assert!(!hits("ass", "a class of its own"));
        assert!(hits("rm -rf", "sudo RM\n\t -rf/"));
        assert!(hits("drop table", "DROP \u{a0} TABLE users"));
        assert!(!hits("drop table", "drop tables"));
    }

    #[test]
    fn unicode_is_folded_and_invisible_characters_do_not_help() {
        assert!(hits("straße", "STRASSE"));
        assert!(hits("ΟΔΟΣ", "οδος"));
        assert!(hits("whoami", "who\u{200b}ami"));
        assert!(hits("秘密", "これは秘密です"));
        assert!(hits("plover", "\u{1b}[plover") && hits("plover", "plo\u{1b}[31mver"));
        assert!(
            hits("project plover", "the project\u{200b}plover, and")
                && hits("project plover", "project\0plover")
        );
    }

    #[test]
    fn a_letter_may_be_written_in_one_sign_or_in_two() {
        for (one, two) in [
            ("café", "cafe\u{301}"),
            ("Ångström", "A\u{30a}ngstro\u{308}m"),
            ("한국", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}"),
        ] {
            assert!(hits(one, &format!("x {two} y")) && hits(two, &format!("x {one} y")), "{one}");
            assert!(hits(one, &format!("x {one} y")) && hits(two, &format!("x {two} y")), "{one}");
        }
        assert!(!hits("cafe", "café") && !hits("cafe", "cafe\u{301}"));
    }

    #[test]
    fn dressing_a_word_up_or_cutting_a_phrase_in_two_does_not_help() {
        for text in
            ["who\0ami", "who\u{1b}[0mami", "\u{1b}[1;31mwhoami\u{1b}[0m", "ｗｈｏａｍｉ", "\u{1b}whoami"]
        {
            assert!(hits("whoami", text), "{text:?}");
        }
        assert!(keywords(&["rm -rf"]).search(&["sudo rm", "-rf /"]).is_some());
    }

    #[test]
    fn a_blank_keyword_blocks_nothing() {
        assert!(!hits("  ", "anything"));
    }

    #[test]
    fn the_rule_names_the_place_in_the_configuration() {
        let keywords = vec!["one".to_owned()];
        let settings = KeywordSettings { place: "config".to_owned(), keywords, case_sensitive: true };
        let keywords = CustomKeyword::new(settings).compile(&["two".to_owned()]).expect("compiles");
        assert_eq!(
            keywords.search(&["it takes two"]).as_deref(),
            Some("additional_config.blocked_keywords[0]")
        );
        assert_eq!(keywords.search(&["only one"]).as_deref(), Some("config.blocked_keywords[0]"));
        assert_eq!(keywords.search(&["TWO"]), None);
    }

    #[test]
    fn a_policy_s_words_are_compiled_once_and_its_own() {
        let provider = CustomKeyword::new(KeywordSettings::default());
        let policy = |number: u8| Policy {
            keywords: vec![format!("word{number}")],
            fingerprint: [number; 32],
            ..Policy::default()
        };
        let list = |number: u8| provider.keywords(&policy(number)).expect("compiles");
        let first = list(1);
        for number in 0..u8::MAX {
            assert!(list(number).search(&[&format!("a word{number} b")]).is_some());
        }
        assert!(Arc::ptr_eq(&first, &list(1)) && list(1).search(&["a word2 b"]).is_none());
    }
}
