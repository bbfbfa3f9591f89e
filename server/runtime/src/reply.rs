//! Replies on their way out: a status, the documented headers, and mostly JSON.

use std::fmt;
use std::marker::PhantomData;

use dropshot::{
    ApiEndpointResponse, Body, ErrorStatusCode, HttpError, HttpResponse, HttpResponseCreated, HttpResponseDeleted,
    HttpResponseError, HttpResponseHeaders, HttpResponseUpdatedNoContent,
};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use serde::{Serialize, Serializer};
use tracing::error;

use super::endpoint::Reply;
use super::fault::Fault;
use super::operation::{Content, HeaderSource, ResponseSpec, Status};

/// The body of a response on its way out, with its media type.
type Payload = Result<Option<(HeaderValue, Body)>, String>;

/// A response without a body.
///
/// # Errors
/// Never.
pub const fn nothing() -> Payload {
    Ok(None)
}

/// A response with a JSON body.
///
/// # Errors
/// Where the body cannot be written as JSON.
pub fn json(body: &impl Serialize) -> Payload {
    let json = serde_json::to_vec(body).map_err(|error| error.to_string())?;
    Ok(Some((HeaderValue::from_static("application/json"), json.into())))
}

/// A response with a body of any media type.
///
/// # Errors
/// Never.
pub fn anything(content_type: HeaderValue, body: Body) -> Payload {
    Ok(Some((content_type, body)))
}

