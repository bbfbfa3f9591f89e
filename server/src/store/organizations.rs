//! Organizations, each with the token that owns it.

use rusqlite::{ErrorCode, TransactionBehavior, params};
use uuid::Uuid;

use super::{Store, StoreError, next_id, tokens};
use crate::tokens::{NewToken, TokenRecord};

impl Store {
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
            let id = next_id(&ids, owner.created_at);
            let record = tokens::insert(&transaction, id, owner)?;
            let prepared = prepare(&record).map_err(StoreError::Prepare)?;
            transaction.commit()?;
            Ok((record, prepared))
        })
        .await
    }
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
