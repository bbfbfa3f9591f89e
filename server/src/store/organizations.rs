//! Organizations, each with the token that owns it.

use rusqlite::{ErrorCode, OptionalExtension, TransactionBehavior, params};
use uuid::Uuid;

use super::change::{Change, Changing};
use super::{Store, StoreError, tokens};
use crate::audit::{Action, Origin};
use crate::tokens::{NewToken, Timestamp, TokenRecord};

/// A tenant.
#[derive(Debug, Clone)]
pub struct Organization {
    pub id: Uuid,
    pub name: String,
    pub created_at: Timestamp,
    /// How many live tokens it has.
    pub live_tokens: u32,
}

impl Store {
    /// All organizations, oldest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn organizations(&self, now: Timestamp) -> Result<Vec<Organization>, StoreError> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare("SELECT id, name, created_at FROM organizations ORDER BY created_at, id")?;
            let rows = statement.query_map([], |row| {
                let created_at = Timestamp::from_millis(row.get(2)?);
                Ok(Organization { id: row.get(0)?, name: row.get(1)?, created_at, live_tokens: 0 })
            })?;
            let count = |organization: Organization| {
                let live_tokens = tokens::count_live(connection, organization.id, now, u32::MAX)?;
                Ok(Organization { live_tokens, ..organization })
            };
            rows.map(|row| count(row?)).collect()
        })
        .await
    }

    /// The organization that a token belongs to: the operator names a token by its id alone.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn organization_of(&self, token_id: Uuid) -> Result<Option<Uuid>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT organizations.id FROM organizations JOIN api_tokens \
                       ON api_tokens.org_id = organizations.id AND api_tokens.id = ?";
            Ok(connection.query_row(sql, [token_id], |row| row.get(0)).optional()?)
        })
        .await
    }

    /// Whether there is any organization.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn has_organization(&self) -> Result<bool, StoreError> {
        self.read(|connection| {
            Ok(connection.query_row("SELECT EXISTS (SELECT 1 FROM organizations)", [], |row| row.get(0))?)
        })
        .await
    }

    /// Creates the organization that `owner` belongs to, together with `owner`.
    ///
    /// `prepare` is called with the owner when all is written and nothing is committed. What it returns is dropped where the commit
    /// fails, so it can undo itself.
    ///
    /// # Errors
    /// [`StoreError::OrganizationExists`] where the name is taken, [`StoreError::Prepare`] where `prepare` failed.
    pub async fn create_organization<P: Send + 'static>(
        &self,
        name: String,
        owner: NewToken,
        prepare: impl FnOnce(&TokenRecord) -> std::io::Result<P> + Send + 'static,
    ) -> Result<(TokenRecord, P), StoreError> {
        let ids = self.ids.clone();
        self.write(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            insert(&transaction, owner.organization_id, &name, &owner)?;
            let change =
                Change { organization_id: owner.organization_id, now: owner.created_at, origin: Origin::default() };
            let changing = Changing::new(&transaction, &change, &ids);
            let record = tokens::insert(&transaction, changing.next_id(), owner)?;
            changing.record(record.id, Action::Created)?;
            let prepared = prepare(&record).map_err(StoreError::Prepare)?;
            transaction.commit()?;
            Ok((record, prepared))
        })
        .await
    }
}

pub(super) fn exists(connection: &rusqlite::Connection, id: Uuid) -> Result<bool, StoreError> {
    Ok(connection.query_row("SELECT EXISTS (SELECT 1 FROM organizations WHERE id = ?)", [id], |row| row.get(0))?)
}

fn insert(connection: &rusqlite::Connection, id: Uuid, name: &str, owner: &NewToken) -> Result<(), StoreError> {
    let sql = "INSERT INTO organizations (id, name, created_at) VALUES (?, ?, ?)";
    match connection.execute(sql, params![id, name, owner.created_at.as_millis()]) {
        Ok(_) => Ok(()),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            Err(StoreError::OrganizationExists(name.to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}
