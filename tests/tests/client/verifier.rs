//! The verification of tokens in services.

use std::time::Duration;

use aether_client::verifier::{InsufficientScope, Verdict, VerifierLayer};
use aether_client::{Client, ErrorCode, Retries, VerifiedToken, Verifier};
use aether_tests::fault_proxy::{Fault, FaultProxy};
use aether_tests::{Server, Token, eventually, unknown_secret};
use axum::Router;
use axum::extract::Extension;
use axum::routing::get;

/// A verifier of a service, behind a proxy that counts its requests.
async fn service(server: &Server) -> (FaultProxy, Verifier) {
    let proxy = FaultProxy::with_faults(server.url(""), vec![]).await;
    let own = server.token(&["api-tokens:introspect"]).await;
    let client = Client::builder().url(proxy.url()).token(&own.secret).retries(Retries::off()).build().unwrap();
    (proxy, Verifier::new(client))
}

#[tokio::test]
async fn verdict_is_that_of_the_server() {
    let server = Server::start().await;
    let (proxy, verifier) = service(&server).await;
    let (token, revoked, expired) =
        (server.token(&["a:*", "b"]).await, server.token(&[]).await, server.token(&[]).await);
    server.revoke(revoked.id).await;
    server.expire(expired.id);
    let Verdict::Active(verified) = verifier.verify(&token.secret).await.unwrap() else { panic!("it is active") };
    assert_eq!((verified.id, verified.org_id), (token.id, server.organization_id));
    assert_eq!((verified.scopes.as_slice(), verified.expires_at), (&["a:*".to_owned(), "b".to_owned()][..], None));
    assert!(verified.created_at.is_some());
    for (scope, covered) in [("a:x", true), ("a:x:y", true), ("a", false), ("b", true), ("b:c", false), ("*", false)] {
        assert_eq!(verified.covers(scope), covered, "{scope}");
        assert_eq!(verified.require(scope).is_ok(), covered, "{scope}");
    }
    for secret in [&revoked.secret, &expired.secret, &unknown_secret()] {
        assert_eq!(verifier.verify(secret).await.unwrap(), Verdict::Inactive);
    }
    assert_eq!(proxy.requests(), 4);
    for text in ["", "nonsense", &token.secret[..40], &format!("{}0", token.secret), &token.secret.to_uppercase()] {
        assert_eq!(verifier.verify(text).await.unwrap(), Verdict::Inactive);
    }
    assert_eq!(proxy.requests(), 4, "malformed tokens cost no request");
}

#[tokio::test]
async fn scopes_are_covered_as_the_server_decides() {
    let server = Server::start().await;
    let texts = ["*", "a", "a:*", "a:b", "a:b:*", "a:b:c", "a*", "a:", ":*", ":", "b:*", "**", "a:*:*"];
    for granted in texts {
        let token = server.token(&[granted]).await;
        let client = server.client().with_token(&token.secret).unwrap();
        for required in texts {
            let allowed = client.authorize([required]).await.is_ok();
            assert_eq!(aether_client::covers(granted, required), allowed, "{granted} {required}");
        }
    }
}

#[tokio::test]
async fn failure_is_an_error_and_no_verdict() {
    let server = Server::start().await;
    let token = server.token(&["*"]).await;
    let weak = Verifier::new(server.client().with_token(&server.token(&["a"]).await.secret).unwrap());
    assert_eq!(weak.verify(&token.secret).await.unwrap_err().code(), Some(&ErrorCode::InsufficientScope));
    for fault in [Fault::html(503, None), Fault::html(200, None), Fault::ResetAfter] {
        let proxy = FaultProxy::with_faults(server.url(""), vec![fault]).await;
        let client = Client::builder().url(proxy.url()).token(&server.owner.secret).retries(Retries::off());
        let verifier = Verifier::new(client.build().unwrap()).with_revocation_delay(Duration::from_secs(60), 10);
        verifier.verify(&token.secret).await.unwrap_err();
        assert!(verifier.verify(&token.secret).await.unwrap().active().is_some(), "an error is not kept");
    }
}

#[tokio::test]
async fn revocation_holds_at_once_without_a_delay() {
    let server = Server::start().await;
    let (_proxy, verifier) = service(&server).await;
    for _ in 0..20 {
        let token = server.token(&[]).await;
        // Calls that are in progress during the revocation.
        let (flood, secret) = (verifier.clone(), token.secret.clone());
        let flood = tokio::spawn(async move { while flood.verify(&secret).await.unwrap() != Verdict::Inactive {} });
        assert!(verifier.verify(&token.secret).await.unwrap().active().is_some());
        server.revoke(token.id).await;
        assert_eq!(verifier.verify(&token.secret).await.unwrap(), Verdict::Inactive);
        flood.await.unwrap();
    }
}

