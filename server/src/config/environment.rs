//! The environment variables of the command line.
//!
//! An empty variable counts as unset, as Compose and systemd leave it. A command ignores the variables of the server, so that one that the
//! server cannot read does not keep an operator from revoking a token.

use std::ffi::OsString;

use clap::builder::Resettable;
use clap::{Arg, Args, Command, CommandFactory, FromArgMatches};

use super::{Arguments, Serve};

impl Arguments {
    /// Parses the command line of the process with its environment. An error is printed, and ends the process.
    #[must_use]
    pub fn from_process() -> Self {
        Self::try_from_arguments(&std::env::args_os().collect::<Vec<_>>()).unwrap_or_else(|error| error.exit())
    }

    /// Parses a command line with the environment of the process.
    ///
    /// # Errors
    /// The message for the person at the command line, or the requested help.
    pub fn try_from_arguments(arguments: &[OsString]) -> Result<Self, clap::Error> {
        let command = without_empty_variables(Self::command());
        let matches = command.clone().ignore_errors(true).try_get_matches_from(arguments);
        let names_command = matches.is_ok_and(|matches| matches.subcommand_name().is_some());
        let mut command = if names_command { command.mut_args(without_variable) } else { command };
        let mut matches = command.try_get_matches_from_mut(arguments)?;
        Self::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
    }
}

impl Default for Serve {
    /// The defaults of the command line. The environment has no effect.
    fn default() -> Self {
        let command = Self::augment_args(Command::new("aether-server").no_binary_name(true)).mut_args(without_variable);
        let matches = command.try_get_matches_from([""; 0]);
        matches
            .and_then(|matches| Self::from_arg_matches(&matches))
            .expect("every argument is optional or has a default")
    }
}

fn without_empty_variables(command: Command) -> Command {
    let is_empty = |arg: &Arg| arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
    command
        .mut_args(|arg| if is_empty(&arg) { without_variable(arg) } else { arg })
        .mut_subcommands(without_empty_variables)
}

fn without_variable(arg: Arg) -> Arg {
    arg.env(Resettable::Reset)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn default_is_the_configuration_without_arguments() {
        let command = Arguments::command().mut_args(without_variable);
        let matches = command.try_get_matches_from(["aether-server"]).unwrap();
        let parsed = Arguments::from_arg_matches(&matches).unwrap().serve;
        assert_eq!(format!("{:?}", Serve::default()), format!("{parsed:?}"));
        let changed = Arguments::parse_from(["aether-server", "--max-tokens", "1"]).serve;
        assert_ne!(format!("{:?}", Serve::default()), format!("{changed:?}"));
    }
}
