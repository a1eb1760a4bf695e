//! What both HTTP transports share: the way to the session's transport, and the session's end.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Response, StatusCode};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::loss::Loss;
use super::outline;
use super::target::Target;
use crate::lock::Lock;
use crate::web;

/// Messages that wait for the transport; then the streams wait.
pub(super) const INBOX: usize = 4;

const LAST_MOMENT: Duration = Duration::from_millis(300);

/// An error's body is read this far; what is longer is no message.
const MAX_ERROR: usize = 64 * 1024;

/// What reached the session.
pub(in crate::downstream) enum Arrived {
    Message(Vec<u8>),
    /// The answer to this request, or to one that nobody knows, was longer than allowed.
    TooLong(Option<Value>),
    /// If this request has no answer yet, it gets none.
    Over(Value, Loss),
    End,
}

pub(super) struct Link {
    pub(super) target: Target,
    pub(super) inbox: mpsc::Sender<Arrived>,
    /// Messages are bounded as the lines of a child are.
    pub(super) limit: usize,
    /// What the gateway has to wait for at its end.
    pub(super) tasks: TaskTracker,
    /// Cancelled when nobody is interested in the session any more.
    pub(super) closed: CancellationToken,
    pub(super) ended: Arc<OnceLock<Loss>>,
    pub(super) heard: Heard,
}

/// When the server was heard last.
#[derive(Clone)]
pub(super) struct Heard(Arc<Lock<Instant>>);

/// The transport is gone.
pub(super) struct Deaf;

impl Link {
    pub(super) async fn deliver(&self, arrived: Arrived) -> Result<(), Deaf> {
        self.heard.now();
        self.inbox.send(arrived).await.map_err(|_| Deaf)
    }

    /// What is on its way when the session closes has a moment more: the news of a cancellation, above all.
    pub(super) async fn unless_closed<T>(&self, sending: impl Future<Output = T>) -> Result<T, Loss> {
        tokio::select! {
            sent = sending => Ok(sent),
            () = async { self.closed.cancelled().await; tokio::time::sleep(LAST_MOMENT).await } => Err(Loss::Broken),
        }
    }

    /// The first reason is the one that counts.
    pub(super) async fn end(&self, why: Loss) {
        let _ = self.ended.set(why);
        let _ = self.deliver(Arrived::End).await;
    }

    /// What a refused request means. An error for this very request is delivered as the message that it is.
    pub(super) async fn refused(&self, response: Response, id: Option<&Value>) -> Option<Loss> {
        let status = response.status();
        let body = web::body(response, MAX_ERROR).await.unwrap_or_default();
        if let Some(id) = id
            && !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
            && outline::answers(&body, id)
        {
            let _ = self.deliver(Arrived::Message(body)).await;
            return None;
        }
        Some(Loss::status(status, outline::error_message(&body)))
    }
}

impl Heard {
    pub(super) fn silence(&self) -> Duration {
        self.0.lock().elapsed()
    }

    fn now(&self) {
        *self.0.lock() = Instant::now();
    }
}

impl Default for Heard {
    fn default() -> Self {
        Self(Arc::new(Lock::new(Instant::now())))
    }
}

pub(super) fn json_headers() -> HeaderMap {
    HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (ACCEPT, HeaderValue::from_static("application/json, text/event-stream")),
    ])
}

pub(super) fn stream_headers() -> HeaderMap {
    HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("text/event-stream"))])
}

pub(super) fn is_of(response: &Response, media_type: &str) -> bool {
    let written = response.headers().get(CONTENT_TYPE).and_then(|written| written.to_str().ok());
    let essence = written.unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(media_type)
}

/// Whether the body has to be unpacked, which was not asked for.
pub(super) fn is_encoded(response: &Response) -> bool {
    let mut written = response.headers().get_all(CONTENT_ENCODING).iter();
    written.any(|written| !written.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// Reads what nobody needs to its end, so that the connection can be used again.
pub(super) async fn drain(response: Response) {
    let _: Result<Vec<u8>, _> = web::body(response, MAX_ERROR).await;
}

pub(super) fn body(message: Vec<u8>) -> Bytes {
    Bytes::from(message)
}
