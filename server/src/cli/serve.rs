//! The `serve` command, which is the default: it serves the API until a signal stops it.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use tokio::signal::unix::Signal;
use tracing::{error, info, warn};
use uuid::Uuid;

use super::Error;
use super::signals::Signals;
use crate::bootstrap::bootstrap;
use crate::config::Serve;
use crate::log;
use crate::owner_token_file::OwnerTokenFile;
use crate::server::{Bound, Server};
use crate::store::Store;
use crate::tls::Certificate;
use crate::tokens::PlainToken;

/// The name of the organization that the first start creates.
const FIRST_ORGANIZATION: &str = "default";

pub(super) async fn serve(config: Serve) -> Result<(), Error> {
    // The handlers are installed first, so a signal during the start is not lost.
    let Signals { mut stop, reload } = Signals::install()?;
    let _flush = log::init(&config.log);
    // Migrations and the check after an unclean stop can take minutes, and the files of the certificate can be on a remote disk.
    let opened = tokio::select! {
        biased;
        () = stop.next() => {
            info!("stopped during the start");
            return Ok(());
        }
        opened = open(&config) => opened,
    };
    // The address is bound first, so a first start that cannot serve creates no organization.
    let (store, bound) = opened?;
    let first = first_organization(&config, &store).await?;
    let server = bound.start()?;
    info!(address = %server.address(), database = %config.database.display(), "serving");
    let created = first.map(|organization| first_start(&server, organization, &config.owner_token_file));
    print(created.unwrap_or_default() + &format!("Listening on {}://{}\n", server.scheme(), server.address()));
    // Beside the rest, so no other signal waits for the files of the certificate.
    tokio::spawn(reload_certificates(reload, server.certificate().cloned()));
    stop.next().await;
    info!("stopping");
    tokio::select! {
        biased;
        () = stop.next() => {
            warn!("stopped at once by a second signal");
            Err(Error::StoppedAtOnce)
        }
        () = server.stop(config.shutdown_grace) => {
            info!("stopped");
            Ok(())
        }
    }
}

/// Opens the database and binds the address.
async fn open(config: &Serve) -> Result<(Store, Bound), Error> {
    let store = Store::open_for_server(&config.database, config.busy_timeout, config.store_settings())
        .await
        .map_err(|source| Error::database(&config.database, source))?;
    let (config, opened) = (config.clone(), store.clone());
    let bound = tokio::task::spawn_blocking(move || Bound::bind(&config, opened)).await.map_err(io::Error::from)??;
    Ok((store, bound))
}

/// Prints to standard output, beside the rest: a server serves and stops even if nobody reads it. The log has the address, too.
fn print(text: String) {
    tokio::task::spawn_blocking(move || {
        let mut out = io::stdout().lock();
        if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            warn!(%error, "standard output cannot be written");
        }
    });
}

/// Loads the certificate again at each signal.
async fn reload_certificates(mut signal: Signal, certificate: Option<Certificate>) {
    while signal.recv().await.is_some() {
        let Some(certificate) = certificate.clone() else {
            info!("the server has no certificate to reload");
            continue;
        };
        match tokio::task::spawn_blocking(move || certificate.reload()).await {
            Ok(Ok(())) => info!("the certificate was reloaded"),
            Ok(Err(error)) => error!(%error, "the certificate could not be reloaded; the server keeps the old one"),
            Err(error) => error!(%error, "the certificate could not be reloaded; the server keeps the old one"),
        }
    }
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
fn first_start(server: &Server, organization: Uuid, file: &Path) -> String {
    let (scheme, address) = (server.scheme(), connectable(server.address()));
    let file = shell_quote(&file.display().to_string());
    format!(
        "Created the organization {organization}. Its owner token is in {file}. Keep it: there is no other copy.\n\
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
