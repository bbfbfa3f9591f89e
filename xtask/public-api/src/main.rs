//! `cargo xtask public-api`: comparison of the public API of each library with its listing in the repository.
//!
//! [`rustdoc`] documents a library as JSON, the crate `public-api` lists the public items of that, and [`listing`] compares the list
//! with the file.

mod listing;
mod rustdoc;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use listing::Listing;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The libraries, with the paths of their listings from the root of the repository.
const LIBRARIES: [Library; 1] = [Library { package: "aether-client", listing: "client/public-api.txt" }];

/// A library with a listing.
#[derive(Debug, Clone, Copy)]
struct Library {
    package: &'static str,
    listing: &'static str,
}

/// Compares the public API of each library with its listing in the repository
#[derive(Debug, Parser)]
#[command(name = "cargo xtask public-api", bin_name = "cargo xtask public-api")]
struct Arguments {
    /// Write the listings instead of comparing them
    #[arg(long)]
    renew: bool,
}

fn main() -> ExitCode {
    let Arguments { renew } = Arguments::parse();
    match run(renew) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("error: the public API differs. If that is intended, write it: cargo xtask public-api --renew");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Compares all listings, or writes them if `renew`. Returns whether none differs.
///
/// A listing is not compared if the toolchain's JSON has another format.
///
/// # Errors
/// Fails if a library cannot be documented, or a listing cannot be read or written. A toolchain with another format is an error if
/// `renew`.
fn run(renew: bool) -> Result<bool> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut same = true;
    for Library { package, listing } in LIBRARIES {
        let json = rustdoc::document(package, &root, &target()?)?;
        if let Some(reason) = rustdoc::other_format(&std::fs::read(&json)?)? {
            if renew {
                return Err(reason.into());
            }
            println!("{listing} is not compared: {reason}");
            continue;
        }
        let listing = Listing { path: root.join(listing), name: listing };
        let present = rustdoc::public_items(&json)?;
        if renew {
            listing.write(&present)?;
        } else {
            same &= listing.compare(&present)?;
        }
    }
    Ok(same)
}

/// The target directory of the JSON. It is not that of this program: with `RUSTC_BOOTSTRAP`, cargo compiles dependencies anew whose
/// build scripts read the variable.
fn target() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.parent().and_then(Path::parent).ok_or("no target directory")?;
    Ok(target.join("public-api"))
}
