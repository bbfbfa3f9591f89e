//! The client of a released contract, with its program.
//!
//! The layer below the generated operations is as small as they allow: the hand-written layer of the client belongs to
//! today's contract.

use std::process::ExitCode;
use std::time::Duration;

use reqwest::header::HeaderValue;
use secrecy::ExposeSecret;

pub(crate) use error::Error;
pub use secret::{PresentedToken, TokenSecret};
use transport::{Calls, Transport};

mod contract;
mod error;
#[allow(warnings, reason = "generated")]
mod generated;
mod program;
mod secret;
#[allow(dead_code, reason = "the client's own")]
mod support;
mod transport;

/// The time limit of a request. No response of the server takes longer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The statuses of errors that a program has to read, if its contract documents them.
const ERRORS: [u16; 5] = [401, 403, 404, 409, 422];

/// The server that a program calls.
pub(crate) struct Server {
    url: String,
    /// A token with the scope `*`, of an organization without other tokens.
    pub(crate) owner: TokenSecret,
    http: reqwest::Client,
    calls: Calls,
}

impl Server {
    fn from_env() -> Self {
        let variable = |name| std::env::var(name).unwrap_or_else(|_| panic!("{name} is set"));
        let http = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build().expect("a client without TLS");
        Self { url: variable("AETHER_URL"), owner: variable("AETHER_TOKEN").into(), http, calls: Calls::default() }
    }

    /// A client with a token.
    pub(crate) fn client(&self, token: &TokenSecret) -> generated::Client {
        let authorization = HeaderValue::try_from(format!("Bearer {}", token.expose_secret())).expect("visible ASCII");
        let inner = Transport { authorization, calls: Calls::clone(&self.calls) };
        generated::Client { baseurl: self.url.clone(), client: self.http.clone(), inner }
    }
}

/// Unwraps an error that the contract documents.
#[track_caller]
pub(crate) fn rejected<T: std::fmt::Debug>(
    result: Result<T, Error>,
    status: u16,
    code: &str,
) -> generated::types::ErrorBody {
    match result {
        Err(Error::Api { status: found, body, .. }) if found.as_u16() == status && body.code == code => body,
        Err(error) => panic!("expected {status} {code}: {error}"),
        Ok(value) => panic!("expected {status} {code}: {value:?}"),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let server = Server::from_env();
    if let Err(error) = program::run(&server).await {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    let missing = report(&server.calls);
    missing.iter().for_each(|missing| eprintln!("the program does not read {missing}"));
    if missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints the calls. Returns those that the program lacks.
fn report(calls: &Calls) -> Vec<String> {
    let calls = calls.lock().expect("no call panics");
    let mut missing = Vec::new();
    for (operation, _) in contract::OPERATIONS {
        let statuses: Vec<_> = calls.iter().filter(|(id, _)| id == operation).map(|(_, status)| *status).collect();
        if !statuses.iter().any(|status| (200..300).contains(status)) {
            missing.push(format!("a success of {operation}"));
        }
        let statuses = statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
        println!("  {operation:28}{statuses}");
    }
    for status in ERRORS {
        let is_documented = contract::OPERATIONS.iter().any(|(_, statuses)| statuses.contains(&status));
        if is_documented && !calls.iter().any(|(_, found)| *found == status) {
            missing.push(format!("an error {status}"));
        }
    }
    missing
}
