//! Parsers of argument values.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use aether_api::runtime::server::MIN_BUFFER;
use clap::ValueEnum;
use ipnet::{IpNet, Ipv4Net};

use super::ListenAddress;
use crate::timestamp::Timestamp;
use crate::tokens::validate_name;

/// The maximum size of a buffer, in bytes.
const MAX_BUFFER: usize = 16 * 1024 * 1024;

/// A value that can be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrOff<T> {
    /// Switched off.
    Off,
    /// The value.
    On(T),
}

impl<T> OrOff<T> {
    /// The value, unless it is switched off.
    pub fn on(self) -> Option<T> {
        match self {
            Self::Off => None,
            Self::On(value) => Some(value),
        }
    }
}

/// The state of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// Switched on
    On,
    /// Switched off
    Off,
}

impl Switch {
    /// Whether the feature is switched on.
    #[must_use]
    pub fn is_on(self) -> bool {
        self == Self::On
    }
}

impl FromStr for OrOff<NonZeroU32> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            text => text.parse().map(Self::On).map_err(|_| "must be a number from 1, or off".to_owned()),
        }
    }
}

/// Parses `10s`, `500ms`, `2m`, `12h` or `30d`. Without a unit, only 0 is a duration: `90` could be meant in days.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let number: u64 =
        digits.parse().map_err(|_| "must be a number with a unit, for example 10s, 500ms or 30d".to_owned())?;
    let seconds_each = match &text[digits.len()..] {
        "ms" => return Ok(Duration::from_millis(number)),
        "s" => 1,
        "" if number == 0 => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        "" => return Err("a number needs a unit: ms, s, m, h or d".to_owned()),
        unit => return Err(format!("unknown unit {unit:?}; the units are ms, s, m, h and d")),
    };
    let seconds = number.checked_mul(seconds_each).filter(|seconds| i64::try_from(*seconds).is_ok());
    seconds.map(Duration::from_secs).ok_or_else(|| "duration is too long".to_owned())
}

/// Parses a time in RFC 3339, or the time of an age.
pub(super) fn past_time(text: &str) -> Result<Timestamp, String> {
    if let Some(time) = Timestamp::parse(text) {
        return Ok(time);
    }
    let age = duration(text).ok().and_then(|age| i64::try_from(age.as_secs()).ok());
    let age =
        age.ok_or_else(|| "must be a time, for example 2026-01-31T00:00:00Z, or an age, for example 90d".to_owned())?;
    Ok(Timestamp::now().plus_seconds(-age))
}

/// Parses a duration of at least one second.
pub(super) fn whole_seconds(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        short if short < Duration::from_secs(1) => Err("must be at least 1s".to_owned()),
        duration => Ok(duration),
    }
}

/// Parses a loopback address with a port. A name is resolved.
pub(super) fn loopback(text: &str) -> Result<ListenAddress, String> {
    let address: ListenAddress = text.parse()?;
    let resolved = address.resolve().map_err(|error| error.to_string())?;
    if resolved.ip().is_loopback() {
        return Ok(resolved.into());
    }
    Err("a development server has no TLS and prints its owner token, so other machines must not reach it; listen on 127.0.0.1 or \
         [::1], or run aether-server without dev"
        .to_owned())
}

/// Parses the address or the network of a proxy. An IPv4 address in IPv6 form becomes IPv4, as the addresses of clients do.
pub(super) fn trusted_proxy(text: &str) -> Result<IpNet, String> {
    const FORMS: &str = "the forms are 10.0.0.5, 10.0.0.0/8, 2001:db8::5 and 2001:db8::/32";
    let network = match (text.parse::<IpAddr>(), text.parse::<IpNet>()) {
        (Ok(address), _) => IpNet::from(address.to_canonical()),
        (_, Ok(network)) => network,
        _ => return Err(format!("must be an address or a network, without a name or a port; {FORMS}")),
    };
    if network.trunc() != network {
        return Err(format!(
            "the address has bits outside of the prefix; write {} for the network, or {} for one proxy",
            network.trunc(),
            network.addr()
        ));
    }
    let network = unmapped(network);
    if network.addr().is_unspecified() {
        return Err(format!(
            "a network of all addresses is not allowed, because every client could then choose its address; {FORMS}"
        ));
    }
    Ok(network)
}

/// The IPv4 network of a network of IPv4 addresses in IPv6 form.
fn unmapped(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else { return network };
    let (address, length) = (v6.addr().to_ipv4_mapped(), v6.prefix_len().checked_sub(96));
    let v4 = address.zip(length).and_then(|(address, length)| Ipv4Net::new(address, length).ok());
    v4.map_or(network, IpNet::V4)
}

