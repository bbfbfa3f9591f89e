//! updateApiToken.

use crate::{Api, Response, Token, wire_time};
use chrono::TimeDelta;
use futures::future::join;
use serde_json::{Value, json};
use uuid::Uuid;

super::tests!(
    only_given_fields_are_changed,
    update_without_change_is_not_recorded needs AuditLog,
    empty_scopes_differ_from_absent_scopes,
    broader_scopes_or_later_expiry_are_rejected_with_422,
    rule_violation_is_reported_by_field_and_code,
    update_of_uncovered_token_is_rejected_with_403,
    update_of_inactive_token_is_rejected_with_409,
    foreign_token_is_rejected_with_404 needs SecondOrganization,
    narrowed_scopes_apply_immediately,
    all_fields_are_changed_at_once,
    concurrent_updates_of_different_fields_are_both_made,
    expiry_is_truncated_to_milliseconds,
);

async fn update(api: &Api, id: Uuid, body: &Value) -> Response {
    api.send(api.put(&api.token_path(id)).json(body)).await
}

async fn only_given_fields_are_changed(api: Api) {
    let created = api
        .create(&json!({"name": api.name("a"), "scopes": ["conformance:x", "conformance:y"]}))
        .await
        .expect(201)
        .json();
    let id = Token::from_json(&created).id;
    let sooner = api.in_minutes(20);
    for (body, field, value) in [
        (json!({"name": api.name("b")}), "name", json!(api.name("b"))),
        (json!({"scopes": ["conformance:y"]}), "scopes", json!(["conformance:y"])),
        (json!({"expires_at": sooner}), "expires_at", json!(sooner)),
    ] {
        let mut expected = api.record(id).await;
        expected[field] = value;
        assert_eq!(update(&api, id, &body).await.expect(200).json(), expected, "{body}");
        assert_eq!(api.record(id).await, expected, "{body}");
    }
}

async fn update_without_change_is_not_recorded(api: Api) {
    let api = api.at_end_of_events().await;
    let token = api.token(&["conformance:x"]).await;
    let before = api.record(token.id).await;
    for body in [json!({}), json!({"name": api.name("test"), "scopes": ["conformance:x"]})] {
        assert_eq!(update(&api, token.id, &body).await.expect(200).json(), before);
    }
    let events = api.events().await;
    assert!(events.iter().all(|event| event["action"] != "api_token.updated"), "no update is recorded");
}

async fn empty_scopes_differ_from_absent_scopes(api: Api) {
    let token = api.token(&["conformance:x"]).await;
    assert_eq!(
        update(&api, token.id, &json!({"name": api.name("b")})).await.expect(200).json()["scopes"],
        json!(["conformance:x"])
    );
    assert_eq!(update(&api, token.id, &json!({"scopes": []})).await.expect(200).json()["scopes"], json!([]));
}

async fn broader_scopes_or_later_expiry_are_rejected_with_422(api: Api) {
    let expiry = api.now() + TimeDelta::minutes(30);
    let (expires_at, later) = (wire_time(expiry), wire_time(expiry + TimeDelta::milliseconds(1)));
    let scopes = ["conformance:x:*", "conformance:y"];
    let body = json!({"name": api.name("a"), "scopes": scopes, "expires_at": expires_at});
    let id = Token::from_json(&api.create(&body).await.expect(201).json()).id;
    let broader = json!({"scopes": ["conformance:x:a", "conformance:z", "*"], "expires_at": later});
    // Not even the root token can extend another token.
    let response = update(&api, id, &broader).await.expect(422);
    assert_eq!(response.problems(), ["scopes[1]/exceeds_grant", "scopes[2]/exceeds_grant", "expires_at/exceeds_grant"]);
    let narrower = json!({"scopes": ["conformance:x:a"], "expires_at": api.in_minutes(20)});
    update(&api, id, &narrower).await.expect(200);
    let original = json!({"scopes": ["conformance:x:*"], "expires_at": expires_at});
    let response = update(&api, id, &original).await.expect(422);
    assert_eq!(response.problems(), ["scopes[0]/exceeds_grant", "expires_at/exceeds_grant"]);
}

async fn rule_violation_is_reported_by_field_and_code(api: Api) {
    let token = api.token(&["conformance:x"]).await;
    for (body, expected) in [
        (json!({"expires_at": null}), "expires_at/invalid_type"),
        (json!({"expires_at": "tomorrow"}), "expires_at/invalid_format"),
        (json!({"expires_at": "2020-01-01T00:00:00Z"}), "expires_at/in_past"),
        (json!({"name": null}), "name/invalid_type"),
        (json!({"name": ""}), "name/too_short"),
        (json!({"name": "a\n"}), "name/invalid_format"),
        (json!({"name": "\u{200B}"}), "name/invalid_format"),
        (json!({"name": "\u{202E}evil"}), "name/invalid_format"),
        (json!({"name": "a\u{9F}"}), "name/invalid_format"),
        (json!({"scopes": null}), "scopes/invalid_type"),
        (json!({"scopes": ["x", "x"]}), "scopes[1]/duplicate"),
        (json!({"scopes": ["not ok"]}), "scopes[0]/invalid_format"),
        (json!({"scopes": ["x,y"]}), "scopes[0]/invalid_format"),
        (json!({"scope": []}), "scope/unknown_field"),
        (json!([]), "body/invalid_type"),
    ] {
        assert_eq!(update(&api, token.id, &body).await.expect(422).problems(), [expected], "{body}");
    }
}

