//! The HTTP side of the server: the generated `Service` trait, implemented with the rules and the store.
//!
//! [`service`] implements the operations. The longer ones have their own modules: [`issue`] and [`replay`] for the operations that
//! return a secret, [`verify`] for the verification of tokens. [`auth`] identifies the caller and checks its scopes, [`error`] builds
//! every error response of the contract, [`conversions`] converts records to wire types, [`management`], [`docs`] and [`ext_authz`]
//! have the endpoints outside the contract, and [`access_log`] counts and logs them. The module has no rules of tokens and no SQL.

mod access_log;
mod auth;
mod client_ip;
mod conversions;
pub(crate) mod docs;
mod error;
pub(crate) mod ext_authz;
mod issue;
pub(crate) mod management;
mod replay;
mod service;
mod verify;

pub(crate) use access_log::observe;
pub(crate) use conversions::api_token;
pub(crate) use service::{AetherService, Settings};
