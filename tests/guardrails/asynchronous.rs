//! Checks that run beside their calls: nobody hears of a call before its verdict, and a bad one cancels it.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Bench, echo, policy};
use crate::support::{Config, Gateway, Raw, SECURE_CALL, eventually, server_binary};

/// So long nothing is heard of a call whose verdict is held back.
const SILENCE: Duration = Duration::from_millis(300);

fn beside(bench: &Bench) -> Config {
    bench.input(&json!({})).common("enkrypt_async_input_guardrails_enabled", json!(true))
}

async fn open(config: &Config) -> Raw {
    let mut raw = Raw::start(Gateway::prepare(&config.text()));
    let client = json!({"name": "t", "version": "1"});
    let params =
        json!({"protocolVersion": "2025-11-25", "capabilities": {"elicitation": {}}, "clientInfo": client});
    raw.send(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})).await;
    assert_eq!(raw.receive().await["id"], 0);
    raw.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    raw
}

async fn ask(raw: &mut Raw, server: &str, call: Value) {
    let arguments = json!({"server_name": server, "tool_calls": [call]});
    let params = json!({"name": SECURE_CALL, "arguments": arguments, "_meta": {"progressToken": "t"}});
    raw.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})).await;
}

/// What is heard until the answer, and the answer's only result; questions are accepted.
async fn answered(raw: &mut Raw) -> (Vec<String>, Value) {
    let mut heard = Vec::new();
    loop {
        let message = raw.receive().await;
        if let Some(method) = message["method"].as_str() {
            heard.push(method.to_owned());
            if message.get("id").is_some() {
                let accepted = json!({"action": "accept", "content": {"username": "ann", "email": "a@b.c"}});
                raw.send(&json!({"jsonrpc": "2.0", "id": message["id"], "result": accepted})).await;
            }
            continue;
        }
        let text = message["result"]["content"][0]["text"].as_str().expect("a text block");
        let answer: Value = serde_json::from_str(text).expect("JSON");
        return (heard, answer["results"][0].clone());
    }
}

#[tokio::test]
async fn a_tool_that_only_reads_runs_beside_its_check_and_its_result_waits() {
    let bench = Bench::new();
    let mut raw = open(&beside(&bench)).await;
    ask(&mut raw, "lab", echo("HELD fine")).await;
    eventually("it is called", || bench.calls().len() == 1);
    assert_eq!(raw.receive_within(SILENCE).await, None, "nobody hears of it before the verdict");
    bench.guard.open();
    let (_, result) = answered(&mut raw).await;
    assert_eq!((&result["status"], &result["response"]), (&json!("success"), &json!("HELD fine")));
}

#[tokio::test]
async fn a_result_that_is_there_is_withheld_on_a_violation() {
    let bench = Bench::new();
    let mut raw = open(&beside(&bench)).await;
    ask(&mut raw, "lab", echo("HELD BAD_INJ")).await;
    eventually("it is called", || bench.calls().len() == 1);
    assert_eq!(raw.receive_within(SILENCE).await, None);
    bench.guard.open();
    let (_, result) = answered(&mut raw).await;
    assert_eq!((&result["status"], &result["response"]), (&json!("blocked_input"), &json!("")));
    assert!(!result.to_string().contains("BAD_INJ"), "{result}");
    let hint = result["hint"].as_str().expect("a hint");
    assert!(hint.contains("the call was made") && !hint.contains("not made"), "{hint}");
}

