//! Links to operations that the document does not have.

use super::Findings;
use super::rules::LINK_OPERATION_UNKNOWN;

pub(super) fn check(findings: &mut Findings<'_>) {
    let root = findings.document.root();
    let operations = root.operations();
    let responses = operations.iter().filter_map(|operation| operation.node.get("responses"));
    let responses = responses.flat_map(|it| it.entries_without_extensions()).map(|(_, response)| response.resolve());
    let owners = responses.chain(root.get("components"));
    for (_, link) in owners.filter_map(|owner| owner.get("links")).flat_map(|links| links.entries()) {
        let Some(target) = link.get("operationId") else { continue };
        if !operations.iter().any(|operation| operation.id() == target.value.as_str()) {
            let message = format!("the link leads to {}, which is not an operation", target.value);
            findings.add(&LINK_OPERATION_UNKNOWN, &target.pointer, message, "use the id of an operation");
        }
    }
}
