//! The HTTP front: connections that stay open, each with one call after the other, in direct mode.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Outcome;
use crate::subject::Subject;

/// Each call a session of its own, so that none waits for another's.
pub(crate) const CONNECTIONS: usize = 8;
const WARM_UP: usize = 20;
const START: Duration = Duration::from_secs(10);

/// Calls in a second over all connections.
pub(crate) fn rate(subject: &Subject, message: &str, calls: usize) -> Outcome<Option<f64>> {
    let port = free_port()?;
    let Some((command, key)) = subject.http(port)? else { return Ok(None) };
    let server = Running::start(command, port)?;
    let clients =
        (0..CONNECTIONS).map(|number| Client::open(port, key, &subject.direct_name(number), message));
    let mut clients = clients.collect::<Outcome<Vec<_>>>()?;
    for client in &mut clients {
        client.calls(WARM_UP)?;
    }
    let started = Instant::now();
    let workers: Vec<_> =
        clients.into_iter().map(|mut client| thread::spawn(move || client.calls(calls))).collect();
    for worker in workers {
        worker.join().map_err(|_| "a client panicked".to_owned())??;
    }
    let elapsed = started.elapsed().as_secs_f64();
    drop(server);
    let answered = u32::try_from(CONNECTIONS * calls).map_or(f64::MAX, f64::from);
    Ok(Some(answered / elapsed))
}

struct Running(Child);

impl Running {
    fn start(mut command: Command, port: u16) -> Outcome<Self> {
        let running = Self(command.spawn().map_err(|error| error.to_string())?);
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if started.elapsed() > START {
                return Err("it does not listen".to_owned());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One session on one connection, and its call as it goes over the wire.
struct Client {
    stream: BufReader<TcpStream>,
    call: Vec<u8>,
    message: String,
    body: Vec<u8>,
}

impl Client {
    fn open(port: u16, key: &str, tool: &str, message: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let mut client = Self {
            stream: BufReader::new(stream),
            call: Vec::new(),
            message: message.to_owned(),
            body: Vec::new(),
        };
        let hello = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"},
        }});
        let head = format!("Authorization: Bearer {key}\r\n");
        let session = client.exchange(&post(port, &head, &hello))?.ok_or("no session")?;
        let params = json!({"name": tool, "arguments": {"message": message}});
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        client.call = post(port, &format!("{head}Mcp-Session-Id: {session}\r\n"), &call);
        Ok(client)
    }

    fn calls(&mut self, calls: usize) -> Outcome<()> {
        for _ in 0..calls {
            let call = std::mem::take(&mut self.call);
            self.exchange(&call)?;
            self.call = call;
            let answer: Value = serde_json::from_slice(&self.body).map_err(|error| error.to_string())?;
            if answer["result"]["content"][0]["text"] != self.message.as_str() {
                return Err(format!("a wrong answer over HTTP: {answer}"));
            }
        }
        Ok(())
    }

    /// Leaves the body of the answer behind, and gives the session that its head names.
    fn exchange(&mut self, request: &[u8]) -> Outcome<Option<String>> {
        let broken = |error: std::io::Error| error.to_string();
        self.stream.get_mut().write_all(request).map_err(broken)?;
        let (mut length, mut session, mut line) = (0, None, String::new());
        loop {
            line.clear();
            self.stream.read_line(&mut line).map_err(broken)?;
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(": ") {
                if name.eq_ignore_ascii_case("content-length") {
                    length = value.parse().map_err(|_| "no length".to_owned())?;
                } else if name.eq_ignore_ascii_case("mcp-session-id") {
                    session = Some(value.to_owned());
                }
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body).map_err(broken)?;
        Ok(session)
    }
}

fn post(port: u16, head: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    format!(
        "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{head}Accept: application/json, text/event-stream\r\n\
        Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn free_port() -> Outcome<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    Ok(listener.local_addr().map_err(|error| error.to_string())?.port())
}
