//! A mock of the services that judge texts. What it answers stands in the text that it is asked about.
//!
//! Like `http`, it has threads of its own; it keeps connections alive as a real service does.

use std::collections::{HashMap, HashSet};
use std::io::{self, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::http::{Request, lock, read};

pub(crate) const API_KEY: &str = "api-key-of-the-service-41c7";

pub(crate) struct Guard {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    requests: Mutex<Vec<Request>>,
    flight: Mutex<Flight>,
    /// What `HELD` waits for.
    open: Mutex<bool>,
    opened: Condvar,
    keyless: Mutex<bool>,
    connections: Mutex<HashSet<SocketAddr>>,
    /// What was taken out of texts, by key.
    private: Mutex<HashMap<String, Vec<String>>>,
}

#[derive(Default)]
struct Flight {
    now: usize,
    most: usize,
}

/// Words in a text, and the fault that they cause.
pub(crate) const FAULTS: [(&str, Fault); 13] = [
    ("DROPCONN", Fault::Drop),
    ("DROPBODY", Fault::DropInBody),
    ("HTTP401", Fault::Reply(401, r#"{"error": "Unauthorized"}"#)),
    ("HTTP404", Fault::Reply(404, r#"{"message": "Guardrail not found"}"#)),
    ("HTTP429", Fault::Reply(429, r#"{"error": "Too many requests"}"#)),
    ("HTTP500JSON", Fault::Reply(500, r#"{"message": "Internal Server Error"}"#)),
    ("HTTP500ERROR", Fault::Reply(500, r#"{"error": "Internal Server Error"}"#)),
    ("HTTPHTML", Fault::Reply(200, "<html>no gateway here</html>")),
    ("EMPTY", Fault::Reply(200, "")),
    ("NOSUMMARY", Fault::Reply(200, r#"{"details": {}, "result_message": "ok"}"#)),
    ("NOVERDICT", Fault::Reply(200, r#"{"summary": {"injection_attack": null, "policy_violation": 0}}"#)),
    ("SLOW", Fault::Silence),
    ("HUGE", Fault::Endless),
];

#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    Drop,
    DropInBody,
    Reply(u16, &'static str),
    Silence,
    Endless,
}

impl Guard {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&serving);
                // A client that leaves is the test's business.
                std::thread::spawn(move || shared.serve(&stream));
            }
        });
        Self { address, shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was asked, in the order of arrival.
    pub(crate) fn requests(&self) -> Vec<Request> {
        lock(&self.shared.requests).clone()
    }

    pub(crate) fn count(&self) -> usize {
        lock(&self.shared.requests).len()
    }

    /// Forgets what it was asked.
    pub(crate) fn forget(&self) {
        lock(&self.shared.requests).clear();
    }

    /// Restores nothing from now on.
    pub(crate) fn lose_keys(&self) {
        *lock(&self.shared.keyless) = true;
    }

    /// Lets go what `HELD` has held.
    pub(crate) fn open(&self) {
        *lock(&self.shared.open) = true;
        self.shared.opened.notify_all();
    }

    /// The most requests that were here at the same time.
    pub(crate) fn most_in_flight(&self) -> usize {
        lock(&self.shared.flight).most
    }

    /// Connections that brought a request.
    pub(crate) fn connections(&self) -> usize {
        lock(&self.shared.connections).len()
    }
}

impl Shared {
    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut input = BufReader::new(stream);
        loop {
            let request = read(&mut input)?;
            lock(&self.connections).insert(stream.peer_addr()?);
            let body = String::from_utf8_lossy(&request.body).into_owned();
            {
                let mut flight = lock(&self.flight);
                flight.now += 1;
                flight.most = flight.most.max(flight.now);
            }
            lock(&self.requests).push(request.clone());
            let done = self.answer(stream, &request, &body);
            lock(&self.flight).now -= 1;
            done?;
        }
    }

    fn answer(&self, mut stream: &TcpStream, request: &Request, body: &str) -> io::Result<()> {
        if body.contains("HELD") {
            let open = self.opened.wait_while(lock(&self.open), |open| !*open);
            drop(open.unwrap_or_else(PoisonError::into_inner));
        }
        let fault = FAULTS.iter().find(|(word, _)| body.contains(word)).map(|(_, fault)| *fault);
        match fault {
            None => {
                let asked = serde_json::from_str(body).unwrap_or_default();
                match self.judge(&request.path, &asked) {
                    Some(answer) => give(stream, 200, &answer.to_string()),
                    None => give(stream, 404, "{}"),
                }
            }
            Some(Fault::Reply(status, body)) => give(stream, status, body),
            Some(Fault::Drop) => Err(io::ErrorKind::ConnectionAborted.into()),
            Some(Fault::DropInBody) => {
                write!(stream, "HTTP/1.1 200 Test\r\ncontent-length: 900\r\n\r\n{{\"summary\"")?;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            Some(Fault::Silence) => {
                stream.set_read_timeout(Some(Duration::from_secs(60)))?;
                // Until the client has had enough.
                io::Read::read(&mut stream, &mut [0]).map(drop)?;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            Some(Fault::Endless) => {
                write!(stream, "HTTP/1.1 200 Test\r\ncontent-length: 1000000000\r\n\r\n\"")?;
                loop {
                    stream.write_all(&[b'x'; 16_384])?;
                }
            }
        }
    }

    fn judge(&self, path: &str, asked: &Value) -> Option<Value> {
        let text = |name: &str| asked[name].as_str().unwrap_or_default();
        Some(match path {
            "/guardrails/guardrail/detect" | "/guardrails/policy/detect" => summary(text("text")),
            "/guardrails/guardrail/batch/detect" | "/guardrails/policy/batch/detect" => {
                let texts = asked["texts"].as_array()?.iter().filter_map(Value::as_str);
                let short = asked.to_string().contains("COUNT");
                texts.skip(usize::from(short)).map(summary).collect()
            }
            "/guardrails/relevancy" => score("relevancy_score", text("llm_answer")),
            "/guardrails/adherence" => score("adherence_score", text("llm_answer")),
            "/guardrails/hallucination" => made_up(text("response_text")),
            "/guardrails/pii" if text("mode") == "request" => self.redact(text("text")),
            "/guardrails/pii" => self.restore(text("text"), text("key")),
            "/v1/moderations" => moderation(&asked["input"]),
            _ => return None,
        })
    }

    fn redact(&self, text: &str) -> Value {
        let (mut redacted, mut taken) = (String::new(), Vec::new());
        let of_address = |c: char| c.is_ascii_alphanumeric() || "@.-".contains(c);
        for piece in text.split_inclusive(|c| !of_address(c)) {
            let word = piece.trim_end_matches(|c| !of_address(c));
            if word.contains('@') {
                let placeholder = format!("<EMAIL_ADDRESS_{}>", taken.len());
                redacted.extend([placeholder.as_str(), &piece[word.len()..]]);
                let quote = if text.contains("PIIQUOTE") { "\"" } else { "" };
                taken.push(format!("{quote}{word}{quote}"));
            } else {
                redacted.push_str(piece);
            }
        }
        if text.contains("PIIBREAK") {
            redacted = redacted.replacen('{', "(", 1);
        }
        if text.contains("PIINUMBER") {
            redacted = redacted.replace(": 7", ": \"<NUMBER_0>\"");
        }
        if text.contains("PIINOKEY") {
            return json!({"text": redacted});
        }
        let mut private = lock(&self.private);
        let key = format!("pii-key-{}", private.len() + 1);
        private.insert(key.clone(), taken);
        json!({"text": redacted, "key": key})
    }

    fn restore(&self, text: &str, key: &str) -> Value {
        let private = lock(&self.private);
        let Some(taken) = private.get(key).filter(|_| !*lock(&self.keyless)) else {
            return json!({"error": "unknown key"});
        };
        let placed = taken.iter().enumerate();
        let restored = placed.fold(text.to_owned(), |text, (number, value)| {
            text.replace(&format!("<EMAIL_ADDRESS_{number}>"), value)
        });
        json!({"text": restored})
    }
}

fn give(mut stream: &TcpStream, status: u16, body: &str) -> io::Result<()> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} Test\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n");
    stream.write_all(format!("{head}\r\n{body}").as_bytes())
}

fn summary(text: &str) -> Value {
    let one = |word: &str| u8::from(text.contains(word));
    let list = |word: &str, labels: &[&str]| if text.contains(word) { json!(labels) } else { json!([]) };
    json!({
        "summary": {
            "nsfw": 0, "toxicity": list("BAD_TOX", &["toxicity", "insult"]), "pii": 0,
            "topic_detector": list("BAD_TOPIC", &["violence"]), "injection_attack": one("BAD_INJ"),
            "keyword_detector": one("BAD_KW"), "policy_violation": one("BAD_POL"), "bias": 0, "sponge_attack": 0,
        },
        "details": {"injection_attack": {"most_unsafe_content": text}},
        "result_message": "ok",
    })
}

fn score(name: &str, answer: &str) -> Value {
    match answer {
        low if low.contains("SCORE") => json!({"score": 0.1}),
        low if low.contains("UNFIT") => json!({"summary": {name: 0}, "details": {"x": answer}}),
        unknown if unknown.contains("NOPOINTS") => json!({"summary": {}}),
        _ => json!({"summary": {name: 1}, "details": {}}),
    }
}

fn made_up(answer: &str) -> Value {
    if answer.contains("SCORE") {
        return json!({"has_hallucination": true, "confidence": 0.9});
    }
    json!({"summary": {"is_hallucination": u8::from(answer.contains("UNFIT"))}, "details": {}})
}

fn moderation(input: &Value) -> Value {
    let one = |text: &Value| {
        let hate = text.as_str().is_some_and(|text| text.contains("BAD_HATE"));
        let categories = json!({"hate": hate, "sexual": false, "hate/threatening": false});
        let scores = json!({"hate": if hate { 0.91 } else { 0.01 }, "sexual": 0.0, "hate/threatening": 0.0});
        json!({"flagged": hate, "categories": categories, "category_scores": scores})
    };
    let results: Vec<Value> = match input {
        Value::Array(texts) => texts.iter().map(one).collect(),
        text => vec![one(text)],
    };
    json!({"id": "modr-1", "model": "mock", "results": results})
}
