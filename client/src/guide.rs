//! Guides.

#[doc = include_str!("../docs/errors.md")]
pub mod errors {}

#[doc = include_str!("../docs/retries.md")]
pub mod retries {}

#[doc = include_str!("../docs/paging.md")]
pub mod paging {}

#[doc = include_str!("../docs/verifying.md")]
pub mod verifying {}

#[doc = include_str!("../docs/testing.md")]
pub mod testing {}
