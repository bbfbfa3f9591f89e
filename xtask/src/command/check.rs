//! `cargo xtask check`: the contract against the compiled stub.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::generate::{self, Generate};
use super::{Exit, Failed};
use crate::project;
use dropstub_checks::check::{Account, Compared, Report};
use dropstub_document::Document;

/// Check that the contract, the generated code and the compiled stub say the same
///
/// Exits with 0 where they do, with 1 where they differ, and with 2 where something cannot be read or does not compile.
/// Key order, YAML style, references, stated defaults and unused components make no difference; descriptions and
/// examples do for the generated code, and not for --spec.
#[derive(Debug, clap::Args)]
pub struct Check {
    /// Compare this document with the compiled stub, and leave the generated files alone
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// How to write what was found
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

pub(super) fn run(arguments: &Check, out: &mut dyn Write) -> Result<Exit, Failed> {
    let mut stale = Vec::new();
    let contract = if let Some(path) = &arguments.spec {
        Document::read(path)?
    } else {
        generate::run(&Generate { check: true, ..Generate::default() }, &mut stale)?;
        project::contract()?
    };
    let account = account(&project::root()).inspect_err(|_| {
        // A stub that cannot be asked is mostly one that is not what the contract makes it.
        let _ = out.write_all(&stale);
    })?;
    let report = dropstub_checks::check::compare(&contract.value, &account)
        .map_err(|error| Failed::new(format!("{}:{}: {error}", contract.name, contract.position(&error.pointer))))?;
    let stale = String::from_utf8_lossy(&stale);
    match arguments.format {
        Format::Text => text(&contract, &report, &stale, out)?,
        Format::Json => json(&contract, &report, &stale, out)?,
    }
    Ok(if report.findings.is_empty() && stale.is_empty() { Exit::Good } else { Exit::Different })
}

/// The compiled stub's account of itself, from a program that links the stub and nothing else.
fn account(root: &Path) -> Result<Account, Failed> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // No package is named, so that dependencies are built with the features that they have in every other build.
    cargo.current_dir(root).args(["run", "--quiet", "--bin", project::ACCOUNT]);
    let output = cargo.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(Failed::new(
            "the stub cannot be asked: it does not compile or it panics; run `cargo xtask generate`".to_owned(),
        ));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn text(contract: &Document, report: &Report, stale: &str, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{stale}")?;
    for finding in &report.findings {
        let place = contract.position(&finding.pointer);
        writeln!(out, "{}:{place}: {finding}\n    at {}", contract.name, finding.pointer)?;
    }
    let Compared { operations, parameters, schemas, enforced_schemas, statuses, headers, links } = report.compared;
    writeln!(
        out,
        "{operations} operations, {parameters} parameters and {schemas} schemas were compared with what dropshot emits from the compiled types,"
    )?;
    writeln!(out, "{enforced_schemas} schemas of requests with what the validator enforces,")?;
    writeln!(
        out,
        "security, scopes, {statuses} statuses and {headers} headers with the tables that the stub's glue runs on,"
    )?;
    writeln!(out, "{links} links, the servers and the security schemes with what the stub states.")?;
    match report.findings.len() {
        0 if stale.is_empty() => writeln!(out, "{}: the same", contract.name),
        0 => writeln!(out, "{}: the compiled stub says the same, but a generated file does not", contract.name),
        1 => writeln!(out, "{}: 1 difference", contract.name),
        count => writeln!(out, "{}: {count} differences", contract.name),
    }
}

fn json(contract: &Document, report: &Report, stale: &str, out: &mut dyn Write) -> io::Result<()> {
    let findings: Vec<_> = report
        .findings
        .iter()
        .map(|finding| {
            let place = contract.position(&finding.pointer);
            let mut value = serde_json::json!(finding);
            value["line"] = place.line.into();
            value["column"] = place.column.into();
            value["message"] = finding.to_string().into();
            value
        })
        .collect();
    let whole = serde_json::json!({
        "spec": contract.name,
        "same": findings.is_empty() && stale.is_empty(),
        "findings": findings,
        "stale": stale.lines().collect::<Vec<_>>(),
        "compared": report.compared,
    });
    writeln!(out, "{whole:#}")
}
