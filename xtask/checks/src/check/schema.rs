//! A schema with the references and wrappers around it.

use dropstub_document::{MAX_REFERENCES, Node, Pointer};
use serde_json::Value;

use super::keywords::{Kind, Method};

/// A schema and its wrappers: references, and `allOf` around a single schema.
#[derive(Debug, Clone)]
pub(super) struct Schema<'d> {
    /// The wrapped schema.
    pub(super) node: Node<'d>,
    /// From the outside in, `node` included. A reference is not a layer, because keys next to it are ignored.
    layers: Vec<Node<'d>>,
    /// The names of the referenced components, with the pointers of the references.
    pub(super) components: Vec<(String, Pointer)>,
}

impl<'d> Schema<'d> {
    pub(super) fn of(kind: Kind, node: &Node<'d>) -> Self {
        let mut schema = Self { node: node.clone(), layers: Vec::new(), components: Vec::new() };
        for _ in 0..MAX_REFERENCES {
            if let Some(reference) = schema.node.str("$ref") {
                let pointer = schema.node.pointer.child("$ref");
                let name = Pointer::from_reference(reference).and_then(|it| it.component_schema().map(str::to_owned));
                schema.components.extend(name.map(|name| (name, pointer)));
                match schema.node.target() {
                    Some(target) => schema.node = target,
                    None => break,
                }
                continue;
            }
            schema.layers.push(schema.node.clone());
            let Some(inner) = wrapped(kind, &schema.node) else { break };
            schema.node = inner;
        }
        schema
    }

    /// The value of a key in the outermost layer that has one.
    pub(super) fn keyword(&self, key: &str) -> Option<Node<'d>> {
        self.layers.iter().find_map(|layer| layer.get(key))
    }

    /// Whether any layer allows null.
    pub(super) fn nullable(&self) -> bool {
        self.layers.iter().any(|layer| layer.value.get("nullable").is_some_and(|value| value != &Value::Bool(false)))
    }
}

/// The schema that `node` only wraps: the single element of its `allOf`, if no key next to it restricts it.
fn wrapped<'d>(kind: Kind, node: &Node<'d>) -> Option<Node<'d>> {
    let inner = node.wrapped()?;
    let applies_to_wrapper = |(key, value): (&String, &Value)| match kind.row(key).0 {
        Method::Ignored | Method::Elsewhere => true,
        Method::Flag => value == &Value::Bool(false),
        _ => key == "allOf",
    };
    node.value.as_object()?.iter().all(applies_to_wrapper).then_some(inner)
}
