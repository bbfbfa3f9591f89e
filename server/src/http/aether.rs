//! What the operations are answered with: the store, and what this process keeps in memory.

use aether_api::Refusal;
use aether_api::runtime::Arrival;
use ipnet::IpNet;
use uuid::Uuid;

use super::refuse;
use crate::audit::Origin;
use crate::idempotency::InFlight;
use crate::limit::{Limiter, Network, Rate};
use crate::store::{Store, StoreError};
use crate::tokens::{Limits, State, Timestamp, TokenRecord};

/// How many tokens and how many addresses are remembered for their limits: a few ten megabytes where all are in use.
const REMEMBERED_TOKENS: usize = 1 << 19;
const REMEMBERED_ADDRESSES: usize = 1 << 16;

/// What the operator has decided.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) limits: Limits,
    /// What each token may ask for; nothing for no limit.
    pub(crate) token_rate: Option<Rate>,
    /// How many refused tokens each address may send; nothing for no limit.
    pub(crate) refusal_rate: Option<Rate>,
    /// Who is believed about where a request comes from.
    pub(crate) trusted_proxies: Vec<IpNet>,
}

/// The service that answers the contract.
#[derive(Debug)]
pub(crate) struct Aether {
    pub(super) store: Store,
    pub(super) settings: Settings,
    pub(super) keys: Option<Limiter<Uuid>>,
    pub(super) in_flight: InFlight,
    addresses: Option<Limiter<Network>>,
}

impl Aether {
    pub(crate) fn new(store: Store, settings: Settings) -> Self {
        Self {
            keys: settings.token_rate.map(|rate| Limiter::new(rate, REMEMBERED_TOKENS)),
            addresses: settings.refusal_rate.map(|rate| Limiter::new(rate, REMEMBERED_ADDRESSES)),
            in_flight: InFlight::default(),
            store,
            settings,
        }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// The answer to a well-formed token that is not accepted: 401, or 429 to an address that sends too many.
    pub(super) fn refuse_token(&self, arrival: &Arrival<'_>, origin: &Origin) -> Refusal {
        let address = origin.address.unwrap_or_else(|| arrival.peer.ip());
        let level = self.addresses.as_ref().map(|limiter| limiter.take(address.into()));
        // A gateway knows no 429, so the contract has none where it asks.
        let documented = arrival.operation.responses.iter().any(|response| response.status.covers(429));
        match level.filter(|level| documented && !level.allowed) {
            Some(level) => refuse::rate_limited(level),
            None => refuse::unauthorized(true),
        }
    }

    /// Remembers that a token was seen expired, before anybody is told: once it is, the token has to stay refused.
    pub(super) async fn see_expired(
        &self,
        record: &TokenRecord,
        state: State,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if state == State::Expired && record.expired_seen_at.is_none() {
            self.store.mark_expired(record.organization_id, record.id, now).await?;
        }
        Ok(())
    }
}
