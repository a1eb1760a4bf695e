//! Which names this gateway goes by: a page that makes a browser believe otherwise is refused.

use std::net::IpAddr;

use hyper::HeaderMap;
use hyper::header::{HOST, ORIGIN};
use hyper::{StatusCode, Uri};

use super::door::Grounds;
use super::refusal::Refusal;
use crate::config::HttpSettings;
use crate::fault::{self, ErrorCode};

/// The place that the listener was told to take.
#[derive(Clone, Debug)]
pub(super) struct Hosts {
    name: String,
    address: IpAddr,
}

impl Hosts {
    pub(super) fn new(name: &str, address: IpAddr) -> Self {
        Self { name: name.to_ascii_lowercase(), address }
    }

    /// Ports say nothing here: a proxy in front has its own.
    pub(super) fn check(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        settings: &HttpSettings,
    ) -> Result<(), Refusal> {
        let mut given = headers.get_all(HOST).iter();
        let (Some(host), None) = (given.next(), given.next()) else {
            return Err(Refusal::bad(StatusCode::BAD_REQUEST, "there must be one `Host` header"));
        };
        let given = host.to_str().unwrap_or_default();
        let host = host_name(given);
        let known = |host: &str| self.goes_by(host) || settings.allowed_hosts.iter().any(|name| name == host);
        let Some(host) = host.filter(|host| known(host)) else {
            return Err(refused("Host", "`allowed_hosts`", given));
        };
        // A request to a proxy names its host a second time.
        if uri.host().is_some_and(|named| host_name(named).as_ref() != Some(&host)) {
            return Err(refused("Host", "`allowed_hosts`", given));
        }
        for origin in headers.get_all(ORIGIN) {
            let origin = origin.to_str().unwrap_or_default().to_ascii_lowercase();
            if !settings.allowed_origins.contains(&origin) {
                let page = origin.split_once("://").and_then(|(_, rest)| host_name(rest));
                let same = page.is_some_and(|page| page == host || (self.is_local() && is_loopback(&page)));
                if !same {
                    return Err(refused("Origin", "`allowed_origins`", &origin));
                }
            }
        }
        Ok(())
    }

    fn is_local(&self) -> bool {
        self.address.is_loopback()
    }

    /// A name server can be made to say anything of a name, but nothing of an address.
    fn goes_by(&self, host: &str) -> bool {
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        is_loopback(host) || host == self.name || address.is_some_and(|address| self.has(address))
    }

    fn has(&self, address: IpAddr) -> bool {
        address == self.address || self.address.is_unspecified()
    }
}

fn is_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

/// The name of `name:port`, in lower case.
fn host_name(authority: &str) -> Option<String> {
    let name = match authority.strip_prefix('[') {
        Some(rest) => &authority[..rest.find(']')? + 2],
        None => authority.split(':').next()?,
    };
    let rest = &authority[name.len()..];
    let port = rest.is_empty() || rest.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    (!name.is_empty() && port).then(|| name.to_ascii_lowercase())
}

fn refused(header: &str, key: &str, place: &str) -> Refusal {
    /// Enough to see which proxy it was.
    const LONGEST: usize = 100;
    let message = format!("the `{header}` header names a place that this gateway does not go by");
    Refusal::new(StatusCode::FORBIDDEN, ErrorCode::AuthFailed, message)
        .hint(format!("add it to {key} in `common_mcp_gateway_config` if it is yours"))
        .because(Grounds { place: Some(fault::shown(place, LONGEST)), ..Grounds::default() })
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn passes(bound: &Hosts, host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(host).expect("a value"));
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_str(origin).expect("a value"));
        }
        let settings = HttpSettings {
            allowed_hosts: vec!["proxy.example".to_owned()],
            allowed_origins: vec!["https://app.example".to_owned()],
        };
        bound.check(&Uri::from_static("/mcp"), &headers, &settings).is_ok()
    }

    #[test]
    fn a_local_gateway_goes_by_local_names() {
        let local = Hosts::new("127.0.0.1", [127, 0, 0, 1].into());
        for host in ["localhost", "LOCALHOST:1", "127.0.0.1:8000", "[::1]:8000", "proxy.example:443"] {
            assert!(passes(&local, host, None), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil",
            "10.0.0.1",
            "",
            "localhost:x",
            "[::1",
        ] {
            assert!(!passes(&local, host, None), "{host}");
        }
        for (origin, fine) in [
            ("http://localhost:6274", true),
            ("http://127.0.0.1", true),
            ("https://app.example", true),
            ("https://app.example.evil", false),
            ("http://evil.example", false),
            ("null", false),
            ("http://localhost@evil.example", false),
        ] {
            assert_eq!(passes(&local, "localhost:8000", Some(origin)), fine, "{origin}");
        }
    }

    #[test]
    fn a_gateway_on_all_addresses_goes_by_addresses_and_by_names_that_were_allowed() {
        let open = Hosts::new("0.0.0.0", [0, 0, 0, 0].into());
        assert!(passes(&open, "10.1.2.3:8000", None) && passes(&open, "proxy.example", None));
        assert!(!passes(&open, "evil.example:8000", None));
        assert!(passes(&open, "10.1.2.3", Some("http://10.1.2.3:8000")));
        assert!(!passes(&open, "10.1.2.3", Some("http://10.9.9.9")));
        let named = Hosts::new("gateway.example", [10, 0, 0, 5].into());
        assert!(passes(&named, "Gateway.example:8000", None) && passes(&named, "10.0.0.5", None));
        assert!(!passes(&named, "10.0.0.6", None));
    }
}
