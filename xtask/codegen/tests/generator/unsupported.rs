//! Constructs that the generator does not support. Each rule has at least one document that violates only it.

use std::collections::BTreeSet;

use dropstub_codegen::{Api, RULES, STACK_SIZE};
use dropstub_document::{Diagnostic, Document};
use serde_json::{Value, json};

use crate::fixture;

/// One invalid document: the edits of the valid one, and the rule of the expected diagnostic.
struct Row {
    edits: Vec<(String, Value)>,
    rule: &'static str,
    pointer: String,
}

/// Abbreviations of pointers.
const ABBREVIATIONS: [(&str, &str); 13] = [
    ("MESSAGE", "/components/schemas/Error/properties/message"),
    ("GET", "/paths/~1things~1{thing}/get"),
    ("PUT", "/paths/~1things~1{thing}/put"),
    ("ITEM", "/paths/~1things~1{thing}"),
    ("BODY", "/paths/~1things~1{thing}/put/requestBody"),
    ("OK", "/paths/~1things~1{thing}/get/responses/200"),
    ("SIZE", "/paths/~1things~1{thing}/get/responses/200/headers/X-Size"),
    ("QUERY", "/paths/~1things~1{thing}/get/parameters/0"),
    ("PATH", "/paths/~1things~1{thing}/parameters/0"),
    ("THING", "/components/schemas/Thing"),
    ("NAME", "/components/schemas/Thing/properties/name"),
    ("LIST", "/components/schemas/Thing/properties/list"),
    ("MAP", "/components/schemas/Thing/properties/map"),
];

/// The pointer with its abbreviation expanded.
fn full(pointer: &str) -> String {
    let (first, rest) = pointer.split_once('/').map_or((pointer, String::new()), |(it, rest)| (it, format!("/{rest}")));
    let place = ABBREVIATIONS.iter().find(|(name, _)| *name == first).map_or(first, |(_, place)| place);
    format!("{place}{rest}")
}

/// A row whose diagnostic is at its first edit, or elsewhere with `at`.
fn row<const N: usize>(edits: [(&str, Value); N], rule: &'static str) -> Row {
    let pointer = full(edits[0].0);
    Row { edits: edits.into_iter().map(|(place, value)| (full(place), value)).collect(), rule, pointer }
}

impl Row {
    fn at(self, pointer: &str) -> Self {
        Self { pointer: full(pointer), ..self }
    }
}

