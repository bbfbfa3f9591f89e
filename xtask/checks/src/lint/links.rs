//! Links to operations and parameters that the document does not have.

use dropstub_document::Node;

use super::Findings;
use super::rules::LINK_TARGET_UNKNOWN;

pub(super) fn check(findings: &mut Findings<'_>) {
    let root = findings.document.root();
    let operations = root.operations();
    let responses = operations.iter().filter_map(|operation| operation.node.get("responses"));
    let responses = responses.flat_map(|it| it.entries_without_extensions()).map(|(_, response)| response.resolve());
    let owners = responses.chain(root.get("components"));
    for (_, link) in owners.filter_map(|owner| owner.get("links")).flat_map(|links| links.entries()) {
        let Some(id) = link.get("operationId") else { continue };
        let Some(target) = operations.iter().find(|operation| operation.id() == id.value.as_str()) else {
            let message = format!("the link leads to {}, which is not an operation", id.value);
            findings.add(&LINK_TARGET_UNKNOWN, &id.pointer, message, "use the id of an operation");
            continue;
        };
        let known = target.parameters();
        for (name, value) in link.get("parameters").iter().flat_map(Node::entries) {
            // `path.id` distinguishes parameters of one name.
            let (location, bare) = name.split_once('.').map_or((None, name), |(location, bare)| (Some(location), bare));
            let matches = |(place, known): &(String, String)| location.is_none_or(|it| it == place) && known == bare;
            if !known.keys().any(matches) {
                let message = format!("the linked operation has no parameter `{name}`");
                findings.add(&LINK_TARGET_UNKNOWN, &value.pointer, message, "use the name of a parameter");
            }
        }
    }
}
