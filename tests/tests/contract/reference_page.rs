//! The reference page over the wire. `tests/browser` looks at it in a browser.

use std::io::Read;

use aether_tests::{Options, Response, Server};
use flate2::read::GzDecoder;
use reqwest::header::{ACCEPT_ENCODING, IF_NONE_MATCH};
use reqwest::redirect::Policy;
use reqwest::{Client, Method};

crate::tests!(
    page_refers_to_files_of_the_server_only,
    every_file_has_the_headers_of_security,
    file_is_compressed_if_the_client_accepts_it,
    known_file_is_304_without_a_body,
    head_has_the_length_and_no_body,
    other_method_is_rejected_with_405,
    trailing_slash_is_redirected,
    page_is_absent_if_it_is_switched_off,
    licences_are_served
);

/// Every path of the page.
const PATHS: [&str; 8] = [
    "/docs",
    "/docs/page.css",
    "/docs/page.js",
    "/docs/swagger-ui.css",
    "/docs/swagger-ui-bundle.js",
    "/docs/swagger-ui-bundle.js.LICENSE.txt",
    "/docs/LICENSE",
    "/docs/NOTICE",
];

async fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = server.anonymous(Method::GET, path);
    server.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

async fn page_refers_to_files_of_the_server_only() {
    let server = Server::start().await;
    let page = get(&server, "/docs", &[]).await.expect(200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let html = String::from_utf8(page.body).expect("UTF-8");
    assert!(html.contains("<title>Aether API reference</title>"));
    let mut references = 0;
    for attribute in ["src=\"", "href=\""] {
        for reference in html.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()) {
            if reference != "data:," {
                // Relative to the directory of `/docs`, whatever the prefix of a gateway is.
                assert!(!reference.starts_with('/') && !reference.contains(':'), "{reference}");
                get(&server, &format!("/{reference}"), &[]).await.expect(200);
                references += 1;
            }
        }
    }
    assert_eq!(references, 5, "{html}");
}

async fn every_file_has_the_headers_of_security() {
    let server = Server::start().await;
    for path in PATHS {
        let response = get(&server, path, &[]).await.expect(200);
        let policy = response.header("content-security-policy").expect("a policy");
        let directives: Vec<_> = policy.split("; ").collect();
        assert_eq!(
            directives,
            [
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                "img-src data:",
                "connect-src 'self'",
                "base-uri 'none'",
                "form-action 'none'",
                "frame-ancestors 'none'"
            ]
        );
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-cache"),
            ("vary", "accept-encoding"),
        ] {
            assert_eq!(response.header(name), Some(value), "{path}: {name}");
        }
        assert!(response.header("set-cookie").is_none());
    }
}

async fn file_is_compressed_if_the_client_accepts_it() {
    let server = Server::start().await;
    for path in PATHS {
        let plain = get(&server, path, &[]).await.expect(200);
        assert_eq!(plain.header("content-encoding"), None);
        let compressed = get(&server, path, &[(ACCEPT_ENCODING.as_str(), "br, gzip;q=0.5")]).await.expect(200);
        assert_eq!(compressed.header("content-encoding"), Some("gzip"));
        assert_eq!(compressed.header("content-type"), plain.header("content-type"));
        assert_ne!(compressed.header("etag"), plain.header("etag"), "a tag belongs to one representation");
        let mut decoded = Vec::new();
        GzDecoder::new(compressed.body.as_slice()).read_to_end(&mut decoded).expect("gzip");
        assert!(decoded == plain.body, "{path}");
        let refused = get(&server, path, &[(ACCEPT_ENCODING.as_str(), "gzip;q=0, br")]).await.expect(200);
        assert!(refused.header("content-encoding").is_none() && refused.body == plain.body);
    }
    let script = get(&server, "/docs/swagger-ui-bundle.js", &[(ACCEPT_ENCODING.as_str(), "gzip")]).await;
    assert!(script.body.len() < 500_000, "{} bytes", script.body.len());
}

async fn known_file_is_304_without_a_body() {
    let server = Server::start().await;
    for path in PATHS {
        for encoding in ["identity", "gzip"] {
            let encoding = (ACCEPT_ENCODING.as_str(), encoding);
            let first = get(&server, path, &[encoding]).await.expect(200);
            let tag = first.header("etag").expect("a tag");
            let again = get(&server, path, &[encoding, (IF_NONE_MATCH.as_str(), tag)]).await.expect(304);
            assert_eq!((again.body.len(), again.header("etag")), (0, Some(tag)));
            assert_eq!(again.header("cache-control"), Some("no-cache"));
            get(&server, path, &[encoding, (IF_NONE_MATCH.as_str(), "\"other\"")]).await.expect(200);
        }
    }
}

async fn head_has_the_length_and_no_body() {
    let server = Server::start().await;
    for path in PATHS {
        let get = get(&server, path, &[]).await.expect(200);
        let head = server.send(server.anonymous(Method::HEAD, path)).await.expect(200);
        assert!(head.body.is_empty());
        assert_eq!(head.header("content-length"), Some(get.body.len().to_string().as_str()));
        assert_eq!(head.header("etag"), get.header("etag"));
    }
}

async fn other_method_is_rejected_with_405() {
    let server = Server::start().await;
    for path in PATHS {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
            let response = server.send(server.anonymous(method, path)).await.expect(405);
            assert_eq!((response.header("allow"), response.code().as_str()), (Some("GET, HEAD"), "method_not_allowed"));
        }
    }
    get(&server, "/docs/missing", &[]).await.expect(404);
}

async fn trailing_slash_is_redirected() {
    let server = Server::start().await;
    let http = Client::builder().redirect(Policy::none()).build().expect("an HTTP client");
    let response = http.get(server.url("/docs/")).send().await.expect("a response");
    assert_eq!((response.status().as_u16(), response.headers()["location"].as_bytes()), (308, &b"../docs"[..]));
    // A client resolves the location against the URL, also below a prefix.
    let followed = reqwest::get(server.url("/docs/")).await.expect("a response");
    assert_eq!((followed.status().as_u16(), followed.url().path()), (200, "/docs"));
}

async fn page_is_absent_if_it_is_switched_off() {
    let server = Server::with(Options::default().and("--docs=off")).await;
    let unknown = get(&server, "/unknown", &[]).await.expect(404);
    for path in PATHS {
        for method in [Method::GET, Method::HEAD, Method::POST] {
            let response = server.send(server.anonymous(method.clone(), path)).await.expect(404);
            assert!(method == Method::HEAD || response.body == unknown.body, "{path}");
        }
    }
    get(&server, "/openapi.yaml", &[]).await.expect(200);
}

async fn licences_are_served() {
    let server = Server::start().await;
    let script = get(&server, "/docs/swagger-ui-bundle.js", &[]).await.expect(200);
    assert!(script.body.starts_with(b"/*! For license information please see swagger-ui-bundle.js.LICENSE.txt */"));
    for (file, contents) in
        [("swagger-ui-bundle.js.LICENSE.txt", "MIT License"), ("LICENSE", "Apache License"), ("NOTICE", "SmartBear")]
    {
        let text = get(&server, &format!("/docs/{file}"), &[]).await.expect(200);
        assert!(String::from_utf8_lossy(&text.body).contains(contents), "{file}");
    }
}