/// Parses the size of a buffer in bytes.
pub(super) fn buffer(text: &str) -> Result<usize, String> {
    let bytes = text.parse().ok().filter(|bytes| (MIN_BUFFER..=MAX_BUFFER).contains(bytes));
    bytes.ok_or_else(|| format!("must be a number of bytes from {MIN_BUFFER} to {MAX_BUFFER}"))
}

/// Parses a number of MiB. Returns bytes.
pub(super) fn mebibytes(text: &str) -> Result<usize, String> {
    let bytes = text.parse().ok().and_then(|number: usize| number.checked_mul(1 << 20));
    bytes.ok_or_else(|| "must be a number of MiB".to_owned())
}

/// Parses an organization's name. The rule is that of token names.
pub(super) fn organization_name(name: &str) -> Result<String, String> {
    const MAX_LENGTH: usize = 100;
    if name.chars().count() > MAX_LENGTH {
        return Err(format!("must have at most {MAX_LENGTH} characters"));
    }
    // The sentence of a response as the fragment of an error message.
    let fragment = |sentence: &str| sentence.trim_end_matches('.').replacen("Must", "must", 1);
    validate_name(name).map(|()| name.to_owned()).map_err(|violation| fragment(violation.message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_has_a_number_and_a_unit() {
        for (text, expected) in [
            ("10s", Some(10_000)),
            ("0", Some(0)),
            ("500ms", Some(500)),
            ("2m", Some(120_000)),
            ("1h", Some(3_600_000)),
            ("30d", Some(2_592_000_000)),
        ] {
            assert_eq!(duration(text).ok().map(|it| it.as_millis()), expected, "{text}");
        }
        for text in ["", "10", "90", "s", "-1s", "1w", "1.5s", "99999999999999999999m", "9999999999999999d"] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert!(whole_seconds("0s").is_err() && whole_seconds("999ms").is_err() && whole_seconds("1s").is_ok());
    }

    #[test]
    fn limit_is_a_positive_number_or_off() {
        let parse = |text: &str| text.parse::<OrOff<NonZeroU32>>().map(OrOff::on);
        assert_eq!(parse("off"), Ok(None));
        assert_eq!(parse("100"), Ok(NonZeroU32::new(100)));
        for text in ["", "0", "-1", "Off", "1.5"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn loopback_address_is_of_this_machine_alone() {
        assert!(loopback("localhost:8080").is_ok());
        for text in ["127.0.0.1:8080", "127.0.0.2:0", "[::1]:0"] {
            assert_eq!(loopback(text).map(|address| address.to_string()), Ok(text.to_owned()));
        }
        for text in [
            "0.0.0.0:8080",
            "[::]:8080",
            "10.0.0.1:8080",
            "[::ffff:10.0.0.1]:1",
            "127.0.0.1",
            ":1",
            "no-host.invalid:1",
            "",
        ] {
            assert!(loopback(text).is_err(), "{text}");
        }
    }

    #[test]
    fn trusted_proxy_is_an_address_or_a_network() {
        for (text, expected) in [
            ("127.0.0.1", "127.0.0.1/32"),
            ("::1", "::1/128"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("::ffff:10.0.0.1", "10.0.0.1/32"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ] {
            assert_eq!(trusted_proxy(text).map(|network| network.to_string()), Ok(expected.to_owned()), "{text}");
        }
        for (text, reason) in [
            ("10.1.2.3/8", "write 10.0.0.0/8 for the network, or 10.1.2.3 for one proxy"),
            ("0.0.0.0", "not allowed"),
            ("0.0.0.0/0", "not allowed"),
            ("::", "not allowed"),
            ("::/0", "not allowed"),
            ("0.0.0.0/8", "not allowed"),
            ("*", "without a name"),
            ("localhost", "without a name"),
            ("proxy.internal", "without a name"),
            ("127.0.0.1:80", "without a name"),
            ("[::1]", "without a name"),
            ("10.0.0.0/33", "without a name"),
            ("", "without a name"),
        ] {
            let error = trusted_proxy(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn organization_name_is_printable_and_short() {
        for (name, good) in [
            ("acme", true),
            (" ", false),
            ("", false),
            ("a\nb", false),
            ("\u{FEFF}", false),
            ("\u{202E}acme", false),
            (&"x".repeat(101), false),
        ] {
            assert_eq!(organization_name(name).is_ok(), good, "{name:?}");
        }
    }
}
