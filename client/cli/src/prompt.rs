//! Secrets and confirmations from the terminal or from standard input.

mod echo;

use std::io::{self, IsTerminal, Read};

use aether_client::secrecy::{ExposeSecret, SecretString};

use echo::Silence;

use crate::failure::{Exit, Failure};
use crate::output::prompt;

/// The maximum size of a secret in bytes. The server accepts no longer body.
const MAX_SECRET: u64 = 65_536;

/// Reads a secret: all of standard input, or if that is a terminal, a line after a prompt without echo.
///
/// # Errors
/// Fails if there is none.
pub(crate) async fn read_secret(question: &str) -> Result<SecretString, Failure> {
    let secret = if is_interactive() { prompt_for_secret(question).await? } else { read_input().await? };
    if secret.expose_secret().trim().is_empty() {
        return Err(Failure::usage("no token was given; write it to standard input, or type it at the prompt"));
    }
    Ok(secret.expose_secret().trim().into())
}

async fn prompt_for_secret(question: &str) -> Result<SecretString, Failure> {
    // Before the question, so that nothing that is typed after it is shown.
    let _silence = Silence::begin().map_err(|error| Failure::io("switch off the echo of the terminal", &error))?;
    prompt(question);
    Ok(read_line().await?.into())
}

/// Reads a line from the terminal.
async fn read_line() -> Result<String, Failure> {
    read(|input, text| input.read_line(text)).await
}

/// Reads all of standard input.
async fn read_input() -> Result<SecretString, Failure> {
    let text = SecretString::from(read(|input, text| input.take(MAX_SECRET + 1).read_to_string(text)).await?);
    if text.expose_secret().len() as u64 > MAX_SECRET {
        return Err(Failure::usage(format!("standard input has more than {MAX_SECRET} bytes, and is not a token")));
    }
    Ok(text)
}

/// Reads standard input in a thread of its own, so that Ctrl-C is handled meanwhile.
async fn read(
    read: impl FnOnce(io::Stdin, &mut String) -> io::Result<usize> + Send + 'static,
) -> Result<String, Failure> {
    let text = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        read(io::stdin(), &mut text).map(|_| text)
    });
    text.await.expect("the thread does not panic").map_err(|error| Failure::io("read standard input", &error))
}

/// Whether a person can be asked.
pub(crate) fn is_interactive() -> bool {
    io::stdin().is_terminal()
}

/// Requires the flag `--yes` of a command that cannot ask.
///
/// # Errors
/// Fails with the status of a usage error if the flag is missing.
pub(crate) fn require_yes(yes: bool, action: &str) -> Result<(), Failure> {
    if yes || is_interactive() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{action} cannot be undone, and standard input is no terminal to ask on; confirm it with --yes"
    )))
}

/// Asks a person for a confirmation.
///
/// # Errors
/// Fails with the status of a negative result if the reply is not yes.
pub(crate) async fn confirm(question: &str) -> Result<(), Failure> {
    prompt(format_args!("{question} [y/N] "));
    match read_line().await?.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::new(Exit::Negative, "not confirmed; nothing was changed")),
    }
}
