//! Parameters of operations, and pagination.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::schemas::Schemas;
use crate::ir::{Kind, Location, Operation, Parameter, Schema};
use crate::names;
use crate::reader::{Object, Reader};
use crate::rules;

/// The headers that other parts of a document define. OpenAPI 3.0 ignores parameters with these names.
const IGNORED_HEADERS: [&str; 3] = ["accept", "authorization", "content-type"];

/// The place of parameters: a path template, and the parameters of its path item.
#[derive(Clone, Copy)]
pub(super) struct Place<'c, 's, 'd> {
    /// The variables of the path template.
    pub(super) variables: &'c [&'d str],
    /// The parameters of the path item.
    pub(super) common: Option<&'c Reader<'s, 'd>>,
}

impl<'s, 'd> Place<'_, 's, 'd> {
    /// Reads the parameters of an operation whose type names begin with `prefix`.
    pub(super) fn parameters(self, operation: &Object<'s, 'd>, prefix: &str, schemas: &mut Schemas) -> Vec<Parameter> {
        // A parameter of the operation replaces the path item's parameter with the same name and location.
        let mut nodes: BTreeMap<(Location, String), (Reader<'s, 'd>, Object<'s, 'd>)> = BTreeMap::new();
        for list in self.common.cloned().into_iter().chain(operation.get("parameters")) {
            let mut seen = BTreeSet::new();
            for node in list.items().iter().filter_map(Reader::resolve) {
                let object = node.object("a parameter");
                let Some(name) = object.require("name").and_then(|name| name.str()) else { continue };
                let Some(location) = object.require("in").and_then(|node| location(&node)) else {
                    // The schema can have diagnostics of its own.
                    let _ = object.get("schema").and_then(|schema| schemas.read(&schema, &format!("{prefix}Other")));
                    continue;
                };
                if !seen.insert((location, name)) {
                    node.report(
                        &rules::PARAMETER_DUPLICATE,
                        format!("duplicate parameter `{name}`"),
                        "remove one of them",
                    );
                }
                nodes.insert((location, name.to_owned()), (node, object));
            }
        }
        for name in self.variables {
            if !nodes.contains_key(&(Location::Path, (*name).to_owned())) {
                operation.node.report(
                    &rules::PATH_PARAMETER_MISSING,
                    format!("the path parameter `{{{name}}}` is not documented"),
                    "document it",
                );
            }
        }
        let mut parameters: Vec<Parameter> = Vec::new();
        for ((location, name), (node, object)) in nodes {
            let Some(parameter) = self.parameter(name, location, &node, object, prefix, schemas) else { continue };
            let clashes = |other: &Parameter| match (other.location, location) {
                // Dropshot requires different names, and Rust different fields.
                (Location::Path, Location::Query) => other.name == parameter.name,
                (one, other_location) => one == other_location && other.rust == parameter.rust,
            };
            if parameters.iter().any(clashes) {
                node.report(
                    &rules::PARAMETER_NAME_COLLIDES,
                    format!("`{}` has no unique Rust field name", parameter.name),
                    "use names that differ in letters and digits, and not the same in path and query",
                );
            }
            parameters.push(parameter);
        }
        parameters
    }

    fn parameter(
        self,
        name: String,
        location: Location,
        node: &Reader<'s, 'd>,
        object: Object<'s, 'd>,
        prefix: &str,
        schemas: &mut Schemas,
    ) -> Option<Parameter> {
        object.documentation(&["example", "examples"]);
        let (description, required) = (object.string("description"), object.flag("required"));
        let (style, explode) = if location == Location::Query { ("form", true) } else { ("simple", false) };
        for (key, default) in [
            ("style", Value::from(style)),
            ("explode", explode.into()),
            ("allowReserved", false.into()),
            ("allowEmptyValue", false.into()),
            ("deprecated", false.into()),
        ] {
            if let Some(node) = object.get(key).filter(|node| *node.value != default) {
                node.report(
                    &rules::SERIALIZATION_UNSUPPORTED,
                    format!("`{key}: {}` is not supported", node.value),
                    format!("remove it; the default is {default}"),
                );
            }
        }
        if location == Location::Path && !(required && self.variables.contains(&name.as_str())) {
            node.report(
                &rules::PATH_PARAMETER_UNKNOWN,
                format!("the path has no `{{{name}}}`, or the parameter is not required"),
                "make both agree",
            );
        }
        if location == Location::Header && IGNORED_HEADERS.iter().any(|ignored| name.eq_ignore_ascii_case(ignored)) {
            node.report(
                &rules::PARAMETER_IGNORED,
                format!("OpenAPI 3.0 ignores the header parameter `{name}`"),
                "remove it; `security` and the media type define it",
            );
        }
        let schema_node = object.require("schema")?;
        object.finish();
        let (Some(rust), Some(pascal)) = (names::snake(&name), names::pascal(&name)) else {
            node.report(
                &rules::FIELD_NAME_INVALID,
                format!("`{name}` has no Rust field name"),
                "use ASCII letters and digits",
            );
            return None;
        };
        let schema = schemas.read(&schema_node, &format!("{prefix}{pascal}"))?;
        if !is_text(&schema.kind, schemas) {
            schema_node.report(
                &rules::PARAMETER_TYPE_UNSUPPORTED,
                "a parameter that is a list or an object",
                "use a string, a number or a boolean",
            );
            return None;
        }
        if schema.nullable && (required || location != Location::Query) {
            schema_node.report(&rules::PARAMETER_NULLABLE, "a nullable parameter", "make it optional instead");
        }
        let default = schema.overlay.get("default").cloned();
        // The default `null` only means that the parameter is optional.
        let default = default.filter(|default| !default.is_null());
        if let Some(default) = &default {
            if required {
                schema_node.report(
                    &rules::DEFAULT_ON_REQUIRED,
                    "a required parameter with a default",
                    "remove one of them",
                );
            }
            schemas.check_default(schema_node.pointer.child("default"), &schema, default);
        }
        // The tables have the defaults of parameters: dropshot does not emit them.
        let mut overlay = schema.overlay;
        overlay.shift_remove("default");
        let schema = Schema { description: description.or(schema.description), overlay, ..schema };
        Some(Parameter { name, rust, location, required, schema, default })
    }
}

