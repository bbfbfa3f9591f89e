//! The settings of a client in the environment.

use std::path::Path;

use crate::profile::Profiles;
use crate::{ClientBuilder, Error, Result, TokenSecret};

/// Reads the settings. `variable` returns the value of an environment variable; an empty one counts as absent.
pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<ClientBuilder> {
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    let (url, token, file) = (variable("AETHER_URL"), variable("AETHER_TOKEN"), variable("AETHER_TOKEN_FILE"));
    let token = match (token, file) {
        (Some(_), Some(_)) => {
            return Err(Error::configuration("both AETHER_TOKEN and AETHER_TOKEN_FILE are set; set one"));
        }
        (Some(token), None) => Some(token.into()),
        (None, Some(file)) => Some(read_token(Path::new(&file))?),
        (None, None) => None,
    };
    match (url, token) {
        (Some(url), Some(token)) => Ok(ClientBuilder::new().url(url).token(token)),
        (Some(_), None) => {
            Err(Error::configuration("AETHER_URL is set, but neither AETHER_TOKEN nor AETHER_TOKEN_FILE"))
        }
        (None, Some(_)) => Err(Error::configuration("a token is set in the environment, but AETHER_URL is not")),
        (None, None) => from_profile(variable("AETHER_PROFILE").as_deref().unwrap_or(Profiles::DEFAULT)),
    }
}

fn from_profile(name: &str) -> Result<ClientBuilder> {
    let profile = Profiles::open()?.get(name)?;
    Ok(ClientBuilder::new().url(profile.url).token(profile.token))
}

fn read_token(path: &Path) -> Result<TokenSecret> {
    let token = std::fs::read_to_string(path)
        .map_err(|error| Error::configuration(format!("cannot read AETHER_TOKEN_FILE {}: {error}", path.display())))?;
    if token.trim().is_empty() {
        return Err(Error::configuration(format!("AETHER_TOKEN_FILE {} is empty", path.display())));
    }
    Ok(token.into())
}
