//! The compatibility of a contract with a released version.
//!
//! [`compat`] traverses both documents and classifies each change. A change is [breaking](Verdict::Breaking) if a valid
//! request becomes invalid, if clients can receive a response that the base did not describe, or if a name of generated
//! clients disappears. Requests and responses follow opposite rules: a stricter bound breaks a request and no response.

mod changes;
mod normalize;
mod operations;
mod rules;
mod schema;
mod schemas;

use dropstub_document::{Diagnostic, Document, Node, Severity};
use serde_json::{Value, json};

pub use changes::{Change, Direction, Verdict};
pub use rules::RULES;

use changes::Changes;

/// Compares `revised` with `base`. Both have to satisfy [`validate`](dropstub_document::validate).
///
/// A breaking change is an error, any other change a note. The details `verdict`, `direction` and `removed` classify it;
/// the location of a removed value is in the base.
///
/// ```
/// use dropstub_document::Document;
///
/// let parse = |name: &str, id: &str| {
///     let text = format!("openapi: 3.0.3\npaths: {{/a: {{get: {{operationId: {id}, responses: {{}}}}}}}}");
///     Document::parse(name, text)
/// };
/// let changes = dropstub_checks::compat::compat(&parse("1.yaml", "a")?, &parse("2.yaml", "b")?);
/// assert_eq!(changes[0].rule.id, "operation-id-changed");
/// assert_eq!(changes[0].details["verdict"], "breaking");
/// # Ok::<(), dropstub_document::ReadError>(())
/// ```
#[must_use]
pub fn compat(base: &Document, revised: &Document) -> Vec<Diagnostic> {
    let diagnostic = |change: Change| {
        let Change { rule, pointer, removed, verdict, direction, message } = change;
        let document = if removed { base } else { revised };
        let severity = if verdict == Verdict::Breaking { Severity::Error } else { Severity::Note };
        let diagnostic = Diagnostic::new(rule, document, &pointer, format!("{message} ({verdict}, {direction})"));
        Diagnostic { severity, ..diagnostic }
            .with_detail("verdict", json!(verdict))
            .with_detail("direction", json!(direction))
            .with_detail("removed", removed)
    };
    changes(&base.value, &revised.value).into_iter().map(diagnostic).collect()
}

/// As [`compat`], on values without source locations. Sorted by pointer.
#[must_use]
pub fn changes(base: &Value, revised: &Value) -> Vec<Change> {
    let (base, revised) = (normalize::normalize(base), normalize::normalize(revised));
    let mut changes = Changes::default();
    operations::document(&mut changes, &Node::root(&base), &Node::root(&revised));
    changes.into_list()
}
