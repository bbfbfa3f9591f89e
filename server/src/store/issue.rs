//! Making tokens: by another token, or in the place of one.

use uuid::Uuid;

use super::answers::{self, Keep, Kept};
use super::change::{Change, ChangeError, Changing};
use super::{Store, tokens};
use crate::audit::Action;
use crate::tokens::{Actor, Denied, Limits, NewToken, Timestamp, TokenRecord};

/// What a request for a token has led to.
#[derive(Debug)]
pub enum Issued {
    /// The token is there.
    Made(TokenRecord),
    /// Something was answered under the request's key before, and nothing was made.
    Kept(Kept),
}

/// What takes a token's place, and when the token stops.
#[derive(Debug)]
pub struct Succession {
    pub successor: NewToken,
    pub predecessor_expires_at: Timestamp,
}

impl Store {
    /// Stores a token that another one makes, if `permit` agrees on seeing what the maker is now.
    ///
    /// # Errors
    /// [`ChangeError::Denied`] where a rule or a limit has it so.
    pub async fn create_token(
        &self,
        change: Change,
        new: NewToken,
        limits: Limits,
        keep: Option<Keep>,
        permit: impl FnOnce(&Actor, &NewToken) -> Result<(), Denied> + Send + 'static,
    ) -> Result<Issued, ChangeError> {
        self.change(change, move |changing| {
            let maker = changing.caller()?;
            changing.once(keep, |changing| {
                permit(&maker, &new)?;
                if !limits.allow_life(&new) {
                    return Err(Denied::NotCovered.into());
                }
                let record = tokens::insert(changing.transaction, changing.next_id(), new)?;
                changing.enforce(limits)?;
                changing.record(record.id, Action::Created)?;
                Ok(record)
            })
        })
        .await
    }

    /// Gives a token a successor, as `decide` says on seeing both the caller and the token as they are now.
    ///
    /// # Errors
    /// [`ChangeError::Denied`] where a rule or a limit has it so.
    pub async fn rotate_token(
        &self,
        change: Change,
        target: Uuid,
        limits: Limits,
        keep: Option<Keep>,
        decide: impl FnOnce(&Actor, &TokenRecord) -> Result<Succession, Denied> + Send + 'static,
    ) -> Result<Issued, ChangeError> {
        self.change(change, move |changing| {
            let caller = changing.caller()?;
            changing.once(keep, |changing| {
                let organization_id = changing.change.organization_id;
                let found = tokens::find(changing.transaction, organization_id, target)?.ok_or(Denied::Absent)?;
                let Succession { successor, predecessor_expires_at } = decide(&caller, &found)?;
                let record = tokens::insert(changing.transaction, changing.next_id(), successor)?;
                tokens::succeed(changing.transaction, &found, record.id, predecessor_expires_at)?;
                changing.enforce(limits)?;
                changing.record(target, Action::Rotated { successor: record.id })?;
                changing.record(record.id, Action::Created)?;
                Ok(record)
            })
        })
        .await
    }

    /// Stores a token that the operator makes. No limit holds: it is what there is left when all else is lost.
    ///
    /// `prepare` is called with the token when all is written and nothing is committed.
    ///
    /// # Errors
    /// [`Denied::Absent`] where there is no such organization.
    pub async fn create_token_as_operator(
        &self,
        change: Change,
        new: NewToken,
        prepare: impl FnOnce(&TokenRecord) -> std::io::Result<()> + Send + 'static,
    ) -> Result<TokenRecord, ChangeError> {
        self.change(change, move |changing| {
            if !super::organizations::exists(changing.transaction, changing.change.organization_id)? {
                return Err(Denied::Absent.into());
            }
            let record = tokens::insert(changing.transaction, changing.next_id(), new)?;
            changing.record(record.id, Action::Created)?;
            prepare(&record).map_err(super::StoreError::Prepare)?;
            Ok(record)
        })
        .await
    }
}

impl Changing<'_> {
    /// Does `work` unless its answer is kept already, and keeps its answer.
    fn once(
        &self,
        keep: Option<Keep>,
        work: impl FnOnce(&Self) -> Result<TokenRecord, ChangeError>,
    ) -> Result<Issued, ChangeError> {
        let Change { organization_id, now, ref origin } = *self.change;
        let (Some(keep), Some(caller)) = (keep, origin.actor) else { return work(self).map(Issued::Made) };
        if let Some(kept) = answers::find(self.transaction, (organization_id, caller), keep.key, now)? {
            return Ok(Issued::Kept(kept));
        }
        let record = work(self)?;
        answers::insert(self.transaction, (organization_id, caller), keep, &record, now)?;
        Ok(Issued::Made(record))
    }

    /// Whether the organization has no more live tokens than it may have, what was just written included.
    fn enforce(&self, limits: Limits) -> Result<(), ChangeError> {
        let Some(most) = limits.tokens else { return Ok(()) };
        let Change { organization_id, now, .. } = *self.change;
        let live = tokens::count_live(self.transaction, organization_id, now, most.saturating_add(1))?;
        if live > most { Err(Denied::LimitReached.into()) } else { Ok(()) }
    }
}
