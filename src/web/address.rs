//! Which addresses belong to this machine or to a network around it, and a look-up of names that leaves them out.
//!
//! The look-up is the client's own, so the address that was judged is the address that is connected to: a name
//! cannot mean something else a moment later.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Every address of a name was private.
#[derive(Debug, thiserror::Error)]
#[error("a private address")]
pub struct PrivateAddress;

#[derive(Debug, thiserror::Error)]
#[error("no address")]
pub struct NoAddress(#[source] std::io::Error);

/// Looks names up as the system does.
pub(super) struct Lookup {
    pub(super) allow_private: bool,
}

impl Resolve for Lookup {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(NoAddress)?;
            let mut found: Vec<SocketAddr> = found.collect();
            if !allow_private {
                found.retain(|address| !is_private(address.ip()));
                if found.is_empty() {
                    return Err(PrivateAddress.into());
                }
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// The host of a URL where it is an address itself: no name is looked up for such a one.
pub(super) fn literal(url: &reqwest::Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Anything that is not an address in the public network for one receiver.
pub(super) fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => is_private_v6(address),
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19))
        // A cloud's metadata service that sits in a public range.
        || address == Ipv4Addr::new(168, 63, 129, 16)
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, ..] = address.segments();
    if let Some(inner) = embedded(address) {
        return is_private_v4(inner);
    }
    address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        // Site-local, discard-only, Teredo (which hides an IPv4 address), local NAT64 and documentation.
        || a & 0xffc0 == 0xfec0
        || (a == 0x0100 && b == 0 && c == 0)
        || (a == 0x2001 && b == 0)
        || (a == 0x0064 && b == 0xff9b)
        || (a == 0x2001 && b == 0x0db8)
        || (a == 0x3fff && b < 0x1000)
}

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, NAT64 or 6to4.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let at = |start: usize| {
        let octets: [u8; 4] = address.octets()[start..start + 4].try_into().ok()?;
        Some(Ipv4Addr::from(octets))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x0064, 0xff9b, 0, 0, 0, 0, ..] => at(12),
        [0, 0, 0, 0, 0, 0, high, _] if high != 0 => at(12),
        [0x2002, ..] => at(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_own_networks_are_private() {
        for address in [
            "127.0.0.1",
            "127.255.0.3",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "192.0.0.192",
            "198.18.0.1",
            "168.63.129.16",
            "::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "::",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001:db8::1",
        ] {
            assert!(is_private(address.parse().expect("an address")), "{address}");
        }
    }

    #[test]
    fn addresses_of_the_public_network_are_not() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "192.167.1.1",
            "198.20.0.1",
            "2606:4700::1111",
            "2002:0808:0808::",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert!(!is_private(address.parse().expect("an address")), "{address}");
        }
    }

    #[test]
    fn an_address_is_known_in_every_spelling() {
        let private = [
            "http://127.1/",
            "http://0x7f000001/",
            "http://2130706433/",
            "http://[::ffff:7f00:1]/",
            "http://017700000001:80/",
        ];
        for url in private {
            let url = reqwest::Url::parse(url).expect("an address");
            assert!(literal(&url).is_some_and(is_private), "{url}");
        }
        assert_eq!(literal(&reqwest::Url::parse("http://localhost/").expect("an address")), None);
    }
}
