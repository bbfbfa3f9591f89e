//! updateApiToken.

use aether_client::types::ApiTokenUpdate;
use aether_tests::{Answer, Server};
use serde_json::{Value, json};
use uuid::Uuid;

crate::tests!(
    what_is_given_changes_and_the_rest_stays,
    nothing_given_changes_nothing,
    an_empty_list_is_not_an_absent_one,
    a_token_only_ever_gets_less,
    each_rule_is_reported_by_field_and_code,
    only_who_covers_a_token_may_change_it,
    a_dead_token_is_not_changed,
    a_narrowed_token_is_narrower_at_once,
);

async fn update(server: &Server, id: Uuid, body: &Value) -> Answer {
    server.send(server.put(&server.token_path(id)).json(body)).await
}

async fn what_is_given_changes_and_the_rest_stays() {
    let server = Server::start().await;
    let created = server.create(&json!({"name": "a", "scopes": ["x", "y"]})).await.expect(201).json();
    let id = created["id"].as_str().unwrap().parse().unwrap();
    for (body, field, value) in [
        (json!({"name": "b"}), "name", json!("b")),
        (json!({"scopes": ["y"]}), "scopes", json!(["y"])),
        (json!({"expires_at": "2100-01-01T00:00:00+01:00"}), "expires_at", json!("2099-12-31T23:00:00.000Z")),
    ] {
        let mut expected = server.send(server.get(&server.token_path(id))).await.expect(200).json();
        expected[field] = value;
        assert_eq!(update(&server, id, &body).await.expect(200).json(), expected, "{body}");
        assert_eq!(server.send(server.get(&server.token_path(id))).await.expect(200).json(), expected, "{body}");
    }
}

async fn nothing_given_changes_nothing() {
    let server = Server::start().await;
    let token = server.token(&["x"]).await;
    let before = server.send(server.get(&server.token_path(token.id))).await.expect(200).json();
    for body in [json!({}), json!({"name": "test", "scopes": ["x"]})] {
        assert_eq!(update(&server, token.id, &body).await.expect(200).json(), before);
    }
    let events = server.events().await;
    assert!(events.iter().all(|event| event["action"] != "api_token.updated"), "nothing happened");
}

async fn an_empty_list_is_not_an_absent_one() {
    let server = Server::start().await;
    let token = server.token(&["x"]).await;
    assert_eq!(update(&server, token.id, &json!({"name": "b"})).await.expect(200).json()["scopes"], json!(["x"]));
    assert_eq!(update(&server, token.id, &json!({"scopes": []})).await.expect(200).json()["scopes"], json!([]));
    // The generated client can say both.
    let other = server.token(&["x"]).await;
    let client = server.client();
    let change = |body| client.update_api_token().org_id(server.organization).token_id(other.id).body(body).send();
    let kept = change(ApiTokenUpdate::builder().name(Some("c".parse().unwrap()))).await.unwrap();
    assert_eq!(kept.scopes, ["x"]);
    let emptied = change(ApiTokenUpdate::builder().scopes(Some(vec![]))).await.unwrap();
    assert_eq!(emptied.scopes, Vec::<String>::new());
}

async fn a_token_only_ever_gets_less() {
    let server = Server::start().await;
    let body = json!({"name": "a", "scopes": ["x:*", "y"], "expires_at": "2100-01-01T00:00:00Z"});
    let id = server.create(&body).await.expect(201).json()["id"].as_str().unwrap().parse().unwrap();
    let more = json!({"scopes": ["x:a", "z", "*"], "expires_at": "2100-01-01T00:00:00.001Z"});
    // The owner may do everything, and still cannot make a token more than it was.
    let answer = update(&server, id, &more).await.expect(422);
    assert_eq!(answer.problems(), ["scopes[1]/exceeds_grant", "scopes[2]/exceeds_grant", "expires_at/exceeds_grant"]);
    let less = json!({"scopes": ["x:a"], "expires_at": "2099-01-01T00:00:00Z"});
    update(&server, id, &less).await.expect(200);
    let back = json!({"scopes": ["x:*"], "expires_at": "2100-01-01T00:00:00Z"});
    let answer = update(&server, id, &back).await.expect(422);
    assert_eq!(answer.problems(), ["scopes[0]/exceeds_grant", "expires_at/exceeds_grant"]);
}

async fn each_rule_is_reported_by_field_and_code() {
    let server = Server::start().await;
    let token = server.token(&["x"]).await;
    for (body, expected) in [
        (json!({"expires_at": null}), "expires_at/invalid_type"),
        (json!({"expires_at": "tomorrow"}), "expires_at/invalid_format"),
        (json!({"expires_at": "2020-01-01T00:00:00Z"}), "expires_at/in_past"),
        (json!({"name": null}), "name/invalid_type"),
        (json!({"name": ""}), "name/too_short"),
        (json!({"name": "a\n"}), "name/invalid_format"),
        (json!({"scopes": null}), "scopes/invalid_type"),
        (json!({"scopes": ["x", "x"]}), "scopes[1]/duplicate"),
        (json!({"scopes": ["not ok"]}), "scopes[0]/invalid_format"),
        (json!({"scope": []}), "scope/unknown_field"),
        (json!([]), "body/invalid_type"),
    ] {
        assert_eq!(update(&server, token.id, &body).await.expect(422).problems(), [expected], "{body}");
    }
}

async fn only_who_covers_a_token_may_change_it() {
    let server = Server::start().await;
    let caller = server.token(&["api-tokens:write", "deploy:*"]).await;
    let (weaker, stronger) = (server.token(&["deploy:eu"]).await, server.token(&["deploy:eu", "billing"]).await);
    let change = |id: Uuid| server.put(&server.token_path(id)).bearer_auth(&caller.token).json(&json!({"name": "b"}));
    server.send(change(weaker.id)).await.expect(200);
    server.send(change(caller.id)).await.expect(200);
    // Decided before anything else about the target is said: the same for one that is dead.
    for _ in 0..2 {
        let answer = server.send(change(stronger.id)).await.expect(403);
        assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer error="insufficient_scope""#));
        server.send(server.delete(&server.token_path(stronger.id))).await.expect(204);
    }
    server.send(change(Uuid::now_v7())).await.expect(404);
    server.send(change(server.other_organization().await.owner_id)).await.expect(404);
}

async fn a_dead_token_is_not_changed() {
    let server = Server::start().await;
    let (revoked, expired) = (server.token(&[]).await, server.token(&[]).await);
    server.send(server.delete(&server.token_path(revoked.id))).await.expect(204);
    server.expire(expired.id);
    for id in [revoked.id, expired.id] {
        let answer = update(&server, id, &json!({"name": "b"})).await.expect(409);
        assert_eq!((answer.code().as_str(), answer.header("retry-after")), ("conflict", None));
    }
}

async fn a_narrowed_token_is_narrower_at_once() {
    let server = Server::start().await;
    let token = server.token(&["api-tokens:read", "api-tokens:write"]).await;
    let list = || server.get(&server.tokens_path()).bearer_auth(&token.token);
    server.send(list()).await.expect(200);
    // By itself: acting on itself needs the scope, and no cover.
    let own = server.put(&server.token_path(token.id)).bearer_auth(&token.token);
    server.send(own.json(&json!({"scopes": ["api-tokens:write"]}))).await.expect(200);
    server.send(list()).await.expect(403);
}
