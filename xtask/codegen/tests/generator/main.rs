//! The generator and the runtime, on documents other than Aether's.
//!
//! [`golden`] compiles the golden stubs. [`bookshelf_service`] implements `bookshelf.yaml`, whose constructs Aether's contract does not use.
//! [`pipeline`] and [`values`] test it over HTTP with [`client`], and [`manifest`] compares its manifest with the document. [`all_features`] serves
//! the constructs of other dropshot servers. [`unsupported`] has a document for each rule of the generator. [`example`] runs the documented
//! example.

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
