//! The preconditions of every check: an OpenAPI 3.0 document whose references resolve.

use std::collections::HashSet;

use serde_json::Value;

use crate::keys::{holds_names, is_data};
use crate::{MAX_REFERENCES, Pointer};

/// The first violation of the preconditions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {message}")]
pub struct InvalidDocument {
    /// The invalid value.
    pub pointer: Pointer,
    /// The problem.
    pub message: String,
}

/// Checks that `document` is OpenAPI 3.0 and that the references in use resolve. Unused components are not checked.
///
/// # Errors
/// Returns the first violation.
pub fn validate(document: &Value) -> Result<(), InvalidDocument> {
    let at = |pointer: &Pointer, message: &str| {
        Err(InvalidDocument { pointer: pointer.clone(), message: message.to_owned() })
    };
    let root = Pointer::root();
    match document.get("openapi").and_then(Value::as_str) {
        Some(version) if version.starts_with("3.0.") => {}
        _ => return at(&root.child("openapi"), "not an OpenAPI 3.0 document"),
    }
    if !document.get("paths").is_some_and(Value::is_object) {
        return at(&root.child("paths"), "the document has no `paths` object");
    }
    let mut used = Used { document, seen: HashSet::new() };
    let schemes = root.child("components").child("securitySchemes");
    [root.child("paths"), schemes].into_iter().try_for_each(|pointer| match pointer.find(document) {
        Some(value) => used.references(value, &pointer),
        None => Ok(()),
    })
}

/// A traversal of the values that operations and security schemes use.
struct Used<'d> {
    document: &'d Value,
    seen: HashSet<Pointer>,
}

impl<'d> Used<'d> {
    fn references(&mut self, value: &'d Value, pointer: &Pointer) -> Result<(), InvalidDocument> {
        match value {
            Value::Object(map) => {
                let names = pointer.last().is_some_and(holds_names);
                if let Some(reference) = map.get("$ref").filter(|_| !names) {
                    self.follow(reference, &pointer.child("$ref"))?;
                }
                // Data may contain objects that look like references.
                let data = |key: &str| is_data(key) || key == "examples" || key.starts_with("x-");
                let mut inner = map.iter().filter(|(key, _)| names || !data(key));
                inner.try_for_each(|(key, value)| self.references(value, &pointer.child(key)))
            }
            Value::Array(values) => {
                values.iter().enumerate().try_for_each(|(index, value)| self.references(value, &pointer.child(index)))
            }
            _ => Ok(()),
        }
    }

    fn follow(&mut self, reference: &'d Value, pointer: &Pointer) -> Result<(), InvalidDocument> {
        let unreadable = |message: String| InvalidDocument { pointer: pointer.clone(), message };
        let mut next = reference;
        for _ in 0..MAX_REFERENCES {
            let target = next.as_str().and_then(Pointer::from_reference);
            let found = target.and_then(|target| target.find(self.document).map(|value| (target, value)));
            let Some((target, found)) = found else {
                return Err(unreadable(format!("the reference {next} does not resolve")));
            };
            match found.get("$ref") {
                Some(further) => next = further,
                None if self.seen.insert(target.clone()) => return self.references(found, &target),
                None => return Ok(()),
            }
        }
        Err(unreadable("the reference is circular".to_owned()))
    }
}
