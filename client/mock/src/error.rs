//! Error responses, of Aether and of a gateway before it.

use aether_client::generated::types::ErrorEnvelope;
use aether_client::{ErrorCode, FieldError, FieldErrorCode, StatusCode};
use httpmock::Then;

use crate::fixtures::parse;
use crate::generated::ERRORS;

/// An error response of the contract.
pub(crate) struct Example {
    pub(crate) code: &'static str,
    pub(crate) status: u16,
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// The body as JSON.
    pub(crate) body: &'static str,
}

/// An error of Aether: the status, the headers and the body that the contract has for a code.
///
/// [`fixtures::error`](crate::fixtures::error) creates one. A function that takes an error takes a code, too.
#[derive(Debug, Clone)]
pub struct ErrorResponse {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: ErrorEnvelope,
}

impl ErrorResponse {
    pub(crate) fn new(code: &ErrorCode) -> Self {
        let example = ERRORS.iter().find(|example| *code == example.code);
        let example = example.unwrap_or_else(|| panic!("the contract has no response with the error {code}"));
        let headers = example.headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { status: example.status, headers, body: parse(example.body) }
    }

    /// Replaces the sentence for people.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.body.error.message = message.into();
        self
    }

    /// Replaces the problems: the field, the code and the sentence of each.
    #[must_use]
    pub fn details<'d>(mut self, details: impl IntoIterator<Item = (&'d str, FieldErrorCode, &'d str)>) -> Self {
        let detail = |(field, code, message): (&str, FieldErrorCode, &str)| {
            let detail = FieldError::builder().field(field).code(code).message(message);
            FieldError::try_from(detail).expect("every field is set")
        };
        self.body.error.details = details.into_iter().map(detail).collect();
        self
    }

    /// Sets the time to wait before a retry (`Retry-After`), in seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        self.header("Retry-After", seconds.to_string())
    }

    /// Sets the id of the request (`X-Request-Id`).
    #[must_use]
    pub fn request_id(self, id: impl Into<String>) -> Self {
        self.header("X-Request-Id", id.into())
    }

    fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value));
        self
    }

    /// Sets the response of an operation that has the errors `codes`.
    pub(crate) fn send(self, then: Then, operation: &str, codes: &[&str]) -> Then {
        let code = self.body.error.code.as_str();
        assert!(codes.contains(&code), "{operation} has no error {code}; its errors are {}", codes.join(", "));
        let then = then.status(self.status).header("content-type", "application/json");
        let then = self.headers.into_iter().fold(then, |then, (name, value)| then.header(name, value));
        then.json_body_obj(&self.body)
    }
}

impl From<ErrorCode> for ErrorResponse {
    fn from(code: ErrorCode) -> Self {
        Self::new(&code)
    }
}

/// Sets the response of a gateway that has a page for a status.
pub(crate) fn gateway(then: Then, status: u16) -> Then {
    let title = StatusCode::from_u16(status).map_or_else(|_| status.to_string(), |status| status.to_string());
    let page = format!("<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>");
    then.status(status).header("content-type", "text/html").body(page)
}
