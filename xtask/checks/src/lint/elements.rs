//! The elements of a document that rules apply to, found by their position in OpenAPI's structure and not by their keys:
//! a property may be called `headers`.

use dropstub_document::Node;

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
        owner.get("content").iter().flat_map(Node::entries).for_each(|(_, it)| self.holder(Kind::Media, it));
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
        node.get("properties")
            .iter()
            .flat_map(Node::entries)
            .for_each(|(_, property)| self.schema(Kind::Property, property));
        for key in ["items", "additionalProperties", "not"] {
            if let Some(inner) = node.get(key).filter(|inner| inner.value.is_object()) {
                self.schema(Kind::Schema, inner);
            }
        }
        for key in ["allOf", "oneOf", "anyOf"] {
            node.get(key).iter().flat_map(Node::items).for_each(|inner| self.schema(Kind::Schema, inner));
        }
        self.0.push(Element { kind, node });
    }
}
