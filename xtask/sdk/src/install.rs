//! The packages of a generator, in its project, so that no generator changes the packages of another one.

use std::fs;

use serde_json::{Map, Value, json};

use crate::Result;
use crate::generators::Generator;
use crate::project::Project;

/// Installs the packages. The result is the reason for which the generator cannot be had, if there is one.
///
/// # Errors
/// Fails if a file cannot be written or a shell cannot be run.
pub async fn install(generator: &Generator, project: &Project) -> Result<Result<(), String>> {
    if !generator.npm.is_empty()
        && let Err(reason) = npm(generator.npm, project).await?
    {
        return Ok(Err(format!("npm cannot install its packages: {reason}")));
    }
    if !generator.pypi.is_empty()
        && let Err(reason) = pypi(generator.pypi, project).await?
    {
        return Ok(Err(format!("pip cannot install its packages: {reason}")));
    }
    // A program can be one of the packages.
    let missing: Vec<&str> = generator.needs.iter().copied().filter(|program| !project.has(program)).collect();
    Ok(if missing.is_empty() { Ok(()) } else { Err(format!("{} is not installed", missing.join(", "))) })
}

/// Installs packages of npm without running their scripts.
async fn npm(packages: &[&str], project: &Project) -> Result<Result<(), String>> {
    if !project.has("npm") {
        return Ok(Err("it is not installed".to_owned()));
    }
    let versions = packages.iter().filter_map(|package| package.rsplit_once('@'));
    let dependencies: Map<String, Value> = versions.map(|(name, version)| (name.to_owned(), version.into())).collect();
    let manifest = json!({ "private": true, "type": "module", "dependencies": dependencies });
    fs::write(project.path("package.json"), format!("{manifest:#}\n"))?;
    let line = "npm install --no-audit --no-fund --ignore-scripts --prefer-offline --loglevel=error";
    Ok(project.run("npm", line, &[]).await?.exit)
}

/// Installs packages of `PyPI`.
async fn pypi(packages: &[&str], project: &Project) -> Result<Result<(), String>> {
    if !project.has("python3") {
        return Ok(Err("python3 is not installed".to_owned()));
    }
    let venv = project.venv();
    if !venv.join("bin/pip").exists() {
        let line = format!("python3 -m venv --clear '{}'", venv.display());
        if let Err(reason) = project.run("venv", &line, &[]).await?.exit {
            return Ok(Err(reason));
        }
    }
    let line = format!("pip install --quiet --disable-pip-version-check {}", packages.join(" "));
    Ok(project.run("pip", &line, &[]).await?.exit)
}
