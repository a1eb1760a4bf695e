//! An MCP server over HTTP, both transports, that can be told to misbehave.
//!
//! `/mcp` is streamable HTTP, `/sse` the transport of 2024-11-05. Like `http`, it has threads of its own.

use std::collections::HashMap;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::http::{Request, lock, read};

pub(crate) struct RemoteMcp {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What happens to the messages with a method in place of the answer.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Any status with a body of a content type, and a `location`.
    Reply(u16, &'static str, String, Option<String>),
    /// A stream that ends before its answer, after some progress.
    Broken,
    /// A stream that names an event and a wait, ends, and has the answer when it is taken up again.
    Resumed { retry: u64 },
    /// A result of that many bytes.
    Huge(usize),
    /// Nothing at all.
    Silent,
    /// The head of an answer in JSON, and less of its body than the head promises.
    Stuck(&'static str),
    /// Events, with `$ID` for the id of the request, and after them nothing (`true`) or the end of the stream.
    Events(String, bool),
    /// Events, and then others without end, as fast as they are read.
    Flood(String, String),
}

/// What a server that keeps to the protocol first says on a stream about its tools.
pub(crate) fn acknowledged() -> String {
    listened("subscriptions/acknowledged", &json!({"notifications": {"toolsListChanged": true}}))
}

/// An event on such a stream.
pub(crate) fn listened(notice: &str, params: &Value) -> String {
    let mut params = params.clone();
    params["_meta"] = json!({"io.modelcontextprotocol/subscriptionId": "$ID"});
    let message = json!({"jsonrpc": "2.0", "method": format!("notifications/{notice}"), "params": params});
    // An id is no text.
    format!("data: {message}\n\n").replace("\"$ID\"", "$ID")
}

#[derive(Default)]
struct Shared {
    acts: Mutex<HashMap<&'static str, Act>>,
    /// How long it takes over messages with these methods.
    delays: Mutex<HashMap<&'static str, Duration>>,
    /// Answers as streams.
    events: Mutex<bool>,
    requests: Mutex<Vec<(Instant, Request)>>,
    sessions: Mutex<Vec<String>>,
    started: AtomicUsize,
    left: AtomicUsize,
    /// The event streams of `/sse`, by session.
    streams: Mutex<HashMap<String, TcpStream>>,
    /// Answers to be had by whoever takes a stream up again, by event id.
    kept: Mutex<HashMap<String, Value>>,
    /// Streams that stay open, and the id of their request.
    open: Mutex<Vec<(TcpStream, Value)>>,
    /// The tools, where they are other ones than usual.
    tools: Mutex<Option<Value>>,
}

impl RemoteMcp {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&serving);
                // A client that leaves is the test's business.
                std::thread::spawn(move || while matches!(shared.serve(&stream), Ok(true)) {});
            }
        });
        Self { address, shared }
    }

    /// Answers come as event streams.
    pub(crate) fn with_events(self) -> Self {
        *lock(&self.shared.events) = true;
        self
    }

    pub(crate) fn act(&self, method: &'static str, act: Act) {
        lock(&self.shared.acts).insert(method, act);
    }

    /// It does what it always does, but later.
    pub(crate) fn delay(&self, method: &'static str, by: Duration) {
        lock(&self.shared.delays).insert(method, by);
    }

    pub(crate) fn behave(&self) {
        lock(&self.shared.acts).clear();
    }

    pub(crate) fn set_tools(&self, tools: Value) {
        *lock(&self.shared.tools) = Some(tools);
    }

    /// Streams that stay open, as far as the server knows.
    pub(crate) fn open_streams(&self) -> usize {
        lock(&self.shared.open).len()
    }

    /// Says something on all streams that stay open, with `$ID` for the id of their request.
    pub(crate) fn tell(&self, events: &str) {
        for (stream, id) in &*lock(&self.shared.open) {
            // A client that has left is the test's business.
            let _ = event(stream, &events.replace("$ID", &id.to_string()));
        }
    }

    /// Cuts the streams that stay open.
    pub(crate) fn cut_open(&self) {
        for (stream, _) in lock(&self.shared.open).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// As a server does that was started anew.
    pub(crate) fn forget_sessions(&self) {
        lock(&self.shared.sessions).clear();
    }

    pub(crate) fn open_sessions(&self) -> usize {
        lock(&self.shared.sessions).len()
    }

    /// How many clients gave up on silence.
    pub(crate) fn left(&self) -> usize {
        self.shared.left.load(Ordering::Relaxed)
    }

    /// Cuts the event streams of `/sse`.
    pub(crate) fn cut_streams(&self) {
        for (_, stream) in lock(&self.shared.streams).drain() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        lock(&self.shared.requests).iter().map(|(_, request)| request.clone()).collect()
    }

    /// When the requests with this HTTP method came in.
    pub(crate) fn times(&self, method: &str) -> Vec<Instant> {
        let requests = lock(&self.shared.requests);
        requests.iter().filter(|(_, request)| request.method == method).map(|(at, _)| *at).collect()
    }

    /// When the messages with this method came in.
    pub(crate) fn times_of(&self, method: &str) -> Vec<Instant> {
        let requests = lock(&self.shared.requests);
        let of = requests.iter().filter(|(_, request)| message(request)["method"] == method);
        of.map(|(at, _)| *at).collect()
    }

    /// The messages with this method, as they came in.
    pub(crate) fn messages(&self, method: &str) -> Vec<Request> {
        let mut requests = self.requests();
        requests.retain(|request| message(request)["method"] == method);
        requests
    }
}

