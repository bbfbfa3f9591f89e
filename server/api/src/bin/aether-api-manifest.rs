//! Prints the compiled stub's account of itself as JSON, for `cargo xtask check`.
//!
//! It links the stub and nothing else: no server, no database.

fn main() {
    println!("{}", aether_api::account());
}
