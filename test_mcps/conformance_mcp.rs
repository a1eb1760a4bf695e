//! The fixtures of the official conformance suite: every tool, prompt and resource its scenarios name.
//!
//! Both eras on one pipe. A request whose `_meta` names a protocol version is answered as 2026-07-28 wants it,
//! any other belongs to the session that `initialize` opened. A tool that needs the client is written once:
//! in the new era it answers `input_required`, in the old one its questions become requests of the server.

#[path = "conformance/asking.rs"]
mod asking;
#[path = "conformance/client.rs"]
mod client;
#[path = "conformance/content.rs"]
mod content;
#[path = "conformance/prompts.rs"]
mod prompts;
#[path = "conformance/questions.rs"]
mod questions;
#[path = "conformance/request.rs"]
mod request;
#[path = "conformance/resources.rs"]
mod resources;
#[path = "conformance/tools.rs"]
mod tools;

use std::io::{self, BufRead, BufReader};
use std::process;
use std::sync::Arc;
use std::thread;

use serde_json::{Value, json};

use client::{Client, send};
use request::{Answer, Era, Request, refusal};

const MODERN: &str = "2026-07-28";
const LEGACY: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/// The lists change on demand and a resource may be anybody's: nothing here is fresh for long.
const CACHEABLE: [(&str, &str); 6] = [
    ("server/discover", "public"),
    ("tools/list", "public"),
    ("prompts/list", "public"),
    ("resources/list", "public"),
    ("resources/templates/list", "public"),
    ("resources/read", "private"),
];

fn main() -> io::Result<()> {
    let client = Arc::new(Client::default());
    for line in BufReader::new(io::stdin().lock()).lines() {
        match serde_json::from_str::<Value>(&line?) {
            Ok(message) => receive(&client, &message),
            Err(_) => send(&json!({
                "jsonrpc": "2.0", "id": null, "error": refusal(-32700, "Parse error"),
            })),
        }
    }
    // Calls may still wait for answers that cannot come any more.
    process::exit(0);
}

fn receive(client: &Arc<Client>, message: &Value) {
    match (message["method"].as_str(), message.get("id")) {
        (Some(_), Some(id)) => match Request::read(message, client.capabilities()) {
            Ok(request) => serve(client, request),
            Err(error) => send(&json!({"jsonrpc": "2.0", "id": id, "error": error})),
        },
        (Some(method), None) => client.notified(method, &message["params"]),
        (None, _) => client.answered(message),
    }
}

/// Calls run beside each other, for they may wait; all else is answered in the order of its arrival.
fn serve(client: &Arc<Client>, request: Request) {
    if !matches!(request.method.as_str(), "tools/call" | "prompts/get") {
        answer(client, &request);
        return;
    }
    client.begin(&request);
    let client = Arc::clone(client);
    thread::spawn(move || answer(&client, &request));
}

fn answer(client: &Client, request: &Request) {
    let answer = match request.era {
        Era::Legacy => Some(legacy(client, request)),
        Era::Modern => modern(client, request),
    };
    let cancelled = client.end(request);
    let Some(answer) = answer.filter(|_| !cancelled) else {
        return;
    };
    let mut message = json!({"jsonrpc": "2.0", "id": request.id});
    match answer {
        Ok(result) => message["result"] = finished(request, result),
        Err(error) => message["error"] = error,
    }
    send(&message);
}

fn legacy(client: &Client, request: &Request) -> Answer {
    let params = &request.params;
    match request.method.as_str() {
        "initialize" => {
            client.initialize(params["capabilities"].clone());
            Ok(introduction(params["protocolVersion"].as_str().unwrap_or_default()))
        }
        "ping" => Ok(json!({})),
        "logging/setLevel" => client.set_log_level(params["level"].as_str().unwrap_or_default()),
        "resources/subscribe" | "resources/unsubscribe" => {
            client.watch(params["uri"].as_str().unwrap_or_default(), request.method == "resources/subscribe");
            Ok(json!({}))
        }
        _ => common(client, request),
    }
}

/// `None`: the answer comes later, or never.
fn modern(client: &Client, request: &Request) -> Option<Answer> {
    match request.method.as_str() {
        "server/discover" => {
            let versions: Vec<_> = [MODERN].into_iter().chain(LEGACY).collect();
            Some(Ok(json!({"supportedVersions": versions, "capabilities": capabilities()})))
        }
        "subscriptions/listen" => {
            client.listen(request);
            None
        }
        _ => Some(common(client, request)),
    }
}

/// What both eras have.
fn common(client: &Client, request: &Request) -> Answer {
    match request.method.as_str() {
        "tools/list" => Ok(json!({"tools": tools::list(client.has_extra_tool())})),
        "tools/call" => tools::call(client, request),
        "prompts/list" => Ok(json!({"prompts": prompts::list(client.has_extra_prompt())})),
        "prompts/get" => prompts::get(client, request),
        "resources/list" => Ok(json!({"resources": resources::list()})),
        "resources/templates/list" => Ok(json!({"resourceTemplates": resources::templates()})),
        "resources/read" => resources::read(request),
        "completion/complete" => Ok(prompts::complete(request)),
        method => Err(refusal(-32601, &format!("Method not found: {method}"))),
    }
}

fn introduction(asked: &str) -> Value {
    let version = LEGACY.into_iter().find(|version| *version == asked).unwrap_or(LEGACY[0]);
    json!({"protocolVersion": version, "capabilities": capabilities(), "serverInfo": server_info()})
}

fn capabilities() -> Value {
    json!({
        "completions": {},
        "logging": {},
        "prompts": {"listChanged": true},
        "resources": {"subscribe": true, "listChanged": true},
        "tools": {"listChanged": true},
    })
}

fn server_info() -> Value {
    json!({"name": "conformance", "title": "Conformance fixtures", "version": env!("CARGO_PKG_VERSION")})
}

/// What every result of the new era carries besides its own fields.
fn finished(request: &Request, mut result: Value) -> Value {
    if request.era == Era::Legacy {
        return result;
    }
    if result["resultType"].is_null() {
        result["resultType"] = json!("complete");
    }
    if let Some((_, scope)) = CACHEABLE.iter().find(|(method, _)| *method == request.method) {
        result["ttlMs"] = json!(0);
        result["cacheScope"] = json!(scope);
    }
    result["_meta"]["io.modelcontextprotocol/serverInfo"] = server_info();
    result
}