#[tokio::test]
async fn calls_at_the_same_time_share_look_ups() {
    let server = Server::start().await;
    let (proxy, verifier) = service(&server).await;
    let token = server.token(&[]).await;
    let calls = futures::future::join_all((0..100).map(|_| verifier.verify(&token.secret))).await;
    assert!(calls.into_iter().all(|verdict| verdict.unwrap().active().is_some()));
    assert_eq!(proxy.requests(), 2, "the first look-up, and one for the calls that came after its begin");
}

#[tokio::test]
async fn kept_verdict_delays_a_revocation_for_a_bounded_time() {
    let server = Server::start().await;
    let (proxy, verifier) = service(&server).await;
    let long = verifier.clone().with_revocation_delay(Duration::from_secs(600), 10);
    let token = server.token(&[]).await;
    for _ in 0..10 {
        assert!(long.verify(&token.secret).await.unwrap().active().is_some());
    }
    assert_eq!(proxy.requests(), 1);
    let expiring = server.client().create_token("expiring").expires_in(Duration::from_secs(2)).await.unwrap();
    assert!(long.verify(&expiring.token).await.unwrap().active().is_some());
    eventually("the expiry of a kept token", async || {
        (long.verify(&expiring.token).await.unwrap() == Verdict::Inactive).then_some(())
    })
    .await;
    let without_room = verifier.clone().with_revocation_delay(Duration::from_secs(600), 0);
    for _ in 0..2 {
        assert!(without_room.verify(&token.secret).await.unwrap().active().is_some());
    }
    assert!(proxy.requests() >= 2);
    let short = verifier.with_revocation_delay(Duration::from_millis(50), 10);
    assert!(short.verify(&token.secret).await.unwrap().active().is_some());
    server.revoke(token.id).await;
    assert!(long.verify(&token.secret).await.unwrap().active().is_some());
    eventually("the end of the delay", async || {
        (short.verify(&token.secret).await.unwrap() == Verdict::Inactive).then_some(())
    })
    .await;
}

/// A service with one path that the layer protects, and one that uses the extractor.
async fn start_service(verifier: Verifier) -> String {
    async fn extracted(token: VerifiedToken) -> Result<String, InsufficientScope> {
        token.require("deploy:write")?;
        Ok(token.id.to_string())
    }
    let layered = get(async |Extension(token): Extension<VerifiedToken>| token.id.to_string());
    let layer = VerifierLayer::new(verifier.clone()).require("deploy:write");
    let app =
        Router::new().route("/layered", layered.layer(layer)).route("/extracted", get(extracted)).with_state(verifier);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

#[tokio::test]
async fn layer_and_extractor_respond_according_to_rfc_6750() {
    let server = Server::start().await;
    let (_proxy, verifier) = service(&server).await;
    let url = start_service(verifier).await;
    let (good, weak): (Token, Token) = (server.token(&["deploy:*"]).await, server.token(&["deploy"]).await);
    let bearer = |token: &str| vec![format!("Bearer {token}")];
    let insufficient = "Bearer error=\"insufficient_scope\", scope=\"deploy:write\"";
    for path in ["/layered", "/extracted"] {
        for (credentials, status, challenge) in [
            (bearer(&good.secret), 200, None),
            (vec![format!("bearer {}", good.secret)], 200, None),
            (vec![], 401, Some("Bearer")),
            (vec![format!("Basic {}", good.secret)], 401, Some("Bearer")),
            (vec![format!("Bearer {}", good.secret); 2], 401, Some("Bearer")),
            (bearer("nonsense"), 401, Some("Bearer error=\"invalid_token\"")),
            (bearer(&weak.secret), 403, Some(insufficient)),
        ] {
            let mut request = reqwest::Client::new().get(format!("{url}{path}"));
            for credential in &credentials {
                request = request.header("authorization", credential);
            }
            let response = request.send().await.unwrap();
            let seen = response.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
            assert_eq!((response.status().as_u16(), seen.as_deref()), (status, challenge), "{path}");
            if status == 200 {
                assert_eq!(response.text().await.unwrap(), good.id.to_string());
            }
        }
    }
    let silent = FaultProxy::start(String::new(), |_| Fault::ResetBefore).await;
    let client = Client::builder().url(silent.url()).token(&good.secret).retries(Retries::off()).build().unwrap();
    let url = start_service(Verifier::new(client)).await;
    for path in ["/layered", "/extracted"] {
        let response =
            reqwest::Client::new().get(format!("{url}{path}")).bearer_auth(&good.secret).send().await.unwrap();
        assert_eq!(response.status(), 503, "{path}");
    }
}
