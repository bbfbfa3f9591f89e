//! Names that generators of other languages have to change.

use std::collections::{BTreeMap, BTreeSet};

use dropstub_document::{Node, Pointer};
use heck::ToUpperCamelCase;

use super::Findings;
use super::elements::{Element, Kind};
use super::rules::{
    NAME_COLLIDES_IN_GO, NAME_COLLIDES_WITH_OPERATION, NAME_IS_COMMON_TYPE, NAME_IS_KEYWORD, NAME_NOT_IDENTIFIER,
    NAMES_COLLIDE,
};

/// Types of languages and of generated clients, in lower case.
#[rustfmt::skip]
const COMMON_TYPES: [&str; 37] = [
    "any", "apiclient", "apiexception", "apiresponse", "array", "blob", "boolean", "client", "configuration",
    "date", "datetime", "decimal", "dict", "error", "errorresponse", "exception", "file", "function", "integer",
    "list", "map", "model", "module", "null", "number", "object", "optional", "promise", "record", "request",
    "response", "result", "set", "string", "symbol", "type", "unset",
];

/// Words that are not allowed as names of functions, parameters or fields in some language.
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

/// Further words that are not allowed as fields of generated classes. openapi-generator 7.26 renames each of them for
/// Python, Java, TypeScript or Ruby.
#[rustfmt::skip]
const RESERVED_FIELDS: [&str; 50] = [
    "alias", "all_params", "auth_settings", "base64", "body_params", "boolean", "byte", "char", "configuration", "date",
    "debugger", "del", "double", "elsif", "ensure", "exec", "field", "float", "form_params", "from_dict", "from_json",
    "header_params", "int", "json", "list", "local_var_files", "long", "model_config", "model_dump", "model_fields",
    "module", "next", "object", "path_params", "print", "property", "query_params", "redo", "rescue", "resource_path",
    "retry", "schema", "short", "strictfp", "then", "to_dict", "to_json", "undef", "unless", "until",
];

pub(super) fn check(findings: &mut Findings<'_>, elements: &[Element<'_>]) {
    let root = findings.document.root();
    let schemas = root.get("components").and_then(|components| components.get("schemas"));
    let mut known: BTreeMap<String, (&str, Pointer)> = BTreeMap::new();
    let types: BTreeSet<_> =
        schemas.iter().flat_map(Node::entries).map(|(name, _)| name.to_upper_camel_case()).collect();
    for (name, node) in schemas.iter().flat_map(Node::entries) {
        let normalized = normalize(name);
        identifier(findings, &node.pointer, name);
        if COMMON_TYPES.contains(&normalized.as_str()) {
            let message = format!("`{name}` is a type of other languages");
            findings.add(
                &NAME_IS_COMMON_TYPE,
                &node.pointer,
                message,
                "use a specific name; generators rename this one",
            );
        }
        let camel = name.to_upper_camel_case();
        let mut bases = ["New", "Nullable"].iter().filter_map(|prefix| camel.strip_prefix(prefix));
        if let Some(other) = bases.find(|other| types.contains(*other)) {
            let message = format!("Go's client derives `{camel}` from `{other}`");
            findings.add(&NAME_COLLIDES_IN_GO, &node.pointer, message, "rename the schema");
        }
        if let Some((other, _)) = known.insert(normalized, (name, node.pointer.clone())) {
            let message = format!("`{name}` and `{other}` are one name in other languages");
            findings.add(&NAMES_COLLIDE, &node.pointer, message, "use names that differ in letters and digits");
        }
    }
    for element in elements {
        match element.kind {
            Kind::Property => field(findings, &element.node.pointer, element.name()),
            Kind::Parameter if !element.is_reference() && element.node.str("in") != Some("header") => {
                field(findings, &element.node.pointer, element.name());
            }
            _ => {}
        }
    }
    let mut ids: BTreeMap<String, &str> = BTreeMap::new();
    for operation in root.operations() {
        let Some(id) = operation.id() else { continue };
        let pointer = operation.node.pointer.child("operationId");
        let normalized = normalize(id);
        if KEYWORDS.contains(&normalized.as_str()) {
            keyword(findings, &pointer, id);
        }
        for suffix in ["request", "response"] {
            if let Some((schema, pointer)) = known.get(&format!("{normalized}{suffix}")) {
                let message = format!("`{schema}` is the name of a generated type of `{id}`");
                findings.add(&NAME_COLLIDES_WITH_OPERATION, pointer, message, "rename the schema");
            }
        }
        if let Some(other) = ids.insert(normalized, id) {
            let message = format!("`{id}` and `{other}` are one id in other languages");
            findings.add(&NAMES_COLLIDE, &pointer, message, "use ids that differ in letters and digits");
        }
    }
}

/// The name of a property, or of a parameter other than a header.
fn field(findings: &mut Findings<'_>, pointer: &Pointer, name: &str) {
    identifier(findings, pointer, name);
    if KEYWORDS.contains(&name) || RESERVED_FIELDS.contains(&name) {
        keyword(findings, pointer, name);
    }
}

fn keyword(findings: &mut Findings<'_>, pointer: &Pointer, name: &str) {
    let message = format!("`{name}` is a reserved word");
    findings.add(&NAME_IS_KEYWORD, pointer, message, "use another word; generators rename this one");
}

fn identifier(findings: &mut Findings<'_>, pointer: &Pointer, name: &str) {
    let valid = name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_');
    if !valid || name.starts_with(|first: char| first.is_ascii_digit()) {
        let message = format!("`{name}` is not a valid identifier");
        let help = "use letters, digits and `_`, and begin with a letter; generators rename this one";
        findings.add(&NAME_NOT_IDENTIFIER, pointer, message, help);
    }
}

/// A name without case and separators, which languages change.
fn normalize(name: &str) -> String {
    name.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
