//! Requests that the stub itself rejects. The service provides the response body, the document the status.

use super::problem::Problem;

/// The reason why the stub, and not the service, responds.
#[derive(Debug)]
pub enum Rejection {
    /// 404: no operation has the path.
    NotFound,
    /// 405: the path has no operation with this method.
    MethodNotAllowed,
    /// 408: the body did not arrive in time.
    RequestTimeout,
    /// 413: the body exceeds the limit.
    PayloadTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// 415: the body does not have the documented media type.
    UnsupportedMediaType {
        /// The documented media type.
        expected: &'static str,
    },
    /// 422: the request violates the document. The list holds every problem.
    Invalid(Vec<Problem>),
    /// 500: a handler panicked, or the service contradicts the document. The log has the cause.
    Internal,
}

impl Rejection {
    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::RequestTimeout => 408,
            Self::PayloadTooLarge { .. } => 413,
            Self::UnsupportedMediaType { .. } => 415,
            Self::Invalid(_) => 422,
            Self::Internal => 500,
        }
    }
}
