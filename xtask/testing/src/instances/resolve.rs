//! The schemas of a document, with references and `allOf` wrappers resolved.

use std::collections::BTreeSet;

use serde_json::Value;

use dropstub_document::{MAX_REFERENCES, Pointer};

pub(crate) struct Schemas<'d> {
    document: &'d Value,
    /// The names of all properties with a default.
    defaulted: BTreeSet<&'d str>,
}

/// A schema without its wrappers.
pub(crate) struct Resolved<'s> {
    pub(crate) schema: &'s Value,
    pub(crate) nullable: bool,
}

impl<'d> Schemas<'d> {
    pub(crate) fn new(document: &'d Value) -> Self {
        let mut defaulted = BTreeSet::new();
        let mut next = vec![document];
        while let Some(value) = next.pop() {
            let properties = value.get("properties").and_then(Value::as_object).into_iter().flatten();
            defaulted.extend(properties.filter(|(_, it)| it.get("default").is_some()).map(|(name, _)| name.as_str()));
            match value {
                Value::Object(map) => next.extend(map.values()),
                Value::Array(values) => next.extend(values),
                _ => {}
            }
        }
        Self { document, defaulted }
    }

    /// Resolves a schema.
    pub(crate) fn resolve<'s>(&'s self, schema: &'s Value) -> Resolved<'s> {
        let mut seen = Resolved { schema, nullable: false };
        for _ in 0..MAX_REFERENCES {
            seen.nullable |= seen.schema["nullable"] == true;
            let target = seen.schema.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference);
            let only = seen.schema.get("allOf").and_then(Value::as_array).filter(|all| all.len() == 1);
            let inner =
                target.and_then(|target| target.find(self.document)).or_else(|| only.and_then(|all| all.first()));
            match inner {
                Some(inner) => seen.schema = inner,
                None => break,
            }
        }
        seen
    }

    /// Whether two values are equal, except for defaults in `back`.
    pub(crate) fn same(&self, sent: &Value, back: &Value) -> bool {
        match (sent, back) {
            (Value::Object(sent), Value::Object(back)) => {
                sent.iter().all(|(key, value)| back.get(key).is_some_and(|back| self.same(value, back)))
                    && back.keys().all(|key| sent.contains_key(key) || self.defaulted.contains(key.as_str()))
            }
            (Value::Array(sent), Value::Array(back)) => {
                sent.len() == back.len() && sent.iter().zip(back).all(|(sent, back)| self.same(sent, back))
            }
            // 1 equals 1.0.
            (Value::Number(sent), Value::Number(back)) => sent == back || sent.as_f64() == back.as_f64(),
            _ => sent == back,
        }
    }
}
