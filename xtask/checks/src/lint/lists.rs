//! Optional lists and maps in request bodies, which generated clients do not distinguish from empty ones.

use dropstub_document::Node;

use super::Findings;
use super::elements::{contents, json_contents, reachable};
use super::rules::{EMPTY_LIST_NOT_SENDABLE, OPTIONAL_LIST_NOT_NULLABLE};

pub(super) fn check(findings: &mut Findings<'_>) {
    let operations = findings.document.root().operations();
    let bodies: Vec<_> = operations.iter().filter_map(|it| Some(it.node.get("requestBody")?.resolve())).collect();
    for property in optional(bodies.iter().flat_map(contents).map(|(_, media)| media)) {
        let layers = property.layers();
        if layers.iter().any(is_list) && !layers.iter().any(|layer| layer.flag("uniqueItems")) {
            let message = format!("a client cannot send `{}` empty", name(&property));
            let help = "add `uniqueItems: true`, or make it required";
            findings.add(&EMPTY_LIST_NOT_SENDABLE, &property.pointer, message, help);
        }
    }
    for property in optional(bodies.iter().flat_map(json_contents)) {
        let layers = property.layers();
        let is_nullable = |layer: &Node<'_>| layer.flag("nullable") || layer.flag("x-nullable");
        if layers.iter().any(|layer| is_list(layer) || is_map(layer)) && !layers.iter().any(is_nullable) {
            let message = format!("a client sends an absent `{}` as an empty one", name(&property));
            let help = "add `x-nullable: true`, or make it required";
            findings.add(&OPTIONAL_LIST_NOT_NULLABLE, &property.pointer, message, help);
        }
    }
}

fn is_list(schema: &Node<'_>) -> bool {
    schema.str("type") == Some("array")
}

fn is_map(schema: &Node<'_>) -> bool {
    let additional = schema.value.get("additionalProperties").is_some_and(|it| it.is_object() || it == true);
    schema.str("type") == Some("object") && additional && schema.value.get("properties").is_none()
}

/// The properties that a client can omit, in the schemas of media types and those below.
fn optional<'d>(media: impl Iterator<Item = Node<'d>>) -> Vec<Node<'d>> {
    let schemas = reachable(media.filter_map(|media| media.get("schema")));
    let optional = schemas.iter().flat_map(|schema| {
        let required = schema.get("required");
        let properties = schema.get("properties").into_iter().flat_map(|properties| properties.entries());
        properties.filter(move |(name, property)| {
            let layers = property.layers();
            !layers.iter().any(|layer| layer.flag("readOnly") || layer.value.get("default").is_some())
                && !required.iter().flat_map(Node::items).any(|it| it.value == name)
        })
    });
    optional.map(|(_, property)| property).collect()
}

fn name<'p>(property: &'p Node<'_>) -> &'p str {
    property.pointer.last().unwrap_or_default()
}
