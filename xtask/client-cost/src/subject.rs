//! The counted program: calls with a client, one after the other.

use std::time::Duration;

use aether_client::{ApiToken, Client};
use clap::ValueEnum;

use crate::Result;

/// A token of the length of those of Aether.
const TOKEN: &str = "aether_6a3c305bdf1bb4c431248000aa53d3a9e1c7b0f2466d8e90";

/// The maximum duration of a call with reqwest, as that of an attempt in the client.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Subject {
    /// `aether-client`.
    AetherClient,
    /// reqwest, and the type of `aether-client`.
    Reqwest,
}

impl Subject {
    /// Gets the current token of a server a number of times. One thread does all the work, so that its instructions do not depend on
    /// the time.
    ///
    /// # Errors
    /// Fails if a call fails.
    pub fn call(self, url: &str, number: i64) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            match self {
                Self::AetherClient => aether_client(url, number).await,
                Self::Reqwest => reqwest(url, number).await,
            }
        })
    }
}

async fn aether_client(url: &str, number: i64) -> Result<()> {
    let client = Client::new(url, TOKEN)?;
    for _ in 0..number {
        let token = client.current_token().await?;
        check(&token)?;
    }
    Ok(())
}

async fn reqwest(url: &str, number: i64) -> Result<()> {
    let client = reqwest::Client::builder().connect_timeout(TIMEOUT).timeout(TIMEOUT).build()?;
    let url = format!("{url}/api/v1/api-tokens/current");
    for _ in 0..number {
        let token: ApiToken = client.get(&url).bearer_auth(TOKEN).send().await?.error_for_status()?.json().await?;
        check(&token)?;
    }
    Ok(())
}

/// Reads the token, so that no part of its parsing can be left out.
fn check(token: &ApiToken) -> Result<()> {
    if TOKEN.starts_with(&token.prefix) { Ok(()) } else { Err("the response has another token".into()) }
}
