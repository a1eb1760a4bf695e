//! The client of the conformance suite's client scenarios: it uses everything a server has, through the gateway.
//!
//! `conformance_client [--modern] GATEWAY URL` starts GATEWAY over stdio with the server at URL as its only one,
//! in direct mode, lists its tools, prompts and resources, and calls, gets and reads each once. The suite judges
//! what the server at URL saw, and says in the environment which revision it has and which arguments it wants.
//! With `--modern` this client itself speaks 2026-07-28 to the gateway.

// The suite speaks through the environment; the gateway's rule on reading it is not for its test client.
#![allow(clippy::disallowed_methods)]

#[path = "conformance_client/arguments.rs"]
mod arguments;
#[path = "conformance_client/gateway.rs"]
mod gateway;
#[path = "conformance_client/user.rs"]
mod user;

use std::time::Duration;
use std::{env, io};

use serde_json::{Map, Value, json};

use gateway::Gateway;

const MODERN: &str = "2026-07-28";
/// The gateway's first list may be empty, for it does not wait for servers.
const PATIENCE: Duration = Duration::from_secs(8);

fn main() -> io::Result<()> {
    let mut line: Vec<String> = env::args().skip(1).collect();
    let (Some(url), Some(program)) = (line.pop(), line.pop()) else {
        return Err(io::Error::other("usage: conformance_client [--modern] GATEWAY URL"));
    };
    let modern = line.iter().any(|option| option == "--modern");
    let revision = env::var("MCP_CONFORMANCE_PROTOCOL_VERSION").unwrap_or_default();
    let context = env::var("MCP_CONFORMANCE_CONTEXT").unwrap_or_default();
    let wishes = serde_json::from_str(&context).unwrap_or_default();

    let mut gateway = Gateway::start(&program, &url, revision == MODERN)?;
    gateway.open(modern)?;
    use_everything(&mut gateway, &wishes)?;
    gateway.stop()
}

/// Refusals are no end: a scenario may want one of its tools left alone.
fn use_everything(gateway: &mut Gateway, wishes: &Value) -> io::Result<()> {
    let mut tools = list(gateway, "tools")?;
    if tools.is_empty() && gateway.hears("notifications/tools/list_changed", PATIENCE)? {
        tools = list(gateway, "tools")?;
    }
    for tool in &tools {
        let arguments = arguments::for_tool(tool, &tools, wishes);
        gateway.request("tools/call", &json!({"name": tool["name"], "arguments": arguments}))?;
    }
    for prompt in list(gateway, "prompts")? {
        gateway.request("prompts/get", &json!({"name": prompt["name"]}))?;
    }
    for resource in list(gateway, "resources")? {
        gateway.request("resources/read", &json!({"uri": resource["uri"]}))?;
    }
    Ok(())
}

fn list(gateway: &mut Gateway, what: &str) -> io::Result<Vec<Value>> {
    let answer = gateway.request(&format!("{what}/list"), &Value::Object(Map::new()))?;
    Ok(answer[what].as_array().cloned().unwrap_or_default())
}
