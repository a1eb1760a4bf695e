//! Newline-delimited messages with a bound on their length, as both stdio transports read and write them.
//!
//! Reading is cancel-safe: rmcp polls a transport inside `select!` and drops the future half-way.

use std::io;
use std::sync::Arc;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Mutex;

/// How much of an over-long line is kept from its start and from its end: a JSON-RPC `id` stands at either.
const SALVAGED: usize = 512;

/// What is read at once: little of whoever says little, and as much as a large pipe holds of whoever fills that.
const FIRST_READ: usize = 16 * 1024;
const LARGE_READ: usize = 256 * 1024;

/// What a pipe is asked to hold, so that a message of many megabytes takes few turns of both processes.
#[cfg(target_os = "linux")]
const PIPE: usize = 1 << 20;

/// Kept between messages; a larger buffer is given back once its message has been read.
const RETAINED: usize = 256 * 1024;

/// A large buffer that is full becomes so many times as large. To copy many megabytes each time that it doubles costs
/// more than reading them; memory that nobody has written to costs nothing.
const GROWTH: usize = 8;

/// Reads lines of at most `limit` bytes.
pub struct LineReader<R> {
    inner: R,
    /// What was read, from `at` to `end`.
    chunk: Vec<u8>,
    at: usize,
    end: usize,
    line: Vec<u8>,
    limit: usize,
    overflow: Option<Overflow>,
    /// The line in `line` has been handed out and is dropped at the next read.
    taken: bool,
}

/// What one read found.
pub enum Line<'a> {
    Text(&'a [u8]),
    /// The line was longer than the limit and is gone, but for its two ends.
    TooLong(Overflow),
    End,
}

/// The two ends of a line that was too long.
#[derive(Clone, Default)]
pub struct Overflow {
    pub head: Vec<u8>,
    pub tail: Vec<u8>,
}

/// Writes whole lines; clones write to the same stream, one line at a time.
///
/// Whoever writes may give up half-way: whoever writes next ends the line that was begun.
pub struct LineWriter<W>(Arc<Mutex<Option<Writing<W>>>>);

struct Writing<W> {
    stream: W,
    line: Vec<u8>,
    written: usize,
}

impl<R: AsyncRead + Unpin> LineReader<R> {
    pub fn new(inner: R, limit: usize) -> Self {
        let (chunk, line) = (vec![0; FIRST_READ], Vec::new());
        Self { inner, chunk, at: 0, end: 0, line, limit, overflow: None, taken: false }
    }

    /// The next line without its end; a last line that nothing ends is a line too.
    pub async fn next(&mut self) -> io::Result<Line<'_>> {
        if std::mem::take(&mut self.taken) {
            self.line.clear();
            self.line.shrink_to(RETAINED);
        }
        loop {
            if self.at == self.end && !self.read().await? {
                return Ok(self.last());
            }
            let available = &self.chunk[self.at..self.end];
            let newline = memchr::memchr(b'\n', available);
            let piece = &available[..newline.unwrap_or(available.len())];
            match &mut self.overflow {
                Some(overflow) => overflow.push(piece),
                None if self.line.len() + piece.len() > self.limit => {
                    let mut overflow = Overflow::default();
                    overflow.push(&self.line);
                    overflow.push(piece);
                    self.overflow = Some(overflow);
                    self.line = Vec::new();
                }
                None => {
                    let needed = self.line.len() + piece.len();
                    if needed > self.line.capacity().max(RETAINED) {
                        let roomy = needed.saturating_mul(GROWTH).min(self.limit);
                        self.line.reserve_exact(roomy - self.line.len());
                    }
                    self.line.extend_from_slice(piece);
                }
            }
            self.at += piece.len() + usize::from(newline.is_some());
            if newline.is_some() {
                break;
            }
        }
        Ok(self.take())
    }

    /// Whether there is more.
    async fn read(&mut self) -> io::Result<bool> {
        if self.end == self.chunk.len() {
            self.chunk.resize(LARGE_READ, 0);
        }
        (self.at, self.end) = (0, 0);
        self.end = self.inner.read(&mut self.chunk).await?;
        Ok(self.end > 0)
    }

    fn last(&mut self) -> Line<'_> {
        if self.line.is_empty() && self.overflow.is_none() { Line::End } else { self.take() }
    }

    fn take(&mut self) -> Line<'_> {
        if let Some(overflow) = self.overflow.take() {
            return Line::TooLong(overflow);
        }
        self.taken = true;
        Line::Text(self.line.strip_suffix(b"\r").unwrap_or(&self.line))
    }
}

