//! The program: first start, commands, the development server, guides, environment, signals, logs, metrics, clocks, crashes, faults of files and disks, upgrades.

mod admin;
mod clock;
mod connections;
mod crash;
mod dev;
mod disk_faults;
mod draining;
mod environment;
mod file_faults;
mod first_start;
mod guides;
mod idempotency;
mod listen;
mod logs;
mod metrics;
mod monitoring;
mod organizations;
mod process;
mod restore;
mod shutdown;
mod signals;
mod single_server;
mod sync;
mod tls;
mod unclean_stop;
mod upgrades;
