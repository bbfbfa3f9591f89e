//! The commands on tokens.

use serde_json::json;
use uuid::Uuid;

use super::Error;
use super::database::{failed, open_existing};
use super::output::print;
use crate::bootstrap::new_owner;
use crate::config::{OwnerToken, RevokeToken};
use crate::store::{ChangeContext, ChangeError};
use crate::tokens::Denied;

pub(super) async fn revoke(command: RevokeToken) -> Result<(), Error> {
    let RevokeToken { token_id, descendants, database } = command;
    let store = open_existing(&database).await?;
    let revoked = async {
        let organization = store.organization_of(token_id).await?.ok_or(Denied::NotFound)?;
        let count = store.revoke_token_as_operator(operator_change(organization), token_id, descendants).await?;
        Ok::<_, ChangeError>((organization, count))
    };
    let revoked = revoked.await;
    store.close().await;
    match revoked {
        Ok((organization, count)) => {
            Ok(print(&json!({"organization_id": organization, "token_id": token_id, "revoked": count}))?)
        }
        Err(ChangeError::Store(source)) => Err(failed(&database, source)),
        Err(ChangeError::Denied(_)) => Err(Error::NoSuchToken(token_id)),
    }
}

pub(super) async fn create_owner(command: OwnerToken) -> Result<(), Error> {
    let OwnerToken { organization_id, database } = command;
    let store = open_existing(&database).await?;
    let (token, new) = new_owner(organization_id)?;
    // Printed before the commit, as for a new organization.
    let created = store.create_owner_token(operator_change(organization_id), new, move |owner| {
        print(&json!({"organization_id": organization_id, "token_id": owner.id, "token": token.expose()}))
    });
    let created = created.await;
    store.close().await;
    match created {
        Ok(_) => Ok(()),
        Err(ChangeError::Store(source)) => Err(failed(&database, source)),
        Err(ChangeError::Denied(_)) => Err(Error::NoSuchOrganization(organization_id)),
    }
}

/// The context of a change by the operator.
fn operator_change(organization_id: Uuid) -> ChangeContext {
    ChangeContext::without_caller(organization_id)
}
