//! The API on a dropshot server. The tests of some modules run on it, too (`main.rs`).

use aether_tests::contract::CONTRACT;
use aether_tests::{MOUNTED, Server};
use reqwest::{Method, RequestBuilder};
use uuid::Uuid;

crate::tests!(both_servers_route_alike);

async fn both_servers_route_alike() {
    let (own, mounted) = (Server::start().await, MOUNTED.scope(true, Server::start()).await);
    // Without the harness's check, which knows only the document's form of a path.
    let (http, mut routed) = (reqwest::Client::new(), 0);
    for template in CONTRACT.paths() {
        let path = own.expand_path(template, Uuid::now_v7());
        let encoded = path.replace("api", "%61p%69");
        for path in [
            path.clone(),
            path.replace('/', "//"),
            format!("{path}/"),
            encoded,
            path.to_uppercase(),
            path.replace('-', "%2D"),
            path.replace("api-tokens", "%zz"),
            path.replace("organizations/", "organizations/%FF"),
            path.replace("api-tokens", "."),
            format!("{path}/more"),
            path.rsplit_once('/').expect("a slash").0.to_owned(),
        ] {
            for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
                let request = |server: &Server| http.request(method.clone(), server.url(&path));
                let (own, mounted) = (route(request(&own)).await, route(request(&mounted)).await);
                assert_eq!(own, mounted, "{method} {path}");
                routed += usize::from(own.starts_with("401"));
            }
        }
    }
    assert!(routed > 50, "{routed} requests reached an operation");
}

/// The result of routing: 401 of an operation, because the request has no credential; 405 with the methods; or no route.
async fn route(request: RequestBuilder) -> String {
    let response = request.send().await.expect("a response");
    let header = |name: &str| response.headers()[name].to_str().expect("headers are ASCII").to_owned();
    match response.status().as_u16() {
        // Dropshot responds with 400 to a path that is no UTF-8.
        400 | 404 => "no route".to_owned(),
        401 => format!("401 {}", header("www-authenticate")),
        405 => {
            let allow = header("allow");
            let mut methods: Vec<_> = allow.split(", ").collect();
            methods.sort_unstable();
            format!("405 {methods:?}")
        }
        status => panic!("unexpected status {status} of {}", response.url()),
    }
}
