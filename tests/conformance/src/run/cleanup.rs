//! The end of a run's tokens.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

use super::account::Account;

/// The tokens of a run after its end.
#[derive(Debug, Default, Clone)]
pub struct Cleanup {
    /// Whether the revocation of the run's token and its descendants was confirmed.
    pub is_confirmed: bool,
    /// Tokens that were still active afterwards, and were revoked one by one. A conforming server has none.
    pub late: usize,
    /// Tokens that are still active.
    pub left: Vec<Uuid>,
}

impl Cleanup {
    /// Whether every token of the run has ended.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_confirmed && self.left.is_empty()
    }

    pub(super) fn and(mut self, other: Self) -> Self {
        self.left.extend(other.left);
        Self { is_confirmed: self.is_confirmed && other.is_confirmed, late: self.late + other.late, left: self.left }
    }
}

/// Ends the tokens of a run: by one revocation, and those that a server that does not conform left active one by one.
/// `unnamed` are the tokens whose names do not begin with `label`.
pub(super) async fn clean(account: &Account, label: &str, unnamed: BTreeSet<Uuid>) -> Cleanup {
    let is_confirmed = account.end().await;
    let Some(mut active) = active_tokens(account, label).await else {
        // Without the list, at least the run's token is known.
        let left = if is_confirmed { Vec::new() } else { vec![account.run_token_id()] };
        return Cleanup { is_confirmed, late: 0, left };
    };
    for id in unnamed {
        if is_active(account, id).await {
            active.insert(id);
        }
    }
    let (mut late, mut left) = (0, Vec::new());
    for id in active {
        let path = format!("{}/{id}", account.tokens_path());
        let _ = account.send(Method::DELETE, &path).await;
        if is_active(account, id).await {
            left.push(id);
        } else {
            late += 1;
        }
    }
    Cleanup { is_confirmed, late, left }
}

/// The active tokens whose names begin with `label`.
async fn active_tokens(account: &Account, label: &str) -> Option<BTreeSet<Uuid>> {
    let (mut active, mut cursor) = (BTreeSet::new(), String::new());
    let name_prefix = label.replace(' ', "%20");
    loop {
        let path = format!("{}?state=active&name_prefix={name_prefix}&limit=100{cursor}", account.tokens_path());
        let page = account.send(Method::GET, &path).await.ok().filter(|page| page.status.as_u16() == 200)?;
        let page: Value = serde_json::from_slice(&page.body).ok()?;
        let is_own = |item: &&Value| item["name"].as_str().is_some_and(|name| name.starts_with(label));
        let own = page["items"].as_array()?.iter().filter(is_own);
        active.extend(own.filter_map(|item| item["id"].as_str()?.parse::<Uuid>().ok()));
        match page["next_cursor"].as_str().map(|next| format!("&cursor={next}")) {
            Some(next) if next != cursor => cursor = next,
            _ => return Some(active),
        }
    }
}

async fn is_active(account: &Account, id: Uuid) -> bool {
    let response = account.send(Method::GET, &format!("{}/{id}", account.tokens_path())).await;
    let record: Value = response.ok().and_then(|it| serde_json::from_slice(&it.body).ok()).unwrap_or_default();
    record["state"] == "active" || (record["state"].is_null() && record["revoked_at"].is_null())
}
