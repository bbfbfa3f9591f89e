//! Creates a token with the settings of the environment: `AETHER_URL`, and `AETHER_TOKEN` or `AETHER_TOKEN_FILE`.

use aether_client::{Client, ExposeSecret};

#[tokio::main]
async fn main() -> aether_client::Result<()> {
    let aether = Client::from_env()?;
    let issued = aether.create_token("deploy pipeline").scopes(["deploy:*"]).await?;
    println!("{}", issued.token.expose_secret());
    Ok(())
}
