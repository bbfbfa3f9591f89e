//! Reading of request bodies, with checks of media type, size and time.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use dropshot::Body;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use http_body_util::BodyExt;
use hyper::Request;
use hyper::body::Body as _;

use super::operation::BodySpec;
use super::rejection::Rejection;

/// The part of an unused body that is still read, and for how long: a client that is sending would otherwise receive a reset
/// connection instead of the response.
const DISCARD_BYTES: usize = 256 * 1024;
const DISCARD_TIME: Duration = Duration::from_secs(2);

/// Reads a body according to `spec` within `timeout`.
pub(super) async fn read(request: &mut Request<Body>, spec: &BodySpec, timeout: Duration) -> Result<Bytes, Rejection> {
    let (limit, expected) = (spec.limit(), spec.media.name());
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let empty = length == Some(0) || request.body().is_end_stream();
    if !empty && !has_media_type(expected, request) {
        return Err(Rejection::UnsupportedMediaType { expected });
    }
    if length.is_some_and(|length| length > limit as u64) {
        return Err(Rejection::PayloadTooLarge { limit });
    }
    match tokio::time::timeout(timeout, collect(request.body_mut(), limit)).await {
        Ok(read) => read,
        Err(_) => Err(Rejection::RequestTimeout),
    }
}

async fn collect(body: &mut Body, limit: usize) -> Result<Bytes, Rejection> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        // The client disconnected or broke the framing, so it does not read the response.
        let frame = frame.map_err(|_| Rejection::RequestTimeout)?;
        if let Ok(data) = frame.into_data() {
            if bytes.len() + data.len() > limit {
                return Err(Rejection::PayloadTooLarge { limit });
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes.freeze())
}

/// Whether the body declares this media type and no compression. Parameters (`charset`) have no meaning for the media types
/// read here.
fn has_media_type<B>(expected: &str, request: &Request<B>) -> bool {
    let mut types = request.headers().get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next(), types.next()) else { return false };
    let media_type = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case(expected) && !request.headers().contains_key(CONTENT_ENCODING)
}

/// Discards a request with an unused body.
pub(super) fn discard(request: Request<Body>) {
    // A client that waits for `100 Continue` has sent nothing, and reading would ask for the body.
    if request.body().is_end_stream() || request.headers().contains_key(EXPECT) {
        return;
    }
    tokio::spawn(tokio::time::timeout(DISCARD_TIME, async move {
        let mut body = request.into_body();
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, Bytes::len);
            if read > DISCARD_BYTES {
                break;
            }
        }
    }));
}
