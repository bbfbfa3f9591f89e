//! Diagnostics for people, in the form of the Rust compiler's.

use std::collections::HashMap;
use std::io::{self, Write};

use super::by_rule;
use crate::{Diagnostic, Document};

/// The longest excerpt of a line, in characters. A JSON document may consist of one line.
const WIDTH: usize = 120;

/// The number of diagnostics above which a summary by rule is appended.
const LONG: usize = 20;

/// Writes each diagnostic with an excerpt of its document, and a summary by rule if there are many.
///
/// `documents` are the sources of the excerpts; a diagnostic about another document has none.
///
/// # Errors
/// Fails if `out` cannot be written.
pub fn text(diagnostics: &[Diagnostic], documents: &[&Document], out: &mut dyn Write) -> io::Result<()> {
    let lines = |document: &&Document| document.text.lines().map(|line| line.chars().collect()).collect();
    let sources: HashMap<&str, Vec<Vec<char>>> =
        documents.iter().map(|document| (document.name.as_str(), lines(document))).collect();
    for diagnostic in diagnostics {
        let source = sources.get(&*diagnostic.location.document);
        one(diagnostic, source.and_then(|lines| lines.get(diagnostic.location.position.line - 1)), out)?;
    }
    if diagnostics.len() > LONG {
        summary(diagnostics, out)?;
    }
    Ok(())
}

fn one(diagnostic: &Diagnostic, line: Option<&Vec<char>>, out: &mut dyn Write) -> io::Result<()> {
    let Diagnostic { rule, severity, pointer, location, message, help, .. } = diagnostic;
    let position = location.position;
    let margin = position.line.to_string().len();
    writeln!(out, "{severity}[{}]: {message}", rule.id)?;
    writeln!(out, "{:margin$}--> {location} ({pointer})", "")?;
    if let Some(line) = line {
        let (excerpt, column) = excerpt(line, position.column - 1);
        writeln!(out, "{:margin$} |", "")?;
        writeln!(out, "{} | {excerpt}", position.line)?;
        writeln!(out, "{:margin$} | {:column$}^", "", "")?;
    }
    if !help.is_empty() {
        writeln!(out, "{:margin$} = help: {help}", "")?;
    }
    writeln!(out)
}

/// The part of a line around `column` (from 0), and the column in that part.
fn excerpt(line: &[char], column: usize) -> (String, usize) {
    let start = if line.len() > WIDTH { column.saturating_sub(WIDTH / 2) } else { 0 };
    // A tab is wider than the space below it.
    let shown = line.iter().skip(start).take(WIDTH).map(|it| if *it == '\t' { ' ' } else { *it });
    (shown.collect(), column - start)
}

fn summary(diagnostics: &[Diagnostic], out: &mut dyn Write) -> io::Result<()> {
    let counts = by_rule(diagnostics);
    let width = counts.iter().map(|(_, count)| count.to_string().len()).max().unwrap_or_default();
    writeln!(out, "summary by rule:")?;
    counts.iter().try_for_each(|(rule, count)| writeln!(out, "  {count:>width$}  {}: {}", rule.id, rule.summary))
}
