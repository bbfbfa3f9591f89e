//! A gateway that serves another server below a prefix.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use reqwest::Client;
use reqwest::redirect::Policy;

/// Starts a gateway. Returns the URL of its prefix.
pub(crate) async fn start(prefix: &'static str, server: SocketAddr) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let http = Client::builder().redirect(Policy::none()).build().expect("an HTTP client");
    let router = Router::new().fallback(move |request: Request| forward(http.clone(), prefix, server, request));
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}{prefix}")
}

async fn forward(http: Client, prefix: &str, server: SocketAddr, request: Request) -> Response {
    let Some(path) = request.uri().path().strip_prefix(prefix) else { return StatusCode::NOT_FOUND.into_response() };
    let url = format!("http://{server}{path}");
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a request body");
    let sent = http.request(parts.method, url).headers(parts.headers).body(body).send().await.expect("a response");
    let (status, headers) = (sent.status(), sent.headers().clone());
    let mut response = Response::new(Body::from(sent.bytes().await.expect("a complete body")));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
