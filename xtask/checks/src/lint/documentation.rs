//! Missing documentation: summaries, descriptions, and examples of path parameters.

use std::collections::BTreeSet;

use dropstub_document::{Node, Operation};

use super::Findings;
use super::elements::{Element, Kind};
use super::rules::{
    DESCRIPTION_MISSING, OPERATION_DESCRIPTION_MISSING, PATH_PARAMETER_EXAMPLE_MISSING, SCOPES_UNDESCRIBED,
    SUMMARY_MISSING, TAG_UNDECLARED,
};

pub(super) fn check(findings: &mut Findings<'_>, elements: &[Element<'_>]) {
    let root = findings.document.root();
    let tags: Vec<_> = root.get("tags").iter().flat_map(Node::items).collect();
    for operation in root.operations() {
        let node = &operation.node;
        for (rule, key) in [(&SUMMARY_MISSING, "summary"), (&OPERATION_DESCRIPTION_MISSING, "description")] {
            if is_blank(node, key) {
                let message = format!("the operation `{}` has no {key}", operation.route());
                findings.add(rule, &node.pointer, message, format!("add `{key}`"));
            }
        }
        scopes(findings, &operation);
        for tag in node.get("tags").iter().flat_map(Node::items) {
            if !tags.iter().any(|declared| declared.value.get("name") == Some(tag.value)) {
                let message = format!("the tag {} is not declared", tag.value);
                findings.add(&TAG_UNDECLARED, &tag.pointer, message, "declare it in the document's `tags`");
            }
        }
    }
    for tag in &tags {
        description(findings, tag.str("name").unwrap_or_default(), tag);
    }
    for element in elements {
        if matches!(element.kind, Kind::Component | Kind::Property | Kind::Parameter | Kind::Header) {
            description(findings, element.name(), &element.node);
        }
        for (value, meaning) in element.node.get("x-dropstub-values").iter().flat_map(Node::entries) {
            if meaning.value.as_str().is_none_or(|text| text.trim().is_empty()) {
                let message = format!("the value `{value}` has no description");
                findings.add(&DESCRIPTION_MISSING, &meaning.pointer, message, "write its meaning");
            }
        }
        if element.kind == Kind::Parameter && element.node.str("in") == Some("path") {
            example(findings, element);
        }
    }
}

/// The scopes have a paragraph of their own in the description, because documentation tools do not show the extension.
fn scopes(findings: &mut Findings<'_>, operation: &Operation<'_>) {
    let Some(required) = operation.node.get("x-dropstub-required-scopes") else { return };
    let scopes: BTreeSet<_> = required.items().filter_map(|it| it.value.as_str()).collect();
    let paragraphs = operation.node.str("description").unwrap_or_default().split("\n\n").skip(1);
    let names_exactly = |paragraph: &str| {
        let named: BTreeSet<_> = paragraph.split('`').skip(1).step_by(2).collect();
        paragraph.starts_with("Required scope") && named == scopes && (!scopes.is_empty() || paragraph.contains("none"))
    };
    if !paragraphs.last().is_some_and(names_exactly) {
        let message = format!("the description of `{}` does not end with its required scopes", operation.route());
        let scopes: Vec<_> = scopes.iter().map(|scope| format!("`{scope}`")).collect();
        let list = if scopes.is_empty() { "none".to_owned() } else { scopes.join(", ") };
        let help = format!("end it with the paragraph \"Required scope: {list}.\"");
        findings.add(&SCOPES_UNDESCRIBED, &operation.node.pointer, message, help);
    }
}

fn example(findings: &mut Findings<'_>, parameter: &Element<'_>) {
    let layers = parameter.node.get("schema").map(|schema| schema.layers()).unwrap_or_default();
    let has_value =
        |node: &Node<'_>| ["example", "examples", "enum", "default"].iter().any(|key| node.value.get(*key).is_some());
    if !has_value(&parameter.node) && !layers.iter().any(has_value) {
        let message = format!("the path parameter `{}` has no example", parameter.name());
        findings.add(&PATH_PARAMETER_EXAMPLE_MISSING, &parameter.node.pointer, message, "add `example`");
    }
}

/// A reference has the description of its target.
fn description(findings: &mut Findings<'_>, name: &str, node: &Node<'_>) {
    if node.value.is_object() && node.value.get("$ref").is_none() && is_blank(node, "description") {
        findings.add(&DESCRIPTION_MISSING, &node.pointer, format!("`{name}` has no description"), "add `description`");
    }
}

fn is_blank(node: &Node<'_>, key: &str) -> bool {
    node.str(key).is_none_or(|text| text.trim().is_empty())
}
