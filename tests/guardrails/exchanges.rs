//! What the service is asked, word for word, and what follows from its answers.

use serde_json::{Value, json};

use super::{Bench, echo, one, policy};
use crate::support::guard::API_KEY;
use crate::support::http::Request;
use crate::support::{Ask, DISCOVER, Front, Gateway, KEY, SECURE_CALL, whole_log};

/// A request as the service knows it: path, its own headers, body.
fn seen(request: &Request) -> Value {
    assert_eq!(request.method, "POST");
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("apikey"), Some(API_KEY));
    let everything = format!("{:?} {}", request.headers, String::from_utf8_lossy(&request.body));
    assert!(!everything.contains(KEY), "the gateway key is nobody's business");
    let own =
        request.headers.iter().filter_map(|(name, value)| Some((name.strip_prefix("x-enkrypt-")?, value)));
    let headers: serde_json::Map<String, Value> =
        own.map(|(name, value)| (name.to_owned(), json!(value))).collect();
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
    json!([request.path, headers, body])
}

#[track_caller]
fn asked(bench: &Bench, expected: &[Value]) {
    let mut seen: Vec<Value> = bench.guard.requests().iter().map(seen).collect();
    let mut expected = expected.to_vec();
    // What is asked side by side comes in any order.
    seen.sort_by_key(ToString::to_string);
    expected.sort_by_key(ToString::to_string);
    assert_eq!(seen, expected);
    bench.guard.forget();
}

fn headers(event: &str, named: Option<(&str, &str)>) -> Value {
    let mut headers = json!({"source-name": "mcp-gateway", "source-event": event});
    if let Some((name, mode)) = named {
        headers["guardrail"] = json!(name);
        headers["mode"] = json!(mode);
    }
    headers
}

fn detect(side: &str, text: &str) -> Value {
    let headers = match side {
        "input" => headers("pre-tool", Some(("In Policy", "prompt"))),
        _ => headers("post-tool", Some(("Out Policy", "response"))),
    };
    json!(["/guardrails/guardrail/detect", headers, {"text": text}])
}

fn batch(texts: &Value) -> Value {
    let headers = headers("server-registration", Some(("Reg Policy", "prompt")));
    json!(["/guardrails/guardrail/batch/detect", headers, {"texts": texts}])
}

fn pii(event: &str, text: &str, mode: &str, key: &str) -> Value {
    json!(["/guardrails/pii", headers(event, None), {"text": text, "mode": mode, "key": key}])
}

fn types(verdict: &Value, list: &str) -> Vec<String> {
    let found = verdict[list].as_array().into_iter().flatten();
    found.map(|one| one["type"].as_str().expect("a type").to_owned()).collect()
}

