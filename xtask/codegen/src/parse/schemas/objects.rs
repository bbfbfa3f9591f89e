//! Objects: named properties, and what else there may be.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Schemas;
use crate::ir::{self, Additional, Kind, Property, Schema};
use crate::names;
use crate::reader::{Node, Object};

/// The field that holds what has no name of its own.
pub(crate) const OTHERS: &str = "additional_properties";

impl Schemas {
    /// Reads an object. Of the property `tag` no type is made, because the variant of an enumeration says it.
    pub(super) fn object(&mut self, object: &Object<'_, '_>, name: &str, tag: Option<&str>) -> Option<ir::Object> {
        let named = object.get("properties").map(|node| node.entries()).unwrap_or_default();
        let additional = self.additional(object, name, !named.is_empty());
        let required: BTreeSet<_> = object
            .get("required")
            .iter()
            .flat_map(Node::items)
            .filter_map(|node| Some((node.str()?, node.pointer)))
            .collect();
        let mut properties: Vec<Property> = Vec::new();
        for (key, node) in &named {
            let taken = |rust: &String| properties.iter().any(|property| property.rust == *rust);
            let Some(rust) = names::snake(key).filter(|rust| !taken(rust)) else {
                node.refuse(
                    format!("`{key}` cannot be a field of its own in Rust"),
                    "use names that differ in their letters and digits",
                );
                continue;
            };
            let type_name = format!("{name}{}", names::pascal(key)?);
            let schema = match tag {
                Some(tag) if tag == *key => self.nameless(node, node.object("a schema"), &type_name),
                _ => self.read(node, &type_name),
            };
            let Some(schema) = schema else { continue };
            let required = required.iter().any(|(name, _)| name == key);
            let default = schema.beside.get("default").filter(|_| !required).cloned();
            if let Some(default) = default.as_ref().filter(|default| !default.is_null()) {
                self.check_default(node.pointer.child("default"), &schema, default);
            }
            // A default of null for what cannot be null says no more than that it may be absent.
            let default = default.filter(|default| schema.nullable || !default.is_null());
            properties.push(Property { name: (*key).to_owned(), rust, required, schema, default });
        }
        for (name, pointer) in required {
            if named.iter().all(|(key, _)| *key != name) {
                object.node.source.refuse(
                    &pointer,
                    format!("`{name}` is required and is no property"),
                    "describe the property",
                );
            }
        }
        let additional = additional?;
        if matches!(additional, Additional::Each(_)) && properties.iter().any(|property| property.rust == OTHERS) {
            object.node.refuse(format!("a property called `{OTHERS}` beside others"), "rename the property");
        }
        Some(ir::Object {
            properties,
            additional,
            min_properties: object.get("minProperties").and_then(|node| node.size()),
            max_properties: object.get("maxProperties").and_then(|node| node.size()),
        })
    }

    /// What there may be beside the properties, if any are `named`. A document that says that there may be anything
    /// wants it kept; one that says nothing has it ignored.
    fn additional(&mut self, object: &Object<'_, '_>, name: &str, named: bool) -> Option<Additional> {
        let Some(node) = object.get("additionalProperties") else { return Some(Additional::Allowed) };
        match node.value.as_bool() {
            Some(true) if named => return Some(Additional::Each(Box::new(Schema::of(Kind::Any)))),
            Some(true) => return Some(Additional::Allowed),
            Some(false) => return Some(Additional::Refused),
            None => {}
        }
        let each = self.read(&node, &format!("{name}Value"))?;
        let anything = matches!(each, Schema { kind: Kind::Any, nullable: false, .. }) && is_bare(node.value);
        Some(if anything && !named { Additional::Allowed } else { Additional::Each(Box::new(each)) })
    }
}

/// Whether a schema says nothing at all.
fn is_bare(schema: &Value) -> bool {
    schema.as_object().is_some_and(serde_json::Map::is_empty)
}
