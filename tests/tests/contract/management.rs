//! The management endpoints, and the examples of the contract that they serve.

use aether_tests::contract::CONTRACT;
use aether_tests::{Server, eventually};
use serde_json::Value;

crate::tests!(
    contract_is_served_verbatim,
    broken_database_fails_readiness_but_not_health,
    every_contract_example_matches_its_schema
);

async fn contract_is_served_verbatim() {
    let server = Server::start().await;
    let yaml = server.send(server.anonymous(reqwest::Method::GET, "/openapi.yaml")).await.expect(200);
    assert_eq!(yaml.body, include_bytes!("../../../openapi/aether.yaml"));
    let json = server.send(server.anonymous(reqwest::Method::GET, "/openapi.json")).await.expect(200);
    assert_eq!(json.json(), *CONTRACT.document());
}

async fn broken_database_fails_readiness_but_not_health() {
    let server = Server::start().await;
    for path in ["/healthz", "/readyz"] {
        server.send(server.anonymous(reqwest::Method::GET, path)).await.expect(200);
        server.send(server.anonymous(reqwest::Method::HEAD, path)).await.expect(200);
    }
    server.database().execute_batch("ALTER TABLE api_tokens RENAME TO gone").unwrap();
    server.send(server.anonymous(reqwest::Method::GET, "/healthz")).await.expect(200);
    // A probe is valid for a second.
    eventually("the failed readiness", async || {
        let ready = server.send(server.anonymous(reqwest::Method::GET, "/readyz")).await;
        (ready.status == 503).then_some(())
    })
    .await;
    server.send(server.anonymous(reqwest::Method::GET, "/healthz")).await.expect(200);
}

async fn every_contract_example_matches_its_schema() {
    let mut count = 0;
    visit(CONTRACT.document(), &mut |value| {
        let Some(example) = value.get("example") else { return };
        let schema = value.get("schema").unwrap_or(value);
        assert_eq!(CONTRACT.violations(schema, example), Vec::<String>::new(), "{example}");
        count += 1;
    });
    assert!(count > 10, "{count} examples");
}

/// Visits every JSON value except the content of examples.
fn visit(value: &Value, f: &mut impl FnMut(&Value)) {
    f(value);
    match value {
        Value::Object(map) => map.iter().filter(|(key, _)| *key != "example").for_each(|(_, value)| visit(value, f)),
        Value::Array(values) => values.iter().for_each(|value| visit(value, f)),
        _ => {}
    }
}
