//! A message from a client: read, and given to the revision that it speaks.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{HeaderMap, Request, Response, StatusCode};

use super::body::{self, Body};
use super::budget::Full;
use super::refusal::{Refusal, empty, json_text};
use super::{Front, accept, legacy, modern};
use crate::config::Settings;
use crate::gateway::message::{self, Malformed, Message};
use crate::rpc::protocol::MODERN;
use crate::scope::Caller;
use crate::secret::KeyDigest;

/// Who asks; known before anything else of the request is.
pub(super) struct Visitor {
    pub(super) caller: Arc<Caller>,
    pub(super) key: KeyDigest,
    pub(super) settings: Arc<Settings>,
}

pub(super) async fn answer(
    front: &Arc<Front>,
    visitor: &Visitor,
    request: Request<Incoming>,
) -> Result<Response<Body>, Refusal> {
    let (head, body) = request.into_parts();
    let headers = &head.headers;
    accept::message(headers)?;
    let busy = |full: Full| {
        let why = match full {
            Full::Requests => "too many requests at once; wait for answers before sending more",
            Full::Unread => "too much of the answers to this key is unread; read it before sending more",
        };
        Refusal::too_many(why, 1)
    };
    let permit = front.budget.take(&visitor.key).map_err(busy)?;
    let text = body::read(body, visitor.settings.limits.max_message_bytes()).await?;
    let parsed = message::parse(&text);
    drop(text);
    match parsed {
        Ok(Message::Request(request)) => {
            if front.draining.is_cancelled() {
                return Err(Refusal::draining());
            }
            if modern::is_modern(headers, &request.meta) {
                return Ok(modern::request(front, visitor, headers, request, permit).await);
            }
            legacy::request(front, visitor, headers, request, permit).await
        }
        Ok(Message::Notification { .. }) if is_sessionless(headers) => Ok(empty(StatusCode::ACCEPTED)),
        Ok(Message::Notification { method, params }) => {
            legacy::notification(front, visitor, headers, (&method, &params))
        }
        Ok(Message::Answer { id, outcome }) => legacy::settle(front, visitor, headers, (&id, outcome)),
        Err(Malformed::Answer(frame)) => Ok(json_text(StatusCode::BAD_REQUEST, frame.text)),
        Err(Malformed::Silent) => {
            Err(Refusal::bad(StatusCode::BAD_REQUEST, "the body is no JSON-RPC message"))
        }
    }
}

/// A notification of the revision without sessions: there is none that says anything to us.
fn is_sessionless(headers: &HeaderMap) -> bool {
    headers.get(modern::VERSION).is_some_and(|version| version == MODERN)
}