/// As `Overflow::message_id`, for a line that is there but cannot be read.
pub fn message_id(line: &[u8]) -> Option<Value> {
    let mut ends = Overflow::default();
    ends.push(line);
    ends.message_id()
}

impl Overflow {
    fn push(&mut self, piece: &[u8]) {
        let room = SALVAGED.saturating_sub(self.head.len()).min(piece.len());
        self.head.extend_from_slice(&piece[..room]);
        self.tail.extend_from_slice(&piece[piece.len().saturating_sub(SALVAGED)..]);
        self.tail.drain(..self.tail.len().saturating_sub(SALVAGED));
    }

    /// The integer or string `id` of the JSON-RPC message that the line was, where one of its ends shows it.
    ///
    /// Only the message's own members are looked at: an `id` deeper inside belongs to the payload.
    pub fn message_id(&self) -> Option<Value> {
        first_id(&String::from_utf8_lossy(&self.head))
            .or_else(|| last_id(&String::from_utf8_lossy(&self.tail)))
    }
}

/// The `id` among the members that stand whole at a message's start.
fn first_id(head: &str) -> Option<Value> {
    let mut rest = head.trim_start().strip_prefix('{')?;
    loop {
        let (key, after) = one_value(rest)?;
        let (value, after) = one_value(after.trim_start().strip_prefix(':')?)?;
        // A value that nothing follows may have been cut off.
        let after = after.trim_start();
        if key == "id" && after.starts_with([',', '}']) {
            return Some(value).filter(is_id);
        }
        rest = after.strip_prefix(',')?;
    }
}

/// The `id` that ends a message, but for its version.
fn last_id(tail: &str) -> Option<Value> {
    let body = tail.trim_end().strip_suffix('}')?.trim_end();
    let body = body.trim_end_matches("\"jsonrpc\":\"2.0\"").trim_end_matches([',', ' ']);
    let member = &body[body.rfind("\"id\"")?..];
    let (value, after) = one_value(member.strip_prefix("\"id\"")?.trim_start().strip_prefix(':')?)?;
    after.trim().is_empty().then_some(value).filter(is_id)
}

fn one_value(text: &str) -> Option<(Value, &str)> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = stream.next()?.ok()?;
    Some((value, &text[stream.byte_offset()..]))
}

/// Whether a value may name a message.
pub fn is_id(id: &Value) -> bool {
    id.is_i64() || id.is_u64() || id.is_string()
}

/// Widens a pipe where the system allows; elsewhere, and on what is no pipe, it does nothing.
#[cfg(target_os = "linux")]
pub fn widen(stream: impl std::os::fd::AsFd) {
    let _ = rustix::pipe::fcntl_setpipe_size(stream, PIPE);
}

#[cfg(not(target_os = "linux"))]
pub fn widen<S>(_stream: S) {}

impl<W: AsyncWrite + Unpin> LineWriter<W> {
    pub fn new(inner: W) -> Self {
        Self(Arc::new(Mutex::new(Some(Writing { stream: inner, line: Vec::new(), written: 0 }))))
    }

    /// Writes a message that is JSON already.
    pub async fn write_line(&self, mut line: Vec<u8>) -> io::Result<()> {
        line.push(b'\n');
        let mut writing = self.0.lock().await;
        let Some(writing) = writing.as_mut() else { return Err(io::ErrorKind::NotConnected.into()) };
        if writing.written > 0 {
            writing.finish().await?;
        }
        writing.line = line;
        writing.finish().await
    }

    /// Closes the stream, which a server on the other side reads as its end.
    pub async fn close(&self) {
        self.0.lock().await.take();
    }
}

impl<W: AsyncWrite + Unpin> Writing<W> {
    async fn finish(&mut self) -> io::Result<()> {
        while self.written < self.line.len() {
            let written = self.stream.write(&self.line[self.written..]).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.written += written;
        }
        (self.line, self.written) = (Vec::new(), 0);
        self.stream.flush().await
    }
}

