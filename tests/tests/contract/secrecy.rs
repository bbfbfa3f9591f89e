//! A secret is returned once and never written to the disk. The tests of the command line cover the logs.

use std::fs;

use aether_tests::{Response, Server, Token};
use serde_json::json;

crate::tests!(secrets_are_not_written_to_disk);

async fn secrets_are_not_written_to_disk() {
    let server = Server::start().await;
    let mut secrets = vec![server.owner.secret.clone()];
    for _ in 0..20 {
        secrets.push(server.token(&["a"]).await.secret);
    }
    // Every request that creates, replays or presents a secret.
    let secret = |response: Response| Token::from_json(&response.expect(201).json()).secret;
    for key in ["j", "k"] {
        let create = || server.post(&server.tokens_path()).header("idempotency-key", key).json(&json!({"name": "a"}));
        secrets.push(secret(server.send(create()).await));
        secrets.push(secret(server.send(create()).await));
        let target = server.token(&[]).await;
        let rotate = server.post(&server.rotate_path(target.id)).header("idempotency-key", format!("{key}2"));
        secrets.push(secret(server.send(rotate.json(&json!({"grace_seconds": 60}))).await));
        secrets.push(target.secret);
    }
    for secret in &secrets {
        let current = server.get_current(secret);
        server.send(current.header("user-agent", secret)).await.expect(200);
        server.send(server.post("/api/v1/introspect").form(&[("token", secret)])).await.expect(200);
        // A warning about the query holds neither names nor values.
        for query in [format!("access_token={secret}"), format!("scope={secret}\""), secret.clone()] {
            server.send(server.get(&format!("/api/v1/authorize?{query}")).bearer_auth(secret)).await.expect(403);
        }
    }
    let revoked = server.token(&[]).await;
    server.revoke(revoked.id).await;
    assert!(!server.accepts(&revoked.secret).await);
    secrets.push(revoked.secret);
    let page = server.send(server.get(&format!("{}?limit=100", server.tokens_path()))).await.expect(200).json();
    assert!(page["items"].as_array().unwrap().iter().all(|item| item["token"] == json!(null)));
    let events = serde_json::to_string(&server.all_events().await).unwrap();
    // A partial leak counts, too: half of each secret is searched, as hex digits and as decoded bytes.
    let halves = secrets.iter().map(|secret| secret[15..47].to_owned());
    let needles: Vec<_> = halves.flat_map(|half| [hex::decode(&half).unwrap(), half.into_bytes()]).collect();
    let mut files = vec![("events".to_owned(), events.into_bytes())];
    for entry in fs::read_dir(server.directory()).unwrap() {
        let path = entry.unwrap().path();
        files.push((path.display().to_string(), fs::read(&path).unwrap()));
    }
    assert!(files.len() >= 3, "the events, the database and its write-ahead log");
    for (name, bytes) in files {
        for needle in &needles {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{name}");
        }
    }
}
