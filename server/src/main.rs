//! The `aether-server` program.

use std::process::ExitCode;

use aether_server::config::Arguments;
use aether_server::run::run;
use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse(), &mut std::io::stdout()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("aether-server: {error}");
            ExitCode::FAILURE
        }
    }
}
