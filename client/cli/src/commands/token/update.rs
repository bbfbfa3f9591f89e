//! The update of a token.

use aether_client::{ApiToken, covers};

use crate::arguments::Update;
use crate::failure::Failure;
use crate::output::Output;
use crate::prompt::{confirm, require_yes};
use crate::session::Session;
use crate::target::Found;

pub(super) async fn run(
    arguments: Update,
    open: impl FnOnce() -> Result<Session, Failure>,
    output: Output,
) -> Result<(), Failure> {
    let Update { token, name, expiry, yes, .. } = &arguments;
    let (scopes, expires_at) = (arguments.new_scopes(), expiry.time());
    if name.is_none() && scopes.is_none() && expires_at.is_none() {
        return Err(Failure::usage(
            "nothing to update; pass --name, --scope, --no-scopes, --expires-at or --expires-in",
        ));
    }
    // Scopes can only be narrowed, and the expiry can only become earlier.
    let is_final = scopes.is_some() || expires_at.is_some();
    if is_final {
        require_yes(*yes, "an update of scopes or of the expiry")?;
    }
    let session = open()?;
    let found = if is_final && !yes {
        let found = token.describe(&session).await?;
        if let Some(question) = question(&found, scopes, expires_at.is_some()) {
            confirm(&question).await?;
        }
        found
    } else {
        token.find(&session).await?
    };
    let mut call = session.client.update_token(found.id);
    if let Some(name) = name {
        call = call.name(name);
    }
    if let Some(scopes) = scopes {
        call = call.scopes(scopes);
    }
    if let Some(time) = expires_at {
        call = call.expires_at(time);
    }
    output.token(&session.call(call).await?)
}

/// The question before an update that cannot be undone. `None` if nothing is lost.
fn question(found: &Found, scopes: Option<&[String]>, changes_expiry: bool) -> Option<String> {
    let scopes = match (&found.record, scopes) {
        (Some(token), Some(scopes)) => {
            let removed = removed(token, scopes);
            (!removed.is_empty()).then(|| format!("remove the scopes {}", removed.join(" ")))
        }
        (None, Some(_)) => Some("narrow the scopes".to_owned()),
        (_, None) => None,
    };
    let expiry = changes_expiry.then(|| "set the expiry".to_owned());
    let changes: Vec<_> = scopes.into_iter().chain(expiry).collect();
    (!changes.is_empty()).then(|| format!("Update {}: {}? This cannot be undone.", found.name(), changes.join(", ")))
}

/// The scopes of the token that the new ones do not cover.
fn removed<'t>(token: &'t ApiToken, scopes: &[String]) -> Vec<&'t str> {
    let is_lost = |scope: &&str| !scopes.iter().any(|new| covers(new, scope));
    token.scopes.iter().map(String::as_str).filter(is_lost).collect()
}
