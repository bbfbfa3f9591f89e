//! Secrets in requests and responses: the secret of a new token, and a token to introspect.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::ser::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The raw API token, which the server returns once.
///
/// It cannot be printed or serialized by accident, and its memory is cleared when it is dropped.
/// [`ExposeSecret::expose_secret`] returns the text.
#[derive(Clone)]
pub struct TokenSecret(SecretString);

impl ExposeSecret<str> for TokenSecret {
    fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<'de> Deserialize<'de> for TokenSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|secret| Self(secret.into()))
    }
}

/// Always fails: the generated types derive `Serialize`, and a secret must not be serialized by accident.
impl Serialize for TokenSecret {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("the secret of a token cannot be serialized; `expose_secret` returns it"))
    }
}

/// A presented token, to introspect.
///
/// It cannot be printed. It can be serialized into the request.
#[derive(Clone)]
pub struct PresentedToken(SecretString);

impl From<&str> for PresentedToken {
    fn from(token: &str) -> Self {
        Self(token.into())
    }
}

impl fmt::Debug for PresentedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<'de> Deserialize<'de> for PresentedToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|token| Self(token.into()))
    }
}

impl Serialize for PresentedToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}
