//! The commands of the program.

mod admin;
mod dev;
mod error;
mod run;
mod serve;
mod signals;

use crate::config::{Arguments, Command, Token};

pub use error::Error;

/// The niceness of commands that read the whole database.
const NICENESS: i32 = 10;

/// Lowers the priority of this thread for a command that reads the whole database: the requests of a server on the same machine go before.
pub fn yield_to_servers(arguments: &Arguments) {
    if matches!(arguments.command, Some(Command::Audit(_) | Command::Backup(_))) {
        // The command works without it.
        let _ = rustix::process::nice(NICENESS);
    }
}

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
        Some(Command::Dev(command)) => dev::dev(command).await,
        None => serve::serve(arguments.serve).await,
    }
}
