//! `classifier` of the provider `local`: a model of the operator's, loaded here.
//!
//! Files that cannot be used are a problem of the configuration, as is a program that can use none.

use std::path::PathBuf;
use std::sync::Arc;

use crate::classifier::{Classifier, Recipe};
use crate::config::environment::Environment;
use crate::config::node::Node;
use crate::config::{ClassifierSettings, Detector};

const MAX_TOKENS: u64 = 4096;
const USUAL_TOKENS: u64 = 512;
const USUAL_THRESHOLD: f64 = 0.5;

/// Labels that a model can have.
const MAX_LABELS: usize = 1000;

pub(super) fn read(config: &Node<'_>, env: &Environment) -> Option<ClassifierSettings> {
    let node = config.child("classifier")?;
    let file = |key: &str, what: &str| {
        if node.get(key).is_none() {
            node.problem(key, format!("expected the path of {what}"));
        }
        Some(env.expand(node.filled(key)?))
    };
    let onnx: Option<PathBuf> = file("onnx", "an ONNX model");
    let tokenizer: Option<PathBuf> = file("tokenizer", "the `tokenizer.json` of the model");
    let labels = labels(&node);
    let max_tokens = node.whole("max_tokens", 1..=MAX_TOKENS).unwrap_or(USUAL_TOKENS);
    let threshold = node.number("threshold").unwrap_or(USUAL_THRESHOLD);
    if !(0.0..=1.0).contains(&threshold) {
        node.problem("threshold", "expected a number from 0 to 1");
    }
    let detectors =
        [Detector::InjectionAttack, Detector::Toxicity].map(|detector| (detector.as_str(), detector));
    let detector = node.choice("detector", &detectors).unwrap_or(Detector::InjectionAttack);
    node.refuse_misspelt();
    let max_tokens = usize::try_from(max_tokens).ok()?;
    let recipe = Recipe { onnx: onnx?, tokenizer: tokenizer?, labels: labels.ok()?, max_tokens };
    match Classifier::load(&recipe) {
        Ok(classifier) => Some(ClassifierSettings {
            classifier: Arc::new(classifier),
            detector,
            #[expect(clippy::cast_possible_truncation, reason = "a score has no more digits")]
            threshold: threshold as f32,
            max_bytes: recipe.max_bytes(),
        }),
        Err(flaw) if flaw.key.is_empty() => {
            config.problem("classifier", flaw.expected);
            None
        }
        Err(flaw) => {
            node.problem(flaw.key, flaw.expected);
            None
        }
    }
}

/// Numbers from 0 on, if somebody says which.
fn labels(node: &Node<'_>) -> Result<Option<Vec<usize>>, ()> {
    let Some(items) = node.items("labels") else { return Ok(None) };
    let number = |number: &serde_json::Value| {
        usize::try_from(number.as_u64()?).ok().filter(|label| *label < MAX_LABELS)
    };
    let mut labels: Vec<usize> = items.iter().filter_map(|(_, value)| number(value)).collect();
    if labels.is_empty() || labels.len() != items.len() {
        node.problem("labels", format!("expected a list of numbers from 0 to {}", MAX_LABELS - 1));
        return Err(());
    }
    labels.sort_unstable();
    labels.dedup();
    Ok(Some(labels))
}
