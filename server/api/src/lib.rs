//! The runtime that generated server stubs stand on.

pub mod runtime;
