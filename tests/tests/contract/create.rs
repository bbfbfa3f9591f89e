//! createApiToken.

use aether_tests::{Server, Token};
use chrono::{Duration, Utc};
use serde_json::{Value, json};

crate::tests!(
    created_token_is_accepted,
    all_problems_are_reported_in_one_response,
    rule_violation_is_reported_by_field_and_code,
    boundary_values_are_accepted,
    scopes_beyond_creator_are_rejected_with_422,
    expiry_after_creator_is_rejected_with_422,
    expiry_is_normalized_to_utc_milliseconds,
    upper_case_organization_id_is_accepted,
);

async fn created_token_is_accepted() {
    let server = Server::start().await;
    let response = server.create(&json!({"name": "first", "scopes": ["api-tokens:read"]})).await.expect(201);
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let issued = response.json();
    let token = issued["token"].as_str().unwrap();
    assert_eq!(token.len(), "aether_".len() + 72);
    assert_eq!(issued["prefix"], json!(&token[.."aether_".len() + 8]));
    assert_eq!(issued["org_id"], json!(server.organization_id));
    assert_eq!(issued["last_used_at"], Value::Null);
    assert_eq!(issued["expires_at"], Value::Null);

    let current = server.send(server.get_current(token)).await.expect(200).json();
    assert_eq!(current["id"], issued["id"]);
    assert_eq!(current["created_by"], json!(server.owner.id));
    assert_eq!(current.get("token"), None);
}

async fn all_problems_are_reported_in_one_response() {
    let server = Server::start().await;
    let path = "/api/v1/organizations/not-a-uuid/api-tokens";
    let body = json!({"name": "", "scopes": ["a", "a"], "expires_at": "yesterday", "nme": 1});
    let response = server.send(server.post(path).json(&body)).await.expect(422);
    assert_eq!(
        response.problems(),
        [
            "orgID/invalid_format",
            "name/too_short",
            "scopes[1]/duplicate",
            "expires_at/invalid_format",
            "nme/unknown_field",
        ]
    );
    assert_eq!(response.json()["error"]["message"], "Request validation failed.");
}

async fn rule_violation_is_reported_by_field_and_code() {
    let server = Server::start().await;
    let many: Vec<_> = (0..65).map(|number| format!("s{number}")).collect();
    for (body, expected) in [
        (json!({}), "name/required"),
        (json!({"name": null}), "name/invalid_type"),
        (json!({"name": 1}), "name/invalid_type"),
        (json!({"name": "x".repeat(101)}), "name/too_long"),
        (json!({"name": " \u{2003}"}), "name/invalid_format"),
        (json!({"name": "a\u{0}b"}), "name/invalid_format"),
        (json!({"name": "a\u{9f}b"}), "name/invalid_format"),
        (json!({"name": "a\n"}), "name/invalid_format"),
        (json!({"name": "\u{200B}"}), "name/invalid_format"),
        (json!({"name": "\u{3164}"}), "name/invalid_format"),
        (json!({"name": "\u{2060}\u{FE0F}"}), "name/invalid_format"),
        (json!({"name": "\u{2800}"}), "name/invalid_format"),
        (json!({"name": "\u{202E}evil"}), "name/invalid_format"),
        (json!({"name": "a\u{2066}b"}), "name/invalid_format"),
        (json!({"name": "a\u{85}b"}), "name/invalid_format"),
        (json!({"name": "a", "scopes": "read"}), "scopes/invalid_type"),
        (json!({"name": "a", "scopes": null}), "scopes/invalid_type"),
        (json!({"name": "a", "scopes": [null]}), "scopes[0]/invalid_type"),
        (json!({"name": "a", "scopes": many}), "scopes/too_many"),
        (json!({"name": "a", "scopes": [""]}), "scopes[0]/too_short"),
        (json!({"name": "a", "scopes": ["x".repeat(65)]}), "scopes[0]/too_long"),
        (json!({"name": "a", "scopes": ["ok", "not ok"]}), "scopes[1]/invalid_format"),
        (json!({"name": "a", "scopes": ["\""]}), "scopes[0]/invalid_format"),
        (json!({"name": "a", "scopes": ["\\"]}), "scopes[0]/invalid_format"),
        (json!({"name": "a", "scopes": ["é"]}), "scopes[0]/invalid_format"),
        (json!({"name": "a", "scopes": ["a,b"]}), "scopes[0]/invalid_format"),
        (json!({"name": "a", "scopes": ["a;b"]}), "scopes[0]/invalid_format"),
        (json!({"name": "a", "scopes": ["a&b"]}), "scopes[0]/invalid_format"),
        (json!({"name": "a", "expires_at": 1}), "expires_at/invalid_type"),
        (json!({"name": "a", "expires_at": "2100-01-01"}), "expires_at/invalid_format"),
        (json!({"name": "a", "expires_at": ""}), "expires_at/invalid_format"),
        (json!({"name": "a", "expires_at": "2020-01-01T00:00:00Z"}), "expires_at/in_past"),
        (json!([]), "body/invalid_type"),
        (json!(null), "body/invalid_type"),
        (json!({"name": "a", "expire_at": "2100-01-01T00:00:00Z"}), "expire_at/unknown_field"),
    ] {
        let response = server.create(&body).await.expect(422);
        assert_eq!(response.problems(), [expected], "{body}");
    }
}

