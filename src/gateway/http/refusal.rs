//! Every answer that is no result of a request: refusals in one shape, and the few plain ones.

use hyper::body::Bytes;
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use serde_json::Value;

use super::body::Body;
use super::door::Grounds;
use crate::fault::{ErrorCode, Failure};
use crate::gateway::reply::Problem;
use crate::ids::RequestId;
use crate::rpc::{Frame, RpcError};
use crate::scope::Caller;

/// The words with which a request is turned away before it is worked on.
pub(super) struct Refusal {
    status: StatusCode,
    failure: Failure,
    header: Option<Header>,
    /// Nothing more can be read from this connection.
    closes: bool,
    grounds: Box<Grounds>,
}

/// What some statuses come with.
enum Header {
    Authenticate,
    Allow(&'static str),
    /// In seconds.
    RetryAfter(u16),
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            status,
            failure: Failure::new(code, message),
            header: None,
            closes: false,
            grounds: Box::default(),
        }
    }

    /// What the client did is at odds with the protocol.
    pub(super) fn bad(status: StatusCode, message: impl Into<String>) -> Self {
        Self::new(status, ErrorCode::InvalidArguments, message)
    }

    pub(super) fn unauthorized(message: impl Into<String>, hint: Option<String>) -> Self {
        let failure = Failure { hint, ..Failure::new(ErrorCode::AuthFailed, message) };
        let header = Some(Header::Authenticate);
        Self { status: StatusCode::UNAUTHORIZED, failure, header, closes: false, grounds: Box::default() }
    }

    pub(super) fn too_many(message: impl Into<String>, seconds: u16) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, ErrorCode::LimitExceeded, message).later(seconds)
    }

    pub(super) fn not_allowed(allowed: &'static str) -> Self {
        Self::bad(StatusCode::METHOD_NOT_ALLOWED, "this path does not take that method")
            .with(Header::Allow(allowed))
    }

    pub(super) fn draining() -> Self {
        let message = "the gateway is about to end and takes no new requests";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::LimitExceeded, message).later(5)
    }

    pub(super) fn later(self, seconds: u16) -> Self {
        self.with(Header::RetryAfter(seconds))
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.failure = self.failure.hint(hint);
        self
    }

    pub(super) fn closing(mut self) -> Self {
        self.closes = true;
        self
    }

    pub(super) fn because(mut self, grounds: Grounds) -> Self {
        *self.grounds = grounds;
        self
    }

    /// Of somebody whose key holds.
    pub(super) fn of(mut self, caller: &Caller) -> Self {
        self.grounds.key.get_or_insert_with(|| caller.key_hint.clone());
        self.grounds.user = self.grounds.user.or_else(|| caller.user.as_ref().map(ToString::to_string));
        self
    }

    pub(super) fn grounds(&self) -> &Grounds {
        &self.grounds
    }

    /// What the client is told.
    pub(super) fn said(&self) -> (StatusCode, ErrorCode, &str) {
        (self.status, self.failure.code, &self.failure.message)
    }

    fn with(mut self, header: Header) -> Self {
        self.header = Some(header);
        self
    }

    pub(super) fn into_response(self, id: &RequestId) -> Response<Body> {
        let error = Problem::from(self.failure).into_error(RpcError::INVALID_REQUEST, id);
        let mut response = json_text(self.status, Frame::error(None, &error).text);
        let header = match self.header {
            None => None,
            Some(Header::Authenticate) => Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            Some(Header::Allow(methods)) => Some((ALLOW, HeaderValue::from_static(methods))),
            Some(Header::RetryAfter(seconds)) => Some((RETRY_AFTER, HeaderValue::from(seconds))),
        };
        response.headers_mut().extend(header);
        if self.closes {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

pub(super) fn plain(status: StatusCode, body: &Value) -> Response<Body> {
    json_text(status, body.to_string().into_bytes())
}

pub(super) fn json_text(status: StatusCode, text: Vec<u8>) -> Response<Body> {
    json(status, text.into())
}

pub(super) fn json(status: StatusCode, text: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::Whole(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::whole(Vec::new()));
    *response.status_mut() = status;
    response
}
