//! The things of a document that are looked at, each found where OpenAPI has it, and not by what a key is called: a
//! property may be called `headers`.

use serde_json::{Map, Value};

use super::operations;
use dropstub_document::Pointer;

/// What kind of thing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A component schema.
    Component,
    /// A property of an object.
    Property,
    /// A schema that is neither.
    Schema,
    Parameter,
    Header,
    /// What a body or a response is in one media type.
    Media,
}

impl Kind {
    pub(super) fn is_schema(self) -> bool {
        matches!(self, Self::Component | Self::Property | Self::Schema)
    }
}

/// One thing, which may be a reference to another.
#[derive(Debug, Clone)]
pub(super) struct Thing<'v> {
    pub(super) kind: Kind,
    pub(super) pointer: Pointer,
    pub(super) value: &'v Value,
}

impl Thing<'_> {
    /// What it is called: by its key, or a parameter by its `name`.
    pub(super) fn name(&self) -> &str {
        let name = self.value.get("name").and_then(Value::as_str).filter(|_| self.kind == Kind::Parameter);
        name.or_else(|| self.pointer.last()).unwrap_or_default()
    }

    pub(super) fn is_reference(&self) -> bool {
        self.value.get("$ref").is_some()
    }
}

/// All things of the document, each once, where it is written.
pub(super) fn things(root: &Value) -> Vec<Thing<'_>> {
    let mut walk = Walk { found: Vec::new() };
    let paths = Pointer::root().child("paths");
    for (path, item) in unextended(root.get("paths")) {
        walk.parameters(&paths.child(path), item);
    }
    for (pointer, _) in operations(root) {
        pointer.find(root).into_iter().for_each(|operation| walk.operation(&pointer, operation));
    }
    let components = Pointer::root().child("components");
    for (kind, named) in unextended(root.get("components")) {
        for (name, value) in entries(Some(named)) {
            let pointer = components.child(kind).child(name);
            match kind {
                "schemas" => walk.schema(Kind::Component, pointer, value),
                "parameters" => walk.holder(Kind::Parameter, pointer, value),
                "headers" => walk.holder(Kind::Header, pointer, value),
                "responses" => walk.response(&pointer, value),
                "requestBodies" => walk.content(&pointer, value),
                _ => {}
            }
        }
    }
    walk.found
}

struct Walk<'v> {
    found: Vec<Thing<'v>>,
}

impl<'v> Walk<'v> {
    fn add(&mut self, kind: Kind, pointer: Pointer, value: &'v Value) {
        self.found.push(Thing { kind, pointer, value });
    }

    fn operation(&mut self, pointer: &Pointer, operation: &'v Value) {
        self.parameters(pointer, operation);
        if let Some(body) = operation.get("requestBody") {
            self.content(&pointer.child("requestBody"), body);
        }
        for (status, response) in unextended(operation.get("responses")) {
            self.response(&pointer.child("responses").child(status), response);
        }
    }

    fn parameters(&mut self, pointer: &Pointer, owner: &'v Value) {
        let list = owner.get("parameters").and_then(Value::as_array).into_iter().flatten().enumerate();
        list.for_each(|(index, it)| self.holder(Kind::Parameter, pointer.child("parameters").child(index), it));
    }

    fn response(&mut self, pointer: &Pointer, response: &'v Value) {
        for (name, header) in entries(response.get("headers")) {
            self.holder(Kind::Header, pointer.child("headers").child(name), header);
        }
        self.content(pointer, response);
    }

    fn content(&mut self, pointer: &Pointer, owner: &'v Value) {
        for (media_type, media) in entries(owner.get("content")) {
            self.holder(Kind::Media, pointer.child("content").child(media_type), media);
        }
    }

    /// Something that has a schema.
    fn holder(&mut self, kind: Kind, pointer: Pointer, holder: &'v Value) {
        if let Some(schema) = holder.get("schema") {
            self.schema(Kind::Schema, pointer.child("schema"), schema);
        }
        if kind != Kind::Media {
            self.content(&pointer, holder);
        }
        self.add(kind, pointer, holder);
    }

    fn schema(&mut self, kind: Kind, pointer: Pointer, schema: &'v Value) {
        let named = pointer.child("properties");
        entries(schema.get("properties"))
            .for_each(|(name, property)| self.schema(Kind::Property, named.child(name), property));
        for key in ["items", "additionalProperties", "not"] {
            if let Some(inner) = schema.get(key).filter(|inner| inner.is_object()) {
                self.schema(Kind::Schema, pointer.child(key), inner);
            }
        }
        for key in ["allOf", "oneOf", "anyOf"] {
            let list = schema.get(key).and_then(Value::as_array).into_iter().flatten().enumerate();
            list.for_each(|(index, inner)| self.schema(Kind::Schema, pointer.child(key).child(index), inner));
        }
        self.add(kind, pointer, schema);
    }
}

/// The entries of an object whose keys are names, such as `x-request-id`.
fn entries(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    value.and_then(Value::as_object).into_iter().flat_map(Map::iter).map(|(key, value)| (key.as_str(), value))
}

/// The entries of an object that may have extensions beside them.
fn unextended(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    entries(value).filter(|(key, _)| !key.starts_with("x-"))
}
