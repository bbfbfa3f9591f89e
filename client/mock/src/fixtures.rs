//! A value of each response: the example of the contract. Change the fields that a test is about.
//!
//! ```
//! let mut token = aether_client_mock::fixtures::api_token();
//! token.scopes = vec!["deploy".to_owned()];
//! assert_eq!(token.name, "deploy pipeline");
//! ```

use aether_client::generated::types::{ApiTokenPage, AuditEventPage};
use aether_client::{ApiToken, AuditEvent, ErrorCode, Introspection};
use serde::de::DeserializeOwned;

use crate::ErrorResponse;

pub use crate::generated::fixtures::*;

/// The error of a code, with the status, the headers and the message of the contract.
///
/// # Panics
/// Panics if no operation of the contract has the code.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "a code is written in place")]
pub fn error(code: ErrorCode) -> ErrorResponse {
    ErrorResponse::new(&code)
}

/// The introspection of a token that is not active.
#[must_use]
pub fn inactive_introspection() -> Introspection {
    parse(r#"{"active": false}"#)
}

/// The last page of a list, with these tokens.
#[must_use]
pub fn last_api_token_page(tokens: impl IntoIterator<Item = ApiToken>) -> ApiTokenPage {
    let mut page = api_token_page();
    (page.items, page.next_cursor) = (tokens.into_iter().collect(), None);
    page
}

/// The last page of a list, with these events.
#[must_use]
pub fn last_audit_event_page(events: impl IntoIterator<Item = AuditEvent>) -> AuditEventPage {
    let mut page = audit_event_page();
    (page.items, page.next_cursor) = (events.into_iter().collect(), None);
    page
}

/// Parses an example, which the contract checks.
pub(crate) fn parse<T: DeserializeOwned>(example: &str) -> T {
    serde_json::from_str(example).unwrap_or_else(|error| panic!("the example {example} cannot be read: {error}"))
}
