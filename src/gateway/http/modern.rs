//! The revision without sessions: each request says who asks, and its headers say what it is about.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use hyper::header::HeaderName;
use hyper::{HeaderMap, Response, StatusCode};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::Front;
use super::body::Body;
use super::budget::Permit;
use super::exchange::{Answer, Asker, Exchange, Leaving};
use super::post::Visitor;
use super::refusal::{json, json_text};
use crate::call::JsonObject;
use crate::client::{Connection, Outlet};
use crate::gateway::era;
use crate::gateway::message::Request;
use crate::rpc::protocol::{META_VERSION, MODERN};
use crate::rpc::{Frame, RpcError};
use crate::tool::Repeated;

pub(super) const VERSION: &str = "mcp-protocol-version";
const METHOD: &str = "mcp-method";
const NAME: &str = "mcp-name";
const PARAM: &str = "mcp-param-";

/// Whether a message is of this revision: its body says so, or else its header.
pub(super) fn is_modern(headers: &HeaderMap, meta: &JsonObject) -> bool {
    meta.contains_key(META_VERSION) || headers.get(VERSION).is_some_and(|version| version == MODERN)
}

pub(super) async fn request(
    front: &Arc<Front>,
    visitor: &Visitor,
    headers: &HeaderMap,
    request: Request,
    permit: Permit,
) -> Response<Body> {
    if let Err(error) = check(headers, &request) {
        return json_text(StatusCode::BAD_REQUEST, Frame::error(Some(&request.id), &error).text);
    }
    let withdrawn = match request.method.as_str() {
        // It would be open until the client has had enough.
        "subscriptions/listen" => front.draining.child_token(),
        _ => CancellationToken::new(),
    };
    let connection = Arc::new(Connection::new(Outlet::Nowhere));
    let repeated = Some(repeated(headers));
    let (caller, key) = (Arc::clone(&visitor.caller), visitor.key.clone());
    let who = Asker { caller, key, connection, repeated, withdrawn };
    let exchange = Exchange::begin(front, request, who, Leaving::Withdraws, (permit, None));
    match exchange.answer().await {
        Answer::Whole(frame) => {
            json(status(frame.error), front.budget.account(&visitor.key).unread(frame.text))
        }
        Answer::Stream(response) => response,
    }
}

fn status(error: Option<i64>) -> StatusCode {
    match error {
        Some(RpcError::METHOD_NOT_FOUND) => StatusCode::NOT_FOUND,
        Some(
            RpcError::INVALID_REQUEST
            | RpcError::HEADER_MISMATCH
            | RpcError::MISSING_CAPABILITY
            | RpcError::UNSUPPORTED_VERSION,
        ) => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    }
}

/// Whether the request is complete, and its headers say what its body says.
fn check(headers: &HeaderMap, request: &Request) -> Result<(), RpcError> {
    let Some(version) = request.meta.get(META_VERSION) else {
        let message = format!("`params._meta` must have `{META_VERSION}`");
        return Err(RpcError::new(RpcError::INVALID_PARAMS, message));
    };
    must_match(headers, VERSION, version.as_str())?;
    era::introduction(&request.meta)?;
    must_match(headers, METHOD, Some(&request.method))?;
    match subject(request) {
        Some(name) => must_match(headers, NAME, Some(name)),
        None => Ok(()),
    }
}

/// What `Mcp-Name` repeats. A body that lacks it is refused for that.
fn subject(request: &Request) -> Option<&str> {
    let key = match request.method.as_str() {
        "tools/call" | "prompts/get" => "name",
        "resources/read" => "uri",
        _ => return None,
    };
    request.params.get(key).and_then(Value::as_str)
}

/// What the headers repeat of a tool's arguments; the tool's definition says what they must.
fn repeated(headers: &HeaderMap) -> Repeated {
    let last = |name: &HeaderName| name.as_str().strip_prefix(PARAM).map(str::to_owned);
    let value = |name: &HeaderName| {
        let mut given = headers.get_all(name).iter();
        let only = given.next().filter(|_| given.next().is_none())?;
        decoded(std::str::from_utf8(only.as_bytes()).ok()?).map(Cow::into_owned)
    };
    headers.keys().filter_map(|name| Some((last(name)?, value(name)))).collect()
}

fn must_match(headers: &HeaderMap, name: &'static str, body: Option<&str>) -> Result<(), RpcError> {
    let mut given = headers.get_all(name).iter();
    let only = given.next().filter(|_| given.next().is_none());
    let said = only.and_then(|value| std::str::from_utf8(value.as_bytes()).ok()).and_then(decoded);
    if said.is_some() && said.as_deref() == body {
        return Ok(());
    }
    let message = format!("the header `{name}` must be there once and say what the body says");
    Err(RpcError::new(RpcError::HEADER_MISMATCH, message))
}

/// A header's value without blanks around it, and out of base64 where it says that it is. `None`: it is not.
fn decoded(value: &str) -> Option<Cow<'_, str>> {
    let value = value.trim();
    let Some(encoded) = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) else {
        return Some(value.into());
    };
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_be_wrapped_in_base64() {
        let said = |value| decoded(value).map(Cow::into_owned);
        assert_eq!(said("  Hello "), Some("Hello".to_owned()));
        assert_eq!(said("=?base64?SGVsbG8=?="), Some("Hello".to_owned()));
        for broken in ["=?base64?SGVsbG8?=", "=?base64?SGVs!!!bG8=?=", "=?base64?/w==?="] {
            assert_eq!(said(broken), None, "{broken}");
        }
        for literal in ["SGVsbG8=", "=?base64?SGVsbG8="] {
            assert_eq!(said(literal).as_deref(), Some(literal));
        }
    }
}
