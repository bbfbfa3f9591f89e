//! Lists of tokens and of audit events.

use std::num::NonZeroU32;

use uuid::Uuid;

use crate::generated::types::ListApiTokensNamePrefix;
use crate::paging::{Items, Page, Pages};
use crate::{ApiToken, ApiTokenStateFilter, AuditEvent, Client, Result};

use super::Problems;

/// Gives a list its position, and its items and pages as streams.
macro_rules! list {
    ($list:ident of $item:ty) => {
        impl $list {
            /// Sets the maximum number of items on a page, 1 to 100. The server's default is 50.
            pub fn page_size(mut self, items: u32) -> Self {
                self.page_size = Some(items);
                self
            }

            /// Begins with the page of this cursor, the `next_cursor` of an earlier page with the same settings.
            pub fn cursor(mut self, cursor: Uuid) -> Self {
                self.cursor = Some(cursor);
                self
            }

            /// Every item, page by page as it is needed.
            pub fn items(self) -> Items<$item> {
                Items::new(self.pages())
            }

            /// Every page, as it is needed.
            pub fn pages(self) -> Pages<$item> {
                Pages::new(self.cursor, move |cursor| self.clone().page(cursor))
            }
        }
    };
}

list!(ListTokens of ApiToken);
list!(ListAuditEvents of AuditEvent);

/// Lists the tokens of the organization, oldest first. See [`Client::list_tokens`].
#[derive(Debug, Clone)]
#[must_use = "a list does nothing before its items or pages are polled"]
pub struct ListTokens {
    client: Client,
    state: Option<ApiTokenStateFilter>,
    name_prefix: Option<String>,
    page_size: Option<u32>,
    cursor: Option<Uuid>,
}

impl ListTokens {
    pub(crate) fn new(client: &Client) -> Self {
        Self { client: client.clone(), state: None, name_prefix: None, page_size: None, cursor: None }
    }

    /// Lists the tokens in this state only.
    pub fn state(mut self, state: ApiTokenStateFilter) -> Self {
        self.state = Some(state);
        self
    }

    /// Lists the tokens with names that begin with this text only. The comparison is case-sensitive.
    pub fn name_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.name_prefix = Some(prefix.into());
        self
    }

    async fn page(self, cursor: Option<Uuid>) -> Result<Page<ApiToken>> {
        let mut problems = Problems::default();
        let limit = self.page_size.map(|size| page_size(&mut problems, size));
        let prefix: Option<Option<ListApiTokensNamePrefix>> =
            self.name_prefix.map(|prefix| problems.parse("name_prefix", &prefix));
        problems.check()?;
        let (operations, org_id) = self.client.in_organization().await?;
        let mut request = operations.list_api_tokens().org_id(org_id);
        if let Some(cursor) = cursor {
            request = request.cursor(cursor);
        }
        if let Some(limit) = limit.flatten() {
            request = request.limit(limit);
        }
        if let Some(prefix) = prefix.flatten() {
            request = request.name_prefix(prefix);
        }
        if let Some(state) = self.state {
            request = request.state(state);
        }
        let page = request.send().await?.into_inner();
        Ok(Page { items: page.items, next_cursor: page.next_cursor })
    }
}

/// Lists the audit events of the organization, oldest first. See [`Client::list_audit_events`].
#[derive(Debug, Clone)]
#[must_use = "a list does nothing before its items or pages are polled"]
pub struct ListAuditEvents {
    client: Client,
    page_size: Option<u32>,
    cursor: Option<Uuid>,
}

impl ListAuditEvents {
    pub(crate) fn new(client: &Client) -> Self {
        Self { client: client.clone(), page_size: None, cursor: None }
    }

    async fn page(self, cursor: Option<Uuid>) -> Result<Page<AuditEvent>> {
        let mut problems = Problems::default();
        let limit = self.page_size.map(|size| page_size(&mut problems, size));
        problems.check()?;
        let (operations, org_id) = self.client.in_organization().await?;
        let mut request = operations.list_audit_events().org_id(org_id);
        if let Some(cursor) = cursor {
            request = request.cursor(cursor);
        }
        if let Some(limit) = limit.flatten() {
            request = request.limit(limit);
        }
        let page = request.send().await?.into_inner();
        Ok(Page { items: page.items, next_cursor: page.next_cursor })
    }
}

/// The number of items on a page, which is not zero.
fn page_size(problems: &mut Problems, size: u32) -> Option<NonZeroU32> {
    let limit = NonZeroU32::new(size);
    if limit.is_none() {
        problems.add("limit", "less than 1");
    }
    limit
}
