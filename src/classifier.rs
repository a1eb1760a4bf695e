//! A classifier of the operator's: a model that says how likely it is that a text means harm.
//!
//! Built with the feature `onnx` only. Without it there is none, and whoever loads one is told how to get it.

use std::path::PathBuf;

#[cfg(not(feature = "onnx"))]
mod absent;
#[cfg(feature = "onnx")]
mod present;

#[cfg(not(feature = "onnx"))]
pub use absent::Classifier;
#[cfg(feature = "onnx")]
pub use present::Classifier;

/// Windows of one text. What has more of them is not judged at all.
const MAX_WINDOWS: usize = 64;

/// A text that has more bytes for each token that is looked at is too long before it is cut into tokens.
const BYTES_PER_TOKEN: usize = 16;

/// What a classifier is made of.
#[derive(Clone, Debug)]
#[cfg_attr(
    not(any(feature = "onnx", fuzzing)),
    expect(dead_code, reason = "only a classifier reads all of it")
)]
pub struct Recipe {
    pub onnx: PathBuf,
    pub tokenizer: PathBuf,
    /// Which outputs of the model mean harm. Without a word, the second of two, or the only one.
    pub labels: Option<Vec<usize>>,
    /// The length of a window.
    pub max_tokens: usize,
}

/// Why there is no classifier: the key of the recipe, empty for the whole of it, and what was expected of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    pub key: &'static str,
    pub expected: String,
}

/// Why a text got no score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unjudged {
    #[error("there is more text than the classifier looks at: {MAX_WINDOWS} windows of `max_tokens`")]
    TooLong,
    #[error("nobody waits for it")]
    #[cfg_attr(not(any(feature = "onnx", fuzzing)), expect(dead_code, reason = "only a classifier waits"))]
    Unwanted,
    #[error("the classifier cannot run on it")]
    Failed,
}

impl Recipe {
    /// Longer texts are not judged.
    pub fn max_bytes(&self) -> usize {
        MAX_WINDOWS * BYTES_PER_TOKEN * self.max_tokens
    }
}
