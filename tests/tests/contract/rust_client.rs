//! The generated Rust client against the real server.

use aether_client::types::ApiTokenCreate;
use aether_client::{Client, Error};
use aether_tests::{Options, Server};

#[allow(dead_code, reason = "its main function is not called")]
#[path = "../../../client/examples/create_token.rs"]
mod create_token;

#[allow(dead_code, reason = "its main function is not called")]
#[path = "../../../client/examples/verify.rs"]
mod verify;

crate::tests!(
    create_token_example_creates_token,
    readme_programs_are_lines_of_the_examples,
    verify_example_returns_expected_verdicts,
    rate_limit_error_contains_retry_after,
    repeated_request_with_key_returns_same_token,
    client_creates_reads_lists_and_revokes_token,
    error_contains_status_code_and_request_id,
    debug_output_does_not_contain_secret
);

async fn create_token_example_creates_token() {
    let server = Server::start().await;
    let file = server.directory().join("owner.token");
    std::fs::write(&file, &server.owner.secret).unwrap();
    let file = file.to_str().unwrap();
    create_token::create(&server.url(""), &server.organization_id.to_string(), file).await.unwrap();
    let page = server.send(server.get(&server.tokens_path())).await.expect(200).json();
    assert_eq!(page["items"][1]["name"], "deploy pipeline");
    assert!(create_token::create(&server.url(""), "nonsense", file).await.is_err());
}

async fn client_creates_reads_lists_and_revokes_token() {
    let server = Server::start().await;
    let aether = server.client();
    let new = ApiTokenCreate::builder().name("from rust").scopes(vec!["a".parse().unwrap(), "b:*".parse().unwrap()]);
    let issued = aether.create_api_token().org_id(server.organization_id).body(new).send().await.unwrap().into_inner();
    assert_eq!(issued.org_id, server.organization_id);
    assert_eq!(issued.scopes, ["a", "b:*"]);

    let own_client = Client::connect(&server.url(""), secret(&issued.token)).unwrap();
    let current = own_client.get_current_api_token().send().await.unwrap().into_inner();
    assert_eq!(current.id, issued.id);

    let page =
        aether.list_api_tokens().org_id(server.organization_id).limit(std::num::NonZeroU32::MIN).send().await.unwrap();
    assert_eq!(page.items.len(), 1);
    let cursor = page.next_cursor.unwrap();
    let page = aether.list_api_tokens().org_id(server.organization_id).cursor(cursor).send().await.unwrap();
    assert_eq!(page.items.iter().map(|token| token.id).collect::<Vec<_>>(), [issued.id]);

    let token = || aether.get_api_token().org_id(server.organization_id).token_id(issued.id);
    assert_eq!(token().send().await.unwrap().revoked_at, None);
    aether.revoke_api_token().org_id(server.organization_id).token_id(issued.id).send().await.unwrap();
    assert!(token().send().await.unwrap().revoked_at.is_some());
    let error = Error::from(own_client.get_current_api_token().send().await.unwrap_err());
    assert!(matches!(error, Error::Response { status, .. } if status == 401), "{error}");
}

async fn error_contains_status_code_and_request_id() {
    let server = Server::start().await;
    let weak = server.token(&["unrelated"]).await;
    let client = Client::connect(&server.url(""), &weak.secret).unwrap();
    let error = Error::from(client.list_api_tokens().org_id(server.organization_id).send().await.unwrap_err());
    let Error::Response { status, code, request_id, .. } = &error else { panic!("{error}") };
    assert_eq!((status.as_u16(), code.as_str()), (403, "insufficient_scope"));
    assert!(request_id.is_some());
    assert!(matches!(Client::connect("http://localhost", "no\ntoken"), Err(aether_client::ConnectError::Token)));
    let invalid = ApiTokenCreate::builder().name("");
    let error = client.create_api_token().org_id(server.organization_id).body(invalid).send().await.unwrap_err();
    assert!(matches!(Error::from(error), Error::Request(_)), "the client validates the request");
}

async fn debug_output_does_not_contain_secret() {
    let server = Server::start().await;
    let body = ApiTokenCreate::builder().name("secret");
    let issued =
        server.client().create_api_token().org_id(server.organization_id).body(body).send().await.unwrap().into_inner();
    let text = secret(&issued.token).to_owned();
    let own_client = Client::connect(&server.url(""), &text).unwrap();
    for printed in
        [format!("{issued:?}"), format!("{issued:#?}"), format!("{:?}", issued.token), format!("{own_client:?}")]
    {
        assert!(!printed.contains(&text[7..]), "{printed}");
    }
    assert!(serde_json::to_string(&issued).is_err(), "a secret is not serializable");
}

