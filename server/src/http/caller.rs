//! Who asks, and from where.

use aether_api::runtime::{Arrival, Operation};
use http::HeaderMap;
use http::header::USER_AGENT;
use uuid::Uuid;

use crate::audit::{Origin, UserAgent};
use crate::idempotency::Key;
use crate::limit::client_address;
use crate::store::{Change, Kept};
use crate::tokens::{Actor, PlainToken, Timestamp, TokenRecord};

/// The contract's header for requests that can be repeated.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// A live token, as it came with a request.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(super) actor: Actor,
    /// The token itself, which its own kept answers are sealed with.
    pub(super) bearer: PlainToken,
    pub(super) origin: Origin,
    pub(super) repeatable: Option<Repeatable>,
}

/// A request that can be repeated.
#[derive(Debug)]
pub(super) struct Repeatable {
    pub(super) key: Key,
    /// What was answered under the key before.
    pub(super) kept: Option<Kept>,
}

impl Caller {
    pub(super) fn record(&self) -> &TokenRecord {
        self.actor.record()
    }

    pub(super) fn id(&self) -> Uuid {
        self.record().id
    }

    /// A change that the caller asks for.
    pub(super) fn change(&self, now: Timestamp) -> Change {
        Change { organization_id: self.record().organization_id, now, origin: self.origin.clone() }
    }

    /// Whether this may be a request that was answered before. What it asks for was good then.
    pub(super) fn asks_again(&self) -> bool {
        self.repeatable.as_ref().is_some_and(|repeatable| repeatable.kept.is_some())
    }
}

/// Where a request comes from.
pub(super) fn origin(arrival: &Arrival<'_>, trusted: &[ipnet::IpNet]) -> Origin {
    Origin {
        actor: None,
        address: Some(client_address(arrival.peer.ip(), arrival.headers, trusted)),
        user_agent: arrival.headers.get(USER_AGENT).map(|value| UserAgent::new(value.as_bytes())),
        request_id: Some(arrival.request_id.to_owned()),
    }
}

/// The key of a request that can be repeated. An ill-formed one is none; the request will be refused for it.
pub(super) fn idempotency_key(operation: &'static Operation, headers: &HeaderMap) -> Option<Key> {
    let known = operation.parameters.iter().any(|parameter| parameter.name == IDEMPOTENCY_KEY);
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter().filter(|_| known);
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    value.to_str().ok().map(Key::new)
}
