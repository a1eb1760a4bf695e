//! Puts `bad_mcp` behind an address: each session of streamable HTTP is a process of its own.

use std::collections::HashMap;
use std::io::{self, BufRead as _, BufReader, Lines, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::support::http::{Request, lock, read};
use crate::support::server_binary;

pub(super) struct Bridge {
    address: SocketAddr,
}

struct Shared {
    records: PathBuf,
    sessions: Mutex<HashMap<String, Arc<Session>>>,
}

struct Session {
    child: Mutex<Child>,
    stdin: Mutex<ChildStdin>,
    /// Held by the request that waits for its answer: one at a time.
    lines: Mutex<Lines<BufReader<ChildStdout>>>,
}

impl Bridge {
    pub(super) fn start(records: &Path) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared { records: records.to_owned(), sessions: Mutex::default() });
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                // A client that leaves is the test's business.
                std::thread::spawn(move || while shared.serve(&stream).is_ok() {});
            }
        });
        Self { address }
    }

    pub(super) fn url(&self, attack: &str) -> String {
        format!("http://{}/{attack}", self.address)
    }
}

impl Shared {
    fn serve(&self, mut stream: &TcpStream) -> io::Result<()> {
        let request = read(&mut stream)?;
        let id = request.header("mcp-session-id").unwrap_or_default().to_owned();
        if request.method == "DELETE" {
            drop(lock(&self.sessions).remove(&id));
            return empty(stream, 200);
        }
        if request.method != "POST" {
            return empty(stream, 405);
        }
        let message: Value = serde_json::from_slice(&request.body)?;
        let (id, session) = if message["method"] == "initialize" {
            self.open(&request)?
        } else {
            let Some(session) = lock(&self.sessions).get(&id).cloned() else { return empty(stream, 404) };
            (id, session)
        };
        if message["id"].is_null() || message["method"].is_null() {
            session.send(&request.body)?;
            return empty(stream, 202);
        }
        let mut lines = lock(&session.lines);
        session.send(&request.body)?;
        write!(
            stream,
            "HTTP/1.1 200 Test\r\ncontent-type: text/event-stream\r\nmcp-session-id: {id}\r\nconnection: close\r\n\r\n"
        )?;
        for line in lines.by_ref() {
            let line = line?;
            write!(stream, "data: {line}\n\n")?;
            let said: Value = serde_json::from_str(&line)?;
            if said["id"] == message["id"] && said["method"].is_null() {
                break;
            }
        }
        stream.shutdown(std::net::Shutdown::Both)?;
        Err(io::ErrorKind::ConnectionReset.into())
    }

    fn open(&self, request: &Request) -> io::Result<(String, Arc<Session>)> {
        let attack = request.path.trim_start_matches('/');
        let mut command = Command::new(server_binary("bad_mcp"));
        command.arg(attack).env("BAD_MCP_RECORD", self.records.join(attack));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let (stdin, stdout) = (child.stdin.take().expect("stdin"), child.stdout.take().expect("stdout"));
        let id = format!("session-{}", child.id());
        let lines = Mutex::new(BufReader::new(stdout).lines());
        let session = Arc::new(Session { child: Mutex::new(child), stdin: Mutex::new(stdin), lines });
        lock(&self.sessions).insert(id.clone(), Arc::clone(&session));
        Ok((id, session))
    }
}

impl Session {
    fn send(&self, message: &[u8]) -> io::Result<()> {
        let mut stdin = lock(&self.stdin);
        stdin.write_all(message)?;
        stdin.write_all(b"\n")?;
        stdin.flush()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let mut child = lock(&self.child);
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn empty(mut stream: &TcpStream, status: u16) -> io::Result<()> {
    write!(stream, "HTTP/1.1 {status} Test\r\ncontent-length: 0\r\n\r\n")
}
