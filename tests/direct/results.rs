//! What comes back from a call: the tool's own result, whole, or one error of the gateway.

use serde_json::{Value, json};

use super::Script;
use super::{ask, call, direct, failure, start, straight};
use crate::support::Config;

/// A server with one tool `x` that answers like this.
fn answering(answer: &Value) -> Script {
    let mut entry = json!({"method": "tools/call"});
    entry.as_object_mut().expect("an object").extend(answer.as_object().expect("an object").clone());
    Script::tools(&json!([{"name": "x", "inputSchema": {"type": "object"}}]), vec![entry])
}

#[tokio::test]
async fn every_kind_of_result_is_what_the_server_answered() {
    let calls = [
        ("echo", json!({"message": "hi\n\"there\""})),
        ("media", json!({})),
        ("unknown_content", json!({})),
        ("structured_only", json!({})),
        ("empty", json!({})),
        ("fail", json!({"message": "no"})),
        ("add", json!({"a": 1, "b": 2.5})),
        ("rpc_error", json!({})),
        ("big", json!({"bytes": 3_000_000})),
    ];
    let requests: Vec<(&str, Value)> = calls
        .iter()
        .map(|(name, arguments)| ("tools/call", json!({"name": name, "arguments": arguments})))
        .collect();
    let mut raw = start(&direct(Config::new().lab(&[]))).await;
    for (expected, (name, arguments)) in straight(&[], &requests).into_iter().zip(calls) {
        let answer = call(&mut raw, &format!("lab__{name}"), arguments).await;
        assert_eq!(answer["result"], expected["result"], "{name}");
        assert_eq!(answer["error"], expected["error"], "{name}");
    }
}

#[tokio::test]
async fn nothing_of_a_result_is_lost() {
    for result in [
        json!({"content": [], "structuredContent": null, "_meta": {"a.b/c": 1}, "x-vendor": {"n": 0.1}}),
        json!({"x-vendor": 7, "isError": true, "structuredContent": [1, u64::MAX], "content": [{"type": "text", "text": "t", "annotations": {"x": 1}}]}),
        json!({"structuredContent": {"a": {"b": null}}}),
        json!({"content": [{"type": "image", "data": "AAAA"}, {"type": "resource", "resource": {"uri": "a://b", "blob": "AAAA", "_meta": {}}}]}),
        json!({"rpc-error": {"code": 1}, "content": []}),
    ] {
        let script = answering(&json!({"result": result}));
        let mut raw = start(&direct(Config::new().server(script.server("s")))).await;
        assert_eq!(call(&mut raw, "s__x", json!({})).await["result"], result);
    }
}

#[tokio::test]
async fn an_error_of_the_server_is_an_error_with_all_that_it_says() {
    let error =
        json!({"code": -32042, "message": "go there", "data": {"url": "https://example.com", "n": [null]}});
    let script = answering(&json!({"error": error}));
    let mut raw = start(&direct(Config::new().server(script.server("s")))).await;
    assert_eq!(call(&mut raw, "s__x", json!({})).await["error"], error);
}

#[tokio::test]
async fn the_checks_are_those_of_a_batch() {
    let config = direct(Config::new().lab(&[]).guarded()).keywords(&["forbidden"]);
    let mut raw = start(&config.common("max_argument_bytes", json!(1_000))).await;
    let blocked = failure(&call(&mut raw, "lab__echo", json!({"message": "a FORBIDDEN word"})).await);
    assert_eq!(blocked["error_code"], "GUARDRAIL_VIOLATION");
    assert!(blocked["hint"].is_string() && blocked["details"].is_array(), "{blocked}");
    let refused = failure(&call(&mut raw, "lab__add", json!({"a": "one", "b": 2})).await);
    assert_eq!(refused["error_code"], "INVALID_ARGUMENTS");
    let long = failure(&call(&mut raw, "lab__echo", json!({"message": "x".repeat(2_000)})).await);
    assert_eq!(long["error_code"], "LIMIT_EXCEEDED");
}

#[tokio::test]
async fn blocked_output_is_nowhere_in_the_answer() {
    let answers = [
        json!({"result": {"content": [{"type": "text", "text": "the forbidden word"}]}}),
        json!({"result": {"content": [], "structuredContent": {"a": ["the forbidden word"]}}}),
        json!({"result": {"content": [], "_meta": {"the forbidden word": 1}}}),
        json!({"error": {"code": -1, "message": "the forbidden word"}}),
        json!({"error": {"code": -1, "message": "m", "data": {"a": ["the forbidden word"]}}}),
    ];
    for answer in answers {
        let script = answering(&answer);
        let config = direct(Config::new().server(script.server("s")).guarded()).keywords(&["forbidden"]);
        let mut raw = start(&config).await;
        let answer = call(&mut raw, "s__x", json!({})).await;
        let failure = failure(&answer);
        assert_eq!(failure["error_code"], "GUARDRAIL_VIOLATION");
        assert!(!answer.to_string().contains("the forbidden"), "{answer}");
    }
}

