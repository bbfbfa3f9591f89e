//! The Aether server, as a library that the program and the tests run.
//!
//! A request goes through the generated stub (`aether-api`), `http` (what the contract's operations do), [`tokens`] (the
//! rules) and [`store`] (the database), and nothing calls upward. Beside them stand [`limit`] (how much anybody may ask
//! for), [`idempotency`] (requests that can be repeated) and [`audit`] (what happened). [`run`] is what the program does,
//! [`server`] the life of a server in it, `operate` what else can be done on its machine.

pub mod audit;
pub mod bootstrap;
pub mod config;
mod http;
pub mod idempotency;
pub mod limit;
pub mod log;
mod operate;
mod owner_file;
pub mod run;
pub mod server;
pub mod store;
mod tls;
pub mod tokens;
mod upkeep;
