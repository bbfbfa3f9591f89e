//! Every method on every path of the contract.

use aether_tests::Server;
use aether_tests::contract::CONTRACT;
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

crate::tests!(every_wrong_method_is_405_in_the_envelope, a_wrong_method_needs_no_credential_and_reads_no_body);

async fn every_wrong_method_is_405_in_the_envelope() {
    let server = Server::start().await;
    for template in CONTRACT.paths() {
        let path = template
            .replace("{orgID}", &server.organization.to_string())
            .replace("{tokenID}", &Uuid::now_v7().to_string());
        let real: Vec<_> = CONTRACT
            .operations
            .iter()
            .filter(|operation| operation.path == template)
            .map(|it| it.method.as_str())
            .collect();
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            if real.contains(&method) {
                continue;
            }
            let request = server.anonymous(method.parse().unwrap(), &path).bearer_auth(&server.owner);
            let answer = server.send(request).await.expect(405);
            let allow: Vec<_> = answer.headers.get_all("allow").iter().map(|value| value.to_str().unwrap()).collect();
            let [allow] = allow.as_slice() else { panic!("{method} {path}: {allow:?}") };
            let mut allow: Vec<_> = allow.split(", ").collect();
            let mut real = real.clone();
            allow.sort_unstable();
            real.sort_unstable();
            assert_eq!(allow, real, "{method} {path}");
            assert!(answer.header("x-request-id").is_some());
            if method == "HEAD" {
                assert!(answer.body.is_empty());
            } else {
                assert_eq!(answer.code(), "method_not_allowed");
                let schema = json!({"$ref": "#/components/schemas/ErrorEnvelope"});
                assert_eq!(CONTRACT.violations(&schema, &answer.json()), Vec::<String>::new());
            }
        }
    }
}

async fn a_wrong_method_needs_no_credential_and_reads_no_body() {
    let server = Server::start().await;
    let request = server.anonymous(Method::PUT, &server.tokens_path()).body("x".repeat(1_000_000));
    server.send(request).await.expect(405);
}
