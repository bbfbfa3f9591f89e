//! The selection of tokens and organizations by the operator.

use std::str::FromStr;

use clap::ValueEnum;
use uuid::Uuid;

use crate::tokens::{State, TOKEN_PREFIX};

/// The number of digits of a whole prefix.
const DIGITS: usize = 8;

/// The beginning of the public prefix of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPrefix(String);

/// A token, by its id or its public prefix, which several tokens can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSelector {
    /// The id.
    Id(Uuid),
    /// The prefix.
    Prefix(TokenPrefix),
}

/// An organization, by its id or its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrganizationSelector {
    /// The id.
    Id(Uuid),
    /// The name.
    Name(String),
}

/// The states to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StateSelector {
    /// Accepted
    Active,
    /// Expired, and not revoked
    Expired,
    /// Revoked
    Revoked,
    /// Every state
    All,
}

/// Parses the id of an organization.
pub(super) fn organization_id(text: &str) -> Result<Uuid, String> {
    text.parse().map_err(|_| "must be the id of an organization, from `aether-server organization list`".to_owned())
}

/// Parses the id of a token.
pub(super) fn token_id(text: &str) -> Result<Uuid, String> {
    match text.parse() {
        Ok(TokenSelector::Id(id)) => Ok(id),
        Ok(TokenSelector::Prefix(TokenPrefix(prefix))) => Err(format!(
            "must be the id of the token, because several tokens can have a prefix; `aether-server token list --prefix {prefix}` prints it"
        )),
        Err(_) => Err("must be the id of a token, from `aether-server token list`".to_owned()),
    }
}

impl TokenPrefix {
    /// Whether a token with this public prefix is selected.
    #[must_use]
    pub fn selects(&self, prefix: &str) -> bool {
        prefix.starts_with(&self.0)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl StateSelector {
    /// The state, unless all are selected.
    #[must_use]
    pub fn state(self) -> Option<State> {
        match self {
            Self::Active => Some(State::Active),
            Self::Expired => Some(State::Expired),
            Self::Revoked => Some(State::Revoked),
            Self::All => None,
        }
    }
}

impl OrganizationSelector {
    /// Whether the organization with this id and name is selected.
    #[must_use]
    pub fn selects(&self, id: Uuid, name: &str) -> bool {
        match self {
            Self::Id(selected) => *selected == id,
            Self::Name(selected) => selected == name,
        }
    }
}

impl FromStr for TokenPrefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let digits =
            text.strip_prefix(TOKEN_PREFIX).filter(|digits| digits.len() <= DIGITS && digits.bytes().all(is_digit));
        match digits {
            Some(_) => Ok(Self(text.to_owned())),
            None => Err(format!(
                "must be {TOKEN_PREFIX} and at most {DIGITS} hex digits in lower case, for example aether_5f2b8c01"
            )),
        }
    }
}

impl FromStr for TokenSelector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with(TOKEN_PREFIX) {
            return text.parse().map(Self::Prefix);
        }
        text.parse()
            .map(Self::Id)
            .map_err(|_| "must be the id of a token, or a prefix, for example aether_5f2b8c01".to_owned())
    }
}

impl FromStr for OrganizationSelector {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_selected_by_its_id_or_its_prefix() {
        let id = Uuid::from_u128(1);
        assert_eq!(id.to_string().parse(), Ok(TokenSelector::Id(id)));
        for text in ["aether_", "aether_5f2b", "aether_5f2b8c01"] {
            assert!(
                matches!(text.parse(), Ok(TokenSelector::Prefix(prefix)) if prefix.selects("aether_5f2b8c01")),
                "{text}"
            );
        }
        let other: TokenPrefix = "aether_5f2c".parse().unwrap();
        assert!(!other.selects("aether_5f2b8c01"));
        for text in ["", "x", "aether", "aether_5F", "aether_xyz", "aether_5f2b8c011", "5f2b8c01"] {
            assert!(text.parse::<TokenSelector>().is_err(), "{text}");
        }
    }
}