impl<W> Clone for LineWriter<W> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    async fn read_all(input: &[u8], limit: usize) -> Vec<String> {
        let mut reader = LineReader::new(input, limit);
        let mut lines = Vec::new();
        loop {
            match reader.next().await.expect("no error") {
                Line::Text(text) => lines.push(String::from_utf8_lossy(text).into_owned()),
                Line::TooLong(overflow) => lines.push(format!("too long, id {:?}", overflow.message_id())),
                Line::End => return lines,
            }
        }
    }

    #[tokio::test]
    async fn a_line_that_was_begun_is_ended_before_the_next_and_one_that_was_not_is_not_written() {
        let (ours, theirs) = tokio::io::duplex(8);
        let (writer, mut reader) = (LineWriter::new(ours), LineReader::new(theirs, 100));
        for given_up in ["begun and given up", "never begun"] {
            let write = writer.write_line(given_up.into());
            assert!(tokio::time::timeout(std::time::Duration::from_millis(10), write).await.is_err());
        }
        let reading = async {
            for expected in ["begun and given up", "next"] {
                let Ok(Line::Text(line)) = reader.next().await else { panic!("no line") };
                assert_eq!(String::from_utf8_lossy(line), expected);
            }
        };
        let (written, ()) = tokio::join!(writer.write_line(b"next".to_vec()), reading);
        written.expect("written");
    }

    #[tokio::test]
    async fn lines_end_with_any_newline_or_none() {
        assert_eq!(read_all(b"one\r\n\ntwo", 10).await, ["one", "", "two"]);
    }

    #[tokio::test]
    async fn a_long_line_is_dropped_and_the_next_one_read() {
        let long = format!("{{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":\"{}\"}}\nnext\n", "x".repeat(5_000));
        assert_eq!(read_all(long.as_bytes(), 100).await, ["too long, id Some(Number(7))", "next"]);
        assert_eq!(read_all(&[b'x'; 3_000], 100).await, ["too long, id None"]);
    }

    #[tokio::test]
    async fn lines_of_any_length_come_whole_in_whatever_pieces_they_are_read() {
        let lengths = [
            0,
            1,
            FIRST_READ - 2,
            FIRST_READ,
            FIRST_READ + 1,
            LARGE_READ - 1,
            LARGE_READ,
            LARGE_READ + 1,
            5,
            RETAINED,
            3 * RETAINED,
            0,
            7,
            GROWTH * RETAINED + 3,
            2,
        ];
        let lines: Vec<String> =
            (b'a'..).zip(lengths).map(|(c, n)| char::from(c).to_string().repeat(n)).collect();
        for piece in [61, 4_096, 1 << 20] {
            let (mut ours, theirs) = tokio::io::duplex(piece);
            let mut reader = LineReader::new(theirs, GROWTH * RETAINED + 3);
            let text = lines.join("\n");
            let writing = async move { ours.write_all(text.as_bytes()).await };
            let reading = async {
                let mut read = Vec::new();
                while let Ok(Line::Text(line)) = reader.next().await {
                    read.push(String::from_utf8_lossy(line).into_owned());
                }
                (read, reader.line.capacity())
            };
            let (written, (read, kept)) = tokio::join!(writing, reading);
            written.expect("written");
            assert!(read == lines, "{piece}: {:?}", read.iter().map(String::len).collect::<Vec<_>>());
            assert!(kept <= RETAINED, "{kept}");
        }
    }

    #[tokio::test]
    async fn a_read_that_was_given_up_loses_nothing() {
        let (mut ours, theirs) = tokio::io::duplex(64);
        let mut reader = LineReader::new(theirs, 100);
        ours.write_all(b"one\nhalf").await.expect("written");
        assert!(matches!(reader.next().await, Ok(Line::Text(b"one"))));
        let given_up = tokio::time::timeout(std::time::Duration::from_millis(10), reader.next()).await;
        assert!(given_up.is_err());
        ours.write_all(b" a line\n").await.expect("written");
        assert!(matches!(reader.next().await, Ok(Line::Text(b"half a line"))));
    }

    #[test]
    fn an_id_is_found_at_either_end_only() {
        let id = |line: &str| {
            let mut overflow = Overflow::default();
            overflow.push(line.as_bytes());
            overflow.message_id()
        };
        let filler = "y".repeat(2_000);
        assert_eq!(id(&format!(r#"{{"id":"a","result":"{filler}"}}"#)), Some(json!("a")));
        assert_eq!(id(&format!(r#"{{"result":"{filler}","jsonrpc":"2.0","id":12}}"#)), Some(json!(12)));
        assert_eq!(id(&format!(r#"{{"result":"{filler}","id":12,"jsonrpc":"2.0"}}"#)), Some(json!(12)));
        assert_eq!(
            id(&format!(r#"{{"jsonrpc":"2.0","method":"m","id":5,"params":["{filler}"]}}"#)),
            Some(json!(5))
        );
        assert_eq!(id(&format!(r#"{{"result":{{"text":"{filler}","id":3}}}}"#)), None);
        assert_eq!(id(&format!(r#"{{"params":{{"id":3,"text":"{filler}"}}}}"#)), None);
    }
}
