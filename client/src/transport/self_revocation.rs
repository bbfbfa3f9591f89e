//! The revocation of the caller's own token, repeated after its response was lost.

use super::Call;
use crate::{Error, ErrorCode};

/// Whether an error of a repeated attempt proves that an earlier one revoked the caller's own token: the token is not
/// accepted any more.
///
/// A revocation with descendants is not done before the server confirms it, because it can have revoked the caller first.
pub(super) fn is_done(call: &Call<'_>, error: &Error) -> bool {
    // A gateway's own 401 proves nothing.
    if error.code() != Some(&ErrorCode::Unauthorized) {
        return false;
    }
    match call.operation.id {
        "revoke_current_api_token" => true,
        "revoke_api_token" => {
            let url = call.request.url();
            let token_id = url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
            let identity = call.client.inner.identity.get();
            url.query().is_none()
                && identity.and_then(|identity| identity.token_id).is_some_and(|own| own.to_string() == token_id)
        }
        _ => false,
    }
}