impl Shared {
    /// One request; `true` when the connection goes on.
    fn serve(&self, mut stream: &TcpStream) -> io::Result<bool> {
        let request = read(&mut stream)?;
        lock(&self.requests).push((Instant::now(), request.clone()));
        let path = request.path.split('?').next().unwrap_or_default().to_owned();
        match (request.method.as_str(), path.as_str()) {
            ("POST", "/mcp") => self.post(stream, &request),
            ("GET", "/mcp") => self.listen(stream, &request),
            ("DELETE", "/mcp") => {
                let act = lock(&self.acts).get("DELETE").cloned();
                if let Some(act) = act {
                    return self.perform(stream, &act, &Value::Null);
                }
                let session = request.header("mcp-session-id").unwrap_or_default();
                lock(&self.sessions).retain(|known| known != session);
                reply(stream, 200, "text/plain", "", &[])
            }
            ("POST", "/moved") => reply(stream, 307, "text/plain", "", &[("location", "/mcp".to_owned())]),
            ("GET", "/sse") => self.open_stream(stream),
            ("POST", "/messages") => self.post_old(stream, &request),
            _ => reply(stream, 404, "text/plain", "nothing here", &[]),
        }
    }

    fn post(&self, stream: &TcpStream, request: &Request) -> io::Result<bool> {
        let message = message(request);
        let method = message["method"].as_str().unwrap_or_default();
        if message.get("params").is_some_and(Value::is_null) {
            return reply(stream, 400, "text/plain", "params are an object or absent", &[]);
        }
        let act = lock(&self.acts).get(method).cloned();
        if let Some(act) = act {
            return self.perform(stream, &act, &message);
        }
        std::thread::sleep(lock(&self.delays).get(method).copied().unwrap_or_default());
        let session = request.header("mcp-session-id").unwrap_or_default().to_owned();
        if method == "initialize" {
            let session = format!("session-{}", self.started.fetch_add(1, Ordering::Relaxed));
            lock(&self.sessions).push(session.clone());
            return self.answer(stream, &message, &[("mcp-session-id", session)]);
        }
        let modern = request.header("mcp-protocol-version") == Some("2026-07-28");
        if !modern && !lock(&self.sessions).contains(&session) {
            let error = json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32001, "message": "Session not found"}});
            return reply(stream, 404, "application/json", &error.to_string(), &[]);
        }
        if message["id"].is_null() || method.is_empty() {
            return reply(stream, 202, "text/plain", "", &[]);
        }
        self.answer(stream, &message, &[])
    }

    fn answer(&self, mut stream: &TcpStream, asked: &Value, headers: &[(&str, String)]) -> io::Result<bool> {
        let answer = self.answer_to(asked);
        if *lock(&self.events) {
            begin_events(stream, headers)?;
            let progress = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {}});
            event(
                stream,
                &format!(": hello\n\ndata: {progress}\n\nevent: message\nid: 1\ndata: {answer}\n\n"),
            )?;
            stream.write_all(b"0\r\n\r\n")?;
            return Ok(true);
        }
        reply(stream, 200, "application/json; charset=utf-8", &answer.to_string(), headers)
    }

    fn perform(&self, mut stream: &TcpStream, act: &Act, asked: &Value) -> io::Result<bool> {
        match act {
            Act::Reply(status, kind, body, location) => {
                let headers: Vec<_> = location.iter().map(|to| ("location", to.clone())).collect();
                reply(stream, *status, kind, body, &headers)
            }
            Act::Broken => {
                begin_events(stream, &[])?;
                event(stream, "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\n\n")?;
                Ok(false)
            }
            Act::Resumed { retry } => {
                let id = format!("event-{}", asked["id"]);
                lock(&self.kept).insert(id.clone(), self.answer_to(asked));
                begin_events(stream, &[])?;
                event(stream, &format!("id: {id}\nretry: {retry}\ndata:\n\n"))?;
                stream.write_all(b"0\r\n\r\n")?;
                Ok(true)
            }
            Act::Huge(bytes) => {
                let result = json!({"content": [{"type": "text", "text": "x".repeat(*bytes)}]});
                let answer = json!({"jsonrpc": "2.0", "id": asked["id"], "result": result});
                if *lock(&self.events) {
                    begin_events(stream, &[])?;
                    event(stream, &format!("data: {answer}\n\n"))?;
                    return Ok(false);
                }
                reply(stream, 200, "application/json", &answer.to_string(), &[])
            }
            Act::Events(events, stays) => {
                begin_events(stream, &[])?;
                event(stream, &events.replace("$ID", &asked["id"].to_string()))?;
                if *stays {
                    lock(&self.open).push((stream.try_clone()?, asked["id"].clone()));
                    let _ = stream.read(&mut [0]);
                    lock(&self.open).retain(|(_, id)| *id != asked["id"]);
                }
                Ok(false)
            }
            Act::Stuck(begun) => {
                let head =
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n";
                stream.write_all(format!("{head}{begun}").as_bytes())?;
                let _ = stream.read(&mut [0]);
                self.left.fetch_add(1, Ordering::Relaxed);
                Ok(false)
            }
            Act::Flood(first, rest) => {
                begin_events(stream, &[])?;
                let (id, rest) = (asked["id"].to_string(), rest.repeat(1 + 10_000 / rest.len()));
                event(stream, &first.replace("$ID", &id))?;
                let rest = rest.replace("$ID", &id);
                loop {
                    event(stream, &rest)?;
                }
            }
            Act::Silent => {
                let _ = stream.read(&mut [0]);
                self.left.fetch_add(1, Ordering::Relaxed);
                Ok(false)
            }
        }
    }

    fn answer_to(&self, asked: &Value) -> Value {
        let mut answer = answer_to(asked);
        if asked["method"] == "tools/list"
            && let Some(tools) = &*lock(&self.tools)
        {
            answer["result"]["tools"] = tools.clone();
        }
        answer
    }

    /// What is kept for whoever comes back, or nothing but 405.
    fn listen(&self, mut stream: &TcpStream, request: &Request) -> io::Result<bool> {
        let kept = request.header("last-event-id").and_then(|id| lock(&self.kept).remove(id));
        let Some(answer) = kept else { return reply(stream, 405, "text/plain", "", &[]) };
        begin_events(stream, &[])?;
        event(stream, &format!("data: {answer}\n\n"))?;
        stream.write_all(b"0\r\n\r\n")?;
        Ok(true)
    }

    fn open_stream(&self, stream: &TcpStream) -> io::Result<bool> {
        let session = format!("old-{}", self.started.fetch_add(1, Ordering::Relaxed));
        begin_events(stream, &[])?;
        let act = lock(&self.acts).get("endpoint").cloned();
        let foreign = matches!(act, Some(Act::Reply(..)));
        let origin = if foreign { "http://127.0.0.1:1" } else { "" };
        event(stream, &format!("event: endpoint\r\ndata: {origin}/messages?session={session}\r\n\r\n"))?;
        lock(&self.streams).insert(session, stream.try_clone()?);
        // Until the client leaves.
        let mut stream = stream;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let _ = stream.read(&mut [0]);
        Ok(false)
    }

    fn post_old(&self, stream: &TcpStream, request: &Request) -> io::Result<bool> {
        let message = message(request);
        let act = lock(&self.acts).get(message["method"].as_str().unwrap_or_default()).cloned();
        let session = request.path.rsplit('=').next().unwrap_or_default();
        let Some(events) = lock(&self.streams).get(session).map(TcpStream::try_clone).transpose()? else {
            return reply(stream, 404, "text/plain", "", &[]);
        };
        match act {
            Some(Act::Silent) => {}
            Some(Act::Huge(bytes)) => {
                let text = "x".repeat(bytes);
                event(
                    &events,
                    &format!(
                        "data: {{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":\"{text}\"}}\n\n",
                        message["id"]
                    ),
                )?;
            }
            Some(act) => return self.perform(stream, &act, &message),
            None if message["id"].is_null() => {}
            None => event(&events, &format!("event: message\ndata: {}\n\n", self.answer_to(&message)))?,
        }
        reply(stream, 202, "text/plain", "Accepted", &[])
    }
}

