//! The commands of `cargo xtask`.

use std::io::Write;

use dropstub::{Check, Defaults, Exit, Failure};

use crate::{bench, client_cost, crash, generate, instructions, project, public_api, release, released, report, sdk};

/// A command with its arguments.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// A command of `dropstub`.
    #[command(flatten)]
    Tool(dropstub::Command),
    /// Write the report on the generator and the check to xtask/REPORT.md
    Report(report::Report),
    /// Kill the server at random moments, and check every acknowledged change after each restart
    Crash(crash::Crash),
    /// Measure the server next to yardsticks of the same run
    Bench(bench::Bench),
    /// Hold the instructions of a verification and a creation against the figures of the repository
    Instructions(instructions::Instructions),
    /// Compare the public API of the client with its listing in the repository
    PublicApi(public_api::PublicApi),
    /// Measure the dependencies, the build and the calls of the client next to others
    ClientCost(client_cost::ClientCost),
    /// Build the client of each released contract, and run it against the server
    Released,
    /// Build the programs, write the archives of a release, and install them on trial
    Release(release::Release),
    /// Generate SDKs with public generators, compile them, and run a lifecycle with each against the real server
    Sdk(sdk::Sdk),
}

/// Executes a command.
///
/// Without a document, `generate` writes all generated files of the repository, and `check` compares them, too.
///
/// # Errors
/// Fails if the command cannot do its work.
pub fn execute(command: &Command, out: &mut dyn Write) -> Result<Exit, Failure> {
    match command {
        Command::Report(arguments) => report::execute(arguments, out),
        Command::Crash(arguments) => crash::execute(arguments),
        Command::Bench(arguments) => bench::execute(arguments),
        Command::Instructions(arguments) => instructions::execute(arguments),
        Command::PublicApi(arguments) => public_api::execute(arguments),
        Command::ClientCost(arguments) => client_cost::execute(arguments),
        Command::Released => released::execute(),
        Command::Release(arguments) => release::execute(arguments),
        Command::Sdk(arguments) => sdk::execute(arguments),
        Command::Tool(dropstub::Command::Generate(arguments))
            if arguments.spec.is_none() && arguments.out.is_none() =>
        {
            generate::execute(arguments.check, out)
        }
        Command::Tool(tool @ dropstub::Command::Check(Check { spec: None, manifest: None, command, .. }))
            if command.is_empty() =>
        {
            let findings = generate::stale()?;
            // A stub that does not compile is usually stale.
            let defaults = Defaults { findings: findings.clone(), ..project::defaults() };
            dropstub::execute(tool, &defaults, out)
                .inspect_err(|_| findings.iter().for_each(|finding| eprintln!("{finding}")))
        }
        Command::Tool(tool) => dropstub::execute(tool, &project::defaults(), out),
    }
}
