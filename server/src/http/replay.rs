//! The replay of idempotent requests: the stored response to an earlier request with the same key.

use aether_api::{
    CreateApiTokenCreated, CreateApiTokenResponse, ErrorBodyCode as Code, IssuedApiToken, RotateApiTokenCreated,
    RotateApiTokenResponse,
};
use rand::rngs::SysRng;

use super::auth::Caller;
use super::error::{self, FromChangeError};
use super::{AetherService, conversions};
use crate::idempotency::{self, Fingerprint, InProgressGuard, Key, SealError};
use crate::store::{Idempotency, Issued, Replay};
use crate::tokens;

/// An issued token, as sent for the first time or replayed.
#[derive(Debug)]
pub(super) struct IssuedResponse {
    body: IssuedApiToken,
    idempotency_replayed: Option<bool>,
}

impl From<IssuedResponse> for CreateApiTokenResponse {
    fn from(IssuedResponse { body, idempotency_replayed }: IssuedResponse) -> Self {
        CreateApiTokenCreated { body, idempotency_replayed }.into()
    }
}

impl From<IssuedResponse> for RotateApiTokenResponse {
    fn from(IssuedResponse { body, idempotency_replayed }: IssuedResponse) -> Self {
        RotateApiTokenCreated { body, idempotency_replayed }.into()
    }
}

/// A response to a request that issues a token.
pub(super) trait IssueResponse: FromChangeError + From<IssuedResponse> {
    /// The response to a replay that the caller's present scopes do not cover. `uncovered` are the positions of the scopes.
    fn not_covered(uncovered: &[usize]) -> Self;
}

impl IssueResponse for CreateApiTokenResponse {
    fn not_covered(uncovered: &[usize]) -> Self {
        let violation = |index| (format!("scopes[{index}]"), tokens::SCOPE_EXCEEDS_GRANT);
        error::invalid_fields(&uncovered.iter().map(violation).collect::<Vec<_>>())
    }
}

impl IssueResponse for RotateApiTokenResponse {
    fn not_covered(_: &[usize]) -> Self {
        error::insufficient_scope(&[])
    }
}

/// A request without a stored response; `None` if it has no key.
#[derive(Debug)]
pub(crate) struct Attempt(Option<IdempotentRequest>);

#[derive(Debug)]
struct IdempotentRequest {
    key: Key,
    request: Fingerprint,
    /// Held until the response is rendered.
    _guard: InProgressGuard,
}

impl AetherService {
    /// Looks for the response to an earlier request with the same key. `Err` is the response to send: the earlier one, or a conflict.
    pub(super) async fn replay<R: IssueResponse>(
        &self,
        caller: &Caller,
        key: Option<&str>,
        request: impl FnOnce() -> Fingerprint + Send,
    ) -> Result<Attempt, R> {
        let Some(key) = key.map(Key::new) else { return Ok(Attempt(None)) };
        let (organization, request) = (caller.record().organization_id, request());
        let found = self.store.replay(organization, caller.id(), key.hash()).await;
        match found.map_err(|error| error::store_error::<R>(&error))? {
            Some(replay) => Err(open::<R>(caller, &key, request, replay)?.into()),
            None => match self.in_progress.begin(caller.id(), key.hash()) {
                Some(guard) => Ok(Attempt(Some(IdempotentRequest { key, request, _guard: guard }))),
                None => Err(R::conflict(Code::IdempotencyInProgress)),
            },
        }
    }
}

impl Attempt {
    /// The key, the fingerprint and the seal, as the store needs them.
    pub(super) fn idempotency(&self, caller: &Caller) -> Option<Idempotency<IssuedApiToken>> {
        let IdempotentRequest { key, request, _guard } = self.0.as_ref()?;
        let (id, token, key, request) = (caller.id(), caller.token.clone(), key.clone(), *request);
        let hash = key.hash();
        let seal = move |body: &IssuedApiToken| {
            let json = serde_json::to_vec(body)?;
            idempotency::seal((id, &token), (&key, request), json, &mut SysRng)
        };
        Some(Idempotency { key: hash, request, seal: Box::new(seal) })
    }

    /// The response to an attempt. An identical request on another connection can have been faster; its response is replayed.
    pub(super) fn finish<R: IssueResponse>(
        &self,
        caller: &Caller,
        issued: Result<Issued<IssuedApiToken>, R>,
    ) -> Result<IssuedResponse, R> {
        match (issued?, &self.0) {
            (Issued::Created(body), _) => Ok(IssuedResponse { body, idempotency_replayed: None }),
            (Issued::Replayed(replay), Some(it)) => open(caller, &it.key, it.request, replay),
            (Issued::Replayed(_), None) => Err(error::internal(&SealError::Unspecified)),
        }
    }
}

/// Opens a stored response, if it belongs to the same request and the caller could still issue the token: it may have been narrowed since.
fn open<R: IssueResponse>(
    caller: &Caller,
    key: &Key,
    request: Fingerprint,
    Replay { record, scopes }: Replay,
) -> Result<IssuedResponse, R> {
    if record.request != request {
        return Err(R::conflict(Code::IdempotencyKeyReused));
    }
    let json = idempotency::open((caller.id(), &caller.token), (key, request), record.sealed)
        .map_err(|error| error::internal::<R>(&error))?;
    let body = conversions::parse_issued(&json).map_err(|error| error::internal::<R>(&error))?;
    let uncovered: Vec<_> = (0..).zip(&body.scopes).filter(|(_, it)| !scopes.covers(it)).map(|(at, _)| at).collect();
    if !uncovered.is_empty() {
        return Err(R::not_covered(&uncovered));
    }
    Ok(IssuedResponse { body, idempotency_replayed: Some(true) })
}
