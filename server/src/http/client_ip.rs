//! The client's address, through trusted proxies.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::HeaderMap;
use ipnet::IpNet;
use tracing::warn;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The client's address: the peer's, or behind a trusted proxy the last entry of `X-Forwarded-For` that is not a trusted proxy itself. If
/// every entry is trusted, it is the peer's.
///
/// # Errors
/// If the header cannot be parsed. It is the peer's, then.
pub(super) fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Result<IpAddr, Unreadable> {
    let peer = peer.to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    if !is_trusted(peer) {
        return Ok(peer);
    }
    for value in headers.get_all(FORWARDED_FOR).iter().rev() {
        let value = value.to_str().map_err(|_| Unreadable { peer })?;
        for entry in value.rsplit(',') {
            let address = address(entry.trim()).ok_or(Unreadable { peer })?;
            if !is_trusted(address) {
                return Ok(address);
            }
        }
    }
    Ok(peer)
}

/// An `X-Forwarded-For` of a trusted proxy that cannot be parsed.
#[derive(Debug)]
pub(super) struct Unreadable {
    /// The proxy.
    pub(super) peer: IpAddr,
}

/// A warning about unreadable headers, at most once a minute.
#[derive(Debug, Default)]
pub(super) struct Warning(Mutex<Option<Instant>>);

impl Warning {
    const INTERVAL: Duration = Duration::from_secs(60);

    /// The address of the proxy, in place of the address of the client. The text of the header is the client's, and is not logged.
    pub(super) fn about(&self, Unreadable { peer }: &Unreadable) -> IpAddr {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| last.elapsed() >= Self::INTERVAL) {
            *last = Some(Instant::now());
            warn!(proxy = %peer, "X-Forwarded-For of a trusted proxy is unreadable; its clients count as one");
        }
        *peer
    }
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
        const UNREADABLE: &str = "";
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
            ("127.0.0.1", &["203.0.113.7:"], UNREADABLE),
            ("127.0.0.1", &["203.0.113.7:port"], UNREADABLE),
            ("127.0.0.1", &["203.0.113.7:99999"], UNREADABLE),
            ("127.0.0.1", &["[203.0.113.7]"], UNREADABLE),
            ("127.0.0.1", &["[2001:db8::1"], UNREADABLE),
            ("127.0.0.1", &["203.0.113.7, unknown"], UNREADABLE),
            ("127.0.0.1", &["203.0.113.7, "], UNREADABLE),
            ("127.0.0.1", &[""], UNREADABLE),
            ("127.0.0.1", &["_hidden"], UNREADABLE),
            ("127.0.0.1", &["\"203.0.113.7\""], UNREADABLE),
            ("127.0.0.1", &["\"[2001:db8::1]:443\""], UNREADABLE),
            ("127.0.0.1", &["for=203.0.113.7"], UNREADABLE),
            ("127.0.0.1", &["fe80::1%eth0"], UNREADABLE),
            ("127.0.0.1", &["203.0.113.7 10.1.2.3"], UNREADABLE),
            ("127.0.0.1", &["203.0.113.007"], UNREADABLE),
            ("127.0.0.1", &["0xcb007107"], UNREADABLE),
            ("127.0.0.1", &["nonsense, 10.1.2.3"], UNREADABLE),
            ("127.0.0.1", &["nonsense, 203.0.113.7"], "203.0.113.7"),
        ] {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append(FORWARDED_FOR, value.parse().unwrap());
            }
            let found = client_ip(peer.parse().unwrap(), &headers, &trusted).ok();
            assert_eq!(found, expected.parse::<IpAddr>().ok(), "{peer} {forwarded:?}");
        }
    }
}
