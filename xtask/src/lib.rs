//! The command runner of this repository.
//!
//! [`project`] knows the files and packages of Aether, [`client`] generates the Rust client, and [`command`] has one
//! module for each command.

pub mod client;
pub mod command;
pub mod project;
