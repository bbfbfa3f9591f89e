//! The commands.

mod audit;
mod generate;
mod login;
mod scope;
mod token;

use crate::arguments::{Arguments, Command, Global, Token};
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::session::Session;

/// Runs a command, and returns the exit status of its result.
///
/// # Errors
/// Fails if there is no result.
pub(crate) async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let Arguments { command, global: Global { profile, output } } = arguments;
    let output = Output::new(output);
    let open = || Session::open(profile.as_deref());
    match command {
        Command::Login(arguments) => login::login(arguments, profile, output).await?,
        Command::Logout => login::logout(profile)?,
        Command::Token(Token::Introspect) => return token::introspect(&open()?, output).await,
        Command::Token(command) => token::run(command, open, output).await?,
        Command::Audit(command) => audit::run(&command, &open()?, output).await?,
        Command::Scope(command) => return scope::run(&command, output),
        Command::Completions { shell } => generate::completions(shell)?,
        Command::Man { directory } => generate::manual(&directory)?,
    }
    Ok(Exit::Success)
}
