//! What a caller shows in its headers. The environment is never asked.

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;

use crate::auth::Credentials;
use crate::secret::GatewayKey;

const KEY_HEADERS: [&str; 2] = ["apikey", "enkrypt_gateway_key"];

/// Why it is not clear what is shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unclear(pub(super) &'static str);

const UNREADABLE: Unclear = Unclear("a header with a key, project or user is no text");
const NO_BEARER: Unclear = Unclear("`Authorization` is not `Bearer` and a key");
const SEVERAL: Unclear = Unclear("the headers show several keys");
const TWICE: Unclear = Unclear("a header for project or user is there twice");

pub(super) fn read(headers: &HeaderMap) -> Result<Credentials, Unclear> {
    let mut keys = Vec::new();
    for value in headers.get_all(AUTHORIZATION) {
        let value = value.to_str().map_err(|_| UNREADABLE)?;
        let (scheme, token) = value.trim().split_once(' ').ok_or(NO_BEARER)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(NO_BEARER);
        }
        keys.push(token.trim());
    }
    for name in KEY_HEADERS {
        for value in headers.get_all(name) {
            keys.push(value.to_str().map_err(|_| UNREADABLE)?.trim());
        }
    }
    let mut keys = keys.into_iter().filter(|key| !key.is_empty()).map(GatewayKey::from);
    let key = keys.next();
    if let Some(key) = &key {
        let digest = key.digest();
        // Which of two keys is meant is not for us to guess.
        if keys.any(|other| !other.digest().matches(&digest)) {
            return Err(SEVERAL);
        }
    }
    let project = one(headers, "project_id")?.map(Into::into);
    let user = one(headers, "user_id")?.map(Into::into);
    Ok(Credentials { key, project, user })
}

/// The header that may stand once.
fn one<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, Unclear> {
    let mut values = headers.get_all(name).iter();
    let first =
        values.next().map(|value| value.to_str().map(str::trim)).transpose().map_err(|_| UNREADABLE)?;
    if values.next().is_some() {
        return Err(TWICE);
    }
    Ok(first.filter(|value| !value.is_empty() && *value != "not_provided"))
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let header = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_bytes(name.as_bytes()).expect("a name"), HeaderValue::from_static(value))
        };
        pairs.iter().map(header).collect()
    }

    fn hint(pairs: &[(&'static str, &'static str)]) -> Option<String> {
        read(&headers(pairs)).ok()?.key.map(|key| key.hint())
    }

    #[test]
    fn a_key_has_three_places_and_no_two_may_differ() {
        let key = "correct-horse-KEQ5";
        for name in ["apikey", "ENKRYPT_GATEWAY_KEY"] {
            assert_eq!(hint(&[(name, key)]).as_deref(), Some("****KEQ5"), "{name}");
        }
        assert_eq!(
            hint(&[("authorization", "bearer correct-horse-KEQ5"), ("apikey", key)]),
            Some("****KEQ5".into())
        );
        assert_eq!(hint(&[("authorization", "Bearer other"), ("apikey", key)]), None);
        assert_eq!(hint(&[("apikey", "other"), ("apikey", key)]), None);
        assert_eq!(hint(&[("authorization", "Basic dTpw"), ("apikey", key)]), None);
        assert!(read(&headers(&[])).expect("nothing is no contradiction").key.is_none());
    }

    #[test]
    fn project_and_user_may_be_given_once() {
        let given = read(&headers(&[("project_id", "p"), ("user_id", "not_provided")])).expect("readable");
        assert_eq!((given.project, given.user), (Some("p".into()), None));
        assert_eq!(read(&headers(&[("user_id", "a"), ("user_id", "b")])).err(), Some(TWICE));
    }
}
