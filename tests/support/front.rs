//! The gateway over HTTP, spoken to byte by byte.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::Child;

use super::{Config, Gateway, KEY, eventually};

const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Front {
    pub(crate) gateway: Gateway,
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
}

/// A request under construction.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// One connection, kept alive.
pub(crate) struct Wire {
    stream: BufReader<TcpStream>,
    /// Of an answer in pieces: what came of them.
    pieces: Vec<u8>,
}

/// One event of a stream.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) id: Option<String>,
    pub(crate) data: Value,
}

impl Front {
    pub(crate) fn start(config: &Config) -> Self {
        Self::open(Gateway::prepare(&config.text()).env("ENKRYPT_GATEWAY_KEY", None), &[])
    }

    /// Starts the gateway on a free port, with more arguments.
    pub(crate) fn open(gateway: Gateway, arguments: &[&str]) -> Self {
        let mut command = gateway.command();
        command.args(["serve", "--transport", "http", "--port", "0"]).args(arguments);
        let child = command.spawn().expect("the gateway starts");
        let url = || gateway.log().split("://").nth(1).map(str::to_owned);
        eventually("it listens", || url().is_some_and(|url| url.contains("/mcp")));
        let url = url().expect("a URL");
        let port = url.split("/mcp").next().and_then(|place| place.rsplit(':').next()).expect("a port");
        let address = SocketAddr::from(([127, 0, 0, 1], port.parse().expect("a number")));
        Self { gateway, child, address }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("running")
    }

    pub(crate) async fn wire(&self) -> Wire {
        Wire::to(self.address).await
    }

    /// One request over a connection of its own.
    pub(crate) async fn send(&self, ask: &Ask) -> Told {
        let mut wire = self.wire().await;
        wire.write(ask).await;
        wire.answer().await
    }

    /// Opens a session of this key.
    pub(crate) async fn session(&self, key: &str) -> String {
        let told = self.send(&Ask::initialize().key(key)).await;
        assert_eq!(told.status, 200, "{told:?}");
        told.header("mcp-session-id").expect("a session").to_owned()
    }
}

impl Ask {
    pub(crate) fn new(method: &'static str, path: &str) -> Self {
        Self { method, path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    /// A message, with the headers that every client sends.
    pub(crate) fn post(message: &Value) -> Self {
        Self::new("POST", "/mcp")
            .header("Content-Type", "application/json")
            .header("Accept", "application/json, text/event-stream")
            .body(message.to_string().as_bytes())
    }

    pub(crate) fn request(id: u64, method: &str, params: &Value) -> Self {
        Self::post(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
    }

    pub(crate) fn initialize() -> Self {
        let client = json!({"name": "t", "version": "1"});
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
        Self::request(0, "initialize", &params)
    }

    /// A request of the revision without sessions, with its headers.
    pub(crate) fn modern(id: u64, method: &str, mut params: Value) -> Self {
        params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
        Self::modern_of(id, method, params)
    }

    /// As `modern`, of a client that says itself what it can do.
    pub(crate) fn modern_of(id: u64, method: &str, mut params: Value) -> Self {
        params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
        let ask = Self::request(id, method, &params)
            .header("MCP-Protocol-Version", "2026-07-28")
            .header("Mcp-Method", method);
        match params["name"].as_str().or(params["uri"].as_str()) {
            Some(name) => ask.header("Mcp-Name", name),
            None => ask,
        }
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("Authorization", &format!("Bearer {key}"))
    }

    /// With the key of every test configuration.
    pub(crate) fn known(self) -> Self {
        self.key(KEY)
    }

    pub(crate) fn session(self, id: &str) -> Self {
        self.header("Mcp-Session-Id", id)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    pub(crate) fn set(self, name: &str, value: &str) -> Self {
        self.without(name).header(name, value)
    }

    pub(crate) fn path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    /// As it stands on the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let has = |wanted: &str| self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
        let mut lines = vec![format!("{} {} HTTP/1.1", self.method, self.path)];
        if !has("host") {
            lines.push("Host: localhost".to_owned());
        }
        if !has("content-length") {
            lines.push(format!("Content-Length: {}", self.body.len()));
        }
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        let head = lines.join("\r\n") + "\r\n";
        [head.as_bytes(), b"\r\n", &self.body].concat()
    }
}

impl Told {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&self.body)))
    }
}

impl Wire {
    pub(crate) async fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        Self { stream: BufReader::with_capacity(1 << 10, stream), pieces: Vec::new() }
    }

    pub(crate) async fn write(&mut self, ask: &Ask) {
        // Who is refused early may not be able to write all.
        let _ = self.write_bytes(&ask.bytes()).await;
    }

    pub(crate) async fn write_bytes(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        tokio::time::timeout(PATIENCE, self.stream.write_all(bytes)).await.expect("written in time")
    }

    /// The whole answer.
    pub(crate) async fn answer(&mut self) -> Told {
        let mut told = self.head().await;
        self.body(&mut told).await;
        told
    }

    /// What comes after the head of an answer.
    pub(crate) async fn body(&mut self, told: &mut Told) {
        if let Some(length) = told.header("content-length") {
            told.body.resize(length.parse().expect("a length"), 0);
            let read = self.stream.read_exact(&mut told.body);
            tokio::time::timeout(PATIENCE, read).await.expect("in time").expect("the body");
        } else if told.header("transfer-encoding").is_some() {
            while let Some(piece) = self.piece().await {
                told.body.extend(piece);
            }
        }
    }

    /// The answer without its body.
    pub(crate) async fn head(&mut self) -> Told {
        let first = self.line().await;
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no answer: {first:?}"));
        let mut headers = Vec::new();
        loop {
            let line = self.line().await;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
        Told { status, headers, body: Vec::new() }
    }

    /// The next event of a stream, comments passed over. `None`: the stream has ended.
    pub(crate) async fn event(&mut self) -> Option<Event> {
        loop {
            while let Some(end) = self.pieces.windows(2).position(|pair| pair == b"\n\n") {
                let event: Vec<u8> = self.pieces.drain(..end + 2).collect();
                let event = String::from_utf8(event).expect("text");
                let field =
                    |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                if let Some(data) = field("data:") {
                    let data = serde_json::from_str(data).expect("JSON");
                    return Some(Event { id: field("id:").map(str::to_owned), data });
                }
            }
            let piece = self.piece().await?;
            self.pieces.extend(piece);
        }
    }

    /// The rest, up to the end of the connection.
    pub(crate) async fn end(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let read = self.stream.read_to_end(&mut rest);
        let _ = tokio::time::timeout(PATIENCE, read).await.expect("it ends in time");
        rest
    }

    async fn piece(&mut self) -> Option<Vec<u8>> {
        let line = self.line().await;
        let length = usize::from_str_radix(line.trim_end(), 16).ok()?;
        let mut piece = vec![0; length + 2];
        self.stream.read_exact(&mut piece).await.ok()?;
        piece.truncate(length);
        (length > 0).then_some(piece)
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line);
        let _ = tokio::time::timeout(PATIENCE, read).await.expect("an answer in time");
        line
    }
}
