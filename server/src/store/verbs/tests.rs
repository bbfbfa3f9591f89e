//! Random sequences of verbs on an organization in memory. The rules of tokens hold after every change.

use std::collections::BTreeMap;
use std::convert::Infallible;

use proptest::prelude::*;
use rand::rngs::SysRng;
use uuid::Uuid;

use super::issue::{Rotation, create, create_owner, rotate};
use super::revoke::{Ended, end_as_caller, revoke_as_caller};
use super::update::update;
use crate::audit::{ChainHead, Event, Origin};
use crate::store::unit_of_work::{ChangeContext, Ids, Rows, UnitOfWork};
use crate::store::walk::{Step, Tree, Walk, WalkBatch};
use crate::timestamp::Timestamp;
use crate::tokens::{self, Denied, Limits, NewToken, PlainToken, Scope, Scopes, State, TokenRecord, Update};

const MAX_TOKENS: u32 = 6;
const LIMITS: Limits = Limits { life: None, tokens: Some(MAX_TOKENS) };

/// An organization in memory, with the rows that a database would have.
struct Organization {
    ids: Ids,
    tokens: BTreeMap<Uuid, TokenRecord>,
    events: Vec<Event>,
    now: Timestamp,
}

impl Organization {
    fn new() -> Self {
        let (ids, now) = (Ids::default(), Timestamp::from_millis(1_000_000_000_000));
        let mut organization = Self { ids, tokens: BTreeMap::new(), events: Vec::new(), now };
        let owner = Organization::new_token(Scopes::new(vec![Scope::all()]), None);
        organization.change(None, None, |unit| Ok(create_owner(unit, &owner))).unwrap();
        organization
    }

    fn new_token(scopes: Scopes, expires_at: Option<Timestamp>) -> NewToken {
        tokens::issue(Uuid::nil(), None, "token".into(), scopes, expires_at, &mut SysRng).unwrap().1
    }

    /// The token with this number; numbers wrap around.
    fn token(&self, number: usize) -> TokenRecord {
        self.tokens.values().nth(number % self.tokens.len()).unwrap().clone()
    }

    fn is_active(&self, record: &TokenRecord) -> bool {
        record.state(self.now) == State::Active
    }

    fn active(&self) -> usize {
        self.tokens.values().filter(|record| self.is_active(record)).count()
    }

    /// The tokens that count toward the limit: the active ones, without each predecessor in its grace period whose successor is active
    /// and not rotated itself.
    fn counted(&self) -> usize {
        let replaces = |successor: &TokenRecord| self.is_active(successor) && successor.rotated_to.is_none();
        let is_replaced = |record: &TokenRecord| record.rotated_to.is_some_and(|id| replaces(&self.tokens[&id]));
        self.tokens.values().filter(|record| self.is_active(record) && !is_replaced(record)).count()
    }

    fn chain_head(&self) -> ChainHead {
        self.events.iter().fold(ChainHead::START, |head, event| head.follow(event).expect("the chain is intact"))
    }

    /// The token and its descendants.
    fn with_descendants(&self, id: Uuid) -> Vec<TokenRecord> {
        let mut found = vec![self.tokens[&id].clone()];
        let mut next = 0;
        while let Some(creator) = found.get(next).map(|record| record.id) {
            found.extend(self.tokens.values().filter(|record| record.created_by == Some(creator)).cloned());
            next += 1;
        }
        found
    }

    fn change<T>(
        &mut self,
        actor: Option<Uuid>,
        target: Option<Uuid>,
        decide: impl Fn(&mut UnitOfWork) -> Result<T, Denied>,
    ) -> Result<T, Denied> {
        self.change_after(actor, target, WalkBatch::default(), decide)
    }

    fn change_after<T>(
        &mut self,
        actor: Option<Uuid>,
        target: Option<Uuid>,
        walk: WalkBatch,
        decide: impl Fn(&mut UnitOfWork) -> Result<T, Denied>,
    ) -> Result<T, Denied> {
        let origin = Origin { actor, ..Origin::default() };
        let context = ChangeContext { origin, ..ChangeContext::without_caller(Uuid::nil()) };
        let has_children = target.is_some_and(|id| self.next_child(id, Uuid::nil()).unwrap().is_some());
        let rows = Rows {
            chain_head: self.chain_head(),
            tokens: actor.into_iter().chain(target).map(|id| self.tokens[&id].clone()).collect(),
            counted: u32::try_from(self.counted()).unwrap(),
            predecessor: self.tokens.values().find(|it| it.rotated_to.is_some() && it.rotated_to == target).cloned(),
            has_children,
            walk,
            ..Rows::default()
        };
        let mut unit = UnitOfWork::new(context, self.now, self.ids.clone(), rows);
        let decided = decide(&mut unit)?;
        let writes = unit.into_writes();
        self.tokens.extend(writes.inserted.into_iter().map(|(record, _)| (record.id, record)));
        self.tokens.extend(writes.updated);
        self.events.extend(writes.events);
        Ok(decided)
    }
}

