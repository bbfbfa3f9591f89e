//! The typed mocks, as another program's tests use them: each response is read by the real client.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use aether_client::generated::types::ApiTokenCreate;
use aether_client::verifier::{Verdict, Verifier};
use aether_client::{ApiTokenStateFilter, ErrorCode, ErrorKind, FieldErrorCode, Retries, StatusCode};
use aether_client_mock::httpmock::Mock;
use aether_client_mock::{ExposeSecret, MockAether, fixtures};
use serde_json::{Value, json};

/// The contract.
fn contract() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi/aether.yaml");
    serde_yaml_ng::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The status and the code of each error of an operation in the contract.
fn errors(contract: &Value, path: &str, method: &str) -> Vec<(u16, String)> {
    let mut errors = Vec::new();
    for (status, response) in contract["paths"][path][method]["responses"].as_object().unwrap() {
        let Some(reference) = response["$ref"].as_str() else { continue };
        let content = &contract.pointer(&reference[1..]).unwrap()["content"]["application/json"];
        let named = content["examples"].as_object().into_iter().flatten().map(|(_, example)| &example["value"]);
        for example in named.chain(content.get("example")) {
            errors.push((status.parse().unwrap(), example["error"]["code"].as_str().unwrap().to_owned()));
        }
    }
    errors.dedup();
    errors
}

#[tokio::test]
async fn created_token_arrives_with_its_secret() {
    let aether = MockAether::start();
    let mut issued = fixtures::issued_api_token();
    issued.name = "service".to_owned();
    issued.expires_at = None;
    let creation = aether.create_api_token(|_, then| then.created(&issued));
    let created = aether.client().create_token("service").await.unwrap();
    assert_eq!(created.token.expose_secret(), issued.token.expose_secret());
    assert_eq!((created.id, created.name.as_str(), created.expires_at), (issued.id, "service", None));
    creation.assert();
    let successor = aether.rotate_api_token(|when, then| {
        when.token_id(&issued.id);
        then.created(&issued)
    });
    let rotated = aether.client().rotate_token(issued.id).await.unwrap();
    assert_eq!(rotated.token.expose_secret(), issued.token.expose_secret());
    successor.assert();
}

#[tokio::test]
async fn issued_token_has_exactly_the_properties_of_the_contract() {
    let aether = MockAether::start();
    aether.create_api_token(|_, then| then.created(&fixtures::issued_api_token()));
    let url = format!("{}/api/v1/organizations/{}/api-tokens", aether.url(), aether_client::Uuid::nil());
    let response = reqwest::Client::new().post(url).json(&json!({"name": "a"})).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (201, &"application/json".parse().unwrap())
    );
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body: Value = response.json().await.unwrap();
    let schema = &contract()["components"]["schemas"]["IssuedApiToken"];
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&body), names(&schema["properties"]));
    for (name, value) in schema["example"].as_object().unwrap() {
        let text = |value: &Value| value.as_str().map(|text| text.replace(".000Z", "Z"));
        assert!(body[name] == *value || text(&body[name]) == text(value), "{name}: {}, not {value}", body[name]);
    }
}

#[tokio::test]
async fn request_that_does_not_match_has_no_mock() {
    let aether = MockAether::start();
    let body = ApiTokenCreate::builder().name("service").scopes(vec!["a".parse().unwrap()]);
    let creation = aether.create_api_token(|when, then| {
        when.body(&body.try_into().unwrap());
        then.created(&fixtures::issued_api_token())
    });
    let client = aether.client();
    client.create_token("service").scopes(["a"]).await.unwrap();
    let error = client.create_token("service").scopes(["b"]).await.unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(StatusCode::NOT_FOUND), None));
    assert_eq!(creation.calls(), 1);
}