/// Writes a response as its `spec` says. `headers` are the values that the reply carries, by name.
///
/// A value that cannot stand in a header, or a body that cannot be written, is a mistake of the service: it is logged,
/// and the answer is a bare 500.
#[must_use]
pub fn respond<const N: usize>(
    spec: &'static ResponseSpec,
    status: u16,
    payload: Payload,
    headers: [(&'static str, Option<String>); N],
) -> Response<Body> {
    try_respond(spec, status, payload, headers).unwrap_or_else(|error| {
        error!(status, error, "a reply that cannot be sent");
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}

fn try_respond<const N: usize>(
    spec: &'static ResponseSpec,
    status: u16,
    payload: Payload,
    headers: [(&'static str, Option<String>); N],
) -> Result<Response<Body>, String> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(status).map_err(|error| error.to_string())?;
    if let Some((content_type, body)) = payload? {
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        *response.body_mut() = body;
    }
    let constants = spec.headers.iter().filter_map(|header| match header.source {
        HeaderSource::Constant(value) => Some((header.name, value.to_owned())),
        HeaderSource::Reply | HeaderSource::Gate | HeaderSource::Dropshot => None,
    });
    let carried = headers.into_iter().filter_map(|(name, value)| Some((name, value?)));
    for (name, value) in constants.chain(carried) {
        insert(&mut response, name, value)?;
    }
    Ok(response)
}

/// The answer to a fault where the document says nothing of answers.
#[must_use]
pub fn undescribed(fault: &Fault, body: &impl Serialize) -> Response<Body> {
    static SPEC: ResponseSpec =
        ResponseSpec { status: Status::Any, content: Content::Anything, headers: &[], links: "{}" };
    respond(&SPEC, fault.status(), json(body), [])
}

/// A status of one class, such as 4 of the document's `4XX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct InClass<const CLASS: u16>(u16);

impl<const CLASS: u16> InClass<CLASS> {
    /// The status, if it is one of this class.
    #[must_use]
    pub const fn new(status: u16) -> Option<Self> {
        if status / 100 == CLASS { Some(Self(status)) } else { None }
    }

    /// The status that answers a fault. The glue asks for faults of this class only; for any other one, this is the
    /// first status of the class.
    #[must_use]
    pub fn of(fault: &Fault) -> Self {
        Self::new(fault.status()).unwrap_or(Self(CLASS * 100))
    }

    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

fn insert(response: &mut Response<Body>, name: &str, value: String) -> Result<(), String> {
    let header = HeaderName::try_from(name).map_err(|error| error.to_string())?;
    let value = HeaderValue::try_from(value).map_err(|error| format!("{name}: {error}"))?;
    response.headers_mut().insert(header, value);
    Ok(())
}

/// A reply with what the gate has every answer say. A response that does not document a header does not get it.
#[derive(Debug)]
pub struct Stamped<R> {
    pub(super) reply: R,
    pub(super) headers: Vec<(&'static str, Option<String>)>,
}

impl<R: Reply> HttpResponse for Stamped<R> {
    fn to_result(self) -> Result<Response<Body>, HttpError> {
        let spec = self.reply.spec();
        let mut response = self.reply.to_result()?;
        let documented = |name: &str| spec.headers.iter().any(|it| it.source == HeaderSource::Gate && it.name == name);
        let values = self.headers.into_iter().filter(|(name, _)| documented(name));
        for (name, value) in values.filter_map(|(name, value)| Some((name, value?))) {
            if let Err(error) = insert(&mut response, name, value) {
                error!(error, "a header that cannot be sent");
            }
        }
        Ok(response)
    }

    fn response_metadata() -> ApiEndpointResponse {
        R::response_metadata()
    }

    fn status_code(&self) -> StatusCode {
        self.reply.status_code()
    }
}

/// What dropshot documents of a success that has a body.
#[must_use]
pub fn documented<T: JsonSchema + Serialize + Send + Sync + 'static>(
    status: u16,
    description: &str,
) -> ApiEndpointResponse {
    describe::<HttpResponseCreated<T>>(status, description)
}

/// What dropshot documents of a success whose body may be anything, and of an answer of any status at all.
#[must_use]
pub fn documented_anything(status: Option<u16>, description: &str) -> ApiEndpointResponse {
    ApiEndpointResponse {
        success: status.and_then(|status| StatusCode::from_u16(status).ok()),
        description: Some(description.to_owned()),
        ..ApiEndpointResponse::default()
    }
}

/// What dropshot documents of a success that has none.
#[must_use]
pub fn documented_empty(status: u16, description: &str) -> ApiEndpointResponse {
    describe::<HttpResponseDeleted>(status, description)
}

/// What dropshot documents of a success, with its headers.
#[must_use]
pub fn with_headers<H: Headers>(response: ApiEndpointResponse) -> ApiEndpointResponse {
    // Dropshot can be told of headers only by a response of its own, of which the body is nothing here.
    let headers = HttpResponseHeaders::<HttpResponseUpdatedNoContent, HeadersOf<H>>::response_metadata().headers;
    ApiEndpointResponse { headers, ..response }
}

/// A success that has headers.
pub trait Headers: 'static {
    /// An object that has them as properties.
    fn schema(generator: &mut SchemaGenerator) -> Schema;
}

/// The headers of a success as dropshot wants them described. There is never one.
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

/// The metadata of one of dropshot's own responses, under the contract's status.
fn describe<R: HttpResponse>(status: u16, description: &str) -> ApiEndpointResponse {
    ApiEndpointResponse {
        success: StatusCode::from_u16(status).ok(),
        description: Some(description.to_owned()),
        ..R::response_metadata()
    }
}

/// The error type that dropshot documents an operation with: the schema of `E`.
///
/// The glue answers errors through the replies, where they can have headers, and never returns one of these. Dropshot
/// itself could only make one of an extractor's failure, and ours do not fail.
#[derive(Debug)]
pub struct Failure<E> {
    error: HttpError,
    schema: PhantomData<fn() -> E>,
}

impl<E: JsonSchema + 'static> HttpResponseError for Failure<E> {
    fn status_code(&self) -> ErrorStatusCode {
        self.error.status_code
    }
}

impl<E> From<HttpError> for Failure<E> {
    fn from(error: HttpError) -> Self {
        Self { error, schema: PhantomData }
    }
}

impl<E> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<E> Serialize for Failure<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<E: JsonSchema> JsonSchema for Failure<E> {
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
