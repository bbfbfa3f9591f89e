//! The `aether-server` program.

use std::io::Write;
use std::process::ExitCode;

use aether_server::cli;
use aether_server::config::Arguments;
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    let arguments = Arguments::from_process();
    let result = Runtime::new().map_err(cli::Error::from).and_then(|runtime| {
        let result = runtime.block_on(cli::run(arguments, &mut std::io::stdout()));
        // A server that a second signal ends does not wait for its threads.
        runtime.shutdown_background();
        result
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Unlike `eprintln!`, it does not panic if nobody reads standard error.
            let _ = writeln!(std::io::stderr(), "aether-server: {error}");
            ExitCode::FAILURE
        }
    }
}
