//! Addresses to listen on.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::str::FromStr;

/// The forms of an address, at the end of every error.
const FORMS: &str =
    "the forms are 127.0.0.1:8080, [::1]:8080, localhost:8080, and :8080 for all addresses of the machine";

/// An address to listen on, with a port.
///
/// Port 0 selects a free port. A name is resolved when a server starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenAddress(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Address(SocketAddr),
    Name {
        name: String,
        port: u16,
    },
    /// All addresses of the machine.
    All {
        port: u16,
    },
}

impl ListenAddress {
    /// The one address to bind.
    ///
    /// It is the first IPv4 address of a name, or its first IPv6 address if it has no other. All addresses of the machine are `[::]`, whose
    /// socket also accepts IPv4 unless the system separates them, or `0.0.0.0` on a machine without IPv6. The look-up of a name can take
    /// seconds and blocks.
    ///
    /// # Errors
    /// Fails if a name has no address.
    pub fn resolve(&self) -> io::Result<SocketAddr> {
        match &self.0 {
            Kind::Address(address) => Ok(*address),
            Kind::All { port } => Ok(all_addresses(*port)),
            Kind::Name { name, port } => {
                let found = (name.as_str(), *port).to_socket_addrs()?;
                preferred(found).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address"))
            }
        }
    }
}

/// The first IPv4 address, or else the first address.
fn preferred(addresses: impl Iterator<Item = SocketAddr>) -> Option<SocketAddr> {
    // The minimum is the first of equal ones.
    addresses.min_by_key(SocketAddr::is_ipv6)
}

fn all_addresses(port: u16) -> SocketAddr {
    let has_ipv6 = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).is_ok();
    if has_ipv6 { (Ipv6Addr::UNSPECIFIED, port).into() } else { (Ipv4Addr::UNSPECIFIED, port).into() }
}

impl From<SocketAddr> for ListenAddress {
    fn from(address: SocketAddr) -> Self {
        Self(Kind::Address(address))
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Address(address) => address.fmt(f),
            Kind::Name { name, port } => write!(f, "{name}:{port}"),
            Kind::All { port } => write!(f, ":{port}"),
        }
    }
}

impl FromStr for ListenAddress {
    type Err = String;

    /// Parses an address. An error has no part of the text.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(address) = text.parse() {
            return Ok(Self(Kind::Address(address)));
        }
        parse_name(text).map(Self).map_err(|problem| format!("{problem}; {FORMS}"))
    }
}

/// Parses `NAME:PORT` and `:PORT`.
fn parse_name(text: &str) -> Result<Kind, &'static str> {
    if text.contains("://") {
        return Err("an address has no scheme");
    }
    if text.contains('/') {
        return Err("an address has no path");
    }
    if text.parse::<Ipv6Addr>().is_ok() || (text.matches(':').count() > 1 && !text.starts_with('[')) {
        return Err("an IPv6 address needs brackets, and a port after them");
    }
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !name.starts_with('[') || name.ends_with(']') => (name, port),
        _ if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            return Err("a port alone does not tell who can connect");
        }
        _ => return Err("the port is missing"),
    };
    let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse().ok().filter(|_| is_number).ok_or("the port must be a number from 0 to 65535")?;
    match name {
        "" => Ok(Kind::All { port }),
        name if is_host_name(name) => Ok(Kind::Name { name: name.to_owned(), port }),
        _ => Err("the host is neither an address nor a name"),
    }
}

/// Whether a text has the form of a host name, and not that of an incomplete IPv4 address.
fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (1..=63).contains(&label.len()) && label.bytes().all(plain) && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    let name = name.strip_suffix('.').unwrap_or(name);
    name.len() <= 253 && name.split('.').all(is_label) && !name.rsplit('.').next().is_none_or(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ListenAddress, String> {
        text.parse()
    }

    #[test]
    fn address_is_printed_as_it_was_written() {
        for text in [
            "127.0.0.1:8080",
            "0.0.0.0:0",
            "[::1]:8080",
            "[::]:65535",
            "[fe80::1%2]:80",
            "localhost:8080",
            "aether.internal.:80",
            "host-1.example:1",
            ":8080",
        ] {
            assert_eq!(parse(text).map(|address| address.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn other_text_is_refused_with_the_reason_and_the_forms() {
        for (text, reason) in [
            ("", "the port is missing"),
            ("127.0.0.1", "the port is missing"),
            ("localhost", "the port is missing"),
            ("[::1]", "the port is missing"),
            ("8080", "a port alone"),
            ("::1", "needs brackets"),
            ("::", "needs brackets"),
            ("::1:8080", "needs brackets"),
            ("http://127.0.0.1:8080", "no scheme"),
            ("127.0.0.1:8080/", "no path"),
            ("10.0.0.0/8", "no path"),
            ("127.0.0.1:", "from 0 to 65535"),
            ("127.0.0.1:70000", "from 0 to 65535"),
            ("localhost:+80", "from 0 to 65535"),
            ("localhost:http", "from 0 to 65535"),
            ("256.0.0.1:80", "neither an address nor a name"),
            ("127.1:80", "neither an address nor a name"),
            ("*:80", "neither an address nor a name"),
            ("[localhost]:80", "neither an address nor a name"),
            ("a b:80", "neither an address nor a name"),
            ("-a:80", "neither an address nor a name"),
            (&format!("{}:80", "a".repeat(64)), "neither an address nor a name"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(reason) && error.ends_with(FORMS), "{text}: {error}");
        }
    }

    #[test]
    fn name_is_resolved_to_its_first_address_and_ipv4_is_preferred() {
        for (addresses, expected) in [
            (&["[::1]:1", "127.0.0.1:1", "127.0.0.2:1"][..], Some("127.0.0.1:1")),
            (&["127.0.0.2:1", "127.0.0.1:1"], Some("127.0.0.2:1")),
            (&["[::2]:1", "[::1]:1"], Some("[::2]:1")),
            (&[], None),
        ] {
            let found = preferred(addresses.iter().map(|address| address.parse().unwrap()));
            assert_eq!(found.map(|address| address.to_string()).as_deref(), expected);
        }
        let resolved = parse("localhost:80").unwrap().resolve().unwrap();
        assert!(resolved.ip().is_loopback() && resolved.port() == 80, "{resolved}");
        assert!(parse("no-such-host.invalid:80").unwrap().resolve().is_err());
    }

    #[test]
    fn port_alone_is_that_of_all_addresses() {
        let resolved = parse(":80").unwrap().resolve().unwrap();
        assert!(resolved.ip().is_unspecified() && resolved.port() == 80, "{resolved}");
    }
}
