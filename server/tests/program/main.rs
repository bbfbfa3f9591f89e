//! The program, run as a program: its first start, its arguments, its signals, its logs.

mod first_start;
mod logs;
mod make_organization;
mod operate;
mod process;
mod readme;
mod repeat;
mod shutdown;
mod tls;
