//! The caches: how long an entry lives, and whether a Redis or `KeyDB` server holds it.
//!
//! `enkrypt_cache_host` may be a bare name or an address with a scheme; `rediss://` asks for TLS.

use std::time::Duration;

use super::super::{CacheSettings, CacheStore, RedisSettings};
use super::resolve;
use crate::config::environment::Environment;
use crate::config::node::Node;
use crate::secret::SecretValue;

const HOURS: f64 = 3_600.0;
const MINUTES: f64 = 60.0;
const TOOLS_TTL: Duration = Duration::from_secs(4 * 3_600);

pub(super) fn read(node: &Node<'_>, env: &Environment) -> CacheSettings {
    let minutes = node.span("enkrypt_gateway_cache_expiration_minutes", MINUTES);
    let hours = node.span("enkrypt_gateway_cache_expiration", HOURS);
    CacheSettings {
        tools_ttl: node.span("enkrypt_tool_cache_expiration", HOURS).unwrap_or(TOOLS_TTL),
        config_ttl: minutes.or(hours),
        store: store(node, env),
    }
}

fn store(node: &Node<'_>, env: &Environment) -> CacheStore {
    let external = node.flag("enkrypt_mcp_use_external_cache").unwrap_or(false);
    let address = node.filled("enkrypt_cache_host").map_or(Some(Address::local()), |host| {
        let address = Address::parse(host);
        if address.is_none() {
            let expected = "expected a host, with `redis://` or `rediss://` before it and `:PORT` after it if need be; \
                            user, password and database have keys of their own";
            node.problem("enkrypt_cache_host", expected);
        }
        address
    });
    let port = node.whole("enkrypt_cache_port", 1..=65_535).and_then(|port| u16::try_from(port).ok());
    let db = node.whole("enkrypt_cache_db", 0..=u64::from(u32::MAX)).and_then(|db| u32::try_from(db).ok());
    let tls = node.flag("enkrypt_cache_tls").unwrap_or(false);
    let password = node.text("enkrypt_cache_password").filter(|password| !password.is_empty());
    let Some(address) = address.filter(|_| external) else { return CacheStore::Local };
    CacheStore::External(RedisSettings {
        host: address.host,
        port: address.port.or(port).unwrap_or(6379),
        db: db.unwrap_or(0),
        password: password.and_then(|text| secret(text, node, env)),
        tls: tls || address.tls,
    })
}

fn secret(text: &str, node: &Node<'_>, env: &Environment) -> Option<SecretValue> {
    resolve(text, &node.path("enkrypt_cache_password"), node.notes(), env).map(|resolved| resolved.value)
}

#[derive(Debug, PartialEq)]
struct Address {
    host: String,
    port: Option<u16>,
    tls: bool,
}

impl Address {
    fn local() -> Self {
        Self { host: "localhost".to_owned(), port: None, tls: false }
    }

    fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.trim().split_once("://").unwrap_or(("redis", text.trim()));
        let tls = match scheme {
            "redis" => false,
            "rediss" => true,
            _ => return None,
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        // An IPv6 address without brackets has colons, but no port.
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, Some(port.parse().ok().filter(|port| *port > 0)?))
            }
            _ => (rest, None),
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let plain =
            !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "._-:%".contains(c));
        plain.then(|| Self { host: host.to_owned(), port, tls })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_host_may_be_an_address() {
        let address = |host: &str, port, tls| Some(Address { host: host.to_owned(), port, tls });
        for (text, expected) in [
            ("localhost", address("localhost", None, false)),
            ("redis://cache.local:6380", address("cache.local", Some(6380), false)),
            ("rediss://cache.local/", address("cache.local", None, true)),
            ("::1", address("::1", None, false)),
            ("[::1]:6379", address("::1", Some(6379), false)),
            ("redis://user:pass@host", None),
            ("http://host", None),
            ("host:0", None),
            ("host/1", None),
        ] {
            assert_eq!(Address::parse(text), expected, "{text}");
        }
    }
}
