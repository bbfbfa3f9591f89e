//! Operations: which there are, and what of them depends on where else it is said (parameters, security, servers).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::account;
use super::finding::{Finding, Witness};
use super::node::Node;
use super::tables::Kind;
use super::walk::{Walk, set};
use crate::document::Pointer;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

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
            parameters.insert(key(&node), node);
        }
        parameters
    }

    /// The nearest statement of `key` that holds for the operation, and where it stands or would.
    fn effective(&self, root: &Node<'v>, key: &'static str) -> (Pointer, Option<&'v Value>) {
        // A path item has servers, and no security.
        let item = Some(&self.item).filter(|_| key == "servers");
        let nearest = [Some(&self.node), item, Some(root)].into_iter().flatten().find_map(|node| node.get(key));
        nearest.map_or_else(|| (root.pointer.child(key), None), |node| (node.pointer, Some(node.value)))
    }
}

/// What a parameter is known by: its location and its name, which has no case where it is a header's.
fn key(parameter: &Node<'_>) -> (String, String) {
    let text = |key| parameter.value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (location, name) = (text("in"), text("name"));
    let name = if location == "header" { name.to_lowercase() } else { name };
    (location, name)
}

impl Walk {
    /// Compares all operations, each with the one of its path and method, or else of its id.
    pub(super) fn operations(&mut self, contract: &Node<'_>, server: &Node<'_>, tables: &account::Tables) {
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
                    self.operation(contract, operation, server, &other, tables);
                }
                None => alone.push(operation),
            }
        }
        for operation in alone {
            match theirs.iter().position(|other| other.id().is_some() && other.id() == operation.id()) {
                Some(index) => {
                    let other = theirs.swap_remove(index);
                    self.moved(operation, &other);
                    self.operation(contract, operation, server, &other, tables);
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

    fn operation(
        &mut self,
        contract: &Node<'_>,
        ours: &Operation<'_>,
        server: &Node<'_>,
        theirs: &Operation<'_>,
        tables: &account::Tables,
    ) {
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
                });
            }
        }
        let same =
            |table: &&account::Operation| table.path == theirs.path && table.method.eq_ignore_ascii_case(theirs.method);
        if let Some(table) = tables.operations.iter().find(same) {
            self.enforced(ours, table, tables);
        }
    }

    fn parameters(&mut self, ours: &Operation<'_>, theirs: &Operation<'_>) {
        for list in [ours.item.get("parameters"), ours.node.get("parameters")].into_iter().flatten() {
            let mut seen = BTreeSet::new();
            for node in list.list().map(|node| node.resolve()).filter(|node| !seen.insert(key(node))) {
                // Which of two parameters of one name counts is for nobody to say.
                self.differ(&node.pointer, (Some(node.value), None), Witness::Types);
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
                self.report.compared.links += links.map_or(0, serde_json::Map::len);
                self.object(Kind::Response, says, said);
            } else {
                let values = (says.as_ref().map(|node| node.value), said.as_ref().map(|node| node.value));
                self.differ(&pointer.child(status), values, Witness::Glue);
            }
        }
    }

    /// Compares what the contract says of a request with what the validator enforces.
    fn enforced(&mut self, ours: &Operation<'_>, table: &account::Operation, tables: &account::Tables) {
        let root = json!({"components": {"schemas": tables.schemas}});
        let enforced = |schema| Node { root: &root, value: schema, pointer: Pointer::root().child(&table.id) };
        for ((location, name), node) in ours.parameters() {
            let same = |it: &&account::Parameter| {
                it.location == location
                    && (it.name == name || it.name.eq_ignore_ascii_case(&name) && location == "header")
            };
            if let (Some(schema), Some(said)) = (node.get("schema"), table.parameters.iter().find(same)) {
                let mut place = enforced(&said.schema);
                place.pointer = place.pointer.child(&location).child(&name);
                self.object(Kind::Enforced, &schema, &place);
            }
        }
        let Some(body) = &table.request_body else { return };
        let content = ours.node.get("requestBody").and_then(|node| node.resolve().get("content"));
        if let Some(schema) = content.and_then(|content| content.get(&body.media_type)?.get("schema")) {
            self.object(Kind::Enforced, &schema, &enforced(&body.schema));
        }
    }
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
