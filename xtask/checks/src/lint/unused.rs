//! Components that no operation leads to: dead, or meant to be referred to and forgotten.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Findings;
use dropstub_document::Pointer;

pub(super) fn look(findings: &mut Findings<'_>) {
    let root = &findings.document.value;
    let used = used(root);
    let components = root.get("components").and_then(Value::as_object).into_iter().flatten();
    for (kind, named) in components.filter(|(kind, _)| !kind.starts_with("x-") && *kind != "securitySchemes") {
        for name in named.as_object().into_iter().flatten().map(|(name, _)| name) {
            let pointer = Pointer::root().child("components").child(kind).child(name);
            if !used.contains(&pointer) {
                findings.add(&pointer, format!("`{name}` is used by nothing"), "refer to it, or take it out");
            }
        }
    }
}

/// All that references lead to from the operations.
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
