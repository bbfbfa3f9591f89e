//! The contents of the logs.

use serde_json::Value;

use crate::process::{Running, directory, owner_token};

#[test]
fn access_log_has_paths_without_queries_and_secrets() {
    let directory = directory();
    let server = Running::start(&directory, &["--log-format", "json", "--log-level", "trace"]);
    let owner = owner_token(&directory);
    let client = reqwest::blocking::Client::new();
    let url = |path: &str| format!("http://{}{path}", server.address);
    let request =
        client.get(url(&format!("/api/v1/api-tokens/current?access_token={owner}&x=needle"))).bearer_auth(&owner);
    let response = request.send().unwrap();
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    client.get(url("/no/such/path?needle")).send().unwrap();
    client.get(url("/api/v1/api-tokens/current")).bearer_auth(format!("{owner}x")).send().unwrap();
    server.signal("TERM");
    let (success, _, logs) = server.wait();
    assert!(success);

    assert!(!logs.contains(&owner[15..]), "a secret in the logs");
    assert!(!logs.contains("needle"), "a query in the logs");
    let lines: Vec<Value> = logs.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let access: Vec<_> = lines.iter().filter(|line| line["target"] == "aether::access").collect();
    let found: Vec<_> =
        access.iter().map(|line| (line["path"].as_str().unwrap(), line["status"].as_u64().unwrap())).collect();
    assert_eq!(
        found,
        [("/api/v1/api-tokens/current", 422), ("/no/such/path", 404), ("/api/v1/api-tokens/current", 401)]
    );
    assert_eq!(access[0]["id"], id);
    assert_eq!(access[0]["method"], "GET");
}
