//! A run of a released client.

use std::path::Path;
use std::process::{Command, Stdio};

use dropstub::Failure;
use secrecy::ExposeSecret;

use aether_client_mock::TestAuthority;

/// Runs the program of a released client against the server at a URL, with the owner token of a new organization of it. Returns
/// its output.
///
/// # Errors
/// Fails if the program does. The message has its output.
pub async fn run(program: &Path, url: &str, authority: &TestAuthority) -> Result<String, Failure> {
    let organization = authority.other_organization().await;
    let mut command = Command::new(program);
    command.env("AETHER_URL", url).env("AETHER_TOKEN", organization.owner_token().expose_secret());
    // The message of a panic has the line of the program.
    command.env("RUST_BACKTRACE", "0").stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await?;
    let output = output.map_err(|error| Failure::new(format!("cannot run {}: {error}", program.display())))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Failure::new(String::from_utf8_lossy(&output.stderr).trim()))
    }
}
