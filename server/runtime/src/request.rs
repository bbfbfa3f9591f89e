//! Unread requests, from either server.
//!
//! Dropshot's own extractors read parameters and body before a handler runs, and reject a request with their own response.
//! [`RawRequest`] cannot fail, so the pipeline controls the order of the checks. The metadata for dropshot's document comes
//! from its own extractors of the same types.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::net::SocketAddr;

use async_trait::async_trait;
use dropshot::{
    ApiEndpointBodyContentType, Body, ExclusiveExtractor, ExtensionMode, ExtractorMetadata, HttpError, Path,
    RequestContext, ServerContext, SharedExtractor,
};
use http::{HeaderMap, Uri};
use hyper::Request;
use uuid::Uuid;

use super::endpoint::Endpoint;
use super::operation::Operation;
use super::trace_parent::TraceParent;

/// The path parameters of a request by name, percent-decoded.
pub(crate) type PathVariables = Vec<(Cow<'static, str>, String)>;

/// A request that was routed. Only its path has been read.
#[derive(Debug)]
pub struct RoutedRequest {
    pub(crate) request: Request<Body>,
    pub(crate) path: PathVariables,
    /// The peer of the connection.
    pub(crate) peer: SocketAddr,
    /// The request id in logs and in `x-request-id`.
    pub(crate) id: Uuid,
    /// The trace that the caller names.
    pub(crate) trace: Option<TraceParent>,
}

impl RoutedRequest {
    /// The headers of the request.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// The target of the request, as the client sent it.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        self.request.uri()
    }
}

/// A request to the operation `E` from dropshot. Only its path has been read.
#[derive(Debug)]
pub struct RawRequest<E> {
    request: Request<Body>,
    path: PathVariables,
    operation: PhantomData<fn() -> E>,
}

impl<E> RawRequest<E> {
    pub(super) fn routed<C: ServerContext>(self, context: &RequestContext<C>) -> RoutedRequest {
        // Dropshot's ids are UUIDs, too.
        let (peer, id) = (context.request.remote_addr(), context.request_id.parse().unwrap_or_default());
        RoutedRequest {
            trace: TraceParent::of(self.request.headers()),
            request: self.request,
            path: self.path,
            peer,
            id,
        }
    }
}

#[async_trait]
impl<E: Endpoint> ExclusiveExtractor for RawRequest<E> {
    async fn from_request<C: ServerContext>(
        context: &RequestContext<C>,
        request: Request<Body>,
    ) -> Result<Self, HttpError> {
        // Fails only for wildcards, which the generator does not support.
        let path = <Path<BTreeMap<String, String>> as SharedExtractor>::from_request(context).await?.into_inner();
        let path = path.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Ok(Self { request, path, operation: PhantomData })
    }

    fn metadata(content_type: ApiEndpointBodyContentType) -> ExtractorMetadata {
        E::metadata(content_type)
    }
}

/// The combined metadata of an operation's extractors.
///
/// # Panics
/// Panics if the pagination extension is not JSON. The generator writes JSON.
#[must_use]
pub fn merge_metadata(parts: impl IntoIterator<Item = ExtractorMetadata>, operation: &Operation) -> ExtractorMetadata {
    let pages = operation.pages.as_ref();
    let extension = pages.map(|pages| serde_json::from_str(pages.extension).expect("the generator writes JSON"));
    ExtractorMetadata {
        extension_mode: extension.map_or(ExtensionMode::None, ExtensionMode::Paginated),
        parameters: parts.into_iter().flat_map(|part| part.parameters).collect(),
    }
}
