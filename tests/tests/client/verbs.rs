//! The verbs of the client.

use std::time::{Duration, SystemTime};

use aether_client::{
    ApiTokenState, ApiTokenStateFilter, Client, ErrorCode, ErrorKind, ExposeSecret, FieldErrorCode, Uuid,
};
use aether_tests::{Options, Server};

#[tokio::test]
async fn token_is_created_read_updated_rotated_and_revoked() {
    let server = Server::start().await;
    let aether = server.client();
    assert_eq!(aether.organization().await.unwrap(), server.organization_id);

    let expiry = SystemTime::UNIX_EPOCH + Duration::from_secs(4_102_444_800);
    let issued = aether.create_token("deploy").scopes(["a", "b:*"]).expires_at(expiry).await.unwrap();
    assert_eq!(
        (issued.scopes.as_slice(), issued.org_id),
        (&["a".to_owned(), "b:*".to_owned()][..], server.organization_id)
    );
    assert_eq!(issued.expires_at.map(|time| time.timestamp()), Some(4_102_444_800));

    let read = aether.get_token(issued.id).await.unwrap();
    assert_eq!((read.name.as_str(), read.state), ("deploy", Some(ApiTokenState::Active)));

    let renamed = aether.update_token(issued.id).name("deploy 2").await.unwrap();
    assert_eq!((renamed.name.as_str(), renamed.scopes.len()), ("deploy 2", 2), "absent scopes stay");
    let narrowed = aether.update_token(issued.id).scopes(vec!["b:c"]).await.unwrap();
    assert_eq!(narrowed.scopes, ["b:c"]);
    assert!(aether.update_token(issued.id).no_scopes().await.unwrap().scopes.is_empty());

    let rotated = aether.rotate_token(issued.id).grace(Duration::from_millis(59_001)).await.unwrap();
    let remaining = aether.get_token(issued.id).await.unwrap().expires_at.unwrap() - rotated.created_at;
    assert_eq!(remaining.num_seconds(), 60, "the grace period is rounded up");
    assert_ne!(rotated.id, issued.id);
    assert_eq!(aether.get_token(issued.id).await.unwrap().rotated_to, Some(rotated.id));

    assert_eq!(aether.revoke_token(rotated.id).await.unwrap().revoked, Some(1));
    assert_eq!(aether.revoke_token(rotated.id).await.unwrap().revoked, Some(0));
    assert_eq!(aether.get_token(rotated.id).await.unwrap().state, Some(ApiTokenState::Revoked));
}

#[tokio::test]
async fn caller_reads_authorizes_and_revokes_itself() {
    let server = Server::start().await;
    let issued = server.client().create_token("self").scopes(["a:*"]).await.unwrap();
    let own = server.client().with_token(&issued.token).unwrap();
    assert_eq!(own.current_token().await.unwrap().id, issued.id);
    let authorization = own.authorize(["a:b", "a:c"]).await.unwrap();
    assert_eq!((authorization.token_id, authorization.org_id), (issued.id, server.organization_id));
    assert_eq!((authorization.scopes.as_slice(), authorization.expires_at), (&["a:*".to_owned()][..], None));
    for scopes in [vec![""], vec!["a:b c"], vec!["a:b", ""]] {
        let error = own.authorize(&scopes).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{scopes:?} would be another question");
    }
    let error = own.authorize(["b"]).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.code()), (403, Some(&ErrorCode::InsufficientScope)));
    own.revoke_current_token().await.unwrap();
    let error = own.current_token().await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Response, Some(&ErrorCode::Unauthorized)));
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn calls_are_futures_and_lists_are_streams_for_other_crates() {
    use futures::{StreamExt, TryStreamExt};
    let server = Server::start().await;
    let aether = server.client();
    let scopes = vec!["a".to_owned()];
    let (first, second) = tokio::join!(
        aether.create_token("1").scopes(&scopes).send(),
        aether.create_token("2").scopes(["b"].iter()).send()
    );
    assert_eq!((first.unwrap().scopes, second.unwrap().scopes), (scopes, vec!["b".to_owned()]));
    tokio::spawn(aether.create_token("3").into_future()).await.unwrap().unwrap();
    let tokens: Vec<_> = aether.list_tokens().page_size(1).items().try_collect().await.unwrap();
    let names = aether.list_tokens().items().skip(1).map(|token| token.unwrap().name).collect::<Vec<_>>().await;
    assert_eq!((tokens.len(), names.contains(&"3".to_owned())), (4, true));
}

#[tokio::test]
async fn descendants_are_revoked_on_request() {
    let server = Server::start().await;
    let parent = server.client().create_token("parent").scopes(["*"]).await.unwrap();
    let child = server.client().with_token(&parent.token).unwrap().create_token("child").await.unwrap();
    assert_eq!(server.client().revoke_token(parent.id).descendants().await.unwrap().revoked, Some(2));
    assert!(!server.accepts(child.token.expose_secret()).await);
}

#[tokio::test]
async fn same_key_creates_the_same_token() {
    let server = Server::start().await;
    let aether = server.client();
    let create = || aether.create_token("once").idempotency_key("k");
    let (first, replay) = (create().await.unwrap(), create().await.unwrap());
    assert_eq!(first.token.expose_secret(), replay.token.expose_secret());
    let error = aether.create_token("another").idempotency_key("k").await.unwrap_err();
    assert_eq!((error.code(), error.idempotency_key()), (Some(&ErrorCode::IdempotencyKeyReused), Some("k")));
    // The generated operation shows the header of the replay.
    let body = aether_client::generated::types::ApiTokenCreate::builder().name("once");
    let operation = aether.operations().create_api_token().org_id(server.organization_id).idempotency_key("k");
    let error = operation.body(body).send().await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::IdempotencyKeyReused), "absent scopes are another request");
}

