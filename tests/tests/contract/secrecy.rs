//! A raw token is in the one answer that creates it, and nowhere on the disk. What the logs hold is tested where the
//! program is run as a program.

use std::fs;

use aether_tests::Server;
use serde_json::json;

crate::tests!(no_secret_reaches_the_disk);

async fn no_secret_reaches_the_disk() {
    let server = Server::start().await;
    let mut secrets = vec![server.owner.clone()];
    for _ in 0..20 {
        secrets.push(server.token(&["a"]).await.token);
    }
    for secret in &secrets {
        server.send(server.get("/api/v1/api-tokens/current").bearer_auth(secret)).await.expect(200);
    }
    let page = server.send(server.get(&server.tokens_path())).await.expect(200).json();
    assert_eq!(page["items"].as_array().map(Vec::len), Some(secrets.len()));
    assert!(page["items"].as_array().unwrap().iter().all(|item| item["token"] == json!(null)));
    // Half of a secret would be as bad as the whole.
    let needles: Vec<_> = secrets.iter().map(|secret| secret.as_bytes()[15..47].to_vec()).collect();
    let mut files = 0;
    for entry in fs::read_dir(server.folder()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        files += 1;
        for needle in &needles {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{}", path.display());
        }
    }
    assert!(files >= 2, "the database and its log are there");
}
