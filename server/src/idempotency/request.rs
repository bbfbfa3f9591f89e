//! Which request it is: by the key that the client gave it, and by what it asks for.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// How long an answer is kept, in milliseconds.
pub const KEPT_FOR: i64 = 24 * 60 * 60 * 1000;

/// A client's `Idempotency-Key`. It is part of what the answer is sealed with, so it is not printed.
#[derive(Debug, Clone)]
pub struct Key(SecretString);

/// What stands for a key in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash([u8; 32]);

/// What stands for a request: the same only where the operation, the place and the content are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Key {
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

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
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Fingerprint {
    /// The request that `content` stands for: everything that makes it another request, as JSON in one order.
    #[must_use]
    pub fn of(content: &serde_json::Value) -> Self {
        Self(Sha256::new().chain_update("aether request\0").chain_update(content.to_string()).finalize().into())
    }

    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
