//! Issued tokens, whose secret is in one response and nowhere else.

use std::io::{self, Write};

use aether_client::chrono::{DateTime, Utc};
use aether_client::secrecy::SecretString;
use aether_client::{ExposeSecret, IssuedApiToken, Uuid};
use serde::Serialize;

use crate::failure::{Exit, Failure};

/// The object of the contract. A secret is serialized here only, because the client's type refuses it.
#[derive(Serialize)]
struct Issued<'t> {
    id: Uuid,
    org_id: Uuid,
    name: &'t str,
    prefix: &'t str,
    scopes: &'t [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    token: &'t str,
}

/// Prints the secret alone.
pub(super) fn print_secret(token: &IssuedApiToken) -> io::Result<()> {
    write(&SecretString::from(format!("{}\n", token.token.expose_secret())))
}

/// Prints the whole object, with the secret.
pub(super) fn print_json(token: &IssuedApiToken) -> io::Result<()> {
    let IssuedApiToken { id, org_id, name, prefix, scopes, last_used_at, expires_at, created_at, token, .. } = token;
    let object = Issued {
        id: *id,
        org_id: *org_id,
        name,
        prefix,
        scopes,
        last_used_at: *last_used_at,
        expires_at: *expires_at,
        created_at: *created_at,
        token: token.expose_secret(),
    };
    write(&SecretString::from(serde_json::to_string(&object)? + "\n"))
}

fn write(text: &SecretString) -> io::Result<()> {
    let mut stdout = io::stdout();
    stdout.write_all(text.expose_secret().as_bytes())?;
    stdout.flush()
}

/// The failure of a token whose secret was not written.
pub(super) fn lost(token: &IssuedApiToken, error: &io::Error) -> Failure {
    let id = token.id;
    Failure::new(
        Exit::Failed,
        format!(
            "cannot write the secret to standard output: {error}; the token {id} is active without a known secret; run \
             `aether token revoke {id}`"
        ),
    )
}
