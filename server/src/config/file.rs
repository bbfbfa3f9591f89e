//! The configuration file: TOML, with a key for each flag of the server.
//!
//! Its values become the defaults of the arguments, so that they pass the same parsers as flags and variables, and give way to both.

use std::ffi::OsString;
use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, Command};
use toml::de::{DeTable, DeValue};

use super::secret::secret_in;
use super::setting::problem_with;
use crate::input;

/// The flags that a file cannot have.
pub(super) const FLAGS_ALONE: [&str; 2] = ["config", "check-config"];

/// The least similarity of a suggested name, from 0 to 1.
const SIMILAR: f64 = 0.75;

/// A file with its entries.
#[derive(Debug)]
pub(super) struct ConfigFile {
    path: PathBuf,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    key: String,
    line: usize,
    value: Value,
}

#[derive(Debug)]
enum Value {
    One(String),
    Many(Vec<String>),
    /// A value of another type, by its name.
    Other(&'static str),
}

/// The values of a file for the arguments of a command, and the problems of its other entries.
#[derive(Debug, Default)]
pub(super) struct FileValues {
    pub(super) values: Vec<(clap::Id, Vec<OsString>)>,
    pub(super) problems: Vec<String>,
}

impl ConfigFile {
    /// Reads a file.
    ///
    /// # Errors
    /// The message for the person at the command line, if the file cannot be read, is not TOML, or contains a secret.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let text = input::read_to_string(path)
            .map_err(|error| format!("the configuration file {} cannot be read: {error}", path.display()))?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, String> {
        let at = |line: usize| format!("{}:{line}", path.display());
        for (index, line) in text.lines().enumerate() {
            if let Some(secret) = secret_in(line) {
                return Err(format!("{}: the line contains {secret}", at(index + 1)));
            }
        }
        let line_of = |span: Range<usize>| 1 + text[..span.start.min(text.len())].matches('\n').count();
        let table = DeTable::parse(text)
            .map_err(|error| format!("{}: {}", at(error.span().map_or(1, line_of)), error.message()))?;
        let entries = table.into_inner().into_iter().map(|(key, value)| Entry {
            line: line_of(key.span()),
            key: key.into_inner().into_owned(),
            value: Value::of(value.get_ref()),
        });
        let mut entries: Vec<_> = entries.collect();
        entries.sort_by_key(|entry| entry.line);
        Ok(Self { path: path.to_owned(), entries })
    }

    /// The values of all entries for the arguments of a command. Every other entry is a problem.
    pub(super) fn values(&self, command: &Command) -> FileValues {
        self.values_of(command, |_| true)
    }

    /// The value of one key. The other entries are ignored.
    pub(super) fn value(&self, command: &Command, key: &str) -> FileValues {
        self.values_of(command, |it| it == key)
    }

    fn values_of(&self, command: &Command, is_selected: impl Fn(&str) -> bool) -> FileValues {
        let mut found = FileValues::default();
        for entry in self.entries.iter().filter(|entry| is_selected(&entry.key)) {
            match self.value_of(entry, command) {
                Ok(value) => found.values.push(value),
                Err(problem) => {
                    found.problems.push(format!("{}:{}: {}: {problem}", self.path.display(), entry.line, entry.key));
                }
            }
        }
        found
    }

    fn value_of(&self, entry: &Entry, command: &Command) -> Result<(clap::Id, Vec<OsString>), String> {
        let arg = settable(command).find(|arg| arg.get_long() == Some(&entry.key));
        let arg = arg.ok_or_else(|| unknown_key(&entry.key, command))?;
        let is_list = matches!(arg.get_action(), ArgAction::Append);
        let values = match &entry.value {
            Value::One(value) => std::slice::from_ref(value),
            Value::Many(values) if is_list => values,
            Value::Many(_) => return Err("must have one value, and not an array".to_owned()),
            Value::Other(_) if is_list => return Err("must be a string or an array of strings".to_owned()),
            Value::Other("boolean") => return Err("must be a string, for example \"on\" or \"off\"".to_owned()),
            Value::Other(_) => return Err("must be a string or a whole number".to_owned()),
        };
        let is_path = arg.get_value_parser().type_id() == std::any::TypeId::of::<PathBuf>();
        let value = |value: &String| if is_path { self.relative_to_file(value) } else { value.into() };
        let values: Vec<OsString> = values.iter().map(value).collect();
        problem_with(arg, &values).map_or(Ok((arg.get_id().clone(), values)), Err)
    }

