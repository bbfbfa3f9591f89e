//! Missing documentation: summaries, descriptions, and examples of path parameters.

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
        if element.kind == Kind::Parameter && element.node.str("in") == Some("path") {
            example(findings, element);
        }
    }
}

/// The scopes have a paragraph of their own in the description, because documentation tools do not show the extension.
fn scopes(findings: &mut Findings<'_>, operation: &Operation<'_>) {
    let scopes = operation.node.get("x-dropstub-required-scopes");
    let scopes = scopes.iter().flat_map(Node::items).filter_map(|it| it.value.as_str());
    let scopes: Vec<_> = scopes.map(|scope| format!("`{scope}`")).collect();
    let names_all = |paragraph: &str| scopes.iter().all(|scope| paragraph.contains(scope));
    let description = operation.node.str("description").unwrap_or_default();
    if !scopes.is_empty() && !description.split("\n\n").skip(1).any(names_all) {
        let message = format!("the description of `{}` has no paragraph of the required scopes", operation.route());
        let help = format!("end it with the paragraph \"Required scope: {}.\"", scopes.join(", "));
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
