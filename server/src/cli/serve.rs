//! The `serve` command, which is the default: it serves the API until a signal stops it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use uuid::Uuid;

use super::Error;
use super::run::run;
use super::signals::Signals;
use crate::bootstrap::bootstrap;
use crate::config::Serve;
use crate::owner_token_file::OwnerTokenFile;
use crate::server::Server;
use crate::store::Store;
use crate::tokens::PlainToken;

/// The name of the organization that the first start creates.
const FIRST_ORGANIZATION: &str = "default";

pub(super) async fn serve(config: Serve) -> Result<(), Error> {
    // The handlers are installed first, so a signal during the start is not lost.
    let signals = Signals::install()?;
    let first = async |store: &Store| first_organization(&config, store).await;
    let greet = |server: &Server, created: Option<Uuid>| {
        let created = created.map(|organization| first_start(server, organization, &config));
        created.unwrap_or_default()
    };
    run(&config, signals, first, greet).await
}

/// Creates the first organization of an empty database, and writes its owner token to a file.
async fn first_organization(config: &Serve, store: &Store) -> Result<Option<Uuid>, Error> {
    let exists = store.has_organization().await;
    if exists.map_err(|source| Error::database(&config.database, source))? {
        return Ok(None);
    }
    let path = config.owner_token_file.clone();
    let write = move |_: &_, token: &PlainToken| OwnerTokenFile::write(&path, token.expose());
    let created = bootstrap(store, FIRST_ORGANIZATION.to_owned(), write).await?;
    created.delivered.keep();
    Ok(Some(created.organization_id))
}

/// Describes the created organization, with a command for the first request.
fn first_start(server: &Server, organization: Uuid, config: &Serve) -> String {
    let (scheme, address) = (server.scheme(), connectable(server.address()));
    let file = shell_quote(&config.owner_token_file.display().to_string());
    let docs = if config.docs.is_on() {
        format!("The reference of the API is at {scheme}://{address}/docs.\n")
    } else {
        String::new()
    };
    format!(
        "Created the organization {organization}. Its owner token is in {file}. Keep it: there is no other copy.\n\
         {docs}\
         Create the first token:\n\n\
         curl -sS {scheme}://{address}/api/v1/organizations/{organization}/api-tokens \\\n  \
         -H \"Authorization: Bearer $(cat {file})\" \\\n  \
         -H 'Content-Type: application/json' \\\n  \
         -d '{{\"name\":\"my first token\",\"scopes\":[\"api-tokens:read\"]}}'\n\n"
    )
}

/// An address to connect to: an unspecified address becomes the loopback address.
fn connectable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Quotes a word for a shell, if necessary.
fn shell_quote(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./".contains(character);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_name_is_quoted_for_a_shell() {
        for (name, expected) in [("aether-owner.token", "aether-owner.token"), ("a b", "'a b'"), ("it's", r"'it'\''s'")]
        {
            assert_eq!(shell_quote(name), expected);
        }
    }

    #[test]
    fn unspecified_address_becomes_loopback() {
        for (address, expected) in [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:1", "[::1]:1"), ("10.0.0.1:1", "10.0.0.1:1")] {
            assert_eq!(connectable(address.parse().unwrap()).to_string(), expected);
        }
    }
}
