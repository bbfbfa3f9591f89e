//! Components that no operation uses.

use std::collections::BTreeSet;

use dropstub_document::{Node, Pointer};
use serde_json::Value;

use super::Findings;
use super::rules::COMPONENT_UNUSED;

pub(super) fn check(findings: &mut Findings<'_>) {
    let root = findings.document.root();
    let used = used(&findings.document.value);
    let kinds = root.get("components");
    let kinds = kinds.iter().flat_map(Node::entries_without_extensions).filter(|(kind, _)| *kind != "securitySchemes");
    for (name, component) in kinds.flat_map(|(_, named)| named.entries()) {
        if !used.contains(&component.pointer) {
            let message = format!("`{name}` is not used");
            findings.add(&COMPONENT_UNUSED, &component.pointer, message, "refer to it, or remove it");
        }
    }
}

/// The targets of references from the operations, direct and indirect.
fn used(root: &Value) -> BTreeSet<Pointer> {
    let (mut found, mut next) = (BTreeSet::new(), Vec::from_iter(root.get("paths")));
    while let Some(value) = next.pop() {
        let target = value.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference);
        if let Some(target) = target.filter(|target| !found.contains(target)) {
            next.extend(target.find(root));
            found.insert(target);
        }
        match value {
            Value::Object(map) => next.extend(map.values()),
            Value::Array(values) => next.extend(values),
            _ => {}
        }
    }
    found
}
