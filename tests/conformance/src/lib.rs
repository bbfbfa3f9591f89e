//! Conformance tests of the Aether contract. They need HTTP only, so they run against every deployment and every
//! implementation.
//!
//! [`suite`] has the tests, [`Api`] sends their requests and checks every response against the contract, [`Run`] runs them
//! against a live deployment and ends the tokens that they create, and [`report`] writes the results.
//!
//! An implementation of the contract runs the suite in a test of its own:
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use aether_conformance::report::{Report, TestResult};
//! use aether_conformance::{Run, Settings, suite};
//! use reqwest::redirect::Policy;
//!
//! # async fn conforms(url: String, token: String) -> Result<(), Box<dyn std::error::Error>> {
//! let settings = Settings {
//!     base_url: url,
//!     // A redirect would carry a token to another host.
//!     http: reqwest::Client::builder().redirect(Policy::none()).timeout(Duration::from_secs(30)).build()?,
//!     ignored_headers: Vec::new(),
//!     token: token.into(),
//!     other_token: None,
//!     prefix: "conformance".to_owned(),
//!     lifetime: Duration::from_secs(3_600),
//!     jobs: 4,
//! };
//! let mut run = Run::start(settings).await?;
//! let tests: Vec<_> = suite::all().collect();
//! let mut results: Vec<TestResult> = Vec::new();
//! run.execute(&tests, |result| results.push(result)).await;
//! let report = Report::new(&run, results, |_| true, run.end().await, false);
//! assert!(report.is_success(), "{report}");
//! # Ok(())
//! # }
//! ```

#![allow(clippy::must_use_candidate, clippy::return_self_not_must_use, reason = "an assertion is its own use")]

mod api;
pub mod arguments;
pub mod contract;
pub mod coverage;
mod deployment;
pub mod race;
pub mod report;
mod response;
pub mod run;
mod scopes;
mod secret;
pub mod suite;
mod token;
mod valid_request;
mod wait;

pub use api::{Api, Organization, wire_time};
pub use deployment::Deployment;
pub use response::{Response, text};
pub use run::{Run, Settings};
pub use secret::{contains_secret, redact, unknown_secret};
pub use token::Token;
pub use valid_request::valid_request;
pub use wait::eventually;
