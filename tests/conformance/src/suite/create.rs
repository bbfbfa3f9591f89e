//! createApiToken.

use std::collections::BTreeSet;

use crate::{Api, Token, wire_time};
use chrono::{Duration, FixedOffset};
use serde_json::{Value, json};

super::tests!(
    created_token_is_accepted,
    created_tokens_are_different,
    all_problems_are_reported_in_one_response,
    rule_violation_is_reported_by_field_and_code,
    boundary_values_are_accepted,
    every_valid_form_of_a_time_is_accepted,
    scope_for_everything_covers_every_scope needs Unrestricted,
    scopes_beyond_creator_are_rejected_with_422,
    expiry_after_creator_is_rejected_with_422,
    expiry_is_normalized_to_utc_milliseconds,
    upper_case_organization_id_is_accepted,
    secrets_are_random_with_a_checksum,
    issued_token_has_exactly_the_published_fields,
    scopes_are_kept_as_they_were_given,
    wildcard_covers_every_level_below_and_nothing_else,
);

async fn created_token_is_accepted(api: Api) {
    let response = api.create(&json!({"name": api.name("first"), "scopes": ["api-tokens:read"]})).await.expect(201);
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let issued = response.json();
    let token = issued["token"].as_str().unwrap();
    assert_eq!(token.len(), "aether_".len() + 72);
    assert_eq!(issued["prefix"], json!(&token[.."aether_".len() + 8]));
    assert_eq!(issued["org_id"], json!(api.organization_id));
    assert_eq!(issued["last_used_at"], Value::Null);
    assert_eq!(issued["expires_at"], json!(api.root_expires_at().map(wire_time)));

    let current = api.send(api.get_current(token)).await.expect(200).json();
    assert_eq!(current["id"], issued["id"]);
    assert_eq!(current["created_by"], json!(api.root.id));
    assert_eq!(current.get("token"), None);
}

async fn all_problems_are_reported_in_one_response(api: Api) {
    let path = "/api/v1/organizations/not-a-uuid/api-tokens";
    let body = json!({"name": "", "scopes": ["conformance:a", "conformance:a"], "expires_at": "yesterday", "nme": 1});
    let response = api.send(api.post(path).json(&body)).await.expect(422);
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
    // Rules of the service are reported next to rules of the schema, and headers next to fields.
    let body = json!({"name": "", "scopes": ["conformance"], "expires_at": "2020-01-01T00:00:00Z"});
    let creator = api.token(&["api-tokens:write", "conformance:x"]).await;
    let request = api.post(&api.tokens_path()).bearer_auth(&creator.secret).header("idempotency-key", "a b");
    let mut problems = api.send(request.json(&body)).await.expect(422).problems();
    problems.sort_unstable();
    assert_eq!(
        problems,
        ["Idempotency-Key/invalid_format", "expires_at/in_past", "name/too_short", "scopes[0]/exceeds_grant"]
    );
}

