//! Why a document did not come back.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use dropstub_codegen::Diagnostics;
use dropstub_document::Pointer;

/// One reason; of a document that the generator refuses, with its place and what to write instead.
#[derive(Debug, Clone, Serialize)]
pub struct Reason {
    pub message: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// Where it is, and what would help.
#[derive(Debug, Clone, Serialize)]
pub struct Place {
    pub line: usize,
    pub column: usize,
    pub pointer: Pointer,
    pub help: String,
}

impl From<String> for Reason {
    fn from(message: String) -> Self {
        Self { message, place: None }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        let Some(Place { line, column, pointer, .. }) = &self.place else { return Ok(()) };
        write!(f, " ({line}:{column}, {pointer})")
    }
}

/// All that the generator refuses a document for.
pub(super) fn all(diagnostics: &Diagnostics) -> Vec<Reason> {
    let reason = |it: &dropstub_codegen::Diagnostic| {
        let (place, pointer, help) = (it.place, it.pointer.clone(), it.help.clone());
        let place = Place { line: place.line, column: place.column, pointer, help };
        Reason { message: it.message.clone(), place: Some(place) }
    };
    diagnostics.list.iter().map(reason).collect()
}

/// The kinds of reasons, each with how often it is there, the most frequent first. What a reason says of one place alone
/// is left out.
pub(super) fn kinds(reasons: &[Reason]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for reason in reasons {
        *counts.entry(kind(&reason.message)).or_default() += 1;
    }
    let mut kinds: Vec<_> = counts.into_iter().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    kinds
}

/// A name in a path, an id or a value tells one place. A key of OpenAPI's, a type and a media type tell the construct.
fn kind(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let parts = line.split('`').enumerate().map(|(index, part)| match (index % 2, index) {
        (0, _) => part.to_owned(),
        // What a sentence begins with is mostly the name of what it is about.
        (_, 1) if line.starts_with('`') && is_name(line) => "`…`".to_owned(),
        _ => format!("`{part}`"),
    });
    parts.collect()
}

/// Whether the sentence begins with a name that the author has given.
fn is_name(line: &str) -> bool {
    const ABOUT_NAMES: [&str; 8] = [
        " does not document",
        " cannot be",
        " stands where",
        " and `",
        " is required and",
        " of the path",
        " is not described",
        " is a function",
    ];
    ABOUT_NAMES.iter().any(|about| line.contains(about))
}