/// The tokens as a walk reads them.
impl Tree for Organization {
    type Error = Infallible;

    fn find(&self, id: Uuid) -> Result<Option<TokenRecord>, Infallible> {
        Ok(self.tokens.get(&id).cloned())
    }

    fn next_child(&self, creator: Uuid, after: Uuid) -> Result<Option<TokenRecord>, Infallible> {
        let is_child = |it: &&TokenRecord| it.created_by == Some(creator) && !it.tree_revoked && it.id > after;
        Ok(self.tokens.values().find(is_child).cloned())
    }
}

impl Organization {
    /// Revokes a token with its descendants, as the store does, in steps of at most `limit`. Returns the number of active tokens.
    fn revoke_tree(&mut self, actor: Uuid, target: Uuid, limit: usize) -> Result<usize, Denied> {
        let caller = self.change(Some(actor), Some(target), |unit| {
            let caller = unit.caller()?;
            if caller.may_act_on(unit.token(target)?) { Ok(caller) } else { Err(Denied::NotCovered) }
        })?;
        let all = Walk::new(target, None, usize::MAX).steps(self).unwrap().steps;
        let is_denied = |step: &Step| matches!(step, Step::End(it) if self.is_active(it) && !caller.may_act_on(it));
        if all.iter().any(is_denied) {
            return Err(Denied::NotCovered);
        }
        let (mut count, has_spared) = self.walk(actor, Walk::new(target, Some(actor), limit))?;
        if has_spared {
            assert!(self.is_active(&self.tokens[&actor]), "the caller is ended last");
            count += self.walk(actor, Walk::end(target, actor, limit))?.0;
        }
        Ok(count)
    }

    fn walk(&mut self, actor: Uuid, walk: Walk) -> Result<(usize, bool), Denied> {
        let (mut count, mut passed, mut position) = (0, false, Some(walk.position));
        while let Some(from) = position {
            let steps = walk.from(from).steps(self).unwrap();
            let decide = |unit: &mut UnitOfWork| end_as_caller(unit, walk.root);
            let Ended { count: ended, next, has_spared } =
                self.change_after(Some(actor), Some(walk.root), steps, decide)?;
            (count, passed, position) = (count + ended, passed | has_spared, next);
        }
        Ok((count, passed))
    }

    /// Whether every mark is true.
    fn marks_are_true(&self) -> bool {
        let is_revoked = |it: &TokenRecord| it.revoked_at.is_some();
        self.tokens.values().filter(|it| it.tree_revoked).all(|it| self.with_descendants(it.id).iter().all(is_revoked))
    }
}

#[derive(Debug, Clone)]
enum Verb {
    Create { actor: usize, scopes: Scopes, seconds: Option<i64> },
    Update { actor: usize, target: usize, scopes: Scopes, seconds: i64 },
    Rotate { actor: usize, target: usize, grace: i32 },
    Revoke { actor: usize, target: usize, steps: Option<usize> },
    Wait { seconds: i64 },
}

fn verb() -> impl Strategy<Value = Verb> {
    let number = 0..12_usize;
    let scopes =
        prop::sample::select(vec!["", "a", "b", "a b", "a:*", "a:b", "*"]).prop_map(|it| Scopes::parse(it).unwrap());
    prop_oneof![
        4 => (number.clone(), scopes.clone(), prop::option::of(1..100_i64))
            .prop_map(|(actor, scopes, seconds)| Verb::Create { actor, scopes, seconds }),
        2 => (number.clone(), number.clone(), scopes, 1..100_i64)
            .prop_map(|(actor, target, scopes, seconds)| Verb::Update { actor, target, scopes, seconds }),
        2 => (number.clone(), number.clone(), 0..60_i32)
            .prop_map(|(actor, target, grace)| Verb::Rotate { actor, target, grace }),
        2 => (number.clone(), number, prop::option::of(1..9_usize))
            .prop_map(|(actor, target, steps)| Verb::Revoke { actor, target, steps }),
        1 => (1..50_i64).prop_map(|seconds| Verb::Wait { seconds }),
    ]
}

