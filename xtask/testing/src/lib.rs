//! Tests of an OpenAPI generator and of the checks.

pub mod fuzz;
mod instances;
pub mod mutate;
pub mod roundtrip;
