//! The end of a run's tokens.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use reqwest::Method;
use uuid::Uuid;

use super::account::{Account, json_of};

/// The time and the pages after which a list has no end.
const PATIENCE: Duration = Duration::from_secs(120);
const MAX_PAGES: usize = 1_000;

/// The tokens of a run after its end.
#[derive(Debug, Default, Clone)]
pub struct Cleanup {
    /// Whether the revocation of the run's token and its descendants was confirmed, and the list of active tokens was read.
    pub is_confirmed: bool,
    /// Tokens that were still active after that revocation, and were revoked one by one. A conforming server has none.
    pub late: usize,
    /// Tokens that are still active.
    pub left: Vec<Uuid>,
}

impl Cleanup {
    /// Whether every token of the run has ended, in the way of the contract.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_confirmed && self.late == 0 && self.left.is_empty()
    }

    pub(super) fn and(mut self, other: Self) -> Self {
        self.left.extend(other.left);
        Self { is_confirmed: self.is_confirmed && other.is_confirmed, late: self.late + other.late, left: self.left }
    }
}

/// Ends the tokens of a run: by one revocation, and those that a server that does not conform left active one by one.
/// `unnamed` are the tokens whose names do not begin with `label`.
pub(super) async fn clean(account: &Account, label: &str, unnamed: BTreeSet<Uuid>) -> Cleanup {
    let is_ended = account.end().await;
    let active = active_tokens(account, label).await;
    let is_confirmed = is_ended && active.is_some();
    let mut active = active.unwrap_or_default();
    if !is_ended {
        active.insert(account.run_token_id());
    }
    for id in unnamed {
        if is_active(account, id).await {
            active.insert(id);
        }
    }
    let (mut late, mut left) = (0, Vec::new());
    for id in active {
        let path = format!("{}/{id}", account.tokens_path());
        let _ = account.caller().send(Method::DELETE, &path).await;
        if is_active(account, id).await {
            left.push(id);
        } else {
            late += 1;
        }
    }
    Cleanup { is_confirmed, late, left }
}

/// The active tokens whose names begin with `label`. None, if the list cannot be read.
async fn active_tokens(account: &Account, label: &str) -> Option<BTreeSet<Uuid>> {
    let (mut active, mut cursors) = (BTreeSet::new(), BTreeSet::new());
    let (name_prefix, deadline) = (label.replace(' ', "%20"), Instant::now() + PATIENCE);
    let mut after = String::new();
    loop {
        let path = format!("{}?state=active&name_prefix={name_prefix}&limit=100{after}", account.tokens_path());
        let page = account.caller().send(Method::GET, &path).await.ok().filter(|page| page.status.as_u16() == 200)?;
        let page = json_of(&page);
        // The filters may be ignored.
        let own = page["items"].as_array()?.iter().filter(|item| {
            let is_named = item["name"].as_str().is_some_and(|name| name.starts_with(label));
            // A token that is older than the run is not its own, whatever its name is.
            let is_own = item["created_at"].as_str() >= Some(account.begun_at());
            is_named && is_own && item["state"] != "revoked" && item["state"] != "expired"
        });
        active.extend(own.filter_map(|item| item["id"].as_str()?.parse::<Uuid>().ok()));
        let Some(next) = page["next_cursor"].as_str() else { return Some(active) };
        // A list without an end is not read to its end.
        if !cursors.insert(next.to_owned()) || cursors.len() > MAX_PAGES || Instant::now() > deadline {
            return None;
        }
        after = format!("&cursor={next}");
    }
}

async fn is_active(account: &Account, id: Uuid) -> bool {
    let response = account.caller().send(Method::GET, &format!("{}/{id}", account.tokens_path())).await;
    response.is_ok_and(|response| json_of(&response)["state"] == "active")
}
