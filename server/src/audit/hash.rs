//! Hashes of events.

use std::fmt;
use std::str::FromStr;

/// The hash of an event.
#[derive(Clone, Copy, PartialEq, Eq, std::hash::Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The hash before the first event.
    pub const START: Self = Self([0; 32]);
}

impl FromStr for Hash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut hash = Self::START;
        let decoded = hex::decode_to_slice(text, &mut hash.0);
        decoded.map(|()| hash).map_err(|_| "must be 64 hex digits, as audit verify prints them".to_owned())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
