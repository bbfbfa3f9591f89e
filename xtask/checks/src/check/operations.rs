//! Operations: which there are, and what of them depends on where else it is said (parameters, security, servers).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::finding::{Finding, Witness};
use super::keywords::Kind;
use super::schema::Node;
use super::walk::{Walk, set};
use dropstub_document::{METHODS, Pointer};

/// An operation of one document.
struct Operation<'v> {
    path: &'v str,
    method: &'static str,
    /// The path item it belongs to.
    item: Node<'v>,
    node: Node<'v>,
}

impl<'v> Operation<'v> {
    fn all(root: &Node<'v>) -> Vec<Self> {
        let mut operations = Vec::new();
        for (path, item) in root.get("paths").into_iter().flat_map(|paths| paths.map()) {
            // `x-` keys are no paths.
            if path.starts_with("x-") {
                continue;
            }
            let item = item.resolve();
            for method in METHODS {
                if let Some(node) = item.get(method) {
                    operations.push(Self { path, method, item: item.clone(), node });
                }
            }
        }
        operations
    }

    fn id(&self) -> Option<&'v str> {
        self.node.value.get("operationId").and_then(Value::as_str)
    }

    /// The parameters by location and name, the path item's included. Header names have no case.
    fn parameters(&self) -> BTreeMap<(String, String), Node<'v>> {
        let lists = [self.item.get("parameters"), self.node.get("parameters")];
        let mut parameters = BTreeMap::new();
        for node in lists.into_iter().flatten().flat_map(|list| list.list()) {
            let node = node.resolve();
            let text = |key| node.value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (location, name) = (text("in"), text("name"));
            let name = if location == "header" { name.to_lowercase() } else { name };
            parameters.insert((location, name), node);
        }
        parameters
    }

    /// The nearest statement of `key` that holds for the operation, and where it stands or would.
    fn effective(&self, root: &Node<'v>, key: &'static str) -> (Pointer, Option<&'v Value>) {
        // A path item can have servers, but no security.
        let item = Some(&self.item).filter(|_| key == "servers");
        let nearest = [Some(&self.node), item, Some(root)].into_iter().flatten().find_map(|node| node.get(key));
        nearest.map_or_else(|| (root.pointer.child(key), None), |node| (node.pointer, Some(node.value)))
    }
}

