//! Request bodies.

use super::parameters::is_text;
use super::responses;
use super::schemas::Schemas;
use crate::ir::{Additional, Body, Kind, Media, Object, Schema, Text, TextFormat};
use crate::reader::Reader;
use crate::rules;

/// Reads a request body of an operation whose type names begin with `prefix`.
pub(super) fn body(node: &Reader<'_, '_>, prefix: &str, schemas: &mut Schemas) -> Option<Body> {
    let node = node.resolve()?;
    let object = node.object("a request body");
    object.documentation(&["description"]);
    if !object.flag("required") {
        node.report(&rules::BODY_OPTIONAL, "an optional request body", "add `required: true`");
    }
    let max_bytes = object.get("x-dropstub-max-bytes").and_then(|node| node.size());
    let content = object.require("content");
    object.finish();
    let (media, schema) = responses::content(&content?, &Media::ALL, &format!("{prefix}Body"), schemas)?;
    // OpenAPI describes bytes as a binary string.
    let bytes = Text { format: Some(TextFormat::Other("binary".to_owned())), ..Text::default() };
    let schema = schema.unwrap_or_else(|| Schema::of(Kind::Text(bytes)));
    if media == Media::Form && (schema.nullable || !is_form(&schema.kind, schemas)) {
        node.report(
            &rules::FORM_UNSUPPORTED,
            "a form that is not an object of plain values",
            "use an object of strings, numbers and booleans",
        );
        return None;
    }
    Some(Body { media, schema, max_bytes })
}

/// Whether a form can represent the value: names with plain values.
fn is_form(kind: &Kind, schemas: &Schemas) -> bool {
    let Kind::Object(Object { properties, additional, .. }) = schemas.kind_of(kind) else { return false };
    !matches!(additional, Additional::Each(each) if !matches!(each.kind, Kind::Any))
        && properties.iter().all(|property| {
            (!property.schema.nullable || !property.required) && is_text(&property.schema.kind, schemas)
        })
}
