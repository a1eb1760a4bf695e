//! What the lab server says about its tools.
//!
//! Every tool carries all that a listing may carry, known to the protocol or not, so that a test can compare
//! the listing behind the gateway with this one and see any field that was lost or rewritten.

use serde_json::{Value, json};

/// A PNG of one transparent pixel.
pub(crate) const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

pub(crate) fn tools(many: usize) -> Vec<Value> {
    let mut tools = vec![
        tool("echo", "Repeats the message.", required(&[("message", "string")])),
        add(),
        tool("counter", "Counts the calls of this process.", required(&[])),
        tool("pid", "Process id of this server.", required(&[])),
        tool("env", "Value of one environment variable.", required(&[("name", "string")])),
        tool("env_names", "Names of all environment variables.", required(&[])),
        tool("cwd", "Working directory of this server.", required(&[])),
        tool("sleep", "Answers after a while.", required(&[("ms", "integer")])),
        tool("fail", "Returns an error result.", required(&[("message", "string")])),
        tool("rpc_error", "Returns a JSON-RPC error.", required(&[])),
        tool("media", "Returns one block of every kind.", required(&[])),
        tool("empty", "Returns no content.", required(&[])),
        tool("big", "Returns a text of that many bytes.", required(&[("bytes", "integer")])),
        tool("progress", "Reports its steps.", required(&[("steps", "integer")])),
        tool("structured_only", "Returns structured content only.", required(&[])),
        tool("unknown_content", "Returns a block of a vendor's kind.", required(&[])),
        delete_thing(),
    ];
    tools.extend((1..=many).map(|n| tool(&format!("tool_{n:04}"), "Returns its own name.", required(&[]))));
    tools
}

fn add() -> Value {
    let mut add = tool("add", "Adds two numbers.", required(&[("a", "number"), ("b", "number")]));
    add["inputSchema"]["additionalProperties"] = json!(false);
    add["outputSchema"] = required(&[("sum", "number")]);
    add
}

fn delete_thing() -> Value {
    let mut delete = tool("delete_thing", "Pretends to delete a thing.", required(&[]));
    delete["annotations"]["readOnlyHint"] = json!(false);
    delete["annotations"]["destructiveHint"] = json!(true);
    delete
}

fn required(arguments: &[(&str, &str)]) -> Value {
    let names: Vec<_> = arguments.iter().map(|(name, _)| *name).collect();
    let mut schema = json!({"type": "object", "properties": {}, "required": names});
    for (name, kind) in arguments {
        schema["properties"][name] = json!({"type": kind});
    }
    schema
}

fn tool(name: &str, description: &str, input_schema: Value) -> Value {
    let title = format!("Lab: {name}");
    let mut tool = json!({
        "name": name,
        "title": title,
        "description": description,
        "annotations": {
            "title": title,
            "readOnlyHint": true,
            "destructiveHint": false,
            "openWorldHint": false,
            "x-lab-shelf": {"row": 3, "labels": ["blue", "été"]},
        },
        "icons": [{"src": format!("data:image/png;base64,{PIXEL}"), "mimeType": "image/png", "sizes": ["1x1"]}],
        "execution": {"taskSupport": "forbidden"},
        "_meta": {"lab.example/origin": {"tool": name, "ratio": 0.1, "count": 9_007_199_254_740_993_u64}},
        "x-lab": {"kept": true},
    });
    tool["inputSchema"] = input_schema;
    tool
}
