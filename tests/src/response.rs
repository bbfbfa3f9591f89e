//! HTTP responses.

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// A completely read response.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Response {
    pub(crate) async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.expect("a complete body").to_vec();
        Self { status, headers, body }
    }

    /// Parses the bytes of a response with `connection: close` and a content length.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
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
        }
    }

    /// Parses the body as JSON.
    ///
    /// # Panics
    /// If it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {:?}", String::from_utf8_lossy(&self.body)))
    }

    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("headers are ASCII"))
    }

    /// Returns `error.code`.
    #[must_use]
    pub fn code(&self) -> String {
        text(&self.json()["error"]["code"]).to_owned()
    }

    /// Returns the details of a 422 as `field/code`, in their order.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let details = self.json()["error"]["details"].as_array().cloned().unwrap_or_default();
        details.iter().map(|detail| format!("{}/{}", text(&detail["field"]), text(&detail["code"]))).collect()
    }

    /// Asserts the status. The panic message contains the body.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        self
    }
}

/// Returns the content of a JSON string.
///
/// # Panics
/// If the value is not a string.
#[must_use]
#[track_caller]
pub fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}
