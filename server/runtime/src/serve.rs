//! The way of a request, and the only place where the order of the checks is decided: credentials, admission,
//! permission, then the content as a whole, then the handler. The route comes before, by dropshot and [`methods`](super::methods).

use std::any::Any;
use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use bytes::Bytes;
use dropshot::{Body, RequestContext};
use futures::FutureExt;
use hyper::Request;
use serde_json::{Map, Value};
use tracing::{Instrument, Span, error, info_span};

use super::content;
use super::credential::Credential;
use super::endpoint::{Arrival, Authorized, Endpoint, ErrorOf, Explain, Gate, Guarded, Public, Reply, Valid};
use super::fault::Fault;
use super::form;
use super::incoming::Incoming;
use super::json;
use super::operation::Media;
use super::parameters::{self, PathValues};
use super::problem::{Field, Problems};
use super::reply::{Failure, Stamped};
use super::validate::{Check, Validator};

/// What a server of the contract runs on.
#[derive(Debug)]
pub struct Context<S> {
    pub service: S,
    /// How long a request body may take to arrive.
    pub body_timeout: Duration,
}

/// Answers a request to an operation that needs a credential.
///
/// # Errors
/// Never; dropshot asks for an error type to document.
pub async fn guarded<G: Gate + Explain<ErrorOf<E>>, E: Guarded<G>>(
    context: RequestContext<Context<G::Service>>,
    incoming: Incoming<E>,
) -> Result<Stamped<E::Reply>, Failure<ErrorOf<E>>> {
    let mut exchange = Exchange::new(context, incoming);
    let mut headers = Vec::new();
    let reply = survive::<G, E>(exchange.span::<E>(), through_the_gate::<G, E>(&mut exchange, &mut headers)).await;
    content::discard(exchange.request);
    Ok(Stamped { reply, headers })
}

/// Answers a request to a public operation.
///
/// # Errors
/// Never; dropshot asks for an error type to document.
pub async fn public<G: Explain<ErrorOf<E>>, E: Public<G>>(
    context: RequestContext<Context<G::Service>>,
    incoming: Incoming<E>,
) -> Result<E::Reply, Failure<ErrorOf<E>>> {
    let mut exchange = Exchange::new(context, incoming);
    let reply = survive::<G, E>(exchange.span::<E>(), in_the_open::<G, E>(&mut exchange)).await;
    content::discard(exchange.request);
    Ok(reply)
}

/// `headers` gets what the gate has every answer say, as soon as it is known.
async fn through_the_gate<G: Gate + Explain<ErrorOf<E>>, E: Guarded<G>>(
    exchange: &mut Exchange<G::Service>,
    headers: &mut Vec<(&'static str, Option<String>)>,
) -> E::Reply {
    let arrival = exchange.arrival::<E>();
    let credential = Credential::of(arrival.headers);
    let caller = match G::authenticate(exchange.service(), &arrival, &credential).await {
        Ok(caller) => caller,
        Err(refusal) => return refused::<G, E>(refusal),
    };
    let admission = G::admit(exchange.service(), &caller, E::OPERATION);
    *headers = admission.headers;
    if let Err(refusal) = admission.verdict {
        return refused::<G, E>(refusal);
    }
    let mut problems = Problems::default();
    let path = exchange.path::<E>(&mut problems);
    if let Err(refusal) = G::authorize(exchange.service(), &caller, E::OPERATION, &PathValues::new(&path)).await {
        return refused::<G, E>(refusal);
    }
    let body = match exchange.body::<E>().await {
        Ok(body) => body,
        Err(reason) => return fault::<G, E>(&reason),
    };
    let mut check = |check, value: &str| G::check(exchange.service(), &caller, check, value);
    match exchange.request::<E>(path, body, problems, &mut check) {
        Ok(request) => E::handle(exchange.service(), Authorized(caller), Valid(request)).await,
        Err(Fault::Invalid(problems)) if E::OPERATION.invalid_status.is_some() => {
            refused::<G, E>(G::invalid(exchange.service(), E::OPERATION, &problems))
        }
        Err(reason) => fault::<G, E>(&reason),
    }
}

async fn in_the_open<G: Explain<ErrorOf<E>>, E: Public<G>>(exchange: &mut Exchange<G::Service>) -> E::Reply {
    let mut problems = Problems::default();
    let path = exchange.path::<E>(&mut problems);
    let body = match exchange.body::<E>().await {
        Ok(body) => body,
        Err(reason) => return fault::<G, E>(&reason),
    };
    // The generator refuses an `x-check` on a public operation: there is no caller to decide about.
    match exchange.request::<E>(path, body, problems, &mut |_, _| Ok(())) {
        Ok(request) => E::handle(exchange.service(), Valid(request)).await,
        Err(reason) => fault::<G, E>(&reason),
    }
}

fn fault<G: Explain<ErrorOf<E>>, E: Endpoint>(fault: &Fault) -> E::Reply {
    E::Reply::fault(fault, G::explain(fault))
}

fn refused<G: Gate + Explain<ErrorOf<E>>, E: Guarded<G>>(refusal: G::Refusal) -> E::Reply {
    E::refused(refusal).unwrap_or_else(|refusal| {
        error!(?refusal, "the service refused in a way that the contract does not document for this operation");
        fault::<G, E>(&Fault::Internal)
    })
}

/// The reply, or the operation's 500 where making it panicked: without this, the connection would just close.
async fn survive<G: Explain<ErrorOf<E>>, E: Endpoint>(span: Span, reply: impl Future<Output = E::Reply>) -> E::Reply {
    AssertUnwindSafe(reply).catch_unwind().instrument(span.clone()).await.unwrap_or_else(|panic| {
        span.in_scope(|| error!(panic = panic_message(&*panic), "a handler panicked"));
        fault::<G, E>(&Fault::Internal)
    })
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}

/// A request on its way, with what is known about where it came from.
struct Exchange<S: Send + Sync + 'static> {
    context: RequestContext<Context<S>>,
    request: Request<Body>,
    path: BTreeMap<String, String>,
}

