//! What `cargo xtask` is made of.
//!
//! [`document`] reads an OpenAPI document and remembers where everything stood, [`stub`] turns one into a dropshot
//! server stub, [`client`] has progenitor turn one into a client, [`compare`] says where a contract and a compiled stub
//! differ, [`compat`] what a changed contract breaks, and
//! [`lint`] what is wrong with one beside its form. None of these knows Aether. [`project`] knows which files and packages are Aether's, and [`command`]
//! has one file per command.
//!
//! Nothing here links what is generated: a stub that does not compile can always be generated again.

pub mod client;
pub mod command;
pub mod compare;
pub mod compat;
pub mod document;
pub mod fuzz;
pub mod lint;
pub mod mutate;
pub mod project;
pub mod roundtrip;
pub mod stub;
