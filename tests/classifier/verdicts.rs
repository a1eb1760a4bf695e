//! What the classifier says, and what follows where it says nothing.

use std::fs;

use serde_json::{Value, json};

use super::files::{Shape, write};
use super::{config, refused};
use crate::support::{Config, Gateway, whole_log};

/// A gateway whose folder has the files.
async fn start(config: &Config, shape: Shape) -> Gateway {
    let gateway = Gateway::prepare(&config.text());
    write(gateway.folder(), shape);
    gateway.connect().await
}

fn classifier(more: &Value) -> Value {
    let mut whole = json!({"onnx": "model.onnx", "tokenizer": "~/tokenizer.json"});
    whole.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    whole
}

async fn echo(gateway: &Gateway, message: &str) -> Value {
    let reply = gateway.batch("echo", json!([{"name": "echo", "args": {"message": message}}])).await;
    reply.results()[0].clone()
}

#[tokio::test]
async fn the_word_is_stopped_both_ways_and_others_pass() {
    let gateway = start(&config(&classifier(&json!({}))), Shape::Any).await;
    let result = echo(&gateway, "fine weather ZORBLE today").await;
    assert_eq!(result["status"], "blocked_input", "{result}");
    let found = &result["input_guardrail_response"]["violations"][0];
    assert_eq!(found["rule"], "classifier");
    assert_eq!(
        found["message"],
        "the arguments hit the detector `injection_attack`: the model gives it 0.99, and 0.50 is enough"
    );
    assert_eq!(echo(&gateway, "fine weather today").await["status"], "success");
    let off = json!({"enabled": false});
    let gateway =
        start(&config(&classifier(&json!({}))).with("input_guardrails_policy", off), Shape::Any).await;
    let result = echo(&gateway, "fine weather zorble today").await;
    assert_eq!((&result["status"], &result["response"]), (&json!("blocked_output"), &json!("")), "{result}");
    assert!(!whole_log(&gateway).await.contains("zorble"));
}

#[tokio::test]
async fn it_is_asked_for_its_own_detector() {
    let other = classifier(&json!({"detector": "toxicity"}));
    let gateway = start(&config(&other), Shape::Any).await;
    assert_eq!(echo(&gateway, "zorble").await["status"], "success");
    let policy = json!({"enabled": true, "policy_name": "test", "block": ["toxicity"]});
    let gateway = start(&config(&other).with("input_guardrails_policy", policy), Shape::Any).await;
    let result = echo(&gateway, "zorble").await;
    assert_eq!(result["input_guardrail_response"]["violations"][0]["type"], "toxicity", "{result}");
}

#[tokio::test]
async fn labels_and_threshold_are_the_operators() {
    let config_of = |more: Value| config(&classifier(&more));
    let gateway = start(&config_of(json!({"threshold": 0.999})), Shape::Any).await;
    assert_eq!(echo(&gateway, "zorble").await["status"], "success");
    let gateway = start(&config_of(json!({"labels": [0]})), Shape::Any).await;
    assert_eq!(echo(&gateway, "zorble").await["status"], "success");
    assert_eq!(echo(&gateway, "fine").await["status"], "blocked_input");
}

#[tokio::test]
async fn a_long_text_is_read_to_its_end_or_not_passed() {
    let small = classifier(&json!({"max_tokens": 4}));
    let gateway = start(&config(&small), Shape::Any).await;
    let words = |count: usize| "fine ".repeat(count);
    assert_eq!(echo(&gateway, &words(150)).await["status"], "success");
    let result = echo(&gateway, &(words(150) + "zorble")).await;
    assert_eq!(result["error_code"], "GUARDRAIL_VIOLATION", "{result}");
    // Once by the number of windows, once by bytes alone.
    for text in [words(300), "f".repeat(5000)] {
        let result = echo(&gateway, &text).await;
        assert_eq!(result["error_code"], "GUARDRAIL_UNAVAILABLE", "{result}");
        assert!(result["message"].as_str().expect("words").contains("more text than"), "{result}");
    }
    let open =
        json!({"enabled": true, "policy_name": "test", "block": ["injection_attack"], "fail_open": true});
    let lenient =
        config(&small).with("input_guardrails_policy", open.clone()).with("output_guardrails_policy", open);
    let gateway = start(&lenient, Shape::Any).await;
    assert_eq!(echo(&gateway, &words(300)).await["status"], "success");
}

#[tokio::test]
async fn a_model_of_one_length_is_given_full_windows() {
    let gateway = start(&config(&classifier(&json!({"max_tokens": 8}))), Shape::Fixed(8)).await;
    assert_eq!(echo(&gateway, "fine").await["status"], "success");
    assert_eq!(echo(&gateway, "zorble").await["status"], "blocked_input");
    let text = "fine ".repeat(20) + "zorble";
    assert_eq!(echo(&gateway, &text).await["status"], "blocked_input");
}

#[tokio::test]
async fn where_the_model_fails_nothing_passes() {
    let gateway = start(&config(&classifier(&json!({}))), Shape::Any).await;
    let result = echo(&gateway, "fine beyond").await;
    assert_eq!(
        (&result["status"], &result["error_code"]),
        (&json!("blocked_input"), &json!("GUARDRAIL_UNAVAILABLE")),
        "{result}"
    );
    assert_eq!(echo(&gateway, "fine").await["status"], "success");
    assert!(!whole_log(&gateway).await.contains("beyond"));
}

#[tokio::test]
async fn files_that_cannot_be_used_are_said_at_load() {
    let (model, tokenizer) = (Some("model.onnx"), Some("tokenizer.json"));
    for (key, what, shape, more, spoilt, content) in [
        ("onnx", "an ONNX model", Shape::Any, json!({}), model, Some("no model")),
        ("onnx", "can be read: No such file", Shape::Any, json!({}), model, None),
        ("onnx", "it is not a file", Shape::Any, json!({"onnx": "."}), None, None),
        ("onnx", "whose inputs are", Shape::Strange, json!({}), None, None),
        ("onnx", "runs on a window of `max_tokens`", Shape::Fixed(8), json!({}), None, None),
        ("labels", "it has 2", Shape::Any, json!({"labels": [2]}), None, None),
        ("tokenizer", "can be read: No such file", Shape::Any, json!({}), tokenizer, None),
        ("tokenizer", "as Hugging Face writes it", Shape::Any, json!({}), tokenizer, Some("{}")),
    ] {
        let gateway = Gateway::prepare(&config(&classifier(&more)).text());
        write(gateway.folder(), shape);
        match (spoilt, content) {
            (Some(name), Some(content)) => fs::write(gateway.path(name), content).expect("a file"),
            (Some(name), None) => fs::remove_file(gateway.path(name)).expect("a file less"),
            (None, _) => {}
        }
        let (code, out, err) = gateway.run(&["config", "check"]).await;
        assert_eq!((code, out.as_str()), (78, ""), "{what}: {err}");
        assert!(err.contains(&format!("plugins.guardrails.config.classifier.{key}: ")), "{key}: {err}");
        assert!(err.contains(what), "{what} is not in: {err}");
    }
    let nowhere = config(&classifier(&json!({"onnx": "/nowhere/model.onnx"})));
    assert!(!refused(&nowhere).await.contains("/nowhere/"));
}
