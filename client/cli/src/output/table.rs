//! A table with aligned columns, which is printed in parts.

use std::fmt::Write as _;

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::{HEADING, PLAIN, printable};

/// The text between two columns.
const GAP: &str = "  ";

/// A cell of a table.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub(super) fn styled(text: &str, style: Style) -> Self {
        Self { text: printable(text), style }
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::styled(text.as_ref(), PLAIN)
    }
}

/// A table. Its columns grow with the rows, and never shrink.
#[derive(Debug)]
pub(super) struct Table {
    titles: &'static [&'static str],
    widths: Vec<usize>,
    has_heading: bool,
}

impl Table {
    pub(super) fn new(titles: &'static [&'static str]) -> Self {
        Self { titles, widths: titles.iter().map(|title| title.width()).collect(), has_heading: false }
    }

    /// Formats rows, and before the first ones the titles.
    pub(super) fn format(&mut self, rows: Vec<Vec<Cell>>) -> String {
        for row in &rows {
            for (width, cell) in self.widths.iter_mut().zip(row) {
                *width = (*width).max(cell.text.width());
            }
        }
        let heading = || self.titles.iter().map(|title| Cell::styled(title, HEADING)).collect();
        let heading: Option<Vec<Cell>> = (!self.has_heading).then(heading);
        self.has_heading = true;
        heading.into_iter().chain(rows).map(|row| self.line(&row)).collect()
    }

    /// The last cell that is not empty ends the line, without spaces after it.
    fn line(&self, row: &[Cell]) -> String {
        let cells = row.len() - row.iter().rev().take_while(|cell| cell.text.is_empty()).count();
        let mut line = String::new();
        for (index, (Cell { text, style }, width)) in row.iter().zip(&self.widths).take(cells).enumerate() {
            let _ = write!(line, "{style}{text}{style:#}");
            if index + 1 < cells {
                line += &" ".repeat(width - text.width());
                line += GAP;
            }
        }
        line + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn columns_are_aligned_by_width_and_grow() {
        let mut table = Table::new(&["A", "NAME", "LAST"]);
        let rows = |texts: &[[&str; 3]]| texts.iter().map(|row| row.iter().map(Cell::from).collect()).collect();
        let first = plain(&table.format(rows(&[["1", "日本", "x"], ["22", "é", ""]])));
        assert_eq!(first, "A   NAME  LAST\n1   日本  x\n22  é\n");
        let second = plain(&table.format(rows(&[["333", "\u{1b}[31m", "y"]])));
        assert_eq!(second, "333  \u{fffd}[31m  y\n");
        let third = plain(&table.format(rows(&[["4", "n", "z"]])));
        assert_eq!(third, "4    n      z\n", "widths stay");
    }
}