async fn rule_violation_is_reported_by_field_and_code(api: Api) {
    let many: Vec<_> = (0..65).map(|number| format!("conformance:{number}")).collect();
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
        (json!({"name": "\u{301}"}), "name/invalid_format"),
        (json!({"name": "a\u{7f}"}), "name/invalid_format"),
        (json!({"name": "🦀".repeat(101)}), "name/too_long"),
        (json!({"name": "\u{2060}\u{FE0F}"}), "name/invalid_format"),
        (json!({"name": "\u{2800}"}), "name/invalid_format"),
        (json!({"name": "\u{202E}evil"}), "name/invalid_format"),
        (json!({"name": "a\u{2066}b"}), "name/invalid_format"),
        (json!({"name": "a\u{85}b"}), "name/invalid_format"),
        (json!({"name": api.name("a"), "scopes": "read"}), "scopes/invalid_type"),
        (json!({"name": api.name("a"), "scopes": null}), "scopes/invalid_type"),
        (json!({"name": api.name("a"), "scopes": [null]}), "scopes[0]/invalid_type"),
        (json!({"name": api.name("a"), "scopes": many}), "scopes/too_many"),
        (json!({"name": api.name("a"), "scopes": [""]}), "scopes[0]/too_short"),
        (json!({"name": api.name("a"), "scopes": ["x".repeat(65)]}), "scopes[0]/too_long"),
        (json!({"name": api.name("a"), "scopes": ["conformance:ok", "not ok"]}), "scopes[1]/invalid_format"),
        (json!({"name": api.name("a"), "scopes": ["\""]}), "scopes[0]/invalid_format"),
        (json!({"name": api.name("a"), "scopes": ["\\"]}), "scopes[0]/invalid_format"),
        (json!({"name": api.name("a"), "scopes": ["é"]}), "scopes[0]/invalid_format"),
        (json!({"name": api.name("a"), "scopes": ["a,b"]}), "scopes[0]/invalid_format"),
        (json!({"name": api.name("a"), "scopes": ["a;b"]}), "scopes[0]/invalid_format"),
        (json!({"name": api.name("a"), "scopes": ["a&b"]}), "scopes[0]/invalid_format"),
        (json!({"name": api.name("a"), "expires_at": 1}), "expires_at/invalid_type"),
        (json!({"name": api.name("a"), "expires_at": "2100-01-01"}), "expires_at/invalid_format"),
        (json!({"name": api.name("a"), "expires_at": ""}), "expires_at/invalid_format"),
        (json!({"name": api.name("a"), "expires_at": "2020-01-01T00:00:00Z"}), "expires_at/in_past"),
        (json!([]), "body/invalid_type"),
        (json!(null), "body/invalid_type"),
        (json!({"name": api.name("a"), "expire_at": "2100-01-01T00:00:00Z"}), "expire_at/unknown_field"),
    ] {
        let response = api.create(&body).await.expect(422);
        assert_eq!(response.problems(), [expected], "{body}");
    }
}

async fn created_tokens_are_different(api: Api) {
    let (one, two) = (api.token(&[]).await, api.token(&[]).await);
    assert!(one.id < two.id, "ids have the order of creation");
    assert_ne!(one.secret, two.secret);
    assert_ne!(one.secret[..20], two.secret[..20], "secrets are random");
}

async fn boundary_values_are_accepted(api: Api) {
    let number = |number: u32| format!("conformance:{number}");
    for body in [
        json!({"name": "x".repeat(100)}),
        json!({"name": "ä".repeat(100)}),
        json!({"name": "🦀".repeat(100)}),
        json!({"name": "🦀"}),
        json!({"name": " a "}),
        json!({"name": "prod – eu"}),
        json!({"name": "日本\u{200E}"}),
        json!({"name": "👩\u{200D}🚀"}),
        // No normalization.
        json!({"name": "e\u{301}"}),
        json!({"name": "\"\\/'<>&%"}),
        json!({"name": api.name("a"), "scopes": []}),
        json!({"name": api.name("a"), "scopes": ["conformance:!#%'+-.:<[]^~"]}),
        json!({"name": api.name("a"), "scopes": [format!("conformance:{:x>52}", "")]}),
        json!({"name": api.name("a"), "scopes": (0..64).map(number).collect::<Vec<_>>()}),
        json!({"name": api.name("a"), "expires_at": null}),
    ] {
        let issued = api.create(&body).await.expect(201).json();
        assert_eq!(issued["name"], body["name"]);
        assert_eq!(issued["scopes"], body.get("scopes").cloned().unwrap_or(json!([])));
        // Not every name begins with that of the test.
        api.revoke(Token::from_json(&issued).id).await;
    }
    // Names are not unique.
    for _ in 0..2 {
        api.create(&json!({"name": api.name("a")})).await.expect(201);
    }
}

