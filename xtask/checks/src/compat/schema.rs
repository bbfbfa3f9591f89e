//! Navigation that resolves every reference, and the keywords of a schema through its wrappers.

use std::collections::BTreeSet;

use dropstub_document::Node;
use serde_json::Value;

use super::changes::DOCUMENTATION;

/// Keys next to a wrapping `allOf` that apply to the schema as a whole.
const WRAPPER_KEYS: [&str; 6] = ["allOf", "default", "deprecated", "nullable", "readOnly", "writeOnly"];

/// The property `key`, with references resolved.
pub(super) fn get<'d>(node: &Node<'d>, key: &str) -> Option<Node<'d>> {
    Some(node.get(key)?.resolve())
}

/// The properties of the object below `key`, with references resolved.
pub(super) fn entries<'d>(node: Option<&Node<'d>>) -> impl Iterator<Item = (&'d str, Node<'d>)> + use<'d> {
    node.map(Node::entries).into_iter().flatten().map(|(key, node)| (key, node.resolve()))
}

/// The elements of the list below `key`, with references resolved.
pub(super) fn items<'d>(node: &Node<'d>, key: &str) -> Vec<Node<'d>> {
    node.get(key).iter().flat_map(Node::items).map(|it| it.resolve()).collect()
}

/// The strings of the list below `key`.
pub(super) fn strings<'d>(node: &Node<'d>, key: &str) -> BTreeSet<&'d str> {
    node.value.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Whether two values are equal under all of `keys`.
pub(super) fn same_keys(old: &Node<'_>, new: &Node<'_>, keys: &[&str]) -> bool {
    keys.iter().all(|key| old.value.get(*key) == new.value.get(*key))
}

/// The schema that `node` only wraps: the single element of its `allOf`, if no key next to it restricts it.
fn wrapped<'d>(node: &Node<'d>) -> Option<Node<'d>> {
    let inner = node.wrapped()?.resolve();
    let applies_to_wrapper = |key: &str| {
        WRAPPER_KEYS.contains(&key)
            || DOCUMENTATION.contains(&key)
            || key.starts_with("x-")
            || (key == "type" && node.str("type") == inner.str("type"))
    };
    node.value.as_object()?.keys().all(|key| applies_to_wrapper(key)).then_some(inner)
}

/// The value of `key` in the outermost layer that has one.
pub(super) fn keyword<'d>(node: &Node<'d>, key: &str) -> Option<&'d Value> {
    node.layers_by(wrapped).iter().find_map(|layer| layer.value.get(key))
}

/// The innermost wrapped schema.
pub(super) fn unwrapped<'d>(node: &Node<'d>) -> Node<'d> {
    node.layers_by(wrapped).pop().unwrap_or_else(|| node.clone())
}

/// Whether any layer allows null.
pub(super) fn is_nullable(node: &Node<'_>) -> bool {
    node.layers_by(wrapped).iter().any(|layer| layer.flag("nullable"))
}
