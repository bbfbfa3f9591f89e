//! The reference page at `/docs`: Swagger UI with the contract. It is public, it contains no data of organizations, and
//! every byte of it is in the program.

mod file;
mod negotiation;

use std::sync::Arc;

use aether_api::runtime::{Context, RoutedRequest, Router};
use dropshot::Body;
use http::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{Method, Response, StatusCode};

use self::file::{FILES, File};
use super::AetherService;

/// Scripts and styles come from files of this server, and requests go to it. Swagger UI has images in its styles.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The headers of each file.
const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// Registers the files for GET and HEAD.
pub(crate) fn register(router: &mut Router<AetherService>) {
    for file in &FILES {
        for method in [Method::GET, Method::HEAD] {
            let respond = move |_: Arc<Context<AetherService>>, request: RoutedRequest| {
                let response = respond(file, request.uri().path(), request.headers());
                async move { response }
            };
            router.endpoint(method, file.path, respond);
        }
    }
}

fn respond(file: &'static File, path: &str, headers: &HeaderMap) -> Response<Body> {
    let mut response = if path.ends_with('/') { redirect_to_sibling(file) } else { file.respond(headers) };
    response.headers_mut().extend(HEADERS);
    response
}

/// Redirects to the path without `/` at the end, from which the page's relative URLs start.
fn redirect_to_sibling(file: &File) -> Response<Body> {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let location = HeaderValue::try_from(format!("../{name}")).expect("names of files are ASCII");
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(LOCATION, location);
    response
}
