//! Private keys in results: no line of one is left, however they are set.

use serde_json::{Value, json};

use super::local;
use crate::direct::Script;
use crate::support::Gateway;

/// A key with lines that are random and always the same.
fn key() -> Vec<String> {
    let mut state = 0x9e37_79b9_u32;
    let mut sign = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let signs = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        char::from(signs[(state >> 26) as usize])
    };
    let mut lines = vec!["-----BEGIN RSA PRIVATE KEY-----".to_owned()];
    lines.extend((0..24).map(|_| (0..64).map(|_| sign()).collect::<String>()));
    lines.push("-----END RSA PRIVATE KEY-----".to_owned());
    lines
}

async fn told(result: Value) -> (String, usize) {
    let tool = json!({"name": "x", "inputSchema": {"type": "object"}});
    let script = Script::tools(&json!([tool]), vec![json!({"method": "tools/call", "result": result})]);
    let policy =
        json!({"enabled": true, "policy_name": "test", "block": [], "action": {"secrets": "redact"}});
    let config = local().server(script.server("s")).with("output_guardrails_policy", policy);
    let reply = Gateway::start(&config).await.batch("s", json!([{"name": "x"}])).await;
    let answer = format!("{}{:?}", reply.json, reply.blocks);
    (reply.statuses()[0].to_owned(), key().iter().filter(|line| answer.contains(*line)).count())
}

fn texts(texts: &[String]) -> Value {
    let block = |text: &String| json!({"type": "text", "text": text});
    json!({"content": texts.iter().map(block).collect::<Vec<_>>()})
}

fn set(form: impl Fn(usize, &str) -> String) -> Value {
    texts(&[key().iter().enumerate().map(|(at, line)| form(at, line)).collect()])
}

#[tokio::test]
async fn no_line_of_a_key_is_left() {
    let key = key();
    for result in [
        set(|_, line| format!("      {line}\n")),
        set(|at, line| format!("{at:6}\t{line}\n")),
        set(|at, line| format!("{at:6}→{line}\n")),
        set(|_, line| format!("> {line}\n")),
        texts(&[serde_json::to_string_pretty(&json!({"lines": key})).expect("JSON")]),
        texts(&[key[..20].join("\n")]),
        texts(&[key[..12].join("\n"), key[12..].join("\n")]),
    ] {
        assert_eq!(told(result.clone()).await, ("success".to_owned(), 0), "{result}");
    }
}

#[tokio::test]
async fn a_key_whose_lines_are_texts_of_their_own_is_withheld() {
    let key = key();
    let numbered: Vec<Value> =
        key.iter().enumerate().map(|(at, line)| json!({"line": at, "text": line})).collect();
    for result in [
        json!({"content": [], "structuredContent": {"lines": key}}),
        json!({"content": [], "structuredContent": {"found": numbered}}),
        texts(&[key[..9].join("\n"), key[9..18].join("\n"), key[18..].join("\n")]),
    ] {
        assert_eq!(told(result.clone()).await, ("blocked_output".to_owned(), 0), "{result}");
    }
}
