//! How much each token and each address may ask for.
//!
//! Everything here is in memory and of this process: a restart fills every bucket. No HTTP is here but the form of its
//! header fields.

mod address;
mod bucket;
mod limiter;

pub use address::{Network, client_address};
pub use bucket::{Level, Rate};
pub use limiter::Limiter;
