//! The roundtrip of a document: its stub is generated and compiled, and the document that dropshot emits is compared with it.
//! Then generated values go through the stub's types and rules.

mod coverage;
mod exclusions;
mod scratch_crate;
mod table;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io};

use dropstub_checks::check::{self, Manifest};
use dropstub_codegen::{Api, Options};
use dropstub_document::{Diagnostic, Document, Location, Pointer, Position, ReadError};
use serde_json::{Value, json};

use crate::instances::{self, InstanceReport};
use crate::rules::{DOCUMENT_INVALID, DOCUMENT_UNREADABLE, STUB_FAILED, STUB_NOT_COMPILED};

pub use coverage::Count;
pub use exclusions::{Exclusion, exclude};
pub use table::table;

use scratch_crate::ScratchCrate;

/// The environment of a roundtrip.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Cargo's target directory. The crates of the stubs are in its subdirectory `roundtrip`.
    pub target: PathBuf,
    /// The dependency on `dropstub-runtime`, as a TOML value: `"0.1"` or `{ path = "..." }`.
    pub runtime: String,
    /// The lock file whose versions the crates use.
    pub lock: Option<PathBuf>,
}

impl Settings {
    /// The dependency on a runtime in a local directory.
    #[must_use]
    pub fn local_runtime(directory: &Path) -> String {
        format!("{{ path = {} }}", Value::from(directory.display().to_string()))
    }
}

/// The result of a roundtrip.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The name of the document.
    pub document: String,
    /// The operations.
    pub operations: Count,
    /// The component schemas.
    pub schemas: Count,
    /// The operations that were removed before.
    pub exclusions: Vec<Exclusion>,
    /// The reasons why no stub was generated, compiled or compared.
    pub rejected: Vec<Diagnostic>,
    /// The differences between the document and the emitted one.
    pub differences: Vec<Diagnostic>,
    /// The evaluation of generated values.
    pub instances: InstanceReport,
    /// The time from the text of the document to the text of the stub, in seconds.
    pub generate_seconds: f64,
    /// The time to compile the stub, in seconds. Dependencies may have been compiled before.
    pub build_seconds: f64,
    /// The manifest of the compiled stub.
    pub manifest: Option<Manifest>,
}

impl Outcome {
    /// The outcome of a document that cannot be read.
    #[must_use]
    pub fn unreadable(path: &Path, error: &ReadError) -> Self {
        let document = path.display().to_string();
        let (position, message) = match error {
            ReadError::Io { source, .. } => (Position { line: 1, column: 1 }, source.to_string()),
            ReadError::Syntax { position, message, .. } => (*position, message.clone()),
        };
        let location = Location { document: document.as_str().into(), position };
        let rejected = vec![Diagnostic::at(&DOCUMENT_UNREADABLE, location, message)];
        Self { document, rejected, ..Self::default() }
    }

    /// Whether every operation is equal, except for exclusions.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.rejected.is_empty() && self.differences.is_empty()
    }

    /// The diagnostics that show a fault of the generator or the check: all except the generator's own.
    #[must_use]
    pub fn failures(&self) -> Vec<Diagnostic> {
        let mut failures = self.diagnostics();
        failures.retain(|it| !dropstub_codegen::RULES.contains(&it.rule));
        failures
    }

    /// Every diagnostic of the outcome.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        [&self.rejected[..], &self.differences, &self.instances.failures].concat()
    }

    /// The outcome as a JSON object, without the diagnostics.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "document": self.document,
            "equal": self.is_equal(),
            "operations": self.operations,
            "schemas": self.schemas,
            "exclusions": self.exclusions,
            "instances": self.instances.to_json(),
            "generate_seconds": self.generate_seconds,
            "build_seconds": self.build_seconds,
        })
    }
}

/// Removes the crates of earlier roundtrips, so that each is compiled again.
///
/// # Errors
/// Fails if the directory cannot be removed.
pub fn clean(settings: &Settings) -> io::Result<()> {
    match fs::remove_dir_all(scratch_crate::directory(settings)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Performs the roundtrip of a document. The thread needs [`STACK_SIZE`](dropstub_codegen::STACK_SIZE) of stack.
#[must_use]
pub fn roundtrip(document: &Document, settings: &Settings) -> Outcome {
    let mut outcome = Outcome { document: document.name.clone(), ..Outcome::default() };
    if let Err(reasons) = attempt(document, settings, &mut outcome) {
        outcome.rejected.extend(reasons);
    }
    outcome
}

fn attempt(document: &Document, settings: &Settings, outcome: &mut Outcome) -> Result<(), Vec<Diagnostic>> {
    let (document, exclusions) = exclude(document);
    outcome.exclusions = exclusions;
    let inventory = coverage::Inventory::of(&document.value);
    outcome.operations.all = inventory.operations.len() + outcome.exclusions.len();
    outcome.schemas.all = inventory.schemas();
    if inventory.operations.is_empty() && !outcome.exclusions.is_empty() {
        return Ok(());
    }
    let start = Instant::now();
    let options = Options { runtime: "dropstub_runtime", header: "// Generated for a roundtrip." };
    let source = Api::parse(&document)?.with_evaluation().emit(&options);
    outcome.generate_seconds = seconds(start.elapsed());
    outcome.operations.generated = inventory.operations.len();
    outcome.schemas.generated = inventory.used_schemas().len();

    let failure = |rule, message| vec![Diagnostic::new(rule, &document, &Pointer::root(), message)];
    let start = Instant::now();
    let stub = ScratchCrate::build(settings, &document, &source).map_err(|error| failure(&STUB_NOT_COMPILED, error))?;
    outcome.build_seconds = seconds(start.elapsed());
    let manifest = stub.manifest().map_err(|error| failure(&STUB_FAILED, error))?;
    let comparison = check::check(&document, &manifest)
        .map_err(|error| vec![Diagnostic::new(&DOCUMENT_INVALID, &document, &error.pointer, error.message)])?;
    outcome.differences = comparison.diagnostics;
    inventory.count(&outcome.differences, &mut outcome.operations, &mut outcome.schemas);
    outcome.instances = instances::evaluate(&document, &inventory.used_schemas(), |values| stub.evaluate(values));
    outcome.manifest = Some(manifest);
    Ok(())
}

fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}
