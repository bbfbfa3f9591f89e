//! The generator and the runtime, by documents that are not Aether's.
//!
//! `bookshelf.yaml` uses what the contract does not. The stub of it that is compiled here is held against the generator
//! by a unit test of `dropstub_codegen`. [`bookshelf_service`] implements it, [`pipeline`] and [`values`] ask it over HTTP, by means of
//! [`client`], and [`manifest`] holds what it says of itself against the document. [`unsupported`] has one broken document for
//! each reason to refuse one, and the fuzz tests thousands for no reason. `all_features.yaml` has what documents of dropshot servers
//! have; [`all_features`] serves it. [`example`] runs what the documentation leads to.

use std::path::{Path, PathBuf};

mod all_features;
mod bookshelf_service;
mod client;
mod example;
mod golden;
mod manifest;
mod pipeline;
mod unsupported;
mod values;

/// The path of a fixture.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}
