//! Examples that are none: each has to satisfy the schema that it stands beside, by a judge that nothing else here uses.

use serde_json::Value;

use super::{Findings, resolve, walk};
use crate::document::Pointer;
use crate::json_schema::json_schema;

pub(super) fn look(findings: &mut Findings<'_>) {
    let root = &findings.document.value;
    let mut found: Vec<(Pointer, &Value, Value)> = Vec::new();
    walk(root, &Pointer::root(), &mut |value, pointer| {
        let Some(map) = value.as_object() else { return };
        // A parameter, a header or a media type has its schema beside the example; a schema is one.
        let schema = match map.get("schema") {
            Some(schema) => schema,
            None if map.contains_key("type") => value,
            None => return,
        };
        found.extend(map.get("example").map(|example| (pointer.child("example"), example, schema.clone())));
        for (name, example) in map.get("examples").and_then(Value::as_object).into_iter().flatten() {
            let place = pointer.child("examples").child(name).child("value");
            found.extend(resolve(root, example).get("value").map(|example| (place, example, schema.clone())));
        }
    });
    let components = json_schema(root.get("components").unwrap_or(&Value::Null));
    for (place, example, schema) in found {
        let mut schema = json_schema(&schema);
        schema["components"] = components.clone();
        let judge = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .build(&schema);
        let wrong: Vec<_> = match &judge {
            Ok(judge) => judge.iter_errors(example).map(|error| error.to_string()).collect(),
            Err(error) => vec![format!("its schema is none: {error}")],
        };
        for wrong in wrong {
            findings.add(
                &place,
                format!("an example that is none: {wrong}"),
                "let the example be what the schema says",
            );
        }
    }
}
