//! The settings of a server with their sources, for `--check-config`.

use std::error::Error as _;
use std::ffi::OsString;
use std::num::ParseIntError;

use clap::builder::Resettable;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use serde_json::{Map, Value, json};

use super::Serve;
use super::file::{FileValues, settable};

/// The settings of a server, and the problems with their values.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    settings: Vec<Setting>,
    /// The problems with the values, in the order of the flags and then of the file.
    pub problems: Vec<String>,
}

#[derive(Debug, Clone)]
struct Setting {
    name: String,
    values: Vec<OsString>,
    source: Source,
    is_list: bool,
    is_valid: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Flag,
    Environment,
    File,
    Default,
}

impl Settings {
    /// The settings of a command line with its environment and a file. The matches have texts as values.
    pub(super) fn new(command: &Command, matches: &ArgMatches, file: FileValues) -> Self {
        let mut found = Self::default();
        for arg in settable(command) {
            let setting = Setting::new(arg, matches, &file);
            found.problems.extend(setting.problem(arg));
            let is_valid = problem_with(arg, &setting.values).is_none();
            found.settings.push(Setting { is_valid, ..setting });
        }
        found.problems.extend(file.problems);
        found
    }

    /// The configuration with the valid settings. The others have their defaults.
    pub(super) fn serve(&self) -> Serve {
        let valid = self.settings.iter().filter(|setting| setting.is_valid);
        Serve::of(valid.flat_map(|setting| flags(&setting.name, &setting.values)))
    }

    /// The settings as an object: each name with its value and source.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let each = self.settings.iter().map(|setting| (setting.name.clone(), setting.to_json()));
        Value::Object(each.collect::<Map<_, _>>())
    }
}

impl Setting {
    fn new(arg: &Arg, matches: &ArgMatches, file: &FileValues) -> Self {
        let id = arg.get_id();
        let given = || matches.get_raw(id.as_str()).map(|values| values.map(ToOwned::to_owned).collect());
        let in_file = || {
            let (_, values) = file.values.iter().find(|(it, _)| it == id)?;
            Some(values.clone())
        };
        let given = match matches.value_source(id.as_str()) {
            Some(ValueSource::CommandLine) => given().map(|values| (values, Source::Flag)),
            Some(ValueSource::EnvVariable) => given().map(|values| (values, Source::Environment)),
            _ => in_file().map(|values| (values, Source::File)),
        };
        let default = || arg.get_default_values().iter().map(|value| value.as_os_str().to_owned()).collect();
        let (values, source) = given.unwrap_or_else(|| (default(), Source::Default));
        let is_list = matches!(arg.get_action(), clap::ArgAction::Append);
        let name = arg.get_long().unwrap_or_default().to_owned();
        Self { name, values, source, is_list, is_valid: true }
    }

    /// The problem with a value of a flag or a variable. Those of a file have their lines.
    fn problem(&self, arg: &Arg) -> Option<String> {
        let origin = match self.source {
            Source::Flag => format!("--{}", self.name),
            Source::Environment => arg.get_env()?.to_string_lossy().into_owned(),
            Source::File | Source::Default => return None,
        };
        problem_with(arg, &self.values).map(|problem| format!("{origin}: {problem}"))
    }

    fn to_json(&self) -> Value {
        let mut values: Vec<_> = self.values.iter().map(|value| Value::from(value.to_string_lossy())).collect();
        let value = if self.is_list { Value::from(values) } else { values.pop().unwrap_or(Value::Null) };
        json!({"value": value, "source": self.source.as_str()})
    }
}

impl Source {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Environment => "environment",
            Self::File => "file",
            Self::Default => "default",
        }
    }
}

impl Serve {
    /// The configuration of flags alone, which are valid. The environment has no effect.
    pub(super) fn of(flags: impl IntoIterator<Item = OsString>) -> Self {
        let command = Self::augment_args(Command::new("aether-server").no_binary_name(true)).mut_args(without_variable);
        let matches = command.try_get_matches_from(flags);
        matches
            .and_then(|matches| Self::from_arg_matches(&matches))
            .expect("every argument is optional or has a default, and the flags are valid")
    }
}

/// The problem with values of an argument, if there is one. It has no part of the values.
pub(super) fn problem_with(arg: &Arg, values: &[OsString]) -> Option<String> {
    let command = Command::new("").no_binary_name(true).disable_help_flag(true).arg(without_variable(arg.clone()));
    let error = command.try_get_matches_from(flags(arg.get_long()?, values)).err()?;
    let allowed: Vec<_> = arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    Some(match error.source() {
        // The message of the standard library names no allowed value.
        Some(source) if source.is::<ParseIntError>() => "must be a number from 1".to_owned(),
        Some(source) => source.to_string(),
        None if !allowed.is_empty() => format!("must be one of {}", allowed.join(", ")),
        None => "must not be empty".to_owned(),
    })
}

fn flags(name: &str, values: &[OsString]) -> Vec<OsString> {
    let flag = |value: &OsString| {
        let mut flag = OsString::from(format!("--{name}="));
        flag.push(value);
        flag
    };
    values.iter().map(flag).collect()
}

pub(super) fn without_variable(arg: Arg) -> Arg {
    arg.env(Resettable::Reset)
}
