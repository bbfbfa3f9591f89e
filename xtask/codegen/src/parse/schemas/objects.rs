//! Objects: named and additional properties.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Schemas;
use crate::ir::{self, ADDITIONAL_PROPERTIES, Additional, Kind, Property, Schema};
use crate::names;
use crate::reader::{Object, Reader};
use crate::rules;

impl Schemas {
    /// Reads an object. The property `tag` gets no type, because the variant represents it.
    pub(super) fn object(&mut self, object: &Object<'_, '_>, name: &str, tag: Option<&str>) -> Option<ir::Object> {
        let named = object.get("properties").map(|node| node.entries()).unwrap_or_default();
        let additional = self.additional(object, name, !named.is_empty());
        let required: BTreeSet<_> = object
            .get("required")
            .iter()
            .flat_map(Reader::items)
            .filter_map(|node| Some((node.str()?, node.pointer.clone())))
            .collect();
        let mut properties: Vec<Property> = Vec::new();
        for (key, node) in &named {
            let taken = |rust: &String| properties.iter().any(|property| property.rust == *rust);
            let Some(rust) = names::snake(key).filter(|rust| !taken(rust)) else {
                node.report(
                    &rules::FIELD_NAME_COLLIDES,
                    format!("`{key}` has no unique Rust field name"),
                    "use names that differ in letters and digits",
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
            let default = schema.overlay.get("default").filter(|_| !required).cloned();
            if let Some(default) = default.as_ref().filter(|default| !default.is_null()) {
                self.check_default(node.pointer.child("default"), &schema, default);
            }
            // The default `null` of a property that is not nullable only means that it is optional.
            let default = default.filter(|default| schema.nullable || !default.is_null());
            properties.push(Property { name: (*key).to_owned(), rust, required, schema, default });
        }
        for (name, pointer) in required {
            if named.iter().all(|(key, _)| *key != name) {
                object.node.source.report(
                    &rules::REQUIRED_WITHOUT_PROPERTY,
                    &pointer,
                    format!("`{name}` is required but not a property"),
                    "document the property",
                );
            }
        }
        let additional = additional?;
        if matches!(additional, Additional::Each(_))
            && properties.iter().any(|property| property.rust == ADDITIONAL_PROPERTIES)
        {
            object.node.report(
                &rules::PROPERTY_NAME_RESERVED,
                format!("the property name `{ADDITIONAL_PROPERTIES}` is reserved for additional properties"),
                "rename the property",
            );
        }
        Some(ir::Object {
            properties,
            additional,
            min_properties: object.get("minProperties").and_then(|node| node.size()),
            max_properties: object.get("maxProperties").and_then(|node| node.size()),
        })
    }

    /// The additional properties. They are kept if the document allows them explicitly, and ignored otherwise.
    fn additional(&mut self, object: &Object<'_, '_>, name: &str, named: bool) -> Option<Additional> {
        let Some(node) = object.get("additionalProperties") else { return Some(Additional::Allowed) };
        match node.value.as_bool() {
            Some(true) if named => return Some(Additional::Each(Box::new(Schema::of(Kind::Any)))),
            Some(true) => return Some(Additional::Allowed),
            Some(false) => return Some(Additional::Forbidden),
            None => {}
        }
        let each = self.read(&node, &format!("{name}Value"))?;
        let anything = matches!(each, Schema { kind: Kind::Any, nullable: false, .. }) && is_bare(node.value);
        Some(if anything && !named { Additional::Allowed } else { Additional::Each(Box::new(each)) })
    }
}

/// Whether a schema has no keywords.
fn is_bare(schema: &Value) -> bool {
    schema.as_object().is_some_and(serde_json::Map::is_empty)
}
