//! Rate limits of tokens and of client networks.
//!
//! All state is in memory and belongs to this process: a restart fills every bucket.

mod bucket;
mod limiter;
mod network;

pub(crate) use bucket::{BucketState, Rate};
pub(crate) use limiter::Limiter;
pub(crate) use network::Network;
