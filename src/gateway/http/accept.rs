//! Which forms of body and answer the two sides can use.

use hyper::header::{ACCEPT, CONTENT_TYPE};
use hyper::{HeaderMap, StatusCode};

use super::refusal::Refusal;

pub(super) const EVENTS: &str = "text/event-stream";
const JSON: &str = "application/json";

/// A message is JSON, and its answer is JSON or a stream, as we choose.
pub(super) fn message(headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !essence(given).eq_ignore_ascii_case(JSON) {
        let message = "`Content-Type` must be `application/json`";
        return Err(Refusal::bad(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    if !(takes(headers, JSON) && takes(headers, EVENTS)) {
        let message = "`Accept` must have both `application/json` and `text/event-stream`";
        return Err(Refusal::bad(StatusCode::NOT_ACCEPTABLE, message));
    }
    Ok(())
}

pub(super) fn stream(headers: &HeaderMap) -> Result<(), Refusal> {
    if takes(headers, EVENTS) {
        return Ok(());
    }
    Err(Refusal::bad(StatusCode::NOT_ACCEPTABLE, "`Accept` must have `text/event-stream`"))
}

/// A client that names nothing takes everything.
fn takes(headers: &HeaderMap, wanted: &str) -> bool {
    let family = wanted.split('/').next().unwrap_or_default();
    let fits = |given: &str| {
        let (kind, form) = essence(given).split_once('/').unwrap_or_default();
        let exact = essence(given).eq_ignore_ascii_case(wanted);
        exact || (form == "*" && (kind == "*" || kind.eq_ignore_ascii_case(family)))
    };
    let mut values = headers.get_all(ACCEPT).iter().peekable();
    values.peek().is_none()
        || values.any(|value| value.to_str().is_ok_and(|value| value.split(',').any(fits)))
}

fn essence(given: &str) -> &str {
    given.split(';').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    #[test]
    fn both_forms_must_be_welcome() {
        let passes = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            message(&headers).is_ok()
        };
        for accept in [
            "application/json, text/event-stream",
            "*/*",
            "text/*;q=0.5,application/*",
            "Application/JSON,TEXT/event-stream",
        ] {
            assert!(passes(accept), "{accept}");
        }
        for accept in ["application/json", "text/event-stream", "text/html, image/*", ""] {
            assert!(!passes(accept), "{accept}");
        }
    }
}
