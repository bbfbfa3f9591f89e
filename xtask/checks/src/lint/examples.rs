//! Examples that are none: each has to satisfy the schema that it stands beside, by a judge that nothing else here uses.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::elements::Thing;
use super::{Findings, resolve};
use dropstub_document::Pointer;
use dropstub_document::json_schema;

pub(super) fn look(findings: &mut Findings<'_>, things: &[Thing<'_>]) {
    let root = &findings.document.value;
    for thing in things.iter().filter(|thing| !thing.is_reference()) {
        // A parameter, a header or a media type has its schema beside the example; a schema is one.
        let schema = if thing.kind.is_schema() { Some(thing.value) } else { thing.value.get("schema") };
        let Some(schema) = schema else { continue };
        let one = thing.value.get("example").map(|example| (thing.pointer.child("example"), example));
        let several = thing.value.get("examples").filter(|_| !thing.kind.is_schema()).and_then(Value::as_object);
        let several = several.into_iter().flatten().filter_map(|(name, example)| {
            let place = thing.pointer.child("examples").child(name).child("value");
            Some((place, resolve(root, example).get("value")?))
        });
        let examples: Vec<_> = one.into_iter().chain(several).collect();
        if examples.is_empty() {
            continue;
        }
        let judge = judge(root, schema);
        for (place, example) in examples {
            let wrong: Vec<_> = match &judge {
                Ok(judge) => judge.iter_errors(example).map(|error| error.to_string()).collect(),
                Err(error) => vec![format!("its schema is none: {error}")],
            };
            for wrong in wrong {
                let message = format!("an example that is none: {wrong}");
                findings.add(&place, message, "let the example be what the schema says");
            }
        }
    }
}

/// A validator of a schema, with what it leads to.
fn judge(root: &Value, schema: &Value) -> Result<jsonschema::Validator, String> {
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
    // Under the very places that the references name.
    let mut whole = json!({"allOf": [json_schema(schema)]});
    for (pointer, value) in components {
        let mut place = &mut whole;
        for token in pointer.tokens() {
            let map = place.as_object_mut().ok_or("a reference into what is referred to")?;
            place = map.entry(token).or_insert_with(|| Map::new().into());
        }
        *place = value;
    }
    let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
    options.build(&whole).map_err(|error| error.to_string())
}
