//! Regular expressions of the operator's: linear in the text, and bounded in themselves.

use regex::{Regex, RegexBuilder};

/// Bytes of one pattern.
const MAX_LENGTH: usize = 1_000;

/// Bytes that one compiled pattern may take.
const MAX_SIZE: usize = 1 << 20;

/// Bytes of the automaton that is built while it searches.
const MAX_CACHE: usize = 1 << 20;

/// Groups within groups.
const MAX_NESTING: u32 = 50;

/// Reads a pattern; the error says what is wrong and does not repeat the pattern.
pub fn pattern(text: &str) -> Result<Regex, String> {
    if text.is_empty() {
        return Err("expected a pattern that is not empty".to_owned());
    }
    if text.len() > MAX_LENGTH {
        return Err(format!("expected a pattern of at most {MAX_LENGTH} bytes"));
    }
    let mut builder = RegexBuilder::new(text);
    builder.size_limit(MAX_SIZE).dfa_size_limit(MAX_CACHE).nest_limit(MAX_NESTING);
    builder.build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => {
            "expected a smaller pattern: compiled it is too large, by its repetitions".to_owned()
        }
        error => format!("expected a regular expression: {}", told(&error.to_string())),
    })
}

/// The last line of what the parser says, with the place under which it draws its mark.
fn told(error: &str) -> String {
    let last = error.lines().next_back().unwrap_or_default();
    let why = last.strip_prefix("error: ").unwrap_or("it cannot be read");
    let mark = error.lines().find(|line| line.trim_start().starts_with('^'));
    match mark.and_then(|line| line.find('^')?.checked_sub(MARGIN)) {
        Some(at) if error.lines().count() == 4 => format!("{why}, at its character {}", at + 1),
        _ => why.to_owned(),
    }
}

/// Blanks in front of a pattern of one line where the parser shows it.
const MARGIN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_and_the_pattern_is_not_repeated() {
        let wrong = |text: &str| pattern(text).expect_err("no pattern");
        assert_eq!(wrong("a(hunter2"), "expected a regular expression: unclosed group, at its character 2");
        assert_eq!(
            wrong("(?=hunter2)"),
            "expected a regular expression: look-around, including look-ahead and look-behind, is not supported, at its character 1"
        );
        assert_eq!(wrong(""), "expected a pattern that is not empty");
        assert_eq!(wrong(&"a".repeat(1_001)), "expected a pattern of at most 1000 bytes");
        assert_eq!(
            wrong(r"(\w{200}){200}"),
            "expected a smaller pattern: compiled it is too large, by its repetitions"
        );
        assert!(!wrong("hunter2\n(x").contains("hunter2"));
        assert!(wrong(&format!("{}a{}", "(".repeat(80), ")".repeat(80))).contains("nest"));
        assert!(pattern(r"(?i)drop\s+table").expect("a pattern").is_match("DROP \t TABLE"));
    }
}
