//! The `aether-server` program.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use aether_server::cli;
use aether_server::config::Arguments;
use tokio::runtime::Runtime;

/// The time for which the end of the process waits for the reader of standard error.
const REPORT: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let arguments = Arguments::from_process();
    // The threads of the runtime inherit it.
    cli::yield_to_servers(&arguments);
    let result = Runtime::new().map_err(cli::Error::from).and_then(|runtime| {
        let result = runtime.block_on(cli::run(arguments));
        // A server that a second signal ends does not wait for its threads.
        runtime.shutdown_background();
        result
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(format!("aether-server: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Writes a line to standard error. It neither panics, as `eprintln!` would, nor waits for long if nobody reads.
fn report(line: String) {
    let (written, is_written) = mpsc::channel();
    thread::spawn(move || {
        let _ = writeln!(io::stderr(), "{line}");
        let _ = written.send(());
    });
    let _ = is_written.recv_timeout(REPORT);
}
