//! Updates of tokens.

use uuid::Uuid;

use crate::audit::Action;
use crate::store::read_set::ReadSet;
use crate::store::unit_of_work::{ChangeContext, UnitOfWork};
use crate::store::{ChangeError, Store};
use crate::timestamp::Timestamp;
use crate::tokens::{self, Denied, TokenRecord, Update, Updated};

impl Store {
    /// Updates a token on behalf of the caller. Returns it, and the time of the change.
    ///
    /// # Errors
    /// [`ChangeError::Denied`] if a rule denies it.
    pub async fn update_token(
        &self,
        context: ChangeContext,
        target: Uuid,
        requested: Update,
    ) -> Result<(TokenRecord, Timestamp), ChangeError> {
        let reads = ReadSet::of(&context, Some(target));
        self.change(context, reads, move |unit| Ok((update(unit, target, &requested)?, unit.now()))).await
    }
}

/// Updates a token. An update that changes nothing writes nothing.
pub(super) fn update(unit: &mut UnitOfWork, target: Uuid, requested: &Update) -> Result<TokenRecord, Denied> {
    let caller = unit.caller()?;
    let found = unit.token(target)?.clone();
    let Updated { name, scopes, expires_at, changed } = tokens::update(&caller, &found, requested, unit.now())?;
    let record = TokenRecord { name, scopes, expires_at, ..found };
    if !changed.is_empty() {
        unit.update(record.clone());
        unit.record(target, Action::Updated { changed });
    }
    Ok(record)
}
