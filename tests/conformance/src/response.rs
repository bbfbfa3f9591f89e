//! HTTP responses.

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::secret::redact;

/// The part of a body that a message shows, in characters.
const SHOWN: usize = 600;

/// The part of a body that is read, in bytes. A page of 100 tokens with 64 long scopes has less than one.
const LONGEST: usize = 4 << 20;

/// A completely read response.
#[derive(Clone)]
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// The method and the path of the request, for messages.
    pub request: String,
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.describe())
    }
}

impl Response {
    /// Reads the body of a response.
    ///
    /// # Errors
    /// If the body is incomplete.
    pub async fn read(request: String, mut response: reqwest::Response) -> reqwest::Result<Self> {
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        // A body without an end is cut off, and does not conform.
        while let Some(chunk) = response.chunk().await?.filter(|_| body.len() < LONGEST) {
            body.extend_from_slice(&chunk);
        }
        Ok(Self { status, headers, body, request })
    }

    /// Parses the bytes of a response with `connection: close` and a content length.
    ///
    /// # Panics
    /// If they are no such response.
    #[must_use]
    pub fn parse(request: String, bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("the end of the headers");
        let head = std::str::from_utf8(&bytes[..end]).expect("headers are ASCII");
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
        let headers = lines.filter_map(|line| {
            let (name, value) = line.split_once(": ")?;
            Some((name.parse().ok()?, value.parse().ok()?))
        });
        Self {
            status: StatusCode::from_u16(status.expect("a status")).expect("a status"),
            headers: headers.collect(),
            body: bytes[end + 4..].to_vec(),
            request,
        }
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Parses the body as JSON.
    ///
    /// # Panics
    /// If it is not JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: the body is not JSON: {error}", self.describe()))
    }

    /// Returns a header.
    ///
    /// # Panics
    /// If it is not ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("headers are ASCII"))
    }

    /// Returns `error.code`.
    ///
    /// # Panics
    /// If the body has none.
    #[must_use]
    #[track_caller]
    pub fn code(&self) -> String {
        match self.json()["error"]["code"].as_str() {
            Some(code) => code.to_owned(),
            None => panic!("{}: no error.code", self.describe()),
        }
    }

    /// Returns the details of a 422 as `field/code`, in their order.
    #[must_use]
    #[track_caller]
    pub fn problems(&self) -> Vec<String> {
        let details = self.json()["error"]["details"].as_array().cloned().unwrap_or_default();
        details.iter().map(|detail| format!("{}/{}", text(&detail["field"]), text(&detail["code"]))).collect()
    }

    /// Asserts the status.
    ///
    /// # Panics
    /// If the status is another one. The message has the request and the body, without secrets.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert!(self.status.as_u16() == status, "{}, expected {status}", self.describe());
        self
    }

    /// The request, the status and the body in one line, without secrets.
    #[must_use]
    pub fn describe(&self) -> String {
        let body = redact(&self.text());
        let mut shown: String = body.chars().take(SHOWN).collect();
        if shown.len() < body.len() {
            shown.push('…');
        }
        let space = if shown.is_empty() { "" } else { " " };
        format!("{} returned {}{space}{shown}", redact(&self.request), self.status.as_u16())
    }
}

/// Returns the content of a JSON string.
///
/// # Panics
/// If the value is not a string.
#[must_use]
#[track_caller]
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a string"))
}
