//! The numbers of operations and schemas that are generated and emitted equally.

use std::collections::{BTreeMap, BTreeSet};

use dropstub_document::keys::is_data;
use dropstub_document::{Diagnostic, Node, Pointer};
use serde::Serialize;
use serde_json::Value;

/// The numbers of all, generated and equal objects of a kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// In the document.
    pub all: usize,
    /// In the stub.
    pub generated: usize,
    /// Emitted without a difference.
    pub equal: usize,
}

/// The operations and component schemas of a document, with the components that each uses.
#[derive(Debug)]
pub(super) struct Inventory {
    /// The pointer and the components of each operation.
    pub(super) operations: Vec<(Pointer, BTreeSet<String>)>,
    schemas: BTreeMap<String, BTreeSet<String>>,
}

impl Inventory {
    pub(super) fn of(document: &Value) -> Self {
        let components = document.get("components").and_then(|components| components.get("schemas"));
        let components = components.and_then(Value::as_object);
        let direct: BTreeMap<_, _> = components
            .into_iter()
            .flatten()
            .map(|(name, schema)| (name.clone(), references(document, schema)))
            .collect();
        let schemas: BTreeMap<_, _> =
            direct.keys().map(|name| (name.clone(), reach(&direct, [name.clone()].into()))).collect();
        let operations = Node::root(document).operations().into_iter().map(|operation| {
            let shared = operation.item.get("parameters");
            let shared = shared.map(|it| references(document, it.value)).unwrap_or_default();
            let used = references(document, operation.node.value).into_iter().chain(shared).collect();
            let pointer = Pointer::root().child("paths").child(operation.path).child(operation.method);
            (pointer, reach(&direct, used))
        });
        let operations = operations.collect();
        Self { operations, schemas }
    }

    /// The number of component schemas.
    pub(super) fn schemas(&self) -> usize {
        self.schemas.len()
    }

    /// The component schemas that operations use. A stub has no others.
    pub(super) fn used_schemas(&self) -> BTreeSet<String> {
        self.operations.iter().flat_map(|(_, used)| used).cloned().collect()
    }

    /// Counts the objects without a difference in themselves and in the components that they use.
    pub(super) fn count(&self, differences: &[Diagnostic], operations: &mut Count, schemas: &mut Count) {
        let different: Vec<Vec<&str>> = differences.iter().map(|difference| difference.pointer.tokens()).collect();
        let within = |start: &[&str]| different.iter().any(|tokens| tokens.starts_with(start));
        let of_schema = |name: &str| within(&["components", "schemas", name]);
        // A difference of the whole document affects every operation.
        let whole = different.iter().any(|tokens| !matches!(tokens.first(), Some(&("paths" | "components"))));
        let equal = |(pointer, used): &&(Pointer, BTreeSet<String>)| {
            !whole && !within(&pointer.tokens()) && !used.iter().any(|name| of_schema(name))
        };
        operations.equal = self.operations.iter().filter(equal).count();
        let used = self.used_schemas();
        let equal = |name: &&String| !self.schemas[*name].iter().any(|name| of_schema(name));
        schemas.equal = used.iter().filter(|name| self.schemas.contains_key(*name)).filter(equal).count();
    }
}

/// The component schemas that a value refers to, directly or through other components.
fn references(document: &Value, value: &Value) -> BTreeSet<String> {
    let (mut found, mut seen, mut next) = (BTreeSet::new(), BTreeSet::new(), vec![value]);
    while let Some(value) = next.pop() {
        match value {
            Value::Object(map) => {
                let target = map.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference);
                match target.as_ref().map(Pointer::tokens).as_deref() {
                    Some(["components", "schemas", name, ..]) => {
                        found.insert((*name).to_owned());
                    }
                    Some(_) if target.as_ref().is_some_and(|target| seen.insert(target.clone())) => {
                        next.extend(target.and_then(|target| target.find(document)));
                    }
                    _ => {}
                }
                let data = |key: &str| key.starts_with("x-") || is_data(key);
                next.extend(map.iter().filter(|(key, _)| !data(key)).map(|(_, value)| value));
            }
            Value::Array(values) => next.extend(values),
            _ => {}
        }
    }
    found
}

/// The components reachable from `start`, which is included.
fn reach(direct: &BTreeMap<String, BTreeSet<String>>, start: BTreeSet<String>) -> BTreeSet<String> {
    let mut next: Vec<_> = start.iter().cloned().collect();
    let mut found = start;
    while let Some(name) = next.pop() {
        for other in direct.get(&name).into_iter().flatten() {
            if found.insert(other.clone()) {
                next.push(other.clone());
            }
        }
    }
    found
}
