//! Audit events of a test.

use std::sync::PoisonError;

use serde_json::Value;
use uuid::Uuid;

use super::Api;
use crate::response::text;
use crate::wait::eventually;

impl Api {
    /// The same test behind the present end of the audit log. A test that reads events begins with it.
    pub async fn at_end_of_events(mut self) -> Self {
        self.events_cursor = self.walk_events(100, |_| true).await;
        self
    }

    /// Reads the audit events of the test's tokens, oldest first. The root token is not one of them.
    pub async fn events(&self) -> Vec<Value> {
        self.own_events(self.all_events().await)
    }

    /// Reads the audit events of all tokens, oldest first.
    pub async fn all_events(&self) -> Vec<Value> {
        let mut events = Vec::new();
        self.walk_events(100, |items| {
            events.extend(items);
            true
        })
        .await;
        events
    }

    /// Reads the first `count` audit events of the test's tokens in pages of at most `limit` events.
    pub async fn events_in_pages(&self, limit: usize, count: usize) -> Vec<Value> {
        let mut events = Vec::new();
        self.walk_events(limit, |items| {
            assert!(items.len() <= limit, "{} events on a page of {limit}", items.len());
            events.extend(self.own_events(items));
            events.len() < count
        })
        .await;
        events
    }

    fn own_events(&self, events: Vec<Value>) -> Vec<Value> {
        let issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let is_own = |id: Uuid| issued.contains(&id);
        let token = |event: &Value| event["token_id"].as_str().and_then(|id| id.parse().ok());
        events.into_iter().filter(|event| token(event).is_some_and(is_own)).collect()
    }

    /// Waits for at least `count` refusal events of the test's tokens, and returns them.
    pub async fn refusals(&self, count: usize) -> Vec<Value> {
        eventually("the refusal events", async || {
            let events = self.events().await;
            let refusals: Vec<_> = events.into_iter().filter(|event| event["action"] == "api_token.refused").collect();
            (refusals.len() >= count).then_some(refusals)
        })
        .await
    }

    /// Visits the pages of the audit log from the cursor of the test, while `visit` returns true. Returns the cursor of the
    /// last page.
    async fn walk_events(&self, limit: usize, mut visit: impl FnMut(Vec<Value>) -> bool) -> Option<Uuid> {
        let mut cursor = self.events_cursor;
        loop {
            let after = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let path = format!("{}?limit={limit}{after}", self.events_path());
            let page = self.send(self.get(&path)).await.expect(200).json();
            let goes_on = visit(page["items"].as_array().cloned().expect("a list"));
            match page.get("next_cursor").filter(|_| goes_on) {
                Some(next) => cursor = Some(text(next).parse().expect("a cursor is a UUID")),
                None => return cursor,
            }
        }
    }
}
