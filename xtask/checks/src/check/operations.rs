//! Operations, with the parts that depend on the path item or the document: parameters, security, servers.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::finding::{Evidence, Finding};
use super::keywords::Kind;
use super::walk::{Walk, set};
use dropstub_document::{Node, Operation, Pointer};

/// The nearest value of `key` that applies to an operation, with its pointer, or the pointer at the root.
fn effective<'d>(operation: &Operation<'d>, root: &Node<'d>, key: &'static str) -> (Pointer, Option<&'d Value>) {
    // A path item can have servers, but no security.
    let item = Some(&operation.item).filter(|_| key == "servers");
    let nearest = [Some(&operation.node), item, Some(root)].into_iter().flatten().find_map(|node| node.get(key));
    nearest.map_or_else(|| (root.pointer.child(key), None), |node| (node.pointer, Some(node.value)))
}

impl Walk<'_> {
    /// Compares each operation with the server's of the same path and method, or else of the same id.
    pub(super) fn operations(&mut self, contract: &Node<'_>, server: &Node<'_>) {
        for (path, item) in contract.get("paths").into_iter().flat_map(|paths| paths.entries()) {
            if let Some(other) = server.get("paths").and_then(|paths| paths.get(path)) {
                self.object(Kind::PathItem, &item, &other);
            }
        }
        let ours = contract.operations();
        let mut theirs = server.operations();
        let mut alone = Vec::new();
        for operation in &ours {
            let same = |other: &Operation<'_>| other.path == operation.path && other.method == operation.method;
            match theirs.iter().position(same) {
                Some(index) => {
                    let other = theirs.swap_remove(index);
                    self.operation(contract, operation, server, &other);
                }
                None => alone.push(operation),
            }
        }
        for operation in alone {
            match theirs.iter().position(|other| other.id().is_some() && other.id() == operation.id()) {
                Some(index) => {
                    let other = theirs.swap_remove(index);
                    self.moved(operation, &other);
                    self.operation(contract, operation, server, &other);
                }
                None => self.differ(&operation.node.pointer, (Some(operation.node.value), None), Evidence::Types),
            }
        }
        for operation in theirs {
            self.differ(&operation.node.pointer, (None, Some(operation.node.value)), Evidence::Types);
        }
    }

    /// Reports an operation with another path or method.
    fn moved(&mut self, operation: &Operation<'_>, other: &Operation<'_>) {
        let route = |operation: &Operation<'_>| Value::from(operation.route());
        // All operations of a path move together, so the finding is about the path.
        let renamed = operation.path != other.path && operation.method == other.method;
        if renamed {
            let pointer = Pointer::root().child("paths").child(operation.path);
            self.differ(&pointer, (Some(&operation.path.into()), Some(&other.path.into())), Evidence::Types);
        } else {
            self.differ(&operation.node.pointer, (Some(&route(operation)), Some(&route(other))), Evidence::Types);
        }
    }

    fn operation(&mut self, contract: &Node<'_>, ours: &Operation<'_>, server: &Node<'_>, theirs: &Operation<'_>) {
        self.report.compared.operations += 1;
        self.object(Kind::Operation, &ours.node, &theirs.node);
        self.parameters(ours, theirs);
        self.responses(ours, theirs);
        for (key, evidence, normal) in [
            ("security", Evidence::Table, set as fn(Option<&Value>) -> Value),
            ("servers", Evidence::Statement, servers),
            ("x-dropstub-strict-query", Evidence::Table, flag),
        ] {
            let (pointer, expected) = effective(ours, contract, key);
            let (_, actual) = effective(theirs, server, key);
            if normal(expected) != normal(actual) {
                self.report.add(Finding {
                    pointer,
                    contract: expected.cloned(),
                    server: actual.cloned(),
                    evidence: BTreeSet::from([evidence]),
                    operations: ours.id().map(str::to_owned).into_iter().collect(),
                    contradiction: false,
                });
            }
        }
    }

    fn parameters(&mut self, ours: &Operation<'_>, theirs: &Operation<'_>) {
        for list in [&ours.item, &ours.node].into_iter().filter_map(|node| node.get("parameters")) {
            if !list.value.is_array() {
                self.differ(&list.pointer, (Some(list.value), None), Evidence::Types);
            }
        }
        let (mine, mut others) = (ours.parameters(), theirs.parameters());
        for (key, node) in &mine {
            match others.remove(key) {
                Some(other) => {
                    self.report.compared.parameters += 1;
                    self.object(Kind::Parameter, node, &other);
                }
                None => self.differ(&node.pointer, (Some(node.value), None), Evidence::Types),
            }
        }
        for ((_, name), node) in others {
            self.differ(&ours.node.pointer.child("parameters").child(name), (None, Some(node.value)), Evidence::Types);
        }
    }

    fn responses(&mut self, ours: &Operation<'_>, theirs: &Operation<'_>) {
        let (mine, others) = (ours.node.get("responses"), theirs.node.get("responses"));
        let pointer = ours.node.pointer.child("responses");
        let responses = mine.iter().chain(&others).flat_map(Node::entries_without_extensions);
        let statuses: BTreeSet<_> = responses.map(|(status, _)| status).collect();
        for status in statuses {
            let expected = mine.as_ref().and_then(|responses| responses.get(status));
            let actual = others.as_ref().and_then(|responses| responses.get(status));
            if let (Some(expected), Some(actual)) = (&expected, &actual) {
                let links = expected.value.get("links").and_then(Value::as_object);
                self.report.compared.statuses += 1;
                self.report.compared.links += links.map_or(0, Map::len);
                self.object(Kind::Response, expected, actual);
            } else {
                let values = (expected.as_ref().map(|node| node.value), actual.as_ref().map(|node| node.value));
                self.differ(&pointer.child(status), values, Evidence::Table);
            }
        }
    }

    /// Compares the security schemes in use. Their use is compared with the operations.
    pub(super) fn security_schemes(&mut self, contract: &Node<'_>, server: &Node<'_>) {
        let operations = contract.operations();
        let requirements = operations.iter().filter_map(|operation| effective(operation, contract, "security").1);
        let alternatives = requirements.filter_map(Value::as_array).flatten().filter_map(Value::as_object);
        let used: BTreeSet<_> = alternatives.flat_map(Map::keys).collect();
        for name in used {
            match (scheme(contract, name), scheme(server, name)) {
                (Some(expected), Some(actual)) => self.object(Kind::SecurityScheme, &expected, &actual),
                (expected, actual) => {
                    let pointer = Pointer::root().child("components").child("securitySchemes").child(name);
                    let values = (expected.as_ref().map(|node| node.value), actual.as_ref().map(|node| node.value));
                    self.exact(&pointer, values, Evidence::Statement);
                }
            }
        }
    }
}

fn scheme<'v>(root: &Node<'v>, name: &str) -> Option<Node<'v>> {
    root.get("components")?.get("securitySchemes")?.get(name)
}

/// An absent flag is false.
fn flag(value: Option<&Value>) -> Value {
    value.cloned().unwrap_or(false.into())
}

/// The servers without documentation. An empty list equals the default server.
fn servers(value: Option<&Value>) -> Value {
    let without_documentation = |server: &Value| {
        let mut server = server.clone();
        if let Some(map) = server.as_object_mut() {
            map.retain(|key, value| key != "description" && !key.starts_with("x-") && *value != json!({}));
        }
        server
    };
    match value.and_then(Value::as_array) {
        Some(servers) if !servers.is_empty() => servers.iter().map(without_documentation).collect(),
        _ => json!([{"url": "/"}]),
    }
}
