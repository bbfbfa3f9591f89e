//! How an organization comes to be: with a token that owns it.

use rand::rngs::SysRng;
use uuid::Uuid;

use crate::store::{Store, StoreError};
use crate::tokens::{self, PlainToken, Scope, Scopes, Timestamp, TokenRecord};

/// What an owner token is called.
pub(crate) const OWNER: &str = "owner";

/// An organization that was just made.
#[derive(Debug)]
pub struct Owned<P> {
    pub organization_id: Uuid,
    pub token_id: Uuid,
    pub token: PlainToken,
    /// What was done with the token before the organization was committed.
    pub kept: P,
}

/// Why there is no organization.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the operating system gives no random numbers: {0}")]
    Random(rand::rngs::SysError),
}

/// Makes an organization named `name` with a token that may do everything in it.
///
/// `keep` is handed the token before the commit, to put it where it will be found. What it returns is dropped where
/// the commit fails.
///
/// # Errors
/// Where the name is taken, `keep` fails, or the store does.
pub async fn bootstrap<P: Send + 'static>(
    store: &Store,
    name: String,
    keep: impl FnOnce(&TokenRecord, &PlainToken) -> std::io::Result<P> + Send + 'static,
) -> Result<Owned<P>, BootstrapError> {
    let organization_id = Uuid::now_v7();
    let scopes = Scopes::new(vec![Scope::all()]);
    let (token, owner) =
        tokens::issue(organization_id, None, OWNER.to_owned(), scopes, None, Timestamp::now(), &mut SysRng)
            .map_err(BootstrapError::Random)?;
    let copy = token.clone();
    let (record, kept) = store.create_organization(name, owner, move |owner| keep(owner, &copy)).await?;
    Ok(Owned { organization_id, token_id: record.id, token, kept })
}
