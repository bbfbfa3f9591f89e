//! Allowances (`x-dropstub-allow`): rules that do not apply to an object, with the reasons.

use dropstub_document::keys::{holds_names, is_data};
use dropstub_document::{Node, Pointer};

use super::Findings;
use super::rules::{ALLOWANCE_INVALID, ALLOWANCE_UNUSED};

const KEY: &str = "x-dropstub-allow";

/// Removes the allowed findings, and reports the allowances that remove none.
pub(super) fn apply(findings: &mut Findings<'_>) {
    let mut found = Vec::new();
    collect(&findings.document.root(), false, &mut found);
    for allowances in found {
        if allowances.entries().next().is_none() {
            let message = format!("`{KEY}` is not an object of rules and reasons");
            findings.add(&ALLOWANCE_INVALID, &allowances.pointer, message, "map rules to reasons");
        }
        let object = allowances.pointer.parent().unwrap_or_default();
        for (rule, reason) in allowances.entries() {
            let count = findings.list.len();
            findings.list.retain(|finding| finding.rule.id != rule || !belongs_to(&finding.pointer, &object));
            if findings.list.len() == count {
                let message = format!("`{rule}` has no finding here");
                findings.add(&ALLOWANCE_UNUSED, &reason.pointer, message, "remove the allowance");
            }
            if reason.value.as_str().is_none_or(|text| text.trim().is_empty()) {
                let message = format!("the allowance of `{rule}` has no reason");
                findings.add(&ALLOWANCE_INVALID, &reason.pointer, message, "write the reason as its value");
            }
        }
    }
}

/// The allowances below a node. Data and names that look like the extension are none.
fn collect<'d>(node: &Node<'d>, are_names: bool, found: &mut Vec<Node<'d>>) {
    for (key, value) in node.entries() {
        match key {
            _ if are_names => collect(&value, false, found),
            KEY => found.push(value),
            key if is_data(key) => {}
            key => collect(&value, holds_names(key), found),
        }
    }
    node.items().for_each(|item| collect(&item, false, found));
}

/// Whether a finding is at an object, at one of its keys, in its example or in one of its lists of values.
fn belongs_to(finding: &Pointer, object: &Pointer) -> bool {
    let (finding, object) = (finding.tokens(), object.tokens());
    let is_value = |inside: &[&str]| match inside {
        [] | [_] => true,
        [key, ..] if is_data(key) || *key == "examples" => true,
        [_, index] => index.parse::<usize>().is_ok(),
        _ => false,
    };
    finding.strip_prefix(object.as_slice()).is_some_and(is_value)
}
