//! The way of a request, over the wire: the order of the checks, and every answer that the glue gives itself.

use std::time::Duration;

use serde_json::json;

use crate::client::{Asked, JSON, LONG, NOBODY, READER, WRITER};
use crate::golden::bookshelf::OPERATIONS;

const BOOK: &str = r#"{"title": "Emma", "subtitle": null, "pin": "4711!"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_checks_come_in_order() {
    let library = Asked::new(LONG);
    let odd = &[("authorization", "Bearer odd"), JSON];
    let text = &[("authorization", "Bearer writer"), ("content-type", "text/plain")];
    // Each row breaks what the row above breaks, but for the first of it.
    for (headers, body, status, code) in [
        (NOBODY, "{", 401, "unauthorized"),
        (&[("authorization", "Bearer stranger"), JSON], "{", 401, "unauthorized"),
        (&[("authorization", "Basic d3JpdGVy"), JSON], "{", 401, "unauthorized"),
        (READER, "{", 403, "forbidden"),
        (odd, "{", 403, "forbidden"),
        (text, "{", 415, "unsupported_media_type"),
        (WRITER, "{", 422, "invalid"),
        (WRITER, BOOK, 201, ""),
    ] {
        let answer = library.ask("POST", "/books", headers, Some(body)).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{headers:?} {body}");
        assert!(answer.header("x-request-id").is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_is_answered_with_its_body_unread() {
    let library = Asked::new(LONG);
    // Nothing of the body is ever sent. Whoever waited for it would wait longer than this test.
    for (headers, expected) in [
        ("", "HTTP/1.1 401 "),
        ("Authorization: Bearer reader\r\n", "HTTP/1.1 403 "),
        ("Authorization: Bearer writer\r\nContent-Type: text/csv\r\n", "HTTP/1.1 415 "),
    ] {
        let request = format!(
            "POST /books HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}Content-Length: 10\r\nExpect: \
             100-continue\r\n\r\n"
        );
        let answer = library.raw(&request);
        assert!(answer.starts_with(expected), "{headers}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_gate_says_goes_with_every_answer_that_documents_it() {
    let library = Asked::new(LONG);
    for (card, path, status, left) in [
        // An answer from before the gate, one that refuses at it, one after it, and the success.
        ("stranger", "/loans", 401, None),
        ("odd", "/loans", 403, Some("none")),
        ("reader", "/loans", 403, Some("some")),
        ("writer", "/loans", 200, Some("some")),
        // The scopes are not needed by whom the service exempts.
        ("outsider", "/loans", 200, Some("some")),
    ] {
        let answer = library.ask("GET", path, &[("authorization", &format!("Bearer {card}"))], None).await;
        assert_eq!((answer.status, answer.header("x-left")), (status, left), "{card}");
    }
    // A date in a header is written as in a body.
    let answer = library.ask("GET", "/loans", WRITER, None).await;
    assert_eq!(answer.header("x-since"), Some("1970-01-01T00:00:00.000Z"));
    // The same refusal on an operation whose success says nothing.
    let answer = library.ask("POST", "/books", READER, Some(BOOK)).await;
    assert_eq!((answer.status, answer.header("x-left")), (403, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_may_have_another_status_for_what_is_invalid() {
    let library = Asked::new(LONG);
    for (query, problem) in [("number=x", "number/invalid_type"), ("number=1&number=2", "number/duplicate")] {
        let answer = library.ask("GET", &format!("/loans?{query}"), WRITER, None).await;
        assert_eq!((answer.status, answer.header("x-left")), (403, Some("some")));
        assert_eq!(answer.body, json!({"code": "forbidden", "fields": [problem]}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_read_as_its_fields() {
    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    let library = Asked::new(LONG);
    let ask = async |form: &'static str, content_type| {
        library.ask("POST", "/loans", &[("authorization", "Bearer writer"), content_type], Some(form)).await
    };
    let answer = ask("isbn=x+1&pin=4%37%31%31&days=7&express=true&unknown=1", FORM).await;
    let expected =
        r#"Loan { isbn: Isbn("x 1"), pin: Pin([redacted]), days: Some(7), note: None, express: Some(true) }"#;
    assert_eq!((answer.status, &answer.body), (200, &json!({"loan": expected})));
    for (form, problems) in [
        ("", vec!["isbn/required", "pin/required"]),
        ("isbn=x&pin=4711&pin=4711", vec!["pin/duplicate"]),
        (
            "isbn=a&pin=1&days=0&note=toolong&express=1",
            vec!["days/out_of_range", "express/invalid_type", "isbn/invalid_format", "note/too_long", "pin/too_short"],
        ),
        ("isbn=x&pin=4711&note=odd", vec!["note/unknown"]),
    ] {
        let answer = ask(form, FORM).await;
        let mut found: Vec<_> = answer.body["fields"].as_array().unwrap().iter().filter_map(|it| it.as_str()).collect();
        found.sort_unstable();
        assert_eq!((answer.status, found), (422, problems), "{form}");
    }
    assert_eq!(ask("isbn=x&pin=4711", JSON).await.status, 415);
    let answer = library.ask("POST", "/books", &[("authorization", "Bearer writer"), FORM], Some(BOOK)).await;
    assert_eq!(answer.status, 415, "each operation reads its own media type");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_operation_asks_nobody_who_they_are() {
    let library = Asked::new(LONG);
    for headers in [&[][..], &[("authorization", "Bearer stranger")], &[("authorization", "Bearer panic")]] {
        let answer = library.ask("GET", "/health", headers, None).await;
        assert_eq!(answer.status, 200, "{headers:?}");
        assert_eq!(answer.body, json!({"status": "closed-for-good", "visitors": i64::MAX, "temperature": -0.5}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scheme_of_a_credential_has_no_case() {
    let library = Asked::new(LONG);
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let answer = library.ask("GET", "/books/x", &[("authorization", &format!("{scheme} reader"))], None).await;
        assert_eq!(answer.status, 200, "{scheme}");
    }
}

/// Whether somebody may do something there is decided before the request is looked at, by what is valid of its path.
#[tokio::test(flavor = "multi_thread")]
async fn permission_knows_the_path() {
    let library = Asked::new(LONG);
    let outsider = &[("authorization", "Bearer outsider")][..];
    for (path, status) in [("/books/x-locked", 404), ("/books/x-open", 200), ("/books/locked", 422)] {
        assert_eq!(library.ask("GET", path, outsider, None).await.status, status, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_is_decoded_once() {
    let library = Asked::new(LONG);
    for (path, title) in [("x%2F%20%C3%A4", "x/ ä"), ("x%252F", "x%2F"), ("x+y", "x+y"), ("%78", "x")] {
        let answer = library.ask("GET", &format!("/books/{path}"), READER, None).await;
        assert_eq!(answer.body, json!({"title": title, "subtitle": null, "published": null}), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_has_a_media_type_a_size_and_a_time() {
    let library = Asked::new(LONG);
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
        let answer = library.ask("PUT", "/echo", headers, body).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{headers:?}");
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
async fn a_body_that_does_not_arrive_is_not_waited_for() {
    let library = Asked::new(Duration::from_millis(20));
    for (headers, beginning) in [("Content-Length: 10", "{"), ("Transfer-Encoding: chunked", "5\r\n{")] {
        let answer = library.raw(&format!(
            "PUT /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n{headers}\r\n\r\n\
             {beginning}"
        ));
        assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("request_timeout"), "{headers}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_a_path_lacks_is_405() {
    let library = Asked::new(LONG);
    let mut refused = 0;
    for operation in OPERATIONS {
        let allowed: Vec<_> = OPERATIONS.iter().filter(|it| it.path == operation.path).map(|it| it.method).collect();
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            if allowed.contains(&method) {
                continue;
            }
            // The path's values break their rules and nobody says who they are: the method comes before both.
            let answer = library.ask(method, operation.path, &[], None).await;
            assert_eq!(answer.status, 405, "{method} {}", operation.path);
            let allow: Vec<_> = answer.headers.get_all("allow").iter().collect();
            assert_eq!(allow, [&allowed.join(", ")], "{method} {}", operation.path);
            assert_eq!(answer.code(), if method == "HEAD" { "" } else { "method_not_allowed" });
            refused += 1;
        }
    }
    assert_eq!(refused, OPERATIONS.len() * 7 - 4, "two pairs of operations share a path");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_are_sent_as_described() {
    let library = Asked::new(LONG);
    let named = ["cache-control", "x-copies", "x-isbn", "x-genre", "x-rare"];
    for (title, isbn, expected) in [
        ("plain", "", [Some("no-store"), Some("3"), None, None, None]),
        ("rare", r#", "isbn": "x7""#, [Some("no-store"), Some("3"), Some("x7"), Some("science-fiction"), Some("true")]),
    ] {
        let body = format!(r#"{{"title": "{title}", "subtitle": "s", "pin": "4711!"{isbn}}}"#);
        let answer = library.ask("POST", "/books", WRITER, Some(&body)).await;
        assert_eq!((answer.status, named.map(|name| answer.header(name))), (201, expected), "{title}");
    }

    for (path, status, warning) in
        [("x-first", 204, None), ("x-last", 204, Some("the last one")), ("x-lines", 500, None)]
    {
        let answer = library.ask("DELETE", &format!("/books/{path}"), READER, None).await;
        assert_eq!((answer.status, answer.header("x-warning")), (status, warning), "{path}");
        assert!(answer.body.is_null() && answer.header("content-type").is_none(), "{path}: {answer:?}");
    }

    let answer = library.ask("GET", "/books/x", &[], None).await;
    assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer")));
    let there = BOOK.replace("Emma", "there");
    let answer = library.ask("POST", "/books", WRITER, Some(&there)).await;
    assert_eq!((answer.status, answer.code(), answer.header("x-isbn")), (409, "there_already", Some("x1")));
    let answer = library.ask("GET", "/books/x-missing", READER, None).await;
    assert_eq!((answer.status, answer.code()), (404, "not_found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_and_an_undocumented_refusal_are_the_500_of_the_operation() {
    let library = Asked::new(LONG);
    let panics = BOOK.replace("Emma", "panic");
    let odd = &[("authorization", "Bearer odd")][..];
    for (method, path, headers, body) in [
        ("POST", "/books", WRITER, Some(panics.as_str())),
        ("DELETE", "/books/x-panic", READER, None),
        ("GET", "/books/x", &[("authorization", "Bearer panic")], None),
        ("GET", "/books/x", odd, None),
        ("DELETE", "/books/x", odd, None),
    ] {
        let answer = library.ask(method, path, headers, body).await;
        assert_eq!((answer.status, answer.body), (500, json!({"code": "internal"})), "{method} {path} {headers:?}");
        assert_eq!(library.ask("GET", "/health", &[], None).await.status, 200, "the next request");
    }
}
