//! Changes of schemas, wherever operations use them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::edit::Edit::{Rename, Set};
use super::operations::entries;
use super::{Found, Mutation};
use dropstub_document::Pointer;

pub(super) fn mutations(document: &Value) -> Vec<Mutation> {
    let mut changes = Changes { document, found: Found::default(), seen: BTreeSet::new() };
    if let Some(paths) = document.get("paths") {
        changes.search(&Pointer::root().child("paths"), paths);
    }
    changes.found.0
}

struct Changes<'d> {
    document: &'d Value,
    found: Found,
    /// The targets of references that were visited.
    seen: BTreeSet<Pointer>,
}

impl<'d> Changes<'d> {
    /// Searches paths, parameters and responses for schemas.
    fn search(&mut self, pointer: &Pointer, value: &'d Value) {
        match value {
            Value::Object(map) if map.contains_key("$ref") => {
                if let Some((target, value)) = self.follow(value) {
                    self.search(&target, value);
                }
            }
            Value::Object(map) => {
                for (key, value) in map {
                    let data = matches!(key.as_str(), "example" | "examples" | "links") || key.starts_with("x-");
                    match key.as_str() {
                        "schema" => self.schema(&pointer.child(key), value),
                        _ if data => {}
                        _ => self.search(&pointer.child(key), value),
                    }
                }
            }
            Value::Array(values) => {
                values.iter().enumerate().for_each(|(index, value)| self.search(&pointer.child(index), value));
            }
            _ => {}
        }
    }

