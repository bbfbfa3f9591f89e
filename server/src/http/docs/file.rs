//! The files of the page, each as it is and compressed.

use std::sync::OnceLock;

use aether_api::runtime::Bytes;
use dropshot::Body;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, VARY};
use http::{Response, StatusCode};
use sha2::{Digest, Sha256};

use super::negotiation::{accepts_gzip, has};

include!("list.rs");

/// A file of the page.
pub(super) struct File {
    /// The path in URLs.
    pub(super) path: &'static str,
    media_type: &'static str,
    identity: Representation,
    gzip: Representation,
}

/// The bytes of a file in one encoding.
struct Representation {
    bytes: &'static [u8],
    tag: OnceLock<HeaderValue>,
}

/// A file below `assets`. The build script has compressed it.
macro_rules! file {
    ($path:literal, $media_type:literal, $name:literal) => {
        File {
            path: $path,
            media_type: $media_type,
            identity: Representation::new(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/", $name))),
            gzip: Representation::new(include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".gz"))),
        }
    };
}

pub(super) static FILES: [File; 8] = files!(file);

impl Representation {
    const fn new(bytes: &'static [u8]) -> Self {
        Self { bytes, tag: OnceLock::new() }
    }

    /// The entity tag: the hash of the bytes, so it is that of the file in every process.
    fn tag(&self) -> &HeaderValue {
        self.tag.get_or_init(|| {
            let hash = hex::encode(Sha256::digest(self.bytes));
            HeaderValue::try_from(format!("\"{hash}\"")).expect("hex digits are ASCII")
        })
    }
}

impl File {
    /// Responds to a GET or a HEAD with these headers.
    pub(super) fn respond(&self, request: &HeaderMap) -> Response<Body> {
        let compressed = accepts_gzip(request);
        let representation = if compressed { &self.gzip } else { &self.identity };
        let known = has(request, representation.tag());
        let mut response =
            Response::new(if known { Body::empty() } else { Bytes::from_static(representation.bytes).into() });
        let headers = response.headers_mut();
        headers.insert(ETAG, representation.tag().clone());
        // A browser asks for each file again, so that an upgrade of the server shows.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        if compressed {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}
