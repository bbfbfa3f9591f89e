//! The identity of a request: the client's key, and the fingerprint of the content.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// The time for which a response is stored, in milliseconds.
pub const RETENTION: i64 = 24 * 60 * 60 * 1000;

/// A client's `Idempotency-Key`. The response is sealed with it, so it cannot be printed.
#[derive(Debug, Clone)]
pub struct Key(SecretString);

/// The hash of a key, which is stored in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash([u8; 32]);

/// The hash of a request: of its operation, path and content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Key {
    /// A key with this text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The hash.
    #[must_use]
    pub fn hash(&self) -> KeyHash {
        let digest = Sha256::new().chain_update("aether idempotency key\0").chain_update(self.expose());
        KeyHash(digest.finalize().into())
    }

    pub(super) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl KeyHash {
    /// A hash that was stored.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Fingerprint {
    /// The fingerprint of a request with this content: everything that distinguishes requests, in a fixed order.
    #[must_use]
    pub fn of(content: &serde_json::Value) -> Self {
        Self(Sha256::new().chain_update("aether request\0").chain_update(content.to_string()).finalize().into())
    }

    /// A fingerprint that was stored.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
