//! The restore of a backup.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::database::{self, BUSY_TIMEOUT};
use super::interrupt::Interrupt;
use super::output::{print, warn};
use super::{Error, audit, progress};
use crate::config::{Database, Restore};
use crate::store::{self, ChangeContext, ChangeError, Lost, Store, StoreError, Task};
use crate::timestamp::Timestamp;

/// A token in the output.
#[derive(Debug, Serialize)]
struct Token {
    organization_id: Uuid,
    token_id: Uuid,
}

/// The contents of the restored database.
struct Contents {
    organizations: usize,
    live_tokens: u64,
    taken_at: Option<DateTime<Utc>>,
}

pub(super) async fn restore(command: Restore) -> Result<(), Error> {
    let Restore { backup, revoke_again, reactivate, database } = command;
    let place = database.database.clone();
    let mut interrupt = Interrupt::install()?;
    let prepare = move |cancelled: &Arc<AtomicBool>| {
        let prepared = store::Restore::prepare(&backup, &place, cancelled, progress::stages(bytes_bar))?;
        let lost = prepared.lost(BUSY_TIMEOUT, Timestamp::now());
        Ok((prepared, lost))
    };
    let (prepared, lost) = interrupt.run_blocking(prepare).await?;
    let lost = match lost {
        Ok(lost) => lost,
        Err(_) if reactivate => None,
        // They would be active again without a report.
        Err(source) => return Err(Error::RevocationsUnknown(source)),
    };
    if lost.is_none() && revoke_again {
        return Err(Error::NoOldDatabase(database.database.clone()));
    }
    let revoked = lost.as_ref().map_or(&[][..], |lost| &lost.revoked);
    if !revoked.is_empty() && !revoke_again && !reactivate {
        print(&json!({"restored": null, "revoked_since": tokens(revoked)}))?;
        return Err(Error::RevokedSince(revoked.len()));
    }
    let again = if revoke_again { revoked } else { &[] };
    let contents = interrupt.run(change(&prepared.copy(), again)).await?;
    let kept = tokio::task::spawn_blocking(move || prepared.place(Timestamp::now()));
    let kept = kept.await.map_err(std::io::Error::from)??;
    let Contents { organizations, live_tokens, taken_at } = contents;
    print(&json!({
        "restored": database.database.to_string_lossy(),
        "organizations": organizations,
        "live_tokens": live_tokens,
        "taken_at": taken_at,
        "kept": kept.as_deref().map(Path::to_string_lossy),
        "revoked_since": lost.as_ref().map(|lost| tokens(&lost.revoked)),
        "revoked_again": again.len(),
        "rotated_since": lost.as_ref().map(|lost| tokens(&lost.rotated)),
        "narrowed_since": lost.as_ref().map(|lost| tokens(&lost.narrowed)),
        "created_since": lost.as_ref().map(|lost| lost.created),
    }))?;
    report(lost.as_ref(), revoke_again);
    Ok(())
}

fn bytes_bar(total: u64) -> indicatif::ProgressBar {
    progress::bytes("copying", total)
}

/// Verifies the copy, and revokes tokens in it.
async fn change(copy: &Path, again: &[(Uuid, Uuid)]) -> Result<Contents, Error> {
    let database = Database { database: copy.to_owned(), config: None };
    let store = database::open_existing(&database).await?;
    let changed = async {
        if !audit::verify_copy(&store, &database).await? {
            return Err(Error::BackupAltered);
        }
        let bar = progress::bar("revoking", "tokens", again.len() as u64);
        for (organization_id, token_id) in again {
            let context = ChangeContext::without_caller(*organization_id);
            let revoked = store.revoke_token_as_operator(context, *token_id, false).await;
            revoked.map_err(|error| match error {
                ChangeError::Store(source) => Error::database(copy, source),
                ChangeError::Denied(_) => Error::NoSuchToken(*token_id),
            })?;
            bar.inc(1);
        }
        let contents = contents(&store).await;
        contents.map_err(|source| Error::database(copy, source))
    };
    let changed = changed.await;
    store.close().await;
    changed
}

async fn contents(store: &Store) -> Result<Contents, StoreError> {
    let organizations = store.organizations(Timestamp::now()).await?;
    Ok(Contents {
        organizations: organizations.len(),
        live_tokens: organizations.iter().map(|it| u64::from(it.active_tokens)).sum(),
        taken_at: store.last_finished(Task::Backup).await?.map(DateTime::from),
    })
}

/// Tells the operator what is left to do.
fn report(lost: Option<&Lost>, revoke_again: bool) {
    let Some(Lost { revoked, narrowed, rotated, .. }) = lost else {
        return warn(
            "no old database could be compared, so tokens that were revoked after the backup are active again and not known",
        );
    };
    if !revoked.is_empty() && !revoke_again {
        warn(&format!(
            "tokens that ended after the backup are active again ({}); `revoked_since` lists them",
            revoked.len()
        ));
    }
    if !rotated.is_empty() {
        warn(&format!(
            "tokens were rotated after the backup ({}), and their successors are lost: the old secrets work without the end of a grace \
             period; `rotated_since` lists them",
            rotated.len()
        ));
    }
    if !narrowed.is_empty() {
        warn(&format!(
            "tokens have the scopes and the expiry again that they had before they were narrowed ({}); `narrowed_since` lists them",
            narrowed.len()
        ));
    }
}

fn tokens(ids: &[(Uuid, Uuid)]) -> Vec<Token> {
    ids.iter()
        .map(|(organization_id, token_id)| Token { organization_id: *organization_id, token_id: *token_id })
        .collect()
}
