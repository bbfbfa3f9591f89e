//! The error of a call.

use std::fmt;

use reqwest::StatusCode;

use crate::generated::types::ErrorBody;
use crate::transport::Response;

/// The error of a call.
#[derive(Debug)]
pub enum Error {
    /// A documented error.
    Api {
        /// The operation, in snake case.
        operation: &'static str,
        /// The status.
        status: StatusCode,
        /// The error, as the contract of the version describes it.
        body: ErrorBody,
    },
    /// A request that could not be sent, or a response that the contract of the version does not describe.
    Failed(String),
}

impl Error {
    pub(crate) fn http(error: reqwest::Error) -> Self {
        Self::Failed(error.without_url().to_string())
    }

    pub(crate) fn header(error: impl fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }

    pub(crate) fn invalid_request(problem: String) -> Self {
        Self::Failed(format!("the client refuses the request: {problem}"))
    }

    pub(crate) fn undocumented(response: &Response) -> Self {
        Self::Failed(format!("{}: the status {} is not documented", response.operation, response.status))
    }

    /// The body is left out, because it can contain a secret.
    pub(crate) fn unreadable(response: &Response, error: &serde_json::Error) -> Self {
        Self::Failed(format!("{}: the response {} cannot be read: {error}", response.operation, response.status))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api { operation, status, body } => {
                write!(f, "{operation}: {status}, {}: {}", body.code, body.message)
            }
            Self::Failed(problem) => f.write_str(problem),
        }
    }
}

impl std::error::Error for Error {}
