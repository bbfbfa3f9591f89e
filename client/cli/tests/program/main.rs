//! The program as a process, against a real server.

mod audit;
mod failures;
mod guide;
mod help;
mod home;
mod login;
mod output;
mod questions;
mod secrets;
mod terminal;
mod tokens;