#[tokio::test]
async fn a_call_that_runs_is_cancelled_on_a_violation_and_on_no_verdict() {
    for (word, code) in [("BAD_POL", "GUARDRAIL_VIOLATION"), ("HTTP500JSON", "GUARDRAIL_UNAVAILABLE")] {
        let bench = Bench::new();
        let mut raw = open(&beside(&bench)).await;
        let call = json!({"name": "sleep", "args": {"ms": 60_000, "why": format!("HELD {word}")}});
        ask(&mut raw, "lab", call).await;
        eventually("it is called", || bench.calls().len() == 1);
        bench.guard.open();
        let (heard, result) = answered(&mut raw).await;
        assert_eq!((&result["status"], &result["error_code"]), (&json!("blocked_input"), &json!(code)));
        assert!(heard.is_empty(), "{heard:?}");
        let hint = result["hint"].as_str().expect("a hint");
        assert!(hint.contains("the call was made"), "{hint}");
        let cancelled = || std::fs::read_to_string(bench.log()).is_ok_and(|log| log.contains("cancelled "));
        eventually("the server is told", cancelled);
    }
}

#[tokio::test]
async fn any_other_tool_is_checked_first() {
    let bench = Bench::new();
    let mut raw = open(&beside(&bench)).await;
    let call = |word: &str| json!({"name": "delete_thing", "args": {"what": format!("HELD {word}")}});
    ask(&mut raw, "lab", call("fine")).await;
    eventually("it is asked about", || bench.guard.count() == 1);
    assert_eq!(raw.receive_within(SILENCE).await, None);
    assert!(bench.calls().is_empty(), "it waits for its verdict");
    bench.guard.open();
    let (_, result) = answered(&mut raw).await;
    assert_eq!(result["status"], "success", "{result}");
    let note = result["input_guardrail_response"]["note"].as_str().expect("a note");
    assert!(note.contains("checked before the call"), "{note}");
    ask(&mut raw, "lab", call("BAD_INJ")).await;
    let result = answered(&mut raw).await.1;
    assert_eq!(result["status"], "blocked_input");
    assert!(result["hint"].as_str().is_some_and(|hint| hint.contains("the call was not made")), "{result}");
    assert_eq!(bench.calls().len(), 1);
}

#[tokio::test]
async fn progress_is_not_heard_before_the_verdict() {
    for (word, status) in [("fine", "success"), ("BAD_INJ", "blocked_input")] {
        let bench = Bench::new();
        let mut raw = open(&beside(&bench)).await;
        let call = json!({"name": "progress", "args": {"steps": 3, "why": format!("HELD {word}")}});
        ask(&mut raw, "lab", call).await;
        eventually("it is called", || bench.calls().len() == 1);
        assert_eq!(raw.receive_within(SILENCE).await, None, "{word}");
        bench.guard.open();
        let (heard, result) = answered(&mut raw).await;
        assert_eq!(result["status"], status, "{result}");
        if word == "BAD_INJ" {
            assert!(heard.is_empty(), "{heard:?}");
        }
    }
}

#[tokio::test]
async fn questions_are_not_heard_before_the_verdict() {
    for (word, status) in [("fine", "success"), ("BAD_INJ", "blocked_input")] {
        let bench = Bench::new();
        let schema = json!({"type": "object", "properties": {"message": {"type": "string"}}});
        let tool =
            json!({"description": "Asks.", "inputSchema": schema, "annotations": {"readOnlyHint": true}});
        let config = beside(&bench)
            .server(json!({"server_name": "fix", "config": {"command": server_binary("conformance_mcp"), "args": []}}))
            .with("tools", json!({"test_elicitation": tool}))
            .with("input_guardrails_policy", policy("In Policy", &json!({})));
        let mut raw = open(&config).await;
        ask(
            &mut raw,
            "fix",
            json!({"name": "test_elicitation", "args": {"message": format!("HELD {word}")}}),
        )
        .await;
        eventually("it is asked about", || bench.guard.count() == 1);
        assert_eq!(raw.receive_within(SILENCE).await, None, "{word}");
        bench.guard.open();
        let (heard, result) = answered(&mut raw).await;
        assert_eq!(result["status"], status, "{result}");
        let asked = heard.iter().any(|method| method == "elicitation/create");
        assert_eq!(asked, word == "fine", "{heard:?}");
    }
}
