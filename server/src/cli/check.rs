//! `--check-config`: the checks of a start that need no database and no socket.

use std::fs;
use std::io;
use std::iter;
use std::path::Path;

use rustix::fs::Access;
use serde_json::{Value, json};

use super::certificate::text;
use super::output::print;
use super::{Error, report};
use crate::config::{Serve, Settings, misspelt_variables};
use crate::directory::parent;
use crate::exposure::exposure;
use crate::store::{self, StoreError};
use crate::timestamp::Timestamp;
use crate::tls::{CertificateFiles, Phase, Validity};

/// The results of the checks.
#[derive(Debug, Default)]
struct Findings {
    /// The reasons why a start would fail.
    problems: Vec<String>,
    warnings: Vec<String>,
    validity: Option<Validity>,
}

/// Checks a configuration, and prints it.
///
/// # Errors
/// Fails with every problem if a start would fail.
pub(super) fn check(serve: &Serve, settings: &Settings) -> Result<(), Error> {
    let mut findings = Findings { problems: settings.problems.clone(), ..Findings::default() };
    findings.check_addresses(serve);
    findings.check_certificate(serve);
    findings.check_files(serve);
    findings.warnings.extend(misspelt_variables());
    findings.warnings.extend(exposures(serve));
    for warning in &findings.warnings {
        report(&format!("warning: {warning}"));
    }
    if !findings.problems.is_empty() {
        return Err(Error::Configuration(findings.problems));
    }
    Ok(print(&json!({"configuration": settings.to_json(), "certificate": findings.validity.map(certificate)}))?)
}

/// The warnings about the files with secrets.
pub(super) fn exposures(serve: &Serve) -> Vec<String> {
    serve.tls_key.iter().chain([&serve.owner_token_file]).filter_map(|path| exposure(path)).collect()
}

fn certificate(validity: Validity) -> Value {
    json!({"not_before": text(validity.not_before), "not_after": text(validity.not_after)})
}

impl Findings {
    fn check_addresses(&mut self, serve: &Serve) {
        let mut used = None;
        for address in iter::once(&serve.listen).chain(&serve.metrics_listen) {
            let resolved = address.resolve().and_then(|resolved| match used.replace(resolved) {
                Some(used) if used == resolved && used.port() != 0 => {
                    Err(io::Error::other("--listen and --metrics-listen have the same address"))
                }
                _ => Ok(()),
            });
            if let Err(error) = resolved {
                self.problems.push(format!("cannot listen on {address}: {error}"));
            }
        }
    }

    fn check_certificate(&mut self, serve: &Serve) {
        let Some(files) = CertificateFiles::of(serve) else { return };
        match files.load() {
            Ok(loaded) => {
                self.validity = Some(loaded.validity);
                let phase = loaded.validity.phase(Timestamp::now());
                let warning = match phase {
                    Phase::Valid => return,
                    Phase::Ending => format!("ends at {}", text(loaded.validity.not_after)),
                    Phase::Expired => format!("has expired at {}", text(loaded.validity.not_after)),
                    Phase::Early => format!("is not valid before {}", text(loaded.validity.not_before)),
                };
                self.warnings.push(format!("{}: the certificate {warning}", files.certificate.display()));
            }
            Err(error) => self.problems.push(error.to_string()),
        }
    }

    /// Checks the files that a start writes. SQLite alone opens those of the database, so they are only looked at.
    fn check_files(&mut self, serve: &Serve) {
        let path = &serve.database;
        let located = store::locate(path);
        let is_new = match &located {
            Ok(database) => !database.exists(),
            Err(StoreError::Io(error)) => error.kind() == io::ErrorKind::NotFound,
            Err(_) => false,
        };
        match located {
            Ok(database) => {
                self.check_directory(path, parent(&database));
                if let Err(error) = access(&database, Access::READ_OK | Access::WRITE_OK)
                    && !is_new
                {
                    self.problem(path, format!("the database cannot be read and written: {error}"));
                }
            }
            Err(error) => self.problem(path, error),
        }
        if is_new {
            self.check_owner_token_file(&serve.owner_token_file);
        }
    }

    /// Checks the file that a first start writes.
    fn check_owner_token_file(&mut self, path: &Path) {
        self.check_directory(path, parent(path));
        if fs::symlink_metadata(path).is_ok() {
            self.problem(path, "the first start writes the owner token, and the file already exists");
        }
    }

    /// Checks that the file at a path can be created in its directory.
    fn check_directory(&mut self, path: &Path, directory: &Path) {
        let checked = fs::metadata(directory).and_then(|found| {
            if found.is_dir() {
                access(directory, Access::WRITE_OK | Access::EXEC_OK)
            } else {
                Err(io::ErrorKind::NotADirectory.into())
            }
        });
        if let Err(error) = checked {
            self.problem(path, format!("the directory {} cannot be written: {error}", directory.display()));
        }
    }

    fn problem(&mut self, path: &Path, problem: impl std::fmt::Display) {
        self.problems.push(format!("{}: {problem}", path.display()));
    }
}

fn access(path: &Path, access: Access) -> io::Result<()> {
    Ok(rustix::fs::access(path, access)?)
}
