//! The commands for whoever operates the server. Each opens the database itself; a server may be running on it.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use rand::rngs::SysRng;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::audit::Origin;
use crate::bootstrap::{OWNER, bootstrap};
use crate::config::{Audit, Backup, Database, Organization, OwnerToken, RevokeToken};
use crate::run::RunError;
use crate::store::{self, Chain, Change, ChangeError, Store, StoreError};
use crate::tokens::{self, Denied, Scope, Scopes, Timestamp};

/// How long a command waits for a server that is writing.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) async fn organization(command: Organization) -> Result<(), RunError> {
    match command {
        Organization::Create { name, database } => create_organization(name, &database.database).await,
        Organization::List { database } => list_organizations(&database).await,
    }
}

async fn create_organization(name: String, database: &Path) -> Result<(), RunError> {
    let store = open(database).await?;
    // Printed before the commit: an organization whose token nobody has could never be used.
    let made = bootstrap(&store, name, |owner, token| {
        print(&json!({
            "organization_id": owner.organization_id,
            "token_id": owner.id,
            "token": token.expose(),
        }))
    });
    let made = made.await;
    store.close().await;
    made.map(drop).map_err(Into::into)
}

async fn list_organizations(database: &Database) -> Result<(), RunError> {
    let store = open_existing(database).await?;
    let organizations = store.organizations(Timestamp::now()).await;
    store.close().await;
    for organization in organizations.map_err(|source| failed(database, source))? {
        print(&json!({
            "organization_id": organization.id,
            "name": organization.name,
            "created_at": aether_api::runtime::Moment(organization.created_at.into()),
            "live_tokens": organization.live_tokens,
        }))?;
    }
    Ok(())
}

pub(crate) async fn revoke_token(command: RevokeToken) -> Result<(), RunError> {
    let RevokeToken { token_id, descendants, database } = command;
    let store = open_existing(&database).await?;
    let revoked = async {
        let organization = store.organization_of(token_id).await?.ok_or(Denied::Absent)?;
        let ended = store.revoke_token_as_operator(operator(organization), token_id, descendants).await?;
        Ok::<_, ChangeError>((organization, ended))
    };
    let revoked = revoked.await;
    store.close().await;
    match revoked {
        Ok((organization, ended)) => {
            Ok(print(&json!({"organization_id": organization, "token_id": token_id, "revoked": ended}))?)
        }
        Err(ChangeError::Store(source)) => Err(failed(&database, source)),
        Err(ChangeError::Denied(_)) => Err(RunError::NoSuchToken(token_id)),
    }
}

pub(crate) async fn create_owner_token(command: OwnerToken) -> Result<(), RunError> {
    let OwnerToken { organization_id, database } = command;
    let store = open_existing(&database).await?;
    let (scopes, now) = (Scopes::new(vec![Scope::all()]), Timestamp::now());
    let (token, new) = tokens::issue(organization_id, None, OWNER.to_owned(), scopes, None, now, &mut SysRng)
        .map_err(RunError::Random)?;
    // Printed before the commit, for the same reason as an organization's first.
    let made = store.create_token_as_operator(operator(organization_id), new, move |owner| {
        print(&json!({"organization_id": organization_id, "token_id": owner.id, "token": token.expose()}))
    });
    let made = made.await;
    store.close().await;
    match made {
        Ok(_) => Ok(()),
        Err(ChangeError::Store(source)) => Err(failed(&database, source)),
        Err(ChangeError::Denied(_)) => Err(RunError::NoSuchOrganization(organization_id)),
    }
}

pub(crate) async fn audit(command: Audit) -> Result<(), RunError> {
    let Audit::Verify { database } = command;
    let store = open_existing(&database).await?;
    let verified = verify(&store).await;
    store.close().await;
    let whole = verified.map_err(|source| failed(&database, source))?;
    if whole { Ok(()) } else { Err(RunError::AuditBroken) }
}

/// Whether every chain is whole. Each is printed as it is done.
async fn verify(store: &Store) -> Result<bool, StoreError> {
    let mut whole = true;
    for organization in store.organizations(Timestamp::now()).await? {
        let id = organization.id;
        let progress = progress("events", store.event_count(id).await?);
        let seen = progress.clone();
        let chain = store.verify_events(id, move || seen.inc(1)).await?;
        progress.finish_and_clear();
        let line = match chain {
            Chain::Whole { end } => {
                json!({"organization_id": id, "events": end.sequence, "hash": end.hash.to_string()})
            }
            Chain::Broken { sequence } => {
                whole = false;
                let problem = format!("the event {sequence} was altered, removed or put in");
                json!({"organization_id": id, "events": sequence - 1, "problem": problem})
            }
            Chain::CutOff { end, expected } => {
                whole = false;
                let problem = format!("the events after {} were removed, up to {}", end.sequence, expected.sequence);
                json!({"organization_id": id, "events": end.sequence, "hash": end.hash.to_string(), "problem": problem})
            }
        };
        print(&line).map_err(StoreError::Prepare)?;
    }
    Ok(whole)
}

pub(crate) async fn backup(command: Backup) -> Result<(), RunError> {
    let Backup { path, database } = command;
    let (from, to) = (database.database.clone(), path.clone());
    let copied = tokio::task::spawn_blocking(move || {
        let bar = progress("pages", 0);
        let copied = store::backup(&from, &to, PATIENCE, |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        copied
    });
    copied.await.unwrap_or(Err(StoreError::Stopped)).map_err(RunError::Backup)?;
    let bytes = std::fs::metadata(&path)?.len();
    Ok(print(&json!({"backup": path, "bytes": bytes}))?)
}

/// A bar on a terminal, and nothing elsewhere.
fn progress(noun: &str, total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(&format!("{{bar:40}} {{pos}} of {{len}} {noun}, {{eta}} left"));
    ProgressBar::new(total).with_style(style.expect("the template is one"))
}

/// A change that no token asked for.
fn operator(organization_id: Uuid) -> Change {
    Change { organization_id, now: Timestamp::now(), origin: Origin::default() }
}

async fn open(path: &Path) -> Result<Store, RunError> {
    let opened = Store::open(path, PATIENCE).await;
    opened.map_err(|source| RunError::Database { path: path.to_owned(), source })
}

/// A command about what is there does not make a database.
async fn open_existing(database: &Database) -> Result<Store, RunError> {
    std::fs::metadata(&database.database).map_err(|error| failed(database, StoreError::Prepare(error)))?;
    open(&database.database).await
}

fn failed(database: &Database, source: StoreError) -> RunError {
    RunError::Database { path: database.database.clone(), source }
}

fn print(line: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
