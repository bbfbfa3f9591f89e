//! Tests of the Rust client against the real server.

mod examples;
mod faults;
mod paging;
mod settings;
mod verbs;
mod verifier;
