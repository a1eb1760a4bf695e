//! The tool lists of the hostile server: the sound one, and two that a gateway must not choke on.

use serde_json::{Value, json};

pub(crate) fn tools() -> Value {
    json!([
        tool("ok", "Answers ok.", json!({})),
        tool("die", "Ends the process instead of answering.", json!({})),
        tool("hang", "Never answers.", json!({})),
        tool("malformed", "Answers with a broken message.", json!({"kind": {"type": "string"}})),
        tool("huge", "Answers with that many MiB in one line.", json!({"mb": {"type": "integer"}})),
        tool("wrong-id", "Answers other ids before the right one.", json!({})),
        tool("late", "Answers after a while.", json!({"ms": {"type": "integer"}})),
        tool("deaf", "Answers, and reads no further request.", json!({})),
    ])
}

/// Two tools that are none, beside one that is.
pub(crate) fn bad_tools() -> Value {
    json!([
        {"name": "no_schema", "description": "Has no input schema."},
        {"name": 7, "description": "Has a number for a name.", "inputSchema": {"type": "object"}},
        tool("ok", "Answers ok.", json!({})),
    ])
}

/// A schema that does not compile, and one that would have to be fetched.
pub(crate) fn bad_schemas() -> Value {
    json!([
        tool("ok", "Answers ok.", json!({})),
        tool("odd", "Has an impossible schema.", json!({"a": {"type": "no-such-type"}})),
        tool("remote_ref", "Points elsewhere.", json!({"a": {"$ref": "http://127.0.0.1:9/x.json"}})),
    ])
}

/// Names that are none, one of them twice, and one that is in the list twice.
pub(crate) fn bad_names() -> Value {
    let mut tools = Vec::new();
    for name in ["a\n2026-01-01 ERROR forged", "b\u{1b}[31m", "two words", "", &"x".repeat(200), "ok", "ok"] {
        tools.push(tool(name, "Answers ok.", json!({})));
    }
    Value::Array(tools)
}

/// A list without an end: each page has one tool of a MiB.
pub(crate) fn big_page(params: &Value) -> Value {
    let number: u64 = params["cursor"].as_str().and_then(|cursor| cursor.parse().ok()).unwrap_or_default();
    let big = tool(&format!("big{number}"), &"x".repeat(1 << 20), json!({}));
    json!({"tools": [big], "nextCursor": (number + 1).to_string()})
}

fn tool(name: &str, description: &str, properties: Value) -> Value {
    let mut tool = json!({"name": name, "description": description, "inputSchema": {"type": "object"}});
    tool["inputSchema"]["properties"] = properties;
    tool
}
