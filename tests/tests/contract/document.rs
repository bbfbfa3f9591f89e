//! The contract itself: its examples, and the endpoints that serve it.

use aether_tests::Server;
use aether_tests::contract::CONTRACT;
use serde_json::Value;

crate::tests!(the_contract_is_served_as_it_is_written, health_and_readiness_are_answered, every_example_validates);

async fn the_contract_is_served_as_it_is_written() {
    let server = Server::start().await;
    let yaml = server.send(server.anonymous(reqwest::Method::GET, "/openapi.yaml")).await.expect(200);
    assert_eq!(yaml.body, include_bytes!("../../../openapi/aether.yaml"));
    let json = server.send(server.anonymous(reqwest::Method::GET, "/openapi.json")).await.expect(200);
    assert_eq!(json.json(), *CONTRACT.document());
}

async fn health_and_readiness_are_answered() {
    let server = Server::start().await;
    for path in ["/healthz", "/readyz"] {
        server.send(server.anonymous(reqwest::Method::GET, path)).await.expect(200);
        server.send(server.anonymous(reqwest::Method::HEAD, path)).await.expect(200);
    }
    server.database().execute_batch("ALTER TABLE api_tokens RENAME TO gone").unwrap();
    server.send(server.anonymous(reqwest::Method::GET, "/healthz")).await.expect(200);
    server.send(server.anonymous(reqwest::Method::GET, "/readyz")).await.expect(503);
}

async fn every_example_validates() {
    let mut count = 0;
    visit(CONTRACT.document(), &mut |value| {
        let Some(example) = value.get("example") else { return };
        let schema = value.get("schema").unwrap_or(value);
        assert_eq!(CONTRACT.violations(schema, example), Vec::<String>::new(), "{example}");
        count += 1;
    });
    assert!(count > 10, "the contract has examples");
}

fn visit(value: &Value, see: &mut impl FnMut(&Value)) {
    see(value);
    match value {
        Value::Object(map) => map.iter().filter(|(key, _)| *key != "example").for_each(|(_, value)| visit(value, see)),
        Value::Array(values) => values.iter().for_each(|value| visit(value, see)),
        _ => {}
    }
}
