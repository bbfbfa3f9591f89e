//! Creation of organizations, each with its owner token.

use crate::audit::Origin;

use super::read_set::ReadSet;
use super::unit_of_work::{ChangeContext, UnitOfWork};
use super::{Store, StoreError, sqlite, verbs};
use crate::tokens::{NewToken, TokenRecord};

impl Store {
    /// Creates the organization of `owner`, together with `owner`.
    ///
    /// `before_commit` is called with the owner when everything is written and nothing is committed. Its result is dropped if the
    /// commit fails, so it can undo its effect.
    ///
    /// # Errors
    /// [`StoreError::OrganizationExists`] if the name is in use, [`StoreError::Prepare`] if `before_commit` fails.
    pub async fn create_organization<P: Send + 'static>(
        &self,
        name: String,
        owner: NewToken,
        before_commit: impl FnOnce(&TokenRecord) -> std::io::Result<P> + Send + 'static,
    ) -> Result<(TokenRecord, P), StoreError> {
        let ids = self.ids.clone();
        self.write(move |connection| {
            let transaction = sqlite::begin(connection)?;
            let (organization_id, now) = (owner.organization_id, owner.created_at);
            sqlite::insert_organization(&transaction, organization_id, &name, now)?;
            let context = ChangeContext { organization_id, now, origin: Origin::default() };
            let rows = sqlite::read(&transaction, &context, &ReadSet::default())?.unwrap_or_default();
            let mut unit = UnitOfWork::new(context.clone(), ids, rows);
            let record = verbs::create_owner(&mut unit, &owner);
            sqlite::write(&transaction, &context, &unit.into_writes())?;
            let prepared = before_commit(&record).map_err(StoreError::Prepare)?;
            transaction.commit()?;
            Ok((record, prepared))
        })
        .await
    }
}
