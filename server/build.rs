//! Compresses the files of the reference page, so that no request pays for it, and passes on the commit of the build.

use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;

include!("src/http/docs/list.rs");

macro_rules! name {
    ($path:literal, $media_type:literal, $name:literal) => {
        $name
    };
}

/// The number of hex digits of a commit in the version.
const DIGITS: usize = 8;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    pass_on_commit()?;
    compress()
}

/// Passes on the commit and its date, if they are known.
///
/// A package is built without git, so its variable comes first. A debug build has no commit: it would be built again after each.
fn pass_on_commit() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=AETHER_COMMIT");
    let given = std::env::var("AETHER_COMMIT").ok().filter(|given| !given.is_empty());
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = match given {
        Some(given) => {
            Some(parse_commit(&given).ok_or("AETHER_COMMIT must be HASH or HASH DATE: 1a2b3c4d 2026-11-27")?)
        }
        None if is_release => commit_of_repository(),
        None => None,
    };
    if let Some((hash, date)) = commit {
        println!("cargo::rustc-env=AETHER_BUILD_COMMIT={hash}");
        if let Some(date) = date {
            println!("cargo::rustc-env=AETHER_BUILD_DATE={date}");
        }
    }
    Ok(())
}

/// Parses a hash, with `-dirty` if the tree was changed, and a date.
fn parse_commit(text: &str) -> Option<(String, Option<String>)> {
    let mut words = text.split_whitespace();
    let hash = words.next()?;
    let (digits, dirty) = hash.strip_suffix("-dirty").map_or((hash, ""), |digits| (digits, "-dirty"));
    let is_hash = digits.len() >= 7 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_date = |date: &str| {
        let form =
            |(index, byte): (usize, u8)| if matches!(index, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
        date.len() == 10 && date.bytes().enumerate().all(form)
    };
    let date = words.next();
    if !is_hash || date.is_some_and(|date| !is_date(date)) || words.next().is_some() {
        return None;
    }
    Some((format!("{}{dirty}", &digits[..digits.len().min(DIGITS)]), date.map(str::to_owned)))
}

/// The commit of the repository that these sources are in. Sources in another repository, for example that of a distribution, have none.
fn commit_of_repository() -> Option<(String, Option<String>)> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let top = PathBuf::from(git(&["rev-parse", "--show-toplevel"])?);
    if top.canonicalize().ok()? != workspace.canonicalize().ok()? {
        return None;
    }
    // The log of HEAD is written by each commit and each checkout. A change of the sources makes a build in any case.
    for name in ["HEAD", "logs/HEAD"] {
        println!("cargo::rerun-if-changed={}", git(&["rev-parse", "--git-path", name])?);
    }
    println!("cargo::rerun-if-changed=src");
    let commit = git(&["log", "-1", "--format=%H %cs"])?;
    let (hash, date) = commit.split_once(' ')?;
    let is_dirty = git(&["status", "--porcelain", "--untracked-files=no"]).is_none_or(|changed| !changed.is_empty());
    parse_commit(&format!("{hash}{} {date}", if is_dirty { "-dirty" } else { "" }))
}

/// The output of git.
fn git(arguments: &[&str]) -> Option<String> {
    // It would otherwise write the index, which other programs may be using.
    let output = Command::new("git").env("GIT_OPTIONAL_LOCKS", "0").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn compress() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    for name in files!(name) {
        let file = Path::new("assets").join(name);
        println!("cargo::rerun-if-changed={}", file.display());
        let compressed = out.join(format!("{name}.gz"));
        fs::create_dir_all(compressed.parent().ok_or("a file is in a directory")?)?;
        let mut encoder = GzEncoder::new(File::create(compressed)?, Compression::best());
        encoder.write_all(&fs::read(file)?)?;
        encoder.finish()?;
    }
    Ok(())
}
