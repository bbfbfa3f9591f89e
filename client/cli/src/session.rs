//! The client of a command, and the explanation of its errors.

mod explain;

use std::env;
use std::time::Duration;

use aether_client::profile::Profiles;
use aether_client::{Client, ClientBuilder, Error, Result as ClientResult, Retries, TokenSecret};

use crate::failure::{Exit, Failure};

/// The name of the program in `User-Agent`.
const USER_AGENT: &str = concat!("aether/", env!("CARGO_PKG_VERSION"));

/// A person waits for a command, so its attempts end within a few seconds, unless the server asks for a longer wait.
const ATTEMPTS: u32 = 5;

/// The place that a token comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// The environment's variable of this name.
    Environment(&'static str),
    /// The profile of this name.
    Profile(String),
    /// Standard input or the prompt.
    Input,
}

/// A client, and the place that its token comes from.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) source: Source,
}

impl Session {
    /// Opens the profile that the arguments name, or else that of the environment or its variables.
    ///
    /// # Errors
    /// Fails if the settings are not complete.
    pub(crate) fn open(profile: Option<&str>) -> Result<Self, Failure> {
        match profile {
            Some(name) => Self::build(ClientBuilder::from_profile(name), Source::Profile(name.to_owned())),
            None => Self::build(ClientBuilder::from_env(), source_in_environment()),
        }
    }

    /// Opens a server with a given token.
    ///
    /// # Errors
    /// Fails if the URL or the token cannot be used.
    pub(crate) fn with_token(url: &str, token: TokenSecret) -> Result<Self, Failure> {
        Self::build(Ok(Client::builder().url(url).token(token)), Source::Input)
    }

    fn build(builder: ClientResult<ClientBuilder>, source: Source) -> Result<Self, Failure> {
        let retries = Retries::attempts(ATTEMPTS).delays(Duration::from_millis(100), Duration::from_secs(1));
        let client = builder.and_then(|builder| builder.user_agent(USER_AGENT).retries(retries).build());
        client.map(|client| Self { client, source }).map_err(|error| settings(&error))
    }

    /// Awaits a call, and explains its error.
    ///
    /// # Errors
    /// Fails as the call does.
    pub(crate) async fn call<T>(&self, call: impl IntoFuture<Output = ClientResult<T>>) -> Result<T, Failure> {
        call.await.map_err(|error| self.explain(&error))
    }

    /// The failure of an error: its cause, the next step, and the exit status.
    pub(crate) fn explain(&self, error: &Error) -> Failure {
        explain::explain(error, self.client.url(), &self.source)
    }
}

/// The name of the profile of a command: the argument, the environment's, or the default.
pub(crate) fn profile_name(argument: Option<String>) -> String {
    argument.or_else(|| variable("AETHER_PROFILE")).unwrap_or_else(|| Profiles::DEFAULT.to_owned())
}

/// The variables of a server and a token that are set. Together, they come before a profile that only the environment names.
pub(crate) fn variables() -> impl Iterator<Item = &'static str> {
    ["AETHER_URL", "AETHER_TOKEN", "AETHER_TOKEN_FILE"].into_iter().filter(|name| variable(name).is_some())
}

/// The failure of a setting. Nothing was sent.
pub(crate) fn settings(error: &Error) -> Failure {
    Failure::new(Exit::Usage, error.to_string())
}

/// The place that [`ClientBuilder::from_env`] reads the token from.
fn source_in_environment() -> Source {
    let set: Vec<_> = variables().collect();
    match set.iter().find(|name| name.starts_with("AETHER_TOKEN")) {
        Some(name) => Source::Environment(name),
        None => Source::Profile(profile_name(None)),
    }
}

/// The value of a variable. An empty one counts as absent, as for the client.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
