//! The generator and the runtime, by documents that are not Aether's.
//!
//! `bookshelf.yaml` uses what the contract does not. The stub of it that is compiled here is held against the generator
//! by a unit test of `xtask::stub`. [`library`] implements it, [`wire`] and [`values`] ask it over HTTP, by means of
//! [`ask`], and [`account`] holds what it says of itself against the document. [`refusals`] has one broken document for
//! each reason to refuse one, and [`fuzz`] thousands for no reason. `zoo.yaml` has what documents of dropshot servers
//! have; [`menagerie`] serves it. [`example`] runs what the documentation leads to.

use std::path::{Path, PathBuf};

mod account;
mod ask;
mod example;
mod fuzz;
mod library;
mod menagerie;
mod refusals;
mod values;
mod wire;

#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, dead_code, reason = "it is generated, and no test needs all of it")]
mod bookshelf;
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, dead_code, reason = "it is generated, and no test serves it")]
mod knock;
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, dead_code, reason = "it is generated, and no test serves it")]
mod ping;
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, dead_code, reason = "it is generated, and no test needs all of it")]
mod zoo;

/// A file beside this one.
fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/generator").join(name)
}
