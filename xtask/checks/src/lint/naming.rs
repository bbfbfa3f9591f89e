//! Names that generators of other languages rename, so that the same thing is called otherwise in each of them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::elements::{Kind, Thing};
use super::{Findings, operations};
use dropstub_document::Pointer;

/// Types that languages or the generators themselves have already.
#[rustfmt::skip]
const TAKEN_TYPES: [&str; 37] = [
    "any", "apiclient", "apiexception", "apiresponse", "array", "blob", "boolean", "client", "configuration",
    "date", "datetime", "decimal", "dict", "error", "errorresponse", "exception", "file", "function", "integer",
    "list", "map", "model", "module", "null", "number", "object", "optional", "promise", "record", "request",
    "response", "result", "set", "string", "symbol", "type", "unset",
];

/// Words that cannot be the name of a function, a parameter or a field in one of the languages.
#[rustfmt::skip]
const KEYWORDS: [&str; 86] = [
    "abstract", "and", "as", "assert", "async", "await", "begin", "break", "case", "catch", "class", "const",
    "continue", "def", "default", "delete", "do", "elif", "else", "end", "enum", "except", "export", "extends",
    "false", "final", "finally", "for", "from", "fun", "func", "function", "global", "goto", "if", "implements",
    "import", "in", "instanceof", "interface", "internal", "is", "lambda", "let", "namespace", "native", "new",
    "nil", "none", "nonlocal", "not", "null", "operator", "or", "package", "pass", "private", "protected",
    "public", "raise", "require", "return", "self", "static", "struct", "super", "switch", "synchronized",
    "this", "throw", "throws", "transient", "true", "try", "type", "typeof", "using", "val", "var", "void",
    "volatile", "when", "where", "while", "with", "yield",
];

pub(super) fn look(findings: &mut Findings<'_>, things: &[Thing<'_>]) {
    let root = &findings.document.value;
    let schemas = Pointer::root().child("components").child("schemas");
    let components = schemas.find(root).and_then(Value::as_object);
    let mut known: BTreeMap<String, &str> = BTreeMap::new();
    for (name, _) in components.into_iter().flatten() {
        let pointer = schemas.child(name);
        let plain = plain(name);
        odd(findings, &pointer, name);
        if TAKEN_TYPES.contains(&plain.as_str()) {
            let help = "give it a name of its own; generators would rename this one";
            findings.add(&pointer, format!("`{name}` is a type of other languages"), help);
        }
        if let Some(other) = known.insert(plain, name) {
            let help = "use names that differ in their letters and digits";
            findings.add(&pointer, format!("`{name}` and `{other}` are one name in other languages"), help);
        }
    }
    for thing in things {
        match thing.kind {
            Kind::Property => field(findings, &thing.pointer, thing.name()),
            Kind::Parameter if !thing.is_reference() && thing.value["in"] != "header" => {
                field(findings, &thing.pointer, thing.name());
            }
            _ => {}
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

/// The name of a property, or of a parameter that is no header.
fn field(findings: &mut Findings<'_>, pointer: &Pointer, name: &str) {
    odd(findings, pointer, name);
    if KEYWORDS.contains(&name) {
        let help = "use another word; generators would rename this one";
        findings.add(pointer, format!("`{name}` is a word of other languages"), help);
    }
}

/// A name that is no identifier anywhere.
fn odd(findings: &mut Findings<'_>, pointer: &Pointer, name: &str) {
    let letters = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if !letters || name.starts_with(|first: char| first.is_ascii_digit()) {
        let help = "use letters, digits and `_`, and begin with a letter; generators would rename this one";
        findings.add(pointer, format!("`{name}` is no name in other languages"), help);
    }
}

/// A name without what languages change about names: case and what stands between words.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
