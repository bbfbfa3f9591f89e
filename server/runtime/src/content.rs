//! The body of a request: its media type, its size and the time it takes, all bounded here.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use dropshot::Body;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use http_body_util::BodyExt;
use hyper::Request;
use hyper::body::Body as _;

use super::fault::Fault;
use super::operation::BodySpec;

/// How much of a body that nobody wants is still read, so that the client gets to read its answer instead of a reset
/// connection; and for how long.
const DISCARD_BYTES: usize = 256 * 1024;
const DISCARD_TIME: Duration = Duration::from_secs(2);

/// Reads a body as `spec` has it within `patience`.
pub(super) async fn read(request: &mut Request<Body>, spec: &BodySpec, patience: Duration) -> Result<Bytes, Fault> {
    let (limit, expected) = (spec.limit(), spec.media.name());
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let empty = length == Some(0) || request.body().is_end_stream();
    if !empty && !is_of(expected, request) {
        return Err(Fault::UnsupportedMediaType { expected });
    }
    if length.is_some_and(|length| length > limit as u64) {
        return Err(Fault::PayloadTooLarge { limit });
    }
    match tokio::time::timeout(patience, collect(request.body_mut(), limit)).await {
        Ok(read) => read,
        Err(_) => Err(Fault::RequestTimeout),
    }
}

async fn collect(body: &mut Body, limit: usize) -> Result<Bytes, Fault> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        // The client went away or broke the framing. Nobody will read the answer.
        let frame = frame.map_err(|_| Fault::RequestTimeout)?;
        if let Ok(data) = frame.into_data() {
            if bytes.len() + data.len() > limit {
                return Err(Fault::PayloadTooLarge { limit });
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes.freeze())
}

/// Whether the body says that it is of this media type, plain and uncompressed. Parameters such as a charset mean nothing
/// for those that are read here.
fn is_of<B>(expected: &str, request: &Request<B>) -> bool {
    let mut types = request.headers().get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next(), types.next()) else { return false };
    let media_type = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case(expected) && !request.headers().contains_key(CONTENT_ENCODING)
}

/// Lets go of a request whose body nobody wants.
pub(super) fn discard(request: Request<Body>) {
    // A client that waits for `100 Continue` has sent nothing, and reading would invite it to.
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
