//! Tokens.

mod revoke;
mod rotate;
mod update;

use crate::arguments::{Create, List, Token};
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::prompt;
use crate::session::{Session, Source};

/// Runs a command. The session is opened after the arguments are known to be complete.
pub(super) async fn run(
    command: Token,
    open: impl FnOnce() -> Result<Session, Failure>,
    output: Output,
) -> Result<(), Failure> {
    match command {
        Token::Create(arguments) => create(arguments, &open()?, output).await,
        Token::List(arguments) => list(arguments, &open()?, output).await,
        Token::Show(arguments) => output.token(&arguments.token.read(&open()?).await?),
        Token::Update(arguments) => update::run(arguments, open, output).await,
        Token::Rotate(arguments) => rotate::run(arguments, open, output).await,
        Token::Revoke(arguments) => revoke::run(&arguments, open, output).await,
        Token::Current => {
            let session = open()?;
            output.token(&session.call(session.client.current_token()).await?)
        }
        Token::Introspect => introspect(&open()?, output).await.map(drop),
    }
}

async fn create(arguments: Create, session: &Session, output: Output) -> Result<(), Failure> {
    let Create { name, scopes, expiry, idempotency_key } = arguments;
    let mut call = session.client.create_token(name).scopes(scopes);
    if let Some(time) = expiry.time() {
        call = call.expires_at(time);
    }
    if let Some(key) = idempotency_key {
        call = call.idempotency_key(key);
    }
    output.issued(&session.call(call).await?)
}

async fn list(arguments: List, session: &Session, output: Output) -> Result<(), Failure> {
    const PAGE_SIZE: u32 = 100;
    let mut list = session.client.list_tokens().page_size(PAGE_SIZE);
    if let Some(state) = arguments.state {
        list = list.state(state.into());
    }
    if let Some(prefix) = arguments.name_prefix {
        list = list.name_prefix(prefix);
    }
    let (mut tokens, mut pages) = (output.tokens(), list.pages());
    while let Some(page) = pages.next().await {
        tokens.page(&page.map_err(|error| session.explain(&error))?.items)?;
    }
    tokens.end("tokens");
    Ok(())
}

/// Introspects a token. The exit status tells whether it is active.
pub(super) async fn introspect(session: &Session, output: Output) -> Result<Exit, Failure> {
    let token = prompt::read_secret("Token to introspect: ").await?;
    let introspection = session.call(session.client.introspect(token)).await?;
    output.introspection(&introspection)?;
    Ok(if introspection.active { Exit::Success } else { Exit::Negative })
}

/// The profile of the session, if its token was that of a profile.
fn profile(session: &Session) -> Option<&str> {
    match &session.source {
        Source::Profile(name) => Some(name),
        Source::Environment(_) | Source::Input => None,
    }
}
