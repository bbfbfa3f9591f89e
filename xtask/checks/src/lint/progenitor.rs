//! Constructs that a progenitor client represents with less than the document expresses.

use std::collections::BTreeSet;

use dropstub_document::{Node, Operation, Pointer};
use heck::ToSnakeCase;

use super::Findings;
use super::elements::{Element, Kind};
use super::rules::{EMPTY_LIST_NOT_SENDABLE, SECRET_INLINE, STATUS_CLASS_WITH_STATUSES};

/// The last words of names of secrets.
const SECRET: [&str; 4] = ["password", "passphrase", "secret", "token"];

pub(super) fn check(findings: &mut Findings<'_>, elements: &[Element<'_>]) {
    let mut seen = BTreeSet::new();
    for operation in findings.document.root().operations() {
        status_classes(findings, &operation);
        let body = operation.node.get("requestBody").map(|body| body.resolve());
        for (_, media) in body.and_then(|body| body.get("content")).iter().flat_map(Node::entries) {
            media.get("schema").iter().for_each(|schema| sent_lists(findings, schema, &mut seen));
        }
    }
    elements.iter().for_each(|element| secret(findings, element));
}

/// A client matches single statuses first, so the class does not compile or is never reached.
fn status_classes(findings: &mut Findings<'_>, operation: &Operation<'_>) {
    let responses: Vec<_> = operation.node.get("responses").iter().flat_map(Node::entries).collect();
    for (class, node) in responses.iter().filter(|(status, _)| status.to_uppercase().ends_with("XX")) {
        if responses.iter().any(|(status, _)| status != class && status.chars().next() == class.chars().next()) {
            let message = format!("`{class}` is documented next to single statuses");
            let help = "document all statuses, or only the class";
            findings.add(&STATUS_CLASS_WITH_STATUSES, &node.pointer, message, help);
        }
    }
}

/// A client omits an optional list that is empty, unless it is a set.
fn sent_lists(findings: &mut Findings<'_>, schema: &Node<'_>, seen: &mut BTreeSet<Pointer>) {
    let schema = schema.resolve();
    if !seen.insert(schema.pointer.clone()) {
        return;
    }
    let required: Vec<_> =
        schema.get("required").iter().flat_map(Node::items).filter_map(|it| it.value.as_str()).collect();
    for (name, property) in schema.get("properties").iter().flat_map(Node::entries) {
        let list = property.resolve();
        let is_list = list.str("type") == Some("array") && !list.flag("uniqueItems");
        if is_list && !required.contains(&name) && list.value.get("default").is_none() {
            let message = format!("a client cannot send `{name}` empty");
            let help = "add `uniqueItems: true`, or make it required";
            findings.add(&EMPTY_LIST_NOT_SENDABLE, &property.pointer, message, help);
        }
        sent_lists(findings, &property, seen);
    }
    for key in ["items", "additionalProperties"] {
        schema.get(key).iter().for_each(|inner| sent_lists(findings, inner, seen));
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        schema.get(key).iter().flat_map(Node::items).for_each(|inner| sent_lists(findings, &inner, seen));
    }
}

/// A secret that is a component can have a type that is never printed; an inline string is logged.
fn secret(findings: &mut Findings<'_>, element: &Element<'_>) {
    let words = element.name().to_snake_case();
    let last = words.rsplit('_').next().unwrap_or_default();
    // A token that continues a list is not a secret.
    let pages = words.split('_').any(|word| matches!(word, "page" | "next" | "continuation"));
    let node = &element.node;
    let plain = node.str("type") == Some("string") && node.value.get("format").is_none_or(|it| it == "password");
    if element.kind == Kind::Property && SECRET.contains(&last) && !pages && plain {
        let help = "make it a component with `x-dropstub-secret: true`";
        findings.add(
            &SECRET_INLINE,
            &node.pointer,
            format!("`{}` is a secret and an inline string", element.name()),
            help,
        );
    }
}
