//! A run of a released client.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use aether_client_mock::TestAuthority;
use dropstub::Failure;
use secrecy::ExposeSecret;
use tokio::process::Command;

/// The time limit of a run, which takes a second.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Runs the program of a released client against the server at a URL, with the owner token of a new organization of it.
/// Returns its output, or the problem that it found.
///
/// # Errors
/// Fails if the program cannot be run.
pub async fn run(program: &Path, url: &str, authority: &TestAuthority) -> Result<Result<String, String>, Failure> {
    let organization = authority.other_organization().await;
    let mut command = Command::new(program);
    command.env("AETHER_URL", url).env("AETHER_TOKEN", organization.owner_token().expose_secret());
    // The message of a panic has the line of the program.
    command.env("RUST_BACKTRACE", "0");
    let output = output(&mut command, TIME_LIMIT).await;
    output.map_err(|error| Failure::new(format!("cannot run {}: {error}", program.display())))
}

/// The standard output of a command, or its standard error if it fails. It is killed after the time limit, and if the
/// future is dropped.
async fn output(command: &mut Command, limit: Duration) -> std::io::Result<Result<String, String>> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let Ok(output) = tokio::time::timeout(limit, command.output()).await else {
        return Ok(Err(format!("the client did not end within {} seconds", limit.as_secs())));
    };
    let output = output?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr).trim().to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn shell(line: &str, limit: Duration) -> Result<String, String> {
        output(Command::new("sh").args(["-c", line]), limit).await.unwrap()
    }

    #[tokio::test]
    async fn output_is_that_of_success_or_failure() {
        assert_eq!(shell("echo a; echo b >&2", TIME_LIMIT).await, Ok("a\n".to_owned()));
        assert_eq!(shell("echo a; echo b >&2; exit 1", TIME_LIMIT).await, Err("b".to_owned()));
    }

    #[tokio::test]
    async fn program_that_hangs_is_ended() {
        let problem = shell("exec tail -f /dev/null", Duration::ZERO).await.unwrap_err();
        assert_eq!(problem, "the client did not end within 0 seconds");
    }
}
