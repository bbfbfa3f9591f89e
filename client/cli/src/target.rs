//! The token that a command is about.

use std::str::FromStr;

use aether_client::{ApiToken, StatusCode, Uuid};

use crate::failure::{Exit, Failure};
use crate::session::Session;

/// The beginning of every token.
const PREFIX: &str = "aether_";
/// The greatest number of candidates in a message.
const MAX_CANDIDATES: usize = 5;

/// The name of a token in the arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// The caller's own token.
    Current,
    Id(Uuid),
    /// The beginning of a token, which is not secret.
    Prefix(String),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "current" {
            return Ok(Self::Current);
        }
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        match text.strip_prefix(PREFIX) {
            Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                Ok(Self::Prefix(text.to_ascii_lowercase()))
            }
            _ => Err("must be an id, a prefix (aether_ and 1 to 8 hex digits), or current; `aether token list` lists prefixes"
                .to_owned()),
        }
    }
}

/// A token that was found. Its record is absent if only its id was needed.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) id: Uuid,
    pub(crate) record: Option<ApiToken>,
}

impl From<ApiToken> for Found {
    fn from(token: ApiToken) -> Self {
        Self { id: token.id, record: Some(token) }
    }
}

impl Found {
    /// The token in a question.
    pub(crate) fn name(&self) -> String {
        match &self.record {
            Some(token) => format!("{} ({})", token.prefix, token.name),
            None => self.id.to_string(),
        }
    }
}

impl Target {
    /// Finds the id of the token. An id takes no request.
    ///
    /// # Errors
    /// Fails if no token or more than one has the prefix.
    pub(crate) async fn find(&self, session: &Session) -> Result<Found, Failure> {
        match self {
            Self::Current => Ok(session.call(session.client.current_token()).await?.into()),
            Self::Id(id) => Ok(Found { id: *id, record: None }),
            Self::Prefix(prefix) => Ok(find_by_prefix(session, prefix).await?.into()),
        }
    }

    /// Finds the token with its record, if the caller can read it, to ask a person about it.
    ///
    /// # Errors
    /// Fails if there is no such token.
    pub(crate) async fn describe(&self, session: &Session) -> Result<Found, Failure> {
        let Self::Id(id) = self else { return self.find(session).await };
        match session.client.get_token(*id).await {
            Ok(token) => Ok(token.into()),
            Err(error) if error.status() == Some(StatusCode::FORBIDDEN) => Ok(Found { id: *id, record: None }),
            Err(error) => Err(session.explain(&error)),
        }
    }

    /// Reads the record of the token.
    ///
    /// # Errors
    /// Fails if there is no such token, or the caller cannot read it.
    pub(crate) async fn read(&self, session: &Session) -> Result<ApiToken, Failure> {
        match self {
            Self::Current => session.call(session.client.current_token()).await,
            Self::Id(id) => session.call(session.client.get_token(*id)).await,
            Self::Prefix(prefix) => find_by_prefix(session, prefix).await,
        }
    }
}

/// Reads the whole list, because the server does not search for prefixes.
async fn find_by_prefix(session: &Session, prefix: &str) -> Result<ApiToken, Failure> {
    let mut tokens = session.client.list_tokens().page_size(100).items();
    let mut candidates = Vec::new();
    while let Some(token) = tokens.next().await {
        let token = token.map_err(|error| session.explain(&error))?;
        if token.prefix.starts_with(prefix) {
            candidates.push(token);
        }
    }
    match candidates.len() {
        0 => Err(Failure::new(
            Exit::NotFound,
            format!("no token of the organization begins with {prefix}; `aether token list` lists them"),
        )),
        1 => Ok(candidates.remove(0)),
        count => {
            let name = |token: &ApiToken| format!("{} {} ({})", token.id, token.prefix, token.name);
            let names: Vec<_> = candidates.iter().take(MAX_CANDIDATES).map(name).collect();
            let names = names.join(", ");
            Err(Failure::usage(format!("{count} tokens begin with {prefix}; pass the id of one: {names}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn target_is_an_id_a_prefix_or_current() {
        let id = Uuid::from_u128(1);
        assert_eq!(id.to_string().parse(), Ok(Target::Id(id)));
        assert_eq!("current".parse(), Ok(Target::Current));
        assert_eq!("aether_5F2b".parse(), Ok(Target::Prefix("aether_5f2b".to_owned())));
        for text in ["", "aether_", "aether_deploy", "deploy", "5f2b8c01"] {
            assert!(text.parse::<Target>().unwrap_err().starts_with("must be an id"), "{text}");
        }
    }
}
