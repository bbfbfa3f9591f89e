//! Profiles.

use std::net::IpAddr;

use aether_client::ApiToken;
use aether_client::profile::{Profile, Profiles};
use aether_client::reqwest::Url;

use crate::arguments::Login;
use crate::failure::{Exit, Failure};
use crate::output::{Output, note};
use crate::prompt;
use crate::session::{Session, profile_name, settings, variables};

/// Saves a server and a token, after the server has accepted the token.
pub(super) async fn login(arguments: Login, profile: Option<String>, output: Output) -> Result<(), Failure> {
    let is_named = profile.is_some();
    let name = profile_name(profile);
    // Before the token is asked for, so that no token is typed in vain.
    let url = match arguments.url {
        Some(url) => url,
        None => url_of_profile(&name)?,
    };
    let url = Session::with_token(&url, "unknown".into())?.client.url().to_owned();
    warn_of_plain_http(&url);
    let token = prompt::read_secret(&format!("Token for {url}: ")).await?;
    let session = Session::with_token(&url, token.clone().into())?;
    let current = session.call(session.client.current_token()).await?;
    // It is read now, because another login can have changed it meanwhile.
    let mut profiles = Profiles::open().map_err(|error| settings(&error))?;
    let mut profile = Profile::new(url, token);
    profile.organization = Some(current.org_id);
    profiles.insert(&name, profile);
    profiles.save().map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
    output.token(&current)?;
    tell(&current, &name, is_named);
    Ok(())
}

fn url_of_profile(name: &str) -> Result<String, Failure> {
    let profile = Profiles::open().map_err(|error| settings(&error))?.get(name);
    profile.map(|profile| profile.url).map_err(|_| {
        Failure::usage(format!("the profile {name} does not exist yet; pass the URL of the server: `aether login URL`"))
    })
}

fn warn_of_plain_http(url: &str) {
    let Ok(url) = Url::parse(url) else { return };
    let host = url.host_str().unwrap_or_default();
    let is_loopback =
        host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|address: IpAddr| address.is_loopback());
    if url.scheme() == "http" && !is_loopback {
        note(format_args!("aether: warning: without https, everyone on the way to {host} can read the token"));
    }
}

fn tell(token: &ApiToken, name: &str, is_named: bool) {
    let path = Profiles::path().map(|path| path.display().to_string()).unwrap_or_default();
    note(format_args!("Saved the token {} as the profile {name} in {path}.", token.prefix));
    let set: Vec<_> = variables().collect();
    if set.is_empty() || is_named {
        return;
    }
    note(format_args!(
        "aether: warning: {} in the environment comes before the profile; unset it, or use --profile {name}",
        set.join(" and ")
    ));
}

/// Removes a profile.
pub(super) fn logout(profile: Option<String>) -> Result<(), Failure> {
    let name = profile_name(profile);
    let mut profiles = Profiles::open().map_err(|error| settings(&error))?;
    if !profiles.remove(&name) {
        // Its message lists the profiles that exist.
        return profiles.get(&name).map(drop).map_err(|error| Failure::new(Exit::NotFound, error.to_string()));
    }
    profiles.save().map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
    note(format_args!("Removed the profile {name}. Its token stays active until it expires or is revoked."));
    Ok(())
}
