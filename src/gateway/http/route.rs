//! Which path and method lead where, and that nobody gets far without a key.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use serde_json::json;

use super::body::Body;
use super::door::Grounds;
use super::post::{self, Visitor};
use super::refusal::{Refusal, plain};
use super::{Front, credentials, legacy, pages, standing};
use crate::auth::AuthFault;
use crate::config::Settings;
use crate::fault::ErrorCode;

const METHODS: &str = "POST, GET, DELETE";

const KEY_HINT: &str = "send the gateway key as `Authorization: Bearer KEY`, or in the header `apikey`";

pub(super) async fn answer(front: &Arc<Front>, peer: IpAddr, request: Request<Incoming>) -> Response<Body> {
    let answered = match request.uri().path() {
        "/mcp" | "/mcp/" => mcp(front, peer, request).await,
        "/health" => look(&request, || plain(StatusCode::OK, &json!({"status": "ok"}))),
        "/ready" => look(&request, || ready(front)),
        _ => {
            Err(Refusal::bad(StatusCode::NOT_FOUND, "there is nothing here").hint("MCP is served at `/mcp`"))
        }
    };
    answered.unwrap_or_else(|refusal| front.door.turn_away(refusal, peer))
}

async fn mcp(
    front: &Arc<Front>,
    peer: IpAddr,
    request: Request<Incoming>,
) -> Result<Response<Body>, Refusal> {
    let settings = front.gateway.parts.store.current();
    let headers = request.headers();
    front.hosts.check(request.uri(), headers, &settings.http)?;
    // From here on a page may read the answer, whatever it is.
    let page = pages::origin(headers);
    let answered = match pages::preflight(request.method(), headers, METHODS) {
        Some(response) => Ok(response),
        None => exchange(front, settings, request).await,
    };
    let Some(page) = page else { return answered };
    let mut response = answered.unwrap_or_else(|refusal| front.door.turn_away(refusal, peer));
    pages::open(&mut response, page);
    Ok(response)
}

async fn exchange(
    front: &Arc<Front>,
    settings: Arc<Settings>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Refusal> {
    let headers = request.headers();
    let visitor = identify(front, settings, headers).await?;
    let answered = match *request.method() {
        Method::POST => post::answer(front, &visitor, request).await,
        Method::GET => standing::open(front, &visitor, headers),
        Method::DELETE => legacy::end(front, &visitor, headers),
        _ => Err(Refusal::not_allowed(METHODS)),
    };
    answered.map_err(|refusal| refusal.of(&visitor.caller))
}

async fn identify(front: &Front, settings: Arc<Settings>, headers: &HeaderMap) -> Result<Visitor, Refusal> {
    let refused = || Refusal::unauthorized("authentication failed", Some(KEY_HINT.to_owned()));
    let because = |reason: &str| Grounds { reason: Some(reason.to_owned()), ..Grounds::default() };
    let credentials = credentials::read(headers).map_err(|unclear| refused().because(because(unclear.0)))?;
    let end = &front.gateway.parts.end;
    let caller = match front.gateway.admit(&credentials, &settings, end).await {
        Ok(caller) => caller,
        Err(fault) => {
            let grounds = Grounds {
                key: Some(credentials.hint()),
                user: fault.user().map(str::to_owned),
                ..because(fault.reason())
            };
            let status = StatusCode::SERVICE_UNAVAILABLE;
            let refusal = match &fault {
                AuthFault::Refused { .. } => refused(),
                AuthFault::Unavailable { .. } => {
                    Refusal::new(status, ErrorCode::AuthFailed, fault.to_string()).later(5)
                }
            };
            return Err(refusal.because(grounds));
        }
    };
    let key = credentials.key.ok_or_else(refused)?.digest();
    Ok(Visitor { caller, key, settings })
}

fn look(
    request: &Request<Incoming>,
    answer: impl FnOnce() -> Response<Body>,
) -> Result<Response<Body>, Refusal> {
    match *request.method() {
        Method::GET | Method::HEAD => Ok(answer()),
        _ => Err(Refusal::not_allowed("GET, HEAD")),
    }
}

fn ready(front: &Front) -> Response<Body> {
    if front.draining.is_cancelled() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, &json!({"status": "draining"}));
    }
    plain(StatusCode::OK, &json!({"status": "ready"}))
}
