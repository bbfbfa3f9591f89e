//! getApiToken.

use aether_tests::Server;
use serde_json::json;
use uuid::Uuid;

crate::tests!(
    a_token_is_read_in_every_state,
    an_absent_token_and_a_foreign_one_look_the_same,
    malformed_ids_are_reported
);

async fn a_token_is_read_in_every_state() {
    let server = Server::start().await;
    let token = server.token(&["a", "b"]).await;
    let path = format!("{}/{}", server.tokens_path(), token.id);
    let live = server.send(server.get(&path)).await.expect(200).json();
    assert_eq!(live["scopes"], json!(["a", "b"]));
    server.expire(token.id);
    server.send(server.get(&path)).await.expect(200);
    server.send(server.delete(&path)).await.expect(204);
    let revoked = server.send(server.get(&path)).await.expect(200).json();
    assert!(revoked["revoked_at"].is_string());
    assert_eq!(revoked["id"], live["id"]);
}

async fn an_absent_token_and_a_foreign_one_look_the_same() {
    let server = Server::start().await;
    let foreign = server.other_organization().await;
    let path = |organization: Uuid, token: Uuid| format!("/api/v1/organizations/{organization}/api-tokens/{token}");
    let absent = server.send(server.get(&path(server.organization, Uuid::now_v7()))).await.expect(404);
    for path in [
        path(server.organization, foreign.owner_id),
        path(foreign.id, foreign.owner_id),
        path(foreign.id, Uuid::now_v7()),
        path(Uuid::now_v7(), server.owner_id),
    ] {
        assert_eq!(server.send(server.get(&path)).await.expect(404).body, absent.body);
    }
}

async fn malformed_ids_are_reported() {
    let server = Server::start().await;
    for (organization, token, expected) in [
        ("1", "2", vec!["orgID/invalid_format", "tokenID/invalid_format"]),
        (&server.organization.to_string(), "x", vec!["tokenID/invalid_format"]),
        (&server.organization.simple().to_string(), &Uuid::now_v7().to_string(), vec!["orgID/invalid_format"]),
    ] {
        let path = format!("/api/v1/organizations/{organization}/api-tokens/{token}");
        assert_eq!(server.send(server.get(&path)).await.expect(422).problems(), expected);
    }
}