/// Whether `one` has no scope and no time that `other` does not have.
fn not_stronger(one: &TokenRecord, other: &TokenRecord) -> bool {
    let later = match (one.expires_at, other.expires_at) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(one), Some(other)) => one > other,
    };
    other.scopes.covers_all(&one.scopes) && !later
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_verbs_never_extend_power_exceed_the_cap_or_break_the_chain(
        verbs in prop::collection::vec(verb(), 1..40),
    ) {
        let mut organization = Organization::new();
        for verb in verbs {
            let before = organization.tokens.clone();
            let now = organization.now;
            match verb {
                Verb::Create { actor, scopes, seconds } => {
                    let actor = organization.token(actor);
                    let expires_at = seconds.map(|seconds| now.plus_seconds(seconds));
                    let new = Organization::new_token(scopes, expires_at);
                    if let Ok(created) = organization.change(Some(actor.id), None, |unit| create(unit, &new, LIMITS)) {
                        prop_assert!(not_stronger(&created, &actor), "{:?} created {:?}", actor, created);
                    }
                }
                Verb::Update { actor, target, scopes, seconds } => {
                    let (actor, target) = (organization.token(actor), organization.token(target));
                    let scopes = Some(scopes.iter().map(ToString::to_string).collect());
                    let requested = Update { name: None, scopes, expires_at: Some(now.plus_seconds(seconds)) };
                    let updated =
                        organization.change(Some(actor.id), Some(target.id), |unit| update(unit, target.id, &requested));
                    if let Ok(updated) = updated {
                        prop_assert!(not_stronger(&updated, &target), "{:?} became {:?}", target, updated);
                    }
                }
                Verb::Rotate { actor, target, grace } => {
                    let (actor, target) = (organization.token(actor), organization.token(target));
                    let token = PlainToken::generate(&mut SysRng).unwrap();
                    let rotation = Rotation { target: target.id, token, grace };
                    let rotated =
                        organization.change(Some(actor.id), Some(target.id), |unit| rotate(unit, &rotation, LIMITS));
                    if let Ok(successor) = rotated {
                        prop_assert!(not_stronger(&successor, &target) && not_stronger(&successor, &actor));
                        prop_assert!(not_stronger(&organization.tokens[&target.id], &target));
                    }
                }
                Verb::Revoke { actor, target, steps } => {
                    let (actor, target) = (organization.token(actor), organization.token(target));
                    let found = organization.with_descendants(target.id);
                    let is_actor_active = organization.is_active(&actor);
                    let revoked = match steps {
                        Some(limit) => organization.revoke_tree(actor.id, target.id, limit),
                        None => organization.change(Some(actor.id), Some(target.id), |unit| {
                            revoke_as_caller(unit, target.id)
                        }),
                    };
                    let ended = found.iter().take(if steps.is_some() { found.len() } else { 1 });
                    let active: Vec<_> = ended.clone().filter(|record| record.state(now) == State::Active).collect();
                    let is_covered = |it: &&TokenRecord| it.id == actor.id || actor.scopes.covers_all(&it.scopes);
                    let covered = is_covered(&&target) && active.iter().all(is_covered);
                    let expected = match (is_actor_active, covered) {
                        (false, _) => Err(Denied::CallerInactive),
                        (true, false) => Err(Denied::NotCovered),
                        (true, true) => Ok(active.len()),
                    };
                    prop_assert_eq!(&revoked, &expected, "{:?} revokes {:?}", actor, target);
                    if revoked.is_ok() {
                        prop_assert!(ended.clone().all(|it| organization.tokens[&it.id].revoked_at.is_some()));
                    }
                }
                Verb::Wait { seconds } => organization.now = now.plus_seconds(seconds),
            }
            for (id, record) in &organization.tokens {
                if let Some(before) = before.get(id) {
                    prop_assert!(not_stronger(record, before), "{:?} became {:?}", before, record);
                    prop_assert!(before.revoked_at.is_none() || record.revoked_at == before.revoked_at);
                }
            }
            prop_assert!(organization.marks_are_true());
            organization.chain_head();
            prop_assert!(organization.counted() <= MAX_TOKENS as usize);
            prop_assert!(organization.active() <= 2 * MAX_TOKENS as usize);
        }
    }
}
