//! The results of a run, and their forms: text for people, JSON, and the XML of JUnit that CI systems read.

mod json;
mod junit;
mod matrix;
mod text;

use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::Run;
use crate::run::Cleanup;
use crate::suite::{ELSEWHERE, Outcome};

pub use matrix::{Matrix, Row};
pub use text::line;

/// The result of one test.
#[derive(Debug, Clone)]
pub struct TestResult {
    /// `module::name`.
    pub name: String,
    pub outcome: Outcome,
    pub duration: Duration,
}

impl TestResult {
    #[must_use]
    pub fn new(name: String, outcome: Outcome, duration: Duration) -> Self {
        Self { name, outcome, duration }
    }
}

/// The report of a run.
#[derive(Debug)]
pub struct Report {
    pub url: String,
    pub organization_id: Uuid,
    pub begun_at: DateTime<Utc>,
    pub duration: Duration,
    /// The results in the order of the suite. Tests that need more than HTTP are skipped ones at the end.
    pub results: Vec<TestResult>,
    pub matrix: Matrix,
    /// Listed values of the contract that no response had: the name of the list, and the value.
    pub missing_values: Vec<(String, String)>,
    pub requests: usize,
    pub issued: usize,
    pub cleanup: Cleanup,
    /// Whether the run was interrupted before its end.
    pub is_interrupted: bool,
}

impl Report {
    /// The report of a run that has ended. `selects` is whether a test was selected, by its name.
    #[must_use]
    pub fn new(
        run: &Run,
        mut results: Vec<TestResult>,
        selects: impl Fn(&str) -> bool,
        cleanup: Cleanup,
        is_interrupted: bool,
    ) -> Self {
        let skipped = |name: &str, reason: &str| {
            TestResult::new(name.to_owned(), Outcome::Skipped(reason.to_owned()), Duration::ZERO)
        };
        let order: Vec<String> = crate::suite::all().map(|test| test.to_string()).collect();
        for name in order.iter().filter(|name| selects(name)) {
            if results.iter().all(|result| result.name != *name) {
                results.push(skipped(name, "the run was interrupted"));
            }
        }
        results.sort_by_key(|result| order.iter().position(|name| *name == result.name));
        let elsewhere = ELSEWHERE.iter().filter(|(name, _)| selects(name));
        results.extend(elsewhere.map(|(name, reason)| skipped(name, &reason.to_string())));
        let coverage = run.deployment().coverage();
        Self {
            url: run.deployment().url(""),
            organization_id: run.organization_id(),
            begun_at: run.begun_at(),
            duration: run.elapsed(),
            results,
            matrix: Matrix::new(coverage),
            missing_values: coverage.missing_values(),
            requests: run.deployment().requests(),
            issued: run.deployment().issued(),
            cleanup,
            is_interrupted,
        }
    }

    /// The number of tests that passed, failed and were skipped.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        self.results.iter().fold((0, 0, 0), |(passed, failed, skipped), result| match result.outcome {
            Outcome::Passed => (passed + 1, failed, skipped),
            Outcome::Failed(_) => (passed, failed + 1, skipped),
            Outcome::Skipped(_) => (passed, failed, skipped + 1),
        })
    }

    /// Whether a test passed and none failed, the run was not interrupted, and every token has ended.
    #[must_use]
    pub fn is_success(&self) -> bool {
        let (passed, failed, _) = self.counts();
        passed > 0 && failed == 0 && !self.is_interrupted && self.cleanup.is_complete()
    }
}
