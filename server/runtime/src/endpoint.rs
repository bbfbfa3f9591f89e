//! The traits that generated code implements for each operation and each service.
//!
//! Only [`pipeline`](super::pipeline) creates [`Authorized`] and [`Valid`], so a handler that takes them cannot run before the
//! checks.

use std::future::Future;
use std::net::SocketAddr;
use std::ops::Deref;

use bytes::Bytes;
use dropshot::{ApiEndpointBodyContentType, ExtractorMetadata, HttpResponse};
use http::HeaderMap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::credential::Credential;
use super::operation::{Operation, ResponseSpec};
use super::parameters::PathValues;
use super::problem::{Problem, Unchecked, Violation};
use super::rejection::Rejection;

/// An operation as a type.
pub trait Endpoint: Send + Sync + 'static {
    /// The operation's table.
    const OPERATION: &'static Operation;
    /// The parameters and the body, in the fields `path`, `query`, `header` and `body`.
    type Request: DeserializeOwned + Send + Sync + 'static;
    /// The documented responses.
    type Response: OperationResponse;

    /// The metadata of parameters and body for dropshot's document, from dropshot's own extractors of the same types.
    fn metadata(content_type: ApiEndpointBodyContentType) -> ExtractorMetadata;

    /// Sets the body of a request, if it consists of bytes.
    fn set_bytes(_: &mut Self::Request, _: Bytes) {}
}

/// The responses of an operation.
pub trait OperationResponse: HttpResponse + Send + Sync + 'static {
    /// The schema of the operation's errors.
    type Error: Serialize + Send;

    /// The response to a rejected request, with the documented status.
    fn rejection(rejection: &Rejection, body: Self::Error) -> Self;

    /// The documentation of this response.
    fn spec(&self) -> &'static ResponseSpec;
}

/// The schema of an operation's errors.
pub type ErrorOf<E> = <<E as Endpoint>::Response as OperationResponse>::Error;

/// The adapter between a service and dropshot.
pub trait ServiceAdapter: Send + Sync + 'static {
    /// The service.
    type Service: Send + Sync + 'static;
}

/// The service's bodies of responses to rejected requests, for one error schema.
pub trait RejectionBody<Error: Serialize + Send>: ServiceAdapter {
    /// The response body.
    fn error_body(rejection: &Rejection) -> Error;
}

/// The service's access control: the decisions before a request is read.
pub trait AccessControl: ServiceAdapter {
    /// The authenticated caller.
    type Caller: Send + Sync + 'static;
    /// The responses with which the service denies a request.
    type Denial: std::fmt::Debug + Send;

    /// Identifies the caller.
    fn authenticate(
        service: &Self::Service,
        meta: &RequestMeta<'_>,
        credential: &Credential,
    ) -> impl Future<Output = Result<Self::Caller, Self::Denial>> + Send;

    /// Decides whether the caller's request may proceed now, whatever its permissions.
    fn admit(service: &Self::Service, caller: &Self::Caller, operation: &'static Operation) -> Admission<Self::Denial>;

    /// Decides whether the caller may perform the operation on the resource.
    fn authorize(
        service: &Self::Service,
        caller: &Self::Caller,
        operation: &'static Operation,
        path: &PathValues<'_>,
    ) -> impl Future<Output = Result<(), Self::Denial>> + Send;

    /// The response to an invalid request of an operation with another status than 422.
    fn invalid_request(service: &Self::Service, operation: &'static Operation, problems: &[Problem]) -> Self::Denial;
}

/// The origin of a request, for authentication.
#[derive(Debug, Clone, Copy)]
pub struct RequestMeta<'r> {
    /// The operation.
    pub operation: &'static Operation,
    /// The peer of the connection: behind a proxy, the proxy.
    pub peer: SocketAddr,
    /// The request id in logs and in `x-request-id`.
    pub request_id: Uuid,
    /// The headers.
    pub headers: &'r HeaderMap,
}

/// The decision of admission control, and the headers of every response to the caller, by name.
#[derive(Debug)]
pub struct Admission<D> {
    /// The denial, if the request may not proceed.
    pub verdict: Result<(), D>,
    /// The header values.
    pub headers: Vec<(&'static str, Option<String>)>,
}

impl<D> Admission<D> {
    /// Admission without headers.
    #[must_use]
    pub const fn granted() -> Self {
        Self { verdict: Ok(()), headers: Vec::new() }
    }
}

/// An operation that requires a credential, with the service's handler.
pub trait Guarded<A: AccessControl>: Endpoint {
    /// The state of a request between the replay and the handler; `()` if the operation is not idempotent.
    type Attempt: Send;
    /// The result of the service's checks; `()` if the operation has none.
    type Checked: Send;

    /// The response of a denial, or the denial itself if the operation does not document it.
    fn denied(denial: A::Denial) -> Result<Self::Response, A::Denial>;

    /// Looks for the response to an earlier request with the same key. `Err` is the response to send.
    fn replay(
        service: &A::Service,
        caller: &Authorized<A::Caller>,
        request: &Valid<Self::Request>,
    ) -> impl Future<Output = Result<Self::Attempt, Self::Response>> + Send;

    /// Checks the values with an `x-dropstub-check`. `Err` lists violations by the index of their value.
    fn check(
        service: &A::Service,
        caller: &A::Caller,
        values: &[Unchecked],
    ) -> Result<Self::Checked, Vec<(usize, Violation)>>;

    /// Handles the request.
    fn handle(
        service: &A::Service,
        caller: Authorized<A::Caller>,
        attempt: Self::Attempt,
        checked: Self::Checked,
        request: Valid<Self::Request>,
    ) -> impl Future<Output = Self::Response> + Send;
}

/// A public operation, with the service's handler.
pub trait Public<A: ServiceAdapter>: Endpoint {
    /// Handles the request.
    fn handle(service: &A::Service, request: Valid<Self::Request>) -> impl Future<Output = Self::Response> + Send;
}

/// A caller that may perform the operation. Only the pipeline creates one, after `authenticate` and `authorize`.
#[derive(Debug)]
pub struct Authorized<C>(pub(super) C);

/// A request whose shape is valid. Only the pipeline creates one, after validation.
#[derive(Debug)]
pub struct Valid<R>(pub(super) R);

impl<C> Authorized<C> {
    /// The caller.
    #[must_use]
    pub fn into_inner(self) -> C {
        self.0
    }
}

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
    /// The request.
    #[must_use]
    pub fn into_inner(self) -> R {
        self.0
    }
}
