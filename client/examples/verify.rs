//! Verifies a token that somebody presented, as a service does with each request.
//!
//! ```sh
//! cargo run -p aether-client --example verify -- http://127.0.0.1:8080 service.token deployments:read
//! ```
//!
//! The file holds the service's own token, which has the scope `api-tokens:introspect`. The presented token is read from
//! standard input.

use std::process::ExitCode;

use aether_client::types::IntrospectionForm;
use aether_client::{Client, Error, PresentedToken};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [server, own_token_file, scope] = arguments.as_slice() else {
        eprintln!("usage: verify SERVER OWN_TOKEN_FILE SCOPE < PRESENTED_TOKEN");
        return Ok(ExitCode::from(2));
    };
    // Once, when the service starts: the client keeps its connections.
    let aether = Client::connect(server, std::fs::read_to_string(own_token_file)?.trim())?;
    let presented = std::io::read_to_string(std::io::stdin())?;
    let verdict = verify(&aether, presented.trim(), scope).await?;
    println!("{verdict:?}");
    Ok(if verdict == Verdict::Good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a service does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Answer it.
    Good,
    /// 401: nobody is known by this token.
    Unknown,
    /// 403: the token is good, but not for this.
    Forbidden,
}

/// Finds out what a presented token is worth.
///
/// # Errors
/// Where Aether cannot be asked. That says nothing about the token, so the request is not to be answered.
pub async fn verify(aether: &Client, presented: &str, needed: &str) -> Result<Verdict, Error> {
    let form = IntrospectionForm::builder().token(PresentedToken::from(presented));
    let told = aether.introspect_api_token().body(form).send().await.map_err(Error::from)?.into_inner();
    if !told.active {
        return Ok(Verdict::Unknown);
    }
    let scopes = told.scope.unwrap_or_default();
    Ok(if scopes.split(' ').any(|scope| covers(scope, needed)) { Verdict::Good } else { Verdict::Forbidden })
}

/// `*` is everything, `a:*` is everything below `a:`, anything else is exact.
fn covers(scope: &str, needed: &str) -> bool {
    match scope.strip_suffix('*') {
        Some("") => true,
        Some(below) if below.ends_with(':') => needed.starts_with(below),
        _ => scope == needed,
    }
}
