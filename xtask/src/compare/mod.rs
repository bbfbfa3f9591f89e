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

mod account;
mod complete;
mod finding;
mod node;
mod operations;
mod readable;
mod tables;
#[cfg(test)]
mod tests;
mod walk;

use serde_json::Value;

pub use account::Account;
pub use finding::{Compared, Finding, Report, Unreadable, Witness};

use node::Node;
use tables::Kind;
use walk::Walk;

/// Compares a contract with a stub's account of itself.
///
/// # Errors
/// Where the contract is no OpenAPI 3.0 document, or a reference in it leads nowhere.
pub fn compare(contract: &Value, account: &Account) -> Result<Report, Unreadable> {
    readable::readable(contract)?;
    let server = complete::complete(account);
    let (ours, theirs) = (Node::root(contract), Node::root(&server.document));
    let mut walk = Walk::default();
    server.contradictions.into_iter().for_each(|finding| walk.report.add(finding));
    walk.object(Kind::Document, &ours, &theirs);
    walk.operations(&ours, &theirs);
    walk.security_schemes(&ours, &theirs);
    let mut report = walk.report;
    report.findings.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    Ok(report)
}
