//! Other spellings of a private value: what is taken out of a text is left nowhere else, however it is set there.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{local, redacting};
use crate::direct::{Script, ask, call, direct, failure, start};
use crate::support::{Gateway, Raw};

fn answering(result: &Value) -> Value {
    json!({"capabilities": {"tools": {}}, "answers": [
        {"method": "tools/list", "result": {"tools": [{"name": "x", "inputSchema": {"type": "object"}}]}},
        {"method": "tools/call", "result": result},
    ]})
}

/// A server whose results are redacted.
async fn redacted() -> (Script, Raw) {
    let script = Script::new(&answering(&json!({"content": []})));
    let policy = json!({"enabled": true, "policy_name": "t", "block": [],
        "action": {"pii": "redact", "secrets": "redact"}});
    let config = local().server(script.server("s")).with("output_guardrails_policy", policy);
    let raw = start(&direct(config)).await;
    (script, raw)
}

fn texts(texts: &[&str]) -> Value {
    let block = |text: &&str| json!({"type": "text", "text": text});
    json!({"content": texts.iter().map(block).collect::<Vec<_>>()})
}

#[tokio::test]
async fn a_value_that_is_cut_out_is_left_in_no_other_spelling() {
    let (script, mut raw) = redacted().await;
    for (found, copies) in [
        ("SSN 536-90-4399", ["ref 536904399 of it", "id 536 90 4399.", r#"{"id":"536.90.4399"}"#]),
        (
            "card 4111 1111 1111 1111",
            ["it was 4111111111111111", "4111-1111-1111-1111", r#"{"n":"4111.1111/1111_1111"}"#],
        ),
        (
            "write to ann.lee@example.com",
            ["ANN.LEE@EXAMPLE.COM did", "ann-lee [at] example.com", r#"{"who":"Ann.Lee%40Example.com"}"#],
        ),
        (
            "IBAN DE89370400440532013000",
            [
                "DE89 3704 0044 0532 0130 00",
                "de89370400440532013000",
                r#"{"i":"DE89-3704-0044-0532-0130-00"}"#,
            ],
        ),
        ("call +1 202-555-0143", ["tel:+12025550143", "1 (202) 555 0143", r#"{"t":"1.202.555.0143"}"#]),
    ] {
        let told = texts(&[found, copies[0], copies[1], copies[2]]);
        script.rewrite(&answering(&told));
        let answer = call(&mut raw, "s__x", json!({})).await;
        let content = answer["result"]["content"].as_array().expect("blocks");
        assert_eq!(content.len(), 4, "{found}: {answer}");
        for (at, block) in content.iter().enumerate() {
            let text = block["text"].as_str().expect("text");
            assert_eq!(text.matches("_REDACTED]").count(), 1, "{found}: {text}");
            assert!(at < 3 || serde_json::from_str::<Value>(text).is_ok(), "{text}");
        }
    }
}

#[tokio::test]
async fn a_copy_where_nothing_can_be_cut_withholds_the_result() {
    let (script, mut raw) = redacted().await;
    let ssn = json!({"type": "text", "text": "SSN 536-90-4399"});
    for more in [
        json!({"content": [ssn], "structuredContent": {"a": 536_904_399}}),
        json!({"content": [ssn], "structuredContent": {"a": [-536_904_399]}}),
        json!({"content": [ssn], "structuredContent": {"a": 536_904_399.0}}),
        json!({"content": [ssn], "structuredContent": {"536904399": 1}}),
        texts(&["SSN 536-90-4399", r#"{"a":536904399}"#]),
        texts(&["SSN 536-90-4399", r#"{"a":[53690439.9e1]}"#]),
        texts(&["phone: +1 202-555-0143", r#"{"a":12025550143}"#]),
        texts(&["SSN 078-05-1120", r#"{"a":78051120}"#]),
    ] {
        script.rewrite(&answering(&more));
        let answer = call(&mut raw, "s__x", json!({})).await;
        let why = failure(&answer).to_string();
        assert!(why.contains("GUARDRAIL_VIOLATION") && !why.contains("4399"), "{more}: {why}");
    }
}

#[tokio::test]
async fn a_card_in_a_text_that_is_json_is_one_however_its_number_is_written() {
    let (script, mut raw) = redacted().await;
    for number in ["4111111111111111e0", "4.111111111111111e15", "4111111111111111.0", "411111111111111.1E1"]
    {
        script.rewrite(&answering(&texts(&[&format!("{{\"a\":{number}}}")])));
        failure(&call(&mut raw, "s__x", json!({})).await);
    }
    for number in ["4111111111111112e0", "4.111111111111112e15", "0.4111111111111111", "4.1111111111111112"] {
        let told = texts(&[&format!("{{\"a\":[{number}]}}")]);
        script.rewrite(&answering(&told));
        assert_eq!(call(&mut raw, "s__x", json!({})).await["result"], told, "{number}");
    }
}

#[tokio::test]
async fn what_only_has_the_digits_of_a_value_in_it_is_no_copy() {
    let (script, mut raw) = redacted().await;
    for (found, other) in [
        ("SSN 536-90-4399", "order 75369043992 and 5369043991, 2536904399"),
        ("SSN 536-90-4399", r#"{"order": 5369043991, "rows": [536, 90, 4399], "n": 0.5369043991}"#),
        ("write to ann.lee@example.com", "joann.lee @example.comments, lee ann at example"),
        ("SSN 536-90-4399", "5 3 6 9 0 4 3 9 9, 536, 90, 4399"),
        ("password: Tr0ub4dor-9xQ", "TR0UB4DOR-9XQ or tr0ub4dor 9xq"),
        ("card 4111 1111 1111 1111", "sha a41111111111111111f, 41111111 11111112"),
    ] {
        script.rewrite(&answering(&texts(&[found, other])));
        let answer = call(&mut raw, "s__x", json!({})).await;
        let content = &answer["result"]["content"];
        assert!(content[0].to_string().contains("_REDACTED]"), "{answer}");
        assert_eq!(content[1]["text"], other, "{answer}");
    }
}

fn arguments(message: &str, more: &Value) -> Value {
    json!([{"name": "echo", "args": {"message": message, "more": more}}])
}

#[tokio::test]
async fn each_spelling_in_arguments_has_a_placeholder_and_comes_back_as_it_was() {
    let folder = TempDir::new().expect("a folder");
    let log = folder.path().join("calls");
    let gateway = Gateway::start(&redacting(local(), "lab", &log, "server")).await;
    for (message, more, parts) in [
        ("SSN 536-90-4399, or 536904399", json!(["no 536 90 4399"]), ["4399"; 2]),
        ("card 4111 1111 1111 1111", json!({"a": "it is 4111.1111.1111.1111"}), ["1111"; 2]),
        (
            "ann.lee@example.com or ANN.LEE[at]EXAMPLE.COM",
            json!("Ann-Lee at example.com"),
            ["EXAMPLE", "example"],
        ),
        ("IBAN DE89370400440532013000", json!(r#"{"i":"de89 3704 0044 0532 0130 00"}"#), ["de89", "DE89"]),
    ] {
        let reply = gateway.batch("lab", arguments(message, &more)).await;
        let result = &reply.results()[0];
        assert_eq!(result["response"], message, "{result}");
        let sent = result["enkrypt_mcp_data"]["args"].to_string();
        assert!(parts.iter().all(|part| !sent.contains(part)), "{sent}");
    }
    let received = std::fs::read_to_string(&log).expect("a record");
    assert!(!received.contains("4399") && !received.contains("1111"), "{received}");
    let message = "SSN 536-90-4399";
    let others = json!({"order": "5369043991", "n": 75_369_043_992_u64, "rows": [536, 90, 4399]});
    let reply = gateway.batch("lab", arguments(message, &others)).await;
    assert_eq!(reply.results()[0]["enkrypt_mcp_data"]["args"]["more"], others, "{}", reply.json);
}

#[tokio::test]
async fn a_copy_where_no_placeholder_can_stand_stops_the_call() {
    let folder = TempDir::new().expect("a folder");
    let log = folder.path().join("calls");
    let gateway = Gateway::start(&redacting(local(), "lab", &log, "server")).await;
    for (more, why) in [
        (json!({"536904399": 1}), "move it into a value"),
        (json!({"a": 536_904_399}), "stands in a number"),
        (json!({"a": 536_904_399.0}), "stands in a number"),
        (json!(r#"{"a": 536904399}"#), "number of a JSON text"),
        (json!(r#"{"a": 53690439.9e1}"#), "number of a JSON text"),
    ] {
        let reply = gateway.batch("lab", arguments("SSN 536-90-4399", &more)).await;
        let result = &reply.results()[0];
        assert_eq!(result["status"], "blocked_input", "{more}: {result}");
        assert!(result.to_string().contains(why), "{more}: {result}");
    }
    let reply = gateway.batch("lab", arguments("x", &json!(r#"{"a": 4111111111111111e0}"#))).await;
    assert_eq!(reply.results()[0]["status"], "blocked_input", "{}", reply.json);
    assert!(!std::fs::read_to_string(&log).unwrap_or_default().contains("call "));
}

#[tokio::test]
async fn a_log_full_of_secrets_is_cut_and_a_flood_of_them_withheld() {
    let (script, mut raw) = redacted().await;
    let told = |lines: usize| {
        let line = |n: usize| format!("api_key_{n} = \"sk-proj-{n:04}aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z\"\n");
        texts(&[&(0..lines).map(line).collect::<String>()])
    };
    script.rewrite(&answering(&told(480)));
    let answer = call(&mut raw, "s__x", json!({})).await;
    let text = answer["result"]["content"][0]["text"].as_str().expect("text");
    assert_eq!((text.matches("_REDACTED]").count(), text.contains("sk-proj")), (480, false));
    script.rewrite(&answering(&told(700)));
    failure(&call(&mut raw, "s__x", json!({})).await);
}

#[tokio::test]
async fn a_copy_where_nothing_can_be_cut_keeps_a_message_back() {
    let (script, mut raw) = redacted().await;
    ask(&mut raw, "logging/setLevel", json!({"level": "debug"})).await;
    let say =
        |data: Value| json!({"method": "notifications/message", "params": {"level": "error", "data": data}});
    let ssn = "the ssn is 536-90-4399";
    let mut answers = answering(&json!({"content": []}));
    answers["answers"][1]["before"] = json!([
        say(json!({"text": ssn, "ref": 536_904_399})),
        say(json!({"text": ssn, "ref": [-536_904_399.0]})),
        say(json!({"text": ssn, "536904399": 1})),
        say(json!({"text": ssn, "more": "{\"ref\": 536904399}"})),
        say(json!({"text": ssn, "ref": 536_904_398})),
    ]);
    script.rewrite(&answers);
    raw.send(&json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "s__x", "arguments": {}}})).await;
    let mut told = Vec::new();
    loop {
        let message = raw.receive().await;
        if message["id"] == 7 {
            break;
        }
        told.extend(
            (message["method"] == "notifications/message").then(|| message["params"]["data"].clone()),
        );
    }
    assert_eq!(told, [json!({"text": "the ssn is [US_SSN_REDACTED]", "ref": 536_904_398})]);
}
