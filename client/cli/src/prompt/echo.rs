//! The echo of the terminal.

use std::io;

#[cfg(unix)]
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// A terminal that does not show typed text. The echo is on again when this is dropped, also by Ctrl-C.
pub(super) struct Silence {
    #[cfg(unix)]
    before: Termios,
}

#[cfg(unix)]
impl Silence {
    /// Switches off the echo of standard input. Text that was typed before is discarded.
    pub(super) fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        // The end of the line is shown.
        silent.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self { before })
    }
}

#[cfg(unix)]
impl Drop for Silence {
    fn drop(&mut self) {
        // A terminal that is gone needs no echo.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.before);
    }
}

#[cfg(not(unix))]
impl Silence {
    /// Fails: on this system a secret cannot be typed without being shown.
    pub(super) fn begin() -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "not on this system; write the token to standard input"))
    }
}
