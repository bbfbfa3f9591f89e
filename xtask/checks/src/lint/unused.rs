//! Components that no operation uses.

use dropstub_document::{Node, used};

use super::Findings;
use super::rules::COMPONENT_UNUSED;

pub(super) fn check(findings: &mut Findings<'_>) {
    let root = findings.document.root();
    let used = used(&findings.document.value);
    let kinds = root.get("components");
    let kinds = kinds.iter().flat_map(Node::entries_without_extensions).filter(|(kind, _)| *kind != "securitySchemes");
    for (name, component) in kinds.flat_map(|(_, named)| named.entries()) {
        if !used.contains(&component.pointer) {
            let message = format!("`{name}` is not used");
            findings.add(&COMPONENT_UNUSED, &component.pointer, message, "refer to it, or remove it");
        }
    }
}