async fn every_valid_form_of_a_time_is_accepted(api: Api) {
    for expires_at in
        ["9999-12-31T23:59:59.999999999Z", "2100-01-01t00:00:00z", "2100-06-30T23:59:60Z", "2100-01-01T00:00:00-23:59"]
    {
        let response = api.create(&json!({"name": api.name("a"), "expires_at": expires_at})).await;
        if response.status.as_u16() != 201 {
            // The time is after the expiry of the root token, or beyond the limit of the deployment.
            let problems = response.expect(422).problems();
            let is_read = problems == ["expires_at/exceeds_grant"] || problems == ["expires_at/out_of_range"];
            assert!(is_read, "{expires_at}: {problems:?}");
        }
    }
}

async fn scope_for_everything_covers_every_scope(api: Api) {
    let everything = api.token(&["*"]).await;
    let scopes = ["*", "!", "a:*", "a:b", &"x".repeat(64)];
    let issued = api.token_by(&everything, &scopes).await;
    assert_eq!(api.record(issued.id).await["scopes"], json!(scopes));
}

async fn scopes_beyond_creator_are_rejected_with_422(api: Api) {
    let creator = api.token(&["api-tokens:write", "conformance:deploy:*", "conformance:exact"]).await;
    for (scopes, expected) in [
        (
            json!(["conformance:deploy:eu", "conformance:deploy:*", "conformance:deploy:eu:web", "conformance:exact"]),
            vec![],
        ),
        (json!([]), vec![]),
        (json!(["*"]), vec!["scopes[0]/exceeds_grant"]),
        (
            json!(["conformance:exact", "conformance:deploy", "api-tokens:read", "conformance:exact:*"]),
            vec!["scopes[1]/exceeds_grant", "scopes[2]/exceeds_grant", "scopes[3]/exceeds_grant"],
        ),
        (json!(["conformance:*"]), vec!["scopes[0]/exceeds_grant"]),
        (json!(["conformance:deployments:eu"]), vec!["scopes[0]/exceeds_grant"]),
    ] {
        let request = api.post(&api.tokens_path()).bearer_auth(&creator.secret);
        let response = api.send(request.json(&json!({"name": api.name("child"), "scopes": scopes}))).await;
        let response = response.expect(if expected.is_empty() { 201 } else { 422 });
        let problems = if expected.is_empty() { Vec::new() } else { response.problems() };
        assert_eq!(problems, expected, "{scopes}");
    }
}

async fn expiry_after_creator_is_rejected_with_422(api: Api) {
    let soon = api.now() + Duration::minutes(30);
    let creator = json!({"name": api.name("creator"), "scopes": ["api-tokens:write"], "expires_at": soon.to_rfc3339()});
    let creator = api.create(&creator).await.expect(201).json();
    let secret = creator["token"].as_str().unwrap();
    let create = async |body: Value| api.send(api.post(&api.tokens_path()).bearer_auth(secret).json(&body)).await;
    for body in [json!({"name": api.name("child")}), json!({"name": api.name("child"), "expires_at": null})] {
        assert_eq!(create(body).await.expect(201).json()["expires_at"], creator["expires_at"]);
    }
    let sooner = soon - Duration::minutes(10);
    create(json!({"name": api.name("child"), "expires_at": sooner.to_rfc3339()})).await.expect(201);
    // Not later is not earlier.
    create(json!({"name": api.name("child"), "expires_at": creator["expires_at"]})).await.expect(201);
    let later = soon + Duration::seconds(1);
    let response = create(json!({"name": api.name("child"), "expires_at": later.to_rfc3339()})).await.expect(422);
    assert_eq!(response.problems(), ["expires_at/exceeds_grant"]);
}

async fn expiry_is_normalized_to_utc_milliseconds(api: Api) {
    let soon = api.now() + Duration::minutes(30);
    for (offset, fraction, returned_fraction) in [
        ("+00:00", "", ".000Z"),
        ("+01:00", ".123987", ".123Z"),
        ("-00:30", ".5", ".500Z"),
        ("+23:59", ".9999", ".999Z"),
    ] {
        let offset_time = soon.with_timezone(&offset.parse::<FixedOffset>().expect("an offset"));
        let given = format!("{}{fraction}{offset}", offset_time.format("%Y-%m-%dT%H:%M:%S"));
        let returned = format!("{}{returned_fraction}", soon.format("%Y-%m-%dT%H:%M:%S"));
        let issued = api.create(&json!({"name": api.name("a"), "expires_at": given})).await.expect(201).json();
        assert_eq!(issued["expires_at"], returned);
        let record = api.record(Token::from_json(&issued).id).await;
        assert_eq!(record["expires_at"], issued["expires_at"]);
    }
}

