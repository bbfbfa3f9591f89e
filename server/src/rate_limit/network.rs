//! The network of one client, which shares a rate limit.

use std::net::IpAddr;

use ipnet::IpNet;

/// The prefix length of an IPv6 network that belongs to one customer.
const IPV6_PREFIX: u8 = 64;

/// The network of one client: an IPv4 address, or a /64 of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Network(IpNet);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        let address = address.to_canonical();
        let length = if address.is_ipv4() { 32 } else { IPV6_PREFIX };
        Self(IpNet::new_assert(address, length).trunc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv6_addresses_of_a_64_are_one_client() {
        let network = |text: &str| Network::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.1"));
    }
}
