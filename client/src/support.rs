//! The code that the generated operations need.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::fmt;
use std::ops::Deref;

use crate::Error;
use crate::transport::Response;

/// The value of a response, with its status and headers.
#[derive(Clone)]
pub struct ResponseValue<T> {
    value: T,
    status: StatusCode,
    headers: HeaderMap,
}

impl<T> ResponseValue<T> {
    /// The value.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The text of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl<T: DeserializeOwned> ResponseValue<T> {
    pub(crate) fn from_response(response: Response) -> Result<Self, Error> {
        match serde_json::from_slice(&response.body) {
            Ok(value) => Ok(Self { value, status: response.status, headers: response.headers }),
            Err(error) => Err(Error::unreadable(&response, &error)),
        }
    }
}

impl ResponseValue<()> {
    pub(crate) fn empty(response: Response) -> Self {
        Self { value: (), status: response.status, headers: response.headers }
    }
}

impl<T> Deref for ResponseValue<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// Prints the value only: a header can contain a secret.
impl<T: fmt::Debug> fmt::Debug for ResponseValue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

/// A parameter of a query: no pair if it is absent, one for a value, and one for each element of a list.
#[derive(Debug)]
pub(crate) struct QueryParam<'q, T> {
    name: &'q str,
    value: &'q T,
}

impl<'q, T> QueryParam<'q, T> {
    pub(crate) fn new(name: &'q str, value: &'q T) -> Self {
        Self { name, value }
    }
}

impl<T: Serialize> Serialize for QueryParam<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = match serde_json::to_value(self.value).map_err(serde::ser::Error::custom)? {
            Value::Null => Vec::new(),
            Value::Array(values) => values,
            value => vec![value],
        };
        serializer.collect_seq(values.iter().map(|value| (self.name, value)))
    }
}

/// The methods that progenitor's code expects of a request builder.
pub(crate) trait RequestBuilderExt: Sized {
    fn form_urlencoded<T: Serialize>(self, form: &T) -> Result<Self, Error>;
}

impl RequestBuilderExt for RequestBuilder {
    fn form_urlencoded<T: Serialize>(self, form: &T) -> Result<Self, Error> {
        Ok(self.form(form))
    }
}

/// Encodes a segment of a path.
pub(crate) fn encode_path(segment: &str) -> String {
    /// The characters that end or change a segment.
    const SEGMENT: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'%')
        .add(b'/')
        .add(b'<')
        .add(b'>')
        .add(b'?')
        .add(b'`')
        .add(b'{')
        .add(b'}');
    utf8_percent_encode(segment, SEGMENT).to_string()
}
