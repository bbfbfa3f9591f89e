//! Files that are generated from the description of the command line.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::arguments::{Arguments, ENVIRONMENT, EXIT_STATUSES};
use crate::failure::Failure;

pub(super) fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "aether", &mut script);
    io::stdout().write_all(&script).map_err(|error| Failure::output(&error))
}

pub(super) fn manual(directory: &Path) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::io(format_args!("write the pages to {}", directory.display()), &error);
    // In the pages, the text after the options would be filled like a paragraph.
    let command = || Arguments::command().after_long_help(None).disable_help_subcommand(true);
    clap_mangen::generate_to(command(), directory).map_err(failed)?;
    let mut page = Vec::new();
    clap_mangen::Man::new(command()).render(&mut page).map_err(failed)?;
    page.extend(section("ENVIRONMENT", ENVIRONMENT).bytes());
    page.extend(section("EXIT STATUS", EXIT_STATUSES).bytes());
    fs::write(directory.join("aether.1"), page).map_err(failed)
}

/// A section of a page with the lines as they are.
fn section(title: &str, text: &str) -> String {
    // A hyphen is a minus only with a backslash.
    format!(".SH \"{title}\"\n.nf\n{}\n.fi\n", text.replace('-', "\\-"))
}
