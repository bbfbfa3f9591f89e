//! How a token makes another: never a stronger one, and never one that outlives it.

use rand::TryRng;
use uuid::Uuid;

use super::{Actor, HashedToken, PlainToken, Scope, Scopes, Timestamp, TokenRecord};

/// What is wrong with what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// A stable, machine-readable code.
    pub code: &'static str,
    /// A sentence for people.
    pub message: &'static str,
}

const fn violation<T>(code: &'static str, message: &'static str) -> Result<T, Violation> {
    Err(Violation { code, message })
}

/// A scope that `maker` may give to a new token.
///
/// # Errors
/// `invalid_format` for what is no scope, `exceeds_grant` for one that the maker's scopes do not cover.
pub fn scope(maker: &Actor, text: &str) -> Result<Scope, Violation> {
    match Scope::parse(text) {
        None => violation("invalid_format", "Must be 1 to 64 visible ASCII characters without quotes and backslashes."),
        Some(scope) if maker.record().scopes.covers(text) => Ok(scope),
        Some(_) => violation("exceeds_grant", "Must be covered by the scopes of the token that asks."),
    }
}

/// An expiry that `maker` may give to a new token at `now`. Where nothing is asked for, it is the maker's own.
///
/// # Errors
/// `invalid_format` for what is not RFC 3339, `in_past` for what is not after `now`, `exceeds_grant` for what is after
/// the maker's own.
pub fn expiry(maker: &Actor, text: Option<&str>, now: Timestamp) -> Result<Option<Timestamp>, Violation> {
    let limit = maker.record().expires_at;
    let Some(text) = text else { return Ok(limit) };
    match Timestamp::parse(text) {
        None => violation("invalid_format", "Must be an RFC 3339 date and time."),
        Some(moment) if moment <= now => violation("in_past", "Must be in the future."),
        Some(moment) if limit.is_some_and(|limit| moment > limit) => {
            violation("exceeds_grant", "Must not be after the expiry of the token that asks.")
        }
        Some(moment) => Ok(Some(moment)),
    }
}

/// A token that is to be stored.
#[derive(Debug, Clone)]
pub struct NewToken {
    pub organization_id: Uuid,
    pub name: String,
    pub prefix: String,
    pub hash: HashedToken,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub created_by: Option<Uuid>,
}

/// Makes a secret of the generator's randomness, and the token that it stands for.
///
/// # Errors
/// Where the generator fails.
pub fn issue<R: TryRng>(
    organization_id: Uuid,
    maker: Option<&Actor>,
    name: String,
    scopes: Scopes,
    expires_at: Option<Timestamp>,
    now: Timestamp,
    random: &mut R,
) -> Result<(PlainToken, NewToken), R::Error> {
    let token = PlainToken::generate(random)?;
    let new = NewToken {
        organization_id,
        name,
        prefix: token.prefix().to_owned(),
        hash: token.hash(),
        scopes,
        created_at: now,
        expires_at,
        created_by: maker.map(|maker| maker.record().id),
    };
    Ok((token, new))
}

impl NewToken {
    /// The record of the token under the id that the store gave it.
    #[must_use]
    pub fn into_record(self, id: Uuid) -> TokenRecord {
        TokenRecord {
            id,
            organization_id: self.organization_id,
            name: self.name,
            prefix: self.prefix,
            scopes: self.scopes,
            created_at: self.created_at,
            expires_at: self.expires_at,
            revoked_at: None,
            last_used_at: None,
            expired_seen_at: None,
            created_by: self.created_by,
        }
    }
}
