//! What `cargo xtask` is made of.
//!
//! [`document`] reads an OpenAPI document and remembers where everything stood, [`stub`] turns one into a dropshot
//! server stub, and [`compare`] says where two of them differ. Those three know nothing of Aether. [`project`] knows
//! which files and packages are Aether's, and [`command`] has one file per command.
//!
//! Nothing here links what is generated: a stub that does not compile can always be generated again.

pub mod compare;
pub mod document;
