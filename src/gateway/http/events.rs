//! Server-sent events: how messages stand on a stream, and the stream itself.

use std::sync::Arc;
use std::time::Duration;

use hyper::Response;
use hyper::body::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use tokio::sync::mpsc;
use tokio::time::Interval;

use super::accept::EVENTS;
use super::body::Body;
use super::budget::Account;
use super::session::Session;

/// Events that wait for a client to read them.
const DEPTH: usize = 64;

/// A comment keeps proxies from closing a quiet stream.
const ALIVE: Duration = Duration::from_secs(15);

/// A longer message goes out as it is, between two small pieces.
const LARGE: usize = 64 << 10;

/// Our end of a stream.
pub(super) struct Events {
    out: mpsc::Sender<Bytes>,
    /// Where a client of a session finds what it missed, and the number of the stream there.
    kept: Option<(Arc<Session>, u64)>,
    account: Account,
    alive: Interval,
}

/// A new stream, and the response that carries it.
pub(super) fn open(kept: Option<(Arc<Session>, u64)>, account: Account) -> (Events, Response<Body>) {
    let (out, stream) = mpsc::channel(DEPTH);
    let mut alive = tokio::time::interval(ALIVE);
    alive.reset();
    let mut response = Response::new(Body::Stream(stream));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(EVENTS));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Nginx would hold events back to fill its buffers.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    (Events { out, kept, account, alive }, response)
}

impl Events {
    /// Sends a message. `false`: the client is gone, and finds it where it is kept.
    pub(super) async fn message(&mut self, text: Vec<u8>, last: bool) -> bool {
        let text = Bytes::from(text);
        let id = match &self.kept {
            Some((session, stream)) => {
                let number = session.replay.keep(*stream, text.clone(), last);
                Some((*stream, number))
            }
            None => None,
        };
        self.put(id, &text).await
    }

    /// Sends a message that is kept already.
    pub(super) async fn again(&mut self, id: (u64, u64), text: &Bytes) -> bool {
        self.put(Some(id), text).await
    }

    async fn put(&mut self, id: Option<(u64, u64)>, text: &Bytes) -> bool {
        self.alive.reset();
        let mut event = match id {
            Some((stream, number)) => format!("id: {stream}-{number}\ndata: "),
            None => "data: ".to_owned(),
        }
        .into_bytes();
        if text.len() < LARGE {
            event.extend_from_slice(text);
            event.extend_from_slice(b"\n\n");
            return self.out.send(self.account.unread(event)).await.is_ok();
        }
        for piece in [event.into(), self.account.unread(text.clone()), Bytes::from_static(b"\n\n")] {
            if self.out.send(piece).await.is_err() {
                return false;
            }
        }
        true
    }

    /// Comes back when the client is gone; keeps the stream alive meanwhile.
    pub(super) async fn gone(&mut self) {
        loop {
            tokio::select! {
                () = self.out.closed() => return,
                _ = self.alive.tick() => {
                    // A client that does not read needs no sign of life.
                    let _ = self.out.try_send(Bytes::from_static(b":\n\n"));
                }
            }
        }
    }
}
