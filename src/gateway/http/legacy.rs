//! The revisions with a handshake: a session for each client, and its id on every request.

use std::sync::Arc;

use hyper::header::HeaderValue;
use hyper::{HeaderMap, Response, StatusCode};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::body::Body;
use super::budget::Permit;
use super::exchange::{Answer, Asker, Exchange, Leaving};
use super::post::Visitor;
use super::refusal::{Refusal, empty, json, json_text};
use super::session::{self, Session};
use super::{Front, modern};
use crate::call::JsonObject;
use crate::gateway::era;
use crate::gateway::message::Request;
use crate::rpc::Frame;
use crate::rpc::protocol::CANCELLED;

pub(super) async fn request(
    front: &Arc<Front>,
    visitor: &Visitor,
    headers: &HeaderMap,
    request: Request,
    permit: Permit,
) -> Result<Response<Body>, Refusal> {
    if let Some(version) = unknown_version(headers) {
        let error = era::unsupported(&version);
        return Ok(json_text(StatusCode::BAD_REQUEST, Frame::error(Some(&request.id), &error).text));
    }
    if request.method == "initialize" {
        return open(front, visitor, request, permit).await;
    }
    let session = front.sessions.find(headers, &visitor.key)?;
    let open = match session.open.open(&request.id) {
        Ok(open) => open,
        Err(error) => return Ok(json_text(StatusCode::OK, Frame::error(Some(&request.id), &error).text)),
    };
    let who = Asker {
        caller: Arc::clone(&visitor.caller),
        key: visitor.key.clone(),
        connection: Arc::clone(&session.connection),
        repeated: None,
        withdrawn: open.withdrawn().clone(),
    };
    let hold = (permit, Some(open));
    // A connection that breaks withdraws nothing: the client may ask again for what it missed.
    Ok(match Exchange::begin(front, request, who, Leaving::Misses(session), hold).answer().await {
        Answer::Whole(frame) => json(StatusCode::OK, front.budget.account(&visitor.key).unread(frame.text)),
        Answer::Stream(response) => response,
    })
}

/// Answers `initialize`, which opens a session.
async fn open(
    front: &Arc<Front>,
    visitor: &Visitor,
    request: Request,
    permit: Permit,
) -> Result<Response<Body>, Refusal> {
    let session = front.sessions.prepare(visitor.key.clone());
    let who = Asker {
        caller: Arc::clone(&visitor.caller),
        key: visitor.key.clone(),
        connection: Arc::clone(&session.connection),
        repeated: None,
        withdrawn: CancellationToken::new(),
    };
    let exchange = Exchange::begin(front, request, who, Leaving::Withdraws, (permit, None));
    let frame = match exchange.answer().await {
        Answer::Whole(frame) => frame,
        Answer::Stream(response) => return Ok(response),
    };
    let welcome = frame.error.is_none();
    let mut response = json_text(StatusCode::OK, frame.text);
    if welcome && let Ok(id) = HeaderValue::from_str(&session.id) {
        front.sessions.add(session)?;
        response.headers_mut().insert(session::HEADER, id);
    }
    Ok(response)
}

pub(super) fn notification(
    front: &Front,
    visitor: &Visitor,
    headers: &HeaderMap,
    (method, params): (&str, &JsonObject),
) -> Result<Response<Body>, Refusal> {
    let session = find(front, visitor, headers)?;
    if method == CANCELLED {
        session.open.withdraw(params.get("requestId").unwrap_or(&Value::Null));
    }
    Ok(empty(StatusCode::ACCEPTED))
}

/// The client answered a question of ours.
pub(super) fn settle(
    front: &Front,
    visitor: &Visitor,
    headers: &HeaderMap,
    (id, outcome): (&Value, Result<Value, Value>),
) -> Result<Response<Body>, Refusal> {
    find(front, visitor, headers)?.connection.settle(id, outcome);
    Ok(empty(StatusCode::ACCEPTED))
}

pub(super) fn end(front: &Front, visitor: &Visitor, headers: &HeaderMap) -> Result<Response<Body>, Refusal> {
    let session = find(front, visitor, headers)?;
    front.sessions.end(&session);
    session.open.withdraw_all();
    Ok(empty(StatusCode::NO_CONTENT))
}

/// The session of a request that has no id of its own to be answered by.
pub(super) fn find(front: &Front, visitor: &Visitor, headers: &HeaderMap) -> Result<Arc<Session>, Refusal> {
    if unknown_version(headers).is_some() {
        let message = "`MCP-Protocol-Version` names a version that sessions here do not speak";
        return Err(Refusal::bad(StatusCode::BAD_REQUEST, message));
    }
    front.sessions.find(headers, &visitor.key)
}

/// A client that names no version speaks one of before there was the header.
fn unknown_version(headers: &HeaderMap) -> Option<Value> {
    let version = headers.get(modern::VERSION)?;
    let version = String::from_utf8_lossy(version.as_bytes());
    (!era::is_legacy(&version)).then(|| version.into())
}
