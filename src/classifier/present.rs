//! A text in windows of tokens, and the highest score that the model gives one of them.
//!
//! Whatever is wrong with the files is found when they are loaded: a short and a full window are run there.

use std::fmt;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::{Flaw, MAX_WINDOWS, Recipe, Unjudged};

mod graph;
mod tokens;

use graph::Graph;
use tokens::Tokens;

/// No single file of the format is larger; what is, keeps its weights in another one.
const LARGEST_MODEL: u64 = 2 << 30;
const LARGEST_TOKENIZER: u64 = 64 << 20;

/// A longer word of a library about a file says no more.
const MAX_CAUSE: usize = 200;

pub struct Classifier {
    tokens: Tokens,
    graph: Graph,
    labels: Vec<usize>,
    max_bytes: usize,
}

impl Classifier {
    pub fn load(recipe: &Recipe) -> Result<Self, Flaw> {
        readable("tokenizer", &recipe.tokenizer, LARGEST_TOKENIZER)?;
        readable("onnx", &recipe.onnx, LARGEST_MODEL)?;
        let tokens = contained("tokenizer", || Tokens::load(&recipe.tokenizer, recipe.max_tokens))?;
        contained("onnx", || {
            let graph = Graph::load(&recipe.onnx, recipe.max_tokens)?;
            let outputs = graph.labels().map_err(|cause| Flaw::because("onnx", RUNS, &cause))?;
            let labels = labels(recipe.labels.as_deref(), outputs)?;
            Ok(Self { tokens, graph, labels, max_bytes: recipe.max_bytes() })
        })
    }

    /// From 0 to 1. It looks no further when nobody wants to know any more.
    pub fn score(&self, text: &str, wanted: &dyn Fn() -> bool) -> Result<f32, Unjudged> {
        if text.len() > self.max_bytes {
            return Err(Unjudged::TooLong);
        }
        let windows = self.tokens.windows(text).ok_or(Unjudged::Failed)?;
        if windows.len() > MAX_WINDOWS {
            return Err(Unjudged::TooLong);
        }
        let mut highest = 0.0_f32;
        for window in windows {
            if !wanted() {
                return Err(Unjudged::Unwanted);
            }
            let outputs = self.graph.run(&window).map_err(|_| Unjudged::Failed)?;
            highest = highest.max(share(&outputs, &self.labels).ok_or(Unjudged::Failed)?);
        }
        Ok(highest)
    }
}

impl fmt::Debug for Classifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Classifier").field("labels", &self.labels).finish_non_exhaustive()
    }
}

const RUNS: &str = "expected a model that runs on a window of `max_tokens`";

impl Flaw {
    fn new(key: &'static str, expected: impl Into<String>) -> Self {
        Self { key, expected: expected.into() }
    }

    /// With what a library says of the file, in one line.
    fn because(key: &'static str, expected: &str, cause: &dyn fmt::Display) -> Self {
        let cause = crate::fault::shown(&cause.to_string(), MAX_CAUSE);
        Self::new(key, format!("{expected}: {cause}"))
    }
}

fn readable(key: &'static str, path: &Path, largest: u64) -> Result<(), Flaw> {
    // A pipe would wait for a writer.
    let length = std::fs::metadata(path).and_then(|found| {
        let length = found.is_file().then_some(found.len());
        length.ok_or_else(|| std::io::Error::other("it is not a file"))
    });
    let length = length.and_then(|length| File::open(path).map(|_| length));
    match length {
        Err(cause) => Err(Flaw::because(key, "expected the path of a file that can be read", &cause)),
        Ok(length) if length > largest => {
            Err(Flaw::new(key, format!("expected a file of at most {} MiB", largest >> 20)))
        }
        Ok(_) => Ok(()),
    }
}

/// A file that nobody thought of may make a library panic.
fn contained<T>(key: &'static str, work: impl FnOnce() -> Result<T, Flaw>) -> Result<T, Flaw> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Flaw::new(key, "expected a file that the program can use; it cannot")))
}

/// Which outputs count, of so many.
fn labels(given: Option<&[usize]>, outputs: usize) -> Result<Vec<usize>, Flaw> {
    match (given, outputs) {
        (Some(labels), _) if labels.iter().all(|label| *label < outputs) => Ok(labels.to_vec()),
        (None, 1) => Ok(vec![0]),
        (None, 2) => Ok(vec![1]),
        _ => Err(Flaw::new(
            "labels",
            format!("expected a list of which outputs of the model mean harm; it has {outputs}, from 0 on"),
        )),
    }
}

/// The part of the labels in what a model says of all. A single output speaks for itself.
fn share(outputs: &[f32], labels: &[usize]) -> Option<f32> {
    let highest = outputs.iter().copied().reduce(f32::max)?;
    let share = match outputs {
        [only] => 1.0 / (1.0 + (-only).exp()),
        _ => {
            let weight = |output: &f32| (output - highest).exp();
            let all: f32 = outputs.iter().map(weight).sum();
            labels.iter().filter_map(|label| outputs.get(*label)).map(weight).sum::<f32>() / all
        }
    };
    (share.is_finite() && outputs.iter().all(|output| !output.is_nan())).then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_those_that_the_model_has() {
        assert_eq!(labels(None, 2), Ok(vec![1]));
        assert_eq!(labels(None, 1), Ok(vec![0]));
        assert_eq!(labels(Some(&[0, 2]), 3), Ok(vec![0, 2]));
        for (given, outputs) in [(None, 3), (Some(&[2][..]), 2), (None, 0)] {
            assert_eq!(labels(given, outputs).expect_err("no labels").key, "labels");
        }
    }

    #[test]
    fn a_share_is_from_nothing_to_all() {
        assert_eq!(share(&[0.0, 0.0], &[1]), Some(0.5));
        assert_eq!(share(&[0.0], &[0]), Some(0.5));
        assert!(share(&[-9.0, 9.0], &[1]).expect("a share") > 0.99);
        assert!(share(&[1000.0, -1000.0, 1000.0], &[0, 2]).expect("a share") > 0.99);
        assert_eq!(share(&[f32::NAN, 1.0], &[1]), None);
        assert_eq!(share(&[], &[0]), None);
    }
}
