//! A value of one of the two documents, with its place, and how references and wrappers around it are seen through.

use serde_json::{Map, Value};

use crate::document::Pointer;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node<'v> {
    pub(super) root: &'v Value,
    pub(super) value: &'v Value,
    pub(super) pointer: Pointer,
}

impl<'v> Node<'v> {
    pub(super) fn root(root: &'v Value) -> Self {
        Self { root, value: root, pointer: Pointer::root() }
    }

    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key)?;
        Some(Self { root: self.root, value, pointer: self.pointer.child(key) })
    }

    pub(super) fn map(&self) -> impl Iterator<Item = (&'v String, Self)> + use<'v> {
        let (root, pointer) = (self.root, self.pointer.clone());
        let map = self.value.as_object().into_iter().flat_map(Map::iter);
        map.map(move |(key, value)| (key, Self { root, value, pointer: pointer.child(key) }))
    }

    pub(super) fn list(&self) -> impl Iterator<Item = Self> + use<'v> {
        let (root, pointer) = (self.root, self.pointer.clone());
        let list = self.value.as_array().into_iter().flatten().enumerate();
        list.map(move |(index, value)| Self { root, value, pointer: pointer.child(index) })
    }

    /// What a chain of references leads to. [`readable`](super::readable) has seen to it that it leads somewhere.
    pub(super) fn resolve(&self) -> Self {
        let mut node = self.clone();
        for _ in 0..MAX_REFERENCES {
            let target = node.value.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference);
            let Some(pointer) = target else { break };
            let Some(value) = pointer.find(self.root) else { break };
            node = Self { root: self.root, value, pointer };
        }
        node
    }
}

/// How many references may lead to the next. A longer chain is a circle.
pub(super) const MAX_REFERENCES: usize = 32;

/// A schema without what may be wrapped around it: references, and `allOf` around a single schema.
#[derive(Debug, Clone)]
pub(super) struct Schema<'v> {
    pub(super) node: Node<'v>,
    pub(super) nullable: bool,
    /// The component that the outermost reference names.
    pub(super) component: Option<String>,
}

impl<'v> Schema<'v> {
    pub(super) fn of(node: &Node<'v>) -> Self {
        let mut schema = Self { node: node.clone(), nullable: false, component: None };
        for _ in 0..MAX_REFERENCES {
            let node = &schema.node;
            if let Some(reference) = node.value.get("$ref").and_then(Value::as_str) {
                let name = reference.strip_prefix("#/components/schemas/").map(str::to_owned);
                let component = schema.component.or(name);
                schema = Self { node: node.resolve(), component, ..schema };
                continue;
            }
            schema.nullable |= node.value.get("nullable") == Some(&Value::Bool(true));
            let Some(inner) = only(node) else { break };
            schema.node = inner;
        }
        schema
    }
}

/// The one schema inside an `allOf` that has nothing beside it but documentation and `nullable`.
fn only<'v>(node: &Node<'v>) -> Option<Node<'v>> {
    const MEANS_NOTHING: [&str; 6] = ["allOf", "nullable", "title", "description", "example", "externalDocs"];
    let all = node.get("allOf")?;
    let alone =
        node.value.as_object()?.keys().all(|key| MEANS_NOTHING.contains(&key.as_str()) || key.starts_with("x-"));
    let mut inner = all.list();
    match (inner.next(), inner.next()) {
        (Some(schema), None) if alone => Some(schema),
        _ => None,
    }
}
