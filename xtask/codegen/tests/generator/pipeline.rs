//! The pipeline over the wire: the order of the checks, and the responses that the stub itself sends.

use std::time::Duration;

use serde_json::json;

use crate::client::{ANONYMOUS, JSON, LONG, READER, TestServer, WRITER};
use crate::golden::bookshelf::OPERATIONS;

const BOOK: &str = r#"{"title": "Emma", "subtitle": null, "pin": "4711!"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn checks_run_in_the_documented_order() {
    let library = TestServer::new(LONG);
    let odd = &[("authorization", "Bearer odd"), JSON];
    let text = &[("authorization", "Bearer writer"), ("content-type", "text/plain")];
    // Each row corrects the first problem of the row above.
    for (headers, body, status, code) in [
        (ANONYMOUS, "{", 401, "unauthorized"),
        (&[("authorization", "Bearer stranger"), JSON], "{", 401, "unauthorized"),
        (&[("authorization", "Basic d3JpdGVy"), JSON], "{", 401, "unauthorized"),
        (READER, "{", 403, "forbidden"),
        (odd, "{", 403, "forbidden"),
        (text, "{", 415, "unsupported_media_type"),
        (WRITER, "{", 422, "invalid"),
        (WRITER, BOOK, 201, ""),
    ] {
        let response = library.send("POST", "/books", headers, Some(body)).await;
        assert_eq!((response.status, response.code()), (status, code), "{headers:?} {body}");
        assert!(response.header("x-request-id").is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replay_comes_after_validation_and_before_the_services_checks() {
    let library = TestServer::new(LONG);
    for (body, status, code) in [
        (r#"{"title": "replayed", "subtitle": null, "author": "nobody", "pin": "4711!"}"#, 409, "replayed"),
        (r#"{"title": "replayed", "subtitle": null, "pin": "1"}"#, 422, "invalid"),
        (r#"{"title": "Emma", "subtitle": null, "author": "nobody", "pin": "4711!"}"#, 422, "invalid"),
        (r#"{"title": "Emma", "subtitle": null, "author": "Austen", "pin": "4711!"}"#, 201, ""),
    ] {
        let response = library.send("POST", "/books", WRITER, Some(body)).await;
        assert_eq!((response.status, response.code()), (status, code), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_request_receives_its_response_before_its_body_is_read() {
    let library = TestServer::new(LONG);
    // The body is never sent. A server that waits for it exceeds the timeout of the test.
    for (headers, expected) in [
        ("", "HTTP/1.1 401 "),
        ("Authorization: Bearer reader\r\n", "HTTP/1.1 403 "),
        ("Authorization: Bearer writer\r\nContent-Type: text/csv\r\n", "HTTP/1.1 415 "),
    ] {
        let request = format!(
            "POST /books HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}Content-Length: 10\r\nExpect: \
             100-continue\r\n\r\n"
        );
        let response = library.raw(&request);
        assert!(response.starts_with(expected), "{headers}: {response}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn admission_headers_are_in_every_response_that_documents_them() {
    let library = TestServer::new(LONG);
    for (card, path, status, left) in [
        // Responses before admission, of admission, after it, and the success.
        ("stranger", "/loans", 401, None),
        ("odd", "/loans", 403, Some("none")),
        ("reader", "/loans", 403, Some("some")),
        ("writer", "/loans", 200, Some("some")),
        // The service exempts this caller from the scopes.
        ("outsider", "/loans", 200, Some("some")),
    ] {
        let response = library.send("GET", path, &[("authorization", &format!("Bearer {card}"))], None).await;
        assert_eq!((response.status, response.header("x-left")), (status, left), "{card}");
    }
    // A date has the same form in a header and in a body.
    let response = library.send("GET", "/loans", WRITER, None).await;
    assert_eq!(response.header("x-since"), Some("1970-01-01T00:00:00.000Z"));
    // The same denial for an operation whose success does not document the header.
    let response = library.send("POST", "/books", READER, Some(BOOK)).await;
    assert_eq!((response.status, response.header("x-left")), (403, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_request_has_the_operations_own_status() {
    let library = TestServer::new(LONG);
    for (query, problem) in [("number=x", "number/invalid_type"), ("number=1&number=2", "number/duplicate")] {
        let response = library.send("GET", &format!("/loans?{query}"), WRITER, None).await;
        assert_eq!((response.status, response.header("x-left")), (403, Some("some")));
        assert_eq!(response.body, json!({"code": "forbidden", "fields": [problem]}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn form_fields_are_parsed_and_validated() {
    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    let library = TestServer::new(LONG);
    let send = async |form: &'static str, content_type| {
        library.send("POST", "/loans", &[("authorization", "Bearer writer"), content_type], Some(form)).await
    };
    let response = send("isbn=x+1&pin=4%37%31%31&days=7&express=true&unknown=1", FORM).await;
    let expected =
        r#"Loan { isbn: Isbn("x 1"), pin: Pin([redacted]), days: Some(7), note: None, express: Some(true) }"#;
    assert_eq!((response.status, &response.body), (200, &json!({"loan": expected})));
    for (form, problems) in [
        ("", vec!["isbn/required", "pin/required"]),
        ("isbn=x&pin=4711&pin=4711", vec!["pin/duplicate"]),
        (
            "isbn=a&pin=1&days=0&note=toolong&express=1",
            vec!["days/out_of_range", "express/invalid_type", "isbn/invalid_format", "note/too_long", "pin/too_short"],
        ),
        ("isbn=x&pin=4711&note=odd", vec!["note/unknown"]),
    ] {
        let response = send(form, FORM).await;
        let mut found: Vec<_> =
            response.body["fields"].as_array().unwrap().iter().filter_map(|it| it.as_str()).collect();
        found.sort_unstable();
        assert_eq!((response.status, found), (422, problems), "{form}");
    }
    assert_eq!(send("isbn=x&pin=4711", JSON).await.status, 415);
    let response = library.send("POST", "/books", &[("authorization", "Bearer writer"), FORM], Some(BOOK)).await;
    assert_eq!(response.status, 415, "each operation has its own media type");
}

#[tokio::test(flavor = "multi_thread")]
async fn public_operation_ignores_credentials() {
    let library = TestServer::new(LONG);
    for headers in [&[][..], &[("authorization", "Bearer stranger")], &[("authorization", "Bearer panic")]] {
        let response = library.send("GET", "/health", headers, None).await;
        assert_eq!(response.status, 200, "{headers:?}");
        assert_eq!(response.body, json!({"status": "closed-for-good", "visitors": i64::MAX, "temperature": -0.5}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scheme_of_a_credential_is_case_insensitive() {
    let library = TestServer::new(LONG);
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let response = library.send("GET", "/books/x", &[("authorization", &format!("{scheme} reader"))], None).await;
        assert_eq!(response.status, 200, "{scheme}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn authorization_uses_the_valid_path_parameters() {
    let library = TestServer::new(LONG);
    let outsider = &[("authorization", "Bearer outsider")][..];
    for (path, status) in [("/books/x-locked", 404), ("/books/x-open", 200), ("/books/locked", 422)] {
        assert_eq!(library.send("GET", path, outsider, None).await.status, status, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn path_is_decoded_once() {
    let library = TestServer::new(LONG);
    for (path, title) in [("x%2F%20%C3%A4", "x/ ä"), ("x%252F", "x%2F"), ("x+y", "x+y"), ("%78", "x")] {
        let response = library.send("GET", &format!("/books/{path}"), READER, None).await;
        assert_eq!(response.body, json!({"title": title, "subtitle": null, "published": null}), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn body_is_limited_in_media_type_and_size() {
    let library = TestServer::new(LONG);
    let plain = r#"{"plain": "", "nullable": null}"#;
    let large = format!(r#"{{"plain": "{}", "nullable": null}}"#, "a".repeat(65536));
    let exact = format!(r#"{{"plain": "{}", "nullable": null}}"#, "a".repeat(65536 - 31));
    assert_eq!(exact.len(), 65536);
    for (headers, body, status, code) in [
        (&[JSON][..], Some(plain), 200, ""),
        (&[("content-type", "Application/JSON ; charset=utf-8")], Some(plain), 200, ""),
        (&[("content-type", "text/plain")], Some(plain), 415, "unsupported_media_type"),
        (&[("content-type", "application/jsonl")], Some(plain), 415, "unsupported_media_type"),
        (&[JSON, ("content-encoding", "gzip")], Some(plain), 415, "unsupported_media_type"),
        (&[JSON, JSON], Some(plain), 415, "unsupported_media_type"),
        (&[], Some(plain), 415, "unsupported_media_type"),
        (&[], None, 422, "invalid"),
        (&[JSON], Some(&exact), 200, ""),
        (&[JSON], Some(&large), 413, "payload_too_large"),
    ] {
        let response = library.send("PUT", "/echo", headers, body).await;
        assert_eq!((response.status, response.code()), (status, code), "{headers:?}");
    }

    let chunked = |chunks: &str| {
        library.raw(&format!(
            "PUT /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: \
             chunked\r\n\r\n{chunks}"
        ))
    };
    let split = chunked("b\r\n{\"plain\": \"\r\n15\r\na\", \"nullable\": null}\r\n0\r\n\r\n");
    assert!(split.starts_with("HTTP/1.1 200 ") && split.contains(r#"{"plain":"a","nullable":null}"#), "{split}");
    let large = chunked(&format!("{:x}\r\n{}\r\n0\r\n\r\n", 70000, " ".repeat(70000)));
    assert!(large.starts_with("HTTP/1.1 413 "), "{large}");
}

#[tokio::test(flavor = "multi_thread")]
async fn incomplete_body_is_rejected_with_408() {
    let library = TestServer::new(Duration::from_millis(20));
    for (headers, beginning) in [("Content-Length: 10", "{"), ("Transfer-Encoding: chunked", "5\r\n{")] {
        let response = library.raw(&format!(
            "PUT /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n{headers}\r\n\r\n\
             {beginning}"
        ));
        assert!(response.starts_with("HTTP/1.1 408 ") && response.contains("request_timeout"), "{headers}: {response}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn undocumented_method_is_rejected_with_405() {
    let library = TestServer::new(LONG);
    let mut rejected = 0;
    for operation in OPERATIONS {
        let allowed: Vec<_> = OPERATIONS.iter().filter(|it| it.path == operation.path).map(|it| it.method).collect();
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            if allowed.contains(&method) {
                continue;
            }
            // The path parameters are invalid and the request has no credential. The method is checked before both.
            let response = library.send(method, operation.path, &[], None).await;
            assert_eq!(response.status, 405, "{method} {}", operation.path);
            let allow: Vec<_> = response.headers.get_all("allow").iter().collect();
            assert_eq!(allow, [&allowed.join(", ")], "{method} {}", operation.path);
            assert_eq!(response.code(), if method == "HEAD" { "" } else { "method_not_allowed" });
            rejected += 1;
        }
    }
    assert_eq!(rejected, OPERATIONS.len() * 7 - 4, "two pairs of operations share a path");
}

#[tokio::test(flavor = "multi_thread")]
async fn response_headers_are_sent_as_documented() {
    let library = TestServer::new(LONG);
    let named = ["cache-control", "x-copies", "x-isbn", "x-genre", "x-rare"];
    for (title, isbn, expected) in [
        ("plain", "", [Some("no-store"), Some("3"), None, None, None]),
        ("rare", r#", "isbn": "x7""#, [Some("no-store"), Some("3"), Some("x7"), Some("science-fiction"), Some("true")]),
    ] {
        let body = format!(r#"{{"title": "{title}", "subtitle": "s", "pin": "4711!"{isbn}}}"#);
        let response = library.send("POST", "/books", WRITER, Some(&body)).await;
        assert_eq!((response.status, named.map(|name| response.header(name))), (201, expected), "{title}");
    }

    for (path, status, warning) in
        [("x-first", 204, None), ("x-last", 204, Some("the last one")), ("x-lines", 500, None)]
    {
        let response = library.send("DELETE", &format!("/books/{path}"), READER, None).await;
        assert_eq!((response.status, response.header("x-warning")), (status, warning), "{path}");
        assert!(response.body.is_null() && response.header("content-type").is_none(), "{path}: {response:?}");
    }

    let response = library.send("GET", "/books/x", &[], None).await;
    assert_eq!((response.status, response.header("www-authenticate")), (401, Some("Bearer")));
    let there = BOOK.replace("Emma", "there");
    let response = library.send("POST", "/books", WRITER, Some(&there)).await;
    assert_eq!((response.status, response.code(), response.header("x-isbn")), (409, "already_exists", Some("x1")));
    let response = library.send("GET", "/books/x-missing", READER, None).await;
    assert_eq!((response.status, response.code()), (404, "not_found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn panic_and_undocumented_denial_are_the_operations_500() {
    let library = TestServer::new(LONG);
    let panics = BOOK.replace("Emma", "panic");
    let odd = &[("authorization", "Bearer odd")][..];
    for (method, path, headers, body) in [
        ("POST", "/books", WRITER, Some(panics.as_str())),
        ("DELETE", "/books/x-panic", READER, None),
        ("GET", "/books/x", &[("authorization", "Bearer panic")], None),
        ("GET", "/books/x", odd, None),
        ("DELETE", "/books/x", odd, None),
    ] {
        let response = library.send(method, path, headers, body).await;
        assert_eq!((response.status, response.body), (500, json!({"code": "internal"})), "{method} {path} {headers:?}");
        assert_eq!(library.send("GET", "/health", &[], None).await.status, 200, "the next request");
    }
}
