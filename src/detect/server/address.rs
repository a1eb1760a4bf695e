//! Whom a server is reached at.

use std::net::IpAddr;

use super::Sign;

const ADDRESS: Sign = Sign {
    rule: "server.address",
    label: "address",
    score: 0.85,
    reason: "The server's address leads to a cloud's own data, hides its host, or is no web address.",
};
const PLAIN: Sign = Sign {
    rule: "server.plain-http",
    label: "address",
    score: 0.7,
    reason: "The server is reached over plain HTTP.",
};

pub(super) fn judge(url: &str) -> Option<Sign> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let name = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let is_metadata = name.starts_with("169.254.")
        || name.starts_with("metadata.")
        || name == "100.100.100.200"
        || host.contains("fd00:ec2");
    if !matches!(scheme, "http" | "https" | "ws" | "wss") || authority.contains('@') || is_metadata {
        Some(ADDRESS)
    } else {
        is_open(url).then_some(PLAIN)
    }
}

/// Whether an address says that all can be read on the way, over the networks of others.
pub(super) fn is_open(url: &str) -> bool {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("ws://"));
    rest.is_some_and(|rest| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        !is_near(authority.rsplit('@').next().unwrap_or_default())
    })
}

/// A host of this machine or of a network of one's own.
fn is_near(host: &str) -> bool {
    const NEAR: &[&str] =
        &[".local", ".internal", ".lan", ".corp", ".intranet", ".home.arpa", ".svc", ".localhost"];
    if let Some(six) = host.strip_prefix('[') {
        let address = six.split(']').next().unwrap_or_default().parse::<IpAddr>();
        return address.is_ok_and(|address| match address {
            IpAddr::V6(six) => six.is_loopback() || six.is_unique_local(),
            IpAddr::V4(_) => false,
        });
    }
    let name = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
    match name.parse::<IpAddr>() {
        Ok(IpAddr::V4(four)) => four.is_loopback() || four.is_private(),
        Ok(IpAddr::V6(_)) => false,
        Err(_) => !name.contains('.') || NEAR.iter().any(|end| name.ends_with(end)),
    }
}
