//! Sending of responses: status, documented headers, body.

use dropshot::{ApiEndpointResponse, Body, HttpError, HttpResponse};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;
use tracing::error;

use super::endpoint::OperationResponse;
use super::operation::{Content, HeaderSource, ResponseSpec, Status};
use super::precondition::PreconditionFailed;
use super::rejection::Rejection;

/// A response body with its media type; `Err` is a serialization error.
type Payload = Result<Option<(HeaderValue, Body)>, String>;

/// No body.
///
/// # Errors
/// Never fails.
pub const fn empty() -> Payload {
    Ok(None)
}

/// A JSON body.
///
/// # Errors
/// Fails if the body cannot be serialized.
pub fn json(body: &impl Serialize) -> Payload {
    let json = serde_json::to_vec(body).map_err(|error| error.to_string())?;
    Ok(Some((HeaderValue::from_static("application/json"), json.into())))
}

/// A body of any media type.
///
/// # Errors
/// Never fails.
pub fn any_body(content_type: HeaderValue, body: Body) -> Payload {
    Ok(Some((content_type, body)))
}

/// Builds a response according to `spec`. `headers` are the values that the service provides, by name.
///
/// An invalid header value or a body that cannot be serialized is a bug of the service: it is logged, and the response is an
/// empty 500.
#[must_use]
pub fn respond<const N: usize>(
    spec: &'static ResponseSpec,
    status: u16,
    payload: Payload,
    headers: [(&'static str, Option<String>); N],
) -> Response<Body> {
    try_respond(spec, status, payload, headers).unwrap_or_else(|error| {
        error!(status, error, "the response cannot be sent");
        internal()
    })
}

/// An empty 500, for the cases in which the operation's own cannot be sent.
pub(crate) fn internal() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
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
        HeaderSource::Constant(value) => Some((header.name, HeaderValue::from_static(value))),
        HeaderSource::Response | HeaderSource::Admission | HeaderSource::Dropshot => None,
    });
    for (name, value) in constants {
        insert(&mut response, name, value)?;
    }
    for (name, value) in headers.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        insert(&mut response, name, header_value(name, value)?)?;
    }
    Ok(response)
}

/// The response to a rejected request of an operation that documents no errors.
#[must_use]
pub fn undocumented(rejection: &Rejection, body: &impl Serialize) -> Response<Body> {
    static SPEC: ResponseSpec =
        ResponseSpec { status: Status::Any, content: Content::Anything, headers: &[], links: "{}" };
    respond(&SPEC, rejection.status(), json(body), [])
}

/// A status of one class: `StatusInClass<4>` for `4XX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatusInClass<const CLASS: u16>(u16);

impl<const CLASS: u16> StatusInClass<CLASS> {
    /// Checks that the status is of this class.
    #[must_use]
    pub const fn new(status: u16) -> Option<Self> {
        if status / 100 == CLASS { Some(Self(status)) } else { None }
    }

    /// The status of a rejection, or the first status of the class if it has another one.
    #[must_use]
    pub fn of(rejection: &Rejection) -> Self {
        Self::new(rejection.status()).unwrap_or(Self(CLASS * 100))
    }

    /// The status.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

fn header_value(name: &str, value: String) -> Result<HeaderValue, String> {
    HeaderValue::try_from(value).map_err(|error| format!("{name}: {error}"))
}

fn insert(response: &mut Response<Body>, name: &str, value: HeaderValue) -> Result<(), String> {
    let header = HeaderName::try_from(name).map_err(|error| error.to_string())?;
    response.headers_mut().insert(header, value);
    Ok(())
}

/// 412, which belongs to HTTP and not to the document.
fn precondition_failed() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::PRECONDITION_FAILED;
    response
}

/// A response with the headers of admission control. Headers that the response does not document are not sent.
#[derive(Debug)]
pub struct WithHeaders<R> {
    pub(super) response: Result<R, PreconditionFailed>,
    pub(super) headers: Vec<(&'static str, Option<String>)>,
}

impl<R: OperationResponse> HttpResponse for WithHeaders<R> {
    fn to_result(self) -> Result<Response<Body>, HttpError> {
        let Ok(response) = self.response else { return Ok(precondition_failed()) };
        let spec = response.spec();
        let mut response = response.to_result()?;
        let documented = |name: &str| {
            spec.headers.iter().any(|it| it.source == HeaderSource::Admission && it.name.eq_ignore_ascii_case(name))
        };
        let values = self.headers.into_iter().filter(|(name, _)| documented(name));
        for (name, value) in values.filter_map(|(name, value)| Some((name, value?))) {
            if let Err(error) = header_value(name, value).and_then(|value| insert(&mut response, name, value)) {
                error!(error, "the header cannot be sent");
            }
        }
        Ok(response)
    }

    fn response_metadata() -> ApiEndpointResponse {
        R::response_metadata()
    }

    fn status_code(&self) -> StatusCode {
        self.response.as_ref().map_or(StatusCode::PRECONDITION_FAILED, HttpResponse::status_code)
    }
}
