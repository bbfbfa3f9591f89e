//! `oneOf` and `anyOf`: enumerations with described values, and alternatives with and without a tag.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Schemas, overlay, scalars};
use crate::ir::{Alternative, Group, Kind, Object, Schema, Tagged, Text, Union};
use crate::names;
use crate::reader::Reader;
use crate::rules;
use dropstub_document::Pointer;

impl Schemas {
    pub(super) fn union(&mut self, list: &Reader<'_, '_>, one: bool, name: &str) -> Option<Kind> {
        let nodes = list.items();
        if nodes.is_empty() {
            list.report(&rules::UNION_EMPTY, "a union without alternatives", "add at least one");
            return None;
        }
        if one && nodes.iter().all(|node| is_list_of_values(node.value)) {
            return described_values(list, &nodes).map(Kind::Text);
        }
        let tag = tag(&nodes);
        let mut names = BTreeSet::new();
        let alternatives: Vec<_> = nodes
            .iter()
            .enumerate()
            .map(|(index, node)| {
                let rust = unique(&variant_name(node.value, tag, index), &mut names);
                match tag {
                    Some(tag) => self.tagged(node, tag, name, rust),
                    None => self.untagged(node, name, rust),
                }
            })
            .collect();
        let alternatives = alternatives.into_iter().collect::<Option<_>>()?;
        Some(Kind::Union(Union { one, tag: tag.map(str::to_owned), alternatives }))
    }

    fn untagged(&mut self, node: &Reader<'_, '_>, name: &str, rust: String) -> Option<Alternative> {
        let schema = self.read(node, &format!("{name}{rust}"))?;
        Some(Alternative { rust, schema, tagged: None })
    }

    fn tagged(&mut self, node: &Reader<'_, '_>, tag: &str, name: &str, rust: String) -> Option<Alternative> {
        let type_name = format!("{name}{rust}");
        let object = node.object("a schema");
        object.documentation(&["externalDocs"]);
        let description = object.string("description");
        object.documentation(&["nullable", "type"]);
        let tagged = self.object(&object, &type_name, Some(tag))?;
        let kind = Kind::Object(tagged.clone());
        let overlay = overlay::of(&object, &kind);
        object.finish();
        let (tags, rest): (Vec<_>, Vec<_>) = tagged.properties.into_iter().partition(|property| property.name == tag);
        let tag = tags.into_iter().next()?;
        let Kind::Text(Text { allowed, .. }) = &tag.schema.kind else { return None };
        let value = allowed.first()?.value.clone();
        let rest = (!rest.is_empty()).then(|| {
            let object = Object { properties: rest, ..tagged };
            let schema = Schema { description: description.clone(), ..Schema::of(Kind::Object(object)) };
            let rust = self.invent(&type_name);
            self.add(rust.clone(), rust, Some(&node.pointer), schema)
        });
        let tagged = Tagged { value, overlay: tag.schema.overlay_with_description(), rest };
        Some(Alternative { rust, schema: Schema { description, nullable: false, kind, overlay }, tagged: Some(tagged) })
    }
}

/// Whether the schema is a string with `enum`.
fn is_list_of_values(schema: &Value) -> bool {
    schema["type"] == "string" && schema["enum"].is_array() && schema.get("nullable").is_none()
}

/// One enumeration from several lists of values, each with its description.
fn described_values(list: &Reader<'_, '_>, nodes: &[Reader<'_, '_>]) -> Option<Text> {
    let mut enumeration = Text::default();
    for node in nodes {
        let object = node.object("a schema");
        object.documentation(&["externalDocs", "type"]);
        let description = object.string("description");
        let mut variants = object.get("enum").map(|list| scalars::values(&list, false)).unwrap_or_default();
        let mut overlay = overlay::documentation(&object);
        object.finish();
        if let [only] = variants.as_mut_slice() {
            only.description.clone_from(&description);
        }
        overlay.extend(description.map(|description| ("description".to_owned(), description.into())));
        let values = variants.iter().map(|variant| variant.value.clone()).collect();
        enumeration.groups.push(Group { values, overlay });
        for variant in variants {
            if enumeration.allowed.iter().any(|known| known.rust == variant.rust) {
                node.report(
                    &rules::VARIANT_NAME_COLLIDES,
                    format!("`{}` has no unique Rust variant name", variant.value),
                    "use values that differ in letters and digits",
                );
                continue;
            }
            enumeration.allowed.push(variant);
        }
    }
    if enumeration.allowed.is_empty() {
        list.report(&rules::ENUM_EMPTY, "an enumeration without values", "list the values");
        return None;
    }
    Some(enumeration)
}

/// The property whose value identifies the alternative: required in each, with one unique value.
fn tag<'d>(nodes: &[Reader<'_, 'd>]) -> Option<&'d str> {
    let first = nodes.first()?.value.get("properties")?.as_object()?;
    first.keys().map(String::as_str).find(|name| {
        let values: Option<BTreeSet<_>> = nodes.iter().map(|node| tag_value(node.value, name)).collect();
        let variants: Option<BTreeSet<_>> =
            nodes.iter().map(|node| names::pascal(tag_value(node.value, name)?)).collect();
        values.is_some_and(|values| values.len() == nodes.len())
            && variants.is_some_and(|variants| variants.len() == nodes.len())
    })
}

fn tag_value<'d>(schema: &'d Value, name: &str) -> Option<&'d str> {
    let property = schema.get("properties")?.get(name)?;
    let required = schema.get("required")?.as_array()?.iter().any(|required| required == name);
    let plain = schema["type"] == "object"
        && schema.get("nullable").is_none()
        && schema.get("additionalProperties").is_none_or(Value::is_boolean)
        && schema.get("minProperties").or(schema.get("maxProperties")).is_none();
    match property.get("enum")?.as_array()?.as_slice() {
        [only] if required && plain && property["type"] == "string" && property.get("nullable").is_none() => {
            only.as_str()
        }
        _ => None,
    }
}

/// The name of an alternative: from its tag, component, title, only value or property, or type.
fn variant_name(schema: &Value, tag: Option<&str>, index: usize) -> String {
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    let reference = |schema: &Value| {
        let reference = schema.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference)?;
        reference.last().map(str::to_owned)
    };
    let only_value = || match schema.get("enum")?.as_array()?.as_slice() {
        [only] => only.as_str().map(str::to_owned),
        _ => None,
    };
    let only_property = || {
        let mut names = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
        names.next().filter(|_| names.next().is_none()).cloned()
    };
    tag.and_then(|tag| tag_value(schema, tag).map(str::to_owned))
        .or_else(|| reference(schema))
        .or_else(|| text("title").map(str::to_owned))
        .or_else(|| schema.get("allOf").and_then(|all| reference(all.get(0)?)))
        .or_else(only_value)
        .or_else(only_property)
        .or_else(|| text("type").map(str::to_owned))
        .and_then(|name| names::pascal(&name))
        .unwrap_or_else(|| format!("Variant{}", index + 1))
}

fn unique(name: &str, names: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name}{number}"));
    let unique = std::iter::once(name.to_owned()).chain(numbered).find(|name| !names.contains(name));
    let unique = unique.expect("there are enough numbers");
    names.insert(unique.clone());
    unique
}
