//! The reasons why the program fails, and its exit statuses.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::output::{note, printable};

/// An exit status. `--help` and the README list them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The command did its work.
    Success = 0,
    /// A scope that is not covered, a token that is not active, or a question that was not confirmed.
    Negative = 1,
    /// The arguments or the settings cannot be used. Nothing was sent.
    Usage = 2,
    /// 401.
    Unauthorized = 3,
    /// 403.
    Forbidden = 4,
    /// 404, and a prefix without a token.
    NotFound = 5,
    /// 409.
    Conflict = 6,
    /// 422, and a request that the client did not send for the same reason.
    Invalid = 7,
    /// A connection, a time limit, a rate limit or a server that failed. The same command can succeed later.
    Unavailable = 8,
    /// Any other failure.
    Failed = 9,
    /// Ctrl-C, as shells report it.
    Interrupted = 130,
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// The reason why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A problem for people, with the status.
    Problem(Exit, String),
    /// The reader of standard output has gone, and the rest of the output is not wanted.
    ClosedPipe,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self::Problem(exit, message.into())
    }

    /// A failure of the arguments or the settings.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// The failure of a file or a stream.
    pub(crate) fn io(action: impl fmt::Display, error: &io::Error) -> Self {
        Self::new(Exit::Failed, format!("cannot {action}: {error}"))
    }

    /// The failure of standard output.
    pub(crate) fn output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::ClosedPipe
        } else {
            Self::io("write to standard output", error)
        }
    }

    /// Prints the failure in one line, and returns the status.
    pub(crate) fn report(&self) -> Exit {
        match self {
            Self::Problem(exit, message) => {
                note(format_args!("aether: {}", printable(message)));
                *exit
            }
            Self::ClosedPipe => Exit::Success,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Problem(_, message) => message,
            Self::ClosedPipe => "closed pipe",
        })
    }
}
