//! Of how many operations and schemas it is true that the emitted document says the same.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use dropstub_checks::check::Report;
use dropstub_document::{METHODS, Pointer};

/// How many there are, are generated, and are equal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    pub all: usize,
    pub generated: usize,
    pub equal: usize,
}

/// The operations of a document, its component schemas, and which of them each refers to.
#[derive(Debug)]
pub(super) struct Things {
    /// The pointer of each operation, and the components that it uses.
    pub(super) operations: Vec<(Pointer, BTreeSet<String>)>,
    schemas: BTreeMap<String, BTreeSet<String>>,
}

impl Things {
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
        let mut operations = Vec::new();
        for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
            let shared = item.get("parameters").map(|it| references(document, it)).unwrap_or_default();
            for method in METHODS {
                let Some(operation) = item.get(method) else { continue };
                let used = references(document, operation).into_iter().chain(shared.clone()).collect();
                operations.push((Pointer::root().child("paths").child(path).child(method), reach(&direct, used)));
            }
        }
        Self { operations, schemas }
    }

    /// How many component schemas there are.
    pub(super) fn schemas(&self) -> usize {
        self.schemas.len()
    }

    /// The component schemas that any operation uses. No other one is in a stub.
    pub(super) fn used_schemas(&self) -> BTreeSet<String> {
        self.operations.iter().flat_map(|(_, used)| used).cloned().collect()
    }

    /// Counts as equal what no difference was found in, nor in anything that it refers to.
    pub(super) fn count(&self, report: &Report, operations: &mut Count, schemas: &mut Count) {
        let different: Vec<Vec<&str>> = report.findings.iter().map(|finding| finding.pointer.tokens()).collect();
        let within = |start: &[&str]| different.iter().any(|tokens| tokens.starts_with(start));
        let of_schema = |name: &str| within(&["components", "schemas", name]);
        // What is said of the whole document holds for every operation.
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

/// The component schemas that a value refers to, be it by way of another component.
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
                // What stands in an extension or an example is data.
                let data = |key: &str| key.starts_with("x-") || matches!(key, "example" | "default");
                next.extend(map.iter().filter(|(key, _)| !data(key)).map(|(_, value)| value));
            }
            Value::Array(values) => next.extend(values),
            _ => {}
        }
    }
    found
}

/// All that can be reached from some components, themselves included.
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
