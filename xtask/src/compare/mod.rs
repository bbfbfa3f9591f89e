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
mod walk;

use std::collections::{BTreeMap, BTreeSet};

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
    for contradiction in &server.contradictions {
        let sides = (contradiction.emitted.as_ref(), contradiction.tables.as_ref());
        walk.differ(&contradiction.pointer, sides, Witness::Types);
    }
    walk.object(Kind::Document, &ours, &theirs);
    walk.operations(&ours, &theirs, &account.stub);
    security_schemes(&mut walk, &ours, &theirs);
    let mut report = walk.report;
    report.findings.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    Ok(report)
}

/// Compares the security schemes that both sides use. That they use the same ones is compared where they use them.
fn security_schemes(walk: &mut Walk, contract: &Node<'_>, server: &Node<'_>) {
    let schemes = |node: &Node<'_>| -> BTreeMap<String, Value> {
        let schemes = node.value.pointer("/components/securitySchemes").and_then(Value::as_object);
        schemes.into_iter().flatten().map(|(name, scheme)| (name.clone(), scheme.clone())).collect()
    };
    let used = used_schemes(contract.value);
    let pointer =
        |name: &str| crate::document::Pointer::root().child("components").child("securitySchemes").child(name);
    for (name, said) in schemes(server).iter().filter(|(name, _)| used.contains(*name)) {
        let place = pointer(name);
        match place.find(contract.value) {
            Some(says) => {
                let ours = Node { root: contract.value, value: says, pointer: place.clone() };
                let theirs = Node { root: server.value, value: said, pointer: place };
                walk.object(Kind::SecurityScheme, &ours, &theirs);
            }
            None => walk.differ(&place, (None, Some(said)), Witness::Statement),
        }
    }
}

/// The names of the security schemes in all requirements of a document.
fn used_schemes(document: &Value) -> BTreeSet<String> {
    let mut requirements: Vec<&Value> = document.get("security").into_iter().collect();
    for item in document.get("paths").and_then(Value::as_object).into_iter().flat_map(serde_json::Map::values) {
        requirements
            .extend(item.as_object().into_iter().flat_map(serde_json::Map::values).filter_map(|it| it.get("security")));
    }
    let each = requirements.into_iter().filter_map(Value::as_array).flatten().filter_map(Value::as_object);
    each.flat_map(|requirement| requirement.keys().cloned()).collect()
}
