//! The other methods of a path: 405 in the contract's own error schema, with the methods that there are.
//!
//! Dropshot would answer these itself, in a schema of its own, so each is registered as an endpoint that it does not
//! document. A method that HTTP does not know is still dropshot's to refuse.

use std::marker::PhantomData;

use async_trait::async_trait;
use dropshot::{
    ApiDescription, ApiDescriptionRegisterError, ApiEndpoint, ApiEndpointBodyContentType, ApiEndpointVersions, Body,
    CONTENT_TYPE_JSON, ExclusiveExtractor, ExtractorMetadata, HttpError, Path, RequestContext, ServerContext,
    SharedExtractor,
};
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, StatusCode};
use hyper::Request;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::content;
use super::endpoint::Explain;
use super::fault::Fault;
use super::operation::Operation;
use super::serve::Context;

const METHODS: [Method; 8] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
    Method::TRACE,
];

/// Registers all methods that `path` has no operation for. `P` has the path's parameters, and `X` is the error schema
/// to refuse in.
///
/// # Errors
/// Where dropshot cannot register one, because `P` does not fit the path.
pub fn refuse_others<G: Explain<X>, X: Serialize + Send, P: JsonSchema + DeserializeOwned + Send + Sync + 'static>(
    api: &mut ApiDescription<Context<G::Service>>,
    operations: &[&'static Operation],
    path: &'static str,
) -> Result<(), ApiDescriptionRegisterError> {
    let allowed: Vec<_> =
        operations.iter().filter(|operation| operation.path == path).map(|operation| operation.method).collect();
    let allow = HeaderValue::try_from(allowed.join(", ")).expect("methods are tokens");
    for method in METHODS.iter().filter(|method| !allowed.contains(&method.as_str())) {
        let allow = allow.clone();
        let handler = move |_: RequestContext<Context<G::Service>>, unread: Unread<P>| {
            let response = method_not_allowed::<G, X>(allow.clone());
            content::discard(unread.request);
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

fn method_not_allowed<G: Explain<X>, X: Serialize + Send>(allow: HeaderValue) -> Response<Body> {
    let body = serde_json::to_vec(&G::explain(&Fault::MethodNotAllowed)).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(ALLOW, allow);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE_JSON));
    response
}

/// A request of which nothing is read, on a path with the parameters of `P`: dropshot insists that somebody declares
/// them.
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
