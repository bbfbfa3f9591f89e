//! The error type of all calls.

use std::time::Duration;

use reqwest::StatusCode;

use crate::types::{ErrorEnvelope, FieldError};
use crate::{ConnectError, ResponseValue};

/// The reason why a call failed.
///
/// Progenitor's own error prints the body of a response that it cannot parse, which can contain a secret. This type contains
/// no body except the server's error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An error response of the server.
    #[error("{status}: {code}: {message}")]
    Response {
        /// The status.
        status: StatusCode,
        /// A stable, machine-readable code, for example `validation_failed`.
        code: String,
        /// A sentence for people.
        message: String,
        /// The problems of an invalid request.
        details: Vec<FieldError>,
        /// The id of the request in the server's log.
        request_id: Option<String>,
        /// The time to wait before a retry.
        retry_after: Option<Duration>,
    },
    /// A request that does not satisfy the contract; it was not sent.
    #[error("the request was not sent: {0}")]
    Request(String),
    /// A connection that was not established, or that broke.
    #[error("no response: {0}")]
    Connection(#[source] reqwest::Error),
    /// A response that the contract does not document.
    #[error("undocumented response{}", .0.map(|status| format!(": {status}")).unwrap_or_default())]
    Unexpected(Option<StatusCode>),
    /// An error of [`Client::connect`](crate::Client::connect).
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

impl From<progenitor_client::Error<ErrorEnvelope>> for Error {
    fn from(error: progenitor_client::Error<ErrorEnvelope>) -> Self {
        use progenitor_client::Error as Progenitor;
        match error {
            Progenitor::ErrorResponse(response) => Self::response(response),
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
    fn response(response: ResponseValue<ErrorEnvelope>) -> Self {
        let status = response.status();
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let request_id = header("x-request-id").map(str::to_owned);
        let retry_after = header("retry-after").and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
        let error = response.into_inner().error;
        let (code, message, details) = (error.code, error.message, error.details);
        Self::Response { status, code, message, details, request_id, retry_after }
    }
}
