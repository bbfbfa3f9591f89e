//! revokeApiToken.

use aether_tests::{Server, Token};
use serde_json::json;
use uuid::Uuid;

crate::tests!(
    revoked_token_is_rejected_with_401,
    repeated_revocation_changes_nothing,
    revocation_of_uncovered_token_is_rejected_with_403,
    token_revokes_itself,
    absent_or_foreign_token_is_rejected_with_404,
    malformed_parameters_are_rejected_with_422,
    descendants_are_revoked_only_on_request,
    revocation_of_uncovered_descendant_is_rejected_with_403,
    unknown_parameter_is_rejected_with_422,
    response_has_number_of_revoked_tokens,
    caller_revokes_its_creators_and_itself_last,
);

async fn revoked_token_is_rejected_with_401() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    server.send(server.get_current(&token.secret)).await.expect(200);
    server.revoke(token.id).await;
    for _ in 0..20 {
        server.send(server.get_current(&token.secret)).await.expect(401);
    }
}

async fn repeated_revocation_changes_nothing() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    server.revoke(token.id).await;
    let first = server.record(token.id).await;
    server.revoke(token.id).await;
    let second = server.record(token.id).await;
    assert_eq!(first, second);
}

async fn revocation_of_uncovered_token_is_rejected_with_403() {
    let server = Server::start().await;
    let caller = server.token(&["api-tokens:write", "deploy:*"]).await;
    let weaker = server.token(&["deploy:eu"]).await;
    let stronger = server.token(&["deploy:eu", "billing"]).await;
    let revoke = |id: Uuid| server.delete(&server.token_path(id)).bearer_auth(&caller.secret);
    server.send(revoke(weaker.id)).await.expect(204);
    // Cover is checked before the state of the target, so a revoked target gets the same response.
    for _ in 0..2 {
        let response = server.send(revoke(stronger.id)).await.expect(403);
        assert_eq!(response.header("www-authenticate"), Some(r#"Bearer error="insufficient_scope""#));
        assert_eq!(response.code(), "insufficient_scope");
        server.revoke(stronger.id).await;
    }
    server.send(revoke(server.owner.id)).await.expect(403);
}

async fn token_revokes_itself() {
    let server = Server::start().await;
    let token = server.token(&["api-tokens:write"]).await;
    let revoke = || server.delete(&server.token_path(token.id)).bearer_auth(&token.secret);
    server.send(revoke()).await.expect(204);
    server.send(revoke()).await.expect(401);
}

async fn absent_or_foreign_token_is_rejected_with_404() {
    let server = Server::start().await;
    let foreign = server.other_organization().await;
    for id in [Uuid::now_v7(), foreign.owner.id] {
        let response = server.send(server.delete(&server.token_path(id))).await.expect(404);
        assert_eq!(response.json(), json!({"error": {"code": "not_found", "message": "Not found."}}));
    }
}

async fn malformed_parameters_are_rejected_with_422() {
    let server = Server::start().await;
    let response = server.send(server.delete("/api/v1/organizations/1/api-tokens/2")).await.expect(422);
    assert_eq!(response.problems(), ["orgID/invalid_format", "tokenID/invalid_format"]);
    let response = server.send(server.delete(&format!("{}?descendants=yes", server.token_path(server.owner.id)))).await;
    assert_eq!(response.expect(422).problems(), ["descendants/invalid_type"]);
}

async fn descendants_are_revoked_only_on_request() {
    let server = Server::start().await;
    let parent = server.token(&["api-tokens:write", "a"]).await;
    let child = server.token_by(&parent, &["api-tokens:write", "a"]).await;
    let grandchild = server.token_by(&child, &["a"]).await;
    let unrelated = server.token(&["a"]).await;
    let accepts = async |token: &Token| server.accepts(&token.secret).await;
    server.revoke(parent.id).await;
    assert_eq!([accepts(&parent).await, accepts(&child).await, accepts(&grandchild).await], [false, true, true]);
    server.revoke_with_descendants(parent.id).await;
    assert_eq!([accepts(&child).await, accepts(&grandchild).await], [false, false]);
    assert!(accepts(&unrelated).await && accepts(&server.owner).await);
}

/// The cover of the target alone would allow a caller to revoke tokens through their narrowed creator.
async fn revocation_of_uncovered_descendant_is_rejected_with_403() {
    let server = Server::start().await;
    let creator = server.token(&["api-tokens:write", "deploy:*"]).await;
    let child = server.token_by(&creator, &["api-tokens:write", "deploy:*"]).await;
    let grandchild = server.token_by(&child, &["deploy:eu"]).await;
    let weak = server.token(&["api-tokens:write"]).await;
    for id in [creator.id, child.id] {
        let narrowed = json!({"scopes": ["api-tokens:write"]});
        server.send(server.put(&server.token_path(id)).json(&narrowed)).await.expect(200);
    }
    let revoke = || {
        let path = format!("{}?descendants=true", server.token_path(creator.id));
        server.send(server.delete(&path).bearer_auth(&weak.secret))
    };
    let response = revoke().await.expect(403);
    assert_eq!(response.header("www-authenticate"), Some(r#"Bearer error="insufficient_scope""#));
    for token in [&creator, &child, &grandchild] {
        assert!(server.accepts(&token.secret).await, "nothing was revoked");
    }
    // An expired descendant needs no cover, is not counted, and is revoked for good.
    server.expire(grandchild.id);
    assert_eq!(revoke().await.expect(204).header("x-revoked-count"), Some("2"));
    assert_eq!(server.record(grandchild.id).await["state"], "revoked");
    // Its own descendants need cover, too.
    let narrowed = server.token(&["api-tokens:write", "x"]).await;
    let child = server.token_by(&narrowed, &["x"]).await;
    let narrow = server.put(&server.token_path(narrowed.id)).bearer_auth(&narrowed.secret);
    server.send(narrow.json(&json!({"scopes": ["api-tokens:write"]}))).await.expect(200);
    let path = format!("{}?descendants=true", server.token_path(narrowed.id));
    server.send(server.delete(&path).bearer_auth(&narrowed.secret)).await.expect(403);
    assert!(server.accepts(&narrowed.secret).await && server.accepts(&child.secret).await);
}

/// A mistyped parameter would leave the descendants active.
async fn unknown_parameter_is_rejected_with_422() {
    let server = Server::start().await;
    let parent = server.token(&["api-tokens:write"]).await;
    server.token_by(&parent, &[]).await;
    for name in ["descendant", "Descendants", "descendants%20", "recursive"] {
        let response = server.send(server.delete(&format!("{}?{name}=true", server.token_path(parent.id)))).await;
        let field = name.replace("%20", " ");
        assert_eq!(response.expect(422).problems(), [format!("{field}/unknown_field")]);
    }
    assert!(server.accepts(&parent.secret).await, "nothing was revoked");
}

async fn response_has_number_of_revoked_tokens() {
    let server = Server::start().await;
    let parent = server.token(&["api-tokens:write"]).await;
    let children = [server.token_by(&parent, &[]).await, server.token_by(&parent, &[]).await];
    let expired = server.token(&[]).await;
    server.expire(expired.id);
    let path = |id| server.token_path(id);
    let with_descendants = format!("{}?descendants=true", path(parent.id));
    for (path, expected) in [
        (path(children[0].id), "1"),
        (path(children[0].id), "0"),
        (path(expired.id), "0"),
        (with_descendants.clone(), "2"),
        (with_descendants, "0"),
    ] {
        let response = server.send(server.delete(&path)).await.expect(204);
        assert_eq!(response.header("x-revoked-count"), Some(expected), "{path}");
    }
}

/// The caller has to be active until everything else is revoked.
async fn caller_revokes_its_creators_and_itself_last() {
    let server = Server::start().await;
    for levels_up in 0..=2 {
        let scopes = &["api-tokens:write", "a"];
        let root = server.token(scopes).await;
        let sibling = server.token_by(&root, &["a"]).await;
        let creator = server.token_by(&root, scopes).await;
        let caller = server.token_by(&creator, scopes).await;
        let child = server.token_by(&caller, &["a"]).await;
        let cousin = server.token_by(&creator, &["a"]).await;
        let target = [&caller, &creator, &root][levels_up];
        let revoke = || {
            let path = format!("{}?descendants=true", server.token_path(target.id));
            server.send(server.delete(&path).bearer_auth(&caller.secret))
        };
        let expected = ["2", "4", "6"][levels_up];
        assert_eq!(revoke().await.expect(204).header("x-revoked-count"), Some(expected));
        let mut accepted = Vec::new();
        for token in [&root, &sibling, &creator, &cousin, &caller, &child] {
            accepted.push(server.accepts(&token.secret).await);
        }
        let above = [levels_up < 2, levels_up < 2, levels_up < 1, levels_up < 1];
        assert_eq!(accepted, [&above[..], &[false, false]].concat(), "{levels_up} levels up");
        let sql = "SELECT token_id FROM audit_events WHERE action = 'api_token.revoked' ORDER BY id DESC LIMIT 1";
        let last: Uuid = server.database().query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(last, caller.id);
        revoke().await.expect(401);
    }
}
