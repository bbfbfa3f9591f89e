//! The one map from what went wrong to how it is answered.
//!
//! Each function is generic in the reply it makes, so that an operation can be refused only in the ways that it
//! documents: `unavailable` does not compile for an operation without a 503.

use aether_api::runtime::Problem;
use aether_api::{
    InsufficientScope, Internal, NotFound, Unauthorized, UnauthorizedWwwAuthenticate as Challenge, Unavailable,
    ValidationFailed,
};
use tracing::{error, warn};

use super::explain;
use crate::store::StoreError;
use crate::tokens::Violation;

/// After how many seconds a busy server may be asked again. The wait for the database's lock has passed already.
const RETRY_AFTER: i32 = 1;

/// 401. The body says the same whatever the reason; the challenge only whether a token was sent.
pub(super) fn unauthorized<R: From<Unauthorized>>(token_was_sent: bool) -> R {
    let www_authenticate = if token_was_sent { Challenge::BearerErrorInvalidToken } else { Challenge::Bearer };
    let body = explain::envelope("unauthorized", "Missing or invalid credentials.");
    Unauthorized { www_authenticate, body }.into()
}

/// 403, naming the scopes that are needed; none where the target of the request decided.
pub(super) fn insufficient_scope<R: From<InsufficientScope>>(needed: &[&str]) -> R {
    let www_authenticate = match needed {
        [] => r#"Bearer error="insufficient_scope""#.to_owned(),
        needed => format!(r#"Bearer error="insufficient_scope", scope="{}""#, needed.join(" ")),
    };
    let body = explain::envelope("insufficient_scope", "The token's scopes do not allow this.");
    InsufficientScope { www_authenticate, body }.into()
}

/// 404, the same for what is not there and for what is somebody else's.
pub(super) fn not_found<R: From<NotFound>>() -> R {
    NotFound { body: explain::envelope("not_found", "Not found.") }.into()
}

/// 422, for what only the rules could find.
pub(super) fn invalid<R: From<ValidationFailed>>(field: &str, Violation { code, message }: Violation) -> R {
    let problem = Problem { field: field.to_owned(), code, message: message.to_owned() };
    ValidationFailed { body: explain::invalid([problem]) }.into()
}

/// 500. The whole story is for the log.
pub(super) fn internal<R: From<Internal>>(error: &impl std::error::Error) -> R {
    error!(%error, "a request failed");
    Internal { body: explain::envelope("internal", "Internal error.") }.into()
}

/// 503 where the database was busy for too long, else 500. For operations that change something.
pub(super) fn store_failure<R: From<Internal> + From<Unavailable>>(error: &StoreError) -> R {
    if !matches!(error, StoreError::Busy) {
        return internal(error);
    }
    warn!("the database was busy for too long");
    let body = explain::envelope("unavailable", "Temporarily unavailable.");
    Unavailable { retry_after: RETRY_AFTER, body }.into()
}
