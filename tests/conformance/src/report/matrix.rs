//! The matrix of the operations and the statuses that were observed.

use std::collections::BTreeSet;
use std::fmt;

use crate::contract::CONTRACT;
use crate::coverage::Coverage;

/// The documented responses of every operation, and which of them were observed.
#[derive(Debug)]
pub struct Matrix {
    pub rows: Vec<Row>,
}

/// An operation with its statuses: whether each documented one was observed.
#[derive(Debug)]
pub struct Row {
    pub operation: String,
    pub statuses: Vec<(u16, bool)>,
}

impl Matrix {
    pub(crate) fn new(coverage: &Coverage) -> Self {
        let statuses = |operation: &crate::contract::Operation| {
            operation.responses.keys().map(|status| (*status, coverage.has(&operation.id, *status))).collect()
        };
        let rows = CONTRACT.operations.iter();
        Self { rows: rows.map(|it| Row { operation: it.id.clone(), statuses: statuses(it) }).collect() }
    }

    /// The number of the responses that were observed, and of those that are documented.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let statuses = || self.rows.iter().flat_map(|row| &row.statuses);
        (statuses().filter(|(_, is_observed)| *is_observed).count(), statuses().count())
    }
}

/// A table: `x` is an observed status, `-` a documented one that was not observed.
impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: BTreeSet<u16> = self.rows.iter().flat_map(|row| row.statuses.iter().map(|it| it.0)).collect();
        let width = self.rows.iter().map(|row| row.operation.len()).max().unwrap_or_default();
        write!(f, "{:width$}", "")?;
        for column in &columns {
            write!(f, " {column}")?;
        }
        for row in &self.rows {
            write!(f, "\n{:width$}", row.operation)?;
            for column in &columns {
                let mark = match row.statuses.iter().find(|(status, _)| status == column) {
                    Some((_, true)) => "x",
                    Some((_, false)) => "-",
                    None => " ",
                };
                write!(f, "{mark:>4}")?;
            }
        }
        Ok(())
    }
}
