//! A stream of server-sent events, event by event, each of a bounded size.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::HeaderValue;

use super::loss::Loss;

/// An event's data and one line of it each stay below the limit; names, ids and comments have this one.
const MAX_FIELD: usize = 4 * 1024;

pub(super) struct Events {
    response: Response,
    chunk: bytes::Bytes,
    parser: Parser,
    pace: Option<Pace>,
    /// Bytes since the last pause.
    read: usize,
}

/// A stream that nobody waits for is not read as fast as its server can write.
pub(super) struct Pace {
    /// After so many bytes there is a pause.
    pub(super) bytes: usize,
    pub(super) pause: Duration,
}

/// What the end of an event showed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    Message(Vec<u8>),
    /// Where an old server takes messages.
    Endpoint(Vec<u8>),
    /// More data than allowed; the event is passed over.
    TooLong,
    /// No message: only an id, or an event of another kind.
    Other,
}

/// Where a broken stream may be taken up again.
#[derive(Clone, Debug, Default)]
pub(super) struct Bookmark {
    pub(super) last_id: Option<HeaderValue>,
    pub(super) retry: Option<Duration>,
}

struct Parser {
    limit: usize,
    line: Vec<u8>,
    /// The event that is being read, if any field of it was.
    draft: Option<Draft>,
    /// The rest of the event is passed over.
    skipping: bool,
    after_return: bool,
    /// Before the first line, which a byte order mark may begin.
    fresh: bool,
    bookmark: Bookmark,
}

#[derive(Default)]
struct Draft {
    kind: Vec<u8>,
    data: Option<Vec<u8>>,
}

impl Events {
    pub(super) fn new(response: Response, limit: usize) -> Self {
        Self { response, chunk: bytes::Bytes::new(), parser: Parser::new(limit), pace: None, read: 0 }
    }

    pub(super) fn paced(self, pace: Pace) -> Self {
        Self { pace: Some(pace), ..self }
    }

    /// The next event, or `None` at the end of the stream.
    pub(super) async fn next(&mut self) -> Result<Option<Event>, Loss> {
        loop {
            let mut rest: &[u8] = &self.chunk;
            let event = self.parser.feed(&mut rest);
            let used = self.chunk.len() - rest.len();
            let _ = self.chunk.split_to(used);
            if event.is_some() {
                return Ok(event);
            }
            match self.response.chunk().await {
                Ok(Some(chunk)) => {
                    self.chunk = chunk;
                    self.breathe().await;
                }
                Ok(None) => return Ok(None),
                Err(_) => return Err(Loss::Broken),
            }
        }
    }

    async fn breathe(&mut self) {
        let Some(pace) = &self.pace else { return };
        self.read += self.chunk.len();
        let pauses = u32::try_from(self.read / pace.bytes).unwrap_or(u32::MAX);
        self.read %= pace.bytes;
        if pauses > 0 {
            tokio::time::sleep(pace.pause.saturating_mul(pauses)).await;
        }
    }

    pub(super) fn bookmark(&self) -> &Bookmark {
        &self.parser.bookmark
    }
}

