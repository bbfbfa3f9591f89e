//! Queries of organizations.

use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use uuid::Uuid;

use super::tokens;
use crate::store::{Store, StoreError};
use crate::timestamp::Timestamp;

/// An organization.
#[derive(Debug, Clone)]
pub struct Organization {
    /// The id.
    pub id: Uuid,
    /// The name.
    pub name: String,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The number of its active tokens.
    pub active_tokens: u32,
}

impl Store {
    /// All organizations, oldest first.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn organizations(&self, now: Timestamp) -> Result<Vec<Organization>, StoreError> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare("SELECT id, name, created_at FROM organizations ORDER BY created_at, id")?;
            let rows = statement.query_map([], |row| {
                let created_at = Timestamp::from_millis(row.get(2)?);
                Ok(Organization { id: row.get(0)?, name: row.get(1)?, created_at, active_tokens: 0 })
            })?;
            let count = |organization: Organization| {
                let active_tokens = tokens::count_active(connection, organization.id, now, u32::MAX)?;
                Ok(Organization { active_tokens, ..organization })
            };
            rows.map(|row| count(row?)).collect()
        })
        .await
    }

    /// The organization of a token. The operator selects a token by its id alone.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn organization_of(&self, token_id: Uuid) -> Result<Option<Uuid>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT organizations.id FROM organizations JOIN api_tokens \
                       ON api_tokens.org_id = organizations.id AND api_tokens.id = ?";
            Ok(connection.query_row(sql, [token_id], |row| row.get(0)).optional()?)
        })
        .await
    }

    /// Whether there is an organization.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn has_organization(&self) -> Result<bool, StoreError> {
        self.read(|connection| {
            Ok(connection.query_row("SELECT EXISTS (SELECT 1 FROM organizations)", [], |row| row.get(0))?)
        })
        .await
    }

    /// The ids of all organizations.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub(in crate::store) async fn organization_ids(&self) -> Result<Vec<Uuid>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT id FROM organizations")?;
            Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })
        .await
    }
}

/// Inserts an organization.
pub(in crate::store) fn insert(
    connection: &Connection,
    id: Uuid,
    name: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO organizations (id, name, created_at) VALUES (?, ?, ?)";
    match connection.execute(sql, params![id, name, now.as_millis()]) {
        Ok(_) => Ok(()),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            Err(StoreError::OrganizationExists(name.to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}
