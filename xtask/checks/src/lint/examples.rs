//! Missing examples of responses, and examples that do not match their schema, by an independent JSON Schema validator.

use std::collections::BTreeMap;

use dropstub_document::{Node, Pointer, json_schema};
use serde_json::{Map, Value, json};

use super::Findings;
use super::elements::{Element, json_responses};
use super::rules::{EXAMPLE_INVALID, EXAMPLE_MISSING, VALUE_NOT_LISTED};

pub(super) fn check(findings: &mut Findings<'_>, elements: &[Element<'_>]) {
    missing(findings);
    for Element { kind, node } in elements.iter().filter(|element| !element.is_reference()) {
        // A schema is its own; a parameter, a header or a media type has it next to the example.
        let schema = if kind.is_schema() { Some(node.clone()) } else { node.get("schema") };
        let Some(schema) = schema else { continue };
        let named = node.get("examples").filter(|_| !kind.is_schema());
        let named = named.iter().flat_map(Node::entries).filter_map(|(name, example)| {
            let pointer = node.pointer.child("examples").child(name).child("value");
            Some((pointer, example.resolve().value.get("value")?))
        });
        let single = node.get("example").map(|example| (example.pointer, example.value));
        let examples: Vec<_> = single.into_iter().chain(named).collect();
        if examples.is_empty() {
            continue;
        }
        let validator = validator(&findings.document.value, schema.value);
        for (pointer, example) in examples {
            values(findings, &schema, &pointer, example);
            let errors: Vec<_> = match &validator {
                Ok(validator) => validator.iter_errors(example).map(|error| error.to_string()).collect(),
                Err(error) => vec![format!("the schema is invalid: {error}")],
            };
            for error in errors {
                let message = format!("the example does not match its schema: {error}");
                findings.add(&EXAMPLE_INVALID, &pointer, message, "correct the example or the schema");
            }
        }
    }
}

/// A mock server and documentation invent the values of a response without an example.
fn missing(findings: &mut Findings<'_>) {
    for (_, media) in findings.document.root().operations().iter().flat_map(json_responses) {
        let layers = media.get("schema").map(|schema| schema.layers()).unwrap_or_default();
        let has_value = has_example(&media)
            || media.get("examples").is_some_and(|examples| examples.entries().any(|(_, it)| is_given(&it.resolve())))
            || layers.iter().any(has_example);
        if !has_value {
            let help = "add `example` to the media type or to its schema";
            findings.add(&EXAMPLE_MISSING, &media.pointer, "the response has no example", help);
        }
    }
}

/// Whether a named example has a value.
fn is_given(example: &Node<'_>) -> bool {
    ["value", "externalValue"].iter().any(|key| example.value.get(*key).is_some())
}

fn has_example(node: &Node<'_>) -> bool {
    node.value.get("example").is_some()
}

/// Reports the strings of an example that `x-dropstub-values` does not list.
fn values(findings: &mut Findings<'_>, schema: &Node<'_>, pointer: &Pointer, example: &Value) {
    for layer in schema.layers() {
        let listed = layer.value.get("x-dropstub-values");
        if let Some((_, text)) = listed.zip(example.as_str()).filter(|(listed, text)| listed.get(text).is_none()) {
            let message = format!("the value `{text}` is not listed");
            findings.add(&VALUE_NOT_LISTED, pointer, message, "add it to `x-dropstub-values`, or correct the example");
        }
        let (properties, additional) = (layer.get("properties"), layer.get("additionalProperties"));
        for (name, value) in example.as_object().into_iter().flatten() {
            let property =
                properties.as_ref().and_then(|properties| properties.get(name)).or_else(|| additional.clone());
            let property = property.filter(|property| property.value.is_object());
            property.into_iter().for_each(|property| values(findings, &property, &pointer.child(name), value));
        }
        if let Some(items) = layer.get("items") {
            let elements = example.as_array().into_iter().flatten().enumerate();
            elements.for_each(|(index, value)| values(findings, &items, &pointer.child(index), value));
        }
    }
}

/// A validator of a schema and the targets of its references.
fn validator(root: &Value, schema: &Value) -> Result<jsonschema::Validator, String> {
    let mut components: BTreeMap<Pointer, Value> = BTreeMap::new();
    let mut next = vec![schema];
    while let Some(value) = next.pop() {
        let target = value.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference);
        let found = target.and_then(|target| target.find(root).map(|value| (target, value)));
        if let Some((target, value)) = found.filter(|(target, _)| !components.contains_key(target)) {
            components.insert(target, json_schema(value));
            next.push(value);
        }
        match value {
            Value::Object(map) => next.extend(map.values()),
            Value::Array(values) => next.extend(values),
            _ => {}
        }
    }
    // At the pointers that the references name.
    let mut whole = json!({"allOf": [json_schema(schema)]});
    for (pointer, value) in components {
        let mut target = &mut whole;
        for token in pointer.tokens() {
            let map = target.as_object_mut().ok_or("a reference into the target of another one")?;
            target = map.entry(token).or_insert_with(|| Map::new().into());
        }
        *target = value;
    }
    let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
    options.build(&whole).map_err(|error| error.to_string())
}
