//! Servers for the tests of programs that use Aether.
//!
//! With the feature `authority`, `TestAuthority` is the real server in the process of the test, on a temporary database and a free
//! port. It stops when it is dropped, and any number of them run at the same time.
//!
#![cfg_attr(feature = "authority", doc = "```")]
#![cfg_attr(not(feature = "authority"), doc = "```ignore")]
//! use aether_client_mock::{ExposeSecret, TestAuthority};
//!
//! /// The code under test: whether Aether accepts a token with a scope.
//! async fn may_deploy(aether: &str, token: &str) -> bool {
//!     let url = format!("{aether}/api/v1/authorize?scope=deploy");
//!     reqwest::Client::new().get(url).bearer_auth(token).send().await.is_ok_and(|response| response.status() == 200)
//! }
//!
//! # /*
//! #[tokio::test]
//! # */
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() { token_of_another_scope_is_rejected().await }
//! async fn token_of_another_scope_is_rejected() {
//!     let authority = TestAuthority::start().await;
//!     let deployer = authority.create_token(&["deploy"]).await;
//!     let reader = authority.create_token(&["read"]).await;
//!     assert!(may_deploy(authority.url(), deployer.secret().expose_secret()).await);
//!     assert!(!may_deploy(authority.url(), reader.secret().expose_secret()).await);
//!
//!     authority.expire(deployer.id()).await;
//!     assert!(!may_deploy(authority.url(), deployer.secret().expose_secret()).await);
//! }
//! ```

#![warn(missing_docs, unreachable_pub)]

#[cfg(feature = "authority")]
mod authority;

#[cfg(feature = "authority")]
pub use authority::{TestAuthority, TestOrganization, TestToken};
#[cfg(feature = "authority")]
pub use secrecy::{ExposeSecret, SecretString};
