//! Servers for the tests of programs that use Aether.
//!
//! # Typed mocks
//!
//! [`MockAether`] is a server with the responses that a test sets. It has a function for each operation of the contract, with the
//! types of the client, so that a mock that the contract does not allow does not compile. [`fixtures`] has a value of each response.
//!
//! ```
//! use aether_client::{Client, ErrorCode, FieldErrorCode, Result, TokenSecret};
//! use aether_client_mock::{ExposeSecret, MockAether, fixtures};
//!
//! /// The code under test.
//! async fn deploy_token(aether: &Client) -> Result<TokenSecret> {
//!     Ok(aether.create_token("deploy").scopes(["deploy:*"]).await?.token)
//! }
//!
//! # /*
//! #[tokio::test]
//! # */
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() { token_is_created().await; errors_are_reported().await }
//! async fn token_is_created() {
//!     let aether = MockAether::start();
//!     let issued = fixtures::issued_api_token();
//!     let creation = aether.create_api_token(|_, then| then.created(&issued));
//!     let secret = deploy_token(&aether.client()).await.unwrap();
//!     assert_eq!(secret.expose_secret(), issued.token.expose_secret());
//!     creation.assert();
//! }
//!
//! # /*
//! #[tokio::test]
//! # */
//! async fn errors_are_reported() {
//!     let aether = MockAether::start();
//!     let mut creation = aether.create_api_token(|_, then| then.error(ErrorCode::LimitReached));
//!     assert_eq!(deploy_token(&aether.client()).await.unwrap_err().code(), Some(&ErrorCode::LimitReached));
//!     creation.delete();
//!
//!     let limited = fixtures::error(ErrorCode::RateLimited).retry_after(30);
//!     let mut creation = aether.create_api_token(|_, then| then.error(limited));
//!     assert_eq!(deploy_token(&aether.client()).await.unwrap_err().retry_after().unwrap().as_secs(), 30);
//!     creation.delete();
//!
//!     let details = [("scopes[0]", FieldErrorCode::TooLong, "Must have at most 64 characters.")];
//!     let invalid = fixtures::error(ErrorCode::ValidationFailed).details(details);
//!     let mut creation = aether.create_api_token(|_, then| then.error(invalid));
//!     assert_eq!(deploy_token(&aether.client()).await.unwrap_err().details()[0].field, "scopes[0]");
//!     creation.delete();
//!
//!     aether.create_api_token(|_, then| then.gateway_error(503));
//!     let error = deploy_token(&aether.client()).await.unwrap_err();
//!     assert!(error.code().is_none() && error.is_retryable());
//! }
//! ```
//!
//! The pages of a list, and a token that is verified:
//!
//! ```
//! use aether_client::verifier::{Verdict, Verifier};
//! use aether_client_mock::{MockAether, fixtures};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let aether = MockAether::start();
//! let first = fixtures::api_token_page();
//! aether.list_api_tokens(|when, then| {
//!     when.cursor(None);
//!     then.ok(&first)
//! });
//! aether.list_api_tokens(|when, then| {
//!     when.cursor(first.next_cursor.as_ref());
//!     then.ok(&fixtures::last_api_token_page([fixtures::api_token()]))
//! });
//! assert_eq!(aether.client().list_tokens().items().all().await.unwrap().len(), 3);
//!
//! let secret = fixtures::issued_api_token().token;
//! aether.introspect_api_token(|when, then| {
//!     when.token(&secret);
//!     then.ok(&fixtures::introspection())
//! });
//! let verdict = Verifier::new(aether.client()).verify(secret).await.unwrap();
//! assert!(matches!(verdict, Verdict::Active(token) if token.covers("deployments:write")));
//! # }
//! ```
//!
//! # The real server
//!
//! With the feature `authority`, `TestAuthority` is the real server in the process of the test, on a temporary database and a free
//! port. It stops when it is dropped, and any number of them run at the same time.
//!
#![cfg_attr(feature = "authority", doc = "```")]
#![cfg_attr(not(feature = "authority"), doc = "```ignore")]
//! use aether_client::ErrorCode;
//! use aether_client_mock::TestAuthority;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let authority = TestAuthority::start().await;
//! let deployer = authority.create_token(&["deploy"]).await;
//! let client = authority.client_of(deployer.secret().clone());
//! assert!(client.authorize(["deploy"]).await.is_ok());
//!
//! authority.expire(deployer.id()).await;
//! assert_eq!(client.authorize(["deploy"]).await.unwrap_err().code(), Some(&ErrorCode::Unauthorized));
//!
//! let issued = authority.client().create_token("service").await.unwrap();
//! authority.revoke(issued.id).await;
//! # }
//! ```

#![warn(missing_docs, unreachable_pub)]

#[cfg(feature = "authority")]
mod authority;
mod clients;
mod error;
pub mod fixtures;
mod form;
#[allow(clippy::all, clippy::pedantic, reason = "progenitor's code")]
#[allow(rustdoc::all, reason = "the contract's descriptions are not written for rustdoc")]
#[rustfmt::skip]
mod generated;
mod headers;
mod mock;

#[cfg(feature = "authority")]
pub use authority::{TestAuthority, TestOrganization, TestToken};
pub use error::ErrorResponse;
pub use generated::operations;
pub use mock::MockAether;

pub use aether_client::ExposeSecret;
pub use aether_client::secrecy::SecretString;
pub use httpmock;
