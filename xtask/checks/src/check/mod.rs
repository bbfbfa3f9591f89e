//! The comparison of a contract with a compiled server.
//!
//! [`check`] traverses both at once and compares their semantics. A difference in bytes on the wire or in a name of generated
//! clients is a finding. Key order, references, stated defaults, the order of sets and unused components make no difference.
//! The server's values come from several [sources](Evidence): the document that dropshot emits from the compiled types, the
//! stub's own tables, and the validator's rules converted back to schemas, so that enforcement is compared, too.
//!
//! Documentation is not compared: the generated code contains a digest of the whole contract, so `generate --check` detects
//! every change of it.

mod finding;
mod keywords;
mod manifest;
mod operations;
mod rules;
mod schema;
mod server_document;
#[cfg(test)]
mod tests;
mod walk;

use dropstub_document::{Diagnostic, Document, InvalidDocument, Node, validate};
use serde_json::{Value, json};

pub use finding::{Compared, Evidence, Finding, Report};
pub use manifest::{BodyTable, HeaderTable, Manifest, OperationTable, ParameterTable, ResponseTable, Tables};
pub use rules::RULES;
pub use server_document::ServerDocument;

use keywords::Kind;
use walk::Walk;

/// The result of a comparison.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The differences, sorted by pointer. The details `contract`, `server`, `evidence` and `operations` hold both values, the
    /// sources of the server's value, and the ids of the affected operations.
    pub diagnostics: Vec<Diagnostic>,
    /// The number of compared objects.
    pub compared: Compared,
}

/// Compares a contract with the manifest of a compiled stub.
///
/// # Errors
/// Fails if the contract is not an OpenAPI 3.0 document or a reference in use does not resolve.
pub fn check(contract: &Document, manifest: &Manifest) -> Result<Comparison, InvalidDocument> {
    let Report { findings, compared } = ServerDocument::new(manifest).compare(&contract.value)?;
    let diagnostic = |finding: Finding| {
        let message = finding.to_string();
        let Finding { contract: expected, server, evidence, operations, .. } = &finding;
        Diagnostic::new(finding.rule(), contract, &finding.pointer, message)
            .with_detail("contract", json!(expected))
            .with_detail("server", json!(server))
            .with_detail("evidence", json!(evidence))
            .with_detail("operations", json!(operations))
    };
    Ok(Comparison { diagnostics: findings.into_iter().map(diagnostic).collect(), compared })
}

impl ServerDocument {
    /// As [`check`], without source locations.
    ///
    /// # Errors
    /// Fails if the contract is not an OpenAPI 3.0 document or a reference in use does not resolve.
    pub fn compare(&self, contract: &Value) -> Result<Report, InvalidDocument> {
        validate(contract)?;
        let (ours, theirs) = (Node::root(contract), Node::root(&self.document));
        let mut walk = Walk::new(self);
        self.contradictions.iter().cloned().for_each(|finding| walk.report.add(finding));
        walk.object(Kind::Document, &ours, &theirs);
        walk.operations(&ours, &theirs);
        walk.security_schemes(&ours, &theirs);
        let mut report = walk.report;
        report.findings.sort_by(|a, b| a.pointer.cmp(&b.pointer));
        Ok(report)
    }
}
