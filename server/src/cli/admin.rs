//! The operator's commands. Each opens the database itself; a server may be using it at the same time.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Error;
use crate::bootstrap::{bootstrap, new_owner};
use crate::config::{Audit, Backup, Database, Organization, OwnerToken, RevokeToken};
use crate::store::{self, ChainStatus, ChangeContext, ChangeError, Store, StoreError};
use crate::timestamp::Timestamp;
use crate::tokens::Denied;

/// The time that a command waits for a server that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) async fn organization(command: Organization) -> Result<(), Error> {
    match command {
        Organization::Create { name, database } => create_organization(name, &database.database).await,
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

pub(super) async fn revoke_token(command: RevokeToken) -> Result<(), Error> {
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

pub(super) async fn create_owner_token(command: OwnerToken) -> Result<(), Error> {
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

pub(super) async fn audit(command: Audit) -> Result<(), Error> {
    let Audit::Verify { database } = command;
    let store = open_existing(&database).await?;
    let verified = verify(&store, &database).await;
    store.close().await;
    if verified? { Ok(()) } else { Err(Error::AuditBroken) }
}

/// Verifies every chain, and prints each result. Returns whether all are intact.
async fn verify(store: &Store, database: &Database) -> Result<bool, Error> {
    let failed = |source| failed(database, source);
    let mut intact = true;
    for organization in store.organizations(Timestamp::now()).await.map_err(failed)? {
        let id = organization.id;
        let progress = progress("events", store.event_count(id).await.map_err(failed)?);
        let seen = progress.clone();
        let chain = store.verify_events(id, move || seen.inc(1)).await.map_err(failed)?;
        progress.finish_and_clear();
        let line = match chain {
            ChainStatus::Intact { head } => {
                json!({"organization_id": id, "events": head.sequence, "hash": head.hash.to_string()})
            }
            ChainStatus::Broken { sequence } => {
                intact = false;
                let problem = format!("event {sequence} was altered, removed or inserted");
                json!({"organization_id": id, "events": sequence - 1, "problem": problem})
            }
            ChainStatus::Truncated { head, expected } => {
                intact = false;
                let problem = format!("the events {} to {} were removed", head.sequence + 1, expected.sequence);
                json!({"organization_id": id, "events": head.sequence, "hash": head.hash.to_string(), "problem": problem})
            }
        };
        print(&line)?;
    }
    Ok(intact)
}

pub(super) async fn backup(command: Backup) -> Result<(), Error> {
    let Backup { path, database } = command;
    let (from, to) = (database.database.clone(), path.clone());
    let copied = tokio::task::spawn_blocking(move || {
        let bar = progress("pages", 0);
        let copied = store::backup(&from, &to, BUSY_TIMEOUT, |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        copied
    });
    copied.await.unwrap_or(Err(StoreError::Stopped)).map_err(Error::Backup)?;
    let bytes = std::fs::metadata(&path)?.len();
    Ok(print(&json!({"backup": path, "bytes": bytes}))?)
}

/// A progress bar, hidden unless the output is a terminal.
fn progress(noun: &str, total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(&format!("{{bar:40}} {{pos}} of {{len}} {noun}, {{eta}} left"));
    ProgressBar::new(total).with_style(style.expect("the template is valid"))
}

/// The context of a change by the operator.
fn operator_change(organization_id: Uuid) -> ChangeContext {
    ChangeContext::without_caller(organization_id)
}

async fn open(path: &Path) -> Result<Store, Error> {
    let opened = Store::open(path, BUSY_TIMEOUT).await;
    opened.map_err(|source| Error::database(path, source))
}

/// Opens a database, and does not create one.
async fn open_existing(database: &Database) -> Result<Store, Error> {
    std::fs::metadata(&database.database).map_err(|error| failed(database, StoreError::Io(error)))?;
    open(&database.database).await
}

fn failed(database: &Database, source: StoreError) -> Error {
    Error::database(&database.database, source)
}

fn print(line: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
