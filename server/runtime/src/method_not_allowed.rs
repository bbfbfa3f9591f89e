//! 405 for the undocumented methods of a path, with the document's error schema and the allowed methods.
//!
//! Dropshot's own 405 has another schema, so each method is registered as an endpoint that dropshot does not document. Methods
//! that HTTP does not define are still rejected by dropshot.

use std::marker::PhantomData;

use async_trait::async_trait;
use dropshot::{
    ApiDescription, ApiDescriptionRegisterError, ApiEndpoint, ApiEndpointBodyContentType, ApiEndpointVersions, Body,
    CONTENT_TYPE_JSON, ExclusiveExtractor, ExtractorMetadata, HttpError, Path, RequestContext, ServerContext,
    SharedExtractor,
};
use http::header::ALLOW;
use http::{HeaderValue, Method};
use hyper::Request;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::body;
use super::endpoint::RejectionBody;
use super::operation::Operation;
use super::pipeline::Context;
use super::rejection::Rejection;
use super::response::undocumented;

/// The methods that HTTP defines, without CONNECT, which belongs to proxies.
pub(crate) static METHODS: [Method; 8] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
    Method::TRACE,
];

/// Registers the methods for which `path` has no operation. `P` holds the path's parameters, `X` is the error schema.
///
/// # Errors
/// Fails if dropshot cannot register an endpoint because `P` does not match the path.
pub fn method_not_allowed<
    G: RejectionBody<X>,
    X: Serialize + Send + Sync + 'static,
    P: JsonSchema + DeserializeOwned + Send + Sync + 'static,
>(
    api: &mut ApiDescription<Context<G::Service>>,
    operations: &[&'static Operation],
    path: &'static str,
) -> Result<(), ApiDescriptionRegisterError> {
    let allowed: Vec<_> =
        operations.iter().filter(|operation| operation.path == path).map(|operation| operation.method).collect();
    let allow = HeaderValue::try_from(allowed.join(", ")).expect("methods are tokens");
    for method in METHODS.iter().filter(|method| !allowed.contains(&method.as_str())) {
        let (allow, body) = (allow.clone(), G::error_body(&Rejection::MethodNotAllowed));
        let handler = move |_: RequestContext<Context<G::Service>>, unread: Unread<P>| {
            let mut response = undocumented(&Rejection::MethodNotAllowed, &body);
            response.headers_mut().insert(ALLOW, allow.clone());
            body::discard(unread.request);
            async move { Ok::<_, HttpError>(response) }
        };
        let endpoint = ApiEndpoint::new(
            format!("{method} {path}"),
            handler,
            method.clone(),
            CONTENT_TYPE_JSON,
            path,
            ApiEndpointVersions::All,
        );
        api.register(endpoint.visible(false))?;
    }
    Ok(())
}

/// An unread request on a path with the parameters `P`, which dropshot requires to be declared.
struct Unread<P> {
    request: Request<Body>,
    parameters: PhantomData<fn() -> P>,
}

#[async_trait]
impl<P: JsonSchema + DeserializeOwned + Send + Sync + 'static> ExclusiveExtractor for Unread<P> {
    async fn from_request<C: ServerContext>(_: &RequestContext<C>, request: Request<Body>) -> Result<Self, HttpError> {
        Ok(Self { request, parameters: PhantomData })
    }

    fn metadata(content_type: ApiEndpointBodyContentType) -> ExtractorMetadata {
        <Path<P> as SharedExtractor>::metadata(content_type)
    }
}
