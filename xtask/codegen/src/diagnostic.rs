//! Why a document cannot be taken: what, where, and what to write instead.

use std::fmt;

use dropstub_document::{Document, Pointer, Position};

/// How much of a line is shown, in characters. JSON may have the whole document in one.
const WIDTH: usize = 120;

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub place: Position,
    pub pointer: Pointer,
    /// The construct and what is the matter with it.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

/// All reasons, in the order of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics {
    /// The document's name and text, to point into.
    name: String,
    lines: Vec<Vec<char>>,
    pub list: Vec<Diagnostic>,
    /// What one of them is, and what follows from all.
    called: (&'static str, &'static str),
}

impl Diagnostics {
    pub(super) fn new(document: &Document, list: Vec<Diagnostic>) -> Self {
        Self::called(document, list, ("reason", " why no stub was generated"))
    }

    /// Diagnostics that something else than the stub generator has made.
    pub(crate) fn called(document: &Document, mut list: Vec<Diagnostic>, called: (&'static str, &'static str)) -> Self {
        list.sort_by(|a, b| (a.place, &a.pointer).cmp(&(b.place, &b.pointer)));
        list.dedup();
        Self {
            name: document.name.clone(),
            lines: document.text.lines().map(|line| line.chars().collect()).collect(),
            list,
            called,
        }
    }
}

impl std::error::Error for Diagnostics {}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Diagnostic { place, pointer, message, help } in &self.list {
            let margin = place.line.to_string().len();
            writeln!(f, "error: {message}")?;
            writeln!(f, "{:margin$}--> {}:{place} ({pointer})", "", self.name)?;
            if let Some(line) = self.lines.get(place.line - 1) {
                let (excerpt, column) = excerpt(line, place.column - 1);
                writeln!(f, "{:margin$} |", "")?;
                writeln!(f, "{} | {excerpt}", place.line)?;
                writeln!(f, "{:margin$} | {:column$}^", "", "")?;
            }
            writeln!(f, "{:margin$} = help: {help}\n", "")?;
        }
        let count = self.list.len();
        let (noun, so) = self.called;
        write!(f, "{}: {count} {noun}{}{so}", self.name, if count == 1 { "" } else { "s" })
    }
}

/// The part of a line that has the column, counted from 0, and the column in it.
fn excerpt(line: &[char], column: usize) -> (String, usize) {
    let start = if line.len() > WIDTH { column.saturating_sub(WIDTH / 2) } else { 0 };
    // A tab would not be as wide as the space below it.
    let shown = line.iter().skip(start).take(WIDTH).map(|it| if *it == '\t' { ' ' } else { *it });
    (shown.collect(), column - start)
}
