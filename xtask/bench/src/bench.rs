//! The settings of a run, and the parts that figures share.

use std::path::PathBuf;

use indicatif::ProgressBar;
use tempfile::TempDir;

use crate::Result;
use crate::measure::{self, Plan, Subject};
use crate::process::Program;
use crate::programs::aether::{self, Variant};
use crate::programs::peer::Peer;
use crate::report::{self, Labels, Row};
use crate::seed::Seed;

/// The number of organizations among which the tokens are divided.
const ORGANIZATIONS: u64 = 10;

/// The number of tokens that figures of one size have at most, so that a run with a huge size ends within the hour.
const LARGE: u64 = 1_000_000;

/// A run.
#[derive(Debug)]
pub struct Bench {
    /// The program of the server.
    pub server: PathBuf,
    /// The directory for seeds and running programs.
    pub target: PathBuf,
    /// The numbers of tokens.
    pub sizes: Vec<u64>,
    /// The numbers of connections of verifications.
    pub connections: Vec<usize>,
    /// The number of open connections whose memory is measured.
    pub open: usize,
    /// The rounds.
    pub plan: Plan,
    /// The peer, where it can be installed.
    pub peer: Option<Peer>,
    /// The progress, on a terminal.
    pub progress: ProgressBar,
}

impl Bench {
    /// The largest number of tokens.
    #[must_use]
    pub fn largest(&self) -> u64 {
        self.sizes.iter().copied().max().unwrap_or_default()
    }

    /// The largest number of tokens up to [`LARGE`].
    #[must_use]
    pub fn large(&self) -> u64 {
        self.sizes.iter().copied().filter(|size| *size <= LARGE).max().unwrap_or(LARGE)
    }

    /// The seed of a size, with several organizations.
    ///
    /// # Errors
    /// Fails if it cannot be made.
    pub fn seed(&self, tokens: u64) -> Result<Seed> {
        self.seed_of(tokens, ORGANIZATIONS)
    }

    /// The seed of a size with a number of organizations.
    ///
    /// # Errors
    /// Fails if it cannot be made.
    pub fn seed_of(&self, tokens: u64, organizations: u64) -> Result<Seed> {
        self.progress.set_message(format!("seeding {tokens} tokens"));
        Seed::of(&self.server, &self.target, tokens, organizations)
    }

    /// A new directory for a program.
    ///
    /// # Errors
    /// Fails if it cannot be created.
    pub fn directory(&self) -> Result<TempDir> {
        Ok(tempfile::Builder::new().prefix("run-").tempdir_in(&self.target)?)
    }

    /// Starts Aether with a copy of a seed.
    ///
    /// # Errors
    /// Fails if it does not start.
    pub fn aether(&self, variant: Variant<'_>, seed: &Seed) -> Result<Program> {
        let directory = self.directory()?;
        seed.copy_to(directory.path())?;
        aether::start(&self.server, variant, directory)
    }

    /// Starts the peer with a copy of a seed, where it is installed.
    ///
    /// # Errors
    /// Fails if it does not start.
    pub fn peer(&self, seed: &Seed) -> Result<Option<Program>> {
        self.peer.as_ref().map(|peer| peer.start(seed, self.directory()?)).transpose()
    }

    /// Measures subjects in the rounds of the run. Returns their rows.
    ///
    /// # Errors
    /// Fails if a measurement fails.
    pub fn compare(&self, figure: &str, labels: &Labels, mut subjects: Vec<Box<dyn Subject + '_>>) -> Result<Vec<Row>> {
        let labelled: Vec<String> = labels.iter().map(|(name, cell)| format!("{name} {cell}")).collect();
        let step = |message: &str| self.progress.set_message(format!("{figure}, {}: {message}", labelled.join(", ")));
        let samples = measure::rounds(&mut subjects, self.plan, step)?;
        let names: Vec<String> = subjects.iter().map(|subject| subject.name()).collect();
        Ok(report::rows(labels, &names, &samples))
    }
}
