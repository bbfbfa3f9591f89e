//! `cargo xtask compat`: single changes, each with its expected rule, verdict and direction.

mod alternatives;
mod command;
mod contracts;
mod schemas;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;

use dropstub_checks::compat::{Change, Direction, RULES, Verdict, changes};
use dropstub_document::Pointer;
use serde_json::{Value, json};

use support::{contract, delete, with};

/// The classification of a change.
type Class = (&'static str, Verdict, Direction);

/// The classes of all changes, sorted and without repetition.
fn classes(changes: &[Change]) -> Vec<Class> {
    let classes: BTreeSet<_> =
        changes.iter().map(|change| (change.rule.id, change.verdict, change.direction)).collect();
    classes.into_iter().collect()
}

#[test]
fn equal_documents_have_no_changes() {
    assert_eq!(changes(&contract(), &contract()), []);
}

#[test]
fn every_rule_is_expected_by_a_test() {
    let expected: BTreeSet<_> = contracts::rules().chain(schemas::rules()).collect();
    let missing: Vec<_> = RULES.iter().map(|rule| rule.id).filter(|id| !expected.contains(id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_effective_deletion_is_a_change() {
    let contract = contract();
    let pointers = Pointer::all(&contract);
    let mut missed = Vec::new();
    for pointer in &pointers {
        let value = pointer.find(&contract).expect("the value exists");
        let last = pointer.last().unwrap_or_default();
        let is_default = *value == json!(false) && last != "additionalProperties" && last != "default";
        // No request and no response depends on these.
        let is_ineffective = ["openapi", "x-dropstub-admission", "x-nullable"].contains(&last)
            || pointer.tokens().contains(&"x-dropstub-allow")
            || *value == json!([]);
        if is_default || is_ineffective {
            continue;
        }
        let mut changed = contract.clone();
        delete(&mut changed, pointer);
        if changes(&contract, &changed).is_empty() {
            missed.push(pointer.to_string());
        }
    }
    assert!(pointers.len() > 1000, "{}", pointers.len());
    assert!(missed.is_empty(), "{} of {}:\n{}", missed.len(), pointers.len(), missed.join("\n"));
}

/// Clients receive a value that they may not know. That is compatible, and the message tells it.
#[test]
fn new_enum_value_in_a_response_is_pointed_out() {
    let contract = contract();
    let pointer = "/components/responses/Unauthorized/headers/WWW-Authenticate/schema/enum/2";
    let found = changes(&contract, &with(&contract, pointer, json!("Basic")));
    assert!(found.iter().any(|change| change.message.contains("may not know")), "{found:?}");
}

/// Whether the pointer of a change exists in one of the documents, or its parent in the revised one.
fn is_located(change: &Change, base: &Value, revised: &Value) -> bool {
    let exists = |pointer: &Pointer, document| pointer.find(document).is_some();
    exists(&change.pointer, revised)
        || exists(&change.pointer, base)
        || change.pointer.parent().is_some_and(|parent| exists(&parent, revised))
}
