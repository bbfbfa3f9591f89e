//! Rate limits of tokens and of client networks.
//!
//! All state is in memory and belongs to this process: a restart fills every bucket.

mod bucket;
mod limiter;
mod network;

pub use bucket::{BucketState, Rate};
pub use limiter::Limiter;
pub use network::Network;
