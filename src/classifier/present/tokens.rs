//! A text as the numbers that a model reads, in windows that overlap.

use std::path::Path;

use tokenizers::{Encoding, PostProcessor as _, Tokenizer, TruncationDirection};

use crate::classifier::Flaw;

/// Of a window, the part that the next one has again: an order that is cut in two stands whole in one of them.
const OVERLAP: usize = 4;

pub(super) struct Tokens {
    tokenizer: Tokenizer,
    /// What a window has besides the words that the model wants around it.
    free: usize,
}

/// Numbers of one window, and the part of the text that each belongs to.
pub(super) struct Window {
    pub(super) ids: Vec<i64>,
    pub(super) types: Vec<i64>,
}

impl Tokens {
    pub(super) fn load(path: &Path, max_tokens: usize) -> Result<Self, Flaw> {
        let unusable = |cause: tokenizers::Error| {
            Flaw::because("tokenizer", "expected a `tokenizer.json` as Hugging Face writes it", &cause)
        };
        let mut tokenizer = Tokenizer::from_file(path).map_err(unusable)?;
        // The words by which a model tells parts from each other are nobody's to write.
        tokenizer.set_encode_special_tokens(true);
        tokenizer.with_padding(None);
        let added = tokenizer.get_post_processor().map_or(0, |added| added.added_tokens(false));
        let Some(free) = max_tokens.checked_sub(added).filter(|free| *free > 0) else {
            return Err(Flaw::new("max_tokens", format!("expected more than {added}: so many are no words")));
        };
        // With a limit of its own it would read no further than the first window.
        tokenizer.with_truncation(None).map_err(unusable)?;
        Ok(Self { tokenizer, free })
    }

    /// The whole text, window by window. `None` where it cannot be read.
    pub(super) fn windows(&self, text: &str) -> Option<Vec<Window>> {
        let mut whole = self.tokenizer.encode_fast(text, false).ok()?;
        whole.truncate(self.free, self.free / OVERLAP, TruncationDirection::Right);
        let mut first = self.tokenizer.post_process(whole, None, true).ok()?;
        let rest = first.take_overflowing();
        let all = std::iter::once(&first).chain(&rest);
        Some(all.filter(|encoding| !encoding.get_ids().is_empty()).map(Window::of).collect())
    }
}

impl Window {
    fn of(encoding: &Encoding) -> Self {
        let numbers = |numbers: &[u32]| numbers.iter().copied().map(i64::from).collect();
        Self { ids: numbers(encoding.get_ids()), types: numbers(encoding.get_type_ids()) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_window_stands_between_the_words_of_the_model() {
        let file = json!({
            "version": "1.0", "truncation": {"max_length": 3, "stride": 0, "direction": "Right", "strategy": "LongestFirst"},
            "padding": null, "normalizer": null, "decoder": null,
            "added_tokens": [{"id": 9, "content": "[SEP]", "special": true, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false}],
            "pre_tokenizer": {"type": "WhitespaceSplit"},
            "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 9], "cls": ["[CLS]", 8]},
            "model": {"type": "WordLevel", "unk_token": "x", "vocab": {"x": 0, "a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "[CLS]": 8, "[SEP]": 9}},
        });
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tokenizer.json");
        std::fs::write(&path, file.to_string()).expect("a file");
        let windows = |text: &str| -> Vec<Vec<i64>> {
            let tokens = Tokens::load(&path, 6).expect("a tokenizer");
            tokens.windows(text).expect("windows").into_iter().map(|window| window.ids).collect()
        };
        assert_eq!(windows("a b"), [[8, 1, 2, 9]]);
        assert_eq!(windows("a b c d e f"), [vec![8, 1, 2, 3, 4, 9], vec![8, 4, 5, 6, 9]]);
        assert_eq!(Tokens::load(&path, 2).err().expect("no room").key, "max_tokens");
    }
}
