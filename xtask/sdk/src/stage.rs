//! The stages of a generator: generate, compile, the steps of the lifecycle, guide.

use crate::generators::{Generator, KnownFailure};
use crate::lifecycle::Secret;

/// A failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The stage: `generate`, `compile`, a step of the lifecycle, `secret` after its last step, or `guide`.
    pub at: &'static str,
    /// The reason in one line.
    pub reason: String,
}

/// The result of a generator.
#[derive(Debug)]
pub struct Outcome {
    /// The generator.
    pub generator: &'static Generator,
    /// The result of its stages.
    pub result: Stages,
}

/// The result of the stages.
#[derive(Debug)]
pub enum Stages {
    /// The generator or a tool of its language cannot be had.
    Skipped(String),
    /// The stages were run up to the first failure.
    Ran {
        /// The warnings of the generator.
        warnings: usize,
        /// The result of the lifecycle and the guide's program.
        end: Result<Secret, Failure>,
    },
}

impl Outcome {
    /// Whether the generator was skipped.
    pub fn is_skipped(&self) -> bool {
        matches!(self.result, Stages::Skipped(_))
    }

    /// The difference from the known result, if there is one.
    pub fn unexpected(&self) -> Option<String> {
        let Stages::Ran { end, .. } = &self.result else { return None };
        let name = self.generator.name;
        match (end, self.generator.fails) {
            (Ok(_), None) => None,
            (Err(failure), Some(known)) if failure.at == known.at => None,
            (Err(failure), None) => Some(format!("{name} fails at {}: {}", failure.at, failure.reason)),
            (Err(failure), Some(KnownFailure { at, .. })) => {
                Some(format!("{name} fails at {} instead of {at}: {}", failure.at, failure.reason))
            }
            (Ok(_), Some(KnownFailure { at, .. })) => Some(format!("{name} no longer fails at {at}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generators::GENERATORS;

    fn unexpected(fails: Option<&'static str>, end: Result<Secret, &'static str>) -> bool {
        let fails = fails.map(|at| KnownFailure { at, reason: "a reason" });
        let generator = Box::leak(Box::new(Generator { fails, ..GENERATORS[0] }));
        let end = end.map_err(|at| Failure { at, reason: "a reason".to_owned() });
        Outcome { generator, result: Stages::Ran { warnings: 0, end } }.unexpected().is_some()
    }

    #[test]
    fn only_the_known_result_is_expected() {
        assert!(!unexpected(None, Ok(Secret::Hidden)));
        assert!(!unexpected(Some("rotate"), Err("rotate")));
        assert!(unexpected(None, Err("rotate")));
        assert!(unexpected(Some("rotate"), Err("create")));
        assert!(unexpected(Some("rotate"), Ok(Secret::Hidden)));
    }
}
