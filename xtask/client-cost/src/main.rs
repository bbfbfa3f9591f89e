//! `cargo xtask client-cost`: the cost of the Rust client for a program that uses it.
//!
//! [`builds`] builds an empty program with the client, and with other clients. [`calls`] counts the instructions and
//! the allocations of a call: it runs this program under Valgrind, as a [`subject`] that sends requests to a
//! [`responder`]. [`table`] renders the results, and [`docs`] writes them into the documentation.

mod builds;
mod calls;
mod docs;
mod machine;
mod responder;
mod subject;
mod table;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use subject::Subject;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Measures the cost of the Rust client: its dependencies, its build and its calls
#[derive(Debug, Parser)]
#[command(name = "cargo xtask client-cost", bin_name = "cargo xtask client-cost")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Internal>,
    #[command(flatten)]
    run: Run,
}

#[derive(Debug, Subcommand)]
enum Internal {
    /// Call a server
    #[command(hide = true)]
    Call {
        /// The client
        subject: Subject,
        /// The URL of the server
        url: String,
        /// The number of calls
        number: i64,
    },
}

#[derive(Debug, Args)]
struct Run {
    /// One part of the measurements
    #[arg(long)]
    only: Option<Part>,
    /// The number of builds of each program
    #[arg(long, default_value_t = 3, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Write the results into client/docs
    #[arg(long, conflicts_with = "only")]
    docs: bool,
}

/// A part of the measurements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The dependencies and the builds.
    Builds,
    /// The calls.
    Calls,
}

fn main() -> ExitCode {
    let Arguments { command, run: arguments } = Arguments::parse();
    let done = match command {
        Some(Internal::Call { subject, url, number }) => subject.call(&url, number),
        None => run(&arguments),
    };
    done.map_or_else(
        |error| {
            eprintln!("error: {error}");
            ExitCode::from(2)
        },
        |()| ExitCode::SUCCESS,
    )
}

fn run(arguments: &Run) -> Result<()> {
    let mut results = machine::describe()? + "\n";
    if arguments.only != Some(Part::Builds) {
        results += &calls::measure()?;
    }
    if arguments.only != Some(Part::Calls) {
        results += &builds::measure(arguments.rounds)?;
    }
    println!("{results}");
    if arguments.docs { docs::write(&results) } else { Ok(()) }
}
