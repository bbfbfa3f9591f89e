//! The commands on organizations.

use std::path::Path;

use serde_json::json;
use uuid::Uuid;

use super::Error;
use super::database::{failed, open, open_existing};
use super::output::print;
use crate::bootstrap::{BootstrapError, bootstrap};
use crate::config::{Database, Organization};
use crate::timestamp::Timestamp;

pub(super) async fn organization(command: Organization) -> Result<(), Error> {
    match command {
        Organization::Create { name, database } => create_organization(name, &database.database).await,
        Organization::Rename { organization_id, name, database } => {
            rename_organization(organization_id, name, &database).await
        }
        Organization::List { database } => list_organizations(&database).await,
    }
}

async fn create_organization(name: String, database: &Path) -> Result<(), Error> {
    let store = open(database).await?;
    // Printed before the commit: an organization whose owner token is lost could not be used.
    let created = bootstrap(&store, name, |owner, token| {
        print(&json!({
            "organization_id": owner.organization_id,
            "token_id": owner.id,
            "token": token.expose(),
        }))
    });
    let created = created.await;
    store.close().await;
    created.map(drop).map_err(Into::into)
}

async fn rename_organization(id: Uuid, name: String, database: &Database) -> Result<(), Error> {
    let store = open_existing(database).await?;
    let renamed = store.rename_organization(id, name.clone()).await;
    store.close().await;
    let previous = renamed.map_err(BootstrapError::from)?.ok_or(Error::NoSuchOrganization(id))?;
    Ok(print(&json!({"organization_id": id, "name": name, "previous_name": previous}))?)
}

async fn list_organizations(database: &Database) -> Result<(), Error> {
    let store = open_existing(database).await?;
    let organizations = store.organizations(Timestamp::now()).await;
    store.close().await;
    for organization in organizations.map_err(|source| failed(database, source))? {
        print(&json!({
            "organization_id": organization.id,
            "name": organization.name,
            "created_at": aether_api::runtime::DateTime(organization.created_at.into()),
            "live_tokens": organization.active_tokens,
        }))?;
    }
    Ok(())
}
