//! The gateway as a child: its configuration, and JSON-RPC with it by hand.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::{MODERN, user};

const KEY: &str = "conformance-client-key-for-one-run";
/// Below the suite's own limit of 30 s for a scenario.
const ANSWER: Duration = Duration::from_secs(20);
/// How often one call may come back with questions.
const ROUNDS: usize = 8;

pub(crate) struct Gateway {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    heard: BTreeSet<String>,
    last_id: u64,
    /// Whether this client speaks 2026-07-28.
    modern: bool,
    /// Lives as long as the gateway, which watches it.
    _config: NamedTempFile,
}

impl Gateway {
    /// `modern_server`: it speaks 2026-07-28 only.
    pub(crate) fn start(program: &str, url: &str, modern_server: bool) -> io::Result<Self> {
        let mut config = NamedTempFile::new()?;
        write!(config, "{}", configuration(url, modern_server))?;
        config.flush()?;
        let mut child = Command::new(program)
            .arg("--config")
            .arg(config.path())
            .env("ENKRYPT_GATEWAY_KEY", KEY)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take().ok_or_else(|| io::Error::other("no stdin"))?;
        let output = child.stdout.take().ok_or_else(|| io::Error::other("no stdout"))?;
        let (sender, messages) = mpsc::channel();
        thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            let mut read = lines.map_while(|line| serde_json::from_str(&line).ok());
            // Until the gateway or this client is gone.
            while read.next().is_some_and(|message| sender.send(message).is_ok()) {}
        });
        Ok(Self {
            child,
            input,
            messages,
            heard: BTreeSet::new(),
            last_id: 0,
            modern: false,
            _config: config,
        })
    }

    /// Until here nothing may be asked; hears of changes of the list from here on.
    pub(crate) fn open(&mut self, modern: bool) -> io::Result<()> {
        if modern {
            self.modern = true;
            self.request("server/discover", &json!({}))?;
            let wanted = json!({"notifications": {"toolsListChanged": true}});
            return self.ask("subscriptions/listen", wanted).map(drop);
        }
        let hello = json!({
            "protocolVersion": "2025-11-25", "capabilities": user::capabilities(), "clientInfo": client_info(),
        });
        self.request("initialize", &hello)?;
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
    }

    /// The result, or null where there is an error, which standard error gets to see.
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> io::Result<Value> {
        let mut round = params.clone();
        for _ in 0..ROUNDS {
            let id = self.ask(method, round.clone())?;
            let result = self.answer_to(id, method, params)?;
            if result["resultType"] != "input_required" {
                return Ok(result);
            }
            let questions = result["inputRequests"].as_object().into_iter().flatten();
            let answers = questions.map(|(name, question)| (name.clone(), user::reply(question)));
            round["inputResponses"] = Value::Object(answers.collect());
            match result.get("requestState") {
                Some(state) => round["requestState"] = state.clone(),
                None => drop(round.as_object_mut().and_then(|round| round.remove("requestState"))),
            }
        }
        Err(io::Error::other(format!("{method} does not stop asking")))
    }

    /// Sends a request, and gives its id.
    fn ask(&mut self, method: &str, mut params: Value) -> io::Result<u64> {
        self.last_id += 1;
        if self.modern {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientCapabilities": user::capabilities(),
                "io.modelcontextprotocol/clientInfo": client_info(),
            });
        }
        self.send(&json!({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}))?;
        Ok(self.last_id)
    }

    fn answer_to(&mut self, id: u64, method: &str, params: &Value) -> io::Result<Value> {
        let deadline = Instant::now() + ANSWER;
        while let Some(mut message) = self.next(deadline)? {
            if message["id"] == id && message["method"].is_null() {
                complain(method, params, &message)?;
                return Ok(message["result"].take());
            }
        }
        Err(io::Error::other(format!("no answer to {method}")))
    }

    /// Whether a notification came, or comes within `patience`.
    pub(crate) fn hears(&mut self, method: &str, patience: Duration) -> io::Result<bool> {
        let deadline = Instant::now() + patience;
        while !self.heard.contains(method) {
            if self.next(deadline)?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The next message, if one comes in time; the gateway's own requests are answered on the way.
    fn next(&mut self, deadline: Instant) -> io::Result<Option<Value>> {
        let message = match self.messages.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => return Ok(None),
            Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("the gateway has left")),
        };
        if let Some(method) = message["method"].as_str() {
            if message["id"].is_null() {
                self.heard.insert(method.to_owned());
            } else {
                let reply = user::reply(&message);
                self.send(&json!({"jsonrpc": "2.0", "id": message["id"], "result": reply}))?;
            }
        }
        Ok(Some(message))
    }

    fn send(&mut self, message: &Value) -> io::Result<()> {
        writeln!(self.input, "{message}")?;
        self.input.flush()
    }

    pub(crate) fn stop(self) -> io::Result<()> {
        let Self { mut child, input, .. } = self;
        drop(input);
        child.wait().map(drop)
    }
}

fn client_info() -> Value {
    json!({"name": "conformance-client", "version": env!("CARGO_PKG_VERSION")})
}

fn configuration(url: &str, modern_server: bool) -> Value {
    let protocol = if modern_server { "modern" } else { "legacy" };
    let endpoint = json!({"url": url, "type": "http", "allow_private": true});
    json!({
        "common_mcp_gateway_config": {"tool_exposure": "direct", "direct_prefix": false, "session_mode": "keep"},
        "mcp_configs": {"only": {
            "mcp_config_name": "only",
            "mcp_config": [{"server_name": "suite", "config": endpoint, "protocol": protocol, "relay_roots": true}],
        }},
        "projects": {"project": {"project_name": "conformance", "mcp_config_id": "only", "users": ["user"]}},
        "users": {"user": {"email": "conformance@example.com"}},
        "apikeys": {KEY: {"project_id": "project", "user_id": "user"}},
    })
}

fn complain(method: &str, params: &Value, message: &Value) -> io::Result<()> {
    if message["error"].is_null() && message["result"]["isError"] != true {
        return Ok(());
    }
    writeln!(io::stderr(), "{method} {params}: {message}")
}
