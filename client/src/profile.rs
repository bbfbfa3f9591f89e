//! The profiles of a user: servers with a token each, in one file.
//!
//! The file is `aether/profiles.toml` in the user's directory of configuration: `$XDG_CONFIG_HOME` or `~/.config` on Unix,
//! `%APPDATA%` on Windows. On Unix, only its owner may be able to read it (mode 0600). `aether login` writes it:
//!
//! ```toml
//! [default]
//! url = "https://aether.example.com"
//! token = "aether_..."
//! organization = "2489e9ad-2ee2-8e00-8ec9-32d5f69181c0" # optional
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use uuid::Uuid;

use crate::error::redact::redact;
use crate::{Error, Result, TokenSecret};

/// A server and a token.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct Profile {
    /// The URL of the server.
    pub url: String,
    /// The token.
    pub token: TokenSecret,
    /// The organization of the token, which saves the request that reads it.
    pub organization: Option<Uuid>,
    /// The keys of later versions, which are kept.
    #[serde(flatten)]
    others: toml::Table,
}

/// Prints no token, also if it is in the wrong place.
impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile").field("organization", &self.organization).finish_non_exhaustive()
    }
}

impl Profile {
    /// A profile of these two, without the organization.
    pub fn new(url: impl Into<String>, token: impl Into<TokenSecret>) -> Self {
        Self { url: url.into(), token: token.into(), organization: None, others: toml::Table::new() }
    }
}

/// The file of profiles.
#[derive(Debug)]
pub struct Profiles {
    path: PathBuf,
    profiles: BTreeMap<String, Profile>,
}

impl Profiles {
    /// The name of the profile that is used if none is named.
    pub const DEFAULT: &str = "default";

    /// The path of the user's file.
    ///
    /// # Errors
    /// Fails if the user has no home directory.
    pub fn path() -> Result<PathBuf> {
        let directories = etcetera::choose_base_strategy()
            .map_err(|_| Error::configuration("the user has no home directory, so there are no profiles"))?;
        Ok(directories.config_dir().join("aether").join("profiles.toml"))
    }

    /// Reads the user's file. An absent file has no profiles.
    ///
    /// # Errors
    /// Fails if the file cannot be read, or others can read it.
    pub fn open() -> Result<Self> {
        Self::open_file(Self::path()?)
    }

    /// Reads another file. An absent file has no profiles.
    ///
    /// # Errors
    /// Fails if the file cannot be read, or others can read it.
    pub fn open_file(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let failed = |problem: String| Error::configuration(format!("{}: {problem}", path.display()));
        let text = match read_private(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { path, profiles: BTreeMap::new() });
            }
            Err(error) => return Err(failed(error.to_string())),
        };
        // The parser's own message contains the line.
        let profiles = toml::from_str(text.expose_secret()).map_err(|error| {
            let line = error
                .span()
                .map_or(1, |span| text.expose_secret().as_bytes()[..span.start].split(|byte| *byte == b'\n').count());
            failed(format!("line {line} is not a profile; a profile has a url and a token"))
        })?;
        Ok(Self { path, profiles })
    }

    /// The names of the profiles, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }

    /// The profile of this name.
    ///
    /// # Errors
    /// Fails if there is none.
    pub fn get(&self, name: &str) -> Result<Profile> {
        self.profiles.get(name).cloned().ok_or_else(|| {
            let (path, names) = (self.path.display(), self.profiles.keys().cloned().collect::<Vec<_>>().join(", "));
            let existing = if names.is_empty() { "none".to_owned() } else { names };
            let name = redact(name);
            Error::configuration(format!(
                "no profile {name:?} in {path} (profiles: {existing}); set AETHER_URL and AETHER_TOKEN, or run `aether login`"
            ))
        })
    }

    /// Adds or replaces a profile. [`save`](Self::save) writes it.
    pub fn insert(&mut self, name: impl Into<String>, profile: Profile) {
        self.profiles.insert(name.into(), profile);
    }

    /// Removes a profile, and returns whether it existed. [`save`](Self::save) writes the change.
    pub fn remove(&mut self, name: &str) -> bool {
        self.profiles.remove(name).is_some()
    }

    /// Writes the file, which only its owner can read. Other programs see the old file or the new one. A change that another
    /// program has saved since the file was read is lost.
    ///
    /// # Errors
    /// Fails if the file cannot be written.
    pub fn save(&self) -> Result<()> {
        self.write().map_err(|error| Error::configuration(format!("cannot write {}: {error}", self.path.display())))
    }

    fn write(&self) -> io::Result<()> {
        // The target of a symbolic link is replaced, and not the link.
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let directory = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(directory)?;
        let temporary = directory.join(format!(".profiles-{}.toml", Uuid::new_v4()));
        let written = create_private(&temporary)
            .and_then(|mut file| {
                file.write_all(self.to_toml().expose_secret().as_bytes())?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&temporary, &path));
        if written.is_err() {
            // The first error is the one to report.
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    fn to_toml(&self) -> SecretString {
        let profiles = self.profiles.iter().map(|(name, profile)| {
            let fields = [("url", profile.url.clone()), ("token", profile.token.expose_secret().trim().to_owned())];
            let organization = profile.organization.map(|id| ("organization", id.to_string()));
            let mut table = profile.others.clone();
            table.extend(fields.into_iter().chain(organization).map(|(key, value)| (key.to_owned(), value.into())));
            (name.clone(), toml::Value::Table(table))
        });
        profiles.collect::<toml::Table>().to_string().into()
    }
}

/// Reads a file that only its owner can read.
fn read_private(path: &Path) -> io::Result<SecretString> {
    let mut file = fs::File::open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata()?.permissions().mode() & 0o777;
        if mode & !0o700 != 0 {
            let problem = format!("others can read the tokens (mode {mode:04o}); run `chmod 600 {}`", path.display());
            return Err(io::Error::other(problem));
        }
    }
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(text.into())
}

fn create_private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
