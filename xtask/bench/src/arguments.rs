//! The arguments of the command.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::figures::Name;
use crate::http::Response;
use crate::programs::bare::Bare;

/// Measures the Aether server next to yardsticks of the same run
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Internal>,
    #[command(flatten)]
    pub run: Run,
}

#[derive(Debug, Subcommand)]
pub enum Internal {
    /// Serve as a yardstick
    #[command(hide = true)]
    Serve {
        /// The server
        bare: Bare,
        /// The response, in JSON
        #[arg(value_parser = |text: &str| serde_json::from_str::<Response>(text))]
        response: Response,
    },
    /// Hold the instructions of requests against the figures of the repository
    #[command(hide = true)]
    Instructions {
        /// Write the figures
        #[arg(long)]
        renew: bool,
    },
}

#[derive(Debug, Args)]
pub struct Run {
    /// The figures; all but `purge` by default
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub only: Vec<Name>,
    /// The numbers of tokens
    #[arg(long, value_delimiter = ',', default_value = "1000,1000000", value_name = "NUMBER")]
    pub sizes: Vec<u64>,
    /// The numbers of connections of verifications
    #[arg(long, value_delimiter = ',', default_value = "1,16,64,256", value_name = "NUMBER")]
    pub connections: Vec<usize>,
    /// The number of open connections whose memory is measured
    #[arg(long, default_value_t = 10_000, value_name = "NUMBER")]
    pub open: usize,
    /// The number of rounds
    #[arg(long, default_value_t = 5, value_name = "NUMBER")]
    pub rounds: usize,
    /// The seconds of one measurement
    #[arg(long, default_value_t = 2.0, value_name = "SECONDS")]
    pub seconds: f64,
    /// A server that was built before; without it, the server is built
    #[arg(long, value_name = "PATH")]
    pub server: Option<PathBuf>,
    /// Compare two builds of the server, and measure nothing else
    #[arg(long, num_args = 2, value_names = ["BEFORE", "AFTER"], conflicts_with_all = ["only", "server"])]
    pub compare: Vec<PathBuf>,
    /// Run every part for a moment, in the tests' profile, to see that it works
    #[arg(long, conflicts_with_all = ["sizes", "connections", "open", "rounds", "seconds"])]
    pub smoke: bool,
    /// Write the results to a file in JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the plots to a directory as SVG
    #[arg(long, value_name = "DIRECTORY")]
    pub plots: Option<PathBuf>,
    /// Write the results and the plots into server/docs
    #[arg(long)]
    pub docs: bool,
}