impl Walk {
    /// Compares all operations, each with the one of its path and method, or else of its id.
    pub(super) fn operations(&mut self, contract: &Node<'_>, server: &Node<'_>) {
        for (path, item) in contract.get("paths").into_iter().flat_map(|paths| paths.map()) {
            if let Some(other) = server.get("paths").and_then(|paths| paths.get(path)) {
                self.object(Kind::PathItem, &item, &other);
            }
        }
        let ours = Operation::all(contract);
        let mut theirs = Operation::all(server);
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
                None => self.differ(&operation.node.pointer, (Some(operation.node.value), None), Witness::Types),
            }
        }
        for operation in theirs {
            self.differ(&operation.node.pointer, (None, Some(operation.node.value)), Witness::Types);
        }
    }

    /// An operation that stands elsewhere: under another path, another method or both.
    fn moved(&mut self, operation: &Operation<'_>, other: &Operation<'_>) {
        let route =
            |operation: &Operation<'_>| Value::from(format!("{} {}", operation.method.to_uppercase(), operation.path));
        // All operations of a path move together, so the path is the place.
        let renamed = operation.path != other.path && operation.method == other.method;
        if renamed {
            let pointer = Pointer::root().child("paths").child(operation.path);
            self.differ(&pointer, (Some(&operation.path.into()), Some(&other.path.into())), Witness::Types);
        } else {
            self.differ(&operation.node.pointer, (Some(&route(operation)), Some(&route(other))), Witness::Types);
        }
    }

    fn operation(&mut self, contract: &Node<'_>, ours: &Operation<'_>, server: &Node<'_>, theirs: &Operation<'_>) {
        self.report.compared.operations += 1;
        self.object(Kind::Operation, &ours.node, &theirs.node);
        self.parameters(ours, theirs);
        self.responses(ours, theirs);
        for (key, witness, normal) in
            [("security", Witness::Glue, set as fn(Option<&Value>) -> Value), ("servers", Witness::Statement, servers)]
        {
            let (pointer, says) = ours.effective(contract, key);
            let (_, said) = theirs.effective(server, key);
            if normal(says) != normal(said) {
                self.report.add(Finding {
                    pointer,
                    contract: says.cloned(),
                    server: said.cloned(),
                    witnesses: BTreeSet::from([witness]),
                    operations: ours.id().map(str::to_owned).into_iter().collect(),
                    contradiction: false,
                });
            }
        }
    }

    fn parameters(&mut self, ours: &Operation<'_>, theirs: &Operation<'_>) {
        for list in [&ours.item, &ours.node].into_iter().filter_map(|node| node.get("parameters")) {
            if !list.value.is_array() {
                self.differ(&list.pointer, (Some(list.value), None), Witness::Types);
            }
        }
        let (mine, mut others) = (ours.parameters(), theirs.parameters());
        for (key, node) in &mine {
            match others.remove(key) {
                Some(other) => {
                    self.report.compared.parameters += 1;
                    self.object(Kind::Parameter, node, &other);
                }
                None => self.differ(&node.pointer, (Some(node.value), None), Witness::Types),
            }
        }
        for ((_, name), node) in others {
            self.differ(&ours.node.pointer.child("parameters").child(name), (None, Some(node.value)), Witness::Types);
        }
    }

    fn responses(&mut self, ours: &Operation<'_>, theirs: &Operation<'_>) {
        let index = |operation: &Operation<'_>| -> BTreeMap<String, Value> {
            let responses = operation.node.value.get("responses").and_then(Value::as_object);
            responses.into_iter().flatten().map(|(status, response)| (status.clone(), response.clone())).collect()
        };
        let (mine, others) = (ours.node.get("responses"), theirs.node.get("responses"));
        let pointer = ours.node.pointer.child("responses");
        let statuses: BTreeSet<_> = index(ours).into_keys().chain(index(theirs).into_keys()).collect();
        for status in statuses.iter().filter(|status| !status.starts_with("x-")) {
            let says = mine.as_ref().and_then(|responses| responses.get(status));
            let said = others.as_ref().and_then(|responses| responses.get(status));
            if let (Some(says), Some(said)) = (&says, &said) {
                let links = says.value.get("links").and_then(Value::as_object);
                self.report.compared.statuses += 1;
                self.report.compared.links += links.map_or(0, Map::len);
                self.object(Kind::Response, says, said);
            } else {
                let values = (says.as_ref().map(|node| node.value), said.as_ref().map(|node| node.value));
                self.differ(&pointer.child(status), values, Witness::Glue);
            }
        }
    }

    /// Compares the security schemes that operations of the contract use. That both sides use the same ones is compared
    /// where they use them.
    pub(super) fn security_schemes(&mut self, contract: &Node<'_>, server: &Node<'_>) {
        let operations = Operation::all(contract);
        let requirements = operations.iter().filter_map(|operation| operation.effective(contract, "security").1);
        let alternatives = requirements.filter_map(Value::as_array).flatten().filter_map(Value::as_object);
        let used: BTreeSet<_> = alternatives.flat_map(Map::keys).collect();
        for name in used {
            match (scheme(contract, name), scheme(server, name)) {
                (Some(says), Some(said)) => self.object(Kind::SecurityScheme, &says, &said),
                (says, said) => {
                    let pointer = Pointer::root().child("components").child("securitySchemes").child(name);
                    let values = (says.as_ref().map(|node| node.value), said.as_ref().map(|node| node.value));
                    self.exact(&pointer, values, Witness::Statement);
                }
            }
        }
    }
}

fn scheme<'v>(root: &Node<'v>, name: &str) -> Option<Node<'v>> {
    root.get("components")?.get("securitySchemes")?.get(name)
}

/// The servers without what only describes them. None at all is the one that every document has.
fn servers(value: Option<&Value>) -> Value {
    let undescribed = |server: &Value| {
        let mut server = server.clone();
        if let Some(map) = server.as_object_mut() {
            map.retain(|key, value| key != "description" && !key.starts_with("x-") && *value != json!({}));
        }
        server
    };
    match value.and_then(Value::as_array) {
        Some(servers) if !servers.is_empty() => servers.iter().map(undescribed).collect(),
        _ => json!([{"url": "/"}]),
    }
}
