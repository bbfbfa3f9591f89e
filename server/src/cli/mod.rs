//! The commands of the program.

mod archive;
mod audit;
mod backup;
mod certificate;
mod check;
mod database;
mod dev;
mod error;
mod generate;
mod interrupt;
mod organization;
mod output;
mod progress;
mod restore;
mod run;
mod serve;
mod signals;
mod token;
mod token_list;

use crate::config::{Arguments, Command, Token};

pub use error::Error;
pub use output::report;

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
        Some(Command::Organization(command)) => organization::organization(command).await,
        Some(Command::Token(Token::List(command))) => token_list::list(command).await,
        Some(Command::Token(Token::Show(command))) => token_list::show(command).await,
        Some(Command::Token(Token::Revoke(command))) => token::revoke(command).await,
        Some(Command::Token(Token::CreateOwner(command))) => token::create_owner(command).await,
        Some(Command::Audit(command)) => audit::audit(command).await,
        Some(Command::Backup(command)) => backup::backup(command).await,
        Some(Command::Restore(command)) => restore::restore(command).await,
        Some(Command::Dev(command)) => dev::dev(command).await,
        Some(Command::Completions { shell }) => generate::completions(shell),
        Some(Command::Man { directory }) => generate::manual(&directory),
        None if arguments.check_config => check::check(&arguments.serve, &arguments.settings),
        None => serve::serve(arguments.serve).await,
    }
}
