//! What a browser asks before it lets a page speak with the gateway, for pages whose origin `hosts.rs` has let in.
//!
//! The origin is named as it was sent: a wildcard would open the gateway to any page, and takes no keys.

use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN, VARY,
};
use hyper::{HeaderMap, Method, Response, StatusCode};

use super::body::Body;
use super::refusal::empty;

/// Those of MCP, of both eras, and those that a key may come in.
const TAKEN: &str = "authorization, apikey, enkrypt_gateway_key, project_id, user_id, content-type, accept, \
    mcp-session-id, mcp-protocol-version, last-event-id, mcp-method, mcp-name";

/// Before the name of an argument that a request repeats in a header.
const REPEATED: &str = "mcp-param-";

/// What a page may read of an answer beside its body.
const SHOWN: &str = "mcp-session-id, retry-after, www-authenticate";

/// In seconds; browsers keep an answer for two hours at the most.
const LASTING: u16 = 600;

/// Of a request that a page makes: where the page is from.
pub(super) fn origin(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut given = headers.get_all(ORIGIN).iter();
    given.next().filter(|_| given.next().is_none()).cloned()
}

/// The answer to a question of the browser itself, which has no key.
pub(super) fn preflight(
    method: &Method,
    headers: &HeaderMap,
    allowed: &'static str,
) -> Option<Response<Body>> {
    let asks = method == Method::OPTIONS
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        && headers.contains_key(ORIGIN);
    asks.then(|| {
        let mut response = empty(StatusCode::NO_CONTENT);
        let told = response.headers_mut();
        told.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(allowed));
        told.insert(ACCESS_CONTROL_ALLOW_HEADERS, taken(headers));
        told.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(LASTING));
        response
    })
}

/// Lets the page read the answer.
pub(super) fn open(response: &mut Response<Body>, origin: HeaderValue) {
    let told = response.headers_mut();
    told.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    told.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(SHOWN));
    told.append(VARY, HeaderValue::from_static("Origin"));
}

/// With those that repeat arguments, of the headers asked for: their names are the tools' own.
fn taken(headers: &HeaderMap) -> HeaderValue {
    let asked =
        headers.get_all(ACCESS_CONTROL_REQUEST_HEADERS).iter().filter_map(|value| value.to_str().ok());
    let is_token =
        |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let repeated = asked
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(is_token)
        .map(str::to_ascii_lowercase)
        .filter(|name| name.starts_with(REPEATED));
    let names: Vec<String> = std::iter::once(TAKEN.to_owned()).chain(repeated).collect();
    HeaderValue::from_str(&names.join(", ")).unwrap_or_else(|_| HeaderValue::from_static(TAKEN))
}
