//! The results as lines of text.

use crate::lifecycle::Secret;
use crate::stage::{Outcome, Stages};

/// The line of an outcome.
pub fn line(outcome: &Outcome) -> String {
    let generator = outcome.generator;
    let head = format!("{} {}", generator.name, generator.version());
    match &outcome.result {
        Stages::Skipped(reason) => format!("{head}: skipped: {reason}"),
        Stages::Ran { warnings, end: Ok(secret) } => {
            let secret = match secret {
                Secret::Printed => "printed",
                Secret::Hidden => "hidden",
            };
            format!("{head}: passed, warnings: {warnings}, secret: {secret}")
        }
        Stages::Ran { end: Err(failure), .. } => {
            let known = generator.fails.filter(|known| known.at == failure.at);
            let known = known.map(|known| format!(" (known: {})", known.reason)).unwrap_or_default();
            format!("{head}: failed at {}: {}{known}", failure.at, failure.reason)
        }
    }
}