#[tokio::test]
async fn pages_of_a_list_are_streamed() {
    let aether = MockAether::start();
    let first = fixtures::api_token_page();
    let mut token = fixtures::api_token();
    token.name = "last".to_owned();
    let filter = Some(ApiTokenStateFilter::Active);
    let pages = [
        aether.list_api_tokens(|when, then| {
            when.cursor(None).state(filter);
            then.ok(&first)
        }),
        aether.list_api_tokens(|when, then| {
            when.cursor(first.next_cursor.as_ref()).state(filter);
            then.ok(&fixtures::last_api_token_page([token]))
        }),
    ];
    let tokens = aether.client().list_tokens().state(ApiTokenStateFilter::Active).items().all().await.unwrap();
    assert_eq!(
        tokens.iter().map(|token| token.name.as_str()).collect::<Vec<_>>(),
        ["owner", "deploy pipeline", "last"]
    );
    pages.iter().for_each(Mock::assert);

    let events = fixtures::last_audit_event_page([fixtures::audit_event()]);
    let list = aether.list_audit_events(|when, then| {
        when.org_id(&fixtures::audit_event().org_id);
        then.ok(&events)
    });
    let events = aether.client().list_audit_events().items().all().await.unwrap();
    assert_eq!(events[0].hash, fixtures::audit_event().hash);
    list.assert();
}

#[tokio::test]
async fn token_is_read_updated_and_revoked() {
    let aether = MockAether::start();
    let (client, mut token) = (aether.client(), fixtures::api_token());
    aether.get_api_token(|when, then| {
        when.token_id(&token.id);
        then.ok(&token)
    });
    assert_eq!(client.get_token(token.id).await.unwrap().name, "deploy pipeline");
    token.name = "renamed".to_owned();
    aether.update_api_token(|_, then| then.ok(&token));
    assert_eq!(client.update_token(token.id).name("renamed").await.unwrap().name, "renamed");
    let revocation = aether.revoke_api_token(|when, then| {
        when.descendants(true);
        then.no_content(3)
    });
    assert_eq!(client.revoke_token(token.id).descendants().await.unwrap().revoked, Some(3));
    revocation.assert();
    aether.get_current_api_token(|_, then| then.ok(&token));
    assert_eq!(client.current_token().await.unwrap().id, token.id);
    aether.revoke_current_api_token(|_, then| then.no_content());
    client.revoke_current_token().await.unwrap();
}

#[tokio::test]
async fn authorization_has_the_token_in_headers() {
    let aether = MockAether::start();
    let token = fixtures::api_token();
    aether.authorize_request(|when, then| {
        when.scope(Some("deploy"));
        then.accepted(&token)
    });
    let authorization = aether.client().authorize(["deploy"]).await.unwrap();
    assert_eq!((authorization.org_id, authorization.token_id), (token.org_id, token.id));
    assert_eq!((authorization.scopes, authorization.expires_at), (token.scopes, token.expires_at));
}

#[tokio::test]
async fn verifier_has_the_verdict_of_the_introspected_token() {
    let aether = MockAether::start();
    let (secret, other) = (fixtures::issued_api_token().token, "aether_");
    let mut introspection = fixtures::introspection();
    introspection.scope = Some("deploy".to_owned());
    let active = aether.introspect_api_token(|when, then| {
        when.token(&secret);
        then.ok(&introspection)
    });
    let verifier = Verifier::new(aether.client());
    let Verdict::Active(token) = verifier.verify(secret.expose_secret()).await.unwrap() else { panic!("inactive") };
    assert!(token.covers("deploy") && Some(token.id) == introspection.sub);
    active.assert();
    let inactive = aether.introspect_api_token(|when, then| {
        when.token(other);
        then.ok(&fixtures::inactive_introspection())
    });
    assert!(!aether.client().introspect(other).await.unwrap().active);
    inactive.assert();
    active.assert();
}

