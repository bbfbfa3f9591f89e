//! The programs that answer requests: Aether and its yardsticks.

pub mod aether;
pub mod bare;
pub mod peer;