    /// A path in the file, relative to the directory of the file: the commands find the same database from each working directory.
    fn relative_to_file(&self, path: &str) -> OsString {
        match self.path.parent() {
            Some(directory) if !path.is_empty() => directory.join(path).into_os_string(),
            _ => path.into(),
        }
    }
}

impl Value {
    fn of(value: &DeValue<'_>) -> Self {
        let scalar = |value: &DeValue<'_>| match value {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
            _ => None,
        };
        match value {
            DeValue::Array(values) => {
                let all = values.iter().map(|value| scalar(value.get_ref())).collect::<Option<_>>();
                all.map_or(Self::Other("array"), Self::Many)
            }
            DeValue::Boolean(_) => Self::Other("boolean"),
            value => scalar(value).map_or(Self::Other("value"), Self::One),
        }
    }
}

/// The most similar name, if there is one that can be meant.
pub(super) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let similar = |other: &str| strsim::jaro_winkler(name, other);
    names.filter(|other| similar(other) >= SIMILAR).max_by(|a, b| similar(a).total_cmp(&similar(b)))
}

/// The arguments that a file can set.
pub(super) fn settable(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| arg.get_long().is_some_and(|long| !FLAGS_ALONE.contains(&long)))
}

fn unknown_key(key: &str, command: &Command) -> String {
    match nearest(key, settable(command).filter_map(Arg::get_long)) {
        Some(near) => format!("unknown key; did you mean {near}?"),
        None => "unknown key; the keys are the long flags of the server".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use clap::Args;

    use super::*;
    use crate::config::Serve;

    const EXAMPLE: &str = include_str!("../../deploy/aether.toml");

    fn serve() -> Command {
        Serve::augment_args(Command::new("test"))
    }

    fn values(text: &str) -> FileValues {
        ConfigFile::parse(Path::new("/etc/aether/a.toml"), text).unwrap().values(&serve())
    }

    fn value<'v>(found: &'v FileValues, id: &str) -> Option<&'v Vec<OsString>> {
        found.values.iter().find(|(it, _)| it == id).map(|(_, values)| values)
    }

    #[test]
    fn value_is_a_string_a_number_or_a_list() {
        let found = values("max-tokens = 1_000\nlisten = \":80\"\ntrusted-proxy = [\"10.0.0.0/8\", \"::1\"]\n");
        assert_eq!(found.problems, [""; 0]);
        assert_eq!(value(&found, "max_tokens").unwrap(), &["1000"]);
        assert_eq!(value(&found, "listen").unwrap(), &[":80"]);
        assert_eq!(value(&found, "trusted_proxies").unwrap(), &["10.0.0.0/8", "::1"]);
        assert_eq!(value(&values("trusted-proxy = \"10.0.0.0/8\""), "trusted_proxies").unwrap(), &["10.0.0.0/8"]);
    }

    #[test]
    fn path_is_relative_to_the_file() {
        let found = values("database = \"data/a.db\"\nowner-token-file = \"/run/o\"");
        assert_eq!(value(&found, "database").unwrap(), &["/etc/aether/data/a.db"]);
        assert_eq!(value(&found, "owner_token_file").unwrap(), &["/run/o"]);
        let directory = Path::new(OsStr::from_bytes(b"/\xff"));
        let file = ConfigFile::parse(&directory.join("a.toml"), "database = \"a.db\"").unwrap().values(&serve());
        assert_eq!(value(&file, "database").unwrap(), &[directory.join("a.db").as_os_str()]);
        let here = ConfigFile::parse(Path::new("a.toml"), "database = \"a.db\"").unwrap().values(&serve());
        assert_eq!(value(&here, "database").unwrap(), &["a.db"]);
    }

    #[test]
    fn each_problem_has_its_line_its_key_and_the_reason() {
        for (text, expected) in [
            ("listne = \":80\"", "1: listne: unknown key; did you mean listen?"),
            ("trusted_proxy = \":80\"", "1: trusted_proxy: unknown key; did you mean trusted-proxy?"),
            ("colour = 1", "1: colour: unknown key; the keys are the long flags of the server"),
            ("config = \"a\"", "1: config: unknown key"),
            ("[server]\nlisten = \":80\"", "1: server: unknown key"),
            ("\n\nlisten = 80", "3: listen: a port alone"),
            ("listen = [\":80\"]", "1: listen: must have one value"),
            ("docs = true", "1: docs: must be a string, for example \"on\" or \"off\""),
            ("docs = \"yes\"", "1: docs: must be one of on, off"),
            ("log-format = \"xml\"", "1: log-format: must be one of text, json"),
            ("max-tokens = 1.5", "1: max-tokens: must be a string or a whole number"),
            ("trusted-proxy = [true]", "1: trusted-proxy: must be a string or an array of strings"),
            ("trusted-proxy = [\"*\"]", "1: trusted-proxy: must be an address or a network"),
            ("retention = 30", "1: retention: a number needs a unit"),
            ("database = \"\"", "1: database: must not be empty"),
        ] {
            let found = values(text);
            let [problem] = &found.problems[..] else { panic!("{text}: {found:?}") };
            assert!(problem.starts_with(&format!("/etc/aether/a.toml:{expected}")), "{problem}");
        }
        assert_eq!(values("a = 1\nlisten = \"\"\nb = 1").problems.len(), 3, "all are reported");
        let broken = ConfigFile::parse(Path::new("a.toml"), "\nlisten = ").unwrap_err();
        assert!(broken.starts_with("a.toml:2: "), "{broken}");
        let twice = ConfigFile::parse(Path::new("a.toml"), "docs = \"on\"\ndocs = \"on\"").unwrap_err();
        assert!(twice.starts_with("a.toml:2: duplicate key"), "{twice}");
    }

    #[test]
    fn command_reads_its_own_key_only() {
        let file = ConfigFile::parse(Path::new("a.toml"), "database = \"a.db\"\nnonsense = 1\nlisten = 80").unwrap();
        let found = file.value(&serve(), "database");
        assert_eq!((found.values.len(), found.problems.len()), (1, 0));
    }

    #[test]
    fn file_of_the_guide_is_valid() {
        let guide = include_str!("../../docs/operations.md");
        let block = guide.split_once("```toml\n").and_then(|(_, rest)| rest.split_once("```")).unwrap().0;
        let found = values(block);
        assert_eq!((found.problems, found.values.len()), (Vec::new(), 6));
    }

    #[test]
    fn example_has_each_key_with_its_default() {
        // Without the marks of comments. A line of text has a space after the mark.
        let is_entry = |line: &&str| line.starts_with('#') && !line.starts_with("# ") && *line != "#";
        let entries: Vec<_> = EXAMPLE.lines().filter(is_entry).map(|line| &line[1..]).collect();
        let file = ConfigFile::parse(Path::new("aether.toml"), &entries.join("\n")).unwrap();
        let (command, found) = (serve(), file.values(&serve()));
        assert_eq!(found.problems, [""; 0]);
        for arg in settable(&command) {
            let values = value(&found, arg.get_id().as_str()).unwrap_or_else(|| panic!("{arg} is missing"));
            let default: Vec<_> = arg.get_default_values().iter().map(|value| value.to_str().unwrap()).collect();
            assert!(default.is_empty() || *values == default, "{arg}: {values:?} instead of {default:?}");
        }
        let commented = |line: &str| line.is_empty() || line.starts_with('#');
        assert!(EXAMPLE.lines().all(commented), "the example changes nothing as it is");
    }
}
