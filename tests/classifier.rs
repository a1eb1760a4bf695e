//! The operator's classifier: a model and a tokenizer that the tests make themselves.

use serde_json::{Value, json};

use crate::support::{Config, Gateway};

#[cfg(feature = "onnx")]
mod files;
#[cfg(feature = "onnx")]
mod verdicts;

/// `echo` behind the provider `local` with this classifier, which both policies ask.
fn config(classifier: &Value) -> Config {
    let policy = json!({"enabled": true, "policy_name": "test", "block": ["injection_attack"]});
    Config::new()
        .provider("local", &json!({"classifier": classifier}))
        .echo()
        .with("input_guardrails_policy", policy.clone())
        .with("output_guardrails_policy", policy)
}

/// What is said of a configuration that does not load.
async fn refused(config: &Config) -> String {
    let (code, out, err) = Gateway::prepare(&config.text()).run(&["config", "check"]).await;
    assert_eq!((code, out.as_str()), (78, ""), "{err}");
    err
}

#[cfg(not(feature = "onnx"))]
#[tokio::test]
async fn a_program_without_it_says_how_to_build_one() {
    let err = refused(&config(&json!({"onnx": "m.onnx", "tokenizer": "t.json"}))).await;
    assert!(err.contains("plugins.guardrails.config.classifier: "), "{err}");
    assert!(err.contains("`cargo build --release --features onnx`"), "{err}");
}

#[tokio::test]
async fn what_is_said_of_it_is_checked() {
    let wrong =
        json!({"tokenizer": " ", "threshold": 1.5, "max_tokens": 0, "labels": ["1"], "detector": "pii"});
    let err = refused(&config(&wrong)).await;
    for key in ["onnx", "tokenizer", "threshold", "max_tokens", "labels", "detector"] {
        assert!(err.contains(&format!("plugins.guardrails.config.classifier.{key}: expected ")), "{err}");
    }
    let err = refused(&config(&json!({"onnx": "m", "tokenizer": "t", "treshold": 0.9}))).await;
    assert!(err.contains("expected `threshold`"), "{err}");
}
