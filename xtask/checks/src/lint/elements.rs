//! The elements of a document that rules apply to, found by their position in OpenAPI's structure and not by their keys:
//! a property may be called `headers`.

use std::collections::BTreeSet;

use dropstub_document::{Node, Operation};

/// The kind of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A component schema.
    Component,
    /// A property of an object schema.
    Property,
    /// Any other schema.
    Schema,
    Parameter,
    Header,
    /// The media type of a body or a response.
    Media,
}

impl Kind {
    pub(super) fn is_schema(self) -> bool {
        matches!(self, Self::Component | Self::Property | Self::Schema)
    }
}

/// One element, which may be a reference.
#[derive(Debug, Clone)]
pub(super) struct Element<'d> {
    pub(super) kind: Kind,
    pub(super) node: Node<'d>,
}

impl Element<'_> {
    /// A parameter's `name`; the key of any other element.
    pub(super) fn name(&self) -> &str {
        let name = self.node.str("name").filter(|_| self.kind == Kind::Parameter);
        name.or_else(|| self.node.pointer.last()).unwrap_or_default()
    }

    pub(super) fn is_reference(&self) -> bool {
        self.node.value.get("$ref").is_some()
    }
}

/// All elements of a document, each once, at its definition.
pub(super) fn elements<'d>(root: &Node<'d>) -> Vec<Element<'d>> {
    let mut found = Elements(Vec::new());
    for (_, item) in root.get("paths").iter().flat_map(Node::entries_without_extensions) {
        found.parameters(&item);
    }
    for operation in root.operations() {
        found.operation(&operation.node);
    }
    for (kind, named) in root.get("components").iter().flat_map(Node::entries_without_extensions) {
        for (_, node) in named.entries() {
            match kind {
                "schemas" => found.schema(Kind::Component, node),
                "parameters" => found.holder(Kind::Parameter, node),
                "headers" => found.holder(Kind::Header, node),
                "responses" => found.response(&node),
                "requestBodies" => found.content(&node),
                _ => {}
            }
        }
    }
    found.0
}

struct Elements<'d>(Vec<Element<'d>>);

impl<'d> Elements<'d> {
    fn operation(&mut self, operation: &Node<'d>) {
        self.parameters(operation);
        operation.get("requestBody").iter().for_each(|body| self.content(body));
        for (_, response) in operation.get("responses").iter().flat_map(Node::entries_without_extensions) {
            self.response(&response);
        }
    }

    fn parameters(&mut self, owner: &Node<'d>) {
        owner.get("parameters").iter().flat_map(Node::items).for_each(|it| self.holder(Kind::Parameter, it));
    }

    fn response(&mut self, response: &Node<'d>) {
        response.get("headers").iter().flat_map(Node::entries).for_each(|(_, it)| self.holder(Kind::Header, it));
        self.content(response);
    }

    fn content(&mut self, owner: &Node<'d>) {
        contents(owner).for_each(|(_, it)| self.holder(Kind::Media, it));
    }

    /// An object with a `schema`.
    fn holder(&mut self, kind: Kind, node: Node<'d>) {
        node.get("schema").into_iter().for_each(|schema| self.schema(Kind::Schema, schema));
        if kind != Kind::Media {
            self.content(&node);
        }
        self.0.push(Element { kind, node });
    }

    fn schema(&mut self, kind: Kind, node: Node<'d>) {
        inner(&node).into_iter().for_each(|(kind, inner)| self.schema(kind, inner));
        self.0.push(Element { kind, node });
    }
}

/// The schemas directly below a schema.
fn inner<'d>(schema: &Node<'d>) -> Vec<(Kind, Node<'d>)> {
    let get = |key: &&str| schema.get(key);
    let properties = schema.get("properties").into_iter().flat_map(|it| it.entries());
    let single = ["items", "additionalProperties", "not"].iter().filter_map(get).filter(|it| it.value.is_object());
    let several = ["allOf", "oneOf", "anyOf"].iter().filter_map(get).flat_map(|it| it.items());
    let others = single.chain(several).map(|inner| (Kind::Schema, inner));
    properties.map(|(_, property)| (Kind::Property, property)).chain(others).collect()
}

/// The schemas and all schemas below them, with references resolved, each once.
pub(super) fn reachable<'d>(schemas: impl Iterator<Item = Node<'d>>) -> Vec<Node<'d>> {
    let mut next: Vec<_> = schemas.collect();
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    while let Some(schema) = next.pop().map(|schema| schema.resolve()) {
        if seen.insert(schema.pointer.clone()) {
            next.extend(inner(&schema).into_iter().map(|(_, inner)| inner));
            found.push(schema);
        }
    }
    found
}

/// The media types of a body or a response, by name.
pub(super) fn contents<'d>(owner: &Node<'d>) -> impl Iterator<Item = (&'d str, Node<'d>)> + use<'d> {
    owner.get("content").into_iter().flat_map(|content| content.entries())
}

/// The media types of a body or a response that are JSON.
pub(super) fn json_contents<'d>(owner: &Node<'d>) -> impl Iterator<Item = Node<'d>> + use<'d> {
    let is_json = |name: &str| name.split(';').next().is_some_and(|name| name.trim_end().ends_with("json"));
    contents(owner).filter(move |(name, _)| is_json(name)).map(|(_, media)| media)
}

/// The JSON media types of an operation's responses, with the statuses.
pub(super) fn json_responses<'d>(operation: &Operation<'d>) -> Vec<(&'d str, Node<'d>)> {
    let responses = operation.node.get("responses").into_iter().flat_map(|it| it.entries_without_extensions());
    responses.flat_map(|(status, it)| json_contents(&it.resolve()).map(move |media| (status, media))).collect()
}