#[tokio::test]
async fn what_is_found_twice_is_said_once_and_a_call_that_was_made_is_said_to_be() {
    let text = "the forbidden word, ghp_0123456789abcdefghijABCDEFGHIJ456789";
    let result = json!({"content": [{"type": "text", "text": text}], "structuredContent": {"content": text}});
    for only_reads in [false, true] {
        let tools = json!([{"name": "x", "annotations": {"readOnlyHint": only_reads}}]);
        let script = Script::tools(&tools, vec![json!({"method": "tools/call", "result": result})]);
        let policy = json!({"enabled": true, "policy_name": "t", "block": ["secrets"]});
        let config = Config::new().server(script.server("s")).with("output_guardrails_policy", policy);
        let mut raw = start(&direct(config.provider("local", &json!({})))).await;
        let failure = failure(&call(&mut raw, "s__x", json!({})).await);
        let details = failure["details"].as_array().expect("details");
        for place in ["`/content/0/text`", "`/structuredContent/content`"] {
            let is_named = |detail: &Value| detail.as_str().is_some_and(|detail| detail.contains(place));
            assert!(!details.is_empty() && details.iter().all(is_named), "{failure}");
        }
        let message = failure["message"].as_str().expect("text");
        assert_eq!(message.starts_with("The call was made, only its answer is withheld."), !only_reads);
    }
}

#[tokio::test]
async fn limits_of_size_and_time_hold() {
    let config = direct(Config::new().lab(&[])).common("max_result_bytes", json!(100_000));
    let mut raw = start(&config.timeout("tool_execution_timeout", 1.0)).await;
    let long = failure(&call(&mut raw, "lab__big", json!({"bytes": 200_000})).await);
    assert_eq!(long["error_code"], "LIMIT_EXCEEDED");
    let slow = failure(&call(&mut raw, "lab__sleep", json!({"ms": 60_000})).await);
    assert_eq!(slow["error_code"], "TIMEOUT");
    let answer = call(&mut raw, "lab__echo", json!({"message": "still here"})).await;
    assert_eq!(answer["result"]["content"][0]["text"], "still here");
}

#[tokio::test]
async fn a_modern_result_says_that_it_is_one() {
    for (result, kind) in [
        (json!({"content": []}), "complete"),
        (
            json!({"resultType": "input_required", "inputRequests": {"k": {"method": "elicitation/create", "params": {}}}, "requestState": "s"}),
            "input_required",
        ),
    ] {
        let script = answering(&json!({"result": result}));
        let mut raw = start(&direct(Config::new().server(script.server("s")))).await;
        let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}});
        let answer = ask(&mut raw, "tools/call", json!({"name": "s__x", "_meta": meta})).await;
        let mut expected = result;
        expected["resultType"] = json!(kind);
        if let Some(request) = expected.pointer_mut("/inputRequests/k") {
            request["params"] = json!({"message": "[s]", "_meta": {"enkrypt_server_name": "s"}});
        }
        assert_eq!(answer["result"], expected);
    }
}

#[tokio::test]
async fn what_belongs_to_the_call_goes_down_with_it_and_is_checked() {
    let script = answering(&json!({"echo": true}));
    let config = direct(Config::new().server(script.server("s")).guarded()).keywords(&["forbidden"]);
    let mut raw = start(&config).await;
    let meta = json!({"traceparent": "00-1-2-01", "progressToken": "p", "io.modelcontextprotocol/x": 1, "a.b/c": [1]});
    let params = json!({
        "name": "s__x", "arguments": {"k": "v"}, "_meta": meta,
        "inputResponses": {"q": {"action": "decline"}}, "requestState": "state",
    });
    assert!(ask(&mut raw, "tools/call", params.clone()).await.get("result").is_some());
    let mut asked = script.asked("tools/call").remove(0);
    let meta = asked["_meta"].take();
    assert_eq!((&meta["traceparent"], &meta["a.b/c"]), (&json!("00-1-2-01"), &json!([1])));
    assert!(meta["progressToken"] != "p" && meta.get("io.modelcontextprotocol/x").is_none(), "{meta}");
    let mut expected = params.clone();
    (expected["name"], expected["_meta"]) = (json!("x"), Value::Null);
    assert_eq!(asked, expected);
    for (key, value) in [
        ("_meta", json!({"note": "a forbidden word"})),
        ("inputResponses", json!({"q": {"content": {"a forbidden word": 1}}})),
        ("requestState", json!("a forbidden word")),
    ] {
        let mut params = params.clone();
        params[key] = value;
        assert_eq!(failure(&ask(&mut raw, "tools/call", params).await)["error_code"], "GUARDRAIL_VIOLATION");
    }
    assert_eq!(script.asked("tools/call").len(), 1);
}
