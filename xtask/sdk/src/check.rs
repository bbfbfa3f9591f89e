//! The stages of one generator, from the contract to the lifecycle.

use std::collections::BTreeSet;
use std::fs;

use aether_client_mock::TestAuthority;
use secrecy::ExposeSecret;

use crate::Result;
use crate::gateway::Gateway;
use crate::generators::{Generator, GuideProgram};
use crate::guide;
use crate::install::install;
use crate::lifecycle::{self, Secret};
use crate::project::{Finished, Project};
use crate::stage::{Failure, Outcome, Stages};

/// Writes the project of a generator, installs its packages, and runs its stages up to the first failure.
///
/// # Errors
/// Fails if a file cannot be written or a shell cannot be run.
pub async fn check(generator: &'static Generator) -> Result<Outcome> {
    let project = Project::create(generator)?;
    let result = match install(generator, &project).await? {
        Err(reason) => Stages::Skipped(reason),
        Ok(()) => run(generator, &project).await?,
    };
    Ok(Outcome { generator, result })
}

async fn run(generator: &Generator, project: &Project) -> Result<Stages> {
    let generated = project.run("generate", generator.generate, &[]).await?;
    let warnings = count_warnings(&generated.stdout) + count_warnings(&generated.stderr);
    let end = match generated.exit {
        Err(reason) => Err(Failure { at: "generate", reason }),
        Ok(()) => use_client(generator, project).await?,
    };
    Ok(Stages::Ran { warnings, end })
}

/// Compiles the SDK with the programs, and runs the programs.
async fn use_client(generator: &Generator, project: &Project) -> Result<Result<Secret, Failure>> {
    if let Some(program) = generator.guide {
        fs::write(project.path(program.file), guide::text(program)?)?;
    }
    if let Err(reason) = project.run("compile", generator.compile, &[]).await?.exit {
        return Ok(Err(Failure { at: "compile", reason }));
    }
    let ran = run_lifecycle(project, generator.run).await?;
    let secret = match lifecycle::read(&ran.stdout, ran.exit) {
        Ok(secret) => secret,
        Err(failure) => return Ok(Err(failure)),
    };
    if let Some(GuideProgram { run, .. }) = generator.guide
        && let Err(reason) = run_guide(project, run).await?.exit
    {
        return Ok(Err(Failure { at: "guide", reason }));
    }
    Ok(Ok(secret))
}

/// Runs the lifecycle against a server of its own.
async fn run_lifecycle(project: &Project, line: &str) -> Result<Finished> {
    let server = TestAuthority::start().await;
    run_program(project, "lifecycle", line, server.url(), &server).await
}

/// Runs the program of a guide against a server of its own, behind a gateway.
async fn run_guide(project: &Project, line: &str) -> Result<Finished> {
    let server = TestAuthority::start().await;
    let gateway = Gateway::start(server.url()).await?;
    run_program(project, "guide", line, gateway.url(), &server).await
}

async fn run_program(
    project: &Project,
    stage: &str,
    line: &str,
    url: &str,
    server: &TestAuthority,
) -> Result<Finished> {
    let variables = [("AETHER_URL", url), ("AETHER_TOKEN", server.owner_token().expose_secret())];
    project.run(stage, line, &variables).await
}

/// The number of different warnings. openapi-generator repeats one of them a varying number of times.
fn count_warnings(output: &str) -> usize {
    output.lines().filter(|line| is_warning(line)).collect::<BTreeSet<_>>().len()
}

/// Whether a line of the generator's output is a warning.
fn is_warning(line: &str) -> bool {
    line.to_lowercase()
        .split(|character: char| !character.is_alphabetic())
        .any(|word| matches!(word, "warn" | "warning"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_counted() {
        assert!(is_warning("[main] WARN  o.o.codegen.utils.ExamplesUtils - No application/json"));
        assert!(is_warning("Warning: unknown format"));
        assert!(!is_warning("[main] INFO  o.o.codegen.TemplateManager - writing file warnings.ts"));
        assert_eq!(count_warnings("WARN a\nWARN b\nINFO a\nWARN a\n"), 2);
    }
}
