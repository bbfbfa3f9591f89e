//! The wording of errors: the code and the message that each has on the wire.

use aether_api::runtime::{Fault, Problem};
use aether_api::{ErrorBody, ErrorEnvelope, FieldError};

/// An error body without details.
pub(super) fn envelope(code: &str, message: impl Into<String>) -> ErrorEnvelope {
    ErrorEnvelope { error: ErrorBody { code: code.into(), message: message.into(), details: None } }
}

/// The body of a 422.
pub(super) fn invalid(problems: impl IntoIterator<Item = Problem>) -> ErrorEnvelope {
    let mut envelope = envelope("validation_failed", "Request validation failed.");
    let detail = |Problem { field, code, message }| FieldError { field, code: code.into(), message };
    envelope.error.details = Some(problems.into_iter().map(detail).collect());
    envelope
}

/// What the glue refuses a request for.
pub(super) fn fault(fault: &Fault) -> ErrorEnvelope {
    match fault {
        Fault::MethodNotAllowed => envelope("method_not_allowed", "The path has no such method."),
        Fault::RequestTimeout => envelope("request_timeout", "The body did not arrive in time."),
        Fault::PayloadTooLarge { limit } => {
            envelope("payload_too_large", format!("The body is larger than {limit} bytes."))
        }
        Fault::UnsupportedMediaType { expected } => {
            envelope("unsupported_media_type", format!("The body must be {expected}."))
        }
        Fault::Invalid(problems) => invalid(problems.iter().cloned()),
        Fault::Internal => envelope("internal", "Internal error."),
    }
}
