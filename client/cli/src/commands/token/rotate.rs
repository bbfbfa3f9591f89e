//! The rotation of a token.

use crate::arguments::Rotate;
use crate::failure::Failure;
use crate::output::{Output, note};
use crate::prompt::{confirm, require_yes};
use crate::session::Session;
use crate::target::Target;

pub(super) async fn run(
    arguments: Rotate,
    open: impl FnOnce() -> Result<Session, Failure>,
    output: Output,
) -> Result<(), Failure> {
    let Rotate { token, grace, idempotency_key, yes } = arguments;
    // A token that rotates itself has a grace period by default.
    let keeps_predecessor = grace.map_or(token == Target::Current, |grace| !grace.is_zero());
    if !keeps_predecessor {
        require_yes(yes, "a rotation without --grace")?;
    }
    let session = open()?;
    let asks = !keeps_predecessor && !yes;
    let found = if asks { token.describe(&session).await? } else { token.find(&session).await? };
    if asks {
        let question = "Without --grace, its present secret is rejected at once.";
        confirm(&format!("Rotate {}? {question}", found.name())).await?;
    }
    let mut call = session.client.rotate_token(found.id);
    if let Some(grace) = grace {
        call = call.grace(grace);
    }
    if let Some(key) = idempotency_key {
        call = call.idempotency_key(key);
    }
    output.issued(&session.call(call).await?)?;
    if token == Target::Current
        && let Some(name) = super::profile(&session)
    {
        note(format_args!(
            "The profile {name} has the predecessor until the successor is saved: `aether login --profile {name}`."
        ));
    }
    Ok(())
}
