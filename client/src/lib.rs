//! The Rust client of Aether, the API token service for multi-tenant platforms.
//!
//! ```no_run
//! use aether_client::{Client, ExposeSecret};
//!
//! # async fn example() -> aether_client::Result<()> {
//! let aether = Client::from_env()?;
//! let issued = aether.create_token("deploy pipeline").scopes(["deploy:*"]).await?;
//! println!("{} has the secret {}", issued.prefix, issued.token.expose_secret());
//! # Ok(())
//! # }
//! ```
//!
//! - [`Client`] has a verb for each operation. [`Client::builder`] has the settings.
//! - [`Error`] is the error of every call. No error and no `Debug` text contains a secret.
//! - [`Verifier`] verifies the tokens that a service receives.
//! - [`generated`] has the operations as progenitor generates them from the contract.
//! - [`guide`] has a page on errors, retries, paging, verifying and testing.
//!
//! The crate needs a tokio runtime, unless the feature `blocking` is used.
//!
//! # Features
//!
//! | feature | effect |
//! | --- | --- |
//! | `rustls` (default) | TLS by rustls with AWS-LC |
//! | `rustls-ring` | TLS by rustls with ring, unless the program has installed another provider |
//! | `rustls-no-provider` | TLS by rustls with the provider that the program has installed |
//! | `native-tls` | TLS by the system's library |
//! | `http2` (default) | HTTP/2 |
//! | `blocking` | `wait()` on every call, for programs without async code |
//! | `tower` | [`VerifierLayer`](verifier::VerifierLayer), which verifies the bearer token of every request |
//! | `axum` | [`VerifiedToken`] as an extractor |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs, unreachable_pub)]

#[allow(clippy::all, clippy::pedantic, missing_debug_implementations, missing_docs, reason = "progenitor's code")]
#[allow(unused_mut, unreachable_pub, reason = "progenitor's code")]
#[allow(rustdoc::all, reason = "the contract's descriptions are not written for rustdoc")]
#[rustfmt::skip]
pub mod generated;

mod base_url;
#[cfg(feature = "blocking")]
mod blocking;
mod builder;
pub mod calls;
mod client;
mod environment;
mod error;
pub mod guide;
mod paging;
pub mod profile;
mod retries;
mod scope;
mod secret;
mod support;
mod transport;
pub mod verifier;

pub use builder::ClientBuilder;
pub use client::Client;
pub use error::{Error, ErrorKind, Result};
pub use generated::types::{
    ApiToken, ApiTokenState, ApiTokenStateFilter, AuditEvent, ErrorBodyCode as ErrorCode, FieldError, FieldErrorCode,
    Introspection, IssuedApiToken,
};
pub use paging::{Items, Page, Pages};
pub use retries::Retries;
pub use scope::covers;
pub use secret::{PresentedToken, TokenSecret};
pub use support::ResponseValue;
pub use verifier::{VerifiedToken, Verifier};

pub use chrono;
pub use reqwest::{self, StatusCode};
pub use secrecy::{self, ExposeSecret};
pub use uuid::{self, Uuid};
