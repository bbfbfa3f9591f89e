//! A value of a document with its pointer, and navigation through references and wrappers.

use serde_json::{Map, Value};

use crate::Pointer;

/// The maximum length of a chain of references or wrappers. A longer chain counts as circular.
pub const MAX_REFERENCES: usize = 32;

/// A value of a document, with its pointer.
#[derive(Debug, Clone)]
pub struct Node<'d> {
    root: &'d Value,
    /// The value.
    pub value: &'d Value,
    /// The path of the value from the root.
    pub pointer: Pointer,
}

impl<'d> Node<'d> {
    /// The root of a document.
    #[must_use]
    pub fn root(root: &'d Value) -> Self {
        Self { root, value: root, pointer: Pointer::root() }
    }

    /// The root value of the node's document.
    #[must_use]
    pub fn document(&self) -> &'d Value {
        self.root
    }

    /// The value at `pointer` in the same document.
    #[must_use]
    pub fn at(&self, pointer: &Pointer) -> Option<Self> {
        Some(Self { root: self.root, value: pointer.find(self.root)?, pointer: pointer.clone() })
    }

    /// The property `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key)?;
        Some(Self { root: self.root, value, pointer: self.pointer.child(key) })
    }

    /// The string below `key`.
    #[must_use]
    pub fn str(&self, key: &str) -> Option<&'d str> {
        self.value.get(key)?.as_str()
    }

    /// The boolean below `key`; `false` if it is absent or not a boolean.
    #[must_use]
    pub fn flag(&self, key: &str) -> bool {
        self.value.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The properties of an object, in the order of the document.
    pub fn entries(&self) -> impl Iterator<Item = (&'d str, Self)> + use<'d> {
        let (root, pointer) = (self.root, self.pointer.clone());
        let map = self.value.as_object().into_iter().flat_map(Map::iter);
        map.map(move |(key, value)| (key.as_str(), Self { root, value, pointer: pointer.child(key) }))
    }

    /// The properties of an object that are not extensions (`x-...`).
    pub fn entries_without_extensions(&self) -> impl Iterator<Item = (&'d str, Self)> + use<'d> {
        self.entries().filter(|(key, _)| !key.starts_with("x-"))
    }

    /// The elements of a list.
    pub fn items(&self) -> impl Iterator<Item = Self> + use<'d> {
        let (root, pointer) = (self.root, self.pointer.clone());
        let list = self.value.as_array().into_iter().flatten().enumerate();
        list.map(move |(index, value)| Self { root, value, pointer: pointer.child(index) })
    }

    /// The target of this value's own `$ref`.
    #[must_use]
    pub fn target(&self) -> Option<Self> {
        self.at(&Pointer::from_reference(self.str("$ref")?)?)
    }

    /// The value at the end of a chain of references. Stops at a reference that does not resolve.
    #[must_use]
    pub fn resolve(&self) -> Self {
        let mut node = self.clone();
        for _ in 0..MAX_REFERENCES {
            let Some(next) = node.target() else { break };
            node = next;
        }
        node
    }

    /// The only element of this schema's `allOf`: the wrapper by which OpenAPI 3.0 adds keywords to a reference.
    #[must_use]
    pub fn wrapped(&self) -> Option<Self> {
        let mut inner = self.get("allOf")?.items();
        match (inner.next(), inner.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }

    /// The schema's layers, from the outermost wrapper to the wrapped schema, each with its references resolved.
    #[must_use]
    pub fn layers(&self) -> Vec<Self> {
        self.layers_by(Self::wrapped)
    }

    /// As [`layers`](Self::layers), with a condition of its own on wrappers: `wrapped` returns the wrapped schema.
    #[must_use]
    pub fn layers_by(&self, wrapped: impl Fn(&Self) -> Option<Self>) -> Vec<Self> {
        let mut layers = vec![self.resolve()];
        while layers.len() < MAX_REFERENCES
            && let Some(inner) = layers.last().and_then(&wrapped)
        {
            layers.push(inner.resolve());
        }
        layers
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn layers_follow_references_and_single_all_of() {
        let document = json!({
            "a": {"allOf": [{"$ref": "#/b"}], "nullable": true},
            "b": {"$ref": "#/c"},
            "c": {"allOf": [{"type": "string"}, {"maxLength": 1}]},
        });
        let pointers: Vec<_> = Node::root(&document).get("a").unwrap().layers();
        let pointers: Vec<_> = pointers.iter().map(|layer| layer.pointer.to_string()).collect();
        assert_eq!(pointers, ["#/a", "#/c"]);
    }

    #[test]
    fn circular_chains_end() {
        let document = json!({"a": {"$ref": "#/a"}, "b": {"allOf": [{"$ref": "#/b"}]}});
        let root = Node::root(&document);
        assert_eq!(root.get("a").unwrap().resolve().pointer.to_string(), "#/a");
        assert_eq!(root.get("b").unwrap().layers().len(), MAX_REFERENCES);
    }
}
