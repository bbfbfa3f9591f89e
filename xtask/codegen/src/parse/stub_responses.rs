//! The responses that the stub itself sends: their statuses have to be documented, in a form that the stub can fill.

use super::responses::Responses;
use crate::ir::{Header, HeaderSource, Operation, Use};
use crate::reader::Reader;
use crate::rules;

/// The properties of an operation that determine the statuses of the stub's own responses.
pub(super) struct Requirements {
    pub(super) credential: bool,
    pub(super) scopes: bool,
    pub(super) body: bool,
    pub(super) parameters: bool,
    pub(super) invalid_status: Option<u16>,
}

/// The statuses of the responses that the stub itself sends, with the reasons.
pub(super) fn stub_statuses(requirements: &Requirements) -> Vec<(u16, &'static str)> {
    let all = [
        (401, requirements.credential, "the operation requires a credential"),
        (403, requirements.credential && requirements.scopes, "the operation requires scopes"),
        (408, requirements.body, "the operation has a body"),
        (413, requirements.body, "the operation has a body"),
        (415, requirements.body, "the operation has a body"),
        (
            requirements.invalid_status.unwrap_or(422),
            requirements.body || requirements.parameters,
            "the request is validated",
        ),
        (500, true, "a handler can fail"),
    ];
    all.into_iter().filter(|(_, sent, _)| *sent).map(|(status, _, why)| (status, why)).collect()
}

/// Finds the responses that the stub itself sends: the documented status, or else its class. Reports those that it cannot send, and
/// extensions that contradict each other.
pub(super) fn rejections(
    node: &Reader<'_, '_>,
    operation: &Operation,
    statuses: &[(u16, &str)],
    responses: &Responses,
) -> Vec<(u16, usize)> {
    check_extensions(node, operation);
    let mut rejections = Vec::new();
    for (status, _) in statuses.iter().copied() {
        let indexed = operation.responses.iter().enumerate();
        let covering = indexed.filter(|(_, response)| responses.get(response).status.covers(status));
        let Some((index, found)) = covering.min_by_key(|(_, response)| responses.get(response).status) else {
            continue;
        };
        let is_denial = matches!(status, 401 | 403) || operation.invalid_status == Some(status);
        if !is_denial {
            let from_handler = |header: &&Header| header.required && header.source == HeaderSource::Response;
            if let Some(header) = responses.get(found).headers.iter().find(from_handler) {
                node.report(
                    &rules::HEADER_OF_STUB_RESPONSE,
                    format!("the stub cannot set the header `{}` of its own response {status}", header.name),
                    "remove it, make it optional, or allow only one value",
                );
            }
            rejections.push((status, index));
        } else if matches!(found, Use::Own(_)) {
            node.report(
                &rules::DENIAL_NOT_SHARED,
                format!("the response {status} of `{}` is inline", operation.id),
                "move it to `#/components/responses`; the service denies requests of every operation with it",
            );
        }
    }
    rejections
}

fn check_extensions(node: &Reader<'_, '_>, operation: &Operation) {
    if let Some(status) = operation.invalid_status
        && !(operation.guarded() && matches!(status, 400..500))
    {
        node.report(
            &rules::INVALID_STATUS_UNSUPPORTED,
            format!("`{}` cannot respond to an invalid request with {status}", operation.id),
            "use a documented 4xx of an operation that requires a credential",
        );
    }
    if operation.scope_exemption.is_some() && operation.required_scopes.as_ref().is_none_or(Vec::is_empty) {
        node.report(
            &rules::SCOPE_EXEMPTION_WITHOUT_SCOPES,
            format!("`{}` has a scope exemption but no scopes", operation.id),
            "add the required scopes",
        );
    }
    if operation.replay.is_some() && !operation.guarded() {
        node.report(
            &rules::IDEMPOTENT_WITHOUT_SECURITY,
            format!("`{}` is idempotent but requires no credential", operation.id),
            "add `security`",
        );
    }
    if operation.required_scopes.is_some() && !operation.guarded() {
        node.report(
            &rules::SCOPES_WITHOUT_SECURITY,
            format!("`{}` requires scopes but no credential", operation.id),
            "add `security`",
        );
    }
}
