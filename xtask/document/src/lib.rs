//! OpenAPI documents as data, and the diagnostics about them.
//!
//! [`Document`] reads YAML or JSON and keeps the source position of every value. [`Node`] navigates it: references,
//! `allOf` wrappers, operations and their parameters. [`Diagnostic`] is a finding as data, and [`render`] writes findings
//! as text, JSON and SARIF.
//!
//! ```
//! use dropstub_document::Document;
//!
//! let document = Document::parse("ping.yaml", "openapi: 3.0.3\npaths: {/ping: {get: {operationId: ping}}}")?;
//! let operation = &document.root().operations()[0];
//! assert_eq!(operation.id(), Some("ping"));
//! assert_eq!(document.location(&operation.node.pointer).to_string(), "ping.yaml:2:17");
//! # Ok::<(), dropstub_document::ReadError>(())
//! ```

#![warn(missing_docs, unreachable_pub)]

mod diagnostic;
mod document;
mod json_schema;
pub mod keys;
mod node;
mod operation;
mod pointer;
pub mod render;
mod validate;

pub use diagnostic::{Diagnostic, Location, Rule, Severity};
pub use document::{Document, Position, ReadError};
pub use json_schema::{integer_bounds, json_schema};
pub use node::{MAX_REFERENCES, Node};
pub use operation::{METHODS, Operation};
pub use pointer::Pointer;
pub use validate::{InvalidDocument, is_openapi_3_0, used, validate};
