//! The client's address, through trusted proxies.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use ipnet::IpNet;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The client's address: the peer's, or behind a trusted proxy the last entry of `X-Forwarded-For` that is not a trusted proxy itself. If
/// the header cannot be parsed, or every entry is trusted, it is the peer's.
pub(super) fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    if !is_trusted(peer) {
        return peer;
    }
    for value in headers.get_all(FORWARDED_FOR).iter().rev() {
        let Ok(value) = value.to_str() else { return peer };
        for entry in value.rsplit(',') {
            let Some(address) = address(entry.trim()) else { return peer };
            if !is_trusted(address) {
                return address;
            }
        }
    }
    peer
}

/// The address of an entry: `192.0.2.1`, `[2001:db8::1]` or `2001:db8::1`, the first two also with a port, as some proxies write it. A
/// bare IPv6 address has no port, because its end cannot be told.
fn address(entry: &str) -> Option<IpAddr> {
    let bracketed = entry.strip_prefix('[').and_then(|entry| entry.strip_suffix(']'));
    let address = entry.parse().ok().or_else(|| Some(entry.parse::<SocketAddr>().ok()?.ip()));
    let address = address.or_else(|| Some(IpAddr::V6(bracketed?.parse().ok()?)));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwarded_address_counts_from_a_trusted_proxy_only() {
        let trusted: Vec<IpNet> = ["127.0.0.0/8", "10.0.0.0/8"].map(|it| it.parse().unwrap()).to_vec();
        for (peer, forwarded, expected) in [
            ("192.0.2.1", &["203.0.113.7"][..], "192.0.2.1"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            // The client's own entries come first and do not count.
            ("127.0.0.1", &["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
            ("127.0.0.1", &["198.51.100.1", "203.0.113.7"], "203.0.113.7"),
            ("127.0.0.1", &["203.0.113.7, 10.1.2.3,127.0.0.2"], "203.0.113.7"),
            ("::ffff:127.0.0.1", &["::ffff:203.0.113.7"], "203.0.113.7"),
            ("127.0.0.1", &["2001:db8::1"], "2001:db8::1"),
            ("127.0.0.1", &["10.1.2.3"], "127.0.0.1"),
            ("127.0.0.1", &["203.0.113.7:5000"], "203.0.113.7"),
            ("127.0.0.1", &["203.0.113.7, 10.1.2.3:80"], "203.0.113.7"),
            ("127.0.0.1", &["[2001:db8::1]"], "2001:db8::1"),
            ("127.0.0.1", &["[2001:db8::1]:443"], "2001:db8::1"),
            ("127.0.0.1", &["[::ffff:203.0.113.7]:443"], "203.0.113.7"),
            ("127.0.0.1", &["2001:db8::1:443"], "2001:db8::1:443"),
            ("127.0.0.1", &["203.0.113.7:"], "127.0.0.1"),
            ("127.0.0.1", &["203.0.113.7:port"], "127.0.0.1"),
            ("127.0.0.1", &["203.0.113.7:99999"], "127.0.0.1"),
            ("127.0.0.1", &["[203.0.113.7]"], "127.0.0.1"),
            ("127.0.0.1", &["[2001:db8::1"], "127.0.0.1"),
            ("127.0.0.1", &["203.0.113.7, unknown"], "127.0.0.1"),
            ("127.0.0.1", &["203.0.113.7, "], "127.0.0.1"),
            ("127.0.0.1", &["nonsense, 203.0.113.7"], "203.0.113.7"),
        ] {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append(FORWARDED_FOR, value.parse().unwrap());
            }
            let found = client_ip(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{peer} {forwarded:?}");
        }
    }
}
