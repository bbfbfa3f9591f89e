//! Organizations. Each is created with its owner token.

use uuid::Uuid;

use super::change::apply;
use super::read_set::ReadSet;
use super::unit_of_work::ChangeContext;
use super::{Store, StoreError, sqlite, verbs};
use crate::timestamp::Timestamp;
use crate::tokens::{NewToken, TokenRecord};

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
    /// A new id of an organization.
    pub(crate) fn new_organization_id(&self) -> Uuid {
        self.ids.next(self.clock.now())
    }

    /// Creates the organization of `owner`, together with `owner`.
    ///
    /// `before_commit` is called with the owner when everything is written and nothing is committed. Its result is dropped if the
    /// commit fails, so it can undo its effect.
    ///
    /// # Errors
    /// [`StoreError::OrganizationExists`] if the name is in use, [`StoreError::BeforeCommit`] if `before_commit` fails.
    pub async fn create_organization<P: Send + 'static>(
        &self,
        name: String,
        owner: NewToken,
        before_commit: impl FnOnce(&TokenRecord) -> std::io::Result<P> + Send + 'static,
    ) -> Result<(TokenRecord, P), StoreError> {
        let (ids, clock) = (self.ids.clone(), self.clock.clone());
        self.transact(move |transaction| {
            let (organization_id, now) = (owner.organization_id, clock.now());
            sqlite::organizations::insert(transaction, organization_id, &name, now)?;
            let context = ChangeContext::without_caller(organization_id);
            let create = |unit: &mut _| Ok::<_, StoreError>(verbs::create_owner(unit, &owner));
            let created = apply(transaction, &ids, &context, now, &ReadSet::default(), create)?;
            let record = created.ok_or(StoreError::Corrupt("organizations"))?;
            let prepared = before_commit(&record).map_err(StoreError::BeforeCommit)?;
            Ok((record, prepared))
        })
        .await
    }

    /// All organizations, oldest first.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn organizations(&self, now: Timestamp) -> Result<Vec<Organization>, StoreError> {
        self.read(move |connection| sqlite::organizations::list(connection, now)).await
    }

    /// The ids and names of all organizations, oldest first.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn organization_names(&self) -> Result<Vec<(Uuid, String)>, StoreError> {
        self.read(|connection| sqlite::organizations::names(connection)).await
    }

    /// Renames an organization. Returns its name until then, or `None` if it does not exist.
    ///
    /// # Errors
    /// [`StoreError::OrganizationExists`] if another organization has the name.
    pub async fn rename_organization(&self, id: Uuid, name: String) -> Result<Option<String>, StoreError> {
        self.transact(move |transaction| sqlite::organizations::rename(transaction, id, &name)).await
    }

    /// The organization of a token. The operator selects a token by its id alone.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn organization_of(&self, token_id: Uuid) -> Result<Option<Uuid>, StoreError> {
        self.read(move |connection| sqlite::organizations::of_token(connection, token_id)).await
    }

    /// Whether there is an organization.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn has_organization(&self) -> Result<bool, StoreError> {
        self.read(|connection| sqlite::organizations::any(connection)).await
    }

    /// The ids of all organizations.
    pub(super) async fn organization_ids(&self) -> Result<Vec<Uuid>, StoreError> {
        self.read(|connection| sqlite::organizations::ids(connection)).await
    }
}
