//! The tokens of an organization next to their events, for the verification of the audit log.

use rusqlite::{Connection, Rows};
use uuid::Uuid;

use super::tokens;
use crate::audit::{History, Step};
use crate::store::StoreError;
use crate::timestamp::Timestamp;
use crate::tokens::TokenRecord;

/// A token with its events, its row, or both.
#[derive(Debug)]
pub(in crate::store) struct Entry {
    pub(in crate::store) id: Uuid,
    pub(in crate::store) history: Option<History>,
    /// The row; an error if it is no token.
    pub(in crate::store) row: Option<Result<TokenRecord, StoreError>>,
}

/// Calls `visit` with each token of an organization that has events or a row, in the order of their ids. The events are sorted in files, if
/// they are many.
pub(in crate::store) fn visit(
    connection: &Connection,
    organization_id: Uuid,
    mut visit: impl FnMut(Entry),
) -> Result<(), StoreError> {
    let mut events = connection.prepare(
        "SELECT token_id, sequence, occurred_at, action, actor_id, successor_id, changed FROM audit_events \
         WHERE org_id = ? AND action <> 'api_token.refused' ORDER BY token_id, sequence",
    )?;
    let mut tokens =
        connection.prepare(&format!("SELECT {} FROM api_tokens WHERE org_id = ? ORDER BY id", tokens::COLUMNS))?;
    let (mut events, mut tokens) = (events.query([organization_id])?, tokens.query([organization_id])?);
    let (mut step, mut token) = (next_step(&mut events)?, next_token(&mut tokens)?);
    let first_of = |step: &Option<(Uuid, Step)>, token: &Option<(Uuid, _)>| {
        let ids = step.as_ref().map(|(id, _)| *id).into_iter().chain(token.as_ref().map(|(id, _)| *id));
        ids.min()
    };
    while let Some(id) = first_of(&step, &token) {
        let mut entry = Entry { id, history: None, row: None };
        while let Some((_, next)) = step.take_if(|(of, _)| *of == id) {
            entry.history.get_or_insert_default().add(&next);
            step = next_step(&mut events)?;
        }
        if let Some((_, row)) = token.take_if(|(of, _)| *of == id) {
            entry.row = Some(row);
            token = next_token(&mut tokens)?;
        }
        visit(entry);
    }
    Ok(())
}

fn next_step(rows: &mut Rows<'_>) -> Result<Option<(Uuid, Step)>, StoreError> {
    let Some(row) = rows.next()? else { return Ok(None) };
    let changed: String = row.get(6)?;
    let step = Step {
        sequence: row.get(1)?,
        occurred_at: Timestamp::from_millis(row.get(2)?),
        action: row.get(3)?,
        actor_id: row.get(4)?,
        successor_id: row.get(5)?,
        changes_expiry: changed.split(' ').any(|field| field == "expires_at"),
    };
    Ok(Some((row.get(0)?, step)))
}

type Token = (Uuid, Result<TokenRecord, StoreError>);

fn next_token(rows: &mut Rows<'_>) -> Result<Option<Token>, StoreError> {
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some((row.get(0)?, tokens::record(row))))
}
