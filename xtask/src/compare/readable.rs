//! Whether a contract can be compared at all.

use std::collections::HashSet;

use serde_json::Value;

use super::finding::Unreadable;
use super::node::MAX_REFERENCES;
use crate::document::Pointer;

/// Refuses what is not OpenAPI 3.0, and references that lead nowhere. What nothing leads to makes no difference.
///
/// # Errors
/// The first that is found.
pub fn readable(contract: &Value) -> Result<(), Unreadable> {
    let at =
        |pointer: &Pointer, message: &str| Err(Unreadable { pointer: pointer.clone(), message: message.to_owned() });
    let root = Pointer::root();
    match contract.get("openapi").and_then(Value::as_str) {
        Some(version) if version.starts_with("3.0.") => {}
        _ => return at(&root.child("openapi"), "this is not an OpenAPI 3.0 document"),
    }
    if !contract.get("paths").is_some_and(Value::is_object) {
        return at(&root.child("paths"), "the document has no paths");
    }
    let mut used = Used { document: contract, seen: HashSet::new() };
    let schemes = root.child("components").child("securitySchemes");
    [root.child("paths"), schemes].into_iter().try_for_each(|pointer| match pointer.find(contract) {
        Some(value) => used.references(value, &pointer),
        None => Ok(()),
    })
}

/// Under these, a key is a name that somebody chose, whatever it looks like.
const NAMES: [&str; 9] = [
    "callbacks",
    "content",
    "headers",
    "links",
    "properties",
    "requestBodies",
    "responses",
    "schemas",
    "securitySchemes",
];

/// What the operations and credentials of a document lead to.
struct Used<'d> {
    document: &'d Value,
    seen: HashSet<Pointer>,
}

impl<'d> Used<'d> {
    fn references(&mut self, value: &'d Value, pointer: &Pointer) -> Result<(), Unreadable> {
        match value {
            Value::Object(map) => {
                let names = pointer.last().is_some_and(|key| NAMES.contains(&key));
                if let Some(reference) = map.get("$ref").filter(|_| !names) {
                    self.follow(reference, &pointer.child("$ref"))?;
                }
                // What stands in an example or an extension is data, even if it looks like a reference.
                let data =
                    |key: &str| matches!(key, "example" | "examples" | "default" | "enum") || key.starts_with("x-");
                let mut inner = map.iter().filter(|(key, _)| names || !data(key));
                inner.try_for_each(|(key, value)| self.references(value, &pointer.child(key)))
            }
            Value::Array(values) => {
                values.iter().enumerate().try_for_each(|(index, value)| self.references(value, &pointer.child(index)))
            }
            _ => Ok(()),
        }
    }

    fn follow(&mut self, reference: &'d Value, pointer: &Pointer) -> Result<(), Unreadable> {
        let unreadable = |message: String| Unreadable { pointer: pointer.clone(), message };
        let mut next = reference;
        for _ in 0..MAX_REFERENCES {
            let target = next.as_str().and_then(Pointer::from_reference);
            let found = target.and_then(|target| target.find(self.document).map(|value| (target, value)));
            let Some((target, found)) = found else {
                return Err(unreadable(format!("the reference {next} leads nowhere")));
            };
            match found.get("$ref") {
                Some(further) => next = further,
                None if self.seen.insert(target.clone()) => return self.references(found, &target),
                None => return Ok(()),
            }
        }
        Err(unreadable("the reference leads in a circle".to_owned()))
    }
}
