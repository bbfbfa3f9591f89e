//! Changing and revoking tokens.

use rusqlite::params;
use uuid::Uuid;

use super::change::{Change, ChangeError, Changing};
use super::{Store, answers, tokens};
use crate::audit::Action;
use crate::tokens::{Actor, Denied, Timestamp, TokenRecord, Updated};

/// `UNION` ends the walk where it has been already.
const DESCENDANTS: &str = "
    WITH RECURSIVE doomed (id) AS (
        SELECT ?2 UNION SELECT made.id FROM api_tokens AS made JOIN doomed ON made.created_by = doomed.id
        WHERE made.org_id = ?1
    )
    SELECT id FROM doomed";

impl Store {
    /// Changes a token as `decide` says on seeing both the caller and the token as they are now.
    ///
    /// # Errors
    /// [`ChangeError::Denied`] where a rule has it so.
    pub async fn update_token(
        &self,
        change: Change,
        target: Uuid,
        decide: impl FnOnce(&Actor, &TokenRecord) -> Result<Updated, Denied> + Send + 'static,
    ) -> Result<TokenRecord, ChangeError> {
        self.change(change, move |changing| {
            let caller = changing.caller()?;
            let organization_id = changing.change.organization_id;
            let found = tokens::find(changing.transaction, organization_id, target)?.ok_or(Denied::Absent)?;
            let Updated { name, scopes, expires_at, changed } = decide(&caller, &found)?;
            if changed.is_empty() {
                return Ok(found);
            }
            changing
                .transaction
                .prepare_cached(
                    "UPDATE api_tokens SET name = ?, scopes = ?, expires_at = ? WHERE org_id = ? AND id = ?",
                )?
                .execute(params![
                    name,
                    scopes.to_string(),
                    expires_at.map(Timestamp::as_millis),
                    organization_id,
                    target
                ])?;
            changing.record(target, Action::Updated { changed })?;
            Ok(TokenRecord { name, scopes, expires_at, ..found })
        })
        .await
    }

    /// Revokes a token, if `permit` agrees on seeing both the caller and the token as they are now; with `descendants`
    /// also all that it made, and what those made. A token that was revoked before keeps its time.
    ///
    /// # Errors
    /// [`ChangeError::Denied`] where a rule has it so.
    pub async fn revoke_token(
        &self,
        change: Change,
        target: Uuid,
        descendants: bool,
        permit: impl FnOnce(&Actor, &TokenRecord) -> bool + Send + 'static,
    ) -> Result<(), ChangeError> {
        self.change(change, move |changing| {
            let caller = changing.caller()?;
            let found = tokens::find(changing.transaction, changing.change.organization_id, target)?;
            if !permit(&caller, &found.ok_or(Denied::Absent)?) {
                return Err(Denied::NotCovered.into());
            }
            changing.revoke(target, descendants).map(drop)
        })
        .await
    }

    /// Revokes a token because the operator says so. Returns how many tokens that ended.
    ///
    /// # Errors
    /// [`Denied::Absent`] where the organization has no such token.
    pub async fn revoke_token_as_operator(
        &self,
        change: Change,
        target: Uuid,
        descendants: bool,
    ) -> Result<usize, ChangeError> {
        self.change(change, move |changing| {
            let found = tokens::find(changing.transaction, changing.change.organization_id, target)?;
            found.ok_or(Denied::Absent)?;
            changing.revoke(target, descendants)
        })
        .await
    }
}

impl Changing<'_> {
    /// Revokes what is not revoked yet, and forgets the answers that were kept for it.
    fn revoke(&self, target: Uuid, descendants: bool) -> Result<usize, ChangeError> {
        let Change { organization_id, now, .. } = *self.change;
        let doomed = if descendants {
            let mut statement = self.transaction.prepare_cached(DESCENDANTS)?;
            let rows = statement.query_map([organization_id, target], |row| row.get::<_, Uuid>(0))?;
            rows.collect::<Result<Vec<_>, _>>()?
        } else {
            vec![target]
        };
        let mut ended = 0;
        for id in doomed {
            let changed = self
                .transaction
                .prepare_cached(
                    "UPDATE api_tokens SET revoked_at = ? WHERE org_id = ? AND id = ? AND revoked_at IS NULL",
                )?
                .execute(params![now.as_millis(), organization_id, id])?;
            if changed > 0 {
                answers::forget(self.transaction, organization_id, id)?;
                self.record(id, Action::Revoked)?;
                ended += 1;
            }
        }
        Ok(ended)
    }
}
