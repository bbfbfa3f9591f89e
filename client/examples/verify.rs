//! Verifies a token from standard input, as a service does for each request: `verify SCOPE < TOKEN`.
//!
//! The service's own token is that of the environment. It needs the scope `api-tokens:introspect`.

use aether_client::Client;
use aether_client::verifier::{Verdict, Verifier};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let scope = std::env::args().nth(1).ok_or("the scope is missing")?;
    let verifier = Verifier::new(Client::from_env()?);
    let presented = std::io::read_to_string(std::io::stdin())?;
    match verifier.verify(presented.trim()).await? {
        Verdict::Active(token) if token.covers(&scope) => println!("200: token {}", token.id),
        Verdict::Active(_) => println!("403: the token does not cover {scope}"),
        Verdict::Inactive => println!("401: the token is not active"),
    }
    Ok(())
}
