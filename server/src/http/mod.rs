//! The server's HTTP face: the generated service trait, answered by the rules and the store.
//!
//! [`service`] has the operations, a few lines each: a handler takes what was asked, makes one call, and says how it went.
//! What takes more than that has a file: [`issue`] for the two that answer with a secret, [`verify`] for those that look
//! at tokens for others. [`caller`] is who asks, [`aether`] what answers. What an error is on the wire stands in
//! [`refuse`] and nowhere else; the wording is in [`explain`], the way from a record to a wire type in [`wire`], and the
//! endpoints beside the contract in [`operator`]. No rule and no SQL is here.

mod aether;
mod caller;
mod explain;
mod issue;
mod operator;
mod refuse;
mod service;
mod verify;
mod wire;

pub(crate) use aether::{Aether, Settings};
pub(crate) use operator::register;
