//! revokeApiToken.

use crate::{Api, Token, text};
use serde_json::json;
use uuid::Uuid;

super::tests!(
    revoked_token_is_rejected_with_401,
    repeated_revocation_changes_nothing,
    revocation_of_uncovered_token_is_rejected_with_403,
    token_revokes_itself,
    absent_token_is_rejected_with_404,
    foreign_token_is_rejected_with_404 needs SecondOrganization,
    malformed_parameters_are_rejected_with_422,
    descendants_are_revoked_only_on_request,
    revocation_of_uncovered_descendant_is_rejected_with_403,
    unknown_parameter_is_rejected_with_422,
    response_has_number_of_revoked_tokens,
    caller_revokes_its_creators_and_itself_last,
);

async fn revoked_token_is_rejected_with_401(api: Api) {
    let token = api.token(&[]).await;
    api.send(api.get_current(&token.secret)).await.expect(200);
    api.revoke(token.id).await;
    for _ in 0..3 {
        api.send(api.get_current(&token.secret)).await.expect(401);
    }
}

async fn repeated_revocation_changes_nothing(api: Api) {
    let token = api.token(&[]).await;
    api.revoke(token.id).await;
    let first = api.record(token.id).await;
    api.revoke(token.id).await;
    let second = api.record(token.id).await;
    assert_eq!(first, second);
}

