//! How a request comes out of dropshot: whole and unread.
//!
//! Dropshot's own extractors read parameters and body before a handler runs, and refuse with an answer of their own.
//! This one takes the request as it is and cannot fail, so the order of the checks is the glue's; what dropshot
//! documents comes from its own extractors all the same, asked for the same types.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use async_trait::async_trait;
use dropshot::{
    ApiEndpointBodyContentType, Body, ExclusiveExtractor, ExtensionMode, ExtractorMetadata, HttpError, Path,
    RequestContext, ServerContext, SharedExtractor,
};
use hyper::Request;

use super::endpoint::Endpoint;
use super::operation::Operation;

/// A request to the operation `E`, of which nothing has been read but its path.
#[derive(Debug)]
pub struct Incoming<E> {
    pub(super) request: Request<Body>,
    /// The variables of the path, percent-decoded.
    pub(super) path: BTreeMap<String, String>,
    operation: PhantomData<fn() -> E>,
}

#[async_trait]
impl<E: Endpoint> ExclusiveExtractor for Incoming<E> {
    async fn from_request<C: ServerContext>(
        context: &RequestContext<C>,
        request: Request<Body>,
    ) -> Result<Self, HttpError> {
        // This fails for a wildcard only, which the generator refuses.
        let path = <Path<BTreeMap<String, String>> as SharedExtractor>::from_request(context).await?.into_inner();
        Ok(Self { request, path, operation: PhantomData })
    }

    fn metadata(content_type: ApiEndpointBodyContentType) -> ExtractorMetadata {
        E::metadata(content_type)
    }
}

/// The metadata of several extractors as that of one operation.
///
/// # Panics
/// Where the generator wrote no JSON.
#[must_use]
pub fn join(parts: impl IntoIterator<Item = ExtractorMetadata>, operation: &Operation) -> ExtractorMetadata {
    let pages = operation.pages.as_ref();
    let extension = pages.map(|pages| serde_json::from_str(pages.extension).expect("the generator writes JSON"));
    ExtractorMetadata {
        extension_mode: extension.map_or(ExtensionMode::None, ExtensionMode::Paginated),
        parameters: parts.into_iter().flat_map(|part| part.parameters).collect(),
    }
}
