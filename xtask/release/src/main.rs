//! `cargo xtask release`: the archives of a release, and the rehearsal of their installation.
//!
//! [`programs`] builds the programs. A [`tree`] has the files of an [`archive`]: the programs with their completions and manual pages, the
//! guides, the units of systemd, and the [`licences`] of every linked crate. The [`packages`] are those that are linked into the programs,
//! and [`sbom`] lists them. [`rehearsal`] installs the archive into an empty directory and follows the first steps there.

mod archive;
mod licences;
mod packages;
mod programs;
mod rehearsal;
mod sbom;
mod tree;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::Parser;

use packages::Packages;
use programs::Programs;
use tree::Tree;

type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

/// Builds the programs, writes the archives of a release, and installs them on trial
///
/// Writes aether-VERSION-TARGET.tar.gz, aether-VERSION-src.tar.gz, aether-VERSION-TARGET.cdx.json (the bill of materials)
/// and SHA256SUMS. The archive is then installed into an empty directory, and the first steps of README.md are
/// performed with the installed programs on a temporary database. Two runs on the same programs write the same bytes.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask release", bin_name = "cargo xtask release")]
struct Arguments {
    /// The directory of the archives
    #[arg(long, value_name = "DIRECTORY", default_value = "target/dist")]
    out: PathBuf,
    /// The target of the programs; by default, that of this machine
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
    /// Package the programs in this directory instead of building them
    #[arg(long, value_name = "DIRECTORY")]
    programs: Option<PathBuf>,
    /// Install into this directory, which has to be empty, and keep it; by default, into a temporary one
    #[arg(long, value_name = "PREFIX")]
    install: Option<PathBuf>,
    /// Write only the licences of the linked crates, to this directory
    #[arg(long, value_name = "DIRECTORY", conflicts_with_all = ["out", "programs", "install"])]
    licences: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).ok_or("the crate is in the repository")?;
    let host = programs::host()?;
    let target = arguments.target.as_deref().unwrap_or(&host);
    let packages = Packages::linked(root, target)?;
    let mut licences = Tree::default();
    licences::add(&mut licences, root, &packages)?;
    if let Some(directory) = &arguments.licences {
        return licences.write(directory);
    }
    let programs = match &arguments.programs {
        Some(directory) => Programs::in_directory(directory)?,
        None => Programs::build(root, arguments.target.as_deref())?,
    };
    let commit = Commit::of(root)?;
    if !commit.is_clean {
        eprintln!("warning: the sources were changed after the commit, and the archive of the sources has the commit");
    }
    let version = packages.version();
    let name = format!("aether-{version}-{target}");
    let sbom = sbom::sbom(&packages, target, &commit.date);
    let mut tree = Tree::default();
    tree.add_repository(root)?;
    tree.extend("share/licenses/aether", licences);
    programs.add(&mut tree)?;
    tree.add("share/doc/aether/sbom.cdx.json", sbom.clone());
    fs::create_dir_all(&arguments.out)?;
    let files = [
        (format!("{name}.tar.gz"), archive::archive(&name, &tree, commit.time)?),
        (format!("{name}.cdx.json"), sbom),
        (format!("aether-{version}-src.tar.gz"), sources(root, &version)?),
    ];
    for (name, bytes) in &files {
        fs::write(arguments.out.join(name), bytes)?;
        println!("{}: {} KiB", arguments.out.join(name).display(), bytes.len() / 1024);
    }
    fs::write(arguments.out.join("SHA256SUMS"), archive::checksums(&files))?;
    println!("{} crates are linked, and each has its licence", packages.crates().count());
    if target == host {
        rehearsal::rehearse(root, &arguments.out, &name, &version, arguments.install.as_deref())?;
        println!("the installed programs performed the first steps");
    }
    Ok(())
}

/// The commit of the sources.
struct Commit {
    /// The seconds of the epoch.
    time: u64,
    /// RFC 3339, in UTC.
    date: String,
    is_clean: bool,
}

impl Commit {
    fn of(root: &Path) -> Result<Self> {
        let time = output(Command::new("git").current_dir(root).args(["log", "-1", "--format=%ct"]))?.trim().parse()?;
        let format = ["log", "-1", "--date=format-local:%Y-%m-%dT%H:%M:%SZ", "--format=%cd"];
        let date = output(Command::new("git").current_dir(root).env("TZ", "UTC").args(format))?.trim().to_owned();
        let status = output(Command::new("git").current_dir(root).args(["status", "--porcelain"]))?;
        Ok(Self { time, date, is_clean: status.is_empty() })
    }
}

/// The archive of the committed sources.
fn sources(root: &Path, version: &str) -> Result<Vec<u8>> {
    let prefix = format!("--prefix=aether-{version}/");
    let mut git = Command::new("git");
    let output = git.current_dir(root).args(["archive", "--format=tar", &prefix, "HEAD"]).output()?;
    if !output.status.success() {
        return Err(format!("git archive: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    archive::compress(&output.stdout)
}

/// The standard output of a program that succeeds.
fn output(command: &mut Command) -> Result<String> {
    let name = format!("{command:?}");
    let output = command.output().map_err(|error| format!("{name}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{name}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
