//! The results of a command.

use std::fmt;

/// The result of a command that did its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: no finding.
    Success,
    /// 1: at least one finding, which the output describes.
    Found,
}

impl Exit {
    /// [`Found`](Self::Found) if `found`.
    #[must_use]
    pub const fn found_if(found: bool) -> Self {
        if found { Self::Found } else { Self::Success }
    }
}

/// 2: the command could not do its work. The message has the reason.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// A failure with a message.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
