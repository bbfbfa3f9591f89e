//! The report for people.

use std::fmt;

use super::{Report, TestResult};
use crate::suite::Outcome;

/// The line of a result, and the reason of a failure below it.
#[must_use]
pub fn line(result: &TestResult) -> String {
    let name = &result.name;
    match &result.outcome {
        Outcome::Passed => format!("ok      {name} ({:.1} s)", result.duration.as_secs_f64()),
        Outcome::Failed(reason) => format!("FAILED  {name}\n        {}", reason.replace('\n', "\n        ")),
        Outcome::Skipped(reason) => format!("skipped {name}: {reason}"),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (observed, documented) = self.matrix.counts();
        writeln!(f, "documented responses, {observed} of {documented} observed (x), the others not (-):\n")?;
        writeln!(f, "{}\n", self.matrix)?;
        if !self.missing_values.is_empty() {
            let values: Vec<_> = self.missing_values.iter().map(|(list, value)| format!("{list} {value}")).collect();
            writeln!(f, "listed values that no response had: {}\n", values.join(", "))?;
        }
        let (passed, failed, skipped) = self.counts();
        let failures = self.results.iter().filter(|result| matches!(result.outcome, Outcome::Failed(_)));
        for result in failures {
            writeln!(f, "{}\n", line(result))?;
        }
        if self.is_interrupted {
            writeln!(f, "interrupted: the other tests did not run")?;
        }
        writeln!(
            f,
            "{passed} passed, {failed} failed, {skipped} skipped in {:.0} s; {} requests, {} tokens created",
            self.duration.as_secs_f64(),
            self.requests,
            self.issued
        )?;
        let cleanup = &self.cleanup;
        if cleanup.late > 0 {
            writeln!(
                f,
                "{} tokens were active after the revocation of all, and were revoked one by one",
                cleanup.late
            )?;
        }
        match cleanup.left.as_slice() {
            [] if cleanup.is_confirmed => write!(f, "every token of the run has ended"),
            [] => write!(f, "the end of the run's tokens was not confirmed; they expire by themselves"),
            left => {
                write!(f, "tokens of the run that are still active, until they expire:")?;
                left.iter().try_for_each(|id| write!(f, " {id}"))
            }
        }
    }
}