#[tokio::test]
async fn every_error_of_the_contract_arrives_with_its_code_and_status() {
    let contract = contract();
    let tokens = "/api/v1/organizations/{orgID}/api-tokens";
    let creation = errors(&contract, tokens, "post");
    let update = errors(&contract, &format!("{tokens}/{{tokenID}}"), "put");
    assert_eq!((creation.len(), update.len()), (13, 13), "{creation:?} {update:?}");
    for (status, code) in creation {
        let aether = MockAether::start();
        aether.create_api_token(|_, then| then.error(ErrorCode::from(code.as_str())));
        let error = aether.client().create_token("a").await.unwrap_err();
        assert_eq!((error.status().unwrap().as_u16(), error.code().unwrap().as_str()), (status, code.as_str()));
        assert!(error.kind() == ErrorKind::Response && error.request_id().is_some(), "{error:?}");
        assert_eq!(error.retry_after().is_some(), [429, 503].contains(&status), "{error}");
        let challenge = error.headers().unwrap().get("www-authenticate");
        assert_eq!(challenge.is_some(), [401, 403].contains(&status), "{error}");
    }
    for (status, code) in update {
        let aether = MockAether::start();
        aether.update_api_token(|_, then| then.error(fixtures::error(ErrorCode::from(code.as_str()))));
        let error = aether.client().update_token(fixtures::api_token().id).name("a").await.unwrap_err();
        assert_eq!((error.status().unwrap().as_u16(), error.code().unwrap().as_str()), (status, code.as_str()));
    }
}

#[tokio::test]
async fn parts_of_an_error_are_replaced() {
    let aether = MockAether::start();
    let client = aether.client();
    let limited = fixtures::error(ErrorCode::RateLimited).retry_after(30).message("Slowly.").request_id("one");
    aether.get_current_api_token(|_, then| then.error(limited));
    let error = client.current_token().await.unwrap_err();
    assert_eq!((error.retry_after(), error.request_id()), (Some(Duration::from_secs(30)), Some("one")));
    assert_eq!(error.headers().unwrap().get_all("retry-after").iter().count(), 1);
    assert!(error.to_string().contains("Slowly."), "{error}");

    let details = [("scopes[1]", FieldErrorCode::TooLong, "Must have at most 64 characters.")];
    aether.create_api_token(|_, then| then.error(fixtures::error(ErrorCode::ValidationFailed).details(details)));
    let error = client.create_token("a").await.unwrap_err();
    let [detail] = error.details() else { panic!("{error}") };
    assert_eq!((detail.field.as_str(), &detail.code), ("scopes[1]", &FieldErrorCode::TooLong));
}

#[tokio::test]
async fn error_of_a_gateway_has_no_code() {
    let aether = MockAether::start();
    let page = aether.create_api_token(|_, then| then.gateway_error(503));
    let error = aether.client().create_token("a").await.unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(StatusCode::SERVICE_UNAVAILABLE), None));
    assert!(error.is_retryable() && error.attempts() == 1, "{error:?}");
    let retries = Retries::attempts(3).delays(Duration::ZERO, Duration::ZERO);
    let error = aether.client_builder().retries(retries).build().unwrap().create_token("a").await.unwrap_err();
    assert_eq!((error.attempts(), page.calls()), (3, 4));
}

#[test]
#[should_panic(expected = "getApiToken has no error limit_reached; its errors are unauthorized, ")]
fn error_of_another_operation_panics() {
    MockAether::start().get_api_token(|_, then| then.error(ErrorCode::LimitReached));
}

#[test]
#[should_panic(expected = "the contract has no response with the error later")]
fn error_that_the_contract_does_not_have_panics() {
    let _ = fixtures::error(ErrorCode::Other("later".to_owned()));
}

#[tokio::test]
async fn mocks_of_one_server_are_not_those_of_another() {
    let (one, other) = (MockAether::start(), MockAether::start());
    one.get_current_api_token(|_, then| then.ok(&fixtures::api_token()));
    one.client().current_token().await.unwrap();
    assert_eq!(other.client().current_token().await.unwrap_err().status(), Some(StatusCode::NOT_FOUND));
}

#[test]
fn blocking_test_is_served() {
    let aether = MockAether::start();
    let current = aether.get_current_api_token(|_, then| then.ok(&fixtures::api_token()));
    let url = format!("{}/api/v1/api-tokens/current", aether.url());
    let token: Value = reqwest::blocking::get(url).unwrap().json().unwrap();
    assert_eq!(token["name"], "deploy pipeline");
    current.assert();
}
