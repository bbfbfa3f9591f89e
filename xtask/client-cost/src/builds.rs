//! The cost of a dependency: the packages that it adds to a program, and the time to build them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Result;
use crate::machine::first_line;
use crate::table::markdown;

/// A client, in the form in which a program depends on it. Each includes TLS.
#[derive(Debug, Clone, Copy)]
struct Library {
    /// The package.
    package: &'static str,
    /// The lines of the manifest, without the path of `aether-client`.
    dependencies: &'static str,
}

/// The libraries. kube does not compile without a version of the API of Kubernetes, and async-stripe not without a runtime.
const LIBRARIES: [Library; 5] = [
    Library { package: "aether-client", dependencies: "" },
    Library { package: "reqwest", dependencies: r#"reqwest = { version = "0.13", features = ["json"] }"# },
    Library { package: "octocrab", dependencies: r#"octocrab = "0.54""# },
    Library {
        package: "async-stripe",
        dependencies: r#"async-stripe = { version = "0.41", features = ["runtime-tokio-hyper-rustls"] }"#,
    },
    Library {
        package: "kube",
        dependencies: "kube = \"5\"\nk8s-openapi = { version = \"0.29\", features = [\"latest\"] }",
    },
];

/// A build from nothing.
#[derive(Debug)]
struct Build {
    /// The compilations and the runs of build scripts, without the program itself.
    units: usize,
    /// The time from start to end.
    time: Duration,
}

/// Builds an empty program with each library, `rounds` times, one build after the other. Returns the table.
///
/// # Errors
/// Fails if cargo cannot build a program.
pub fn measure(rounds: u32) -> Result<String> {
    let directory = tempfile::tempdir()?;
    let mut rows = Vec::new();
    for library in LIBRARIES {
        let program = directory.path().join(library.package);
        write_program(&program, library)?;
        let packages = packages(&program)?;
        let version = version(&packages, library.package)?;
        let mut builds = (0..rounds).map(|_| build(&program)).collect::<Result<Vec<Build>>>()?;
        builds.sort_by_key(|build| build.time);
        let seconds = |index: usize| format!("{:.1}", builds[index].time.as_secs_f64());
        let (median, last) = (builds.len() / 2, builds.len() - 1);
        rows.push(vec![
            format!("{} {version}", library.package),
            packages.len().to_string(),
            builds[median].units.to_string(),
            format!("{} ({}–{})", seconds(median), seconds(0), seconds(last)),
        ]);
        eprintln!("{}", rows[rows.len() - 1].join(", "));
    }
    Ok(format!("### Builds\n\n{}\n", markdown(&["library", "packages", "units", "seconds"], &rows)))
}

/// Writes an empty program that depends on a library, and downloads its dependencies.
fn write_program(program: &Path, library: Library) -> Result<()> {
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../client").canonicalize()?;
    let dependencies = match library.dependencies {
        // The quotes of TOML for text without escapes.
        "" => format!("{} = {{ path = '{}' }}", library.package, client.display()),
        lines => lines.to_owned(),
    };
    fs::create_dir_all(program.join("src"))?;
    let manifest = format!("[package]\nname = \"empty\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}\n");
    fs::write(program.join("Cargo.toml"), manifest)?;
    fs::write(program.join("src/main.rs"), "fn main() {}\n")?;
    cargo(program, &["fetch", "--quiet", "--target", &first_line("rustc", "--print=host-tuple")?])?;
    Ok(())
}

/// The packages in the program with those of its macros, without the program itself.
fn packages(program: &Path) -> Result<BTreeSet<String>> {
    let tree = cargo(program, &["tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"])?;
    Ok(listed(&String::from_utf8(tree.stdout)?))
}

fn listed(tree: &str) -> BTreeSet<String> {
    // The first line is the program. A line ends with an asterisk if its dependencies were listed before.
    tree.lines().skip(1).map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}

fn version<'a>(packages: &'a BTreeSet<String>, package: &str) -> Result<&'a str> {
    let mut words = packages.iter().map(|line| line.split(' '));
    let version = words.find_map(|mut words| if words.next() == Some(package) { words.next() } else { None });
    Ok(version.ok_or_else(|| format!("{package} is not a dependency"))?.trim_start_matches('v'))
}

/// Builds the program in a new target directory.
fn build(program: &Path) -> Result<Build> {
    let target = tempfile::tempdir_in(program)?;
    let target = target.path().to_str().ok_or("a path that is not text")?;
    let start = Instant::now();
    let built = cargo(
        program,
        &["build", "--quiet", "--offline", "--locked", "--message-format", "json", "--target-dir", target],
    )?;
    let time = start.elapsed();
    let messages = String::from_utf8(built.stdout)?;
    let reasons = messages.lines().map(|line| Ok(serde_json::from_str::<Value>(line)?["reason"].take()));
    let reasons = reasons.collect::<Result<Vec<Value>>>()?;
    let units = reasons.iter().filter(|reason| *reason == "compiler-artifact" || *reason == "build-script-executed");
    Ok(Build { units: units.count() - 1, time })
}

/// Runs cargo in the directory of a program. Neither the configuration of this repository nor a cache of compilations applies.
fn cargo(program: &Path, arguments: &[&str]) -> Result<Output> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(program).args(arguments).stderr(Stdio::inherit());
    for variable in ["RUSTC_WRAPPER", "RUSTFLAGS", "CARGO_TARGET_DIR"] {
        cargo.env_remove(variable);
    }
    let output = cargo.output()?;
    if output.status.success() { Ok(output) } else { Err(format!("cargo {} failed", arguments[0]).into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_counted_once() {
        let tree = "empty v0.0.0 (/tmp/empty)\na v1.0.0\nb v2.1.0 (proc-macro)\na v1.0.0 (*)\na v0.9.0\n\n";
        let packages = listed(tree.trim_end());
        assert_eq!(packages.iter().collect::<Vec<_>>(), ["a v0.9.0", "a v1.0.0", "b v2.1.0 (proc-macro)"]);
        assert_eq!(version(&packages, "b").unwrap(), "2.1.0");
        version(&packages, "c").unwrap_err();
    }
}
