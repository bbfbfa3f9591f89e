//! The walk through a token and its descendants, in steps of bounded number.
//!
//! The walk is depth-first and remembers a position, not a path, so its memory does not grow with the tree. It ends each token before it
//! looks for the tokens that it created: an ended token creates nothing, so its children are complete from then on, and none that is
//! created during the walk is missed. When no child is left, the token is marked ([`TokenRecord::tree_revoked`]).
//!
//! A mark is true forever. A token is marked after it was revoked and after each of its children was marked or purged; a purge removes
//! no unmarked token that has unmarked children. So by induction every descendant is revoked. None is added, because a creation requires
//! an active creator in its own transaction, and none becomes active again, because no change withdraws a revocation. A walk passes
//! marked tokens without a step, because the index of children has none: a token costs one walk.
//!
//! A caller that is in the tree is ended last, because every transaction requires that it is active. The walk passes it with everything
//! below it ([`Walk::spared`]). Its creators on the way are ended and not marked. The end of the walk continues at the caller
//! ([`Walk::last`]): it ends the tokens below, and then the caller in a transaction that has found no further child of it.

use uuid::Uuid;

use crate::tokens::TokenRecord;

/// A walk from a root.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walk {
    pub(super) root: Uuid,
    /// The token to pass.
    pub(super) spared: Option<Uuid>,
    /// The token to end after all others.
    pub(super) last: Option<Uuid>,
    pub(super) position: Position,
    /// The maximum number of steps.
    pub(super) limit: usize,
}

/// A position between two steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    at: Uuid,
    /// Whether the token is ended.
    entered: bool,
    /// The latest of its children that the walk has left.
    after: Uuid,
    /// The nearest ancestor of the spared token that the walk has not left.
    unmarkable: Option<Uuid>,
}

/// A step of a walk.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Ends a token, if it is not revoked.
    End(TokenRecord),
    /// Marks a token, and ends it if it is the last one.
    Mark(TokenRecord),
}

/// The next steps of a walk.
#[derive(Debug, Clone, Default)]
pub(super) struct WalkBatch {
    pub(super) steps: Vec<Step>,
    /// The position after them; `None` at the end of the walk.
    pub(super) next: Option<Position>,
    /// Whether they passed the spared token.
    pub(super) has_spared: bool,
}

/// The tokens of an organization.
pub(super) trait Tree {
    type Error;

    /// The token with this id.
    fn find(&self, id: Uuid) -> Result<Option<TokenRecord>, Self::Error>;

    /// The unmarked token with the least id after `after` that the token created.
    fn next_child(&self, creator: Uuid, after: Uuid) -> Result<Option<TokenRecord>, Self::Error>;
}

impl Walk {
    /// A walk from `root` that passes `spared`.
    pub(super) fn new(root: Uuid, spared: Option<Uuid>, limit: usize) -> Self {
        let unmarkable = spared.filter(|spared| *spared == root);
        let position = Position { at: root, entered: unmarkable.is_some(), after: Uuid::nil(), unmarkable };
        Self { root, spared, last: None, position, limit }
    }

    /// The end of a walk that passed `last`.
    pub(super) fn end(root: Uuid, last: Uuid, limit: usize) -> Self {
        let position = Position { at: last, entered: true, after: Uuid::nil(), unmarkable: None };
        Self { root, spared: None, last: Some(last), position, limit }
    }

    /// The same walk from another position.
    pub(super) fn from(self, position: Position) -> Self {
        Self { position, ..self }
    }

    /// The next steps, as if they were made at once: within a transaction, or on a state that does not change.
    pub(super) fn steps<T: Tree>(&self, tree: &T) -> Result<WalkBatch, T::Error> {
        let Some(mut token) = tree.find(self.position.at)? else { return Ok(self.resume()) };
        let mut found = WalkBatch { has_spared: self.spared == Some(self.root), ..WalkBatch::default() };
        let mut position = self.position;
        if token.tree_revoked && token.id == self.root {
            return Ok(found);
        }
        // The last token can still create others. Its children are complete if this transaction has found them all.
        let last_is_complete = self.last == Some(position.at) && position.after.is_nil();
        // The creators of `token` that these steps have entered. Others are read again.
        let mut creators: Vec<TokenRecord> = Vec::new();
        if !position.entered {
            found.steps.push(Step::End(token.clone()));
            position.entered = true;
        }
        while found.steps.len() < self.limit {
            match tree.next_child(token.id, position.after)? {
                // Damaged creators could form a circle, which then contains the root.
                Some(child) if child.id == self.root => position.after = child.id,
                Some(child) if Some(child.id) == self.spared => {
                    found.has_spared = true;
                    (position.after, position.unmarkable) = (child.id, Some(token.id));
                }
                Some(child) => {
                    found.steps.push(Step::End(child.clone()));
                    creators.push(std::mem::replace(&mut token, child));
                    position.after = Uuid::nil();
                }
                None if self.last == Some(token.id) => {
                    if !last_is_complete {
                        position.after = Uuid::nil();
                        break;
                    }
                    self.mark_upwards(tree, token, &mut found.steps)?;
                    return Ok(found);
                }
                None => {
                    let (id, creator) = (token.id, token.created_by);
                    if position.unmarkable == Some(id) {
                        position.unmarkable = creator;
                    } else {
                        found.steps.push(Step::Mark(token));
                    }
                    if id == self.root {
                        return Ok(found);
                    }
                    let known = creators.pop();
                    let Some(creator) = (if known.is_some() { known } else { creator_of(tree, creator)? }) else {
                        return Ok(WalkBatch { steps: found.steps, ..self.resume() });
                    };
                    token = creator;
                    position.after = id;
                }
            }
        }
        position.at = token.id;
        found.next = Some(position);
        Ok(found)
    }

    /// Marks the last token, and its creators up to the root that have no other unmarked child. A mark that the limit leaves out is made
    /// by a later walk.
    fn mark_upwards<T: Tree>(&self, tree: &T, last: TokenRecord, steps: &mut Vec<Step>) -> Result<(), T::Error> {
        let mut token = last;
        loop {
            let (id, creator) = (token.id, token.created_by);
            steps.push(Step::Mark(token));
            if id == self.root || steps.len() >= self.limit {
                return Ok(());
            }
            let Some(next) = creator_of(tree, creator)? else { return Ok(()) };
            // The token itself is the only unmarked child, if it is the first one and none follows.
            let first = tree.next_child(next.id, Uuid::nil())?.map(|child| child.id);
            if next.revoked_at.is_none() || first != Some(id) || tree.next_child(next.id, id)?.is_some() {
                return Ok(());
            }
            token = next;
        }
    }

    /// The steps if the token at the position was purged meanwhile: the walk begins again, and passes what is marked. If its beginning
    /// was purged, nothing below it is left.
    fn resume(&self) -> WalkBatch {
        let start = match self.last {
            Some(last) => Self::end(self.root, last, self.limit),
            None => Self::new(self.root, self.spared, self.limit),
        };
        WalkBatch { next: Some(start.position).filter(|start| start.at != self.position.at), ..WalkBatch::default() }
    }
}

fn creator_of<T: Tree>(tree: &T, id: Option<Uuid>) -> Result<Option<TokenRecord>, T::Error> {
    id.map_or(Ok(None), |id| tree.find(id))
}