async fn boundary_values_are_accepted() {
    let server = Server::start().await;
    for body in [
        json!({"name": "x".repeat(100)}),
        json!({"name": "ä".repeat(100)}),
        json!({"name": "🦀"}),
        json!({"name": " a "}),
        json!({"name": "prod – eu"}),
        json!({"name": "日本\u{200E}"}),
        json!({"name": "👩\u{200D}🚀"}),
        json!({"name": "a", "scopes": []}),
        json!({"name": "a", "scopes": ["*"]}),
        json!({"name": "a", "scopes": ["!#%'+-.:<[]^~"]}),
        json!({"name": "a", "scopes": ["x".repeat(64)]}),
        json!({"name": "a", "scopes": (0..64).map(|number| format!("s{number}")).collect::<Vec<_>>()}),
        json!({"name": "a", "expires_at": null}),
        json!({"name": "a", "expires_at": "9999-12-31T23:59:59.999999999Z"}),
        json!({"name": "a", "expires_at": "2100-01-01t00:00:00z"}),
        json!({"name": "a", "expires_at": "2100-06-30T23:59:60Z"}),
        json!({"name": "a", "expires_at": "2100-01-01T00:00:00-23:59"}),
    ] {
        let issued = server.create(&body).await.expect(201).json();
        assert_eq!(issued["name"], body["name"]);
        assert_eq!(issued["scopes"], body.get("scopes").cloned().unwrap_or(json!([])));
    }
    // Names are not unique.
    server.create(&json!({"name": "a"})).await.expect(201);
}

async fn scopes_beyond_creator_are_rejected_with_422() {
    let server = Server::start().await;
    let creator = server.token(&["api-tokens:write", "deploy:*", "exact"]).await;
    for (scopes, expected) in [
        (json!(["deploy:eu", "deploy:*", "deploy:eu:web", "exact"]), vec![]),
        (json!([]), vec![]),
        (json!(["*"]), vec!["scopes[0]/exceeds_grant"]),
        (
            json!(["exact", "deploy", "api-tokens:read", "exact:*"]),
            vec!["scopes[1]/exceeds_grant", "scopes[2]/exceeds_grant", "scopes[3]/exceeds_grant"],
        ),
        (json!(["deployments:eu"]), vec!["scopes[0]/exceeds_grant"]),
    ] {
        let request = server.post(&server.tokens_path()).bearer_auth(&creator.secret);
        let response = server.send(request.json(&json!({"name": "child", "scopes": scopes}))).await;
        let response = response.expect(if expected.is_empty() { 201 } else { 422 });
        let problems = if expected.is_empty() { Vec::new() } else { response.problems() };
        assert_eq!(problems, expected, "{scopes}");
    }
}

async fn expiry_after_creator_is_rejected_with_422() {
    let server = Server::start().await;
    let soon = Utc::now() + Duration::days(1);
    let creator = json!({"name": "creator", "scopes": ["api-tokens:write"], "expires_at": soon.to_rfc3339()});
    let creator = server.create(&creator).await.expect(201).json();
    let secret = creator["token"].as_str().unwrap();
    let create =
        async |body: Value| server.send(server.post(&server.tokens_path()).bearer_auth(secret).json(&body)).await;
    for body in [json!({"name": "child"}), json!({"name": "child", "expires_at": null})] {
        assert_eq!(create(body).await.expect(201).json()["expires_at"], creator["expires_at"]);
    }
    let sooner = soon - Duration::hours(1);
    create(json!({"name": "child", "expires_at": sooner.to_rfc3339()})).await.expect(201);
    let later = soon + Duration::seconds(1);
    let response = create(json!({"name": "child", "expires_at": later.to_rfc3339()})).await.expect(422);
    assert_eq!(response.problems(), ["expires_at/exceeds_grant"]);
}

async fn expiry_is_normalized_to_utc_milliseconds() {
    let server = Server::start().await;
    for (given, returned) in [
        ("2100-01-01T00:00:00+01:00", "2099-12-31T23:00:00.000Z"),
        ("2100-01-01T00:00:00.123987Z", "2100-01-01T00:00:00.123Z"),
        ("2100-01-01T00:00:00.5-00:30", "2100-01-01T00:30:00.500Z"),
        ("9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59.999Z"),
    ] {
        let issued = server.create(&json!({"name": "a", "expires_at": given})).await.expect(201).json();
        assert_eq!(issued["expires_at"], returned);
        let record = server.record(Token::from_json(&issued).id).await;
        assert_eq!(record["expires_at"], issued["expires_at"]);
    }
}

async fn upper_case_organization_id_is_accepted() {
    let server = Server::start().await;
    let path = format!("/api/v1/organizations/{}/api-tokens", server.organization_id.to_string().to_uppercase());
    server.send(server.post(&path).json(&json!({"name": "a"}))).await.expect(201);
}
