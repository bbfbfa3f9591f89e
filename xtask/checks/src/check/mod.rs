//! Where a contract and a compiled server stub differ.
//!
//! [`compare`] walks both at once and compares them as meaning: what changes bytes on the wire, or a name that a client
//! sees, is a [`Finding`]; key order, `$ref` against inline, stated defaults, the order of sets and unused components
//! are not. The server's side has several [witnesses](Witness): the document that dropshot emits from the compiled
//! types; the stub's own tables, for what dropshot cannot emit; and the validator's rules, printed back as schemas, so
//! that what is *enforced* is held against the contract too.
//!
//! Deliberately absent: documentation (descriptions, titles of schemas, examples). The generated code holds a
//! digest of all that the contract says, so `generate --check` sees every change of it.

mod finding;
mod keywords;
mod manifest;
mod operations;
mod schema;
mod server_document;
#[cfg(test)]
mod tests;
mod walk;

use serde_json::Value;

use dropstub_document::{InvalidDocument, validate};

pub use finding::{Compared, Finding, Report, Witness};
pub use manifest::Account;

use keywords::Kind;
use schema::Node;
use server_document::Complete;
use walk::Walk;

/// Compares a contract with a stub's account of itself.
///
/// # Errors
/// Where the contract is no OpenAPI 3.0 document, or a reference in it leads nowhere.
pub fn compare(contract: &Value, account: &Account) -> Result<Report, InvalidDocument> {
    Server::new(account).compare(contract)
}

/// A stub's account of itself as one document, to compare more than one contract with.
#[derive(Debug)]
pub struct Server(Complete);

impl Server {
    #[must_use]
    pub fn new(account: &Account) -> Self {
        Self(server_document::complete(account))
    }

    /// Compares a contract with the stub.
    ///
    /// # Errors
    /// Where the contract is no OpenAPI 3.0 document, or a reference in it leads nowhere.
    pub fn compare(&self, contract: &Value) -> Result<Report, InvalidDocument> {
        validate(contract)?;
        let (ours, theirs) = (Node::root(contract), Node::root(&self.0.document));
        let mut walk = Walk::default();
        self.0.contradictions.iter().cloned().for_each(|finding| walk.report.add(finding));
        walk.object(Kind::Document, &ours, &theirs);
        walk.operations(&ours, &theirs);
        walk.security_schemes(&ours, &theirs);
        let mut report = walk.report;
        report.findings.sort_by(|a, b| a.pointer.cmp(&b.pointer));
        Ok(report)
    }
}
