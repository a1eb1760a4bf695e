//! The least that a program between client and server can do: it carries lines over, and reads nothing of them.
//!
//! What the gateway takes beyond this is its own; what this takes is the machine's. The benchmark starts itself so:
//! `mcp_bench --between WAY PROGRAM [PORT]`.

use std::env;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;

use crate::subject::Left;

pub(crate) const ARGUMENT: &str = "--between";

const INITIALIZE: &[u8] = b"\"method\":\"initialize\"";
const INITIALIZED: &[u8] = b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n";
const CHUNK: usize = 1 << 16;

/// When it starts the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// For each call.
    Fresh,
    /// For each call, after the one before.
    Standby,
    /// Once.
    Keep,
}

impl Way {
    pub(crate) const ALL: [Self; 3] = [Self::Fresh, Self::Standby, Self::Keep];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fresh => "copies, no standby",
            Self::Standby => "copies, standby",
            Self::Keep => "copies, keep",
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Standby => "standby",
            Self::Keep => "keep",
        }
    }

    pub(crate) fn left(self) -> Left {
        match self {
            Self::Fresh => Left::Nothing,
            Self::Standby => Left::Standby,
            Self::Keep => Left::Kept,
        }
    }
}

/// Stands between, if the command line says so; `None` if it does not.
pub(crate) fn serve() -> Option<io::Result<()>> {
    let words: Vec<OsString> = env::args_os().skip(1).collect();
    let [argument, way, program, port @ ..] = words.as_slice() else { return None };
    if argument != ARGUMENT {
        return None;
    }
    let way = Way::ALL.into_iter().find(|known| way == known.word())?;
    let port = port.first().and_then(|port| port.to_str()?.parse().ok());
    Some(match (way, port) {
        (_, Some(port)) => over_http(program, port),
        (Way::Keep, None) => copy_both(program),
        (way, None) => by_session(program, way == Way::Standby),
    })
}

fn start(program: &OsString) -> io::Result<(Child, ChildStdin, ChildStdout)> {
    let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let (Some(stdin), Some(stdout)) = (stdin, stdout) else { return Err(io::ErrorKind::BrokenPipe.into()) };
    Ok((child, stdin, stdout))
}

fn copy_both(program: &OsString) -> io::Result<()> {
    let (mut child, stdin, stdout) = start(program)?;
    let back = thread::spawn(move || copy(stdout, io::stdout()));
    copy(io::stdin(), stdin)?;
    child.wait()?;
    back.join().map_err(|_| io::ErrorKind::Other)?
}

fn copy(mut from: impl Read, mut to: impl Write) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = from.read(&mut chunk)?;
        let Some(read) = chunk.get(..length).filter(|read| !read.is_empty()) else { return Ok(()) };
        to.write_all(read)?;
        to.flush()?;
    }
}

/// A server that has been greeted.
struct Session {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Session {
    fn open(program: &OsString, hello: &[u8]) -> io::Result<(Self, Vec<u8>)> {
        let (child, stdin, stdout) = start(program)?;
        let mut session = Self { child, stdin, stdout: BufReader::with_capacity(CHUNK, stdout) };
        let greeting = session.exchange(hello)?;
        session.stdin.write_all(INITIALIZED)?;
        Ok((session, greeting))
    }

    fn exchange(&mut self, line: &[u8]) -> io::Result<Vec<u8>> {
        self.stdin.write_all(line)?;
        let mut answer = Vec::new();
        self.stdout.read_until(b'\n', &mut answer)?;
        Ok(answer)
    }

    /// Hangs up; somebody else waits for the end.
    fn close(self, ended: &Sender<Child>) {
        drop(self.stdin);
        let _ = ended.send(self.child);
    }
}

fn by_session(program: &OsString, standby: bool) -> io::Result<()> {
    let (ended, children) = mpsc::channel::<Child>();
    let reaper = thread::spawn(move || children.into_iter().for_each(|mut child| drop(child.wait())));
    let mut client = BufReader::with_capacity(CHUNK, io::stdin());
    let mut out = io::stdout();
    let (mut hello, mut ready) = (Vec::new(), None);
    let mut line = Vec::new();
    while client.read_until(b'\n', &mut line)? > 0 {
        if contains(&line, INITIALIZE) {
            hello.clone_from(&line);
            let (session, greeting) = Session::open(program, &hello)?;
            out.write_all(&greeting)?;
            session.close(&ended);
        } else if line != INITIALIZED {
            let mut session = match ready.take() {
                Some(session) => session,
                None => Session::open(program, &hello)?.0,
            };
            out.write_all(&session.exchange(&line)?)?;
            out.flush()?;
            session.close(&ended);
            if standby {
                ready = Some(Session::open(program, &hello)?.0);
            }
        }
        line.clear();
    }
    if let Some(session) = ready {
        session.close(&ended);
    }
    drop(ended);
    reaper.join().map_err(|_| io::ErrorKind::Other.into())
}

/// A server for each connection.
fn over_http(program: &OsString, port: u16) -> io::Result<()> {
    for stream in TcpListener::bind(("127.0.0.1", port))?.incoming() {
        let (stream, program) = (stream?, program.clone());
        thread::spawn(move || connection(stream, &program));
    }
    Ok(())
}

fn connection(stream: TcpStream, program: &OsString) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut client = BufReader::new(stream);
    let mut session: Option<Session> = None;
    while let Some(mut body) = request(&mut client)? {
        body.push(b'\n');
        let answer = match &mut session {
            Some(session) => session.exchange(&body)?,
            None => {
                let (opened, greeting) = Session::open(program, &body)?;
                session = Some(opened);
                greeting
            }
        };
        let mut response = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nMcp-Session-Id: one\r\nContent-Length: {}\r\n\r\n",
            answer.len()
        )
        .into_bytes();
        response.extend_from_slice(&answer);
        client.get_mut().write_all(&response)?;
    }
    let Some(Session { mut child, stdin, .. }) = session else { return Ok(()) };
    drop(stdin);
    child.wait().map(drop)
}

/// The body of the next request; `None` when there is none.
fn request(client: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let (mut length, mut line) = (0, String::new());
    loop {
        line.clear();
        if client.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(said) = line.strip_prefix("Content-Length: ") {
            length = said.parse().map_err(|_| io::ErrorKind::InvalidData)?;
        }
    }
    let mut body = vec![0; length];
    client.read_exact(&mut body)?;
    Ok(Some(body))
}

/// Only near the beginning: what follows may be megabytes.
fn contains(line: &[u8], what: &[u8]) -> bool {
    line.windows(what.len()).take(100).any(|bytes| bytes == what)
}
