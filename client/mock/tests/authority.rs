//! The test authority, as another program's tests use it.

use std::fs;
use std::path::Path;
use std::process::Command;

use aether_client_mock::{ExposeSecret, SecretString, TestAuthority};
use reqwest::Client;
use serde_json::{Value, json};

/// The status of the caller's own token.
async fn status(authority: &TestAuthority, token: &SecretString) -> u16 {
    current(authority, token).await.0
}

/// The status and the record of the caller's own token.
async fn current(authority: &TestAuthority, token: &SecretString) -> (u16, Value) {
    let url = format!("{}/api/v1/api-tokens/current", authority.url());
    let response = Client::new().get(url).bearer_auth(token.expose_secret()).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// The items of a list of the organization, as its owner reads them.
async fn list(authority: &TestAuthority, kind: &str) -> Vec<Value> {
    let url = format!("{}/api/v1/organizations/{}/{kind}", authority.url(), authority.organization());
    let response = Client::new().get(url).bearer_auth(authority.owner_token().expose_secret()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.json::<Value>().await.unwrap()["items"].as_array().unwrap().clone()
}

/// Runs a test of this file in a process of its own, with a directory for temporary files.
fn run_in(directory: &Path, test: &str) -> (bool, String) {
    let mut process = Command::new(std::env::current_exe().unwrap());
    let output = process.args(["--exact", test]).env("TMPDIR", directory).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[tokio::test]
async fn owner_token_creates_tokens_over_the_wire() {
    let authority = TestAuthority::start().await;
    let (code, owner) = current(&authority, authority.owner_token()).await;
    assert_eq!((code, &owner["scopes"]), (200, &json!(["*"])));
    assert_eq!(owner["org_id"], authority.organization().to_string());
    let url = format!("{}/api/v1/organizations/{}/api-tokens", authority.url(), authority.organization());
    let request = Client::new().post(url).bearer_auth(authority.owner_token().expose_secret());
    let issued = request.json(&json!({"name": "service", "scopes": ["a"]})).send().await.unwrap();
    assert_eq!(issued.status(), 201);
    let issued: Value = issued.json().await.unwrap();
    assert_eq!(status(&authority, &issued["token"].as_str().unwrap().into()).await, 200);
}

#[tokio::test]
async fn created_token_has_the_scopes_and_the_owner_as_creator() {
    let authority = TestAuthority::start().await;
    let token = authority.create_token(&["deployments:*", "read"]).await;
    let (code, record) = current(&authority, token.secret()).await;
    assert_eq!((code, &record["scopes"]), (200, &json!(["deployments:*", "read"])));
    assert_eq!(record["id"], token.id().to_string());
    let (_, owner) = current(&authority, authority.owner_token()).await;
    assert_eq!(record["created_by"], owner["id"]);
    assert_eq!(current(&authority, authority.create_token(&[]).await.secret()).await.1["scopes"], json!([]));
}

#[tokio::test]
async fn expired_token_is_rejected_at_once() {
    let authority = TestAuthority::start().await;
    for _ in 0..20 {
        let token = authority.create_token(&["a"]).await;
        assert_eq!(status(&authority, token.secret()).await, 200);
        authority.expire(token.id()).await;
        assert_eq!(status(&authority, token.secret()).await, 401);
        // An expired token stays expired.
        authority.expire(token.id()).await;
    }
    let states: Vec<_> = list(&authority, "api-tokens").await.iter().map(|token| token["state"].clone()).collect();
    assert_eq!(states.iter().filter(|state| **state == "expired").count(), 20, "{states:?}");
}

#[tokio::test]
async fn revoked_token_is_rejected_at_once() {
    let authority = TestAuthority::start().await;
    let (revoked, other) = (authority.create_token(&["a"]).await, authority.create_token(&["a"]).await);
    assert_eq!(status(&authority, revoked.secret()).await, 200);
    authority.revoke(revoked.id()).await;
    assert_eq!(status(&authority, revoked.secret()).await, 401);
    assert_eq!(status(&authority, other.secret()).await, 200);
    let events = list(&authority, "audit-events").await;
    let (_, owner) = current(&authority, authority.owner_token()).await;
    let revocation = events.iter().find(|event| event["action"] == "api_token.revoked").unwrap();
    assert_eq!((&revocation["actor_id"], &revocation["token_id"]), (&owner["id"], &revoked.id().to_string().into()));
}

#[tokio::test]
async fn other_organization_has_its_own_tokens() {
    let authority = TestAuthority::start().await;
    let (other, third) = (authority.other_organization().await, authority.other_organization().await);
    assert!(other.id() != authority.organization() && other.id() != third.id());
    let (code, owner) = current(&authority, other.owner_token()).await;
    assert_eq!((code, &owner["org_id"]), (200, &other.id().to_string().into()));
    let url = format!("{}/api/v1/organizations/{}/api-tokens", authority.url(), authority.organization());
    let response = Client::new().get(url).bearer_auth(other.owner_token().expose_secret()).send().await.unwrap();
    assert_eq!(response.status(), 404);
}

#[tokio::test]
async fn authorities_run_at_the_same_time_without_each_others_tokens() {
    let (one, two, three) = tokio::join!(TestAuthority::start(), TestAuthority::start(), TestAuthority::start());
    for authority in [&one, &two, &three] {
        let token = authority.create_token(&["a"]).await;
        for other in [&one, &two, &three] {
            let expected = if other.url() == authority.url() { 200 } else { 401 };
            assert_eq!(status(other, token.secret()).await, expected);
        }
    }
}

#[tokio::test]
async fn rate_is_not_limited() {
    let authority = TestAuthority::start().await;
    let client = Client::new();
    let url = format!("{}/api/v1/api-tokens/current", authority.url());
    for token in [authority.owner_token(), TestAuthority::start().await.owner_token()] {
        let mut codes = vec![];
        for _ in 0..150 {
            let response = client.get(&url).bearer_auth(token.expose_secret()).send().await.unwrap();
            codes.push(response.status().as_u16());
        }
        codes.dedup();
        assert!(codes == [200] || codes == [401], "{codes:?}");
    }
}

#[test]
fn blocking_test_is_served() {
    let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
    // The runtime of the start ends, and the server goes on.
    let authority = runtime().block_on(TestAuthority::start());
    let url = format!("{}/api/v1/api-tokens/current", authority.url());
    let token = runtime().block_on(authority.create_token(&["a"]));
    let get = || reqwest::blocking::Client::new().get(&url).bearer_auth(token.secret().expose_secret()).send().unwrap();
    assert_eq!(get().status(), 200);
    runtime().block_on(authority.expire(token.id()));
    assert_eq!(get().status(), 401);
}

#[tokio::test]
async fn dropped_authority_refuses_connections() {
    let kept = TestAuthority::start().await;
    let authority = TestAuthority::start().await;
    let url = format!("{}/healthz", authority.url());
    // The client keeps its connection open.
    let client = Client::new();
    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
    drop(authority);
    // Whether the client has noticed the end of its connection or not.
    assert!(client.get(&url).send().await.is_err());
    assert!(Client::new().get(&url).send().await.unwrap_err().is_connect());
    assert_eq!(status(&kept, kept.owner_token()).await, 200);
}

#[test]
fn temporary_files_are_removed_after_a_success_and_a_panic() {
    let directory = tempfile::tempdir().unwrap();
    for test in ["authorities_run_at_the_same_time_without_each_others_tokens", "invalid_scope_panics"] {
        let (success, output) = run_in(directory.path(), test);
        assert!(success && output.contains("1 passed"), "{output}");
        let left: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.is_empty(), "{left:?}");
    }
    let (success, output) = run_in(&directory.path().join("missing"), "invalid_scope_panics");
    assert!(!success && output.contains("the test authority cannot start: "), "{output}");
}

#[tokio::test]
#[should_panic(expected = "\"a b\" is no scope: ")]
async fn invalid_scope_panics() {
    TestAuthority::start().await.create_token(&["a b"]).await;
}

#[tokio::test]
#[should_panic(expected = "cannot be changed: denied: NotFound")]
async fn expiry_of_a_token_of_another_authority_panics() {
    let other = TestAuthority::start().await.create_token(&["a"]).await;
    TestAuthority::start().await.expire(other.id()).await;
}

#[tokio::test]
#[should_panic(expected = "cannot be changed: denied: Revoked")]
async fn expiry_of_a_revoked_token_panics() {
    let authority = TestAuthority::start().await;
    let token = authority.create_token(&["a"]).await;
    authority.revoke(token.id()).await;
    authority.expire(token.id()).await;
}

#[tokio::test]
async fn debug_output_has_no_secret() {
    let authority = TestAuthority::start().await;
    let printed = format!("{authority:?} {:?}", authority.create_token(&["a"]).await);
    assert!(printed.contains(authority.url()) && !printed.contains("aether_"), "{printed}");
}

#[tokio::test]
async fn clients_have_the_owner_token_and_given_ones() {
    let authority = TestAuthority::start().await;
    let issued = authority.client().create_token("service").scopes(["a"]).await.unwrap();
    let service = authority.client_of(issued.token);
    assert_eq!(service.organization().await.unwrap(), authority.organization());
    assert_eq!(service.authorize(["a"]).await.unwrap().token_id, issued.id);
    assert_eq!(service.authorize(["b"]).await.unwrap_err().status().unwrap(), 403);
    let other = authority.other_organization().await;
    assert_eq!(authority.client_of(other.owner_token().clone()).organization().await.unwrap(), other.id());
    assert_eq!(authority.client_of("nonsense").current_token().await.unwrap_err().status().unwrap(), 401);
}