async fn upper_case_organization_id_is_accepted(api: Api) {
    let path = format!("/api/v1/organizations/{}/api-tokens", api.organization_id.to_string().to_uppercase());
    api.send(api.post(&path).json(&json!({"name": api.name("a")}))).await.expect(201);
}

async fn secrets_are_random_with_a_checksum(api: Api) {
    const TOKENS: usize = 24;
    let mut secrets = Vec::new();
    for _ in 0..TOKENS {
        secrets.push(api.token(&[]).await.secret);
    }
    let digits = |secret: &str| secret["aether_".len()..].to_owned();
    for secret in &secrets {
        let (body, checksum) = secret.split_at(secret.len() - 8);
        assert_eq!(checksum, format!("{:08x}", crc32fast::hash(body.as_bytes())), "the checksum of a secret");
    }
    // Of 24 random digits, one in each position occurs less than 12 times, with a probability of nearly 1.
    for position in 0..64 {
        let mut found: Vec<_> = secrets.iter().map(|secret| digits(secret).as_bytes()[position]).collect();
        found.sort_unstable();
        let most = found.chunk_by(|one, next| one == next).map(<[u8]>::len).max().expect("a digit");
        assert!(most < TOKENS / 2, "the digit at {position} is not random");
    }
    let blocks = secrets.iter().flat_map(|secret| {
        let digits = digits(secret);
        (0..4).map(move |block| digits[16 * block..16 * (block + 1)].to_owned()).collect::<Vec<_>>()
    });
    assert_eq!(blocks.collect::<BTreeSet<_>>().len(), 4 * TOKENS, "a part of a secret occurs twice");
}

async fn issued_token_has_exactly_the_published_fields(api: Api) {
    let issued = api.create(&json!({"name": api.name("a")})).await.expect(201).json();
    let rotated = api.post(&api.rotate_path(Token::from_json(&issued).id)).json(&json!({}));
    for issued in [issued.clone(), api.send(rotated).await.expect(201).json()] {
        let fields: BTreeSet<_> = issued.as_object().expect("an object").keys().map(String::as_str).collect();
        let published =
            ["created_at", "expires_at", "id", "last_used_at", "name", "org_id", "prefix", "scopes", "token"];
        assert_eq!(fields, BTreeSet::from(published));
    }
}

async fn scopes_are_kept_as_they_were_given(api: Api) {
    let scopes = ["conformance:Z", "conformance:a", "conformance:A", "conformance:z:*"];
    let token = api.token(&scopes).await;
    assert_eq!(api.record(token.id).await["scopes"], json!(scopes));
}

async fn wildcard_covers_every_level_below_and_nothing_else(api: Api) {
    let creator =
        api.token(&["api-tokens:write", "conformance:a:*", "conformance:b*", "conformance:*:c", "conformance:d"]).await;
    for (scope, is_covered) in [
        ("conformance:a:b", true),
        ("conformance:a:b:c", true),
        ("conformance:a:b:*", true),
        ("conformance:b*", true),
        ("conformance:*:c", true),
        ("conformance:a", false),
        ("conformance:ab", false),
        ("conformance:bb", false),
        ("conformance:b", false),
        ("conformance:x:c", false),
        ("conformance:d:e", false),
        ("conformance:D", false),
    ] {
        let authorize = api.get("/api/v1/authorize").query(&[("scope", scope)]).bearer_auth(&creator.secret);
        api.send(authorize).await.expect(if is_covered { 200 } else { 403 });
        let create = api.post(&api.tokens_path()).bearer_auth(&creator.secret);
        let create = create.json(&json!({"name": api.name("child"), "scopes": [scope]}));
        api.send(create).await.expect(if is_covered { 201 } else { 422 });
    }
}
