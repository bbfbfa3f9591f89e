//! A Rust client of Aether, generated from the contract, and a thin layer that makes it pleasant.
//!
//! ```no_run
//! use aether_client::{Client, Error, types::NewApiToken};
//!
//! # async fn example(org_id: uuid::Uuid, owner_token: &str) -> Result<(), Error> {
//! let aether = Client::connect("http://127.0.0.1:8080", owner_token)?;
//! let issued = aether
//!     .create_api_token()
//!     .org_id(org_id)
//!     .body(NewApiToken::builder().name("deploy pipeline"))
//!     .send()
//!     .await?
//!     .into_inner();
//! println!("{} was created; keep its secret", issued.prefix);
//! # let _ = issued.token;
//! # Ok(())
//! # }
//! ```
//!
//! [`Client`] has one builder for each operation, and [`types`] the contract's types. [`TokenSecret`] cannot be
//! printed, and neither can anything that holds one. Retries, paging and a command line are not here yet.

#[allow(clippy::all, clippy::pedantic, missing_debug_implementations, reason = "progenitor's house, progenitor's rules")]
#[allow(rustdoc::all, reason = "the contract's descriptions are not written for rustdoc")]
#[rustfmt::skip]
mod generated;
mod connect;
mod error;
mod secret;

pub use connect::ConnectError;
pub use error::Error;
pub use generated::{Client, ClientInfo, ResponseValue, builder, prelude, types};
pub use secret::{PresentedToken, TokenSecret};
