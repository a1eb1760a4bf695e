//! A client that believes everything, and remembers all it was told.

use serde_json::{Value, json};

use super::Transport;
use crate::support::{Ask, Config, Front, Gateway, KEY, Raw};

pub(super) struct Client {
    line: Line,
    asked: u64,
    /// Every message, as it came.
    heard: String,
}

enum Line {
    Stdio(Box<Raw>),
    /// In a session.
    Http(Front, String),
    /// Without one: each request for itself.
    Modern(Front),
}

/// What is left when the gateway has ended.
pub(super) struct Left {
    pub(super) heard: String,
    pub(super) log: String,
}

impl Client {
    pub(super) async fn start(config: &Config, transport: Transport) -> Self {
        let gateway = Gateway::prepare(&config.text()).env("ENKRYPT_LOG_LEVEL", Some("TRACE"));
        let line = match transport {
            Transport::Stdio => Line::Stdio(Box::new(Raw::start(gateway))),
            Transport::Http | Transport::Modern => {
                let front = Front::open(gateway.env("ENKRYPT_GATEWAY_KEY", None), &[]);
                if transport == Transport::Http {
                    Line::Http(front, String::new())
                } else {
                    Line::Modern(front)
                }
            }
        };
        let mut client = Self { line, asked: 0, heard: String::new() };
        client.open().await;
        client
    }

    /// The answer to a request. Whatever is asked meanwhile is answered, as a client does that trusts everybody.
    pub(super) async fn ask(&mut self, method: &str, params: Value) -> Value {
        let mut answer = self.ask_once(method, params.clone()).await;
        while answer["result"]["resultType"] == "input_required" {
            let mut params = params.clone();
            params["requestState"] = answer["result"]["requestState"].clone();
            let asked = answer["result"]["inputRequests"].as_object().expect("questions");
            params["inputResponses"] =
                asked.iter().map(|(key, request)| (key.clone(), response(request))).collect();
            answer = self.ask_once(method, params).await;
        }
        answer
    }

    async fn ask_once(&mut self, method: &str, mut params: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        params["_meta"]["progressToken"] = json!(id);
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let (ask, front) = match &mut self.line {
            Line::Stdio(raw) => {
                raw.send(&request).await;
                loop {
                    let message = raw.receive().await;
                    remember(&mut self.heard, &message);
                    match reply(&message) {
                        Some(reply) => raw.send(&reply).await,
                        None if message["id"] == id => return message,
                        None => {}
                    }
                }
            }
            Line::Http(front, session) => (Ask::post(&request).session(session), front),
            Line::Modern(front) => {
                params["_meta"]["io.modelcontextprotocol/logLevel"] = json!("debug");
                params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capable();
                (Ask::modern_of(id, method, params), front)
            }
        };
        let mut wire = front.wire().await;
        wire.write(&ask.key(KEY)).await;
        let mut told = wire.head().await;
        if told.header("content-type") != Some("text/event-stream") {
            wire.body(&mut told).await;
            let answer = told.json();
            remember(&mut self.heard, &answer);
            return answer;
        }
        let mut answer = Value::Null;
        while let Some(event) = wire.event().await {
            remember(&mut self.heard, &event.data);
            if let (Some(reply), Line::Http(front, session)) = (reply(&event.data), &self.line) {
                front.send(&Ask::post(&reply).session(session).key(KEY)).await;
            }
            if event.data["id"] == id && event.data["method"].is_null() {
                answer = event.data;
            }
        }
        answer
    }

    /// Ends the gateway, so that its log is whole.
    pub(super) async fn end(self) -> Left {
        let (gateway, status) = match self.line {
            Line::Stdio(mut raw) => {
                raw.close();
                let (status, _) = raw.ended().await;
                (raw.gateway, status)
            }
            Line::Http(mut front, _) | Line::Modern(mut front) => {
                let pid = front.pid().to_string();
                let signalled = std::process::Command::new("kill").args(["-TERM", &pid]).status();
                assert!(signalled.expect("kill runs").success());
                let end = tokio::time::timeout(std::time::Duration::from_secs(20), front.child.wait()).await;
                (front.gateway, end.expect("it ends in time").expect("a status"))
            }
        };
        assert!(status.success(), "{status}");
        Left { heard: self.heard, log: gateway.log() }
    }

    async fn open(&mut self) {
        let params = json!({
            "protocolVersion": "2025-11-25", "clientInfo": {"name": "t", "version": "1"},
            "capabilities": capable(),
        });
        let request = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params});
        match &mut self.line {
            Line::Stdio(raw) => {
                raw.send(&request).await;
                let message = raw.receive().await;
                remember(&mut self.heard, &message);
                raw.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
            }
            Line::Http(front, session) => {
                let told = front.send(&Ask::post(&request).key(KEY)).await;
                told.header("mcp-session-id").expect("a session").clone_into(session);
                remember(&mut self.heard, &told.json());
            }
            Line::Modern(_) => {}
        }
    }
}

fn remember(heard: &mut String, message: &Value) {
    heard.push_str(&message.to_string());
    heard.push('\n');
}

fn capable() -> Value {
    json!({"elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {}})
}

/// What such a client answers to a question.
fn response(question: &Value) -> Value {
    match question["method"].as_str() {
        Some("elicitation/create") => json!({"action": "accept", "content": {"name": "ada"}}),
        Some("sampling/createMessage") => {
            json!({"role": "assistant", "content": {"type": "text", "text": "hello"}, "model": "m"})
        }
        _ => json!({}),
    }
}

fn reply(message: &Value) -> Option<Value> {
    let id = message.get("id").filter(|_| message["method"].is_string())?;
    Some(json!({"jsonrpc": "2.0", "id": id, "result": response(message)}))
}
