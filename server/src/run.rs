//! What the program does when it is run: serve, or what a command says.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{error, info};
use uuid::Uuid;

use crate::bootstrap::{BootstrapError, bootstrap};
use crate::config::{Arguments, Command, Serve, Token};
use crate::log::{self, LogError};
use crate::operate;
use crate::owner_file::OwnerFile;
use crate::server::{Bound, Server, StartError};
use crate::store::{Store, StoreError};

/// The organization that the first start makes.
const FIRST_ORGANIZATION: &str = "default";

/// Why the program ends with an error. The message is for whoever started it.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("{path}: {source}", path = .path.display())]
    Database { path: std::path::PathBuf, source: StoreError },
    #[error(transparent)]
    Bootstrap(#[from] BootstrapError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("there is no token {0}")]
    NoSuchToken(Uuid),
    #[error("there is no organization {0}")]
    NoSuchOrganization(Uuid),
    #[error("no backup was made: {0}")]
    Backup(StoreError),
    #[error("the audit log is not what was written")]
    AuditBroken,
    #[error("the operating system gives no random numbers: {0}")]
    Random(rand::rngs::SysError),
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Does what the arguments say. What a program may want to read goes to `out`.
///
/// # Errors
/// Where it cannot be done; nothing is left half-way.
pub async fn run(arguments: Arguments, out: &mut (dyn Write + Send)) -> Result<(), RunError> {
    match arguments.command {
        Some(Command::Organization(command)) => operate::organization(command).await,
        Some(Command::Token(Token::Revoke(command))) => operate::revoke_token(command).await,
        Some(Command::Token(Token::CreateOwner(command))) => operate::create_owner_token(command).await,
        Some(Command::Audit(command)) => operate::audit(command).await,
        Some(Command::Backup(command)) => operate::backup(command).await,
        None => serve(arguments.serve, out).await,
    }
}

async fn open(path: &Path, busy_timeout: Duration) -> Result<Store, RunError> {
    Store::open(path, busy_timeout).await.map_err(|source| RunError::Database { path: path.to_owned(), source })
}

async fn serve(config: Serve, out: &mut (dyn Write + Send)) -> Result<(), RunError> {
    log::init(&config.log)?;
    // Before anything is made, so that a signal during the start is not lost.
    let mut signals = Signals::new()?;
    let store = open(&config.database, config.busy_timeout).await?;
    // The address is taken before anything is made: a first start that cannot serve has made nothing.
    let bound = Bound::bind(&config, store.clone())?;
    let first = first_organization(&config, &store).await?;
    let server = bound.start();
    info!(address = %server.address(), database = %config.database.display(), "serving");
    if let Some(organization) = first {
        welcome(out, &server, organization, &config.owner_token_file)?;
    }
    writeln!(out, "Listening on {}://{}", server.scheme(), server.address())?;
    out.flush()?;
    while signals.next().await == Told::ToReload {
        match server.reload_certificate().await {
            Ok(true) => info!("the certificate was read again"),
            Ok(false) => info!("there is no certificate to read again"),
            Err(error) => error!(%error, "the certificate was not read again; the old one stays"),
        }
    }
    info!("stopping");
    server.stop(config.shutdown_grace).await;
    info!("stopped");
    Ok(())
}

/// Makes the first organization of a database that has none, with its owner token in a file.
async fn first_organization(config: &Serve, store: &Store) -> Result<Option<Uuid>, RunError> {
    let exists = store.has_organization().await;
    if exists.map_err(|source| RunError::Database { path: config.database.clone(), source })? {
        return Ok(None);
    }
    let path = config.owner_token_file.clone();
    let owned =
        bootstrap(store, FIRST_ORGANIZATION.to_owned(), move |_, token| OwnerFile::write(&path, token.expose()))
            .await?;
    owned.kept.keep();
    Ok(Some(owned.organization_id))
}

/// Says what was made, and a command to paste.
fn welcome(out: &mut dyn Write, server: &Server, organization: Uuid, file: &Path) -> io::Result<()> {
    let (scheme, address) = (server.scheme(), reachable(server.address()));
    let file = shell_word(&file.display().to_string());
    writeln!(
        out,
        "Made the organization {organization}. Its owner token is in {file}: keep it, it is written nowhere else.\n\
         Create a first token with:\n\n\
         curl -sS {scheme}://{address}/api/v1/organizations/{organization}/api-tokens \\\n  \
         -H \"Authorization: Bearer $(cat {file})\" \\\n  \
         -H 'Content-Type: application/json' \\\n  \
         -d '{{\"name\":\"my first token\",\"scopes\":[\"api-tokens:read\"]}}'\n"
    )
}

/// The address as one can connect to it: whoever listens everywhere is here, too.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// A file name as a shell reads it.
fn shell_word(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// What a signal tells the server to do.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    ToStop,
    ToReload,
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.terminate.recv() => Told::ToStop,
            _ = self.interrupt.recv() => Told::ToStop,
            _ = self.hang_up.recv() => Told::ToReload,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_file_name_is_one_word_for_a_shell() {
        for (name, expected) in [("aether-owner.token", "aether-owner.token"), ("a b", "'a b'"), ("it's", r"'it'\''s'")]
        {
            assert_eq!(shell_word(name), expected);
        }
    }

    #[test]
    fn the_printed_address_can_be_connected_to() {
        for (address, expected) in [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:1", "[::1]:1"), ("10.0.0.1:1", "10.0.0.1:1")] {
            assert_eq!(reachable(address.parse().unwrap()).to_string(), expected);
        }
    }
}
