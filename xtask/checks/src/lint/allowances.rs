//! Allowances (`x-dropstub-allow`): rules that do not apply to an object, with the reasons.

use dropstub_document::Pointer;

use super::Findings;
use super::rules::{ALLOWANCE_REASON_MISSING, ALLOWANCE_UNUSED};

/// Removes the allowed findings, and reports the allowances that remove none.
pub(super) fn apply(findings: &mut Findings<'_>) {
    let root = findings.document.root();
    let pointers = Pointer::all(&findings.document.value);
    let allowances = pointers.iter().filter(|pointer| pointer.last() == Some("x-dropstub-allow"));
    for (rule, reason) in allowances.filter_map(|pointer| root.at(pointer)).flat_map(|node| node.entries()) {
        let object = reason.pointer.parent().and_then(|allowances| allowances.parent());
        let is_here = |pointer: &Pointer| Some(pointer) == object.as_ref() || pointer.parent() == object;
        let count = findings.list.len();
        findings.list.retain(|finding| finding.rule.id != rule || !is_here(&finding.pointer));
        if findings.list.len() == count {
            let message = format!("`{rule}` has no finding here");
            findings.add(&ALLOWANCE_UNUSED, &reason.pointer, message, "remove the allowance");
        }
        if reason.value.as_str().is_none_or(|text| text.trim().is_empty()) {
            let message = format!("the allowance of `{rule}` has no reason");
            findings.add(&ALLOWANCE_REASON_MISSING, &reason.pointer, message, "write the reason as its value");
        }
    }
}
