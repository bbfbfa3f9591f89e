//! The `aether-server` program.

use std::process::ExitCode;

use aether_server::cli;
use aether_server::config::Arguments;
use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    match cli::run(Arguments::parse(), &mut std::io::stdout()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("aether-server: {error}");
            ExitCode::FAILURE
        }
    }
}
