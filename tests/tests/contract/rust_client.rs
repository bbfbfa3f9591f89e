//! The generated Rust client against the real server.

use aether_client::types::NewApiToken;
use aether_client::{Client, Error};
use aether_tests::{Options, Server};

#[allow(dead_code, reason = "its main is not what is called here")]
#[path = "../../../client/examples/create_token.rs"]
mod create_token;

#[allow(dead_code, reason = "its main is not what is called here")]
#[path = "../../../client/examples/verify.rs"]
mod verify;

crate::tests!(
    the_example_of_the_readme_runs,
    the_readme_shows_the_examples,
    a_service_verifies_what_it_is_handed,
    an_error_says_when_to_come_again,
    a_lost_answer_is_asked_for_again,
    the_client_leads_a_token_through_its_life,
    an_error_says_what_the_server_said,
    nothing_prints_the_secret
);

async fn the_example_of_the_readme_runs() {
    let server = Server::start().await;
    let file = server.folder().join("owner.token");
    std::fs::write(&file, &server.owner).unwrap();
    let file = file.to_str().unwrap();
    create_token::create(&server.url(""), &server.organization.to_string(), file).await.unwrap();
    let page = server.send(server.get(&server.tokens_path())).await.expect(200).json();
    assert_eq!(page["items"][1]["name"], "deploy pipeline");
    assert!(create_token::create(&server.url(""), "nonsense", file).await.is_err());
}

async fn the_client_leads_a_token_through_its_life() {
    let server = Server::start().await;
    let aether = server.client();
    let new = NewApiToken::builder().name("from rust").scopes(vec!["a".parse().unwrap(), "b:*".parse().unwrap()]);
    let issued = aether.create_api_token().org_id(server.organization).body(new).send().await.unwrap().into_inner();
    assert_eq!(issued.org_id, server.organization);
    assert_eq!(issued.scopes, ["a", "b:*"]);

    let mine = Client::connect(&server.url(""), secret(&issued.token)).unwrap();
    let current = mine.get_current_api_token().send().await.unwrap().into_inner();
    assert_eq!(current.id, issued.id);

    let page =
        aether.list_api_tokens().org_id(server.organization).limit(std::num::NonZeroU32::MIN).send().await.unwrap();
    assert_eq!(page.items.len(), 1);
    let cursor = page.next_cursor.as_ref().unwrap().parse::<uuid::Uuid>().unwrap();
    let page = aether.list_api_tokens().org_id(server.organization).cursor(cursor).send().await.unwrap();
    assert_eq!(page.items.iter().map(|token| token.id).collect::<Vec<_>>(), [issued.id]);

    let token = || aether.get_api_token().org_id(server.organization).token_id(issued.id);
    assert_eq!(token().send().await.unwrap().revoked_at, None);
    aether.revoke_api_token().org_id(server.organization).token_id(issued.id).send().await.unwrap();
    assert!(token().send().await.unwrap().revoked_at.is_some());
    let error = Error::from(mine.get_current_api_token().send().await.unwrap_err());
    assert!(matches!(error, Error::Refused { status, .. } if status == 401), "{error}");
}

async fn an_error_says_what_the_server_said() {
    let server = Server::start().await;
    let weak = server.token(&["unrelated"]).await;
    let client = Client::connect(&server.url(""), &weak.token).unwrap();
    let error = Error::from(client.list_api_tokens().org_id(server.organization).send().await.unwrap_err());
    let Error::Refused { status, code, request_id, .. } = &error else { panic!("{error}") };
    assert_eq!((status.as_u16(), code.as_str()), (403, "insufficient_scope"));
    assert!(request_id.is_some());
    assert!(matches!(Client::connect("http://localhost", "no\ntoken"), Err(aether_client::ConnectError::Token)));
    let bad = NewApiToken::builder().name("");
    let error = client.create_api_token().org_id(server.organization).body(bad).send().await.unwrap_err();
    assert!(matches!(Error::from(error), Error::Request(_)), "the client does not send what the contract forbids");
}

