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
    root.get("paths").iter().chain(&schemes).for_each(|node| traversal.visit(node));
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
    fn visit(&mut self, node: &Node<'_>) {
        let names = node.pointer.last().is_some_and(holds_names);
        if node.value.get("$ref").is_some() && !names {
            self.follow(node);
        }
        // Data may contain objects that look like references.
        let data = |key: &str| is_data(key) || key == "examples" || key.starts_with("x-");
        node.entries().filter(|(key, _)| names || !data(key)).for_each(|(_, inner)| self.visit(&inner));
        node.items().for_each(|inner| self.visit(&inner));
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
                    self.visit(&target);
                }
                return;
            }
            next = target;
        }
        invalid("the reference is circular".to_owned());
    }
}
