//! The commands of the program.

mod admin;
mod error;
mod serve;
mod signals;

use crate::config::{Arguments, Command, Token};

pub use error::Error;

/// Runs the command of the arguments.
///
/// # Errors
/// Fails if the command fails. Nothing is changed by halves.
pub async fn run(arguments: Arguments) -> Result<(), Error> {
    match arguments.command {
        Some(Command::Organization(command)) => admin::organization(command).await,
        Some(Command::Token(Token::Revoke(command))) => admin::revoke_token(command).await,
        Some(Command::Token(Token::CreateOwner(command))) => admin::create_owner_token(command).await,
        Some(Command::Audit(command)) => admin::audit(command).await,
        Some(Command::Backup(command)) => admin::backup(command).await,
        None => serve::serve(arguments.serve).await,
    }
}