impl<S: Send + Sync + 'static> Exchange<S> {
    fn new<E>(context: RequestContext<Context<S>>, incoming: Incoming<E>) -> Self {
        Self { context, request: incoming.request, path: incoming.path }
    }

    fn service(&self) -> &S {
        &self.context.context().service
    }

    /// Everything logged on the way says which request it was.
    fn span<E: Endpoint>(&self) -> Span {
        info_span!("request", id = self.context.request_id, operation = E::OPERATION.id)
    }

    fn arrival<E: Endpoint>(&self) -> Arrival<'_> {
        Arrival {
            operation: E::OPERATION,
            peer: self.context.request.remote_addr(),
            request_id: &self.context.request_id,
            headers: self.context.request.headers(),
        }
    }

    fn path<E: Endpoint>(&self, problems: &mut Problems) -> Map<String, Value> {
        parameters::path(E::OPERATION, &self.path, problems)
    }

    /// The bytes of the body, where the operation has one.
    async fn body<E: Endpoint>(&mut self) -> Result<Option<Bytes>, Fault> {
        let Some(spec) = &E::OPERATION.body else { return Ok(None) };
        let patience = self.context.context().body_timeout;
        content::read(&mut self.request, spec, patience).await.map(Some)
    }

    /// The whole request, or everything that is wrong with it.
    fn request<E: Endpoint>(
        &self,
        path: Map<String, Value>,
        bytes: Option<Bytes>,
        mut problems: Problems,
        check: &mut Check<'_>,
    ) -> Result<E::Request, Fault> {
        let operation = E::OPERATION;
        let query = parameters::query(operation, self.context.request.uri().query(), &mut problems);
        let header = parameters::headers(operation, self.context.request.headers(), &mut problems);
        let body = operation.body.as_ref().zip(bytes.as_ref()).and_then(|(spec, bytes)| match spec.media {
            Media::Json => json::parse(bytes, &mut problems),
            Media::Form => Some(form::parse(bytes, spec.rule, &mut problems)),
            Media::Bytes => None,
        });
        if let (Some(spec), Some(body)) = (&operation.body, &body) {
            Validator { problems: &mut problems, check }.validate(spec.rule, body, &Field::Body);
        }
        if !problems.is_empty() {
            return Err(Fault::Invalid(problems.into_vec()));
        }
        let parts: [(_, Value); 4] =
            [("path", path.into()), ("query", query.into()), ("header", header.into()), ("body", body.into())];
        let whole: Map<_, _> = parts.into_iter().map(|(name, part)| (name.to_owned(), part)).collect();
        let mut request = serde_json::from_value(whole.into()).map_err(|error| {
            // Only a mistake of the generator can bring us here: its rules let through what its types refuse.
            error!(%error, "a request that satisfies the contract does not fit the stub's types");
            Fault::Internal
        })?;
        if let Some(bytes) = bytes {
            E::set_bytes(&mut request, bytes);
        }
        Ok(request)
    }
}
