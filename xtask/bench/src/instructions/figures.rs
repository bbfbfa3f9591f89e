//! The figures of the repository: `xtask/bench/instructions.json`.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::count::Counts;
use super::toolchain::Toolchain;
use crate::Result;

/// The figures.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Figures {
    /// The toolchain that they belong to.
    pub toolchain: Toolchain,
    /// The tolerance in percent, upwards and downwards.
    tolerance_percent: u64,
    /// The instructions of a request.
    instructions: Counts,
}

impl Figures {
    /// Reads the figures.
    ///
    /// # Errors
    /// Fails if they cannot be read.
    pub fn read() -> Result<Self> {
        Ok(serde_json::from_slice(&fs::read(file())?)?)
    }

    /// The figures with other numbers and the same tolerance.
    pub fn renewed(self, toolchain: Toolchain, instructions: Counts) -> Self {
        Self { toolchain, instructions, ..self }
    }

    /// Writes the figures and prints them.
    ///
    /// # Errors
    /// Fails if they cannot be written.
    pub fn write(&self) -> Result<()> {
        for (name, count) in &self.instructions {
            println!("{name}: {count} instructions");
        }
        Ok(fs::write(file(), serde_json::to_string_pretty(self)? + "\n")?)
    }

    /// Prints the numbers next to the figures. The result has the numbers that are out of tolerance. One that is too
    /// small is, too: with the old figure, a later regression of the same size would pass.
    ///
    /// # Errors
    /// Fails if a number has no figure.
    pub fn judge(&self, counts: &Counts) -> Result<std::result::Result<(), String>> {
        let mut errors = Vec::new();
        for (name, &count) in counts {
            let figure = *self.instructions.get(name).ok_or_else(|| format!("{name} has no figure"))?;
            let line =
                format!("{name}: {count} instructions, {:+.1} % of the figure {figure}", deviation(count, figure));
            println!("{line}");
            if !self.tolerates(count, figure) {
                errors.push(line);
            }
        }
        if errors.is_empty() {
            return Ok(Ok(()));
        }
        let (errors, tolerance) = (errors.join("; "), self.tolerance_percent);
        Ok(Err(format!(
            "out of tolerance ({tolerance} %): {errors}. If that is intended, write the new figures: \
             cargo xtask instructions --renew"
        )))
    }

    fn tolerates(&self, count: u64, figure: u64) -> bool {
        count.abs_diff(figure) * 100 <= figure * self.tolerance_percent
    }
}

/// The deviation of a number from its figure in percent.
#[expect(clippy::cast_precision_loss, reason = "the number is for people")]
fn deviation(count: u64, figure: u64) -> f64 {
    (count as f64 / figure as f64 - 1.0) * 100.0
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_out_of_tolerance_is_an_error_in_both_directions() {
        let figures: Figures = serde_json::from_value(serde_json::json!({
            "toolchain": {}, "tolerance_percent": 2, "instructions": {"verify": 1000}
        }))
        .unwrap();
        let judge = |count: u64| figures.judge(&Counts::from([("verify".into(), count)])).unwrap();
        for count in [980, 1000, 1020] {
            judge(count).unwrap();
        }
        for count in [979, 1021] {
            judge(count).unwrap_err();
        }
        let message = judge(1500).unwrap_err();
        assert!(message.contains("verify: 1500 instructions, +50.0 % of the figure 1000"), "{message}");
    }
}
