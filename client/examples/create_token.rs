//! Creates an API token with the generated client.
//!
//! ```sh
//! cargo run -p aether-client --example create_token -- http://127.0.0.1:8080 ORGANIZATION aether-owner.token
//! ```

use std::env;
use std::process::ExitCode;

use aether_client::types::ApiTokenCreate;
use aether_client::{Client, Error};
use secrecy::ExposeSecret;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [server, organization, owner_token_file] = arguments.as_slice() else {
        eprintln!("usage: create_token SERVER ORGANIZATION OWNER_TOKEN_FILE");
        return ExitCode::from(2);
    };
    match create(server, organization, owner_token_file).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            eprintln!("{error}{cause}");
            ExitCode::FAILURE
        }
    }
}

/// Creates a token, and reads its metadata with the new token.
pub async fn create(
    server: &str,
    organization: &str,
    owner_token_file: &str,
) -> Result<(), Box<dyn std::error::Error>> {
    let owner_token = std::fs::read_to_string(owner_token_file)?;
    let aether = Client::connect(server, owner_token.trim())?;
    let issued = aether
        .create_api_token()
        .org_id(organization.parse::<uuid::Uuid>()?)
        .body(ApiTokenCreate::builder().name("deploy pipeline").scopes(vec!["deploy:*".parse()?]))
        .send()
        .await
        .map_err(Error::from)?
        .into_inner();
    println!("{} was created, with the scopes {:?}", issued.prefix, issued.scopes);

    // The server returns the secret once. Only `expose_secret` reveals it.
    let mine = Client::connect(server, issued.token.expose_secret())?;
    let current = mine.get_current_api_token().send().await.map_err(Error::from)?.into_inner();
    println!("the name of the new token is {:?}", current.name);
    Ok(())
}
