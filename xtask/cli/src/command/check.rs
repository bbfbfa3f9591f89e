//! `dropstub check`: a contract against a compiled stub.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dropstub_checks::check::{self, Compared, Manifest};
use serde_json::{Map, json};

use super::Defaults;
use crate::contract;
use crate::failure::{Exit, Failure};
use crate::output::{self, Format};

/// Compare the contract with a compiled server stub
///
/// The stub's manifest is read from a file, or from the output of a command after `--`. Exits with 0 if both are equal, with 1 if
/// they differ, and with 2 if a document or the manifest cannot be read. Key order, YAML style, references, stated defaults,
/// unused components and documentation make no difference.
#[derive(Debug, Clone, clap::Args)]
pub struct Check {
    /// The document [default: the contract of the working directory]
    #[arg(long, value_name = "FILE")]
    pub spec: Option<PathBuf>,
    /// The manifest of the compiled stub, as JSON
    #[arg(long, value_name = "FILE", conflicts_with = "command")]
    pub manifest: Option<PathBuf>,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// A command that prints the manifest
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

pub(super) fn execute(arguments: &Check, defaults: &Defaults, out: &mut dyn Write) -> Result<Exit, Failure> {
    let document = contract::read(arguments.spec.as_deref(), &defaults.directory)?;
    let manifest = match (&arguments.manifest, arguments.command.as_slice()) {
        (Some(path), _) => from_file(path)?,
        (None, []) => from_command(&defaults.manifest_command, &defaults.generate_hint)?,
        (None, command) => from_command(command, &defaults.generate_hint)?,
    };
    let comparison = check::check(&document, &manifest)
        .map_err(|error| Failure::new(format!("{}: {error}", document.location(&error.pointer))))?;
    let diagnostics = [defaults.findings.clone(), comparison.diagnostics].concat();
    let equal = diagnostics.is_empty();
    let result = if equal { "equal to the compiled stub".to_owned() } else { output::counts(&diagnostics) };
    let summary = format!("{}{}: {result}", compared(&comparison.compared), document.name);
    let facts = json!({"document": document.name, "equal": equal, "compared": comparison.compared});
    let facts = facts.as_object().cloned().unwrap_or_else(Map::new);
    output::diagnostics(arguments.format, &diagnostics, &[&document], facts, &summary, out)?;
    Ok(Exit::found_if(!equal))
}

fn from_file(path: &Path) -> Result<Manifest, Failure> {
    let read = std::fs::read(path).map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))?;
    serde_json::from_slice(&read)
        .map_err(|error| Failure::new(format!("{} is not a manifest: {error}", path.display())))
}

fn from_command(command: &[String], hint: &str) -> Result<Manifest, Failure> {
    let [program, arguments @ ..] = command else {
        return Err(Failure::new("no manifest; use --manifest FILE, or a command that prints it after `--`"));
    };
    let name = command.join(" ");
    let output = Command::new(program).args(arguments).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| Failure::new(format!("cannot run `{name}`: {error}")))?;
    if !output.status.success() {
        return Err(Failure::new(format!("`{name}` failed, so the stub's manifest cannot be read{hint}")));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| Failure::new(format!("the output of `{name}` is not a manifest: {error}")))
}

/// The number of compared objects, and the sources of the server's values.
fn compared(compared: &Compared) -> String {
    let Compared { operations, parameters, schemas, enforced_schemas, statuses, headers, links } = compared;
    format!(
        "compared with the compiled types: {operations} operations, {parameters} parameters, {schemas} schemas\n\
         compared with the validator: {enforced_schemas} schemas of requests\n\
         compared with the stub's tables: security, scopes, {statuses} statuses, {headers} headers\n\
         compared with the stub's statements: {links} links, servers, security schemes\n"
    )
}
