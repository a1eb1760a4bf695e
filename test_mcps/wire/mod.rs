//! The part every test server shares: newline-delimited JSON-RPC on stdin and stdout, by hand.
//!
//! Written without an SDK on purpose, so that a test of the gateway does not compare a library with itself,
//! and so that a server can send what an SDK would refuse to. `serve` owns the reading side and returns at
//! the end of stdin; anything may write, from any thread, because every message is one locked write.

use std::io::{self, BufRead, BufReader, Write};

use serde_json::{Value, json};

const KNOWN_VERSIONS: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

/// What becomes of one request.
pub(crate) enum Answer {
    Result(Value),
    /// The whole JSON-RPC error object.
    Error(Value),
    /// Nothing is sent now: the server answers by itself later, or never.
    Nothing,
}

pub(crate) trait Server {
    /// The result of `initialize`; the protocol version is added to it.
    fn introduce(&mut self) -> Value;

    fn list(&mut self, params: &Value) -> Answer;

    fn call(&mut self, id: &Value, call: Call) -> Answer;

    fn notified(&mut self, _method: &str, _params: &Value) {}

    /// Any other request.
    fn asked(&mut self, method: &str, _params: &Value) -> Answer {
        refusal(-32601, &format!("Method not found: {method}"))
    }

    /// The client's answer to a request of this server.
    fn answered(&mut self, _message: &Value) {}
}

/// The parameters of a `tools/call`, owned, so that a large argument is moved and not copied.
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) params: Value,
}

impl Call {
    fn parse(params: Value) -> Self {
        let name = params["name"].as_str().unwrap_or_default().to_owned();
        Self { name, params }
    }

    /// Null when absent.
    pub(crate) fn arg(&self, key: &str) -> &Value {
        &self.params["arguments"][key]
    }

    /// Takes a string argument out; absent or of another type is empty.
    pub(crate) fn take_text(&mut self, key: &str) -> String {
        let argument = self.params.get_mut("arguments").and_then(|arguments| arguments.get_mut(key));
        match argument.map(Value::take) {
            Some(Value::String(text)) => text,
            _ => String::new(),
        }
    }

    pub(crate) fn unknown(&self) -> Answer {
        refusal(-32602, &format!("Unknown tool: {}", self.name))
    }
}

/// Reads requests until stdin ends.
pub(crate) fn serve(server: &mut impl Server) -> io::Result<()> {
    let mut input = BufReader::with_capacity(1 << 16, io::stdin().lock());
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        match serde_json::from_slice::<Value>(&line) {
            Ok(message) => dispatch(server, message)?,
            Err(_) if line.trim_ascii().is_empty() => {}
            Err(_) => reply(&Value::Null, refusal(-32700, "Parse error"))?,
        }
        line.clear();
    }
    Ok(())
}

fn dispatch(server: &mut impl Server, mut message: Value) -> io::Result<()> {
    let Some(method) = message["method"].as_str().map(str::to_owned) else {
        server.answered(&message);
        return Ok(());
    };
    let params = message["params"].take();
    let id = message["id"].take();
    let answer = match method.as_str() {
        _ if id.is_null() => {
            server.notified(&method, &params);
            Answer::Nothing
        }
        "initialize" => Answer::Result(initialized(server.introduce(), &params)),
        "ping" => Answer::Result(json!({})),
        "tools/list" => server.list(&params),
        "tools/call" => server.call(&id, Call::parse(params)),
        _ => server.asked(&method, &params),
    };
    reply(&id, answer)
}

fn initialized(mut result: Value, params: &Value) -> Value {
    let asked = params["protocolVersion"].as_str().unwrap_or_default();
    let newest = KNOWN_VERSIONS[KNOWN_VERSIONS.len() - 1];
    let spoken = KNOWN_VERSIONS.into_iter().find(|version| *version == asked).unwrap_or(newest);
    result["protocolVersion"] = json!(spoken);
    result
}

pub(crate) fn reply(id: &Value, answer: Answer) -> io::Result<()> {
    let (key, body) = match answer {
        Answer::Result(result) => ("result", result),
        Answer::Error(error) => ("error", error),
        Answer::Nothing => return Ok(()),
    };
    let mut message = json!({"jsonrpc": "2.0", "id": id});
    message[key] = body;
    write_line(serde_json::to_vec(&message)?)
}

/// One line, one write: threads cannot cut into each other's messages.
pub(crate) fn write_line(mut line: Vec<u8>) -> io::Result<()> {
    line.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&line)?;
    out.flush()
}

pub(crate) fn refusal(code: i32, message: &str) -> Answer {
    Answer::Error(json!({"code": code, "message": message}))
}

/// A tool result of one text block.
pub(crate) fn text(text: String) -> Answer {
    let mut block = json!({"type": "text"});
    // `json!` would copy the text, which can be tens of megabytes.
    block["text"] = Value::String(text);
    let mut result = json!({"content": [], "isError": false});
    result["content"] = Value::Array(vec![block]);
    Answer::Result(result)
}
