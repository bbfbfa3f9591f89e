//! One error type for everything that can go wrong with a call.

use std::time::Duration;

use reqwest::StatusCode;

use crate::types::{ErrorEnvelope, FieldError};
use crate::{ConnectError, ResponseValue};

/// Why a call did not succeed.
///
/// Progenitor's own error prints the body of an answer that it cannot read, which can be the one with a secret. This
/// one never holds a body but the server's error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server refused, and says why.
    #[error("{status}: {code}: {message}")]
    Refused {
        status: StatusCode,
        /// A stable, machine-readable code, such as `validation_failed`.
        code: String,
        message: String,
        /// Everything that was wrong with the request.
        details: Vec<FieldError>,
        /// Names the request in the server's logs.
        request_id: Option<String>,
        /// After how long to try again, where that can help.
        retry_after: Option<Duration>,
    },
    /// The request does not satisfy the contract and was not sent.
    #[error("the request was not sent: {0}")]
    Request(String),
    /// The server could not be reached, or the connection broke.
    #[error("no answer: {0}")]
    Connection(#[source] reqwest::Error),
    /// The answer is not one of the contract's.
    #[error("an answer that the contract does not know{}", .0.map(|status| format!(": {status}")).unwrap_or_default())]
    Unexpected(Option<StatusCode>),
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

impl From<progenitor_client::Error<ErrorEnvelope>> for Error {
    fn from(error: progenitor_client::Error<ErrorEnvelope>) -> Self {
        use progenitor_client::Error as Progenitor;
        match error {
            Progenitor::ErrorResponse(response) => Self::refused(response),
            Progenitor::InvalidRequest(message) | Progenitor::Custom(message) => Self::Request(message),
            Progenitor::CommunicationError(error) | Progenitor::InvalidUpgrade(error) => {
                Self::Connection(error.without_url())
            }
            Progenitor::ResponseBodyError(error) => Self::Connection(error.without_url()),
            Progenitor::InvalidResponsePayload(..) => Self::Unexpected(None),
            Progenitor::UnexpectedResponse(response) => Self::Unexpected(Some(response.status())),
        }
    }
}

impl Error {
    fn refused(response: ResponseValue<ErrorEnvelope>) -> Self {
        let status = response.status();
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let request_id = header("x-request-id").map(str::to_owned);
        let retry_after = header("retry-after").and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
        let error = response.into_inner().error;
        let (code, message, details) = (error.code, error.message, error.details);
        Self::Refused { status, code, message, details, request_id, retry_after }
    }
}
