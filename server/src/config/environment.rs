//! The sources of the configuration: the command line, the environment variables, and the configuration file.
//!
//! An empty variable counts as unset, as Compose and systemd leave it. A command ignores the variables of the server, so that one that the
//! server cannot read does not keep an operator from revoking a token. For the same reason, it reads only the database from the file, and
//! does not read the file if it does not need it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::ValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches};

use super::file::{ConfigFile, FileValues};
use super::secret::secret_in_os;
use super::setting::{Settings, without_variable};
use super::{Arguments, Serve};

/// The argument of the database, which is the key that the commands of the operator read.
const DATABASE: &str = "database";

/// The argument that a command has in place of the database.
const ARCHIVE: &str = "archive";

impl Arguments {
    /// Parses the command line of the process with its environment. An error is printed, and ends the process.
    #[must_use]
    pub fn from_process() -> Self {
        Self::try_from_arguments(&std::env::args_os().collect::<Vec<_>>()).unwrap_or_else(|error| error.exit())
    }

    /// Parses a command line with the environment of the process, and the configuration file that one of them names.
    ///
    /// # Errors
    /// The message for the person at the command line, or the requested help.
    pub fn try_from_arguments(arguments: &[OsString]) -> Result<Self, clap::Error> {
        let command = without_empty_variables(Self::command());
        refuse_secret_argument(arguments)?;
        let first = FirstLook::new(&command, arguments);
        refuse_secret_variable(innermost(&command, &first.names))?;
        if first.checks {
            return Self::to_check(&command, arguments, first.file.as_deref());
        }
        let command = if first.names.is_empty() { command } else { command.mut_args(without_variable) };
        let command = if first.replaces_database {
            mut_innermost(command, &first.names, |command| command.mut_arg(DATABASE, without_variable))
        } else {
            command
        };
        let mut command = match &first.file {
            Some(path) => with_file(command, &first.names, path)?,
            None => command,
        };
        let matches = command.try_get_matches_from_mut(arguments);
        let mut matches = matches.map_err(|error| with_usage(error, &mut command, &first.names))?;
        let parsed = Self::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))?;
        let incomplete = parsed.serve.incomplete_certificate().filter(|_| parsed.command.is_none());
        incomplete.map_or(Ok(parsed), |problem| Err(command.error(ErrorKind::MissingRequiredArgument, problem)))
    }

    /// Parses a command line with `--check-config`. A problem with a value is a part of the result.
    fn to_check(command: &Command, arguments: &[OsString], file: Option<&Path>) -> Result<Self, clap::Error> {
        let matches = with_texts(command.clone()).try_get_matches_from(arguments)?;
        let file = match file.map(ConfigFile::read).transpose() {
            Ok(file) => file.map(|file| file.values(command)).unwrap_or_default(),
            Err(problem) => FileValues { problems: vec![problem], ..FileValues::default() },
        };
        let mut settings = Settings::new(command, &matches, file);
        let serve = settings.serve();
        settings.problems.extend(serve.incomplete_certificate().map(str::to_owned));
        Ok(Self { command: None, config: None, check_config: true, serve, settings })
    }
}

impl Default for Serve {
    /// The defaults of the command line. The environment has no effect.
    fn default() -> Self {
        Self::of([])
    }
}

/// The parts of a command line that decide how the rest is parsed.
#[derive(Debug, Default)]
struct FirstLook {
    /// The names of the command, for example `token` and `list`.
    names: Vec<String>,
    /// The configuration file, if the command needs it.
    file: Option<PathBuf>,
    /// Whether the command has no database, so that the variable of the database is not meant for it.
    replaces_database: bool,
    /// Whether the configuration is checked only.
    checks: bool,
}

impl FirstLook {
    fn new(command: &Command, arguments: &[OsString]) -> Self {
        let Ok(matches) = with_texts(command.clone()).ignore_errors(true).try_get_matches_from(arguments) else {
            return Self::default();
        };
        let (mut names, mut innermost) = (Vec::new(), &matches);
        while let Some((name, matches)) = innermost.subcommand() {
            names.push(name.to_owned());
            innermost = matches;
        }
        let checks = names.is_empty() && matches.get_flag("check_config");
        let replaces_database = is_given(innermost, ARCHIVE);
        let needs_file = names.is_empty() || !(replaces_database || is_given(innermost, DATABASE));
        let file = argument(innermost, "config").filter(|_| needs_file).map(PathBuf::from);
        Self { names, file, replaces_database, checks }
    }
}

