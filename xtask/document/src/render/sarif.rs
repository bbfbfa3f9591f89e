//! Diagnostics as SARIF 2.1.0, for code scanning services and editors.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::by_rule;
use crate::{Diagnostic, Rule};

/// A SARIF log of one run of `tool`. Severities have the same names as SARIF's levels.
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
        "defaultConfiguration": {"level": rule.severity},
    })
}

fn result(diagnostic: &Diagnostic) -> Value {
    let Diagnostic { rule, severity, pointer, location, message, help, details } = diagnostic;
    let text = if help.is_empty() { message.clone() } else { format!("{message}; {help}") };
    json!({
        "ruleId": rule.id,
        "level": severity,
        "message": {"text": text},
        "locations": [{
            "physicalLocation": {
                "artifactLocation": {"uri": uri(&location.document)},
                "region": {"startLine": location.position.line, "startColumn": location.position.column},
            },
            "logicalLocations": [{"fullyQualifiedName": pointer}],
        }],
        "properties": details,
    })
}

/// A document's name as a relative URI reference. A colon is encoded, because it would end a scheme.
fn uri(document: &str) -> String {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(document, RESERVED).to_string()
}