#[tokio::test]
async fn lists_are_streams_of_items_and_pages() {
    let server = Server::start().await;
    let aether = server.client();
    for name in ["a 1", "a 2", "b 1", "a 3", "a 4"] {
        aether.create_token(name).await.unwrap();
    }
    let names = async |list: aether_client::calls::ListTokens| -> Vec<String> {
        list.items().all().await.unwrap().into_iter().map(|token| token.name).collect()
    };
    assert_eq!(names(aether.list_tokens().page_size(2).name_prefix("a ")).await, ["a 1", "a 2", "a 3", "a 4"]);
    assert_eq!(names(aether.list_tokens().page_size(1).state(ApiTokenStateFilter::Revoked)).await, [""; 0]);
    assert_eq!(names(aether.list_tokens()).await.len(), 6);

    let mut pages = aether.list_tokens().page_size(4).pages();
    let first = pages.next().await.unwrap().unwrap();
    let second = pages.next().await.unwrap().unwrap();
    assert_eq!((first.items.len(), second.items.len(), second.next_cursor), (4, 2, None));
    assert!(pages.next().await.is_none());
    let resumed = aether.list_tokens().page_size(4).cursor(first.next_cursor.unwrap());
    assert_eq!(names(resumed).await, ["a 3", "a 4"]);

    let events = aether.list_audit_events().page_size(3).items().all().await.unwrap();
    assert!(events.iter().map(|event| event.sequence).eq(1..=6));
    let error = aether.list_tokens().page_size(0).items().all().await.unwrap_err();
    assert_eq!((error.kind(), error.details()[0].field.as_str()), (ErrorKind::InvalidRequest, "limit"));
}

#[tokio::test]
async fn invalid_arguments_are_reported_by_field_with_reasons() {
    let server = Server::start().await;
    let create = server.client().create_token("").scopes(["good", "b d", ""]).idempotency_key("ü");
    let error = create.await.unwrap_err();
    assert_eq!((error.kind(), error.status(), error.attempts()), (ErrorKind::InvalidRequest, None, 0));
    let fields: Vec<_> = error.details().iter().map(|detail| (detail.field.as_str(), &detail.code)).collect();
    let (format, short) = (&FieldErrorCode::InvalidFormat, &FieldErrorCode::TooShort);
    assert_eq!(fields, [("name", short), ("scopes[1]", format), ("scopes[2]", short), ("Idempotency-Key", format)]);
    let grace = server.client().rotate_token(Uuid::nil()).grace(Duration::from_secs(604_801)).await.unwrap_err();
    assert_eq!((&grace.details()[0].code, grace.attempts()), (&FieldErrorCode::OutOfRange, 0));
    assert!(
        error.to_string().starts_with("the request was not sent: name: shorter than 1 characters; scopes[1]"),
        "{error}"
    );

    // The server decides the rest, and reports it in the same form.
    let error = server.client().create_token("\u{202e}").expires_in(Duration::ZERO).await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::ValidationFailed));
    let fields: Vec<_> = error.details().iter().map(|detail| (detail.field.as_str(), &detail.code)).collect();
    assert_eq!(fields, [("name", &FieldErrorCode::InvalidFormat), ("expires_at", &FieldErrorCode::InPast)]);
    for part in ["422 validation_failed", "name: ", "expires_at: ", error.request_id().unwrap()] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn error_has_status_code_and_request_id() {
    let server = Server::start().await;
    let weak = server.token(&["unrelated"]).await;
    let client = server.client().with_token(&weak.secret).unwrap();
    let error = client.list_tokens().items().all().await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.code()), (403, Some(&ErrorCode::InsufficientScope)));
    assert!(error.request_id().is_some());
    let error = server.client().get_token(Uuid::nil()).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.code()), (404, Some(&ErrorCode::NotFound)));
}

#[tokio::test]
async fn rate_limit_is_waited_for_or_reported() {
    let server = Server::with(Options::arguments(&["--rate-limit=60", "--rate-limit-burst=1"])).await;
    let aether = server.client();
    aether.current_token().await.unwrap();
    aether.current_token().await.unwrap();
    let impatient = Client::builder().url(server.url("")).token(&server.owner.secret);
    let impatient = impatient.retries(aether_client::Retries::off()).build().unwrap();
    let error = impatient.current_token().await.unwrap_err();
    assert_eq!((error.code(), error.retry_after()), (Some(&ErrorCode::RateLimited), Some(Duration::from_secs(1))));
    assert!(error.is_retryable());
}

#[tokio::test]
async fn user_agent_is_in_the_audit_log() {
    let server = Server::start().await;
    let client = Client::builder().url(server.url("")).token(&server.owner.secret).user_agent("deployer/2.1");
    client.build().unwrap().create_token("a").await.unwrap();
    let expected = format!("deployer/2.1 aether-client/{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(server.all_events().await.last().unwrap()["user_agent"], expected);
}

#[test]
fn calls_work_without_async_code() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::start());
    let aether = server.client();
    let issued = aether.create_token("blocking").wait().unwrap();
    assert_eq!(aether.get_token(issued.id).wait().unwrap().name, "blocking");
    let names: Vec<_> = aether.list_tokens().page_size(1).items().wait().map(|token| token.unwrap().name).collect();
    assert_eq!(names, ["owner", "blocking"]);
    assert_eq!(aether.revoke_token(issued.id).wait().unwrap().revoked, Some(1));
    runtime.block_on(async move { drop(server) });
}