/// The parameters that the first page requires. Older dropshot servers emit `true`.
pub(super) fn first_page(node: &Reader<'_, '_>) -> Vec<String> {
    if *node.value == Value::Bool(true) {
        return Vec::new();
    }
    let object = node.object("a pagination object");
    let required = object.require("required").map(|node| node.items()).unwrap_or_default();
    object.finish();
    required.iter().filter_map(|node| node.str().map(str::to_owned)).collect()
}

/// Reports a path parameter whose field belongs to a different parameter of another path: authorization has one struct with a field
/// for each path parameter.
pub(super) fn check_fields(node: &Reader<'_, '_>, operation: &Operation, others: &[Operation]) {
    for parameter in operation.parameters(Location::Path) {
        let mut known = others.iter().flat_map(|other| other.parameters(Location::Path));
        if let Some(other) = known.find(|other| other.rust == parameter.rust && other.name != parameter.name) {
            node.report(
                &rules::PARAMETER_NAME_COLLIDES,
                format!("the path parameters `{}` and `{}` have the same Rust name", parameter.name, other.name),
                "use one name, or names that differ in letters and digits",
            );
        }
    }
}

fn location(node: &Reader<'_, '_>) -> Option<Location> {
    match node.str()? {
        "path" => Some(Location::Path),
        "query" => Some(Location::Query),
        "header" => Some(Location::Header),
        other => {
            node.report(
                &rules::PARAMETER_LOCATION_UNSUPPORTED,
                format!("parameters in `{other}` are not supported"),
                "use path, query or header",
            );
            None
        }
    }
}

/// The maximum nesting of alternatives in a parameter. A deeper one is usually a cycle.
const DEPTH: usize = 16;

/// Whether a value is one text in a parameter or a form.
pub(super) fn is_text(kind: &Kind, schemas: &Schemas) -> bool {
    is_text_within(kind, schemas, DEPTH)
}

fn is_text_within(kind: &Kind, schemas: &Schemas, depth: usize) -> bool {
    match schemas.kind_of(kind) {
        // Any value includes texts.
        Kind::Any | Kind::Boolean | Kind::Integer(_) | Kind::Number(_) | Kind::Text(_) => true,
        Kind::Union(union) => union.alternatives.iter().all(|alternative| {
            let schema = &alternative.schema;
            !schema.nullable && depth > 0 && is_text_within(&schema.kind, schemas, depth - 1)
        }),
        Kind::Null | Kind::Array { .. } | Kind::Object(_) | Kind::Named(_) => false,
    }
}
