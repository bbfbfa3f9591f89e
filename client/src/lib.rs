//! A typed client of Aether: generated from the contract, with secret types, one error type and [`Client::connect`].
//!
//! ```no_run
//! use aether_client::{Client, Error, types::ApiTokenCreate};
//!
//! # async fn example(org_id: uuid::Uuid, owner_token: &str) -> Result<(), Error> {
//! let aether = Client::connect("http://127.0.0.1:8080", owner_token)?;
//! let issued = aether
//!     .create_api_token()
//!     .org_id(org_id)
//!     .body(ApiTokenCreate::builder().name("deploy pipeline"))
//!     .send()
//!     .await?
//!     .into_inner();
//! println!("{} was created; store its secret", issued.prefix);
//! # let _ = issued.token;
//! # Ok(())
//! # }
//! ```
//!
//! [`Client`] has one builder per operation, and [`types`] has the contract's types. Neither [`TokenSecret`] nor a type that
//! contains one can be printed. The client has no retries and no paging.

#![warn(missing_docs, unreachable_pub)]

#[allow(clippy::all, clippy::pedantic, missing_debug_implementations, missing_docs, unreachable_pub, reason = "progenitor's code")]
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
