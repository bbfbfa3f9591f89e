//! The preconditions of `check` and `compat`: an OpenAPI 3.0 document whose references resolve.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::keys::{holds_names, is_data};
use crate::{MAX_REFERENCES, Node, Pointer};

/// The first violation of the preconditions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {message}")]
pub struct InvalidDocument {
    /// The invalid value.
    pub pointer: Pointer,
    /// The problem.
    pub message: String,
}

impl InvalidDocument {
    fn new(pointer: Pointer, message: impl Into<String>) -> Self {
        Self { pointer, message: message.into() }
    }
}

/// Whether a document declares OpenAPI 3.0.
#[must_use]
pub fn is_openapi_3_0(document: &Value) -> bool {
    document.get("openapi").and_then(Value::as_str).is_some_and(|version| version.starts_with("3.0."))
}

/// Checks that `document` is OpenAPI 3.0 and that the references in use resolve. Unused components are not checked.
///
/// # Errors
/// Returns the first violation.
pub fn validate(document: &Value) -> Result<(), InvalidDocument> {
    let root = Pointer::root();
    if !is_openapi_3_0(document) {
        return Err(InvalidDocument::new(root.child("openapi"), "not an OpenAPI 3.0 document"));
    }
    if !document.get("paths").is_some_and(Value::is_object) {
        return Err(InvalidDocument::new(root.child("paths"), "the document has no `paths` object"));
    }
    match traverse(document).invalid {
        Some(invalid) => Err(invalid),
        None => Ok(()),
    }
}

/// The targets of the references in use: those of operations and security schemes, and those of these targets.
#[must_use]
pub fn used(document: &Value) -> BTreeSet<Pointer> {
    traverse(document).used
}

fn traverse(document: &Value) -> Traversal {
    let mut traversal = Traversal::default();
    let root = Node::root(document);
    let schemes = root.get("components").and_then(|components| components.get("securitySchemes"));
    root.get("paths").iter().for_each(|paths| traversal.visit(paths, true));
    schemes.iter().for_each(|schemes| traversal.visit(schemes, true));
    traversal
}

/// A traversal of the values that operations and security schemes use.
#[derive(Default)]
struct Traversal {
    used: BTreeSet<Pointer>,
    /// The first reference that does not resolve.
    invalid: Option<InvalidDocument>,
}

impl Traversal {
    /// Visits a value. `names` tells whether its keys are names that the document's author chose, and not keywords.
    fn visit(&mut self, node: &Node<'_>, names: bool) {
        if node.value.get("$ref").is_some() && !names {
            self.follow(node);
        }
        // Data may contain objects that look like references. `value` is a keyword of examples.
        let data = |key: &str| is_data(key) || key == "value" || key.starts_with("x-");
        for (key, inner) in node.entries().filter(|(key, _)| names || !data(key)) {
            self.visit(&inner, !names && holds_names(key));
        }
        node.items().for_each(|inner| self.visit(&inner, false));
    }

    /// Visits the target at the end of a chain of references.
    fn follow(&mut self, node: &Node<'_>) {
        let mut invalid = |message: String| {
            self.invalid.get_or_insert_with(|| InvalidDocument::new(node.pointer.child("$ref"), message));
        };
        let mut next = node.clone();
        for _ in 0..MAX_REFERENCES {
            let Some(target) = next.target() else {
                return invalid(format!("the reference {} does not resolve", next.value["$ref"]));
            };
            let is_new = self.used.insert(target.pointer.clone());
            if target.value.get("$ref").is_none() {
                if is_new {
                    self.visit(&target, false);
                }
                return;
            }
            next = target;
        }
        invalid("the reference is circular".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_are_found_below_every_name_and_not_in_data() {
        let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let data = json!({"$ref": "#/no/such/value"});
        let document = json!({
            "openapi": "3.0.3",
            "paths": {"/a": {"get": {"responses": {"200": {"content": {"application/json": {
                "schema": {"properties": {"content": reference("A"), "example": reference("headers")}, "example": data},
                "examples": {"one": {"$ref": "#/components/examples/One"}, "two": {"value": data}},
            }}}}}}},
            "components": {
                "schemas": {
                    "A": {"allOf": [reference("B")], "enum": [data], "x-note": data},
                    "B": {},
                    "headers": reference("B"),
                    "Unused": reference("A"),
                },
                "examples": {"One": {"value": data}},
            },
        });
        assert_eq!(validate(&document), Ok(()));
        let found: Vec<_> = used(&document).iter().map(ToString::to_string).collect();
        let names = ["examples/One", "schemas/A", "schemas/B", "schemas/headers"];
        assert_eq!(found, names.map(|name| format!("#/components/{name}")));
    }

    #[test]
    fn reference_that_does_not_end_or_resolve_is_invalid() {
        for (target, message) in [
            ("#/missing", "the reference \"#/missing\" does not resolve"),
            ("#/paths/~1a", "the reference is circular"),
        ] {
            let document = json!({"openapi": "3.0.3", "paths": {"/a": {"$ref": target}}});
            let invalid = validate(&document).unwrap_err();
            assert_eq!((invalid.pointer.to_string().as_str(), invalid.message.as_str()), ("#/paths/~1a/$ref", message));
        }
    }
}
