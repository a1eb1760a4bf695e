//! One started program, spoken to in raw JSON-RPC over its pipes.
//!
//! Requests are put into bytes before the clock starts and answers are parsed after it stops, so the client's
//! own share of a time is its reads and writes. Only one thread reads and writes: no wake-up is added.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{self, Child, ChildStdin, ChildStdout};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Outcome;
use crate::subject::Subject;

const LONGEST_SILENCE_SECONDS: u64 = 60;
const LONGEST_EXIT: Duration = Duration::from_secs(5);

static SECONDS_OF_SILENCE: AtomicU64 = AtomicU64::new(0);

pub(crate) struct Peer {
    name: &'static str,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    next_id: u64,
}

/// What some requests took, and their results in the order of the requests.
pub(crate) struct Exchange {
    pub(crate) elapsed: Duration,
    pub(crate) results: Vec<Value>,
}

impl Peer {
    /// Returns once `initialize` is answered.
    pub(crate) fn open(subject: &Subject) -> Outcome<Self> {
        let mut child = subject
            .command()?
            .spawn()
            .map_err(|error| format!("`{}` does not start: {error}", subject.name()))?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().ok_or("stdout was not piped")?;
        let name = subject.name();
        let mut peer =
            Self { name, child, stdin, stdout: BufReader::with_capacity(1 << 16, stdout), next_id: 1 };
        let hello = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "mcp_bench", "version": "1"},
        });
        peer.exchange("initialize", vec![hello], 1)?;
        peer.send(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n")?;
        Ok(peer)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a request for each of `params` and keeps up to `in_flight` of them unanswered at a time.
    pub(crate) fn exchange(
        &mut self,
        method: &str,
        params: Vec<Value>,
        in_flight: usize,
    ) -> Outcome<Exchange> {
        let name = self.name;
        self.try_exchange(method, params, in_flight).map_err(|failure| format!("{name}, {method}: {failure}"))
    }

    fn try_exchange(&mut self, method: &str, params: Vec<Value>, in_flight: usize) -> Outcome<Exchange> {
        let first_id = self.next_id;
        let lines: Vec<_> = params.into_iter().map(|params| self.request(method, params)).collect();
        let mut answers = Vec::with_capacity(lines.len());
        let mut waiting = lines.iter();
        let started = Instant::now();
        for line in waiting.by_ref().take(in_flight) {
            self.send(line)?;
        }
        while answers.len() < lines.len() {
            answers.push(self.read_answer()?);
            if let Some(line) = waiting.next() {
                self.send(line)?;
            }
        }
        let elapsed = started.elapsed();
        Ok(Exchange { elapsed, results: in_order(&answers, first_id)? })
    }

    /// Closes stdin, which is how a client of MCP says goodbye, and does not wait.
    pub(crate) fn hang_up(&mut self) {
        self.stdin = None;
    }

    /// Waits for the end of the process, so that its exit is in nobody's measurement.
    pub(crate) fn finish(mut self) -> Outcome<()> {
        self.hang_up();
        let deadline = Instant::now() + LONGEST_EXIT;
        while self.child.try_wait().map_err(broken)?.is_none() {
            if Instant::now() > deadline {
                let seconds = LONGEST_EXIT.as_secs();
                return Err(format!("{}: still running {seconds} s after its stdin was closed", self.name));
            }
            thread::sleep(Duration::from_micros(200));
        }
        Ok(())
    }

    fn request(&mut self, method: &str, params: Value) -> Vec<u8> {
        let mut message = json!({"jsonrpc": "2.0", "id": self.next_id, "method": method});
        message["params"] = params;
        self.next_id += 1;
        format!("{message}\n").into_bytes()
    }

    fn send(&mut self, line: &[u8]) -> Outcome<()> {
        self.stdin.as_mut().map_or(Ok(()), |stdin| stdin.write_all(line)).map_err(broken)
    }

    fn read_answer(&mut self) -> Outcome<Vec<u8>> {
        loop {
            let mut line = Vec::new();
            if self.stdout.read_until(b'\n', &mut line).map_err(broken)? == 0 {
                return Err("it ended instead of answering".to_owned());
            }
            SECONDS_OF_SILENCE.store(0, Ordering::Relaxed);
            if !is_notification(&line) {
                return Ok(line);
            }
        }
    }
}

impl Drop for Peer {
    /// After a failure; in the normal case the process is gone and both calls do nothing.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A guess from the first bytes: parsing would be in the measured time.
fn is_notification(line: &[u8]) -> bool {
    line.windows(8).take(40).any(|bytes| bytes == b"\"method\"")
}

fn in_order(answers: &[Vec<u8>], first_id: u64) -> Outcome<Vec<Value>> {
    let mut by_id = HashMap::new();
    for line in answers {
        let mut answer: Value = serde_json::from_slice(line).map_err(|error| format!("no JSON: {error}"))?;
        let id = answer["id"].as_u64().ok_or_else(|| format!("an answer without our id: {answer}"))?;
        if answer["result"].is_null() {
            return Err(format!("a JSON-RPC error: {}", answer["error"]));
        }
        by_id.insert(id, answer["result"].take());
    }
    let ids = (first_id..).take(answers.len());
    ids.map(|id| by_id.remove(&id).ok_or_else(|| format!("request {id} was not answered"))).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "shaped for `map_err`")]
fn broken(error: io::Error) -> String {
    format!("the pipe is broken: {error}")
}

/// Ends the run when nothing answers any more, because a blocked read cannot be interrupted.
pub(crate) fn watch_for_silence() {
    thread::spawn(|| {
        while SECONDS_OF_SILENCE.fetch_add(1, Ordering::Relaxed) < LONGEST_SILENCE_SECONDS {
            thread::sleep(Duration::from_secs(1));
        }
        let _ = writeln!(io::stderr(), "mcp_bench: nothing was answered for {LONGEST_SILENCE_SECONDS} s");
        process::exit(1)
    });
}
