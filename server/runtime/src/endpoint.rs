//! What the generated code says of each operation by its types, and what it may hand to a handler.
//!
//! [`Authorized`] and [`Valid`] can be made in this crate only, and only [`serve`](super::serve) makes them: a handler
//! that takes them cannot be called by somebody who skipped a check.

use std::future::Future;
use std::net::SocketAddr;
use std::ops::Deref;

use bytes::Bytes;
use dropshot::{ApiEndpointBodyContentType, ExtractorMetadata, HttpResponse};
use http::HeaderMap;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::credential::Credential;
use super::fault::Fault;
use super::operation::{Operation, ResponseSpec};
use super::parameters::PathValues;
use super::problem::{Problem, Violation};

/// One operation of the contract as a type.
pub trait Endpoint: Send + Sync + 'static {
    const OPERATION: &'static Operation;
    /// The parameters and the body, by the names `path`, `query`, `header` and `body`.
    type Request: DeserializeOwned + Send + 'static;
    /// The responses that the contract documents, and no other.
    type Reply: Reply;

    /// The parameters and the body as dropshot shall document them: what its own extractors say of the same types.
    fn metadata(content_type: ApiEndpointBodyContentType) -> ExtractorMetadata;

    /// Gives the request its body where that is bytes.
    fn set_bytes(_: &mut Self::Request, _: Bytes) {}
}

/// One operation's responses.
pub trait Reply: HttpResponse + Send + Sync + 'static {
    /// The schema of the operation's errors.
    type Error: Serialize + Send;

    /// The response to a fault, by the status that the contract has for it.
    fn fault(fault: &Fault, body: Self::Error) -> Self;

    /// What the contract says of this response.
    fn spec(&self) -> &'static ResponseSpec;
}

/// The schema of an operation's errors.
pub type ErrorOf<E> = <<E as Endpoint>::Reply as Reply>::Error;

/// The glue of a service: what has all that follows.
pub trait Serves: Send + Sync + 'static {
    /// The service itself.
    type Service: Send + Sync + 'static;
}

/// What a service says of itself in one of its error schemas, whatever it is asked.
pub trait Explain<Error: Serialize + Send>: Serves {
    /// The body of the answer to a fault.
    fn explain(fault: &Fault) -> Error;
}

/// Who may ask, and for what: the decisions that come before a request is looked at.
pub trait Gate: Serves {
    type Caller: Send + Sync + 'static;
    /// The responses by which the service can refuse before it looks at a request.
    type Refusal: std::fmt::Debug + Send;

    fn authenticate(
        service: &Self::Service,
        arrival: &Arrival<'_>,
        credential: &Credential,
    ) -> impl Future<Output = Result<Self::Caller, Self::Refusal>> + Send;

    /// Lets the caller in or not, whatever it may do, and says what every answer to it is told (`x-gate`).
    fn admit(service: &Self::Service, caller: &Self::Caller, operation: &'static Operation)
    -> Admission<Self::Refusal>;

    fn authorize(
        service: &Self::Service,
        caller: &Self::Caller,
        operation: &'static Operation,
        path: &PathValues<'_>,
    ) -> impl Future<Output = Result<(), Self::Refusal>> + Send;

    /// The answer to an invalid request, where the contract has it under another status than 422.
    fn invalid(service: &Self::Service, operation: &'static Operation, problems: &[Problem]) -> Self::Refusal;

    /// Decides an `x-check`.
    fn check(service: &Self::Service, caller: &Self::Caller, check: &'static str, value: &str)
    -> Result<(), Violation>;
}

/// Where a request comes from, for the decision who asks.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'r> {
    pub operation: &'static Operation,
    /// The other end of the connection. Behind a proxy, that is the proxy.
    pub peer: SocketAddr,
    /// What the logs call the request.
    pub request_id: &'r str,
    pub headers: &'r HeaderMap,
}

/// Whether a caller is let in, and the values of the headers that answers to it have, by name.
#[derive(Debug)]
pub struct Admission<R> {
    pub verdict: Result<(), R>,
    pub headers: Vec<(&'static str, Option<String>)>,
}

impl<R> Admission<R> {
    /// In, and with nothing to say.
    #[must_use]
    pub const fn free() -> Self {
        Self { verdict: Ok(()), headers: Vec::new() }
    }
}

/// An operation that needs a credential, joined to the service that answers it.
pub trait Guarded<G: Gate>: Endpoint {
    /// The reply that refuses, or the refusal back where the contract does not document it for this operation.
    fn refused(refusal: G::Refusal) -> Result<Self::Reply, G::Refusal>;

    fn handle(
        service: &G::Service,
        caller: Authorized<G::Caller>,
        request: Valid<Self::Request>,
    ) -> impl Future<Output = Self::Reply> + Send;
}

/// An operation that anybody may ask for, joined to the service that answers it.
pub trait Public<G: Serves>: Endpoint {
    fn handle(service: &G::Service, request: Valid<Self::Request>) -> impl Future<Output = Self::Reply> + Send;
}

/// A caller who may do what is asked. Only the glue makes one, after `authenticate` and `authorize` agreed.
#[derive(Debug)]
pub struct Authorized<C>(pub(super) C);

/// A request that is what the contract asks for. Only the glue makes one, after it validated all of it.
#[derive(Debug)]
pub struct Valid<R>(pub(super) R);

impl<C> Deref for Authorized<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0
    }
}

impl<R> Deref for Valid<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.0
    }
}

impl<R> Valid<R> {
    #[must_use]
    pub fn into_inner(self) -> R {
        self.0
    }
}
