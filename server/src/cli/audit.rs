//! The verification of the audit log.

use std::collections::HashSet;
use std::io::{self, BufReader};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::Error;
use super::archive;
use super::database::{failed, open_existing};
use super::output::{print, warn};
use super::progress;
use crate::audit::Hash;
use crate::config::{Audit, Database, VerifyAudit};
use crate::input;
use crate::store::{ChainStatus, Store, Task, Verification};
use crate::timestamp::Timestamp;

pub(super) async fn audit(command: Audit) -> Result<(), Error> {
    match command {
        Audit::Verify(command) => {
            let expected = expected_hashes(&command)?;
            let is_intact = if command.archive.is_empty() {
                verify_database(&command.database, expected).await?
            } else {
                archive::verify(&command.archive, expected)?
            };
            if is_intact { Ok(()) } else { Err(Error::AuditBroken) }
        }
        Audit::Export(command) => archive::export(command).await,
    }
}

/// The hashes that the operator has kept.
fn expected_hashes(command: &VerifyAudit) -> Result<HashSet<Hash>, Error> {
    let mut expected: HashSet<Hash> = command.expect.iter().copied().collect();
    for path in &command.expect_from {
        expected.extend(kept_hashes(path)?);
    }
    // Every chain begins with it.
    expected.remove(&Hash::START);
    Ok(expected)
}

/// The hashes in the lines of a file: those of a verification, those at the ends of an archive, or bare ones.
fn kept_hashes(path: &Path) -> Result<Vec<Hash>, Error> {
    let error = |problem: String| Error::KeptHashes { path: path.to_owned(), problem };
    let unreadable = |cause: io::Error| error(cause.to_string());
    let file = input::open(path).map_err(unreadable)?;
    let mut hashes = Vec::new();
    for (number, line) in (1..).zip(input::lines(BufReader::new(file))) {
        let line = line.map_err(unreadable)?;
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let parsed = if line.starts_with('{') { serde_json::from_str(line).ok() } else { None };
        let value: Value = parsed.unwrap_or_else(|| line.into());
        let found = match &value {
            // An event of an archive. The last one covers it.
            Value::Object(event) if event.contains_key("org_id") => continue,
            Value::Object(header) if header.contains_key("last") => {
                vec![&value["after"]["hash"], &value["last"]["hash"]]
            }
            Value::Object(_) => vec![&value["hash"]],
            value => vec![value],
        };
        for hash in found {
            let parsed = hash.as_str().and_then(|hash| hash.parse().ok());
            hashes.push(parsed.ok_or_else(|| error(format!("line {number} has no hash that audit verify printed")))?);
        }
    }
    Ok(hashes)
}

async fn verify_database(database: &Database, expected: HashSet<Hash>) -> Result<bool, Error> {
    let store = open_existing(database).await?;
    let verified = verify(&store, database, Arc::new(expected), true).await;
    let recorded = match verified {
        Ok(true) => store.record_finished(Task::AuditVerify, Timestamp::now()).await,
        _ => Ok(()),
    };
    store.close().await;
    if let Err(error) = recorded {
        warn(&format!("the time of the verification was not recorded: {error}"));
    }
    verified
}

/// Verifies every organization of a copy, and prints the problems. Returns whether there is none.
pub(super) async fn verify_copy(store: &Store, database: &Database) -> Result<bool, Error> {
    verify(store, database, Arc::default(), false).await
}

/// Verifies every organization, and prints each result, or the problems alone. Returns whether there is none.
async fn verify(
    store: &Store,
    database: &Database,
    expected: Arc<HashSet<Hash>>,
    print_intact: bool,
) -> Result<bool, Error> {
    let failed = |source| failed(database, source);
    let (mut is_intact, mut missing) = (true, HashSet::clone(&expected));
    for organization in store.organizations(Timestamp::now()).await.map_err(failed)? {
        let id = organization.id;
        let progress = progress::bar("verifying", "events", store.event_count(id).await.map_err(failed)?);
        let seen = progress.clone();
        let verified = store.verify_events(id, Arc::clone(&expected), move || seen.inc(1)).await.map_err(failed)?;
        progress.finish_and_clear();
        is_intact &= verified.is_intact();
        missing.retain(|hash| !verified.found.contains(hash));
        if print_intact || !verified.is_intact() {
            print(&line(id, verified))?;
        }
    }
    for (id, table) in store.orphans().await.map_err(failed)? {
        is_intact = false;
        print(
            &json!({"organization_id": id, "problems": [format!("the organization has no row, and {table} has rows of it")]}),
        )?;
    }
    Ok(print_missing(&missing)? && is_intact)
}

/// Prints the kept hashes that no chain has. Returns whether there is none.
pub(super) fn print_missing(missing: &HashSet<Hash>) -> Result<bool, Error> {
    for hash in missing {
        let problem =
            "no event has this hash: events up to that one were altered or removed, or this is an earlier state";
        print(&json!({"expected": hash.to_string(), "problems": [problem]}))?;
    }
    Ok(missing.is_empty())
}

/// The line of an organization.
fn line(id: uuid::Uuid, verified: Verification) -> Value {
    let Verification { chain, differences, more_differences, found: _ } = verified;
    let (events, hash, problem) = match chain {
        ChainStatus::Intact { head } => (head.sequence, Some(head.hash), None),
        ChainStatus::Broken { sequence } => {
            (sequence - 1, None, Some(format!("event {sequence} was altered, removed or inserted")))
        }
        ChainStatus::Truncated { head, expected } => {
            let problem = format!("the events {} to {} were removed", head.sequence + 1, expected.sequence);
            (head.sequence, Some(head.hash), Some(problem))
        }
    };
    let mut line = json!({"organization_id": id, "events": events});
    if let Some(hash) = hash {
        line["hash"] = hash.to_string().into();
    }
    let problems: Vec<_> = problem.into_iter().chain(differences).collect();
    if !problems.is_empty() {
        line["problems"] = problems.into();
    }
    if more_differences > 0 {
        line["more_problems"] = more_differences.into();
    }
    line
}
