//! The gateway without a client library, for tests about bytes, ends and signals.

use std::process::ExitStatus;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};

use super::Gateway;

pub(crate) struct Raw {
    pub(crate) gateway: Gateway,
    pub(crate) child: Child,
    stdin: Option<ChildStdin>,
    stdout: Lines<BufReader<ChildStdout>>,
}

impl Raw {
    pub(crate) fn start(gateway: Gateway) -> Self {
        let mut child = gateway.command().spawn().expect("the gateway starts");
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("stdout")).lines();
        Self { gateway, child, stdin, stdout }
    }

    /// Starts the gateway and shakes hands with it.
    pub(crate) async fn initialized(gateway: Gateway) -> Self {
        let mut raw = Self::start(gateway);
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
        raw.send(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})).await;
        assert_eq!(raw.receive().await["id"], 0);
        raw.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        raw
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        self.send_line(&message.to_string()).await;
    }

    /// A `tools/call` of a batch on one server.
    pub(crate) async fn send_batch(&mut self, id: u64, server: &str, calls: Value) {
        let arguments = json!({"server_name": server, "tool_calls": calls});
        let params = json!({"name": super::SECURE_CALL, "arguments": arguments});
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})).await;
    }

    pub(crate) async fn send_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("open");
        stdin.write_all(line.as_bytes()).await.expect("written");
        stdin.write_all(b"\n").await.expect("written");
        stdin.flush().await.expect("flushed");
    }

    pub(crate) async fn receive(&mut self) -> Value {
        let line =
            tokio::time::timeout(Duration::from_secs(20), self.stdout.next_line()).await.expect("in time");
        serde_json::from_str(&line.expect("a line").expect("not the end")).expect("JSON")
    }

    /// The next line, or `None` when the gateway says nothing for that long.
    pub(crate) async fn receive_within(&mut self, wait: Duration) -> Option<Value> {
        let line = tokio::time::timeout(wait, self.stdout.next_line()).await.ok()?.expect("a line")?;
        Some(serde_json::from_str(&line).expect("JSON"))
    }

    /// Closes the gateway's input, as a client does that is done.
    pub(crate) fn close(&mut self) {
        self.stdin = None;
    }

    /// Waits for the gateway's end: how it ended, and how long that took.
    pub(crate) async fn ended(&mut self) -> (ExitStatus, Duration) {
        let started = std::time::Instant::now();
        let status =
            tokio::time::timeout(Duration::from_secs(20), self.child.wait()).await.expect("an end in time");
        (status.expect("a status"), started.elapsed())
    }
}
