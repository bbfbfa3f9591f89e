//! What `cargo xtask` is made of.
//!
//! [`document`] reads an OpenAPI document and remembers where everything stood, [`stub`] turns one into a dropshot
//! server stub, [`client`] has progenitor turn one into a client, [`compare`] says where a contract and a compiled stub
//! differ, [`compat`] what a changed contract breaks, and [`lint`] all that is wrong with one. [`roundtrip`],
//! [`mutate`] and [`fuzz`] prove that they do, with a JSON-Schema validator as the judge of what [`json_schema`] makes of
//! a schema. None of these knows Aether. [`project`] knows which files and packages are
//! Aether's, and [`command`] has one file per command.
//!
//! To make a stub of a document:
//!
//! ```
//! use xtask::document::Document;
//! use xtask::stub::{self, Options};
//!
//! let document = Document::parse("ping.yaml", "{openapi: 3.0.3, info: {title: Ping, version: 1.0.0}, paths: {}}")?;
//! let options = Options { runtime: "dropshot_stub", header: "// Made by hand.", witness: false };
//! // All that is wrong is said at once: this one has nothing to serve.
//! let refused = stub::generate(&document, &options).unwrap_err();
//! assert_eq!(refused.list[0].message, "no operation at all");
//! # Ok::<(), xtask::document::ReadError>(())
//! ```
//!
//! Nothing here links what is generated: a stub that does not compile can always be generated again.

pub mod client;
pub mod command;
pub mod compare;
pub mod compat;
pub mod document;
pub mod fuzz;
pub mod json_schema;
pub mod lint;
pub mod mutate;
pub mod project;
pub mod roundtrip;
pub mod stub;
