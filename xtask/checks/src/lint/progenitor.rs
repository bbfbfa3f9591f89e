//! Constructs that a progenitor client represents with less than the document expresses.

use dropstub_document::{Node, Operation};
use heck::ToSnakeCase;

use super::Findings;
use super::elements::{Element, Kind};
use super::rules::{SECRET_INLINE, STATUS_CLASS_WITH_STATUSES};

/// The last words of names of secrets.
const SECRET: [&str; 4] = ["password", "passphrase", "secret", "token"];

pub(super) fn check(findings: &mut Findings<'_>, elements: &[Element<'_>]) {
    findings.document.root().operations().iter().for_each(|operation| status_classes(findings, operation));
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
