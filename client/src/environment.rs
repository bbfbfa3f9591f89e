//! The settings of a client in the environment.

use std::ffi::OsString;
use std::path::Path;

use crate::error::redact::redact;
use crate::profile::Profiles;
use crate::{ClientBuilder, Error, Result, TokenSecret};

/// Reads the settings. `variable` returns the value of an environment variable; an empty one counts as absent.
pub(crate) fn read(variable: impl Fn(&str) -> Option<OsString>) -> Result<ClientBuilder> {
    let value = |name: &str| variable(name).filter(|value| !value.is_empty());
    let text = |name: &str| match value(name).map(OsString::into_string) {
        Some(Err(_)) => Err(Error::configuration(format!("{name} is not valid Unicode"))),
        Some(Ok(text)) => Ok(Some(text)),
        None => Ok(None),
    };
    let (url, token, file) = (text("AETHER_URL")?, text("AETHER_TOKEN")?, value("AETHER_TOKEN_FILE"));
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
        (None, None) => ClientBuilder::from_profile(text("AETHER_PROFILE")?.as_deref().unwrap_or(Profiles::DEFAULT)),
    }
}

fn read_token(path: &Path) -> Result<TokenSecret> {
    // A token in the place of the name must not be printed.
    let name = redact(&path.display().to_string());
    let token = std::fs::read_to_string(path)
        .map_err(|error| Error::configuration(format!("cannot read AETHER_TOKEN_FILE {name}: {error}")))?;
    if token.trim().is_empty() {
        return Err(Error::configuration(format!("AETHER_TOKEN_FILE {name} is empty")));
    }
    Ok(token.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads an environment with these variables.
    fn read_from(variables: &[(&str, &str)]) -> Result<ClientBuilder> {
        read(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn url_and_token_are_read_together() {
        let file = std::env::temp_dir().join(format!("aether-{}.token", uuid::Uuid::new_v4()));
        std::fs::write(&file, "aether_1\n").unwrap();
        let file_name = file.to_str().unwrap();
        let url = ("AETHER_URL", "https://aether.example.com");
        read_from(&[url, ("AETHER_TOKEN", "aether_1")]).unwrap().build().unwrap();
        read_from(&[url, ("AETHER_TOKEN", ""), ("AETHER_TOKEN_FILE", file_name)]).unwrap().build().unwrap();
        for (variables, problem) in [
            (&[url][..], "neither AETHER_TOKEN nor AETHER_TOKEN_FILE"),
            (&[url, ("AETHER_TOKEN", "")], "neither"),
            (&[("AETHER_TOKEN", "aether_1")], "AETHER_URL is not"),
            (&[("AETHER_TOKEN_FILE", file_name)], "AETHER_URL is not"),
            (&[url, ("AETHER_TOKEN", "aether_1"), ("AETHER_TOKEN_FILE", file_name)], "both"),
            (&[url, ("AETHER_TOKEN_FILE", "/nonexistent")], "cannot read AETHER_TOKEN_FILE /nonexistent: No such file"),
        ] {
            let error = read_from(variables).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
        let misplaced = read_from(&[url, ("AETHER_TOKEN_FILE", "aether_0123456789abcdef")]).unwrap_err().to_string();
        assert!(misplaced.contains("aether_01234567…"), "{misplaced}");
        std::fs::write(&file, " \n").unwrap();
        let error = read_from(&[url, ("AETHER_TOKEN_FILE", file_name)]).unwrap_err().to_string();
        assert!(error.ends_with("is empty"), "{error}");
        std::fs::remove_file(file).unwrap();
    }
}
