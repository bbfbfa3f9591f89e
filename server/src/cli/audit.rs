//! The commands on the audit log.

use serde_json::json;

use super::Error;
use super::database::{failed, open_existing};
use super::output::{print, progress, warn};
use crate::config::{Audit, Database};
use crate::store::{ChainStatus, Store, Task};
use crate::timestamp::Timestamp;

pub(super) async fn audit(command: Audit) -> Result<(), Error> {
    let Audit::Verify { database } = command;
    let store = open_existing(&database).await?;
    let verified = verify(&store, &database).await;
    let recorded = match verified {
        Ok(true) => store.record_finished(Task::AuditVerify, Timestamp::now()).await,
        _ => Ok(()),
    };
    store.close().await;
    if let Err(error) = recorded {
        warn(&format!("the time of the verification was not recorded: {error}"));
    }
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
