//! Verifies a presented token, as a service does for each request.
//!
//! ```sh
//! cargo run -p aether-client --example verify -- http://127.0.0.1:8080 service.token deployments:read
//! ```
//!
//! The file contains the service's own token, which has the scope `api-tokens:introspect`. The presented token is read
//! from standard input.

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
    // One client for all requests: it keeps its connections.
    let aether = Client::connect(server, std::fs::read_to_string(own_token_file)?.trim())?;
    let presented = std::io::read_to_string(std::io::stdin())?;
    let verdict = verify(&aether, presented.trim(), scope).await?;
    println!("{verdict:?}");
    Ok(if verdict == Verdict::Accepted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The result of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The request is allowed.
    Accepted,
    /// 401: the token is unknown, revoked or expired.
    InvalidToken,
    /// 403: the token is active, but lacks the scope.
    InsufficientScope,
}

/// Verifies that a presented token is active and covers a scope.
///
/// # Errors
/// Fails if Aether cannot be reached. The token is then not verified, so the request must be rejected.
pub async fn verify(aether: &Client, presented: &str, required: &str) -> Result<Verdict, Error> {
    let form = IntrospectionForm::builder().token(PresentedToken::from(presented));
    let result = aether.introspect_api_token().body(form).send().await.map_err(Error::from)?.into_inner();
    if !result.active {
        return Ok(Verdict::InvalidToken);
    }
    let scopes = result.scope.unwrap_or_default();
    Ok(if scopes.split(' ').any(|scope| covers(scope, required)) {
        Verdict::Accepted
    } else {
        Verdict::InsufficientScope
    })
}

/// Scope `*` covers everything, `a:*` everything below `a:`, any other scope itself.
fn covers(scope: &str, required: &str) -> bool {
    match scope.strip_suffix('*') {
        Some("") => true,
        Some(below) if below.ends_with(':') => required.starts_with(below),
        _ => scope == required,
    }
}