impl Parser {
    fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(MAX_FIELD),
            line: Vec::new(),
            draft: None,
            skipping: false,
            after_return: false,
            fresh: true,
            bookmark: Bookmark::default(),
        }
    }

    /// Reads until an event ends or the bytes do. Lines end with LF, CR or both.
    fn feed(&mut self, bytes: &mut &[u8]) -> Option<Event> {
        while let Some(first) = bytes.first() {
            if std::mem::take(&mut self.after_return) && *first == b'\n' {
                *bytes = &bytes[1..];
                continue;
            }
            let end = memchr::memchr2(b'\n', b'\r', bytes);
            let piece = &bytes[..end.unwrap_or(bytes.len())];
            let too_long = self.take(piece);
            if let Some(end) = end {
                self.after_return = bytes[end] == b'\r';
                *bytes = &bytes[end + 1..];
            } else {
                *bytes = &[];
            }
            if too_long {
                return Some(Event::TooLong);
            }
            if end.is_some()
                && let Some(event) = self.end_line()
            {
                return Some(event);
            }
        }
        None
    }

    /// Takes a part of a line; `true` when that makes the event too long.
    fn take(&mut self, piece: &[u8]) -> bool {
        let data = self.draft.as_ref().and_then(|draft| draft.data.as_ref());
        let held = self.line.len() + data.map_or(0, Vec::len);
        if !self.skipping && held + piece.len() > self.limit.saturating_add(MAX_FIELD) {
            self.skipping = true;
            self.draft = None;
            // Not empty: an empty line would end the event.
            self.line = vec![b':'];
            return true;
        }
        if !self.skipping {
            self.line.extend_from_slice(piece);
        } else if self.line.is_empty() && !piece.is_empty() {
            self.line.push(b':');
        }
        false
    }

    fn end_line(&mut self) -> Option<Event> {
        let mut line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.fresh) && line.starts_with(b"\xef\xbb\xbf") {
            line.drain(..3);
        }
        if line.is_empty() {
            return self.end_event();
        }
        if self.skipping {
            return None;
        }
        let colon = memchr::memchr(b':', &line).unwrap_or(line.len());
        let start = (colon + 1).min(line.len());
        let start = start + usize::from(line.get(start) == Some(&b' '));
        let value = &line[start..];
        match &line[..colon] {
            b"data" => match &mut self.draft.get_or_insert_default().data {
                Some(data) => {
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
                data @ None => {
                    line.drain(..start);
                    *data = Some(line);
                }
            },
            b"event" => {
                let kind = &value[..value.len().min(MAX_FIELD)];
                self.draft.get_or_insert_default().kind = kind.to_vec();
            }
            b"id" if value.len() <= MAX_FIELD => {
                self.draft.get_or_insert_default();
                self.bookmark.last_id = HeaderValue::from_bytes(value).ok();
            }
            b"retry" => {
                let millis = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                self.bookmark.retry = millis.map(Duration::from_millis).or(self.bookmark.retry);
            }
            _ => {}
        }
        None
    }

    fn end_event(&mut self) -> Option<Event> {
        self.skipping = false;
        let Draft { kind, data } = self.draft.take()?;
        Some(match (kind.as_slice(), data.filter(|data| !data.is_empty())) {
            (b"" | b"message", Some(data)) => Event::Message(data),
            (b"endpoint", Some(data)) => Event::Endpoint(data),
            _ => Event::Other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a text, whatever pieces it arrives in.
    fn events(text: &[u8], limit: usize) -> Vec<Event> {
        let read = |size: usize| {
            let mut parser = Parser::new(limit);
            let mut events = Vec::new();
            for mut piece in text.chunks(size) {
                while let Some(event) = parser.feed(&mut piece) {
                    events.push(event);
                }
            }
            events
        };
        let whole = read(text.len());
        assert_eq!(read(1), whole);
        assert_eq!(read(3), whole);
        whole
    }

    fn message(text: &str) -> Event {
        Event::Message(text.as_bytes().to_vec())
    }

    #[test]
    fn lines_end_in_three_ways_and_data_may_have_several() {
        let text = b"\xef\xbb\xbfdata: a\r\n\r\n: ping\n\nevent: message\ndata:b\ndata: c\n\rdata: d\r\r";
        assert_eq!(events(text, 100), [message("a"), message("b\nc"), message("d")]);
    }

    #[test]
    fn other_events_carry_no_message() {
        let text =
            b"event: endpoint\ndata: /m?x=1\n\nid: 1\ndata:\n\nevent: other\ndata: x\n\ndata: cut off\n";
        assert_eq!(events(text, 100), [Event::Endpoint(b"/m?x=1".to_vec()), Event::Other, Event::Other]);
    }

    #[test]
    fn too_long_an_event_is_passed_over_and_the_next_one_read() {
        let long = "x".repeat(3 * MAX_FIELD);
        let text = format!("data: {long}\ndata: {long}\n\ndata: next\n\n");
        assert_eq!(events(text.as_bytes(), 10), [Event::TooLong, message("next")]);
        let text = "data: x\n".repeat(3 * MAX_FIELD) + "\ndata: next\n\n";
        assert_eq!(events(text.as_bytes(), 10), [Event::TooLong, message("next")]);
    }

    #[tokio::test]
    async fn a_paced_stream_is_read_slowly_whatever_is_on_it() {
        let text = ": nothing\n".repeat(1_000);
        let response = Response::from(hyper::Response::new(text));
        let pace = Pace { bytes: 1_000, pause: Duration::from_millis(5) };
        let (mut events, began) = (Events::new(response, 100).paced(pace), tokio::time::Instant::now());
        assert!(matches!(events.next().await, Ok(None)));
        assert!(began.elapsed() >= Duration::from_millis(50));
    }

    #[test]
    fn the_bookmark_is_the_last_id_and_the_last_wait() {
        let mut parser = Parser::new(100);
        let mut text: &[u8] = b"id: 1\nretry: 500\ndata:\n\nid: 2\nretry: soon\ndata: x\n\n";
        while parser.feed(&mut text).is_some() {}
        assert_eq!(parser.bookmark.last_id, Some(HeaderValue::from_static("2")));
        assert_eq!(parser.bookmark.retry, Some(Duration::from_millis(500)));
    }
}
