//! getApiToken.

use aether_tests::Server;
use serde_json::json;
use uuid::Uuid;

crate::tests!(
    token_is_readable_in_every_state,
    absent_and_foreign_tokens_get_identical_404_bodies,
    malformed_ids_are_rejected_with_422
);

async fn token_is_readable_in_every_state() {
    let server = Server::start().await;
    let token = server.token(&["a", "b"]).await;
    let path = format!("{}/{}", server.tokens_path(), token.id);
    let active = server.send(server.get(&path)).await.expect(200).json();
    assert_eq!(active["scopes"], json!(["a", "b"]));
    server.expire(token.id);
    server.send(server.get(&path)).await.expect(200);
    server.send(server.delete(&path)).await.expect(204);
    let revoked = server.send(server.get(&path)).await.expect(200).json();
    assert!(revoked["revoked_at"].is_string());
    assert_eq!(revoked["id"], active["id"]);
}

async fn absent_and_foreign_tokens_get_identical_404_bodies() {
    let server = Server::start().await;
    let foreign = server.other_organization().await;
    let path = |organization: Uuid, token: Uuid| format!("/api/v1/organizations/{organization}/api-tokens/{token}");
    let absent = server.send(server.get(&path(server.organization_id, Uuid::now_v7()))).await.expect(404);
    for path in [
        path(server.organization_id, foreign.owner.id),
        path(foreign.id, foreign.owner.id),
        path(foreign.id, Uuid::now_v7()),
        path(Uuid::now_v7(), server.owner.id),
    ] {
        assert_eq!(server.send(server.get(&path)).await.expect(404).body, absent.body);
    }
}

async fn malformed_ids_are_rejected_with_422() {
    let server = Server::start().await;
    for (organization, token, expected) in [
        ("1", "2", vec!["orgID/invalid_format", "tokenID/invalid_format"]),
        (&server.organization_id.to_string(), "x", vec!["tokenID/invalid_format"]),
        (&server.organization_id.simple().to_string(), &Uuid::now_v7().to_string(), vec!["orgID/invalid_format"]),
    ] {
        let path = format!("/api/v1/organizations/{organization}/api-tokens/{token}");
        assert_eq!(server.send(server.get(&path)).await.expect(422).problems(), expected);
    }
}