#[tokio::test]
async fn inputs() {
    let bench = Bench::new();
    let block = json!(["policy_violation", "injection_attack", "topic_detector", "toxicity", "pii"]);
    let gateway = Gateway::start(&bench.input(&json!({"block": block}))).await;
    let clean = one(&gateway, echo("hello")).await;
    assert_eq!((&clean["status"], &clean["response"]), (&json!("success"), &json!("hello")));
    asked(&bench, &[detect("input", r#"{"message": "hello"}"#)]);
    for (word, detector) in
        [("BAD_INJ x", "injection_attack"), ("BAD_TOPIC", "topic_detector"), ("BAD_TOX", "toxicity")]
    {
        let blocked = one(&gateway, echo(word)).await;
        assert_eq!((&blocked["status"], &blocked["response"]), (&json!("blocked_input"), &json!("")));
        assert_eq!(blocked["error_code"], "GUARDRAIL_VIOLATION");
        assert_eq!(types(&blocked["input_guardrail_response"], "violations"), [detector], "only what hit");
        assert!(!blocked.to_string().contains("BAD_"), "{blocked}");
        asked(&bench, &[detect("input", &format!(r#"{{"message": "{word}"}}"#))]);
    }
    // Keywords hit and are not on the list.
    let warned = one(&gateway, echo("BAD_KW")).await;
    assert_eq!((&warned["status"], &warned["response"]), (&json!("success"), &json!("BAD_KW")));
    assert_eq!(types(&warned["input_guardrail_response"], "warnings"), ["keyword_detector"]);
    assert_eq!(bench.calls().len(), 2);
    bench.guard.forget();
    // Sorted by key, letters as they are.
    one(&gateway, json!({"name": "pid", "args": {"z": ["é", {"b": 1.5, "a": null}], "a": true}})).await;
    asked(&bench, &[detect("input", r#"{"a": true, "z": ["é", {"a": null, "b": 1.5}]}"#)]);
}

#[tokio::test]
async fn a_batch_with_a_bad_call_in_it() {
    let bench = Bench::new();
    let gateway = Gateway::start(&bench.input(&json!({}))).await;
    let reply = gateway.batch("lab", json!([echo("one"), echo("BAD_POL"), echo("three")])).await;
    assert_eq!(reply.statuses(), ["success", "blocked_input"]);
    assert_eq!(reply.json["execution_summary"]["not_run_calls"], 1);
    assert_eq!(bench.calls(), [r#"call echo {"message":"one"}"#]);
    let texts = ["one", "BAD_POL", "three"];
    asked(&bench, &texts.map(|text| detect("input", &format!(r#"{{"message": "{text}"}}"#))));
}

#[tokio::test]
async fn outputs() {
    let bench = Bench::new();
    let gateway = Gateway::start(&bench.output(&json!({}))).await;
    assert_eq!(one(&gateway, echo("hello")).await["status"], "success");
    asked(&bench, &[detect("output", "hello")]);
    let blocked = one(&gateway, echo("BAD_POL")).await;
    assert_eq!((&blocked["status"], &blocked["response"]), (&json!("blocked_output"), &json!("")));
    assert_eq!(types(&blocked["output_guardrail_response"], "violations"), ["policy_violation"]);
    asked(&bench, &[detect("output", "BAD_POL")]);
    // Every text of a result, not the first one only.
    one(&gateway, json!({"name": "media"})).await;
    let text = serde_json::from_slice::<Value>(&bench.guard.requests()[0].body).expect("JSON");
    let text = text["text"].as_str().expect("a text");
    assert!(text.starts_with("before\nafter\n") && text.contains("embedded text"), "{text}");
    assert!(!text.contains("iVBOR"), "an image is no text");
}

#[tokio::test]
async fn how_well_an_answer_fits() {
    let all = json!({"relevancy": true, "adherence": true, "hallucination": true});
    let requests = |message: &str| {
        let question = format!(r#"{{"message": "{message}"}}"#);
        let headers = headers("post-tool", None);
        vec![
            detect("output", message),
            json!(["/guardrails/relevancy", headers, {"question": question, "llm_answer": message}]),
            json!(["/guardrails/adherence", headers, {"context": question, "llm_answer": message}]),
            json!(["/guardrails/hallucination", headers,
                {"request_text": question, "response_text": message, "context": ""}]),
        ]
    };
    for (block, list, status) in [
        (json!(["policy_violation"]), "warnings", "success"),
        (json!(["relevancy", "adherence", "hallucination"]), "violations", "blocked_output"),
    ] {
        let bench = Bench::new();
        let gateway = Gateway::start(&bench.output(&json!({"additional_config": all, "block": block}))).await;
        assert_eq!(one(&gateway, echo("fine")).await["status"], "success");
        asked(&bench, &requests("fine"));
        // Both shapes of a failing score.
        for (message, low) in [("UNFIT", "relevancy 0.00 < 0.75"), ("SCORE", "relevancy 0.10 < 0.75")] {
            let result = one(&gateway, echo(message)).await;
            assert_eq!(result["status"], status, "{result}");
            let verdict = &result["output_guardrail_response"];
            assert_eq!(types(verdict, list), ["relevancy", "adherence", "hallucination"], "{verdict}");
            assert_eq!(verdict[list][0]["rule"], low);
            asked(&bench, &requests(message));
        }
        let unknown = one(&gateway, echo("NOPOINTS")).await;
        assert_eq!(unknown["error_code"], "GUARDRAIL_UNAVAILABLE", "{unknown}");
    }
}

#[tokio::test]
async fn private_data() {
    let bench = Bench::new();
    let gateway = Gateway::start(&bench.input(&json!({"additional_config": {"pii_redaction": true}}))).await;
    let result = one(&gateway, echo("mail john@example.com now")).await;
    assert_eq!(result["response"], "mail john@example.com now");
    // The server gets a placeholder that is good for one redaction only; the service gets its own.
    let sent = result["enkrypt_mcp_data"]["args"]["message"].as_str().expect("a text");
    assert!(sent.starts_with("mail <EMAIL_ADDRESS_0_") && sent.ends_with("> now"), "{sent}");
    assert_eq!(bench.calls(), [format!(r#"call echo {{"message":"{sent}"}}"#)]);
    asked(
        &bench,
        &[
            pii("pii-redact", r#"{"message": "mail john@example.com now"}"#, "request", "null"),
            detect("input", r#"{"message": "mail <EMAIL_ADDRESS_0> now"}"#),
            pii("pii-restore", "mail <EMAIL_ADDRESS_0> now", "response", "pii-key-1"),
        ],
    );
    // Without a key nothing can be put back.
    let kept = one(&gateway, echo("PIINOKEY john@example.com")).await;
    assert_eq!(kept["response"], "PIINOKEY <EMAIL_ADDRESS_0>");
    asked(
        &bench,
        &[
            pii("pii-redact", r#"{"message": "PIINOKEY john@example.com"}"#, "request", "null"),
            detect("input", r#"{"message": "PIINOKEY <EMAIL_ADDRESS_0>"}"#),
        ],
    );
    // Nothing was taken out, so nothing is to be put back.
    assert_eq!(one(&gateway, json!({"name": "empty"})).await["status"], "success");
    asked(&bench, &[pii("pii-redact", "{}", "request", "null"), detect("input", "{}")]);
    // A look-alike comes back as it was, and opens nothing.
    let forged = one(&gateway, echo("<EMAIL_ADDRESS_0> is not ann@example.com")).await;
    assert_eq!(forged["response"], "<EMAIL_ADDRESS_0> is not ann@example.com");
}

#[tokio::test]
async fn what_a_service_brings_back_does_not_break_a_text() {
    let bench = Bench::new();
    let gateway = Gateway::start(&bench.input(&json!({"additional_config": {"pii_redaction": true}}))).await;
    let plain = one(&gateway, echo(r#"{"to": "john@example.com"}"#)).await;
    assert_eq!(plain["response"], r#"{"to": "john@example.com"}"#);
    // It has the address with quotes around it.
    let kept = one(&gateway, echo(r#"{"to": "john@example.com", "note": "PIIQUOTE"}"#)).await;
    let read: Value = serde_json::from_str(kept["response"].as_str().expect("a text")).expect("it is JSON");
    assert!(read["to"].as_str().is_some_and(|to| to.starts_with("<EMAIL_ADDRESS_")), "{read}");
    assert!(whole_log(&gateway).await.contains("cannot stand in a JSON text"));
}

#[tokio::test]
async fn placeholders_of_two_calls_are_not_taken_for_each_other() {
    let bench = Bench::new();
    let redacts = json!({"additional_config": {"pii_redaction": true}});
    let gateway = Gateway::start(&bench.input(&redacts)).await;
    let first = one(&gateway, echo("of ann@example.com")).await;
    let stored = first["enkrypt_mcp_data"]["args"]["message"].as_str().expect("a text").to_owned();
    // The service begins to count anew with each request.
    let second = one(&gateway, echo("of bob@example.com")).await;
    assert_ne!(second["enkrypt_mcp_data"]["args"]["message"], stored);
    assert_eq!(
        (&first["response"], &second["response"]),
        (&json!("of ann@example.com"), &json!("of bob@example.com"))
    );
}

#[tokio::test]
async fn more_look_alikes_than_can_be_remembered() {
    let bench = Bench::new();
    let redacts = json!({"additional_config": {"pii_redaction": true}});
    let gateway = Gateway::start(&bench.input(&redacts)).await;
    let forged: Vec<String> = (0..5_000).map(|number| format!("<A_{number}>")).collect();
    let refused = one(&gateway, echo(&forged.concat())).await;
    assert_eq!(refused["error_code"], "GUARDRAIL_UNAVAILABLE", "{}", refused["message"]);
    assert!(refused["message"].to_string().contains("too much private data"), "{}", refused["message"]);
    assert!(bench.calls().is_empty());
}

#[tokio::test]
async fn private_data_of_a_policy_that_is_off_stays() {
    let bench = Bench::new();
    let off = json!({"enabled": false, "additional_config": {"pii_redaction": true}});
    let gateway = Gateway::start(&bench.input(&off)).await;
    assert_eq!(one(&gateway, echo("mail john@example.com")).await["status"], "success");
    assert_eq!(bench.calls(), [r#"call echo {"message":"mail john@example.com"}"#]);
    asked(&bench, &[]);
}

/// Definitions without a word beside name and description.
fn plain() -> Value {
    json!({
        "echo": {"description": "Echo", "inputSchema": {"type": "object"}},
        "pid": {"description": "BAD_TOX process", "inputSchema": {"type": "object"}},
        "cwd": {"inputSchema": {"type": "object"}},
    })
}

#[tokio::test]
async fn definitions() {
    let bench = Bench::new();
    let config = bench
        .config()
        .with("description", json!("Desc of lab"))
        .with("tools", plain())
        .with("server_tools_guardrails_config", policy("Reg Policy", &json!({"block": []})));
    let gateway = Gateway::start(&config).await;
    let answer = gateway.call(DISCOVER, json!({"server_name": "lab"})).await.json;
    assert_eq!(answer["blocked_tools"][0]["name"], "pid", "{answer}");
    let requests = bench.guard.requests();
    let server = seen(&requests[0]);
    assert_eq!(server[2]["texts"][0], "MCP Server: lab - Desc of lab");
    let rest = server[2]["texts"][1].as_str().expect("what else there is");
    assert!(rest.contains("lab_mcp") && rest.contains("--log"), "command and arguments are checked: {rest}");
    assert_eq!(
        seen(&requests[1]),
        batch(&json!(["Tool: echo - Echo", "Tool: pid - BAD_TOX process", "Tool: cwd"]))
    );
    // The same definitions are not judged twice.
    let before = bench.guard.count();
    gateway.call(DISCOVER, json!({"server_name": "lab"})).await;
    let blocked = one(&gateway, json!({"name": "pid"})).await;
    assert_eq!(blocked["error_code"], "TOOL_BLOCKED");
    assert_eq!(bench.guard.count(), before);
    assert!(bench.calls().is_empty());
}

#[tokio::test]
async fn whole_definitions() {
    let bench = Bench::new();
    let registered = policy("Reg Policy", &json!({"block": []}));
    let gateway = Gateway::start(&bench.config().with("server_tools_guardrails_config", registered)).await;
    let answer = gateway.call(DISCOVER, json!({"server_name": "lab"})).await.json;
    let tools = answer["tools"]["tools"].as_array().expect("tools");
    let names = |text: &Value| text.as_str().is_some_and(|text| text.starts_with("Tool: echo - Repeats"));
    let requests = bench.guard.requests().iter().map(seen).collect::<Vec<_>>();
    let request = requests.iter().find(|request| names(&request[2]["texts"][0])).expect("the tools");
    let texts = request[2]["texts"].as_array().expect("texts");
    // Each tool of the lab says more than its name and description.
    assert_eq!(texts.len(), 2 * tools.len());
    for (at, tool) in tools.iter().enumerate() {
        let headline = format!("Tool: {} - ", tool["name"].as_str().expect("a name"));
        assert!(texts[at].as_str().is_some_and(|text| text.starts_with(&headline)), "{headline}");
        let rest = texts[tools.len() + at].as_str().expect("the rest");
        assert!(rest.contains(tool["title"].as_str().expect("a title")) && rest.contains("été"), "{rest}");
    }
}

#[tokio::test]
async fn the_callers_key_stays_here_over_http_too() {
    let bench = Bench::new();
    let front = Front::start(&bench.input(&json!({})));
    let told = front.send(&Ask::initialize().header("apikey", KEY)).await;
    let session = told.header("mcp-session-id").expect("a session").to_owned();
    let call =
        json!({"name": SECURE_CALL, "arguments": {"server_name": "lab", "tool_calls": [echo("hello")]}});
    let ask = Ask::request(1, "tools/call", &call).header("apikey", KEY).session(&session);
    assert_eq!(front.send(&ask).await.status, 200);
    asked(&bench, &[detect("input", r#"{"message": "hello"}"#)]);
}

#[tokio::test]
async fn a_bad_server_is_not_started() {
    let bench = Bench::new();
    for word in ["BAD_INJ", "BAD_KW", "BAD_TOPIC"] {
        let config = bench
            .config()
            .with("description", json!(format!("{word} evil server")))
            .with("server_tools_guardrails_config", policy("Reg Policy", &json!({"block": []})));
        let gateway = Gateway::start(&config).await;
        let answer = gateway.call(DISCOVER, json!({"server_name": "lab"})).await;
        assert_eq!(answer.json["error_code"], "SERVER_BLOCKED", "{}", answer.json);
        let reply = gateway.batch("lab", json!([echo("x")])).await;
        assert_eq!(reply.json["error_code"], "SERVER_BLOCKED", "{}", reply.json);
        assert!(!reply.json.to_string().contains(word));
    }
    assert!(!bench.log().exists(), "it was never started");
}

#[tokio::test]
async fn the_older_family_of_the_api() {
    let bench = Bench::new();
    let config = bench
        .input(&json!({"additional_config": {"pii_redaction": true}}))
        .with("server_tools_guardrails_config", policy("Reg Policy", &json!({})))
        .edit(|config| config["plugins"]["guardrails"]["config"]["api_style"] = json!("policy"));
    let gateway = Gateway::start(&config).await;
    assert_eq!(one(&gateway, echo("a@b.c")).await["response"], "a@b.c");
    let requests: Vec<Value> = bench.guard.requests().iter().map(seen).collect();
    let of = |path: &str| {
        let found = requests.iter().find(|request| request[0] == path);
        found.unwrap_or_else(|| panic!("{path} was not asked: {requests:?}"))
    };
    assert_eq!(of("/guardrails/policy/detect")[1], json!({"policy": "In Policy"}));
    assert_eq!(of("/guardrails/policy/batch/detect")[1], json!({"policy": "Reg Policy"}));
    assert_eq!(of("/guardrails/pii")[1], json!({}));
}
