//! Dispatching of requests to the endpoints of a router.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use dropshot::Body;
use http::header::{CONNECTION, CONTENT_LENGTH, DATE};
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, Version};
use hyper::Request;
use hyper::body::{Body as _, Incoming};
use uuid::Uuid;

use super::activity::Activity;
use super::date;
use super::incoming::{Broken, IncomingBody};
use super::outgoing::OutgoingBody;
use super::protocol;
use crate::body;
use crate::pipeline::Context;
use crate::request::RoutedRequest;
use crate::response::internal;
use crate::router::{Found, Router};
use crate::trace_parent::TraceParent;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The status of a request whose client has gone before the response, in logs only.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// A completed request. It has no text of the client, so it can be logged.
#[derive(Debug)]
pub struct Completed<'r> {
    /// The request id.
    pub id: Uuid,
    /// The method; `-` if the server does not implement it.
    pub method: &'static str,
    /// The operation's id, if the document has the endpoint.
    pub operation: Option<&'static str>,
    /// The path template, if the path has an endpoint.
    pub route: Option<&'static str>,
    /// The path parameters that are UUIDs.
    pub ids: &'r [(&'static str, Uuid)],
    /// The status of the response; 499 if the client has gone before.
    pub status: u16,
    /// The time until the response was ready, in microseconds.
    pub micros: u64,
    /// The peer of the connection.
    pub peer: SocketAddr,
    /// The trace that the caller names.
    pub trace: Option<TraceParent>,
}

/// The router of a server with its context.
#[derive(Debug)]
pub(super) struct Dispatcher<S> {
    pub(super) router: Router<S>,
    pub(super) context: Arc<Context<S>>,
    pub(super) observe: Observe<S>,
}

/// A function that is called once for each request.
pub(super) type Observe<S> = fn(&S, &Completed<'_>);

impl<S: Send + Sync + 'static> Dispatcher<S> {
    /// Responds to a request.
    pub(super) async fn dispatch(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: SocketAddr,
        activity: Arc<Activity>,
    ) -> Result<Response<OutgoingBody>, Infallible> {
        let http2 = request.version() == Version::HTTP_2;
        let is_head = http2 && request.method() == Method::HEAD;
        let guard = activity.request(http2);
        let mut record = Record::new(&self, &request, peer);
        let mut response = self.respond(request, &mut record).await;
        record.status = response.status().as_u16();
        response.headers_mut().insert(REQUEST_ID, header_of(record.id));
        response.headers_mut().insert(DATE, date::header());
        drop(record);
        if is_head {
            response = without_body(response);
        }
        Ok(response.map(|body| OutgoingBody::new(body, http2, guard.respond())))
    }

    async fn respond(&self, request: Request<Incoming>, record: &mut Record<'_, S>) -> Response<Body> {
        let (mut head, incoming) = request.into_parts();
        // Before the method is checked: a rewritten target has every method.
        if let Some(uri) = self.router.rewritten(&head.method, &head.uri) {
            (head.method, head.uri) = (Method::GET, uri);
        }
        if let Err(status) = protocol::check(&head) {
            return refused(status, head.version);
        }
        if incoming.is_end_stream() {
            return self.route(Request::from_parts(head, Body::empty()), record).await;
        }
        let (version, broken) = (head.version, Broken::default());
        let body = Body::wrap(IncomingBody::new(incoming, broken.clone()));
        let response = self.route(Request::from_parts(head, body), record).await;
        // The pipeline takes a body that cannot be read for one that has not arrived. The client can retry that, but not this.
        if response.status() == StatusCode::REQUEST_TIMEOUT && broken.get() {
            return refused(StatusCode::BAD_REQUEST, version);
        }
        response
    }

    async fn route(&self, request: Request<Body>, record: &mut Record<'_, S>) -> Response<Body> {
        let found = self.router.find(request.method(), request.uri().path());
        match found {
            Found::Rejected { path, response } => {
                record.route = path;
                body::discard(request);
                response
            }
            Found::Endpoint(route, path) => {
                record.route = Some(route.path);
                record.operation = route.operation.map(|operation| operation.id);
                let ids = route.variables.iter().zip(&path);
                record.ids = ids.filter_map(|(name, (_, text))| Some((*name, text.parse().ok()?))).collect();
                let is_safe = request.method().is_safe();
                let request = RoutedRequest { request, path, peer: record.peer, id: record.id, trace: record.trace };
                let response = (route.handler)(Arc::clone(&self.context), request);
                if is_safe {
                    return response.await;
                }
                // A client that disconnects does not stop a change halfway.
                tokio::spawn(response).await.unwrap_or_else(|_| internal())
            }
        }
    }
}

/// The response to HEAD. Hyper removes the body in HTTP/1.1 only.
fn without_body(response: Response<Body>) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact() {
        head.headers.entry(CONTENT_LENGTH).or_insert_with(|| length.into());
    }
    Response::from_parts(head, Body::empty())
}

fn header_of(id: Uuid) -> HeaderValue {
    let mut buffer = Uuid::encode_buffer();
    HeaderValue::from_str(id.hyphenated().encode_lower(&mut buffer)).expect("a UUID is visible ASCII")
}

/// A response of HTTP itself. The connection is closed, because the end of the request is uncertain.
fn refused(status: StatusCode, version: Version) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    if version < Version::HTTP_2 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// The record of a request, which is reported when it is dropped.
struct Record<'d, S> {
    dispatcher: &'d Dispatcher<S>,
    begun: Instant,
    id: Uuid,
    method: &'static str,
    operation: Option<&'static str>,
    route: Option<&'static str>,
    ids: Vec<(&'static str, Uuid)>,
    status: u16,
    peer: SocketAddr,
    trace: Option<TraceParent>,
}

impl<'d, S> Record<'d, S> {
    fn new<B>(dispatcher: &'d Dispatcher<S>, request: &Request<B>, peer: SocketAddr) -> Self {
        Self {
            dispatcher,
            begun: Instant::now(),
            id: Uuid::new_v4(),
            method: protocol::known_method(request.method()).unwrap_or("-"),
            operation: None,
            route: None,
            ids: Vec::new(),
            status: CLIENT_CLOSED_REQUEST,
            peer,
            trace: TraceParent::of(request.headers()),
        }
    }
}

impl<S> Drop for Record<'_, S> {
    fn drop(&mut self) {
        let completed = Completed {
            id: self.id,
            method: self.method,
            operation: self.operation,
            route: self.route,
            ids: &self.ids,
            status: self.status,
            micros: u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX),
            peer: self.peer,
            trace: self.trace,
        };
        (self.dispatcher.observe)(&self.dispatcher.context.service, &completed);
    }
}
