//! A value of one of the two documents, with its place, and how references and wrappers around it are seen through.

use serde_json::{Map, Value};

use super::keywords::{How, Kind};
use super::server_document::ENFORCED;
use dropstub_document::{MAX_REFERENCES, Pointer};

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

    /// What a chain of references leads to. `validate` has seen to it that it leads somewhere.
    pub(super) fn resolve(&self) -> Self {
        let mut node = self.clone();
        for _ in 0..MAX_REFERENCES {
            let Some(next) = node.follow() else { break };
            node = next;
        }
        node
    }

    /// What one reference leads to.
    fn follow(&self) -> Option<Self> {
        let pointer = self.value.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference)?;
        let value = pointer.find(self.root)?;
        Some(Self { root: self.root, value, pointer })
    }
}

/// A schema and what may be wrapped around it: references, and `allOf` around a single schema.
#[derive(Debug, Clone)]
pub(super) struct Schema<'v> {
    /// What the layers wrap.
    pub(super) node: Node<'v>,
    /// From the outside in, `node` included. References are no layers, since nothing beside one has a meaning.
    layers: Vec<Node<'v>>,
    /// The components that references name on the way, and where those references stand.
    pub(super) components: Vec<(String, Pointer)>,
}

impl<'v> Schema<'v> {
    pub(super) fn of(kind: Kind, node: &Node<'v>) -> Self {
        let mut schema = Self { node: node.clone(), layers: Vec::new(), components: Vec::new() };
        for _ in 0..MAX_REFERENCES {
            if let Some(reference) = schema.node.value.get("$ref").and_then(Value::as_str) {
                let place = schema.node.pointer.child("$ref");
                schema.components.extend(component(reference).map(|name| (name, place)));
                match schema.node.follow() {
                    Some(target) => schema.node = target,
                    None => break,
                }
                continue;
            }
            schema.layers.push(schema.node.clone());
            let Some(inner) = only(kind, &schema.node) else { break };
            schema.node = inner;
        }
        schema
    }

    /// What the outermost layer that says something under a key says.
    pub(super) fn says(&self, key: &str) -> Option<Node<'v>> {
        self.layers.iter().find_map(|layer| layer.get(key))
    }

    /// Whether any layer allows null.
    pub(super) fn nullable(&self) -> bool {
        self.layers.iter().any(|layer| layer.value.get("nullable").is_some_and(|value| value != &Value::Bool(false)))
    }
}

/// The name of the component schema that a reference is to, be it one of the types or of the validator.
fn component(reference: &str) -> Option<String> {
    match Pointer::from_reference(reference)?.tokens().as_slice() {
        [components, schemas, name]
            if *components == "components" && (*schemas == "schemas" || *schemas == ENFORCED) =>
        {
            Some((*name).to_owned())
        }
        _ => None,
    }
}

/// The one schema inside an `allOf` that has nothing beside it but what means nothing, or holds for the layer.
fn only<'v>(kind: Kind, node: &Node<'v>) -> Option<Node<'v>> {
    let beside = |(key, value): (&String, &Value)| match kind.row(key).0 {
        How::Nothing | How::Elsewhere => true,
        How::Flag => value == &Value::Bool(false),
        _ => key == "allOf",
    };
    let mut inner = node.get("allOf")?.list();
    match (inner.next(), inner.next()) {
        (Some(schema), None) if node.value.as_object()?.iter().all(beside) => Some(schema),
        _ => None,
    }
}
