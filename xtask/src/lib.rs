//! The command runner of this repository.
//!
//! [`project`] names the repository's files and packages, [`generate`] writes its generated files, [`client`] is the
//! generator of the Rust client, [`mock`] that of its typed mocks, and [`report`] writes the results of the generator
//! and the check. [`crash`] runs the crash test of the server, [`bench`](mod@bench) the benchmark, [`instructions`] the
//! gate against regressions, and [`client_cost`] the measurement of the client. [`public_api`] compares the public API
//! of the client with its listing, [`released`] runs the clients of the released contracts, [`release`] writes the
//! archives of a release, and [`sdk`] checks the SDKs of public generators; a [`runner`] starts their crates. Everything else is a command of `dropstub`.

pub mod bench;
pub mod client;
pub mod client_cost;
pub mod command;
pub mod crash;
pub mod generate;
pub mod instructions;
pub mod mock;
pub mod project;
pub mod public_api;
pub mod release;
pub mod released;
pub mod report;
pub mod runner;
pub mod sdk;
