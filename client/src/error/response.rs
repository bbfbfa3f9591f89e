//! Error responses, of the server and of gateways before it.

use std::fmt;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use super::redact::redact;
use super::{Error, ErrorKind};
use crate::generated::types::ErrorEnvelope;
use crate::transport::{Response, retry_after};
use crate::{ErrorCode, FieldError};

/// A response that is an error.
#[derive(Clone)]
pub(super) struct ResponseError {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) code: Option<ErrorCode>,
    pub(super) details: Vec<FieldError>,
    pub(super) request_id: Option<String>,
    pub(super) retry_after: Option<Duration>,
    /// The problem, if it is not that of the server.
    problem: Option<String>,
    message: String,
}

impl ResponseError {
    fn new(response: &Response) -> Self {
        let header = |name| response.headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            status: response.status,
            code: None,
            details: Vec::new(),
            request_id: header("x-request-id").map(redact),
            retry_after: retry_after::of(&response.headers),
            problem: None,
            message: String::new(),
            headers: without_secrets(&response.headers),
        }
    }

    /// Whether the same request can succeed later.
    pub(super) fn is_retryable(&self) -> bool {
        match self.status.as_u16() {
            408 | 429 | 500 | 502 | 503 | 504 => true,
            409 => self.code == Some(ErrorCode::IdempotencyInProgress),
            _ => false,
        }
    }
}

/// The headers. The values with a token are marked, so that `Debug` leaves them out.
fn without_secrets(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for value in headers.values_mut() {
        let text = String::from_utf8_lossy(value.as_bytes());
        if redact(&text) != text {
            value.set_sensitive(true);
        }
    }
    headers
}

impl Error {
    /// The error of a response with an error status.
    pub(crate) fn response(response: &Response) -> Self {
        let mut parts = ResponseError::new(response);
        if let Ok(ErrorEnvelope { error }) = serde_json::from_slice(&response.body) {
            parts.code = Some(redact(error.code.as_str()).as_str().into());
            parts.message = redact(&error.message);
            parts.details = error.details;
            for detail in &mut parts.details {
                detail.code = redact(detail.code.as_str()).as_str().into();
                detail.field = redact(&detail.field);
                detail.message = redact(&detail.message);
            }
        }
        Self::with_response(ErrorKind::Response, parts)
    }

    /// The error of a redirect, which is never followed, or of another status that the contract does not document.
    pub(crate) fn undocumented(response: &Response) -> Self {
        let mut parts = ResponseError::new(response);
        parts.problem = Some(if parts.status.is_redirection() {
            "a redirect, which is not followed; the URL is not that of Aether".to_owned()
        } else {
            "a status that the contract does not document".to_owned()
        });
        Self::with_response(ErrorKind::UnexpectedResponse, parts).with_history(response.history.clone())
    }

    /// The error of a success with a body that cannot be read. The parser's own words contain parts of the body.
    pub(crate) fn unreadable(response: &Response, error: &serde_json::Error) -> Self {
        use serde_json::error::Category;
        let problem = match error.classify() {
            Category::Data => "a body of another form than the contract's",
            Category::Io | Category::Syntax | Category::Eof => "a body that is not JSON",
        };
        let mut parts = ResponseError::new(response);
        parts.problem = Some(format!("{problem} (line {}, column {})", error.line(), error.column()));
        Self::with_response(ErrorKind::UnexpectedResponse, parts).with_history(response.history.clone())
    }

    /// The error of a response that is not used for the reason given.
    pub(crate) fn unexpected(response: &Response, problem: &str) -> Self {
        let mut parts = ResponseError::new(response);
        parts.problem = Some(problem.to_owned());
        Self::with_response(ErrorKind::UnexpectedResponse, parts).with_history(response.history.clone())
    }

    fn with_response(kind: ErrorKind, response: ResponseError) -> Self {
        let mut error = Self::new(kind, String::new());
        error.0.response = Some(response);
        error
    }
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.problem, &self.code) {
            (Some(problem), _) => write!(f, "unexpected response: {}: {problem}", self.status)?,
            (None, Some(code)) => write!(f, "{} {code}: {}", self.status.as_u16(), self.message)?,
            (None, None) => write!(f, "{}, without an error of Aether; a gateway can have sent it", self.status)?,
        }
        fmt_details(&self.details, f)?;
        match &self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

/// Formats the problems by field. The server's messages are sentences.
fn fmt_details(details: &[FieldError], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    details.iter().try_for_each(|FieldError { field, message, .. }| write!(f, " {field}: {message}"))
}
