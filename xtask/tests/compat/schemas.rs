//! Changes of small documents: schemas in both directions, and constructs that Aether's contract does not use.

use super::{
    Class,
    Direction::{Operation, Request, Response},
    Value,
    Verdict::{self, Breaking, Compatible, Documentation},
    changes, classes, json,
    support::set,
};

const OPERATION: &str = "/paths/~1a/put";

/// A document with one operation that receives and returns `schema`, and the components `A` and `B`.
fn echo(schema: &Value) -> Value {
    let a = json!({"type": "object", "properties": {"p": {"type": "string"}, "r": {"type": "string"}}});
    let content = json!({"application/json": {"schema": schema}});
    json!({
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1.0.0"},
        "paths": {"/a": {"put": {
            "operationId": "put",
            "requestBody": {"content": content},
            "responses": {"200": {"description": "It.", "content": content}},
        }}},
        "components": {"schemas": {"A": a, "B": {"type": "object", "properties": {"q": {"type": "string"}}}}},
    })
}

/// The worst verdicts of a change of a schema: for requests and for responses.
pub(crate) fn verdicts(base: &Value, revised: &Value) -> (Option<Verdict>, Option<Verdict>) {
    let changes = changes(&echo(base), &echo(revised));
    let worst = |direction| changes.iter().filter(|it| it.direction == direction).map(|it| it.verdict).min();
    (worst(Request), worst(Response))
}

/// Two schemas, and the verdicts of the change.
type Row = (Value, Value, (Option<Verdict>, Option<Verdict>));

/// Changes of keywords, in a schema of its own or next to `allOf` with a reference.
fn schema_rows() -> Vec<Row> {
    let a = || json!({"$ref": "#/components/schemas/A"});
    let b = || json!({"$ref": "#/components/schemas/B"});
    let narrower = (Some(Breaking), Some(Compatible));
    let object = |properties: &[&str], required: &[&str]| {
        let properties: serde_json::Map<_, _> =
            properties.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
        json!({"type": "object", "required": required, "properties": properties})
    };
    vec![
        (json!({"type": "string"}), json!({"type": "string", "enum": ["a"]}), narrower),
        (json!({"allOf": [a()]}), json!({"allOf": [a(), b()]}), narrower),
        (object(&["p"], &[]), object(&["p", "q"], &["q"]), narrower),
        (json!({"allOf": [a()]}), json!({"allOf": [a()], "required": ["p"]}), narrower),
        (json!({"allOf": [a()]}), json!({"allOf": [a()], "maxProperties": 1}), narrower),
        (json!({"allOf": [a(), {"required": ["p"]}]}), json!({"allOf": [a(), {"required": ["p", "r"]}]}), narrower),
        (
            json!({"allOf": [a()], "default": {}}),
            json!({"allOf": [a()], "default": {"p": "x"}}),
            (Some(Breaking), Some(Breaking)),
        ),
        (
            json!({"allOf": [a()]}),
            json!({"allOf": [a()], "deprecated": true}),
            (Some(Documentation), Some(Documentation)),
        ),
        (json!({"allOf": [a()]}), json!({"allOf": [a()], "type": "object"}), (None, None)),
        (json!({"allOf": [a()]}), a(), (None, None)),
    ]
}

/// A document, a revised one, and the worst verdict.
type DocumentRow = (Value, Value, Option<Verdict>);

