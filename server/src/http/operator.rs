//! The endpoints beside the contract: for whoever operates the server, and for whoever wants to read the contract.
//! They need no credential and show nothing of any organization.

use std::sync::LazyLock;

use aether_api::runtime::Context;
use dropshot::{
    ApiDescription, ApiDescriptionRegisterError, ApiEndpoint, ApiEndpointVersions, Body, CONTENT_TYPE_JSON, HttpError,
    RequestContext,
};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Response, StatusCode};
use tracing::warn;

use super::Aether;

/// The contract as it is written, comments and all.
const CONTRACT: &str = include_str!("../../../openapi/aether.yaml");

/// The same contract as JSON.
static CONTRACT_JSON: LazyLock<String> = LazyLock::new(|| {
    let document: serde_json::Value = serde_yaml_ng::from_str(CONTRACT).expect("the contract is YAML");
    document.to_string()
});

type Operator = RequestContext<Context<Aether>>;
type Answer = Result<Response<Body>, HttpError>;

/// Registers the endpoints, for GET and for the HEAD that load balancers like to ask with.
pub(crate) fn register(api: &mut ApiDescription<Context<Aether>>) -> Result<(), ApiDescriptionRegisterError> {
    for method in [Method::GET, Method::HEAD] {
        api.register(endpoint("healthz", &method, healthz))?;
        api.register(endpoint("readyz", &method, readyz))?;
        api.register(endpoint("openapi.yaml", &method, openapi_yaml))?;
        api.register(endpoint("openapi.json", &method, openapi_json))?;
    }
    Ok(())
}

fn endpoint<F, R>(name: &str, method: &Method, handler: F) -> ApiEndpoint<Context<Aether>>
where
    F: Fn(Operator) -> R + Send + Sync + 'static,
    R: Future<Output = Answer> + Send + 'static,
{
    let id = format!("{method} {name}");
    let path = format!("/{name}");
    ApiEndpoint::new(id, handler, method.clone(), CONTENT_TYPE_JSON, &path, ApiEndpointVersions::All).visible(false)
}

/// The process runs and answers.
async fn healthz(_: Operator) -> Answer {
    Ok(respond(StatusCode::OK, "text/plain; charset=utf-8", "ok\n"))
}

/// The database can be read, so requests can be answered.
async fn readyz(context: Operator) -> Answer {
    Ok(match context.context().service.store().ping().await {
        Ok(()) => respond(StatusCode::OK, "text/plain; charset=utf-8", "ready\n"),
        Err(error) => {
            warn!(%error, "not ready");
            respond(StatusCode::SERVICE_UNAVAILABLE, "text/plain; charset=utf-8", "the database cannot be read\n")
        }
    })
}

async fn openapi_yaml(_: Operator) -> Answer {
    Ok(respond(StatusCode::OK, "application/yaml", CONTRACT))
}

async fn openapi_json(_: Operator) -> Answer {
    Ok(respond(StatusCode::OK, CONTENT_TYPE_JSON, CONTRACT_JSON.as_str()))
}

fn respond(status: StatusCode, content_type: &'static str, body: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
