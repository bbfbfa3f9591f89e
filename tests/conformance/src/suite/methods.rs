//! Every method on every path of the contract.

use crate::Api;
use crate::contract::CONTRACT;
use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

super::tests!(
    every_response_has_a_request_id_of_its_own,
    undocumented_method_is_rejected_with_405,
    undocumented_method_is_rejected_before_authentication
);

async fn every_response_has_a_request_id_of_its_own(api: Api) {
    let mut ids = BTreeSet::new();
    for request in [
        api.get(&api.tokens_path()),
        api.get(&api.tokens_path()),
        api.get(&api.token_path(Uuid::nil())),
        api.get("/api/v1/nothing"),
        api.anonymous(Method::GET, &api.tokens_path()),
        api.get("/api/v1/authorize"),
        api.put(&api.tokens_path()),
    ] {
        let response = api.send(request).await;
        let id = response.header("x-request-id").unwrap_or_else(|| panic!("{response:?}: no X-Request-Id")).to_owned();
        assert!(ids.insert(id), "{response:?}: the id of another request");
    }
}

async fn undocumented_method_is_rejected_with_405(api: Api) {
    // A method that an implementation adds must not do anything to the tokens of others.
    let powerless = api.token(&[]).await;
    for template in CONTRACT.paths() {
        let path = api.expand_path(template, Uuid::now_v7());
        let documented: Vec<_> = CONTRACT
            .operations
            .iter()
            .filter(|operation| operation.path == template)
            .map(|operation| operation.method.as_str())
            .collect();
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            // Gateways reject TRACE themselves.
            if documented.contains(&method) || method == "TRACE" && api.deployment().is_live() {
                continue;
            }
            let request = api.anonymous(method.parse().unwrap(), &path).bearer_auth(&powerless.secret);
            let response = api.send(request).await.expect(405);
            let allow: Vec<_> = response.headers.get_all("allow").iter().map(|value| value.to_str().unwrap()).collect();
            let [allow] = allow.as_slice() else { panic!("{method} {path}: {allow:?}") };
            let mut allowed: Vec<_> = allow.split(", ").collect();
            let mut expected = documented.clone();
            allowed.sort_unstable();
            expected.sort_unstable();
            assert_eq!(allowed, expected, "{method} {path}");
            assert!(response.header("x-request-id").is_some());
            if method == "HEAD" {
                assert!(response.body.is_empty());
            } else {
                assert_eq!(response.code(), "method_not_allowed");
                let schema = json!({"$ref": "#/components/schemas/ErrorEnvelope"});
                assert_eq!(api.check_body(&schema, &response.json()), Vec::<String>::new());
            }
        }
    }
}

async fn undocumented_method_is_rejected_before_authentication(api: Api) {
    let request = api.anonymous(Method::PUT, &api.tokens_path()).body("x".repeat(1_000_000));
    api.send(request).await.expect(405);
}
