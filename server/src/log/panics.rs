//! Panics as lines of the log.

use std::any::Any;
use std::panic::{self, Location};

use tracing::error;

/// The maximum length of a panic's message, in characters: it can contain a value of a request.
const MAX_MESSAGE: usize = 200;

/// Logs every panic of the process. The default hook writes the whole message, and waits for the reader of standard error.
pub(super) fn log() {
    panic::set_hook(Box::new(|info| log_panic(info.payload(), info.location())));
}

fn log_panic(payload: &dyn Any, location: Option<&Location<'_>>) {
    let message = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref().map(String::as_str));
    let message: String = message.unwrap_or("no message").chars().take(MAX_MESSAGE).collect();
    error!(location = location.map(tracing::field::display), panic = message, "a thread panicked");
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    #[derive(Debug, Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Captured {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn panic_is_one_bounded_line() {
        let long = "x".repeat(10_000);
        for (payload, expected) in [
            (Box::new("a\nb") as Box<dyn Any>, "a\\nb\""),
            (Box::new(long.clone()), &format!("\"{}\"", &long[..MAX_MESSAGE])),
            (Box::new(7), "no message"),
        ] {
            let captured = Captured::default();
            let subscriber = tracing_subscriber::fmt().with_writer(captured.clone()).finish();
            tracing::subscriber::with_default(subscriber, || log_panic(&*payload, Some(Location::caller())));
            let text = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
            assert!(text.contains(expected) && text.contains("panics.rs:"), "{text}");
            assert!(text.lines().count() == 1 && text.len() < 600, "{text}");
        }
    }
}
