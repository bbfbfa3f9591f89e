//! Tables in Markdown.

use std::fmt::Write;

use crate::report::{Cell, Figure};

/// The end of the names of columns of ratios.
const RATIO_END: &str = "/ this";

/// The table of a figure, with its title and remarks.
#[must_use]
pub fn markdown(figure: &Figure) -> String {
    let mut text = format!("### {}\n\n", figure.title);
    if let Some(first) = figure.rows.first() {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        text += &line(first.keys().map(ToString::to_string).collect());
        text += &line(first.values().map(|cell| alignment(cell).to_owned()).collect());
        for row in &figure.rows {
            text += &line(row.iter().map(|(column, cell)| render(column, cell)).collect());
        }
        text.push('\n');
    }
    for remark in &figure.remarks {
        let _ = writeln!(text, "{remark}\n");
    }
    text
}

fn alignment(cell: &Cell) -> &'static str {
    if matches!(cell, Cell::Text(_)) { "---" } else { "---:" }
}

/// Ratios have their spread in the table; that of other values is in the JSON.
fn render(column: &str, cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Count(_) => cell.value().map_or_else(String::new, whole),
        Cell::Measured(spread) if column.ends_with(RATIO_END) => {
            format!("{:.2} ({:.2}–{:.2})", spread.median, spread.low, spread.high)
        }
        Cell::Measured(spread) => number(spread.median),
        Cell::Missing(()) => "–".into(),
    }
}

/// A number with about three digits that count.
fn number(value: f64) -> String {
    match value {
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => whole(value),
    }
}

/// A whole number with separators of thousands.
fn whole(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Spread;
    use crate::report::{PROGRAM, RATE, RATIO, Row};

    #[test]
    fn numbers_have_about_three_digits() {
        for (value, expected) in
            [(0.123, "0.12"), (9.87, "9.87"), (12.34, "12.3"), (999.0, "999"), (1_234_567.0, "1,234,567")]
        {
            assert_eq!(number(value), expected);
        }
    }

    #[test]
    fn figure_is_a_table() {
        let spread = Spread { median: 1500.0, low: 1.0, high: 2000.0 };
        let ratio = Cell::Measured(Spread { median: 0.5, low: 0.4, high: 0.6 });
        let row: Row = [(PROGRAM, "a".into()), (RATE, Cell::Measured(spread)), (RATIO, ratio)].into_iter().collect();
        let figure =
            Figure { name: "n".into(), title: "Title".into(), remarks: vec!["Remark.".into()], rows: vec![row] };
        let expected = "### Title\n\n| program | per second | Aether / this |\n| --- | ---: | ---: |\n\
                        | a | 1,500 | 0.50 (0.40–0.60) |\n\nRemark.\n\n";
        assert_eq!(markdown(&figure), expected);
    }
}
