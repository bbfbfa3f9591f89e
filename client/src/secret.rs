//! Secrets on their way: a token's from the server to where it is kept, and a presented one to the server.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::ser::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The raw API token. The server gives it once only.
///
/// It cannot be printed or serialised by accident, and it is wiped when it is dropped. [`ExposeSecret::expose_secret`]
/// gives the text, which says so where it is used.
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

/// The generated types all derive `Serialize`. A secret refuses, so that one is never written somewhere by accident.
impl Serialize for TokenSecret {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("a token's secret is not serialised; call `expose_secret` where it has to be"))
    }
}

/// A token that somebody presented, on its way to be introspected.
///
/// It cannot be printed either. It can be serialised, because that is how it gets into the request.
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
