//! Responses that have their data in headers.

use aether_client::ApiToken;
use aether_client::chrono::{DateTime, SecondsFormat, Utc};

use crate::operations::AuthorizeRequestThen;

impl AuthorizeRequestThen {
    /// The acceptance of a token.
    #[expect(clippy::must_use_candidate, clippy::return_self_not_must_use, reason = "the call sets the response")]
    pub fn accepted(self, token: &ApiToken) -> Self {
        self.ok(token.org_id, token.id, &token.scopes.join(" "), token.expires_at)
    }
}

/// The form of a time.
pub(crate) fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
