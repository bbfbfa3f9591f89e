//! The error of every call.

pub(crate) mod redact;
mod response;

use std::fmt;
use std::io;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::transport::History;
use crate::{ErrorCode, FieldError};
use response::ResponseError;

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The reason why a call failed.
///
/// Its texts contain no secret: neither the request, nor the response, nor the caller's token. See [the guide](crate::guide::errors).
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    /// The problem, for people.
    message: String,
    /// Whether a time limit was the reason.
    timed_out: bool,
    /// Whether a repetition has the same result.
    is_permanent: bool,
    response: Option<ResponseError>,
    /// The problems of a request that was not sent.
    details: Vec<FieldError>,
    history: History,
}

/// The kind of an error, which is that of the last attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client's settings are invalid. Nothing was sent.
    Configuration,
    /// The request does not satisfy the contract. It was not sent.
    InvalidRequest,
    /// No connection was established, in the last attempt.
    Connect,
    /// No response arrived in time.
    Timeout,
    /// The connection broke before the response was complete.
    Connection,
    /// The server, or a gateway before it, responded with an error.
    Response,
    /// The response is not one of the contract: a redirect, an undocumented status, or an unreadable body.
    UnexpectedResponse,
}

impl Error {
    /// The kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The server's code. It is absent if the server sent no error of the contract.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        self.0.response.as_ref()?.code.as_ref()
    }

    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.response.as_ref().map(|response| response.status)
    }

    /// The headers of the response.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.0.response.as_ref().map(|response| &response.headers)
    }

    /// The problems of an invalid request, by field.
    #[must_use]
    pub fn details(&self) -> &[FieldError] {
        self.0.response.as_ref().map_or(&self.0.details, |response| &response.details)
    }

    /// The id of the request in the server's log (`X-Request-Id`).
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.response.as_ref()?.request_id.as_deref()
    }

    /// The time that the server wants to pass before a retry (`Retry-After`).
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.response.as_ref()?.retry_after
    }

    /// The number of attempts.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.history.attempts
    }

    /// The key of a creation or rotation that was sent.
    ///
    /// A call with the same arguments and this key creates nothing a second time. A time by
    /// [`expires_in`](crate::calls::CreateToken::expires_in) is another argument in each call.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.0.history.idempotency_key.as_deref()
    }

    /// Whether the same call can succeed later. The client has repeated it already, as often as its settings allow.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.0.kind {
            ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Connection => !self.0.is_permanent,
            ErrorKind::Response => self.0.response.as_ref().is_some_and(ResponseError::is_retryable),
            ErrorKind::Configuration | ErrorKind::InvalidRequest | ErrorKind::UnexpectedResponse => false,
        }
    }

    /// Whether a time limit was the reason: that of the connection, of one attempt, or of the call.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.0.timed_out
    }

    /// Whether no connection was established, in the last attempt.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        self.0.kind == ErrorKind::Connect
    }

    /// Whether the server can have executed the request in spite of the error, in any of the attempts.
    ///
    /// Each change is executed at most once, however often it was sent.
    #[must_use]
    pub fn may_have_been_executed(&self) -> bool {
        self.0.history.is_ambiguous || self.is_ambiguous()
    }

    /// Whether the server can have executed the last attempt.
    pub(crate) fn is_ambiguous(&self) -> bool {
        match self.0.kind {
            ErrorKind::Timeout | ErrorKind::Connection | ErrorKind::UnexpectedResponse => true,
            // With this code, nothing was changed, except that a revocation with descendants can have begun.
            ErrorKind::Response if self.code() == Some(&ErrorCode::Unavailable) => false,
            ErrorKind::Response => self.status().is_some_and(|status| status.is_server_error()),
            ErrorKind::Configuration | ErrorKind::InvalidRequest | ErrorKind::Connect => false,
        }
    }

    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let (message, timed_out) = (message.into(), kind == ErrorKind::Timeout);
        let (details, response, history) = (Vec::new(), None, History::default());
        Self(Box::new(Inner { kind, message, timed_out, is_permanent: false, response, details, history }))
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration, message)
    }

    /// The error of a request that does not satisfy the contract.
    pub(crate) fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidRequest, message)
    }

    /// The error of a request with invalid fields.
    pub(crate) fn invalid_fields(details: Vec<FieldError>) -> Self {
        let problems: Vec<_> = details.iter().map(|detail| format!("{}: {}", detail.field, detail.message)).collect();
        let mut error = Self::invalid_request(problems.join("; "));
        error.0.details = details;
        error
    }

    pub(crate) fn timeout(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Timeout, message)
    }

    /// The error of a response that broke before its end.
    pub(crate) fn connection(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Connection, message)
    }

    /// The error of a request or an attempt. It contains the innermost cause, and of the URL the host only.
    #[expect(clippy::needless_pass_by_value, reason = "it is used as a function of `map_err`")]
    pub(crate) fn http(error: reqwest::Error) -> Self {
        let cause = redact::redact(&innermost_cause(&error));
        let (kind, message) = if error.is_builder() {
            (ErrorKind::InvalidRequest, cause)
        } else if error.is_connect() {
            let host = error.url().map(|url| url.origin().ascii_serialization()).unwrap_or_default();
            (ErrorKind::Connect, format!("{host}: {cause}"))
        } else if error.is_timeout() {
            (ErrorKind::Timeout, cause)
        } else {
            (ErrorKind::Connection, cause)
        };
        let mut converted = Self::new(kind, message);
        converted.0.timed_out = error.is_timeout();
        converted.0.is_permanent = kind == ErrorKind::Connect && causes(&error).any(is_invalid_data);
        converted
    }

    /// The error of a header that cannot be sent.
    pub(crate) fn header<E>(_: E) -> Self {
        Self::invalid_request("a header has characters that cannot be sent")
    }

    /// The error of a response whose content makes no sense.
    pub(crate) fn unexpected_body(message: &str) -> Self {
        Self::new(ErrorKind::UnexpectedResponse, format!("unexpected response: {message}"))
    }

    pub(crate) fn with_history(mut self, history: History) -> Self {
        self.0.history = history;
        self
    }
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| error.source())
}

fn innermost_cause(error: &reqwest::Error) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

/// Whether the peer speaks no TLS, or has a certificate that is not trusted.
fn is_invalid_data(cause: &(dyn std::error::Error + 'static)) -> bool {
    // The source of an I/O error is that of the error in it, which is left out.
    cause.downcast_ref::<io::Error>().is_some_and(|error| {
        error.kind() == io::ErrorKind::InvalidData || error.get_ref().is_some_and(|inner| is_invalid_data(inner))
    })
}

impl std::error::Error for Error {}

/// The whole problem in one line, for example
/// `422 validation_failed: Request validation failed. name: Must have at least 1 character. (request 3d0f3c0e-…)`.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, message, response, history, .. } = &*self.0;
        match (kind, response) {
            (_, Some(response)) => response.fmt(f)?,
            (ErrorKind::InvalidRequest, _) => write!(f, "the request was not sent: {message}")?,
            (ErrorKind::Connect, _) => write!(f, "cannot connect to {message}")?,
            (ErrorKind::Timeout, _) => write!(f, "no response in time: {message}")?,
            (ErrorKind::Connection, _) => write!(f, "the connection broke: {message}")?,
            (ErrorKind::Configuration | ErrorKind::Response | ErrorKind::UnexpectedResponse, _) => {
                f.write_str(message)?;
            }
        }
        if history.attempts > 1 {
            write!(f, " (attempt {})", history.attempts)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)
    }
}
