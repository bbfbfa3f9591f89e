//! The `aether-server` program.

use std::process::ExitCode;

use aether_server::cli;
use aether_server::config::Arguments;
use tokio::runtime::Runtime;

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
            cli::report(&format!("aether-server: {error}"));
            ExitCode::FAILURE
        }
    }
}
