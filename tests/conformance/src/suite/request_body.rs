//! Request bodies: media type, size, timeout and JSON syntax.

use crate::contract::CONTRACT;
use crate::{Api, Response};
use serde_json::json;

super::tests!(
    body_without_json_media_type_is_rejected_with_415,
    oversized_body_is_rejected_with_413,
    body_other_than_json_object_is_rejected_with_422,
    duplicate_json_key_is_rejected_with_422,
    body_limits_apply_to_every_operation,
);

async fn body_without_json_media_type_is_rejected_with_415(api: Api) {
    let body = json!({"name": api.name("a")}).to_string();
    let post =
        |content_type: &str| api.post(&api.tokens_path()).header("content-type", content_type).body(body.clone());
    for accepted in ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"] {
        api.send(post(accepted)).await.expect(201);
    }
    for rejected in
        ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "application/problem+json", ""]
    {
        let response = api.send(post(rejected)).await.expect(415);
        assert_eq!(response.code(), "unsupported_media_type", "{rejected}");
    }
    let untyped = api.post(&api.tokens_path()).body(body.clone());
    api.send(untyped).await.expect(415);
    let compressed = post("application/json").header("content-encoding", "gzip");
    api.send(compressed).await.expect(415);
}

/// Sends a creation with this body as JSON.
async fn post_json(api: &Api, body: impl Into<reqwest::Body>) -> Response {
    let request = api.post(&api.tokens_path()).header("content-type", "application/json");
    api.send(request.body(body)).await
}

async fn oversized_body_is_rejected_with_413(api: Api) {
    let padded = |length: usize| {
        let body = json!({"name": api.name("a")}).to_string();
        format!("{body}{}", " ".repeat(length - body.len()))
    };
    post_json(&api, padded(65_536)).await.expect(201);
    let response = post_json(&api, padded(65_537)).await.expect(413);
    assert_eq!(response.code(), "payload_too_large");
    // A streamed body has no content length.
    let chunks = (0..9).map(|_| Ok::<_, std::io::Error>(" ".repeat(8192)));
    let stream = reqwest::Body::wrap_stream(futures::stream::iter(chunks));
    post_json(&api, stream).await.expect(413);
}

async fn body_other_than_json_object_is_rejected_with_422(api: Api) {
    for (body, expected) in [
        ("", "body/required"),
        ("{", "body/invalid_format"),
        ("{'name':'a'}", "body/invalid_format"),
        (r#"{"name":"a"} {}"#, "body/invalid_format"),
        ("\u{feff}{}", "body/invalid_format"),
        (r#"{"name":"a",}"#, "body/invalid_format"),
        (r#"{"name":"a"/**/}"#, "body/invalid_format"),
        (r#"{"name":"\ud800"}"#, "body/invalid_format"),
        (r#"{"name":NaN}"#, "body/invalid_format"),
        ("[]", "body/invalid_type"),
        ("null", "body/invalid_type"),
        (r#""name""#, "body/invalid_type"),
    ] {
        assert_eq!(post_json(&api, body).await.expect(422).problems(), [expected], "{body:?}");
    }
    let response = post_json(&api, vec![b'"', 0xff, b'"']).await.expect(422);
    assert_eq!(response.problems(), ["body/invalid_format"]);
}

async fn duplicate_json_key_is_rejected_with_422(api: Api) {
    let response = post_json(&api, r#"{"name":"a","scopes":[],"name":"b"}"#).await.expect(422);
    assert_eq!(response.problems(), ["name/duplicate"]);
    let response = post_json(&api, r#"{"name":"a","n\u0061me":"b"}"#).await.expect(422);
    assert_eq!(response.problems(), ["name/duplicate"]);
}

async fn body_limits_apply_to_every_operation(api: Api) {
    for operation in &CONTRACT.operations {
        let Some(media_type) = &operation.body_media_type else { continue };
        let path = api.expand_path(&operation.path, api.root.id);
        let send = |content_type: &str, body: String| {
            let request = api.anonymous(operation.method.clone(), &path).bearer_auth(&api.root.secret);
            api.send(request.header("content-type", content_type).body(body))
        };
        let response = send("text/plain", "x".into()).await.expect(415);
        assert_eq!(response.code(), "unsupported_media_type", "{}", operation.id);
        send(media_type, " ".repeat(65_537)).await.expect(413);
    }
}