fn document_rows() -> Vec<DocumentRow> {
    let base = || echo(&json!({"type": "integer", "minimum": 9_007_199_254_740_992_i64}));
    let with = |edits: &[(&str, Value)]| {
        let mut document = base();
        edits.iter().for_each(|(pointer, value)| set(&mut document, &pointer.replace("{}", OPERATION), value.clone()));
        document
    };
    let basic = json!({"type": "http", "scheme": "basic"});
    let key = |name: &str| json!({"type": "apiKey", "in": "query", "name": name});
    let schemes = |a: Value| json!({"a": a, "b": {"type": "http", "scheme": "bearer"}});
    let media = |schema: &str| json!([{"name": "p", "in": "query", "content": {"application/json": {"schema": {"type": schema}}}}]);
    let redirect = |status: &str| json!({status: {"description": "There."}});
    let schema = "{}/requestBody/content/application~1json/schema";
    let minimum = &format!("{schema}/minimum");
    let row = |base: &[(&str, Value)], revised: &[(&str, Value)], verdict| (with(base), with(revised), verdict);
    vec![
        row(&[], &[(minimum, json!(9_007_199_254_740_993_i64))], Some(Breaking)),
        row(&[], &[(schema, Value::Null)], Some(Compatible)),
        row(
            &[(schema, json!({"allOf": [{"type": "string"}, {"maxLength": 3}]}))],
            &[(schema, json!({"allOf": [{"maxLength": 2}, {"type": "string"}]}))],
            Some(Breaking),
        ),
        row(&[("{}/parameters", media("string"))], &[("{}/parameters", media("integer"))], Some(Breaking)),
        row(&[], &[("{}/requestBody/content/application~1json/encoding", json!({"a": {}}))], Some(Breaking)),
        row(&[], &[("{}/callbacks", json!({"a": {"b": {}}}))], Some(Breaking)),
        row(&[], &[("/paths/~1a/servers", json!([{"url": "/x"}]))], Some(Breaking)),
        row(&[("{}/responses", redirect("302"))], &[("{}/responses", redirect("303"))], Some(Breaking)),
        row(
            &[("/components/securitySchemes", schemes(key("k")))],
            &[("/components/securitySchemes", schemes(key("K")))],
            Some(Breaking),
        ),
        row(
            &[
                ("/components/securitySchemes", schemes(basic.clone())),
                ("/security", json!([{"a": [], "b": ["x", "y"]}])),
            ],
            &[("/components/securitySchemes", schemes(basic)), ("/security", json!([{"b": ["y", "x"], "a": []}]))],
            None,
        ),
        row(&[("/security", json!([{"a": ["x", "y"]}]))], &[("/security", json!([{"a": ["x"]}]))], Some(Compatible)),
        row(&[("/security", json!([{"a": ["x"]}]))], &[("/security", json!([{"a": ["x", "y"]}]))], Some(Breaking)),
    ]
}

/// A document, a revised one, and the classes of the change.
type ClassRow = (Value, Value, Vec<Class>);

/// Changes whose rules no row of Aether's contract has.
fn class_rows() -> Vec<ClassRow> {
    let (a, b) = (json!({"$ref": "#/components/schemas/A"}), json!({"$ref": "#/components/schemas/B"}));
    let text = json!({"type": "string"});
    let with = |pointer: &str, value: Value| {
        let mut document = echo(&text);
        set(&mut document, &pointer.replace("{}", OPERATION), value);
        document
    };
    let without_schema = || with("{}/requestBody/content/application~1json/schema", Value::Null);
    let one_of = |alternatives: &[&Value]| echo(&json!({"oneOf": alternatives}));
    let parameter = |required: bool| with("{}/parameters", json!([{"name": "p", "in": "query", "required": required}]));
    let body = |required: bool| with("{}/requestBody/required", json!(required));
    let object = |required: &[&str]| echo(&json!({"type": "object", "required": required, "properties": {"a": text}}));
    let secured = |required: &[&str], defined: &[&str]| {
        let bearer = |name: &&str| ((*name).to_owned(), json!({"type": "http", "scheme": "bearer"}));
        let mut document = with("/components/securitySchemes", defined.iter().map(bearer).collect());
        let required: Vec<_> = required.iter().map(|name| json!({*name: []})).collect();
        set(&mut document, "/security", required.into());
        document
    };
    let (closed, closed_and_more) = added_property(&json!(false));
    let (inlined, without_component) = inlined_component();
    vec![
        (without_schema(), echo(&text), vec![("schema-added", Breaking, Request)]),
        (echo(&text), without_schema(), vec![("schema-removed", Compatible, Request)]),
        (
            echo(&text),
            echo(&json!({"type": "string", "enum": ["a"]})),
            vec![("enum-changed", Breaking, Request), ("enum-changed", Compatible, Response)],
        ),
        (
            one_of(&[&a, &b]),
            one_of(&[&a]),
            vec![("alternative-removed", Breaking, Request), ("alternative-removed", Compatible, Response)],
        ),
        (
            one_of(&[&a]),
            one_of(&[&a, &b]),
            vec![("alternative-added", Compatible, Request), ("alternative-added", Compatible, Response)],
        ),
        (
            echo(&json!({"allOf": [a]})),
            echo(&json!({"allOf": [a, b]})),
            vec![("all-of-changed", Breaking, Request), ("all-of-changed", Compatible, Response)],
        ),
        (
            echo(&json!({"type": "object"})),
            object(&["a"]),
            vec![("property-added", Compatible, Response), ("required-property-added", Breaking, Request)],
        ),
        (
            echo(&closed),
            echo(&closed_and_more),
            vec![("property-added", Compatible, Request), ("property-added-to-closed-object", Breaking, Response)],
        ),
        (parameter(true), parameter(false), vec![("parameter-became-optional", Compatible, Request)]),
        (body(false), body(true), vec![("request-body-became-required", Breaking, Request)]),
        (echo(&text), with("/x-dropstub-strict-query", json!(true)), vec![("strict-query-added", Breaking, Request)]),
        (echo(&text), with("{}/x-dropstub-strict-query", json!(false)), vec![]),
        (
            echo(&a),
            echo(&b),
            vec![
                ("component-schema-renamed", Breaking, Request),
                ("component-schema-renamed", Breaking, Response),
                ("property-added", Compatible, Request),
                ("property-added", Compatible, Response),
                ("property-removed", Breaking, Request),
                ("property-removed", Breaking, Response),
            ],
        ),
        (inlined, without_component, vec![("component-schema-removed", Breaking, Operation)]),
        (secured(&["a"], &["a", "b"]), secured(&["a"], &["b"]), vec![("security-scheme-changed", Breaking, Request)]),
        (secured(&["a"], &["a", "b"]), secured(&[], &["b"]), vec![("security-loosened", Compatible, Request)]),
        (secured(&["a"], &["a", "b"]), secured(&["a"], &["a"]), vec![]),
    ]
}