#[rustfmt::skip]
#[allow(clippy::too_many_lines, reason = "it is a table")]
fn rows() -> Vec<Row> {
    let string = || json!({"type": "string"});
    let error = || json!({"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}});
    let left = |name: &str| json!({name: {"schema": string(), "x-dropstub-admission": true}});
    let parameter = |name: &str, location: &str| json!({"name": name, "in": location, "required": location == "path", "schema": {"type": "string"}});
    vec![
        // The document as a whole.
        row([("/openapi", json!("3.1.0"))], "openapi-version-unsupported"),
        row([("/info/version", json!("1.0"))], "version-invalid"),
        row([("/info/version", json!("v1"))], "version-invalid"),
        row([("/info", Value::Null)], "value-type-wrong"),
        row([("/info/title", json!(1))], "value-type-wrong"),
        row([("/webhooks", json!({}))], "keyword-unsupported"),
        row([("/x-dropstub-required-scopes", json!([]))], "extension-misplaced"),
        row([("/tags", json!("a"))], "value-type-wrong"),
        row([("/servers", json!("a"))], "value-type-wrong"),
        row([("/servers", json!([{"ur": "/"}]))], "key-missing").at("/servers/0"),
        row([("/tags", json!([{}]))], "key-missing").at("/tags/0"),
        row([("/paths", json!([]))], "value-type-wrong"),
        row([("/paths", json!({}))], "operations-missing"),
        row([("/components/securitySchemes/key", json!({"type": "apiKey", "name": "k", "in": "query"}))], "security-unsupported"),
        row([("/components/responses/Bad/content/application~1json/schema/$ref", json!("#/components/schemas/Thing"))], "error-schemas-differ").at("GET/responses/422"),

        // References.
        row([("NAME", json!({"$ref": "#/components/schemas/None"}))], "reference-unresolved"),
        row([("NAME", json!({"$ref": "other.yaml#/a"}))], "reference-unresolved"),
        row([("NAME", json!({"$ref": 1}))], "reference-unresolved"),
        row([("NAME", json!({"$ref": "#/components/schemas/Thing/properties/size"}))], "reference-not-component"),
        row([("NAME", json!({"$ref": "#/components/responses/Bad"}))], "reference-not-component"),
        row([("/components/schemas/Secret", json!({"$ref": "#/components/schemas/Secret"}))], "reference-unresolved").at("THING/properties/secret"),
        row([("THING/properties/secret/nullable", json!(true))], "reference-sibling"),
        row([("THING/properties/secret/x-dropstub-check", json!("a"))], "extension-misplaced"),

        // Paths.
        row([("/paths/things", json!({}))], "path-invalid"),
        row([("/paths/~1things~1", json!({}))], "path-invalid"),
        row([("/paths/~1other~1{a", json!({}))], "path-invalid"),
        row([("/paths/~1other~1{a:.*}", json!({}))], "path-invalid"),
        row([("/paths/~1other~1{a}.json", json!({}))], "path-invalid"),
        row([("/paths/~1other~1{a}~1{a}", json!({}))], "path-invalid"),
        row([("/paths/~1things~1{other}~1x", json!({}))], "path-parameter-conflict"),
        row([("/paths/~1things~1all", json!({}))], "path-parameter-conflict"),
        row([("ITEM/trace", json!({}))], "keyword-unsupported"),
        row([("ITEM/x-dropstub-max-bytes", json!(1))], "extension-misplaced"),

        // Operations.
        row([("GET/operationId", json!("*"))], "operation-id-invalid"),
        row([("GET/operationId", json!("Authorize"))], "operation-id-reserved"),
        row([("GET/operationId", json!("errorBodyAsThing"))], "operation-id-reserved"),
        row([("GET/operationId", json!("replayPutThing")), ("PUT/x-dropstub-idempotent", json!(true))], "operation-id-reserved").at("PUT"),
        row([("PUT/operationId", json!("getThing"))], "operation-id-duplicate"),
        row([("PUT/operationId", json!("get_thing"))], "type-name-collides"),
        row([("GET/operationId", Value::Null)], "value-type-wrong"),
        row([("GET/x-dropshot-websocket", json!({}))], "websocket-unsupported"),
        row([("GET/x-dropshot-pagination", json!({"required": ["other"]}))], "pagination-parameter-missing").at("GET"),
        row([("GET/x-dropshot-pagination", json!({"required": [], "other": 1}))], "keyword-unsupported").at("GET/x-dropshot-pagination/other"),
        row([("ITEM/x-dropshot-pagination", json!({}))], "extension-misplaced"),
        row([("GET/callbacks", json!({}))], "keyword-unsupported"),
        row([("GET/servers", json!([]))], "keyword-unsupported"),
        row([("GET/deprecated", json!("yes"))], "value-type-wrong"),
        row([("GET/security", json!([{}]))], "security-unsupported").at("GET/security/0"),
        row([("GET/security", json!([{"key": ["a"]}]))], "security-scopes").at("GET/security/0/key"),
        row([("GET/security", json!([{"card": []}]))], "security-scheme-missing").at("GET/security/0/card"),
        row([("GET/security", json!([])), ("GET/x-dropstub-required-scopes", json!(["a"]))], "scopes-without-security").at("GET"),
        row([("GET/responses", json!({"200": {"description": ""}, "401": {"$ref": "#/components/responses/Unauthorized"}, "422": {"$ref": "#/components/responses/Bad"}}))], "status-undocumented").at("GET"),
        row([("GET/responses/401", json!({"description": "", "content": error()}))], "denial-not-shared").at("GET"),
        row([("/components/responses/Late/headers", json!({"X-Late": {"required": true, "schema": string()}}))], "header-of-stub-response").at("PUT"),

        row([("GET/x-dropstub-scope-exemption", json!("own"))], "scope-exemption-without-scopes").at("GET"),
        row([("GET/security", json!([])), ("GET/x-dropstub-idempotent", json!(true))], "idempotent-without-security").at("GET"),
        row([("GET/x-dropstub-invalid-status", json!(201))], "invalid-status-unsupported").at("GET"),
        row([("GET/x-dropstub-invalid-status", json!(404))], "status-undocumented").at("GET"),
        row([("ITEM/x-dropstub-admission", json!(true))], "extension-misplaced"),
        row([("GET/x-dropstub-admission", json!(true))], "extension-misplaced"),

        // Parameters.
        row([("PATH/name", json!("other"))], "path-parameter-missing").at("GET"),
        row([("PATH/required", json!(false))], "path-parameter-unknown").at("PATH"),
        row([("GET/parameters/1", parameter("other", "path"))], "path-parameter-unknown"),
        row([("QUERY/in", json!("cookie"))], "parameter-location-unsupported"),
        row([("QUERY/explode", json!(false))], "serialization-unsupported"),
        row([("QUERY/style", json!("deepObject"))], "serialization-unsupported"),
        row([("QUERY/content", json!({}))], "keyword-unsupported"),
        row([("QUERY/name", json!("ä"))], "field-name-invalid").at("QUERY"),
        row([("GET/parameters/1", parameter("size", "query"))], "parameter-duplicate"),
        row([("GET/parameters/1", parameter("Size", "query"))], "parameter-name-collides").at("QUERY"),
        row([("GET/parameters/1", parameter("thing", "query"))], "parameter-name-collides"),
        row([("GET/parameters/1", parameter("authorization", "header"))], "parameter-ignored"),
        row([("QUERY/schema", json!({"type": "array", "items": string()}))], "parameter-type-unsupported"),
        row([("PATH/schema", json!({"type": "array", "items": string()}))], "parameter-type-unsupported"),
        row([("QUERY/schema", json!({"type": "object"}))], "parameter-type-unsupported"),
        row([("PATH/schema/nullable", json!(true))], "parameter-nullable").at("PATH/schema"),
        row([("QUERY/required", json!(true)), ("QUERY/schema/nullable", json!(true))], "parameter-nullable").at("QUERY/schema"),
        row([("QUERY/required", json!(true)), ("QUERY/schema/default", json!(1))], "default-on-required").at("QUERY/schema"),
        row([("QUERY/schema/default", json!(10))], "default-invalid"),
        row([("QUERY/schema/default", json!("1"))], "default-invalid"),
        row([("QUERY/schema", json!({"type": "boolean", "default": 1}))], "default-invalid").at("QUERY/schema/default"),
        row([("QUERY/schema", json!({"type": "integer", "format": "uint32", "default": -1}))], "default-invalid").at("QUERY/schema/default"),
        row([("QUERY/schema", json!({"type": "integer", "minimum": 0, "exclusiveMinimum": true, "default": 0}))], "default-invalid").at("QUERY/schema/default"),
        row([("QUERY/schema", json!({"type": "number", "maximum": 1, "exclusiveMaximum": true, "default": 1}))], "default-invalid").at("QUERY/schema/default"),
        row([("QUERY/schema", json!({"type": "number", "multipleOf": 0.5, "default": 0.7}))], "default-invalid").at("QUERY/schema/default"),
        row([("QUERY/schema", json!({"type": "string", "pattern": "^a$", "default": "b"}))], "default-invalid").at("QUERY/schema/default"),
        row([("LIST", json!({"type": "array", "items": string(), "uniqueItems": true, "default": ["a", "a"]}))], "default-invalid").at("LIST/default"),
        row([("MAP", json!({"type": "object", "additionalProperties": string(), "minProperties": 1, "default": {}}))], "default-invalid").at("MAP/default"),
        row([("QUERY/schema/x-dropstub-check", json!("a"))], "extension-misplaced"),
        row([("QUERY/schema", json!({"type": "string", "x-dropstub-check": "a"}))], "check-without-caller").at("ITEM"),
        row([("/paths/~1a~1{Thing}", json!({"get": {"operationId": "a", "parameters": [parameter("Thing", "path")], "responses": {
            "200": {"description": ""}, "401": {"$ref": "#/components/responses/Unauthorized"},
            "422": {"$ref": "#/components/responses/Bad"}, "500": {"$ref": "#/components/responses/Internal"},
        }}}))], "parameter-name-collides").at("/paths/~1a~1{Thing}/get"),

        // Bodies.
        row([("BODY/required", json!(false))], "body-optional").at("BODY"),
        row([("BODY/x-dropstub-max-bytes", json!(-1))], "value-type-wrong"),
        row([("BODY/content", json!({}))], "media-type-unsupported"),
        row([("BODY/content", json!({"text/plain": {"schema": string()}}))], "media-type-unsupported").at("BODY/content/text~1plain"),
        row([("BODY/content", json!({"application/x-www-form-urlencoded": {"schema": string()}}))], "form-unsupported").at("BODY"),
        row([("BODY/content", json!({"application/x-www-form-urlencoded": {"schema": {"$ref": "#/components/schemas/Thing"}}}))], "form-unsupported").at("BODY"),
        row([("BODY/content", json!({"multipart/form-data": {"schema": string()}}))], "media-type-unsupported").at("BODY/content/multipart~1form-data"),
        row([("BODY/content", json!({"application/octet-stream": {"schema": string()}}))], "bytes-schema-invalid").at("BODY/content/application~1octet-stream/schema"),
        row([("BODY/content/application~1json/encoding", json!({}))], "keyword-unsupported"),
        row([("BODY/content/application~1json", json!({}))], "key-missing"),

        // Responses.
        row([("GET/responses/default", json!({"description": ""}))], "default-response-unsupported"),
        row([("GET/responses", json!({"default": {"description": ""}}))], "default-response-unsupported").at("GET/responses/default"),
        row([("GET/responses/4XX", json!({"description": ""}))], "error-without-content"),
        row([("GET/responses/404", json!({"description": "", "content": {"*/*": {"schema": {}}}}))], "error-not-object").at("GET/responses/404/content"),
        row([("GET/responses/404", json!({"description": "", "content": {"application/json": {"schema": string()}}}))], "error-not-object"),
        row([("GET/responses/2XX", json!({"description": ""}))], "status-invalid"),
        row([("GET/responses/+404", json!({"description": ""}))], "status-invalid"),
        row([("GET/responses/499", json!({"description": ""}))], "status-invalid"),
        row([("GET/responses/202", json!({"description": ""}))], "success-several"),
        row([("GET/responses/301", json!({"description": ""}))], "success-several"),
        row([("GET/responses", json!({"401": {"$ref": "#/components/responses/Unauthorized"}, "422": {"$ref": "#/components/responses/Bad"}, "500": {"$ref": "#/components/responses/Internal"}}))], "success-missing"),
        row([("GET/responses", json!({"101": {"description": ""}, "401": {"$ref": "#/components/responses/Unauthorized"}, "422": {"$ref": "#/components/responses/Bad"}, "500": {"$ref": "#/components/responses/Internal"}}))], "status-invalid").at("GET/responses/101"),
        row([("GET/responses", json!({"default": {"description": "", "headers": {"X-A": {"schema": string()}}, "content": {"*/*": {"schema": {}}}}}))], "header-unsupported").at("GET/responses/default"),
        row([("/components/responses/Conflict", json!({"description": "", "content": error()})), ("GET/responses/404", json!({"$ref": "#/components/responses/Conflict"})),
            ("GET/responses/409", json!({"description": "", "content": error()}))], "response-name-collides").at("GET/responses"),
        row([("PUT/responses/204/content", error())], "body-not-allowed"),
        row([("OK/description", Value::Null)], "value-type-wrong"),
        row([("SIZE/explode", json!(true))], "header-unsupported"),
        row([("OK/headers/Content-Type", json!({"schema": string()}))], "header-unsupported"),
        row([("OK/headers/a b", json!({"schema": string()}))], "header-unsupported"),
        row([("OK/headers/!", json!({"schema": string()}))], "field-name-invalid"),
        row([("OK/headers/x-size", json!({"schema": string()}))], "field-name-collides"),
        row([("OK/headers/Body", json!({"schema": string()}))], "field-name-collides"),
        row([("PUT/responses/204/headers", left("XLeft")), ("OK/headers/X-Left", left("X-Left")["X-Left"].clone())], "field-name-collides").at("PUT/responses/204"),
        row([("SIZE/schema", json!({"type": "number"}))], "header-type-unsupported"),
        row([("SIZE/schema", json!({"$ref": "#/components/schemas/Secret"}))], "header-type-unsupported"),
        row([("SIZE/x-dropstub-admission", json!(true)), ("SIZE/required", json!(true)), ("SIZE/schema", string())], "header-type-unsupported").at("SIZE/schema"),
        row([("SIZE/x-dropstub-admission", json!(true))], "header-type-unsupported").at("SIZE/schema"),
        row([("SIZE/schema/nullable", json!(true)), ("SIZE/required", json!(true))], "header-type-unsupported").at("SIZE/schema"),

        // Schemas.
        row([("NAME", json!({"oneOf": []}))], "union-empty").at("NAME/oneOf"),
        row([("NAME", json!({"oneOf": [{"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["A"]}]}))], "variant-name-collides").at("NAME/oneOf/1"),
        row([("NAME", json!({"oneOf": [{"type": "string", "enum": []}]}))], "enum-empty").at("NAME/oneOf/0/enum"),
        row([("NAME", json!({"oneOf": [string()], "discriminator": {}}))], "keyword-unsupported").at("NAME/discriminator"),
        row([("THING/oneOf", json!([{"type": "object"}]))], "union-with-sibling"),
        row([("NAME", json!({"not": {}}))], "type-missing"),
        row([("NAME/type", json!("file"))], "type-unknown"),
        row([("NAME/type", json!(["string", "null"]))], "value-type-wrong"),
        row([("NAME/minimum", json!(1))], "keyword-unsupported"),
        row([("NAME", json!({"type": "integer", "default": "a"})), ("THING/required", json!([]))], "default-invalid").at("NAME/default"),
        row([("NAME/xml", json!({}))], "keyword-unsupported"),
        row([("NAME/readOnly", json!(true))], "required-in-one-direction").at("NAME"),
        row([("NAME/writeOnly", json!(true))], "required-in-one-direction").at("NAME"),
        row([("/info/contact", json!({"phone": "1"}))], "keyword-unsupported").at("/info/contact/phone"),
        row([("/info/license", json!({"url": "https://a.example"}))], "key-missing"),
        row([("/tags", json!([{"name": "a", "externalDocs": {}}]))], "key-missing").at("/tags/0/externalDocs"),
        row([("NAME/pattern", json!("("))], "pattern-invalid"),
        row([("NAME/x-dropstub-check", json!("No"))], "check-name-invalid"),
        row([("NAME/x-dropstub-check", json!("a_1"))], "check-name-invalid"),
        row([("NAME/x-dropstub-secret", json!(true))], "extension-misplaced"),
        row([("NAME", json!({"type": "string", "enum": ["a", "A"]}))], "variant-name-collides").at("NAME/enum/1"),
        row([("NAME", json!({"type": "string", "enum": ["a", null]}))], "value-type-wrong").at("NAME/enum/1"),
        row([("NAME", json!({"type": "string", "enum": ["a"], "maxLength": 1}))], "enum-with-restrictions"),
        row([("MESSAGE", json!({"type": "string", "x-dropstub-values": {"a": "A."}, "enum": ["a"]}))], "enum-with-restrictions"),
        row([("MESSAGE", json!({"type": "string", "x-dropstub-values": {"a": "A."}, "pattern": "a"}))], "enum-with-restrictions"),
        row([("MESSAGE", json!({"type": "string", "x-dropstub-values": {}}))], "enum-empty").at("MESSAGE/x-dropstub-values"),
        row([("MESSAGE", json!({"type": "string", "x-dropstub-values": {"a-b": "", "a_b": ""}}))], "variant-name-collides").at("MESSAGE/x-dropstub-values/a_b"),
        row([("MESSAGE", json!({"type": "string", "x-dropstub-values": ["a"]}))], "value-type-wrong").at("MESSAGE/x-dropstub-values"),
        row([("MESSAGE", json!({"type": "integer", "x-dropstub-values": {"a": "A."}}))], "extension-misplaced").at("MESSAGE/x-dropstub-values"),
        row([("NAME", json!({"type": "string", "x-dropstub-values": {"a": "A."}}))], "values-in-request"),
        row([("/components/schemas/Name", json!({"type": "string", "x-dropstub-values": {"a": "A."}})), ("NAME", json!({"$ref": "#/components/schemas/Name"}))], "values-in-request"),
        row([("SIZE/schema", json!({"type": "string", "x-dropstub-values": {"a": "A."}}))], "values-in-request"),
        row([("GET/x-dropstub-strict-query", json!("yes"))], "value-type-wrong"),
        row([("ITEM/x-dropstub-strict-query", json!(true))], "extension-misplaced"),
        row([("/x-dropstub-strict-query", json!(true)), ("/paths/~1health", json!({"get": {"operationId": "health", "responses": {"204": {"description": "Healthy."}, "401": {"$ref": "#/components/responses/Unauthorized"}, "500": {"$ref": "#/components/responses/Internal"}}}}))], "status-undocumented").at("/paths/~1health/get"),
        row([("THING/properties/share/exclusiveMaximum", json!(true))], "exclusive-without-bound").at("THING/properties/share"),
        row([("THING/properties/size/maximum", json!(1.5))], "value-type-wrong"),
        row([("THING/properties/size/multipleOf", json!(0))], "multiple-of-not-positive"),
        row([("THING/properties/share/minimum", json!("0"))], "value-type-wrong"),
        row([("NAME", json!({"allOf": [{"type": "string"}, {"type": "string"}]}))], "all-of-composition").at("NAME/allOf"),
        row([("LIST", json!({"type": "array"}))], "key-missing"),
        row([("MAP/properties", json!({"additional_properties": string()}))], "property-name-reserved").at("MAP"),
        row([("MAP/minProperties", json!(-1))], "value-type-wrong"),
        row([("THING/required", json!(["nmae"]))], "required-without-property").at("THING/required/0"),
        row([("THING/properties/Name", string())], "field-name-collides"),
        row([("THING/properties/$", string())], "field-name-collides"),
        row([("/components/schemas/*", string()), ("NAME", json!({"$ref": "#/components/schemas/*"}))], "type-name-invalid"),
        row([("/components/schemas/thing", string()), ("NAME", json!({"$ref": "#/components/schemas/thing"}))], "type-name-collides"),
        row([("/components/schemas/Secret/nullable", json!(true))], "secret-not-string").at("/components/schemas/Secret"),
        row([("/components/schemas/Secret", json!({"allOf": [{"$ref": "#/components/schemas/Secret"}]}))], "component-empty"),
        row([("/components/schemas/Secret", json!({"oneOf": [string(), {"$ref": "#/components/schemas/Secret"}]}))], "component-empty"),
        row([("/components/schemas/Secret/format", json!("uuid"))], "secret-not-string").at("/components/schemas/Secret"),
    ]
}

fn minimal() -> Value {
    Document::read(&fixture("minimal.yaml")).unwrap().value
}

/// Sets the value at a pointer. An index one past the end appends.
fn write(document: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap_or_else(|| panic!("{parent} is not there")) {
        Value::Array(list) if key.parse() == Ok(list.len()) => list.push(value),
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        parent => parent[key.replace("~1", "/").replace("~0", "~")] = value,
    }
}

/// The diagnostics of a document, parsed on a thread with the stack that the generator documents.
fn diagnostics(document: &Value) -> Vec<Diagnostic> {
    let text = serde_json::to_string_pretty(document).unwrap();
    let document = Document::parse("t.json", text).unwrap();
    let parse = move || Api::parse(&document).err().unwrap_or_default();
    std::thread::Builder::new().stack_size(STACK_SIZE).spawn(parse).unwrap().join().unwrap()
}

#[test]
fn minimal_document_is_supported() {
    assert_eq!(diagnostics(&minimal()), []);
}

#[test]
fn unsupported_construct_is_diagnosed_at_its_pointer() {
    for row in rows() {
        let mut document = minimal();
        for (pointer, value) in &row.edits {
            write(&mut document, pointer, value.clone());
        }
        let found = diagnostics(&document);
        let expected =
            |it: &&Diagnostic| it.rule.id == row.rule && it.pointer.to_string() == format!("#{}", row.pointer);
        let Some(diagnostic) = found.iter().find(expected) else {
            panic!("{:?}\n  found {found:#?}\n  expected {} at {}", row.edits, row.rule, row.pointer);
        };
        assert!(!diagnostic.help.is_empty(), "{}", row.rule);
        assert!(diagnostic.location.position.line > 1 || row.pointer.is_empty(), "{}", row.rule);
        // One problem has few consequences.
        assert!(found.len() <= 3, "{}: {found:#?}", row.rule);
    }
}

/// The rule of a chain of components that is longer than the stack allows.
fn deep_document_rule() -> &'static str {
    let mut document = minimal();
    for index in 0..5000 {
        let next = json!({"$ref": format!("#/components/schemas/A{}", index + 1)});
        write(
            &mut document,
            &format!("/components/schemas/A{index}"),
            json!({"type": "object", "properties": {"a": next}}),
        );
    }
    write(&mut document, "/components/schemas/A5000", json!({"type": "string"}));
    write(&mut document, &full("NAME"), json!({"$ref": "#/components/schemas/A0"}));
    let found = diagnostics(&document);
    assert!(found.iter().any(|it| it.message == "the component is nested too deeply"), "{found:?}");
    "nesting-too-deep"
}

#[test]
fn several_problems_are_diagnosed_in_document_order() {
    let mut document = minimal();
    for (pointer, value) in [
        ("/components/schemas/Thing/properties/size/multipleOf", json!(0)),
        ("/components/schemas/Thing/properties/name/format", json!(1)),
        ("/paths/~1things~1{thing}/get/parameters/0/in", json!("cookie")),
        ("/info/summary", json!("")),
    ] {
        write(&mut document, pointer, value);
    }
    let pointers: Vec<_> = diagnostics(&document).iter().map(|it| it.pointer.to_string()).collect();
    assert_eq!(
        pointers,
        [
            "#/info/summary",
            "#/paths/~1things~1{thing}/get/parameters/0/in",
            "#/components/schemas/Thing/properties/name/format",
            "#/components/schemas/Thing/properties/size/multipleOf",
        ]
    );
}

#[test]
fn one_problem_does_not_hide_another() {
    let string = || json!({"type": "string"});
    let bad = || json!({"type": "nope"});
    for (edits, messages) in [
        (vec![("/info/title", json!(1)), ("NAME", bad())], ["expected a string", "unknown type `nope`"]),
        (vec![("/info/version", json!(1)), ("NAME", bad())], ["expected a string", "unknown type `nope`"]),
        (vec![("/openapi", json!(3.0)), ("NAME", bad())], ["expected a string", "unknown type `nope`"]),
        (
            vec![("QUERY/schema/default", json!("a")), ("/other", json!(1))],
            ["the default \"a\" does not match its schema", "`other` in an OpenAPI document is not supported"],
        ),
        (
            vec![
                ("/components/schemas/Secret", json!({"allOf": [{"$ref": "#/components/schemas/Secret"}]})),
                ("/other", json!(1)),
            ],
            ["the component only refers to itself", "`other` in an OpenAPI document is not supported"],
        ),
        (
            vec![(
                "GET/responses",
                json!({"200": {"content": {}}, "401": {"$ref": "#/components/responses/Unauthorized"}, "422": {"$ref": "#/components/responses/Bad"}}),
            )],
            ["a response needs `description`", "`getThing` does not document the status 500"],
        ),
        (
            vec![("GET/parameters/1", json!({"name": "a", "in": "cookie", "schema": bad()}))],
            ["parameters in `cookie` are not supported", "unknown type `nope`"],
        ),
        (
            vec![("LIST", json!({"type": "array", "items": bad(), "minItems": "x"}))],
            ["unknown type `nope`", "expected a whole number from 0"],
        ),
        (
            vec![("MAP", json!({"type": "object", "additionalProperties": bad(), "properties": {"$": string()}}))],
            ["unknown type `nope`", "`$` has no unique Rust field name"],
        ),
        (
            vec![("BODY/content", json!({"text/xml": {"schema": bad()}}))],
            ["unsupported media type `text/xml`", "unknown type `nope`"],
        ),
        (
            vec![("NAME", json!({"oneOf": [bad(), string()], "discriminator": {}}))],
            ["unknown type `nope`", "`discriminator` in a schema is not supported"],
        ),
        (vec![("THING/oneOf", json!([bad()]))], ["`oneOf` next to `properties`", "unknown type `nope`"]),
    ] {
        let mut document = minimal();
        edits.iter().for_each(|(place, value)| write(&mut document, &full(place), value.clone()));
        let found = diagnostics(&document);
        for message in messages {
            assert!(found.iter().any(|it| it.message.starts_with(message)), "{edits:?}: {message}: {found:#?}");
        }
        assert!(found.len() <= 4, "{edits:?}: {found:#?}");
    }
    // A shared component is diagnosed once.
    let mut document = minimal();
    write(&mut document, "/components/responses/Internal/content", json!({}));
    let found: Vec<_> = diagnostics(&document).into_iter().map(|it| (it.message, it.pointer.to_string())).collect();
    assert_eq!(found, [("the error 500 has no content".to_owned(), "#/components/responses/Internal".to_owned())]);
}

#[test]
fn long_line_is_shown_as_an_excerpt() {
    let mut document = minimal();
    write(&mut document, "/info/description", "ä".repeat(100_000).into());
    write(&mut document, "/components/schemas/Thing/type", json!("thing"));
    let document = Document::parse("t.json", document.to_string()).unwrap();
    let mut shown = Vec::new();
    dropstub_document::render::text(&Api::parse(&document).unwrap_err(), &[&document], &mut shown).unwrap();
    let shown = String::from_utf8(shown).unwrap();
    let lines: Vec<_> = shown.lines().collect();
    let line = lines.iter().find(|line| line.contains(r#""type":"thing""#)).unwrap();
    let below = lines[lines.iter().position(|it| it == line).unwrap() + 1];
    assert!(line.chars().count() < 140, "{shown}");
    assert!(line[below.find('^').unwrap()..].starts_with(r#""type":"thing""#), "{shown}");
}

#[test]
fn every_rule_has_a_row() {
    let mut seen = BTreeSet::from([deep_document_rule()]);
    for row in rows() {
        let mut document = minimal();
        row.edits.iter().for_each(|(pointer, value)| write(&mut document, pointer, value.clone()));
        seen.extend(diagnostics(&document).iter().map(|it| it.rule.id));
    }
    let missing: Vec<_> = RULES.iter().map(|rule| rule.id).filter(|id| !seen.contains(id)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}
