//! The words around a value, which say what it is.

/// How far back a word counts.
const REACH: usize = 56;

/// Whether the text goes on with one of the words, after what separates them.
pub(super) fn after(text: &str, at: usize, words: &[&str]) -> bool {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    let skipped = rest.iter().take(3).take_while(|byte| !byte.is_ascii_alphanumeric()).count();
    words.iter().any(|word| {
        rest[skipped..].get(..word.len()).is_some_and(|next| next.eq_ignore_ascii_case(word.as_bytes()))
    })
}

/// Whether one of the words, in lower case, begins shortly before `at`.
pub(super) fn before(text: &str, at: usize, words: &[&str]) -> bool {
    let start = at.saturating_sub(REACH);
    let bytes = &text.as_bytes()[start..at];
    let begins = |place: usize| place == 0 || !bytes[place - 1].is_ascii_lowercase();
    words.iter().any(|word| {
        let mut windows = bytes.windows(word.len()).enumerate();
        windows.any(|(place, window)| window.eq_ignore_ascii_case(word.as_bytes()) && begins(place))
    })
}
