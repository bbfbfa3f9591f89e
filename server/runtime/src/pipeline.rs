//! The order of the checks of a request: credential, admission, permission, shape, replay, the service's checks,
//! preconditions, handler.
//! Routing comes first, by [`Router`](super::Router) or by dropshot.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use bytes::Bytes;
use dropshot::RequestContext;
use futures::FutureExt;
use serde_json::{Map, Value};
use tracing::error;

use super::body;
use super::credential::Credential;
use super::current_request::{CurrentRequest, in_request};
use super::describe::ErrorSchema;
use super::endpoint::{
    AccessControl, Authorized, Endpoint, ErrorOf, Guarded, OperationResponse, Public, RejectionBody, RequestMeta, Valid,
};
use super::form;
use super::json;
use super::operation::{Location, Media};
use super::parameters::{self, PathValues};
use super::precondition::{self, PreconditionFailed};
use super::problem::{Field, Problems};
use super::rejection::Rejection;
use super::request::{RawRequest, RoutedRequest};
use super::response::WithHeaders;
use super::validate::Validator;

/// The context of a server.
#[derive(Debug)]
pub struct Context<S> {
    /// The service.
    pub service: S,
    /// The time in which a request body has to arrive.
    pub body_timeout: Duration,
}

/// Responds to a request from dropshot of an operation that requires a credential.
///
/// # Errors
/// Never fails. Dropshot requires an error type for its document.
pub async fn guarded<A: AccessControl + RejectionBody<ErrorOf<E>>, E: Guarded<A>>(
    context: RequestContext<Context<A::Service>>,
    request: RawRequest<E>,
) -> Result<WithHeaders<E::Response>, ErrorSchema<ErrorOf<E>>> {
    let request = request.routed(&context);
    Ok(respond_guarded::<A, E>(context.context(), request).await)
}

/// Responds to a request from dropshot of a public operation.
///
/// # Errors
/// Never fails. Dropshot requires an error type for its document.
pub async fn public<A: RejectionBody<ErrorOf<E>>, E: Public<A>>(
    context: RequestContext<Context<A::Service>>,
    request: RawRequest<E>,
) -> Result<E::Response, ErrorSchema<ErrorOf<E>>> {
    let request = request.routed(&context);
    Ok(respond_public::<A, E>(context.context(), request).await)
}

/// Responds to a request of an operation that requires a credential.
pub(crate) async fn respond_guarded<A: AccessControl + RejectionBody<ErrorOf<E>>, E: Guarded<A>>(
    context: &Context<A::Service>,
    request: RoutedRequest,
) -> WithHeaders<E::Response> {
    let mut state = RequestState { context, routed: request };
    let mut headers = Vec::new();
    let response = catch_panic::<A, E, _>(state.current::<E>(), run_guarded::<A, E>(&mut state, &mut headers)).await;
    let response = response.unwrap_or_else(Ok);
    body::discard(state.routed.request);
    WithHeaders { response, headers }
}

/// Responds to a request of a public operation.
pub(crate) async fn respond_public<A: RejectionBody<ErrorOf<E>>, E: Public<A>>(
    context: &Context<A::Service>,
    request: RoutedRequest,
) -> E::Response {
    let mut state = RequestState { context, routed: request };
    let response = catch_panic::<A, E, _>(state.current::<E>(), run_public::<A, E>(&mut state)).await;
    let response = response.unwrap_or_else(|response| response);
    body::discard(state.routed.request);
    response
}

