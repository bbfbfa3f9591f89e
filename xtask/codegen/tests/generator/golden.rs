//! The golden files, compiled.

#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, dead_code, reason = "generated; tests use a part of it")]
#[path = "../golden/all_features.rs"]
pub mod all_features;
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, dead_code, reason = "generated; no test serves it")]
#[path = "../golden/auth_only.rs"]
pub mod auth_only;
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, dead_code, reason = "generated; tests use a part of it")]
#[path = "../golden/bookshelf.rs"]
pub mod bookshelf;
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, dead_code, reason = "generated; no test serves it")]
#[path = "../golden/public_only.rs"]
pub mod public_only;