/// The expected rules of all rows.
pub(crate) fn rules() -> impl Iterator<Item = &'static str> {
    class_rows().into_iter().flat_map(|(_, _, classes)| classes).map(|(rule, _, _)| rule)
}

/// A document in which the component `A` was replaced by its schema.
fn inlined_component() -> (Value, Value) {
    let reference = json!({"$ref": "#/components/schemas/A"});
    let (base, mut revised) = (echo(&reference), echo(&json!(null)));
    let a = base["components"]["schemas"]["A"].clone();
    for place in ["requestBody", "responses/200"] {
        set(&mut revised, &format!("{OPERATION}/{place}/content/application~1json/schema"), a.clone());
    }
    set(&mut revised, "/components/schemas/A", Value::Null);
    (base, revised)
}

/// An object whose properties are `a` and, in the revised schema, `b`.
fn added_property(additional: &Value) -> (Value, Value) {
    let base = json!({"type": "object", "additionalProperties": additional, "properties": {"a": {"type": "string"}}});
    let mut revised = base.clone();
    revised["properties"]["b"] = json!({"type": "integer"});
    (base, revised)
}

#[test]
fn change_of_a_schema_has_its_verdicts() {
    for (base, revised, expected) in schema_rows() {
        assert_eq!(verdicts(&base, &revised), expected, "{base} to {revised}");
    }
}

#[test]
fn change_of_a_small_document_has_its_verdict() {
    for (base, revised, expected) in document_rows() {
        let worst = changes(&base, &revised).iter().map(|change| change.verdict).min();
        assert_eq!(worst, expected, "{base}\nto\n{revised}");
    }
}

#[test]
fn change_of_a_small_document_has_its_rules() {
    for (base, revised, expected) in class_rows() {
        assert_eq!(classes(&changes(&base, &revised)), expected, "{base}\nto\n{revised}");
    }
}

#[test]
fn stated_default_makes_no_difference() {
    for (base, revised) in [
        (json!({"type": "string"}), json!({"type": "string", "minLength": 0, "nullable": false, "readOnly": false})),
        (
            json!({"type": "array", "items": {}}),
            json!({"type": "array", "items": {}, "minItems": 0, "uniqueItems": false}),
        ),
        (json!({"type": "object"}), json!({"type": "object", "additionalProperties": {}, "minProperties": 0})),
        (json!({"type": "object", "additionalProperties": true}), json!({"type": "object"})),
        (
            json!({"type": "integer", "maximum": 7}),
            json!({"type": "integer", "maximum": 7.0, "exclusiveMaximum": false}),
        ),
        (json!({"type": "integer", "enum": [1, 2]}), json!({"type": "integer", "enum": [2.0, 1.0]})),
    ] {
        assert_eq!(changes(&echo(&base), &echo(&revised)), [], "{base} to {revised}");
        assert_eq!(changes(&echo(&revised), &echo(&base)), [], "{revised} to {base}");
    }
}

#[test]
fn verdict_of_an_added_property_depends_on_additional_properties() {
    let with = |additional: Value| {
        let (base, revised) = added_property(&additional);
        verdicts(&base, &revised)
    };
    assert_eq!(with(json!(true)), (Some(Compatible), Some(Compatible)));
    assert_eq!(with(json!(false)), (Some(Compatible), Some(Breaking)));
    assert_eq!(with(json!({"type": "integer"})), (Some(Compatible), Some(Compatible)));
    assert_eq!(with(json!({"type": "string"})), (Some(Breaking), Some(Breaking)));
}

#[test]
fn inlined_component_schema_is_breaking_because_its_name_disappears() {
    let (base, revised) = inlined_component();
    let found = changes(&base, &revised);
    assert_eq!(classes(&found), [("component-schema-removed", Breaking, Operation)], "{found:?}");
    assert!(found[0].removed, "{found:?}");
}
