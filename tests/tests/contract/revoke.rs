//! revokeApiToken.

use aether_tests::Server;
use serde_json::json;
use uuid::Uuid;

crate::tests!(
    a_revoked_token_is_refused_at_once,
    revoking_again_changes_nothing,
    only_a_token_that_covers_the_target_may_revoke_it,
    a_token_may_revoke_itself,
    an_absent_token_is_not_found,
    malformed_ids_are_reported,
    descendants_are_revoked_only_when_asked_for,
);

async fn a_revoked_token_is_refused_at_once() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    let current = || server.get("/api/v1/api-tokens/current").bearer_auth(&token.token);
    server.send(current()).await.expect(200);
    server.send(server.delete(&server.token_path(token.id))).await.expect(204);
    for _ in 0..20 {
        server.send(current()).await.expect(401);
    }
}

async fn revoking_again_changes_nothing() {
    let server = Server::start().await;
    let path = server.token_path(server.token(&[]).await.id);
    server.send(server.delete(&path)).await.expect(204);
    let first = server.send(server.get(&path)).await.expect(200).json();
    server.send(server.delete(&path)).await.expect(204);
    let second = server.send(server.get(&path)).await.expect(200).json();
    assert_eq!(first, second);
}

async fn only_a_token_that_covers_the_target_may_revoke_it() {
    let server = Server::start().await;
    let caller = server.token(&["api-tokens:write", "deploy:*"]).await;
    let weaker = server.token(&["deploy:eu"]).await;
    let stronger = server.token(&["deploy:eu", "billing"]).await;
    let revoke = |id: Uuid| server.delete(&server.token_path(id)).bearer_auth(&caller.token);
    server.send(revoke(weaker.id)).await.expect(204);
    // Decided before anything else about the target is said: the same for one that is revoked already.
    for _ in 0..2 {
        let answer = server.send(revoke(stronger.id)).await.expect(403);
        assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer error="insufficient_scope""#));
        assert_eq!(answer.code(), "insufficient_scope");
        server.send(server.delete(&server.token_path(stronger.id))).await.expect(204);
    }
    server.send(revoke(server.owner_id)).await.expect(403);
}

async fn a_token_may_revoke_itself() {
    let server = Server::start().await;
    let token = server.token(&["api-tokens:write"]).await;
    let revoke = || server.delete(&server.token_path(token.id)).bearer_auth(&token.token);
    server.send(revoke()).await.expect(204);
    server.send(revoke()).await.expect(401);
}

async fn an_absent_token_is_not_found() {
    let server = Server::start().await;
    let foreign = server.other_organization().await;
    for id in [Uuid::now_v7(), foreign.owner_id] {
        let answer = server.send(server.delete(&server.token_path(id))).await.expect(404);
        assert_eq!(answer.json(), json!({"error": {"code": "not_found", "message": "Not found."}}));
    }
}

async fn malformed_ids_are_reported() {
    let server = Server::start().await;
    let answer = server.send(server.delete("/api/v1/organizations/1/api-tokens/2")).await.expect(422);
    assert_eq!(answer.problems(), ["orgID/invalid_format", "tokenID/invalid_format"]);
    let answer = server.send(server.delete(&format!("{}?descendants=yes", server.token_path(server.owner_id)))).await;
    assert_eq!(answer.expect(422).problems(), ["descendants/invalid_type"]);
}

async fn descendants_are_revoked_only_when_asked_for() {
    let server = Server::start().await;
    let parent = server.token(&["api-tokens:write", "a"]).await;
    let child = server.token_by(&parent.token, &["api-tokens:write", "a"]).await;
    let grandchild = server.token_by(&child.token, &["a"]).await;
    let bystander = server.token(&["a"]).await;
    let live = async |token: &str| {
        server.send(server.get("/api/v1/api-tokens/current").bearer_auth(token)).await.status.as_u16() == 200
    };
    server.send(server.delete(&server.token_path(parent.id))).await.expect(204);
    assert_eq!(
        [live(&parent.token).await, live(&child.token).await, live(&grandchild.token).await],
        [false, true, true]
    );
    let all = format!("{}?descendants=true", server.token_path(parent.id));
    server.send(server.delete(&all)).await.expect(204);
    assert_eq!([live(&child.token).await, live(&grandchild.token).await], [false, false]);
    assert!(live(&bystander.token).await && live(&server.owner).await);
}
