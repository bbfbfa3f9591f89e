//! Errors in the form of the contract, over HTTP/1.1 and HTTP/2.

use aether_tests::{Response, Server};
use reqwest::{Client, Method};
use serde_json::json;

use crate::http1::{exchange, refused};

#[tokio::test]
async fn unknown_paths_and_wrong_methods_have_the_envelope() {
    let server = Server::start().await;
    let http1 = Client::builder().http1_only().build().unwrap();
    let http2 = Client::builder().http2_prior_knowledge().build().unwrap();
    for client in [&http1, &http2] {
        for (method, path, status, code) in [
            (Method::GET, "/", 404, "not_found"),
            (Method::GET, "/nothing", 404, "not_found"),
            (Method::POST, "/api/v1", 404, "not_found"),
            (Method::GET, "/%ff", 404, "not_found"),
            (Method::DELETE, "/api/v1/api-tokens/current/%c3%28", 404, "not_found"),
            (Method::OPTIONS, "/nothing", 404, "not_found"),
            (Method::PATCH, "/api/v1/api-tokens/current", 405, "method_not_allowed"),
            (Method::DELETE, "/healthz", 405, "method_not_allowed"),
        ] {
            let url = format!("http://{}{path}", server.address);
            let response = client.request(method.clone(), url).send().await.unwrap();
            let (version, headers, found) = (response.version(), response.headers().clone(), response.status());
            let response = Response {
                status: found,
                headers,
                body: response.bytes().await.unwrap().to_vec(),
                request: path.to_owned(),
            };
            assert_eq!(found, status, "{version:?} {method} {path}");
            assert_eq!(response.code(), code);
            assert_eq!(response.header("content-type"), Some("application/json"));
            assert!(response.header("x-request-id").is_some_and(|id| id.len() == 36), "{response:?}");
            let schema = json!({"$ref": "#/components/schemas/ErrorEnvelope"});
            assert_eq!(server.check_body(&schema, &response.json()), Vec::<String>::new());
        }
    }
}

#[tokio::test]
async fn request_id_of_the_client_is_not_taken() {
    let server = Server::start().await;
    let request = "GET /healthz HTTP/1.1\r\nhost: a\r\nx-request-id: mine\r\n\r\n";
    let responses = exchange(server.address, request.repeat(2)).await;
    let ids: Vec<_> = responses.iter().map(|response| response.header("x-request-id").unwrap()).collect();
    assert!(ids[0] != ids[1] && ids.iter().all(|id| id.len() == 36), "{ids:?}");
}

#[tokio::test]
async fn response_of_http_itself_has_no_text_of_the_client() {
    let server = Server::start().await;
    for request in
        ["BREW /secret HTTP/1.1\r\nhost: secret\r\n\r\n", "GET /secret HTTP/1.1\r\nhost: secret secret\r\n\r\n"]
    {
        let response = refused(server.address, request).await;
        assert!(!response.head.contains("secret") && response.body.is_empty(), "{response:?}");
    }
}