/// The value of an argument. Not every command has it.
fn argument<'m>(matches: &'m ArgMatches, id: &str) -> Option<&'m OsString> {
    matches.try_get_one(id).ok().flatten()
}

/// Whether a flag or a variable has the value of an argument.
fn is_given(matches: &ArgMatches, id: &str) -> bool {
    argument(matches, id).is_some() && matches.value_source(id) != Some(ValueSource::DefaultValue)
}

/// Adds the values of a file as defaults of a command's arguments.
fn with_file(mut command: Command, names: &[String], path: &Path) -> Result<Command, clap::Error> {
    let values = match ConfigFile::read(path) {
        Ok(file) if names.is_empty() => file.values(&command),
        Ok(file) => file.value(innermost(&command, names), DATABASE),
        Err(problem) => FileValues { problems: vec![problem], ..FileValues::default() },
    };
    if !values.problems.is_empty() {
        return Err(command.error(ErrorKind::ValueValidation, values.problems.join("\n")));
    }
    Ok(mut_innermost(command, names, |command| with_defaults(command, &values)))
}

fn with_defaults(command: Command, values: &FileValues) -> Command {
    let add = |command: Command, (id, values): &(clap::Id, Vec<OsString>)| {
        command.mut_arg(id, |arg| arg.default_values(values.clone()))
    };
    values.values.iter().fold(command, add)
}

/// Changes the command that the names lead to.
fn mut_innermost(command: Command, names: &[String], change: impl FnOnce(Command) -> Command) -> Command {
    match names.split_first() {
        Some((name, names)) => command.mut_subcommand(name, |command| mut_innermost(command, names, change)),
        None => change(command),
    }
}

/// The error with the usage of its command. That of the parser has each argument with a variable as if it were required.
fn with_usage(mut error: clap::Error, mut command: &mut Command, names: &[String]) -> clap::Error {
    if error.remove(ContextKind::Usage).is_some() {
        for name in names {
            command = command.find_subcommand_mut(name).expect("the parser has found it");
        }
        error.insert(ContextKind::Usage, ContextValue::StyledStr(command.render_usage()));
    }
    error
}

/// Fails if an argument contains the secret of a token. The errors of the parser would repeat it.
fn refuse_secret_argument(arguments: &[OsString]) -> Result<(), clap::Error> {
    let Some(secret) = arguments.iter().skip(1).find_map(|argument| secret_in_os(argument)) else { return Ok(()) };
    let message = format!(
        "an argument contains {secret}. The secret is in the history of the shell now, and other users could read it in the list of \
         processes.\n"
    );
    Err(clap::Error::raw(ErrorKind::InvalidValue, message))
}

/// Fails if a variable of a command contains the secret of a token.
fn refuse_secret_variable(command: &Command) -> Result<(), clap::Error> {
    for variable in command.get_arguments().filter_map(Arg::get_env) {
        if let Some(secret) = std::env::var_os(variable).and_then(|value| secret_in_os(&value)) {
            let message = format!("the variable {} contains {secret}.\n", variable.to_string_lossy());
            return Err(clap::Error::raw(ErrorKind::InvalidValue, message));
        }
    }
    Ok(())
}

fn innermost<'c>(command: &'c Command, names: &[String]) -> &'c Command {
    let inner = |command: &'c Command, name: &String| command.find_subcommand(name);
    names.iter().try_fold(command, inner).unwrap_or(command)
}

/// Takes every value as it is.
fn with_texts(command: Command) -> Command {
    let text =
        |arg: Arg| if arg.get_action().takes_values() { arg.value_parser(ValueParser::os_string()) } else { arg };
    command.mut_args(text).mut_subcommands(with_texts)
}

fn without_empty_variables(command: Command) -> Command {
    let is_empty = |arg: &Arg| arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
    command
        .mut_args(|arg| if is_empty(&arg) { without_variable(arg) } else { arg })
        .mut_subcommands(without_empty_variables)
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
