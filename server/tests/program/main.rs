//! The program: first start, commands, guides, signals, logs.

mod admin;
mod first_start;
mod guides;
mod idempotency;
mod logs;
mod organizations;
mod process;
mod shutdown;
mod tls;