fn message(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap_or_default()
}

fn answer_to(asked: &Value) -> Value {
    let params = &asked["params"];
    let text = |text: &str| json!({"content": [{"type": "text", "text": text}], "x-kept": {"whole": 0.1}});
    let result = match (asked["method"].as_str(), params["name"].as_str()) {
        (Some("server/discover"), _) => {
            json!({"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {"listChanged": true}}})
        }
        (Some("initialize"), _) => json!({
            "protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
            "serverInfo": {"name": "remote", "version": "1"},
        }),
        (Some("tools/list"), _) => {
            let schema = json!({"type": "object"});
            let annotated = |name: &str| json!({"type": "object", "properties": {"message": {"type": "string", "x-mcp-header": name}}});
            json!({"tools": [
                {"name": "echo", "description": "Repeats.", "inputSchema": annotated("Message"), "x-vendor": [1]},
                {"name": "sleep", "inputSchema": schema},
                {"name": "no_header", "inputSchema": annotated("no header")},
            ]})
        }
        (_, Some("sleep")) => {
            std::thread::sleep(Duration::from_millis(params["arguments"]["ms"].as_u64().unwrap_or(0)));
            text("slept")
        }
        _ => text(params["arguments"]["message"].as_str().unwrap_or_default()),
    };
    json!({"jsonrpc": "2.0", "id": asked["id"], "result": result})
}

fn reply(
    mut stream: &TcpStream,
    status: u16,
    kind: &str,
    body: &str,
    headers: &[(&str, String)],
) -> io::Result<bool> {
    let mut head =
        format!("HTTP/1.1 {status} Test\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head = format!("{head}{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n{body}").as_bytes())?;
    Ok(true)
}

fn begin_events(mut stream: &TcpStream, headers: &[(&str, String)]) -> io::Result<()> {
    let mut head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n".to_owned();
    for (name, value) in headers {
        head = format!("{head}{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes())
}

fn event(mut stream: &TcpStream, text: &str) -> io::Result<()> {
    // An empty piece would be the last one.
    if text.is_empty() {
        return Ok(());
    }
    stream.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes())
}