async fn revocation_of_uncovered_token_is_rejected_with_403(api: Api) {
    let caller = api.token(&["api-tokens:write", "conformance:deploy:*"]).await;
    let weaker = api.token(&["conformance:deploy:eu"]).await;
    let stronger = api.token(&["conformance:deploy:eu", "conformance:billing"]).await;
    let revoke = |id: Uuid| api.delete(&api.token_path(id)).bearer_auth(&caller.secret);
    api.send(revoke(weaker.id)).await.expect(204);
    // Cover is checked before the state of the target, so a revoked target gets the same response.
    for _ in 0..2 {
        let response = api.send(revoke(stronger.id)).await.expect(403);
        assert_eq!(response.header("www-authenticate"), Some(r#"Bearer error="insufficient_scope""#));
        assert_eq!(response.code(), "insufficient_scope");
        api.revoke(stronger.id).await;
    }
    api.send(revoke(api.root.id)).await.expect(403);
}

async fn token_revokes_itself(api: Api) {
    let token = api.token(&["api-tokens:write"]).await;
    let revoke = || api.delete(&api.token_path(token.id)).bearer_auth(&token.secret);
    api.send(revoke()).await.expect(204);
    api.send(revoke()).await.expect(401);
}

async fn absent_token_is_rejected_with_404(api: Api) {
    for id in [Uuid::now_v7(), Uuid::nil()] {
        assert_eq!(api.send(api.delete(&api.token_path(id))).await.expect(404).code(), "not_found");
    }
}

async fn foreign_token_is_rejected_with_404(api: Api) {
    let foreign = api.other_token(&[]).await;
    let absent = api.send(api.delete(&api.token_path(Uuid::now_v7()))).await.expect(404);
    let own_path = api.token_path(foreign.id);
    let foreign_path = format!("/api/v1/organizations/{}/api-tokens/{}", api.other().id, foreign.id);
    for path in [own_path, foreign_path] {
        for query in ["", "?descendants=true"] {
            let response = api.send(api.delete(&format!("{path}{query}"))).await.expect(404);
            assert_eq!(response.text(), absent.text());
        }
    }
    assert!(api.accepts(&foreign.secret).await, "nothing was revoked");
}

async fn malformed_parameters_are_rejected_with_422(api: Api) {
    let response = api.send(api.delete("/api/v1/organizations/1/api-tokens/2")).await.expect(422);
    assert_eq!(response.problems(), ["orgID/invalid_format", "tokenID/invalid_format"]);
    let response = api.send(api.delete(&format!("{}?descendants=yes", api.token_path(api.root.id)))).await;
    assert_eq!(response.expect(422).problems(), ["descendants/invalid_type"]);
    let token = api.token(&[]).await;
    for query in
        ["descendants", "descendants=", "descendants=1", "descendants=TRUE", "descendants=true&descendants=true"]
    {
        api.send(api.delete(&format!("{}?{query}", api.token_path(token.id)))).await.expect(422);
    }
    assert!(api.accepts(&token.secret).await, "nothing was revoked");
}

async fn descendants_are_revoked_only_on_request(api: Api) {
    let parent = api.token(&["api-tokens:write", "conformance:a"]).await;
    let child = api.token_by(&parent, &["api-tokens:write", "conformance:a"]).await;
    let grandchild = api.token_by(&child, &["conformance:a"]).await;
    let unrelated = api.token(&["conformance:a"]).await;
    let accepts = async |token: &Token| api.accepts(&token.secret).await;
    api.revoke(parent.id).await;
    assert_eq!([accepts(&parent).await, accepts(&child).await, accepts(&grandchild).await], [false, true, true]);
    api.revoke_with_descendants(parent.id).await;
    assert_eq!([accepts(&child).await, accepts(&grandchild).await], [false, false]);
    assert!(accepts(&unrelated).await && accepts(&api.root).await);
}

/// The cover of the target alone would allow a caller to revoke tokens through their narrowed creator.
async fn revocation_of_uncovered_descendant_is_rejected_with_403(api: Api) {
    let creator = api.token(&["api-tokens:write", "conformance:deploy:*"]).await;
    let child = api.token_by(&creator, &["api-tokens:write", "conformance:deploy:*"]).await;
    let grandchild = api.token_by(&child, &["conformance:deploy:eu"]).await;
    let weak = api.token(&["api-tokens:write"]).await;
    for id in [creator.id, child.id] {
        let narrowed = json!({"scopes": ["api-tokens:write"]});
        api.send(api.put(&api.token_path(id)).json(&narrowed)).await.expect(200);
    }
    let revoke = || {
        let path = format!("{}?descendants=true", api.token_path(creator.id));
        api.send(api.delete(&path).bearer_auth(&weak.secret))
    };
    let response = revoke().await.expect(403);
    assert_eq!(response.header("www-authenticate"), Some(r#"Bearer error="insufficient_scope""#));
    for token in [&creator, &child, &grandchild] {
        assert!(api.accepts(&token.secret).await, "nothing was revoked");
    }
    // An expired descendant needs no cover, is not counted, and is revoked for good.
    api.let_expire(grandchild.id).await;
    assert_eq!(revoke().await.expect(204).header("x-revoked-count"), Some("2"));
    assert_eq!(api.record(grandchild.id).await["state"], "revoked");
    // Its own descendants need cover, too.
    let narrowed = api.token(&["api-tokens:write", "conformance:x"]).await;
    let child = api.token_by(&narrowed, &["conformance:x"]).await;
    let narrow = api.put(&api.token_path(narrowed.id)).bearer_auth(&narrowed.secret);
    api.send(narrow.json(&json!({"scopes": ["api-tokens:write"]}))).await.expect(200);
    let path = format!("{}?descendants=true", api.token_path(narrowed.id));
    api.send(api.delete(&path).bearer_auth(&narrowed.secret)).await.expect(403);
    assert!(api.accepts(&narrowed.secret).await && api.accepts(&child.secret).await);
}

/// A mistyped parameter would leave the descendants active.
async fn unknown_parameter_is_rejected_with_422(api: Api) {
    let parent = api.token(&["api-tokens:write"]).await;
    api.token_by(&parent, &[]).await;
    for name in ["descendant", "Descendants", "descendants%20", "recursive"] {
        let response = api.send(api.delete(&format!("{}?{name}=true", api.token_path(parent.id)))).await;
        let field = name.replace("%20", " ");
        assert_eq!(response.expect(422).problems(), [format!("{field}/unknown_field")]);
    }
    assert!(api.accepts(&parent.secret).await, "nothing was revoked");
}

async fn response_has_number_of_revoked_tokens(api: Api) {
    let parent = api.token(&["api-tokens:write"]).await;
    let children = [api.token_by(&parent, &[]).await, api.token_by(&parent, &[]).await];
    let expired = api.token(&[]).await;
    api.let_expire(expired.id).await;
    let path = |id| api.token_path(id);
    let with_descendants = format!("{}?descendants=true", path(parent.id));
    for (path, expected) in [
        (path(children[0].id), "1"),
        (path(children[0].id), "0"),
        (path(expired.id), "0"),
        (with_descendants.clone(), "2"),
        (with_descendants, "0"),
    ] {
        let response = api.send(api.delete(&path)).await.expect(204);
        assert_eq!(response.header("x-revoked-count"), Some(expected), "{path}");
    }
}

async fn caller_revokes_its_creators_and_itself_last(api: Api) {
    for levels_up in 0..=2 {
        let scopes = &["api-tokens:write", "conformance:a"];
        let root = api.token(scopes).await;
        let sibling = api.token_by(&root, &["conformance:a"]).await;
        let creator = api.token_by(&root, scopes).await;
        let caller = api.token_by(&creator, scopes).await;
        let child = api.token_by(&caller, &["conformance:a"]).await;
        let cousin = api.token_by(&creator, &["conformance:a"]).await;
        let target = [&caller, &creator, &root][levels_up];
        let revoke = || {
            let path = format!("{}?descendants=true", api.token_path(target.id));
            api.send(api.delete(&path).bearer_auth(&caller.secret))
        };
        let expected = ["2", "4", "6"][levels_up];
        assert_eq!(revoke().await.expect(204).header("x-revoked-count"), Some(expected));
        let mut accepted = Vec::new();
        for token in [&root, &sibling, &creator, &cousin, &caller, &child] {
            accepted.push(api.accepts(&token.secret).await);
        }
        let above = [levels_up < 2, levels_up < 2, levels_up < 1, levels_up < 1];
        assert_eq!(accepted, [&above[..], &[false, false]].concat(), "{levels_up} levels up");
        // The caller has to be active until everything else is revoked.
        let mut revoked_at = Vec::new();
        for token in [&child, &caller].into_iter().chain((levels_up > 0).then_some(&cousin)) {
            revoked_at.push((text(&api.record(token.id).await["revoked_at"]).to_owned(), token.id == caller.id));
        }
        assert!(revoked_at.iter().max().expect("a time").0 == revoked_at[1].0, "{revoked_at:?}");
        revoke().await.expect(401);
    }
}
