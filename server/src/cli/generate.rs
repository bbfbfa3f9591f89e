//! Files that are generated from the description of the command line.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use super::Error;
use crate::config::Arguments;

/// The name of the program.
const NAME: &str = "aether-server";

/// Prints the script that completes commands in `shell`.
pub(super) fn completions(shell: Shell) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), NAME, &mut script);
    if shell == Shell::Bash {
        // The script has two names of a command if that of the program has a hyphen: https://github.com/clap-rs/clap/issues/6421
        let name = |separator: &str| NAME.replace('-', separator);
        script = String::from_utf8_lossy(&script).replace(&name("__subcmd__"), &name("__")).into_bytes();
    }
    Ok(io::stdout().write_all(&script)?)
}

/// Writes the manual page of each command to `directory`.
pub(super) fn manual(directory: &Path) -> Result<(), Error> {
    clap_mangen::generate_to(Arguments::command().disable_help_subcommand(true), directory)
        .map_err(|source| Error::Manual { directory: directory.to_owned(), source })
}
