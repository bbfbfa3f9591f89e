//! Style rules for a contract: documentation, examples, unused components, and names and shapes that client generators
//! handle badly.
//!
//! One module for each group of rules. Constructs that a server generator cannot support are diagnosed by the generator.

mod allowances;
mod documentation;
mod elements;
mod examples;
mod links;
mod lists;
mod naming;
mod patterns;
mod progenitor;
mod responses;
mod rules;
mod unused;

use dropstub_document::{Diagnostic, Document, Pointer, Rule};

pub use rules::RULES;

/// Checks `document` against all rules. Returns the findings in the order of the document, without the allowed ones.
///
/// ```
/// use dropstub_document::Document;
///
/// let document = Document::parse("a.yaml", "components: {schemas: {Unused: {description: Nothing.}}}")?;
/// let found = dropstub_checks::lint::lint(&document);
/// assert_eq!(found[0].to_string(), "a.yaml:1:24: error[component-unused]: `Unused` is not used");
/// # Ok::<(), dropstub_document::ReadError>(())
/// ```
#[must_use]
pub fn lint(document: &Document) -> Vec<Diagnostic> {
    let mut findings = Findings { document, list: Vec::new() };
    let elements = elements::elements(&document.root());
    documentation::check(&mut findings, &elements);
    progenitor::check(&mut findings, &elements);
    links::check(&mut findings);
    lists::check(&mut findings);
    responses::check(&mut findings);
    examples::check(&mut findings, &elements);
    naming::check(&mut findings, &elements);
    patterns::check(&mut findings, &elements);
    unused::check(&mut findings);
    allowances::apply(&mut findings);
    Diagnostic::sort(&mut findings.list);
    findings.list
}

/// The findings so far.
struct Findings<'d> {
    document: &'d Document,
    list: Vec<Diagnostic>,
}

impl Findings<'_> {
    fn add(&mut self, rule: &'static Rule, pointer: &Pointer, message: impl Into<String>, help: impl Into<String>) {
        self.list.push(Diagnostic::new(rule, self.document, pointer, message).with_help(help));
    }
}
