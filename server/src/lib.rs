//! The Aether server as a library, which the program and the tests run.
//!
//! A request passes through the generated stub (`aether-api`), `http` (the contract's operations), [`tokens`] (the rules) and [`store`]
//! (the database). No module calls upward. [`rate_limit`], [`idempotency`] and [`audit`] are used by them. [`cli`] has the commands of the
//! program, and [`server`] starts and stops a server.

#![warn(missing_docs, unreachable_pub)]
// `println!` and `eprintln!` panic if nobody reads.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod audit;
pub mod bootstrap;
pub mod cli;
mod clock;
pub mod config;
mod directory;
mod exposure;
mod http;
pub mod idempotency;
mod input;
mod log;
mod maintenance;
mod memory;
mod metrics;
pub mod mounted;
mod owner_token_file;
mod rate_limit;
pub mod server;
mod service_manager;
pub mod store;
pub mod timestamp;
mod tls;
pub mod tokens;
pub mod version;
