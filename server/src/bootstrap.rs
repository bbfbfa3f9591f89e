//! Creation of an organization with its owner token.

use rand::rngs::{SysError, SysRng};
use uuid::Uuid;

use crate::store::{Store, StoreError};
use crate::tokens::{NewToken, PlainToken, Scope, Scopes, TokenRecord};

/// The name of owner tokens.
const OWNER: &str = "owner";

/// A created organization.
#[derive(Debug)]
pub struct CreatedOrganization<P> {
    /// The id of the organization.
    pub organization_id: Uuid,
    /// The id of the owner token.
    pub token_id: Uuid,
    /// The owner token.
    pub token: PlainToken,
    /// The result of the delivery of the token.
    pub delivered: P,
}

/// The reason why an organization was not created.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The random number generator failed.
    #[error("the random number generator of the operating system failed: {0}")]
    Random(#[from] SysError),
}

/// Creates an organization with an owner token, whose scope is `*`.
///
/// `deliver` delivers the token before the commit. Its result is dropped if the commit fails.
///
/// # Errors
/// Fails if the name is in use, `deliver` fails, or the store fails.
pub async fn bootstrap<P: Send + 'static>(
    store: &Store,
    name: String,
    deliver: impl FnOnce(&TokenRecord, &PlainToken) -> std::io::Result<P> + Send + 'static,
) -> Result<CreatedOrganization<P>, BootstrapError> {
    let organization_id = store.new_organization_id();
    let (token, owner) = new_owner(organization_id)?;
    let copy = token.clone();
    let (record, delivered) = store.create_organization(name, owner, move |owner| deliver(owner, &copy)).await?;
    Ok(CreatedOrganization { organization_id, token_id: record.id, token, delivered })
}

/// Creates an organization with a given id and owner token.
///
/// # Errors
/// Fails if the name, the id or the token is in use, or the store fails.
pub(crate) async fn bootstrap_with(
    store: &Store,
    name: String,
    organization_id: Uuid,
    token: &PlainToken,
) -> Result<(), StoreError> {
    store.create_organization(name, owner(organization_id, token), |_| Ok(())).await.map(drop)
}

/// Generates an owner token of an organization.
pub(crate) fn new_owner(organization_id: Uuid) -> Result<(PlainToken, NewToken), BootstrapError> {
    let token = PlainToken::generate(&mut SysRng)?;
    let owner = owner(organization_id, &token);
    Ok((token, owner))
}

fn owner(organization_id: Uuid, token: &PlainToken) -> NewToken {
    NewToken::with_secret(token, organization_id, OWNER.to_owned(), Scopes::new(vec![Scope::all()]))
}
