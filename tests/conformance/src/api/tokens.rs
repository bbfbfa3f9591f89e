//! Tokens of a test: their creation, their expiry, and what the server reports of them.

use chrono::TimeDelta;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Api, Organization, UNTIL_EXPIRY, wire_time};
use crate::response::text;
use crate::wait::eventually;
use crate::{Response, Token};

impl Api {
    /// Creates a token as the root token.
    pub async fn create(&self, body: &Value) -> Response {
        self.send(self.post(&self.tokens_path()).json(body)).await
    }

    /// Creates a token with these scopes as the root token.
    pub async fn token(&self, scopes: &[&str]) -> Token {
        self.token_by(&self.root, scopes).await
    }

    /// Creates a token with these scopes as `creator`.
    pub async fn token_by(&self, creator: &Token, scopes: &[&str]) -> Token {
        let body = json!({"name": self.name("test"), "scopes": scopes});
        let request = self.post(&self.tokens_path()).bearer_auth(&creator.secret).json(&body);
        Token::from_json(&self.send(request).await.expect(201).json())
    }

    /// Creates a token of the second organization.
    pub async fn other_token(&self, scopes: &[&str]) -> Token {
        let Organization { id, root } = self.other();
        let request = self.post(&format!("/api/v1/organizations/{id}/api-tokens")).bearer_auth(&root.secret);
        let body = json!({"name": self.name("other"), "scopes": scopes});
        Token::from_json(&self.send(request.json(&body)).await.expect(201).json())
    }

    /// Revokes a token as the root token.
    pub async fn revoke(&self, id: Uuid) {
        self.send(self.delete(&self.token_path(id))).await.expect(204);
    }

    /// Revokes a token and its descendants as the root token.
    pub async fn revoke_with_descendants(&self, id: Uuid) {
        let path = format!("{}?descendants=true", self.token_path(id));
        self.send(self.delete(&path)).await.expect(204);
    }

    /// Reads a token's record as the root token.
    pub async fn record(&self, id: Uuid) -> Value {
        self.send(self.get(&self.token_path(id))).await.expect(200).json()
    }

    /// Returns whether the server accepts a token.
    ///
    /// # Panics
    /// If the status is neither 200 nor 401.
    pub async fn accepts(&self, secret: &str) -> bool {
        let response = self.send(self.get_current(secret)).await;
        match response.status.as_u16() {
            200 => true,
            401 => false,
            _ => panic!("{}, expected 200 or 401", response.describe()),
        }
    }

    /// Lets a token expire: moves its expiry to the next moment, and waits for it.
    ///
    /// # Panics
    /// If the token is not reported as expired then.
    pub async fn let_expire(&self, id: Uuid) {
        let mut until = TimeDelta::from_std(UNTIL_EXPIRY).expect("a short time");
        let expires_at = loop {
            let expires_at = self.now() + until;
            let body = json!({"expires_at": wire_time(expires_at)});
            let response = self.send(self.put(&self.token_path(id)).json(&body)).await;
            if response.status.as_u16() == 422 && response.problems() == ["expires_at/in_past"] {
                until = until * 2;
                assert!(until < TimeDelta::seconds(30), "{}", response.describe());
                continue;
            }
            response.expect(200);
            break expires_at;
        };
        tokio::time::sleep((expires_at - self.now()).to_std().unwrap_or_default()).await;
        let is_expired = async || (self.record(id).await["state"] == "expired").then_some(());
        eventually("the expiry of a token", is_expired).await;
    }

    /// Waits until a use of a token is recorded.
    pub async fn wait_for_use(&self, id: Uuid) {
        eventually("the recorded use", async || self.record(id).await["last_used_at"].is_string().then_some(())).await;
    }

    /// The tokens of this test whose names begin with `name`, oldest first.
    pub async fn list(&self, query: &str) -> Vec<Value> {
        self.pages(&format!("{}?limit=100&{query}", self.tokens_path())).await.concat()
    }

    /// Reads every page of a list. `path` contains a query. Returns the items of each page.
    pub async fn pages(&self, path: &str) -> Vec<Vec<Value>> {
        let (mut pages, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.send(self.get(&format!("{path}{cursor}"))).await.expect(200).json();
            pages.push(page["items"].as_array().cloned().expect("a list"));
            // On the last page, `next_cursor` is absent and not null.
            match page.get("next_cursor") {
                Some(next) => {
                    let next = format!("&cursor={}", text(next));
                    assert_ne!(next, cursor, "the next cursor of a page is its own cursor");
                    cursor = next;
                }
                None => return pages,
            }
        }
    }
}
