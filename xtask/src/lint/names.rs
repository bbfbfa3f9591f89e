//! Names that generators of other languages rename, so that the same thing is called otherwise in each of them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Findings, operations};
use crate::document::Pointer;

/// Types that languages or the generators themselves have already.
const TAKEN_TYPES: [&str; 34] = [
    "any",
    "array",
    "blob",
    "boolean",
    "client",
    "configuration",
    "date",
    "datetime",
    "decimal",
    "dict",
    "error",
    "errorresponse",
    "exception",
    "file",
    "function",
    "integer",
    "list",
    "map",
    "model",
    "module",
    "null",
    "number",
    "object",
    "optional",
    "promise",
    "record",
    "request",
    "response",
    "result",
    "set",
    "string",
    "symbol",
    "type",
    "unset",
];

/// Words that cannot be the name of a function or a field in one of the languages.
const KEYWORDS: [&str; 46] = [
    "abstract",
    "and",
    "as",
    "async",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "def",
    "default",
    "delete",
    "do",
    "elif",
    "else",
    "enum",
    "except",
    "export",
    "extends",
    "final",
    "finally",
    "for",
    "from",
    "func",
    "function",
    "global",
    "if",
    "import",
    "in",
    "interface",
    "lambda",
    "new",
    "none",
    "not",
    "null",
    "package",
    "pass",
    "return",
    "self",
    "switch",
    "this",
    "try",
    "type",
    "while",
];

pub(super) fn look(findings: &mut Findings<'_>) {
    let root = &findings.document.value;
    let schemas = Pointer::root().child("components").child("schemas");
    let components = schemas.find(root).and_then(Value::as_object);
    let mut known: BTreeMap<String, &str> = BTreeMap::new();
    for (name, schema) in components.into_iter().flatten() {
        let pointer = schemas.child(name);
        let plain = plain(name);
        if TAKEN_TYPES.contains(&plain.as_str()) {
            let help = "give it a name of its own; generators would rename this one";
            findings.add(&pointer, format!("`{name}` is a type of other languages"), help);
        }
        if let Some(other) = known.insert(plain, name) {
            let help = "use names that differ in their letters and digits";
            findings.add(&pointer, format!("`{name}` and `{other}` are one name in other languages"), help);
        }
        for property in schema.get("properties").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name)
        {
            let place = pointer.child("properties").child(property);
            if KEYWORDS.contains(&property.as_str()) {
                let help = "use another word; generators would rename this one";
                findings.add(&place, format!("`{property}` is a word of other languages"), help);
            }
        }
    }
    let mut ids: BTreeMap<String, &str> = BTreeMap::new();
    for (pointer, operation) in operations(root) {
        let Some(id) = operation.get("operationId").and_then(Value::as_str) else { continue };
        let place = pointer.child("operationId");
        let plain_id = plain(id);
        if KEYWORDS.contains(&plain_id.as_str()) {
            let help = "use another id; generators would rename this one";
            findings.add(&place, format!("`{id}` is a word of other languages"), help);
        }
        for suffix in ["request", "response"] {
            if let Some(schema) = known.get(&format!("{plain_id}{suffix}")) {
                let help = "rename the schema; generators have a type of that name for the operation";
                findings.add(&schemas.child(schema), format!("`{schema}` is what `{id}` needs a name for"), help);
            }
        }
        if let Some(other) = ids.insert(plain_id, id) {
            let help = "use ids that differ in their letters and digits";
            findings.add(&place, format!("`{id}` and `{other}` are one id in other languages"), help);
        }
    }
}

/// A name without what languages change about names: case and what stands between words.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
