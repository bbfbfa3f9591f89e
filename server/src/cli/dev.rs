//! The `dev` command: it serves the API on a temporary database until a signal stops it.

use std::path::Path;

use rand::rngs::SysRng;
use secrecy::{ExposeSecret, SecretString};
use tracing::warn;
use uuid::Uuid;

use super::Error;
use super::run::run;
use super::signals::Signals;
use crate::bootstrap::{BootstrapError, bootstrap_with};
use crate::config::Dev;
use crate::exposure::exposure;
use crate::input;
use crate::server::Server;
use crate::store::Store;
use crate::tokens::PlainToken;

/// The name of the organization.
const ORGANIZATION: &str = "dev";

pub(super) async fn dev(command: Dev) -> Result<(), Error> {
    // The file can be a pipe, and a wait for its writer is ended by a signal as long as the handlers are not installed.
    let token = match given_token(command.token_file.as_deref())? {
        Some(token) => token,
        None => PlainToken::generate(&mut SysRng).map_err(BootstrapError::from)?,
    };
    // From here on, a signal does not end the process before the directory is removed.
    let signals = Signals::install()?;
    let directory = tempfile::Builder::new().prefix("aether-dev-").tempdir()?;
    let create = async |store: &Store| {
        if let Some(exposure) = command.token_file.as_deref().and_then(exposure) {
            warn!("{exposure}");
        }
        let id = command.organization.unwrap_or_else(|| store.new_organization_id());
        bootstrap_with(store, ORGANIZATION.to_owned(), id, &token).await.map(|()| id).map_err(Error::DevOrganization)
    };
    let greet = |server: &Server, organization| greeting(server, organization, &token);
    let config = command.serve(directory.path());
    run(&config, signals, create, greet).await?;
    Ok(directory.close()?)
}

/// The owner token in the file, or else in the variable.
fn given_token(file: Option<&Path>) -> Result<Option<PlainToken>, Error> {
    let (origin, text) = match file {
        Some(path) => {
            let text =
                input::read_to_string(path).map_err(|source| Error::TokenFile { path: path.to_owned(), source })?;
            (path.display().to_string(), text)
        }
        None => match std::env::var_os(Dev::TOKEN_VARIABLE).filter(|value| !value.is_empty()) {
            Some(value) => (Dev::TOKEN_VARIABLE.to_owned(), value.to_string_lossy().into_owned()),
            None => return Ok(None),
        },
    };
    let text = SecretString::from(text);
    PlainToken::parse(text.expose_secret().trim()).map(Some).ok_or(Error::MalformedToken { origin })
}

/// Describes the server, for a person and for a script: `NAME: VALUE` in lines, and a command that sets the variables of clients.
fn greeting(server: &Server, organization: Uuid, token: &PlainToken) -> String {
    let (url, token) = (format!("{}://{}", server.scheme(), server.address()), token.expose());
    format!(
        "A development server: its database is temporary and is removed when it stops.\n\n\
         url: {url}\n\
         docs: {url}/docs\n\
         organization: {organization}\n\
         token: {token}\n\n\
         export AETHER_URL={url} AETHER_TOKEN={token}\n\n"
    )
}
