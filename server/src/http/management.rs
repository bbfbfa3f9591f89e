//! The endpoints outside the contract: health checks, and the contract itself. They are public and contain no data of organizations.

use std::sync::LazyLock;

use aether_api::runtime::Context;
use dropshot::{
    ApiDescription, ApiDescriptionRegisterError, ApiEndpoint, ApiEndpointVersions, Body, CONTENT_TYPE_JSON, HttpError,
    RequestContext,
};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Response, StatusCode};
use tracing::warn;

use super::AetherService;

/// The contract in YAML, with its comments.
const CONTRACT: &str = include_str!("../../../openapi/aether.yaml");

/// The contract in JSON.
static CONTRACT_JSON: LazyLock<String> = LazyLock::new(|| {
    let document: serde_json::Value = serde_yaml_ng::from_str(CONTRACT).expect("the contract is YAML");
    document.to_string()
});

type ManagementContext = RequestContext<Context<AetherService>>;
type ManagementResponse = Result<Response<Body>, HttpError>;

/// Registers the endpoints for GET, and for HEAD, which load balancers use.
pub(crate) fn register(api: &mut ApiDescription<Context<AetherService>>) -> Result<(), ApiDescriptionRegisterError> {
    for method in [Method::GET, Method::HEAD] {
        api.register(endpoint("healthz", &method, healthz))?;
        api.register(endpoint("readyz", &method, readyz))?;
        api.register(endpoint("openapi.yaml", &method, openapi_yaml))?;
        api.register(endpoint("openapi.json", &method, openapi_json))?;
    }
    Ok(())
}

fn endpoint<F, R>(name: &str, method: &Method, handler: F) -> ApiEndpoint<Context<AetherService>>
where
    F: Fn(ManagementContext) -> R + Send + Sync + 'static,
    R: Future<Output = ManagementResponse> + Send + 'static,
{
    let id = format!("{method} {name}");
    let path = format!("/{name}");
    ApiEndpoint::new(id, handler, method.clone(), CONTENT_TYPE_JSON, &path, ApiEndpointVersions::All).visible(false)
}

/// Responds if the process runs.
async fn healthz(_: ManagementContext) -> ManagementResponse {
    Ok(respond(StatusCode::OK, "text/plain; charset=utf-8", "ok\n"))
}

/// Responds with 200 if the database can be read.
async fn readyz(context: ManagementContext) -> ManagementResponse {
    Ok(match context.context().service.store.ping().await {
        Ok(()) => respond(StatusCode::OK, "text/plain; charset=utf-8", "ready\n"),
        Err(error) => {
            warn!(%error, "the database cannot be read");
            respond(StatusCode::SERVICE_UNAVAILABLE, "text/plain; charset=utf-8", "the database cannot be read\n")
        }
    })
}

async fn openapi_yaml(_: ManagementContext) -> ManagementResponse {
    Ok(respond(StatusCode::OK, "application/yaml", CONTRACT))
}

async fn openapi_json(_: ManagementContext) -> ManagementResponse {
    Ok(respond(StatusCode::OK, CONTENT_TYPE_JSON, CONTRACT_JSON.as_str()))
}

fn respond(status: StatusCode, content_type: &'static str, body: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
