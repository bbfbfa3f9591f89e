//! getApiToken.

use crate::Api;
use serde_json::json;
use uuid::Uuid;

super::tests!(
    token_is_readable_in_every_state,
    id_is_read_in_any_case,
    absent_token_is_404,
    absent_and_foreign_tokens_get_identical_404_bodies needs SecondOrganization,
    malformed_ids_are_rejected_with_422,
    reader_needs_no_cover,
);

async fn token_is_readable_in_every_state(api: Api) {
    let token = api.token(&["conformance:a", "conformance:b"]).await;
    let path = format!("{}/{}", api.tokens_path(), token.id);
    let active = api.send(api.get(&path)).await.expect(200).json();
    assert_eq!(active["scopes"], json!(["conformance:a", "conformance:b"]));
    api.let_expire(token.id).await;
    assert_eq!(api.send(api.get(&path)).await.expect(200).json()["state"], "expired");
    api.send(api.delete(&path)).await.expect(204);
    let revoked = api.send(api.get(&path)).await.expect(200).json();
    assert!(revoked["revoked_at"].is_string() && revoked["state"] == "revoked");
    assert_eq!(revoked["id"], active["id"]);
}

async fn id_is_read_in_any_case(api: Api) {
    let token = api.token(&[]).await;
    let record = api.record(token.id).await;
    let path = format!("{}/{}", api.tokens_path(), token.id.to_string().to_uppercase());
    assert_eq!(api.send(api.get(&path)).await.expect(200).json(), record);
}

async fn absent_token_is_404(api: Api) {
    for path in [
        api.token_path(Uuid::now_v7()),
        api.token_path(Uuid::nil()),
        format!("/api/v1/organizations/{}/api-tokens/{}", Uuid::now_v7(), api.root.id),
    ] {
        assert_eq!(api.send(api.get(&path)).await.expect(404).code(), "not_found", "{path}");
    }
}

async fn absent_and_foreign_tokens_get_identical_404_bodies(api: Api) {
    let foreign = api.other();
    let path = |organization: Uuid, token: Uuid| format!("/api/v1/organizations/{organization}/api-tokens/{token}");
    let absent = api.send(api.get(&path(api.organization_id, Uuid::now_v7()))).await.expect(404);
    for path in [
        path(api.organization_id, foreign.root.id),
        path(foreign.id, foreign.root.id),
        path(foreign.id, Uuid::now_v7()),
        path(Uuid::now_v7(), api.root.id),
    ] {
        assert_eq!(api.send(api.get(&path)).await.expect(404).text(), absent.text());
    }
}

async fn malformed_ids_are_rejected_with_422(api: Api) {
    for (organization, token, expected) in [
        ("1", "2", vec!["orgID/invalid_format", "tokenID/invalid_format"]),
        (&api.organization_id.to_string(), "x", vec!["tokenID/invalid_format"]),
        (&api.organization_id.simple().to_string(), &Uuid::now_v7().to_string(), vec!["orgID/invalid_format"]),
    ] {
        let path = format!("/api/v1/organizations/{organization}/api-tokens/{token}");
        assert_eq!(api.send(api.get(&path)).await.expect(422).problems(), expected);
    }
}

/// Cover is for changes.
async fn reader_needs_no_cover(api: Api) {
    let stronger = api.token(&["conformance:x", "api-tokens:write"]).await;
    let reader = api.token(&["api-tokens:read"]).await;
    let record = api.send(api.get(&api.token_path(stronger.id)).bearer_auth(&reader.secret)).await.expect(200).json();
    assert_eq!(record["id"], json!(stronger.id));
    let path = format!("{}?limit=100&name_prefix={}", api.tokens_path(), api.name("").replace(' ', "%20"));
    let page = api.send(api.get(&path).bearer_auth(&reader.secret)).await.expect(200).json();
    assert!(page["items"].as_array().expect("a list").contains(&record), "the list has the token");
}