    /// Visits the target of a reference, once.
    fn follow(&mut self, value: &Value) -> Option<(Pointer, &'d Value)> {
        let pointer = value.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference)?;
        let found = pointer.find(self.document)?;
        self.seen.insert(pointer.clone()).then_some((pointer, found))
    }

    fn schema(&mut self, pointer: &Pointer, schema: &'d Value) {
        if schema.get("$ref").is_some() {
            self.reference(pointer, schema);
            if let Some((target, schema)) = self.follow(schema) {
                self.schema(&target, schema);
            }
            return;
        }
        let nullable = schema["nullable"] != true;
        self.found.set("nullable", "null or not", &pointer.child("nullable"), nullable.into());
        for key in ["allOf", "oneOf", "anyOf"] {
            let Some(schemas) = schema.get(key).and_then(Value::as_array) else { continue };
            self.alternatives(pointer, key, schemas);
            for (index, schema) in schemas.iter().enumerate() {
                self.schema(&pointer.child(key).child(index), schema);
            }
        }
        self.default(pointer, schema);
        match schema.get("type").and_then(Value::as_str) {
            Some("string") => self.text(pointer, schema),
            Some("integer" | "number") => self.number(pointer, schema),
            Some("boolean") => self.found.set("types", "type changed", &pointer.child("type"), json!("string")),
            Some("array") => self.array(pointer, schema),
            Some("object") => self.object(pointer, schema),
            _ => {}
        }
    }

    /// Replaces the reference to a component by one to another.
    fn reference(&mut self, pointer: &Pointer, schema: &Value) {
        let components = self.document.pointer("/components/schemas");
        let this = schema["$ref"].as_str().unwrap_or_default();
        let name = |name: &str| format!("#/components/schemas/{}", name.replace('~', "~0").replace('/', "~1"));
        if let Some((other, _)) = entries(components).find(|(other, _)| name(other) != this) {
            self.found.set("references", "component changed", &pointer.child("$ref"), name(other).into());
        }
    }

    fn alternatives(&mut self, pointer: &Pointer, key: &'static str, schemas: &[Value]) {
        let here = pointer.child(key);
        if schemas.len() > 1 {
            self.found.remove("alternatives", "alternative removed", &here.child(schemas.len() - 1));
        }
        if key == "allOf" {
            return;
        }
        self.found.set("alternatives", "alternative added", &here.child(schemas.len()), json!({"type": "boolean"}));
        let other = if key == "oneOf" { "anyOf" } else { "oneOf" };
        self.found.add("alternatives", "of another kind", &here, vec![Rename(here.clone(), other.to_owned())]);
    }

    fn default(&mut self, pointer: &Pointer, schema: &Value) {
        let here = pointer.child("default");
        match schema.get("default") {
            Some(default) => {
                self.found.remove("defaults", "no default", &here);
                let other = if default == "other" { json!(1) } else { json!("other") };
                self.found.set("defaults", "default changed", &here, other);
            }
            None => self.found.set("defaults", "a default", &here, json!("new")),
        }
    }

    /// Moves and removes a bound, or adds one.
    fn bound(&mut self, pointer: &Pointer, schema: &Value, key: &'static str, new: u64) {
        let here = pointer.child(key);
        let Some(bound) = schema.get(key) else { return self.found.set("bounds", "a bound", &here, new.into()) };
        // An unsigned format implies the bound.
        let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
        let implied = key == "minimum" && format.starts_with("uint") && bound.as_f64() == Some(0.0);
        // A minimum of 0 is the default.
        let nothing = key.starts_with("min") && key != "minimum" && bound == 0;
        if !implied && !nothing {
            self.found.remove("bounds", "no bound", &here);
        }
        let moved = bound.as_i64().map_or_else(|| bound.as_f64().map(|it| json!(it + 1.0)), |it| Some(json!(it + 1)));
        if let Some(moved) = moved {
            self.found.set("bounds", "bound changed", &here, moved);
        }
    }

    fn text(&mut self, pointer: &Pointer, schema: &Value) {
        self.found.set("types", "type changed", &pointer.child("type"), json!("integer"));
        self.format(pointer, schema);
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return self.values(pointer, values, json!("a new value"));
        }
        if let Some(values) = schema.get("x-dropstub-values").and_then(Value::as_object) {
            let here = pointer.child("x-dropstub-values");
            self.found.set("listed values", "value added", &here.child("a new value"), json!("It is new."));
            for value in values.keys() {
                self.found.remove("listed values", "value removed", &here.child(value));
            }
            self.found.remove("listed values", "no list", &here);
            return;
        }
        self.bound(pointer, schema, "minLength", 1);
        self.bound(pointer, schema, "maxLength", 77);
        let here = pointer.child("pattern");
        if schema.get("pattern").is_some() {
            self.found.remove("patterns", "no pattern", &here);
            self.found.set("patterns", "pattern changed", &here, json!("^another$"));
        } else {
            self.found.set("patterns", "a pattern", &here, json!("^new$"));
        }
    }

    fn values(&mut self, pointer: &Pointer, values: &[Value], new: Value) {
        let here = pointer.child("enum");
        self.found.add(
            "enums",
            "value added",
            &here.child(values.len()),
            vec![Set(here.child(values.len()), new.clone())],
        );
        self.found.set("enums", "value changed", &here.child(0), new);
        if values.len() > 1 && !values[values.len() - 1].is_null() {
            self.found.remove("enums", "value removed", &here.child(values.len() - 1));
        }
        self.found.remove("enums", "any value", &here);
    }

    fn format(&mut self, pointer: &Pointer, schema: &Value) {
        let here = pointer.child("format");
        if schema.get("format").is_some() {
            self.found.remove("formats", "no format", &here);
            self.found.set("formats", "format changed", &here, json!("another"));
        } else {
            self.found.set("formats", "a format", &here, json!("new"));
        }
    }

    fn number(&mut self, pointer: &Pointer, schema: &Value) {
        let other = if schema["type"] == "integer" { "number" } else { "integer" };
        self.found.set("types", "type changed", &pointer.child("type"), json!(other));
        self.format(pointer, schema);
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            self.values(pointer, values, json!(987_654));
        }
        self.bound(pointer, schema, "minimum", 7);
        self.bound(pointer, schema, "maximum", 77);
        if schema.get("minimum").is_some() {
            let exclusive = schema["exclusiveMinimum"] != true;
            self.found.set("bounds", "an open bound", &pointer.child("exclusiveMinimum"), exclusive.into());
        }
        self.bound(pointer, schema, "multipleOf", 7);
    }

    fn array(&mut self, pointer: &Pointer, schema: &'d Value) {
        self.found.set("types", "type changed", &pointer.child("type"), json!("object"));
        self.bound(pointer, schema, "minItems", 1);
        self.bound(pointer, schema, "maxItems", 77);
        let unique = schema["uniqueItems"] != true;
        self.found.set("bounds", "unique or not", &pointer.child("uniqueItems"), unique.into());
        if let Some(items) = schema.get("items") {
            self.schema(&pointer.child("items"), items);
        }
    }

    fn object(&mut self, pointer: &Pointer, schema: &'d Value) {
        self.found.set("types", "type changed", &pointer.child("type"), json!("array"));
        let properties = pointer.child("properties");
        let required: Vec<_> = schema.get("required").and_then(Value::as_array).into_iter().flatten().collect();
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let here = properties.child(name);
            self.found.remove("properties", "property removed", &here);
            let renamed = vec![Rename(here.clone(), format!("{name}_changed"))];
            self.found.add("properties", "name changed", &here, renamed);
            let list = pointer.child("required");
            match required.iter().position(|it| *it == name) {
                Some(index) => self.found.remove("requirements", "not required", &list.child(index)),
                None if required.is_empty() => self.found.set("requirements", "required", &list, json!([name])),
                None => {
                    let place = list.child(required.len());
                    self.found.set("requirements", "required", &place, name.as_str().into());
                }
            }
            self.schema(&here, property);
        }
        if schema.get("properties").is_some() {
            self.found.set("properties", "property added", &properties.child("brand_new"), json!({"type": "string"}));
        }
        self.bound(pointer, schema, "minProperties", 1);
        self.bound(pointer, schema, "maxProperties", 77);
        let additional = pointer.child("additionalProperties");
        match schema.get("additionalProperties") {
            Some(Value::Bool(false)) => {
                self.found.set("additionalProperties", "others allowed", &additional, json!(true));
            }
            Some(each) if each.is_object() && *each != json!({}) => {
                self.found.remove("additionalProperties", "anything", &additional);
                self.found.set("additionalProperties", "nothing", &additional, json!(false));
                self.schema(&additional, each);
            }
            _ => {
                self.found.set("additionalProperties", "nothing", &additional, json!(false));
                self.found.set("additionalProperties", "strings", &additional, json!({"type": "string"}));
            }
        }
    }
}
