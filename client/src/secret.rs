//! Secrets in requests and responses: the secret of a token, and a token that somebody presented.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::ser::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The secret of a token. The server returns it once, when it issues the token.
///
/// It cannot be printed or serialized by accident, and its memory is cleared when it is dropped.
/// [`ExposeSecret::expose_secret`] returns the text.
#[derive(Clone)]
pub struct TokenSecret(SecretString);

/// Always fails: the generated types derive `Serialize`, and a secret must not be serialized by accident.
impl Serialize for TokenSecret {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("the secret of a token cannot be serialized; `expose_secret` returns it"))
    }
}

/// A token that somebody presented, to introspect or verify it. Any text is allowed.
///
/// It cannot be printed, and its memory is cleared when it is dropped. It is serialized into the request.
#[derive(Clone)]
pub struct PresentedToken(SecretString);

impl Serialize for PresentedToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

macro_rules! secret {
    ($($name:ident)*) => {$(
        impl ExposeSecret<str> for $name {
            fn expose_secret(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[redacted]")
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::from)
            }
        }

        impl From<&str> for $name {
            fn from(token: &str) -> Self {
                Self(token.into())
            }
        }

        impl From<&String> for $name {
            fn from(token: &String) -> Self {
                Self(token.as_str().into())
            }
        }

        impl From<String> for $name {
            fn from(token: String) -> Self {
                Self(token.into())
            }
        }

        impl From<SecretString> for $name {
            fn from(token: SecretString) -> Self {
                Self(token)
            }
        }

        impl From<&SecretString> for $name {
            fn from(token: &SecretString) -> Self {
                Self(token.clone())
            }
        }

        impl From<&$name> for $name {
            fn from(token: &$name) -> Self {
                token.clone()
            }
        }
    )*};
}

secret!(TokenSecret PresentedToken);

impl From<&TokenSecret> for PresentedToken {
    fn from(token: &TokenSecret) -> Self {
        Self(token.0.clone())
    }
}

impl From<TokenSecret> for PresentedToken {
    fn from(token: TokenSecret) -> Self {
        Self(token.0)
    }
}
