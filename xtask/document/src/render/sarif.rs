//! Diagnostics as SARIF 2.1.0, for code scanning services and editors.

use serde_json::{Value, json};

use super::by_rule;
use crate::{Diagnostic, Rule, Severity};

/// A SARIF log of one run of `tool`.
#[must_use]
pub fn sarif(tool: &str, version: &str, diagnostics: &[Diagnostic]) -> Value {
    let rules: Vec<_> = by_rule(diagnostics).into_iter().map(|(rule, _)| describe(rule)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": tool, "version": version, "rules": rules}},
            // Columns of a location count characters, not UTF-16 units.
            "columnKind": "unicodeCodePoints",
            "results": diagnostics.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

fn describe(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.explanation},
        "defaultConfiguration": {"level": level(rule.severity)},
    })
}

fn result(diagnostic: &Diagnostic) -> Value {
    let Diagnostic { rule, severity, pointer, location, message, help, details } = diagnostic;
    let text = if help.is_empty() { message.clone() } else { format!("{message}; {help}") };
    json!({
        "ruleId": rule.id,
        "level": level(*severity),
        "message": {"text": text},
        "locations": [{
            "physicalLocation": {
                "artifactLocation": {"uri": &*location.document},
                "region": {"startLine": location.position.line, "startColumn": location.position.column},
            },
            "logicalLocations": [{"fullyQualifiedName": pointer}],
        }],
        "properties": details,
    })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}
