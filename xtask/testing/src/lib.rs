//! Tests of an OpenAPI generator and of the checks, on any document.
//!
//! [`roundtrip`] generates and compiles a stub, compares the document that dropshot emits with the original, and sends
//! generated values through the stub's types and rules. [`mutate`] scores the check by single edits of a document. [`fuzz`]
//! looks for panics of the generator. A JSON Schema validator that shares no code with the generator is the oracle for values.

#![warn(missing_docs, unreachable_pub)]

pub mod fuzz;
mod instances;
pub mod mutate;
pub mod roundtrip;
mod rules;

pub use instances::InstanceReport;
pub use rules::RULES;
