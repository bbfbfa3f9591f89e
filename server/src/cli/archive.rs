//! The archives of the audit log: their export and their verification.

use std::collections::HashSet;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;
use tempfile::Builder;
use uuid::Uuid;

use super::Error;
use super::audit::print_missing;
use super::database::{failed, open_existing};
use super::interrupt::Interrupt;
use super::output::{print, require_new_file};
use super::progress;
use crate::audit::{Archive, ArchivedEvent, ChainHead, Ends, Hash, Header};
use crate::config::ExportAudit;
use crate::directory;
use crate::input;
use crate::store::Store;
use crate::timestamp::Timestamp;

/// The number of events that are read at a time.
const PAGE: u32 = 1000;
/// The beginning of the name of an archive that is not complete.
const PREFIX: &str = ".aether-export-";

/// Verifies archives, each of which continues the one before. Returns whether no problem was found.
pub(super) fn verify(paths: &[PathBuf], mut missing: HashSet<Hash>) -> Result<bool, Error> {
    let mut archive = Archive::default();
    let mut seen = |hash| {
        missing.remove(&hash);
    };
    for path in paths {
        read(&mut archive, path, &mut seen)?;
    }
    archive.hashes().for_each(seen);
    for part in archive.parts.values() {
        print(&json!(part))?;
    }
    print_missing(&missing)
}

fn read(archive: &mut Archive, path: &Path, mut seen: impl FnMut(Hash)) -> Result<(), Error> {
    let progress = progress::bytes("verifying", std::fs::metadata(path).map_or(0, |file| file.len()));
    let opened = input::open(path).map_err(Into::into);
    let lines = |file| BufReader::new(progress.wrap_read(file));
    let done = opened.and_then(|file| archive.read(lines(file), &mut seen));
    progress.finish_and_clear();
    done.map_err(|source| Error::Archive { path: path.to_owned(), source })
}

/// Writes the events of an export.
pub(super) async fn export(command: ExportAudit) -> Result<(), Error> {
    let mut before = Archive::default();
    if let Some(path) = &command.after {
        read(&mut before, path, |_| ())?;
    }
    let mut interrupt = Interrupt::install()?;
    let store = open_existing(&command.database).await?;
    let exported = interrupt.run(write(&store, &command, &before)).await;
    store.close().await;
    exported
}

async fn write(store: &Store, command: &ExportAudit, before: &Archive) -> Result<(), Error> {
    let Some(path) = &command.output else {
        return write_events(store, command, before, &mut BufWriter::new(io::stdout())).await.map(drop);
    };
    let output = |source| Error::Output { path: path.clone(), source };
    // The file gets its name when it is complete, which can take minutes.
    require_new_file(path)?;
    // A file of its own, which only this user can read.
    let mut file = Builder::new().prefix(PREFIX).tempfile_in(directory::parent(path)).map_err(output)?;
    let events = write_events(store, command, before, &mut BufWriter::new(file.as_file_mut())).await?;
    file.as_file().sync_all().map_err(output)?;
    file.persist_noclobber(path).map_err(|error| output(error.error))?;
    directory::sync_parent(path).map_err(output)?;
    Ok(print(&json!({"archive": path.to_string_lossy(), "events": events}))?)
}

/// Writes the parts of the organizations. Returns the number of events.
async fn write_events(
    store: &Store,
    command: &ExportAudit,
    before: &Archive,
    out: &mut (impl Write + Send),
) -> Result<u64, Error> {
    let failed = |source| failed(&command.database, source);
    let all = store.organizations(Timestamp::now()).await.map_err(failed)?;
    let selected: Vec<Uuid> =
        all.iter().map(|it| it.id).filter(|id| command.organization.is_none_or(|only| only == *id)).collect();
    if let Some(organization) = command.organization.filter(|_| selected.is_empty()) {
        return Err(Error::NoSuchOrganization(organization));
    }
    let is_complete = command.organization.is_none();
    if let Some((id, part)) = before.parts.iter().find(|(id, _)| is_complete && !selected.contains(id)) {
        return Err(Error::ArchiveOfAnotherLog { organization_id: *id, sequence: part.last.sequence });
    }
    let mut events = 0;
    for organization_id in selected {
        let after = before.parts.get(&organization_id).and_then(|part| part.last.head()).unwrap_or_default();
        if !store.has_event(organization_id, after).await.map_err(failed)? {
            return Err(Error::ArchiveOfAnotherLog { organization_id, sequence: after.sequence });
        }
        let last = store.newest_older_event(organization_id, command.before).await.map_err(failed)?;
        // All that is older was in the earlier archive.
        let last = if last.sequence < after.sequence { after } else { last };
        write_line(out, &Header { organization_id, after: after.into(), last: Ends::from(last) })?;
        events += write_part(store, command, organization_id, (after, last), out).await?;
    }
    out.flush()?;
    Ok(events)
}

/// Writes the events of an organization after `after`, up to `last`.
async fn write_part(
    store: &Store,
    command: &ExportAudit,
    organization_id: Uuid,
    (after, last): (ChainHead, ChainHead),
    out: &mut (impl Write + Send),
) -> Result<u64, Error> {
    let count = u64::try_from(last.sequence - after.sequence).unwrap_or_default();
    let progress = progress::bar("exporting", "events", count);
    let mut at = after;
    while at.sequence < last.sequence {
        let page = store.older_events(organization_id, at.sequence, command.before, PAGE).await;
        let page = page.map_err(|source| failed(&command.database, source))?;
        let broken = |at: ChainHead| Error::BrokenChain { organization_id, sequence: at.sequence + 1 };
        if page.is_empty() {
            return Err(broken(at));
        }
        for event in page.into_iter().take_while(|event| event.sequence <= last.sequence) {
            at = at.follow(&event).ok_or_else(|| broken(at))?;
            write_line(out, &ArchivedEvent::from(event))?;
            progress.inc(1);
        }
    }
    progress.finish_and_clear();
    Ok(count)
}

fn write_line(out: &mut impl Write, line: &impl Serialize) -> Result<(), Error> {
    serde_json::to_writer(&mut *out, line).map_err(io::Error::from)?;
    Ok(out.write_all(b"\n")?)
}