async fn nothing_prints_the_secret() {
    let server = Server::start().await;
    let body = NewApiToken::builder().name("secret");
    let issued =
        server.client().create_api_token().org_id(server.organization).body(body).send().await.unwrap().into_inner();
    let text = secret(&issued.token).to_owned();
    let mine = Client::connect(&server.url(""), &text).unwrap();
    for printed in [format!("{issued:?}"), format!("{issued:#?}"), format!("{:?}", issued.token), format!("{mine:?}")] {
        assert!(!printed.contains(&text[7..]), "{printed}");
    }
    assert!(serde_json::to_string(&issued).is_err(), "a secret is not serialised by accident");
}

fn secret(token: &aether_client::TokenSecret) -> &str {
    secrecy::ExposeSecret::expose_secret(token)
}

/// What the README prints of an example is in the example, line by line.
async fn the_readme_shows_the_examples() {
    let readme = include_str!("../../../README.md");
    let examples =
        [include_str!("../../../client/examples/create_token.rs"), include_str!("../../../client/examples/verify.rs")];
    let lines: Vec<_> = examples.iter().flat_map(|example| example.lines()).map(str::trim).collect();
    let blocks: Vec<_> = readme.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 2);
    for line in blocks.iter().flat_map(|block| block.lines()).map(str::trim) {
        assert!(lines.contains(&line), "{line}");
    }
}

async fn a_service_verifies_what_it_is_handed() {
    use verify::{Verdict, verify};
    let server = Server::start().await;
    let service = server.token(&["api-tokens:introspect"]).await;
    let aether = Client::connect(&server.url(""), &service.token).unwrap();
    let (exact, below, dead) = (server.token(&["a:b"]).await, server.token(&["a:*"]).await, server.token(&["*"]).await);
    server.send(server.delete(&server.token_path(dead.id))).await.expect(204);
    for (presented, needed, expected) in [
        (&exact.token, "a:b", Verdict::Good),
        (&exact.token, "a:c", Verdict::Forbidden),
        (&below.token, "a:c", Verdict::Good),
        (&below.token, "a", Verdict::Forbidden),
        (&server.owner, "anything", Verdict::Good),
        (&dead.token, "a:b", Verdict::Unknown),
        (&"nonsense".to_owned(), "a:b", Verdict::Unknown),
    ] {
        assert_eq!(verify(&aether, presented, needed).await.unwrap(), expected, "{needed}");
    }
    // A service that may not ask has no answer.
    let weak = Client::connect(&server.url(""), &exact.token).unwrap();
    assert!(verify(&weak, &exact.token, "a:b").await.is_err());
}

async fn an_error_says_when_to_come_again() {
    let server = Server::with(Options::arguments(&["--rate-limit=1", "--rate-limit-burst=1"])).await;
    let aether = server.client();
    aether.get_current_api_token().send().await.unwrap();
    let error = Error::from(aether.get_current_api_token().send().await.unwrap_err());
    let Error::Refused { status, code, retry_after, .. } = error else { panic!("{error}") };
    assert_eq!((status.as_u16(), code.as_str()), (429, "rate_limited"));
    assert!((58..=60).contains(&retry_after.unwrap().as_secs()));
}

async fn a_lost_answer_is_asked_for_again() {
    let server = Server::start().await;
    let aether = server.client();
    let create = || {
        let body = NewApiToken::builder().name("made once");
        aether.create_api_token().org_id(server.organization).idempotency_key("k").body(body).send()
    };
    let (lost, found) = (create().await.unwrap(), create().await.unwrap());
    assert_eq!(found.headers()["idempotency-replayed"], "true");
    assert_eq!(secret(&lost.token), secret(&found.token));
    let rotated = aether.rotate_api_token().org_id(server.organization).token_id(lost.id);
    let rotated = rotated.body(aether_client::types::TokenRotation::builder()).send().await.unwrap();
    assert_eq!(rotated.name, "made once");
    let events = aether.list_audit_events().org_id(server.organization).send().await.unwrap();
    assert_eq!(events.items.last().unwrap().action, "api_token.created");
    let mine = Client::connect(&server.url(""), secret(&rotated.token)).unwrap();
    mine.authorize_request().scope("").send().await.unwrap();
    assert!(mine.authorize_request().scope("more").send().await.is_err());
    mine.revoke_current_api_token().send().await.unwrap();
}