async fn update_of_uncovered_token_is_rejected_with_403(api: Api) {
    let caller = api.token(&["api-tokens:write", "conformance:deploy:*"]).await;
    let (weaker, stronger) = (
        api.token(&["conformance:deploy:eu"]).await,
        api.token(&["conformance:deploy:eu", "conformance:billing"]).await,
    );
    let change =
        |id: Uuid| api.put(&api.token_path(id)).bearer_auth(&caller.secret).json(&json!({"name": api.name("b")}));
    api.send(change(weaker.id)).await.expect(200);
    api.send(change(caller.id)).await.expect(200);
    // Cover is checked before the state of the target, so a revoked target gets the same response.
    for _ in 0..2 {
        let response = api.send(change(stronger.id)).await.expect(403);
        assert_eq!(response.header("www-authenticate"), Some(r#"Bearer error="insufficient_scope""#));
        api.revoke(stronger.id).await;
    }
    api.send(change(Uuid::now_v7())).await.expect(404);
}

async fn foreign_token_is_rejected_with_404(api: Api) {
    let foreign = api.other_token(&["conformance:x"]).await;
    update(&api, foreign.id, &json!({"scopes": []})).await.expect(404);
    let path = format!("/api/v1/organizations/{}/api-tokens/{}", api.other().id, foreign.id);
    api.send(api.put(&path).json(&json!({"scopes": []}))).await.expect(404);
    let current = api.send(api.get_current(&foreign.secret)).await.expect(200).json();
    assert_eq!(current["scopes"], json!(["conformance:x"]), "nothing was changed");
}

async fn update_of_inactive_token_is_rejected_with_409(api: Api) {
    let (revoked, expired, rotated) = (api.token(&[]).await, api.token(&[]).await, api.token(&["conformance:x"]).await);
    api.revoke(revoked.id).await;
    api.let_expire(expired.id).await;
    let rotate = api.post(&api.rotate_path(rotated.id)).json(&json!({"grace_seconds": 60}));
    api.send(rotate).await.expect(201);
    // In its grace period, the predecessor can still be narrowed.
    update(&api, rotated.id, &json!({"scopes": []})).await.expect(200);
    api.let_expire(rotated.id).await;
    for (id, code) in [(revoked.id, "token_revoked"), (expired.id, "token_expired"), (rotated.id, "token_rotated")] {
        let response = update(&api, id, &json!({"name": api.name("b")})).await.expect(409);
        assert_eq!((response.code().as_str(), response.header("retry-after")), (code, None));
    }
    api.revoke(rotated.id).await;
    assert_eq!(update(&api, rotated.id, &json!({"name": api.name("b")})).await.expect(409).code(), "token_revoked");
}

async fn narrowed_scopes_apply_immediately(api: Api) {
    let token = api.token(&["api-tokens:read", "api-tokens:write"]).await;
    let list = || api.get(&api.tokens_path()).bearer_auth(&token.secret);
    api.send(list()).await.expect(200);
    // A token needs the scope to change itself, but no cover.
    let narrow = api.put(&api.token_path(token.id)).bearer_auth(&token.secret);
    api.send(narrow.json(&json!({"scopes": ["api-tokens:write"]}))).await.expect(200);
    api.send(list()).await.expect(403);
}

async fn all_fields_are_changed_at_once(api: Api) {
    let token = api.token(&["conformance:x", "conformance:y"]).await;
    let (name, expires_at) = (api.name("b"), api.in_minutes(20));
    let body = json!({"name": name, "scopes": ["conformance:y"], "expires_at": expires_at});
    update(&api, token.id, &body).await.expect(200);
    let record = api.record(token.id).await;
    for field in ["name", "scopes", "expires_at"] {
        assert_eq!(record[field], body[field], "{field}");
    }
    // The same expiry is not a later one.
    update(&api, token.id, &json!({"expires_at": expires_at})).await.expect(200);
}

async fn concurrent_updates_of_different_fields_are_both_made(api: Api) {
    for _ in 0..5 {
        let token = api.token(&["conformance:x"]).await;
        let (name, scopes) = (json!({"name": api.name("b")}), json!({"scopes": []}));
        let (one, two) = join(update(&api, token.id, &name), update(&api, token.id, &scopes)).await;
        one.expect(200);
        two.expect(200);
        let record = api.record(token.id).await;
        assert_eq!((&record["name"], &record["scopes"]), (&name["name"], &scopes["scopes"]));
    }
}

async fn expiry_is_truncated_to_milliseconds(api: Api) {
    let token = api.token(&[]).await;
    let soon = (api.now() + TimeDelta::minutes(20)).format("%Y-%m-%dT%H:%M:%S").to_string();
    let body = json!({"expires_at": format!("{soon}.123987Z")});
    let record = update(&api, token.id, &body).await.expect(200).json();
    assert_eq!(record["expires_at"], format!("{soon}.123Z"));
}
