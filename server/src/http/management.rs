//! The endpoints outside the contract: health checks, and the contract itself. They are public and contain no data of organizations.

use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock};

use aether_api::runtime::{Context, RoutedRequest, Router};
use dropshot::Body;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Response, StatusCode};

use super::AetherService;

/// The contract in YAML, with its comments.
const CONTRACT: &str = include_str!("../../../openapi/aether.yaml");

/// The contract in JSON.
static CONTRACT_JSON: LazyLock<String> = LazyLock::new(|| {
    let document: serde_json::Value = serde_yaml_ng::from_str(CONTRACT).expect("the contract is YAML");
    document.to_string()
});

const TEXT: &str = "text/plain; charset=utf-8";

type ManagementContext = Arc<Context<AetherService>>;

/// Registers the endpoints for GET, and for HEAD, which load balancers use.
pub(crate) fn register(router: &mut Router<AetherService>) {
    for method in [Method::GET, Method::HEAD] {
        router.endpoint(method.clone(), "/healthz", healthz);
        router.endpoint(method.clone(), "/readyz", readyz);
        router.endpoint(method.clone(), "/openapi.yaml", openapi_yaml);
        router.endpoint(method, "/openapi.json", openapi_json);
    }
}

/// Responds if the process runs.
async fn healthz(_: ManagementContext, _: RoutedRequest) -> Response<Body> {
    respond(StatusCode::OK, TEXT, "ok\n")
}

/// Responds with 200 if the database can be written and the server is not about to stop, else with the reason.
async fn readyz(context: ManagementContext, _: RoutedRequest) -> Response<Body> {
    if context.service.draining.load(Ordering::Relaxed) {
        return respond(StatusCode::SERVICE_UNAVAILABLE, TEXT, "not ready: the server is stopping\n");
    }
    match context.service.store.readiness().await {
        Ok(()) => respond(StatusCode::OK, TEXT, "ready\n"),
        Err(fault) => {
            let mut response = respond(StatusCode::SERVICE_UNAVAILABLE, TEXT, "");
            *response.body_mut() = Body::from(format!("not ready: {fault}\n"));
            response
        }
    }
}

async fn openapi_yaml(_: ManagementContext, _: RoutedRequest) -> Response<Body> {
    respond(StatusCode::OK, "application/yaml", CONTRACT)
}

async fn openapi_json(_: ManagementContext, _: RoutedRequest) -> Response<Body> {
    respond(StatusCode::OK, "application/json", CONTRACT_JSON.as_str())
}

fn respond(status: StatusCode, content_type: &'static str, body: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
