//! Diagnostics for programs.

use serde_json::{Map, Value, json};

use super::by_rule;
use crate::Diagnostic;

/// An object with the list `diagnostics` and, below `rules`, the number of diagnostics of each rule.
#[must_use]
pub fn json(diagnostics: &[Diagnostic]) -> Value {
    let list: Vec<_> = diagnostics.iter().map(one).collect();
    let rules: Map<_, _> =
        by_rule(diagnostics).into_iter().map(|(rule, count)| (rule.id.to_owned(), count.into())).collect();
    json!({"diagnostics": list, "rules": rules})
}

fn one(diagnostic: &Diagnostic) -> Value {
    let Diagnostic { rule, severity, pointer, location, message, help, details } = diagnostic;
    json!({
        "rule": rule.id,
        "severity": severity,
        "pointer": pointer,
        "document": &*location.document,
        "line": location.position.line,
        "column": location.position.column,
        "message": message,
        "help": help,
        "details": details,
    })
}
