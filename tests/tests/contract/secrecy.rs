//! A raw token is in the one answer that creates it, and nowhere on the disk. What the logs hold is tested where the
//! program is run as a program.

use std::fs;

use aether_tests::{Server, holds_a_token};
use serde_json::json;

crate::tests!(no_secret_reaches_the_disk, the_judge_of_every_test_can_tell);

async fn no_secret_reaches_the_disk() {
    let server = Server::start().await;
    let mut secrets = vec![server.owner.clone()];
    for _ in 0..20 {
        secrets.push(server.token(&["a"]).await.token);
    }
    // By every way on which one is made, kept, or handed in.
    let text = |answer: aether_tests::Answer| answer.expect(201).json()["token"].as_str().unwrap().to_owned();
    for key in ["j", "k"] {
        let create = || server.post(&server.tokens_path()).header("idempotency-key", key).json(&json!({"name": "a"}));
        secrets.push(text(server.send(create()).await));
        secrets.push(text(server.send(create()).await));
        let target = server.token(&[]).await;
        let rotate = server.post(&server.rotate_path(target.id)).header("idempotency-key", format!("{key}2"));
        secrets.push(text(server.send(rotate.json(&json!({"grace_seconds": 60}))).await));
        secrets.push(target.token);
    }
    for secret in &secrets {
        let current = server.get("/api/v1/api-tokens/current").bearer_auth(secret);
        server.send(current.header("user-agent", secret)).await.expect(200);
        server.send(server.post("/api/v1/introspect").form(&[("token", secret)])).await.expect(200);
        server
            .send(server.get(&format!("/api/v1/authorize?access_token={secret}")).bearer_auth(secret))
            .await
            .expect(200);
    }
    let dead = server.token(&[]).await;
    server.send(server.delete(&server.token_path(dead.id))).await.expect(204);
    assert!(!server.is_live(&dead.token).await);
    secrets.push(dead.token);
    let page = server.send(server.get(&format!("{}?limit=100", server.tokens_path()))).await.expect(200).json();
    assert!(page["items"].as_array().unwrap().iter().all(|item| item["token"] == json!(null)));
    let events = serde_json::to_string(&server.events().await).unwrap();
    // Half of a secret would be as bad as the whole, in hex or as the bytes that it stands for.
    let halves = secrets.iter().map(|secret| secret[15..47].to_owned());
    let needles: Vec<_> = halves.flat_map(|half| [hex::decode(&half).unwrap(), half.into_bytes()]).collect();
    let mut files = vec![("events".to_owned(), events.into_bytes())];
    for entry in fs::read_dir(server.folder()).unwrap() {
        let path = entry.unwrap().path();
        files.push((path.display().to_string(), fs::read(&path).unwrap()));
    }
    assert!(files.len() >= 3, "the database and its log are there");
    for (name, bytes) in files {
        for needle in &needles {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{name}");
        }
    }
}

async fn the_judge_of_every_test_can_tell() {
    let token = Server::start().await.owner.clone();
    assert!(holds_a_token(format!("x {token}").as_bytes()) && holds_a_token(&token.as_bytes()[..30]));
    assert!(!holds_a_token(&token.as_bytes()[..15]) && !holds_a_token(b"aether_") && !holds_a_token(b""));
}
