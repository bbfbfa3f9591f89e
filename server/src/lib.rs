//! The Aether server, as a library that the program and the tests run.
//!
//! A request goes through the generated stub (`aether-api`), `http` (what the contract's operations do), [`tokens`] (the
//! rules) and [`store`] (the database), and nothing calls upward. [`run`] is what the program does, [`server`] the life
//! of a server in it.

pub mod bootstrap;
pub mod config;
mod http;
pub mod log;
mod owner_file;
pub mod run;
pub mod server;
pub mod store;
pub mod tokens;
