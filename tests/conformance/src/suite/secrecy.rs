//! A secret is returned once. Every other response of every test is searched for one, too.

use serde_json::json;

use crate::{Api, Token, contains_secret, text};

super::tests!(secret_is_returned_once);

async fn secret_is_returned_once(api: Api) {
    let issued = api.create(&json!({"name": api.name("a"), "scopes": ["conformance:x"]})).await.expect(201).json();
    let token = Token::from_json(&issued);
    let path = api.token_path(token.id);
    let responses = [
        api.send(api.get(&path)).await.expect(200),
        api.send(api.get_current(&token.secret)).await.expect(200),
        api.send(api.put(&path).json(&json!({"name": api.name("b")}))).await.expect(200),
        api.send(api.get(&format!("{}?limit=100", api.tokens_path()))).await.expect(200),
        api.send(api.post("/api/v1/introspect").form(&[("token", &token.secret)])).await.expect(200),
        api.send(api.get("/api/v1/authorize").bearer_auth(&token.secret)).await.expect(200),
        api.send(api.delete(&path)).await.expect(204),
        api.send(api.get_current(&token.secret)).await.expect(401),
    ];
    // Half of a secret is too much.
    let digits = &token.secret[text(&issued["prefix"]).len()..];
    for response in responses {
        let mut bytes = response.body.clone();
        for (name, value) in &response.headers {
            bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat());
        }
        let leaks = contains_secret(&bytes) || bytes.windows(16).any(|window| &digits.as_bytes()[..16] == window);
        assert!(!leaks, "{} contains the secret", response.request);
    }
}
