//! `dropstub generate`: a server stub from a document.

use std::io::Write;
use std::path::{Path, PathBuf};

use dropstub_codegen::Options;

use super::Defaults;
use crate::failure::{Exit, Failure};
use crate::{contract, generated};

/// Generate a server stub
///
/// Constructs that a stub cannot support are diagnosed with their location; then this exits with 2.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Generate {
    /// Only compare: exit with 1 if the file of `--out` differs from the generated stub
    #[arg(long)]
    pub check: bool,
    /// The document [default: the contract of the working directory]
    #[arg(long, value_name = "FILE")]
    pub spec: Option<PathBuf>,
    /// The file to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// The command in headers and messages.
const COMMAND: &str = "dropstub generate";

pub(super) fn execute(arguments: &Generate, defaults: &Defaults, out: &mut dyn Write) -> Result<Exit, Failure> {
    if arguments.check && arguments.out.is_none() {
        return Err(Failure::new("--check needs a file to compare; select it with --out"));
    }
    let document = contract::read(arguments.spec.as_deref(), &defaults.directory)?;
    let file = Path::new(&document.name).file_name().unwrap_or_default().to_string_lossy();
    let header = generated::header(COMMAND, &file, &document.value);
    let source = generated::parse_api(&document)?.emit(&Options { runtime: "dropstub_runtime", header: &header });
    let Some(path) = &arguments.out else {
        write!(out, "{source}")?;
        return Ok(Exit::Success);
    };
    let name = path.display().to_string();
    if arguments.check {
        let stale = generated::stale(path, &name, &source, &document, COMMAND)?;
        stale.iter().try_for_each(|finding| writeln!(out, "{finding}"))?;
        return Ok(Exit::found_if(stale.is_some()));
    }
    if generated::write(path, &source)? {
        writeln!(out, "wrote {name}")?;
    }
    Ok(Exit::Success)
}
