//! The demo server of the example configuration: two harmless tools, no state, no options.
//!
//! Try it by hand: `echo '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' | echo_mcp`.

mod wire;

use serde_json::{Value, json};
use wire::{Answer, Call, Server, serve, text};

struct Echo;

impl Server for Echo {
    fn introduce(&mut self) -> Value {
        json!({
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "echo", "title": "Echo", "version": env!("CARGO_PKG_VERSION")},
        })
    }

    fn list(&mut self, _params: &Value) -> Answer {
        let echo = tool("echo", "Echo", "Repeats a message back to you.", "message", "What to repeat.");
        let reverse = tool("reverse", "Reverse", "Spells a text backwards.", "text", "What to reverse.");
        Answer::Result(json!({"tools": [echo, reverse]}))
    }

    fn call(&mut self, _id: &Value, mut call: Call) -> Answer {
        let (argument, spell): (_, fn(String) -> String) = match call.name.as_str() {
            "echo" => ("message", |message| message),
            "reverse" => ("text", |text| text.chars().rev().collect()),
            _ => return call.unknown(),
        };
        if !call.arg(argument).is_string() {
            return missing(argument);
        }
        text(spell(call.take_text(argument)))
    }
}

/// An error the model can read and repair, which is what the protocol wants for bad arguments.
fn missing(argument: &str) -> Answer {
    let complaint = format!("`{argument}` is required and must be a string");
    Answer::Result(json!({"content": [{"type": "text", "text": complaint}], "isError": true}))
}

fn tool(name: &str, title: &str, description: &str, argument: &str, meaning: &str) -> Value {
    json!({
        "name": name,
        "title": title,
        "description": description,
        "inputSchema": {
            "type": "object",
            "properties": {argument: {"type": "string", "description": meaning}},
            "required": [argument],
        },
        "annotations": {
            "title": title,
            "readOnlyHint": true,
            "destructiveHint": false,
            "idempotentHint": true,
            "openWorldHint": false,
        },
    })
}

fn main() -> std::io::Result<()> {
    serve(&mut Echo)
}
