//! A token that a test holds.

use std::fmt;

use serde_json::Value;
use uuid::Uuid;

use crate::response::text;

/// A token with its secret, which `Debug` does not print.
#[derive(Clone)]
pub struct Token {
    pub id: Uuid,
    pub secret: String,
}

impl Token {
    /// Reads the response body of a creation or a rotation.
    ///
    /// # Panics
    /// If it has no id or no secret.
    #[must_use]
    pub fn from_json(issued: &Value) -> Self {
        Self { id: text(&issued["id"]).parse().expect("an id"), secret: text(&issued["token"]).to_owned() }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("id", &self.id).finish_non_exhaustive()
    }
}
