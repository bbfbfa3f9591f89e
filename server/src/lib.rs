//! The rules of tokens, and the store that keeps them.

pub mod store;
pub mod tokens;