fn secret(token: &aether_client::TokenSecret) -> &str {
    secrecy::ExposeSecret::expose_secret(token)
}

/// Every line of the programs in README.md and client/README.md is a line of an example.
async fn readme_programs_are_lines_of_the_examples() {
    let readmes = [include_str!("../../../README.md"), include_str!("../../../client/README.md")];
    let examples =
        [include_str!("../../../client/examples/create_token.rs"), include_str!("../../../client/examples/verify.rs")];
    let lines: Vec<_> = examples.iter().flat_map(|example| example.lines()).map(str::trim).collect();
    let blocks = |readme: &'static str| readme.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next());
    assert_eq!(readmes.map(|readme| blocks(readme).count()), [1, 2]);
    for line in readmes.into_iter().flat_map(blocks).flat_map(str::lines).map(str::trim) {
        assert!(lines.contains(&line), "{line}");
    }
}

async fn verify_example_returns_expected_verdicts() {
    use verify::{Verdict, verify};
    let server = Server::start().await;
    let service = server.token(&["api-tokens:introspect"]).await;
    let aether = Client::connect(&server.url(""), &service.secret).unwrap();
    let (exact, wildcard, revoked) =
        (server.token(&["a:b"]).await, server.token(&["a:*"]).await, server.token(&["*"]).await);
    server.revoke(revoked.id).await;
    for (presented, required, expected) in [
        (&exact.secret, "a:b", Verdict::Accepted),
        (&exact.secret, "a:c", Verdict::InsufficientScope),
        (&wildcard.secret, "a:c", Verdict::Accepted),
        (&wildcard.secret, "a", Verdict::InsufficientScope),
        (&server.owner.secret, "anything", Verdict::Accepted),
        (&revoked.secret, "a:b", Verdict::InvalidToken),
        (&"nonsense".to_owned(), "a:b", Verdict::InvalidToken),
    ] {
        assert_eq!(verify(&aether, presented, required).await.unwrap(), expected, "{required}");
    }
    // A service without the introspection scope gets an error, not a verdict.
    let weak_client = Client::connect(&server.url(""), &exact.secret).unwrap();
    assert!(verify(&weak_client, &exact.secret, "a:b").await.is_err());
}

async fn rate_limit_error_contains_retry_after() {
    let server = Server::with(Options::arguments(&["--rate-limit=1", "--rate-limit-burst=1"])).await;
    let aether = server.client();
    aether.get_current_api_token().send().await.unwrap();
    let error = Error::from(aether.get_current_api_token().send().await.unwrap_err());
    let Error::Response { status, code, retry_after, .. } = error else { panic!("{error}") };
    assert_eq!((status.as_u16(), code.as_str()), (429, "rate_limited"));
    assert!((58..=60).contains(&retry_after.unwrap().as_secs()));
}

async fn repeated_request_with_key_returns_same_token() {
    let server = Server::start().await;
    let aether = server.client();
    let create = || {
        let body = ApiTokenCreate::builder().name("created once");
        aether.create_api_token().org_id(server.organization_id).idempotency_key("k").body(body).send()
    };
    let (first, replay) = (create().await.unwrap(), create().await.unwrap());
    assert_eq!(replay.headers()["idempotency-replayed"], "true");
    assert_eq!(secret(&first.token), secret(&replay.token));
    let rotated = aether.rotate_api_token().org_id(server.organization_id).token_id(first.id);
    let rotated = rotated.body(aether_client::types::TokenRotation::builder()).send().await.unwrap();
    assert_eq!(rotated.name, "created once");
    let events = aether.list_audit_events().org_id(server.organization_id).send().await.unwrap();
    assert_eq!(events.items.last().unwrap().action, "api_token.created");
    let own_client = Client::connect(&server.url(""), secret(&rotated.token)).unwrap();
    own_client.authorize_request().scope("").send().await.unwrap();
    assert!(own_client.authorize_request().scope("more").send().await.is_err());
    own_client.revoke_current_api_token().send().await.unwrap();
}
