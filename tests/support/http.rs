//! An HTTP server that answers what the test tells it to, and remembers what it was asked.
//!
//! It has threads of its own, so that it answers while a test waits in `eventually`.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::Value;

pub(crate) struct Http {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What was asked; names of headers in lower case.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
pub(crate) enum Answer {
    Reply {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// The same, once the test opens the gate.
    Held(Box<Answer>),
    /// Nothing at all.
    #[default]
    Silence,
}

#[derive(Default)]
struct Shared {
    answer: Mutex<Answer>,
    requests: Mutex<Vec<Request>>,
    open: Mutex<bool>,
    opened: Condvar,
}

impl Http {
    pub(crate) fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared { answer: Mutex::new(answer), ..Shared::default() });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&serving);
                std::thread::spawn(move || shared.serve(stream));
            }
        });
        Self { address, shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What is answered from now on.
    pub(crate) fn answer(&self, answer: Answer) {
        *lock(&self.shared.answer) = answer;
    }

    /// Lets the answers go that were held.
    pub(crate) fn open(&self) {
        *lock(&self.shared.open) = true;
        self.shared.opened.notify_all();
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        lock(&self.shared.requests).clone()
    }

    pub(crate) fn count(&self) -> usize {
        lock(&self.shared.requests).len()
    }
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Answer {
    pub(crate) fn json(body: &Value) -> Self {
        Self::text(200, &body.to_string())
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::text(status, "{}")
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::Reply { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    pub(crate) fn redirect(to: &str) -> Self {
        Self::Reply { status: 302, headers: vec![("location", to.to_owned())], body: Vec::new() }
    }

    pub(crate) fn held(self) -> Self {
        Self::Held(Box::new(self))
    }
}

impl Shared {
    fn serve(&self, mut stream: TcpStream) {
        let Ok(request) = read(&mut stream) else { return };
        lock(&self.requests).push(request);
        let answer = lock(&self.answer).clone();
        // A client that has left meanwhile is the test's business.
        let _ = self.give(&mut stream, answer);
    }

    fn give(&self, stream: &mut TcpStream, answer: Answer) -> io::Result<()> {
        match answer {
            Answer::Reply { status, headers, body } => {
                write!(
                    stream,
                    "HTTP/1.1 {status} Test\r\nconnection: close\r\ncontent-length: {}\r\n",
                    body.len()
                )?;
                for (name, value) in headers {
                    write!(stream, "{name}: {value}\r\n")?;
                }
                stream.write_all(b"\r\n")?;
                stream.write_all(&body)
            }
            Answer::Held(answer) => {
                let open = self.opened.wait_while(lock(&self.open), |open| !*open);
                drop(open.unwrap_or_else(std::sync::PoisonError::into_inner));
                self.give(stream, *answer)
            }
            Answer::Silence => {
                stream.set_read_timeout(Some(Duration::from_secs(60)))?;
                // Until the client has had enough.
                stream.read(&mut [0]).map(drop)
            }
        }
    }
}

pub(crate) fn read(stream: &mut impl io::Read) -> io::Result<Request> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.extend_from_slice(&byte);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let header =
        |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let headers: Vec<_> = lines.filter_map(header).collect();
    let mut request = Request { method, path, headers, body: Vec::new() };
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    request.body.resize(length, 0);
    stream.read_exact(&mut request.body)?;
    Ok(request)
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
