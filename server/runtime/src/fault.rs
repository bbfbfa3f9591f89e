//! What the glue itself refuses a request for. The service says what the answer's body is, the contract its status.

use super::problem::Problem;

/// Why the glue, and not the service, answers.
#[derive(Debug)]
pub enum Fault {
    /// 405: the path has no operation for this method.
    MethodNotAllowed,
    /// 408: the body did not arrive in time.
    RequestTimeout,
    /// 413: the body has more than `limit` bytes.
    PayloadTooLarge { limit: usize },
    /// 415: the body is not, by its own account, of the media type `expected`.
    UnsupportedMediaType { expected: &'static str },
    /// 422: the request is not what the contract asks for. All that is wrong is here.
    Invalid(Vec<Problem>),
    /// 500: a handler panicked, or the service and the contract disagree. The log says which.
    Internal,
}

impl Fault {
    /// The status that says so.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::MethodNotAllowed => 405,
            Self::RequestTimeout => 408,
            Self::PayloadTooLarge { .. } => 413,
            Self::UnsupportedMediaType { .. } => 415,
            Self::Invalid(_) => 422,
            Self::Internal => 500,
        }
    }
}
