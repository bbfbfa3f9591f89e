//! The program: first start, commands, guides, signals, logs, environment.

mod admin;
mod clock;
mod crash;
mod environment;
mod first_start;
mod guides;
mod idempotency;
mod logs;
mod organizations;
mod process;
mod shutdown;
mod signals;
mod sync;
mod tls;
