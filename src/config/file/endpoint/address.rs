//! `config` of a server that is reached by its `url`: the address, and the headers that are sent there.
//!
//! What is wrong is said by its path alone: an address may hold a credential as well as a header does.

use std::collections::HashSet;

use reqwest::header::{HeaderName, HeaderValue};

use super::super::secrets::Secrets;
use super::{hidden, parts};
use crate::config::node::Node;
use crate::config::secretref::Resolved;
use crate::config::{Remote, RemoteTransport};
use crate::secret::{Masker, SecretValue, mask_url};

/// What the protocol and the connection say for themselves.
const OWNED: [&str; 17] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "last-event-id",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

const OWNED_PREFIX: &str = "mcp-";

/// The server, unless something about it is wrong. `address` is the spelling of `url` that the file uses.
pub(super) fn read(
    config: &Node<'_>,
    address: &'static str,
    transport: RemoteTransport,
    headers: Vec<(String, Resolved)>,
    own: &Secrets,
) -> Option<Remote> {
    let allow_private = config.flag("allow_private").unwrap_or(false);
    let url = url(config, address);
    let mut secrets: Vec<SecretValue> = Vec::new();
    for (_, found) in &headers {
        secrets.extend(parts(found.value.expose()));
        secrets.extend(found.secrets.iter().flat_map(|secret| parts(secret.expose())));
    }
    let headers = self::headers(config, headers);
    let url = url?;
    let shown = own.masker().hide(&mask_url(&url));
    secrets.extend(hidden(&url, &shown));
    secrets.extend(own.values());
    if url.starts_with("http://") && !headers.is_empty() && !allow_private {
        let path = config.path(address);
        config.notes().warn(format!("`{path}`: the `headers` travel unencrypted over `http://`"));
    }
    let masker = Masker::new(secrets);
    Some(Remote { url: url.into(), shown, transport, headers, allow_private, masker })
}

fn url(config: &Node<'_>, key: &'static str) -> Option<String> {
    if config.get(key).is_none() {
        config.problem(key, "expected an address that starts with `https://` or `http://`");
    }
    let text = config.text(key)?;
    if text.contains("${") {
        config.problem(key, "expected an address without references: they are followed in `headers`");
        return None;
    }
    let parsed = reqwest::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(mut parsed) = parsed.filter(reqwest::Url::has_host) else {
        config.problem(key, "expected an address that starts with `https://` or `http://`");
        return None;
    };
    if !parsed.username().is_empty() || parsed.password().is_some() {
        config.problem(key, "expected an address without a user name or password: send them in `headers`");
        return None;
    }
    parsed.set_fragment(None);
    Some(parsed.into())
}

fn headers(config: &Node<'_>, written: Vec<(String, Resolved)>) -> Vec<(String, SecretValue)> {
    let section = config.section("headers");
    let mut names = HashSet::new();
    for (at, (name, found)) in written.iter().enumerate() {
        let Ok(parsed) = HeaderName::from_bytes(name.as_bytes()) else {
            // What is no name may be a whole header, credential and all.
            let number = at + 1;
            config.problem("headers", format!("expected the name of an HTTP header in entry {number}"));
            continue;
        };
        if OWNED.contains(&parsed.as_str()) || parsed.as_str().starts_with(OWNED_PREFIX) {
            section.problem(name, "expected no header that the protocol or the connection sets itself");
        }
        if HeaderValue::from_str(found.value.expose()).is_err() {
            section.problem(name, "expected one line of printable ASCII text");
        }
        if !names.insert(parsed) {
            section.problem(name, "expected a name that no other header has, in whatever case");
        }
    }
    written.into_iter().map(|(name, found)| (name, found.value)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::config::environment::Environment;
    use crate::config::node::Notes;

    fn parsed(config: &Value) -> (Option<Remote>, Vec<String>) {
        let env = Environment::from_pairs([("TOKEN", "s3cret-token-value")]);
        let notes = Notes::default();
        let node = Node::open(config, "config".to_owned(), &notes).expect("an object");
        let headers = super::super::values(&node, "headers", &env);
        let remote = read(&node, "url", RemoteTransport::Sse, headers, &Secrets::default());
        let problems = notes.into_parts().0;
        (remote, problems.into_iter().map(|problem| problem.to_string()).collect())
    }

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        let headers = json!({"Authorization": "Bearer ${TOKEN}", "X-Port": 1});
        let (remote, problems) =
            parsed(&json!({"url": "https://h/x?token=hunter2-pass#f", "headers": headers}));
        let remote = remote.expect("an address");
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!((remote.shown.as_str(), remote.allow_private), ("https://h/x?token=****", false));
        assert_eq!(remote.headers[1].1.expose(), "1");
        assert_eq!(remote.masker.mask("hunter2-pass s3cret-token-value"), "**** ****");
        let printed = format!("{remote:?}");
        assert!(!printed.contains("hunter2") && !printed.contains("s3cret"), "{printed}");
    }

    #[test]
    fn what_is_wrong_is_said_by_its_path() {
        let headers = |headers: Value| json!({"url": "https://h/", "headers": headers});
        for (config, expected) in [
            (json!({}), "config.url: expected an address that starts"),
            (json!({"url": "ftp://hunter2/"}), "config.url: expected an address that starts"),
            (json!({"url": "https://"}), "config.url: expected an address that starts"),
            (json!({"url": "https://u:hunter2@h/"}), "config.url: expected an address without a user name"),
            (json!({"url": "https://h/${TOKEN}"}), "config.url: expected an address without references"),
            (headers(json!({"Host": "hunter2"})), "config.headers.Host: expected no header that"),
            (headers(json!({"mcp-session-id": "x"})), "config.headers.mcp-session-id: expected no header"),
            (
                headers(json!({"A: hunter2": "x"})),
                "config.headers: expected the name of an HTTP header in entry 1",
            ),
            (headers(json!({"A": "hunter2\nx"})), "config.headers.A: expected one line"),
            (headers(json!({"A": "x", "a": "y"})), "config.headers.a: expected a name that no other"),
        ] {
            let (_, problems) = parsed(&config);
            assert_eq!(problems.len(), 1, "{config}: {problems:?}");
            assert!(problems[0].starts_with(expected) && !problems[0].contains("hunter2"), "{problems:?}");
        }
    }
}