/// `headers` receives the headers of admission control as soon as they are known.
async fn run_guarded<A: AccessControl + RejectionBody<ErrorOf<E>>, E: Guarded<A>>(
    state: &mut RequestState<'_, A::Service>,
    headers: &mut Vec<(&'static str, Option<String>)>,
) -> Result<E::Response, PreconditionFailed> {
    let meta = state.meta::<E>();
    let credential = Credential::of(meta.headers);
    let caller = match A::authenticate(state.service(), &meta, &credential).await {
        Ok(caller) => caller,
        Err(denial) => return Ok(denied::<A, E>(denial)),
    };
    let admission = A::admit(state.service(), &caller, E::OPERATION);
    *headers = admission.headers;
    if let Err(denial) = admission.verdict {
        return Ok(denied::<A, E>(denial));
    }
    let mut problems = Problems::default();
    let path = state.path::<E>(&mut problems);
    if let Err(denial) = A::authorize(state.service(), &caller, E::OPERATION, &PathValues::new(&path)).await {
        return Ok(denied::<A, E>(denial));
    }
    let bytes = match state.body::<E>().await {
        Ok(bytes) => bytes,
        Err(rejection) => return Ok(rejected::<A, E>(&rejection)),
    };
    let values = state.validate::<E>(path, bytes.as_ref(), &mut problems);
    let unchecked = problems.take_unchecked();
    if !problems.is_empty() {
        // One response reports everything, the service's violations included.
        let violations = E::check(state.service(), &caller, &unchecked).err().unwrap_or_default();
        problems.add_violations(&unchecked, violations);
        return Ok(invalid::<A, E>(state.service(), problems));
    }
    let request = match deserialize::<E>(values, bytes) {
        Ok(request) => Valid(request),
        Err(rejection) => return Ok(rejected::<A, E>(&rejection)),
    };
    let caller = Authorized(caller);
    let attempt = match E::replay(state.service(), &caller, &request).await {
        Ok(attempt) => attempt,
        Err(response) => return Ok(response),
    };
    match E::check(state.service(), &caller, &unchecked) {
        Ok(_) if precondition::fails(E::OPERATION, state.routed.request.headers()) => Err(PreconditionFailed),
        Ok(checked) => Ok(E::handle(state.service(), caller, attempt, checked, request).await),
        Err(violations) => {
            problems.add_violations(&unchecked, violations);
            Ok(invalid::<A, E>(state.service(), problems))
        }
    }
}

async fn run_public<A: RejectionBody<ErrorOf<E>>, E: Public<A>>(
    state: &mut RequestState<'_, A::Service>,
) -> E::Response {
    let mut problems = Problems::default();
    let path = state.path::<E>(&mut problems);
    let bytes = match state.body::<E>().await {
        Ok(bytes) => bytes,
        Err(rejection) => return rejected::<A, E>(&rejection),
    };
    // The generator does not support checks here: there is no caller.
    let values = state.validate::<E>(path, bytes.as_ref(), &mut problems);
    if !problems.is_empty() {
        return rejected::<A, E>(&Rejection::Invalid(problems.into_vec()));
    }
    match deserialize::<E>(values, bytes) {
        Ok(request) => E::handle(state.service(), Valid(request)).await,
        Err(rejection) => rejected::<A, E>(&rejection),
    }
}

fn rejected<A: RejectionBody<ErrorOf<E>>, E: Endpoint>(rejection: &Rejection) -> E::Response {
    E::Response::rejection(rejection, A::error_body(rejection))
}

fn denied<A: AccessControl + RejectionBody<ErrorOf<E>>, E: Guarded<A>>(denial: A::Denial) -> E::Response {
    E::denied(denial).unwrap_or_else(|denial| {
        error!(?denial, "the service denied a request with a response that the operation does not document");
        rejected::<A, E>(&Rejection::Internal)
    })
}

fn invalid<A: AccessControl + RejectionBody<ErrorOf<E>>, E: Guarded<A>>(
    service: &A::Service,
    problems: Problems,
) -> E::Response {
    let problems = problems.into_vec();
    if E::OPERATION.invalid_status.is_some() {
        denied::<A, E>(A::invalid_request(service, E::OPERATION, &problems))
    } else {
        rejected::<A, E>(&Rejection::Invalid(problems))
    }
}

/// The output, or the operation's 500 if the handler panics: otherwise dropshot would close the connection.
async fn catch_panic<A: RejectionBody<ErrorOf<E>>, E: Endpoint, T>(
    request: CurrentRequest,
    output: impl Future<Output = T>,
) -> Result<T, E::Response> {
    in_request(request, async {
        AssertUnwindSafe(output).catch_unwind().await.map_err(|panic| {
            error!(panic = panic_message(&*panic), "a handler panicked");
            rejected::<A, E>(&Rejection::Internal)
        })
    })
    .await
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}

/// Deserializes a request whose shape is valid.
fn deserialize<E: Endpoint>(values: Map<String, Value>, bytes: Option<Bytes>) -> Result<E::Request, Rejection> {
    let mut request = serde_json::from_value(values.into()).map_err(|error| {
        // The rules and the types come from one schema, so this is a bug of the generator.
        error!(%error, "a valid request does not fit the stub's types");
        Rejection::Internal
    })?;
    if let Some(bytes) = bytes {
        E::set_bytes(&mut request, bytes);
    }
    Ok(request)
}

/// A request in progress.
struct RequestState<'c, S> {
    context: &'c Context<S>,
    routed: RoutedRequest,
}

impl<'c, S: Send + Sync + 'static> RequestState<'c, S> {
    fn service(&self) -> &'c S {
        &self.context.service
    }

    /// The request of all log lines about it.
    fn current<E: Endpoint>(&self) -> CurrentRequest {
        CurrentRequest { id: self.routed.id, operation: E::OPERATION.id, trace: self.routed.trace }
    }

    fn meta<E: Endpoint>(&self) -> RequestMeta<'_> {
        RequestMeta {
            operation: E::OPERATION,
            peer: self.routed.peer,
            request_id: self.routed.id,
            headers: self.routed.request.headers(),
        }
    }

    fn path<E: Endpoint>(&self, problems: &mut Problems) -> Map<String, Value> {
        parameters::path(E::OPERATION, &self.routed.path, problems)
    }

    /// The bytes of the body, if the operation has one.
    async fn body<E: Endpoint>(&mut self) -> Result<Option<Bytes>, Rejection> {
        let Some(spec) = &E::OPERATION.body else { return Ok(None) };
        body::read(&mut self.routed.request, spec, self.context.body_timeout).await.map(Some)
    }

    /// Parses and validates the whole request. The values are complete if there is no problem.
    fn validate<E: Endpoint>(
        &self,
        path: Map<String, Value>,
        bytes: Option<&Bytes>,
        problems: &mut Problems,
    ) -> Map<String, Value> {
        let (operation, request) = (E::OPERATION, &self.routed.request);
        let query = parameters::query(operation, request.uri().query(), problems);
        let header = parameters::headers(operation, request.headers(), problems);
        let body = operation.body.as_ref().zip(bytes).and_then(|(spec, bytes)| match spec.media {
            Media::Json => json::parse(bytes, problems),
            Media::Form => Some(form::parse(bytes, spec.rule, problems)),
            Media::Bytes => None,
        });
        if let (Some(spec), Some(body)) = (&operation.body, &body) {
            Validator { problems }.validate(spec.rule, body, &Field::Body);
        }
        let has = |location| operation.parameters.iter().any(|parameter| parameter.location == location);
        let parts: [(_, Option<Value>); 4] = [
            ("path", has(Location::Path).then(|| path.into())),
            ("query", (has(Location::Query) || operation.pages.is_some()).then(|| query.into())),
            ("header", has(Location::Header).then(|| header.into())),
            ("body", operation.body.is_some().then(|| body.into())),
        ];
        parts.into_iter().filter_map(|(name, part)| Some((name.to_owned(), part?))).collect()
    }
}
