//! Response metadata for the document that dropshot emits.

use std::fmt;
use std::marker::PhantomData;

use dropshot::{
    ApiEndpointResponse, ErrorStatusCode, HttpError, HttpResponse, HttpResponseCreated, HttpResponseDeleted,
    HttpResponseError, HttpResponseHeaders, HttpResponseUpdatedNoContent,
};
use http::StatusCode;
use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use serde::{Serialize, Serializer};

/// A success with a body.
#[must_use]
pub fn documented<T: JsonSchema + Serialize + Send + Sync + 'static>(
    status: u16,
    description: &str,
) -> ApiEndpointResponse {
    describe::<HttpResponseCreated<T>>(status, description)
}

/// A success with any body; without a status, a response of any status.
#[must_use]
pub fn documented_any_body(status: Option<u16>, description: &str) -> ApiEndpointResponse {
    ApiEndpointResponse {
        success: status.and_then(|status| StatusCode::from_u16(status).ok()),
        description: Some(description.to_owned()),
        ..ApiEndpointResponse::default()
    }
}

/// A success without a body.
#[must_use]
pub fn documented_empty(status: u16, description: &str) -> ApiEndpointResponse {
    describe::<HttpResponseDeleted>(status, description)
}

/// A success with headers.
#[must_use]
pub fn with_headers<H: Headers>(response: ApiEndpointResponse) -> ApiEndpointResponse {
    // Only dropshot's own response type can describe headers. Its body is not used.
    let headers = HttpResponseHeaders::<HttpResponseUpdatedNoContent, HeadersOf<H>>::response_metadata().headers;
    ApiEndpointResponse { headers, ..response }
}

/// The headers of a success.
pub trait Headers: 'static {
    /// The schema of an object with the headers as properties.
    fn schema(generator: &mut SchemaGenerator) -> Schema;
}

/// A type whose schema describes the headers. It is never instantiated.
struct HeadersOf<H>(PhantomData<fn() -> H>);

impl<H> Serialize for HeadersOf<H> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<H: Headers> JsonSchema for HeadersOf<H> {
    fn schema_name() -> String {
        "Headers".to_owned()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        H::schema(generator)
    }
}

/// The metadata of one of dropshot's responses, with the document's status.
fn describe<R: HttpResponse>(status: u16, description: &str) -> ApiEndpointResponse {
    ApiEndpointResponse {
        success: StatusCode::from_u16(status).ok(),
        description: Some(description.to_owned()),
        ..R::response_metadata()
    }
}

/// The error type in dropshot's document, with the schema of `E`.
///
/// Errors are sent as responses, which can have headers. Dropshot would create this type only if an extractor failed, and
/// [`RawRequest`](super::RawRequest) does not fail.
#[derive(Debug)]
pub struct ErrorSchema<E> {
    error: HttpError,
    schema: PhantomData<fn() -> E>,
}

impl<E: JsonSchema + 'static> HttpResponseError for ErrorSchema<E> {
    fn status_code(&self) -> ErrorStatusCode {
        self.error.status_code
    }
}

impl<E> From<HttpError> for ErrorSchema<E> {
    fn from(error: HttpError) -> Self {
        Self { error, schema: PhantomData }
    }
}

impl<E> fmt::Display for ErrorSchema<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<E> Serialize for ErrorSchema<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<E: JsonSchema> JsonSchema for ErrorSchema<E> {
    fn schema_name() -> String {
        E::schema_name()
    }

    fn is_referenceable() -> bool {
        E::is_referenceable()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        E::json_schema(generator)
    }
}
