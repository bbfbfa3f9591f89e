//! Optional lists in request bodies, which generated clients do not distinguish from empty ones.

use dropstub_document::Node;

use super::Findings;
use super::elements::{contents, json_contents, reachable};
use super::rules::{EMPTY_LIST_NOT_SENDABLE, OPTIONAL_LIST_NOT_NULLABLE};

pub(super) fn check(findings: &mut Findings<'_>) {
    let operations = findings.document.root().operations();
    let bodies: Vec<_> = operations.iter().filter_map(|it| Some(it.node.get("requestBody")?.resolve())).collect();
    for list in optional_lists(bodies.iter().flat_map(contents).map(|(_, media)| media)) {
        if !list.layers().iter().any(|layer| layer.flag("uniqueItems")) {
            let message = format!("a client cannot send `{}` empty", name(&list));
            let help = "add `uniqueItems: true`, or make it required";
            findings.add(&EMPTY_LIST_NOT_SENDABLE, &list.pointer, message, help);
        }
    }
    for list in optional_lists(bodies.iter().flat_map(json_contents)) {
        if !list.layers().iter().any(|layer| layer.flag("nullable") || layer.flag("x-nullable")) {
            let message = format!("a client sends an absent `{}` as an empty list", name(&list));
            let help = "add `x-nullable: true`, or make it required";
            findings.add(&OPTIONAL_LIST_NOT_NULLABLE, &list.pointer, message, help);
        }
    }
}

/// The properties that are optional lists without a default, in the schemas of media types and those below.
fn optional_lists<'d>(media: impl Iterator<Item = Node<'d>>) -> Vec<Node<'d>> {
    let schemas = reachable(media.filter_map(|media| media.get("schema")));
    let lists = schemas.iter().flat_map(|schema| {
        let required = schema.get("required");
        let properties = schema.get("properties").into_iter().flat_map(|properties| properties.entries());
        properties.filter(move |(name, property)| {
            let layers = property.layers();
            layers.iter().any(|layer| layer.str("type") == Some("array"))
                && !layers.iter().any(|layer| layer.value.get("default").is_some())
                && !required.iter().flat_map(Node::items).any(|it| it.value == name)
        })
    });
    lists.map(|(_, property)| property).collect()
}

fn name<'p>(property: &'p Node<'_>) -> &'p str {
    property.pointer.last().unwrap_or_default()
}
