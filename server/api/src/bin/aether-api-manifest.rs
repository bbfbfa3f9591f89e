//! Prints the manifest of the compiled stub as JSON, for `cargo xtask check`.
//!
//! It links the stub and nothing else: no server, no database.

fn main() {
    println!("{}", aether_api::manifest());
}
