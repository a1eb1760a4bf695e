//! One MCP session with the gateway over its standard streams, blocking, with a deadline for every answer.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cli::Failure;
use crate::cli::clients::Entry;
use crate::config::environment::Environment;

const DEADLINE: Duration = Duration::from_secs(20);

/// How long the gateway may take to end after its input has.
const CLOSING: Duration = Duration::from_secs(5);

const PROTOCOL: &str = "2025-06-18";
const LONGEST_LINE: u64 = 16 << 20;
const LINES_IN_FLIGHT: usize = 64;

pub(super) struct Session {
    child: Child,
    input: Option<ChildStdin>,
    answers: Receiver<String>,
    complaints: Receiver<String>,
    last_id: u64,
}

impl Session {
    /// Starts the gateway with nothing but what the client's entry says and what every process needs.
    pub(super) fn open(entry: &Entry, environment: &Environment) -> Result<Self, Failure> {
        let mut command = Command::new(&entry.command);
        command.args(&entry.args).env_clear().envs(environment.child_base());
        command.envs(entry.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A client starts its servers in a folder that is not the user's.
        if let Some(home) = environment.home().filter(|home| home.is_dir()) {
            command.current_dir(home);
        }
        let mut child =
            command.spawn().map_err(|error| Failure::new(format!("the gateway does not start: {error}")))?;
        let input = child.stdin.take();
        let answers = lines(child.stdout.take(), |sender, line| sender.send(line).is_ok());
        // Nobody may be reading: then a complaint is dropped, so that the gateway never waits.
        let complaints = lines(child.stderr.take(), |sender, line| {
            !matches!(sender.try_send(line), Err(TrySendError::Disconnected(_)))
        });
        Ok(Self { child, input, answers, complaints, last_id: 0 })
    }

    /// The name and version that the gateway gives itself.
    pub(super) fn initialize(&mut self) -> Result<String, Failure> {
        let client = json!({"name": "secure-mcp-gateway setup", "version": env!("CARGO_PKG_VERSION")});
        let parameters = json!({"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": client});
        let result = self.request("initialize", &parameters)?;
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        let text = |key: &str| result["serverInfo"][key].as_str().unwrap_or("?").to_owned();
        Ok(format!("{} {}", text("name"), text("version")))
    }

    pub(super) fn tools(&mut self) -> Result<Vec<String>, Failure> {
        let result = self.request("tools/list", &json!({}))?;
        let tools = result["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(tools.iter().filter_map(|tool| Some(tool["name"].as_str()?.to_owned())).collect())
    }

    /// The object in the first text block of a tool's answer.
    pub(super) fn call(&mut self, tool: &str, arguments: &Value) -> Result<Value, Failure> {
        let result = self.request("tools/call", &json!({"name": tool, "arguments": arguments}))?;
        let text = result["content"][0]["text"].as_str().unwrap_or_default();
        serde_json::from_str(text)
            .map_err(|_| Failure::new(format!("the proof failed: `{tool}` gives no JSON object")))
    }

    /// Ends the gateway; gives its last complaint, if it had one.
    pub(super) fn close(mut self) -> Option<String> {
        drop(self.input.take());
        let end = Instant::now() + CLOSING;
        while self.answers.recv_timeout(end.saturating_duration_since(Instant::now())).is_ok() {}
        let mut last = None;
        while let Ok(line) = self.complaints.recv_timeout(end.saturating_duration_since(Instant::now())) {
            last = Some(line).filter(|line| !line.trim().is_empty()).or(last);
        }
        last
    }

    fn request(&mut self, method: &str, parameters: &Value) -> Result<Value, Failure> {
        self.last_id += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": parameters}));
        let end = Instant::now() + DEADLINE;
        loop {
            let line = self.answers.recv_timeout(end.saturating_duration_since(Instant::now())).map_err(
                |error| {
                    Failure::new(match error {
                        RecvTimeoutError::Timeout => {
                            format!("the gateway does not answer `{method}` within {} s", DEADLINE.as_secs())
                        }
                        RecvTimeoutError::Disconnected => {
                            format!("the gateway ended before it answered `{method}`")
                        }
                    })
                },
            )?;
            let mut message: Value = serde_json::from_str(&line)
                .map_err(|_| Failure::new("the gateway writes something other than JSON to its client"))?;
            if message["id"] != self.last_id {
                continue;
            }
            if let Some(reason) = message["error"]["message"].as_str() {
                return Err(Failure::new(format!(
                    "the gateway refuses `{method}`: {}",
                    super::plain(reason)
                )));
            }
            return Ok(message["result"].take());
        }
    }

    /// A gateway that has ended is noticed where its answer is missed.
    fn send(&mut self, message: &Value) {
        if let Some(input) = &mut self.input {
            let _ = writeln!(input, "{message}");
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a stream, from a thread of its own, for as long as `pass` takes them.
fn lines<R: Read + Send + 'static>(
    stream: Option<R>,
    pass: impl Fn(&SyncSender<String>, String) -> bool + Send + 'static,
) -> Receiver<String> {
    let (sender, receiver) = sync_channel(LINES_IN_FLIGHT);
    let Some(stream) = stream else { return receiver };
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        loop {
            let mut line = Vec::new();
            match reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            if !pass(&sender, String::from_utf8_lossy(&line).into_owned()) {
                return;
            }
        }
    });
    receiver
}
