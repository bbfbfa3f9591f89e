//! The revocation of a token.

use serde::Serialize;

use aether_client::Uuid;

use crate::arguments::Revoke;
use crate::failure::Failure;
use crate::output::{Output, note};
use crate::prompt::{confirm, require_yes};
use crate::session::Session;
use crate::target::Target;

/// The result in JSON.
#[derive(Serialize)]
struct Revoked {
    id: Uuid,
    /// The number of active tokens that were revoked. It is absent if the response was lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked: Option<u64>,
}

pub(super) async fn run(
    arguments: &Revoke,
    open: impl FnOnce() -> Result<Session, Failure>,
    output: Output,
) -> Result<(), Failure> {
    let Revoke { token, descendants, yes } = arguments;
    require_yes(*yes, "a revocation")?;
    let session = open()?;
    let found = if *yes { token.find(&session).await? } else { token.describe(&session).await? };
    if !yes {
        let also = if *descendants { " and every token that it created, directly or through others" } else { "" };
        confirm(&format!("Revoke {}{also}? This cannot be undone.", found.name())).await?;
    }
    let revoked = if *token == Target::Current && !descendants {
        // It needs no scope.
        session.call(session.client.revoke_current_token()).await?;
        Some(1)
    } else {
        let call = session.client.revoke_token(found.id);
        session.call(if *descendants { call.descendants() } else { call }).await?.revoked
    };
    let text = match revoked {
        Some(0) => format!("{} was not active any more", found.name()),
        Some(1) | None => format!("revoked {}", found.name()),
        Some(count) => format!("revoked {} and {} of its descendants", found.name(), count - 1),
    };
    output.result(&text, &Revoked { id: found.id, revoked })?;
    if *token == Target::Current
        && let Some(name) = super::profile(&session)
    {
        note(format_args!("The profile {name} has the revoked token. `aether logout --profile {name}` removes it."));
    }
    Ok(())
}
