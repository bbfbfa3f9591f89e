//! The report for people.

use std::fmt;

use super::{Report, TestResult};
use crate::suite::Outcome;

/// The longest line of a reason, in characters.
const LONGEST_LINE: usize = 1_000;

/// The line of a result.
#[must_use]
pub fn line(result: &TestResult) -> String {
    let name = &result.name;
    match &result.outcome {
        Outcome::Passed => format!("ok      {name} ({:.1} s)", result.duration.as_secs_f64()),
        Outcome::Failed(_) => format!("FAILED  {name}"),
        Outcome::Skipped(reason) => format!("skipped {name}: {reason}"),
    }
}

/// The reason of a failure, indented.
fn indented(reason: &str) -> String {
    let lines = reason.lines().map(|line| match line.char_indices().nth(LONGEST_LINE) {
        Some((end, _)) => format!("        {}…\n", &line[..end]),
        None => format!("        {line}\n"),
    });
    lines.collect()
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
        for result in &self.results {
            if let Outcome::Failed(reason) = &result.outcome {
                writeln!(f, "{}\n{}", line(result), indented(reason))?;
            }
        }
        if passed + failed == 0 {
            writeln!(f, "no test ran")?;
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
            [] => write!(f, "the end of the run's tokens could not be confirmed; they expire by themselves"),
            left => {
                write!(f, "tokens of the run that are still active, until they expire:")?;
                left.iter().try_for_each(|id| write!(f, " {id}"))
            }
        }
    }
}
