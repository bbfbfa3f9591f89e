//! What the generator refuses: each reason by a document that is wrong in that one way.
//!
//! The last test reads the generator's source, so a reason that is added without a row here fails.

use std::fs;
use std::path::Path;

use dropstub_codegen::{Diagnostic, Options};
use dropstub_document::Document;
use serde_json::{Value, json};

use crate::fixture;

const OPTIONS: Options<'static> = Options { runtime: "runtime", header: "//", witness: false };

/// One broken document: what is written over the good one, and where; what is refused, and where.
struct Row {
    edits: Vec<(String, Value)>,
    message: &'static str,
    pointer: String,
}

/// Short names for the parts of the document that rows are about.
const PLACES: [(&str, &str); 12] = [
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

/// The pointer with the short name that it begins with spelled out.
fn full(pointer: &str) -> String {
    let (first, rest) = pointer.split_once('/').map_or((pointer, String::new()), |(it, rest)| (it, format!("/{rest}")));
    let place = PLACES.iter().find(|(name, _)| *name == first).map_or(first, |(_, place)| place);
    format!("{place}{rest}")
}

/// The document wrong in one place, and refused there or, with `at`, elsewhere.
fn row<const N: usize>(edits: [(&str, Value); N], message: &'static str) -> Row {
    let pointer = full(edits[0].0);
    Row { edits: edits.into_iter().map(|(place, value)| (full(place), value)).collect(), message, pointer }
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
    let parameter = |name: &str, location: &str| json!({"name": name, "in": location, "required": location == "path", "schema": {"type": "string"}});
    vec![
        // The document as a whole.
        row([("/openapi", json!("3.1.0"))], "this is not OpenAPI 3.0"),
        row([("/info/version", json!("1.0"))], "this version is not of the form 1.2.3"),
        row([("/info/version", json!("v1"))], "this version is not of the form 1.2.3"),
        row([("/info", Value::Null)], "this is not an info object"),
        row([("/info/title", json!(1))], "this is not a string"),
        row([("/webhooks", json!({}))], "`webhooks` in an OpenAPI document is not supported"),
        row([("/x-required-scopes", json!([]))], "`x-required-scopes` where it means nothing"),
        row([("/tags", json!("a"))], "this is not a list"),
        row([("/servers", json!("a"))], "this is not a list"),
        row([("/servers", json!([{"ur": "/"}]))], "a server needs `url`").at("/servers/0"),
        row([("/tags", json!([{}]))], "a tag needs `name`").at("/tags/0"),
        row([("/paths", json!([]))], "this is not an object"),
        row([("/paths", json!({}))], "no operation at all"),
        row([("/components/securitySchemes/key", json!({"type": "apiKey", "name": "k", "in": "query"}))], "only bearer tokens are supported"),
        row([("/components/responses/Bad/content/application~1json/schema/$ref", json!("#/components/schemas/Thing"))], "the error 422 has another schema than the other errors of the operation").at("GET/responses/422"),

        // References.
        row([("NAME", json!({"$ref": "#/components/schemas/None"}))], "the reference \"#/components/schemas/None\" leads nowhere"),
        row([("NAME", json!({"$ref": "other.yaml#/a"}))], "the reference \"other.yaml#/a\" leads nowhere"),
        row([("NAME", json!({"$ref": 1}))], "the reference 1 leads nowhere"),
        row([("NAME", json!({"$ref": "#/components/schemas/Thing/properties/size"}))], "a schema can only refer to a component"),
        row([("NAME", json!({"$ref": "#/components/responses/Bad"}))], "a schema can only refer to a component"),
        row([("/components/schemas/Secret", json!({"$ref": "#/components/schemas/Secret"}))], "the reference \"#/components/schemas/Secret\" leads nowhere").at("THING/properties/secret"),
        row([("THING/properties/secret/nullable", json!(true))], "`nullable` beside a `$ref`, where OpenAPI 3.0 ignores it"),
        row([("THING/properties/secret/x-check", json!("a"))], "`x-check` where it means nothing"),

        // Paths.
        row([("/paths/things", json!({}))], "a path that does not begin with `/`"),
        row([("/paths/~1things~1", json!({}))], "the path segment ``"),
        row([("/paths/~1other~1{a", json!({}))], "the path segment `{a`"),
        row([("/paths/~1other~1{a:.*}", json!({}))], "the path segment `{a:.*}`"),
        row([("/paths/~1other~1{a}.json", json!({}))], "the path segment `{a}.json`"),
        row([("/paths/~1other~1{a}~1{a}", json!({}))], "`{a}` stands in this path twice"),
        row([("/paths/~1things~1{other}~1x", json!({}))], "`{other}` stands where another path has `{thing}`"),
        row([("/paths/~1things~1all", json!({}))], "`all` and `{thing}` stand at one place of the paths"),
        row([("ITEM/trace", json!({}))], "`trace` in a path item is not supported"),
        row([("ITEM/x-max-bytes", json!(1))], "`x-max-bytes` where it means nothing"),

        // Operations.
        row([("GET/operationId", json!("*"))], "`*` cannot name a function"),
        row([("GET/operationId", json!("Authorize"))], "`authorize` is a function of every service"),
        row([("PUT/operationId", json!("getThing"))], "`getThing` is the id of another operation, too"),
        row([("PUT/operationId", json!("get_thing"))], "a second thing would be called `GetThingEndpoint` in Rust"),
        row([("GET/operationId", Value::Null)], "this is not a string"),
        row([("GET/x-dropshot-websocket", json!({}))], "`getThing` is a websocket channel"),
        row([("GET/x-dropshot-pagination", json!({"required": ["other"]}))], "the first page needs `other`, which is no query parameter").at("GET"),
        row([("GET/x-dropshot-pagination", json!({"required": [], "other": 1}))], "`other` in what pages need is not supported").at("GET/x-dropshot-pagination/other"),
        row([("ITEM/x-dropshot-pagination", json!({}))], "`x-dropshot-pagination` where it means nothing"),
        row([("GET/callbacks", json!({}))], "`callbacks` in an operation is not supported"),
        row([("GET/servers", json!([]))], "`servers` in an operation is not supported"),
        row([("GET/deprecated", json!("yes"))], "this is not true or false"),
        row([("GET/security", json!([{}]))], "a security requirement of not exactly one scheme").at("GET/security/0"),
        row([("GET/security", json!([{"key": ["a"]}]))], "scopes in a security requirement").at("GET/security/0/key"),
        row([("GET/security", json!([{"card": []}]))], "`card` is not described").at("GET/security/0/card"),
        row([("GET/security", json!([])), ("GET/x-required-scopes", json!(["a"]))], "`getThing` asks for scopes and for no credential").at("GET"),
        row([("GET/responses", json!({"200": {"description": ""}, "401": {"$ref": "#/components/responses/Unauthorized"}, "422": {"$ref": "#/components/responses/Bad"}}))], "`getThing` does not document the status 500").at("GET"),
        row([("GET/responses/401", json!({"description": "", "content": error()}))], "the 401 of `getThing` is described in place").at("GET"),
        row([("/components/responses/Late/headers", json!({"X-Late": {"required": true, "schema": string()}}))], "the header `X-Late` of the status 408, which the glue answers").at("PUT"),

        row([("GET/x-scope-exemption", json!("own"))], "`getThing` has an exemption from no scope").at("GET"),
        row([("GET/x-invalid-status", json!(201))], "`getThing` cannot answer an invalid request with 201").at("GET"),
        row([("GET/x-invalid-status", json!(404))], "`getThing` does not document the status 404").at("GET"),
        row([("ITEM/x-gate", json!(true))], "`x-gate` where it means nothing"),
        row([("GET/x-gate", json!(true))], "`x-gate` where it means nothing"),

        // Parameters.
        row([("PATH/name", json!("other"))], "`{thing}` of the path is not described").at("GET"),
        row([("PATH/required", json!(false))], "the path has no `{thing}`, or it is not required").at("PATH"),
        row([("GET/parameters/1", parameter("other", "path"))], "the path has no `{other}`, or it is not required"),
        row([("QUERY/in", json!("cookie"))], "a parameter in `cookie`"),
        row([("QUERY/explode", json!(false))], "`explode: false`"),
        row([("QUERY/style", json!("deepObject"))], "`style: \"deepObject\"`"),
        row([("QUERY/content", json!({}))], "`content` in a parameter is not supported"),
        row([("QUERY/name", json!("ä"))], "`ä` cannot be a field in Rust").at("QUERY"),
        row([("GET/parameters/1", parameter("size", "query"))], "a second parameter `size` of one list"),
        row([("GET/parameters/1", parameter("Size", "query"))], "`size` cannot be told from another parameter").at("QUERY"),
        row([("GET/parameters/1", parameter("thing", "query"))], "`thing` cannot be told from another parameter"),
        row([("GET/parameters/1", parameter("authorization", "header"))], "`authorization` as a parameter, which OpenAPI 3.0 ignores"),
        row([("QUERY/schema", json!({"type": "array", "items": string()}))], "a parameter that is not one plain value"),
        row([("PATH/schema", json!({"type": "array", "items": string()}))], "a parameter that is not one plain value"),
        row([("QUERY/schema", json!({"type": "object"}))], "a parameter that is not one plain value"),
        row([("PATH/schema/nullable", json!(true))], "a parameter that may be null").at("PATH/schema"),
        row([("QUERY/required", json!(true)), ("QUERY/schema/nullable", json!(true))], "a parameter that may be null").at("QUERY/schema"),
        row([("QUERY/required", json!(true)), ("QUERY/schema/default", json!(1))], "a default on a parameter that is required").at("QUERY/schema"),
        row([("QUERY/schema/default", json!(10))], "the default 10 is not what its schema admits"),
        row([("QUERY/schema/default", json!("1"))], "the default \"1\" is not what its schema admits"),
        row([("QUERY/schema", json!({"type": "boolean", "default": 1}))], "the default 1 is not what its schema admits").at("QUERY/schema/default"),
        row([("QUERY/schema", json!({"type": "integer", "format": "uint32", "default": -1}))], "the default -1 is not what its schema admits").at("QUERY/schema/default"),
        row([("QUERY/schema/x-check", json!("a"))], "`x-check` where it means nothing"),
        row([("QUERY/schema", json!({"type": "string", "x-check": "a"}))], "`getThing` has an `x-check` where there is nobody to ask").at("ITEM"),
        row([("/paths/~1a~1{Thing}", json!({"get": {"operationId": "a", "parameters": [parameter("Thing", "path")], "responses": {
            "200": {"description": ""}, "401": {"$ref": "#/components/responses/Unauthorized"},
            "422": {"$ref": "#/components/responses/Bad"}, "500": {"$ref": "#/components/responses/Internal"},
        }}}))], "the path parameters `Thing` and `thing` would be one in Rust").at("/paths/~1a~1{Thing}/get"),

        // Bodies.
        row([("BODY/required", json!(false))], "a body that may be left out").at("BODY"),
        row([("BODY/x-max-bytes", json!(-1))], "this is not a whole number from 0"),
        row([("BODY/content", json!({}))], "not exactly one media type"),
        row([("BODY/content", json!({"text/plain": {"schema": string()}}))], "the media type `text/plain`").at("BODY/content/text~1plain"),
        row([("BODY/content", json!({"application/x-www-form-urlencoded": {"schema": string()}}))], "a form that is not an object of plain values").at("BODY"),
        row([("BODY/content", json!({"application/x-www-form-urlencoded": {"schema": {"$ref": "#/components/schemas/Thing"}}}))], "a form that is not an object of plain values").at("BODY"),
        row([("BODY/content", json!({"multipart/form-data": {"schema": string()}}))], "the media type `multipart/form-data` (a multipart body)").at("BODY/content/multipart~1form-data"),
        row([("BODY/content", json!({"application/octet-stream": {"schema": string()}}))], "bytes that are something else").at("BODY/content/application~1octet-stream/schema"),
        row([("BODY/content/application~1json/encoding", json!({}))], "`encoding` in a media type is not supported"),
        row([("BODY/content/application~1json", json!({}))], "a media type needs `schema`"),

        // Responses.
        row([("GET/responses/default", json!({"description": ""}))], "`default` beside a success"),
        row([("GET/responses", json!({"default": {"description": ""}}))], "`default` that says what the answer is").at("GET/responses/default"),
        row([("GET/responses/4XX", json!({"description": ""}))], "an error status without content: 4XX"),
        row([("GET/responses/404", json!({"description": "", "content": {"*/*": {"schema": {}}}}))], "an error that may be anything").at("GET/responses/404/content"),
        row([("GET/responses/404", json!({"description": "", "content": {"application/json": {"schema": string()}}}))], "the schema of the error 404 is no object"),
        row([("GET/responses/2XX", json!({"description": ""}))], "the status `2XX`"),
        row([("GET/responses/+404", json!({"description": ""}))], "the status `+404`"),
        row([("GET/responses/499", json!({"description": ""}))], "the status 499 has no name"),
        row([("GET/responses/202", json!({"description": ""}))], "a second success"),
        row([("GET/responses/301", json!({"description": ""}))], "a second success"),
        row([("GET/responses", json!({"401": {"$ref": "#/components/responses/Unauthorized"}, "422": {"$ref": "#/components/responses/Bad"}, "500": {"$ref": "#/components/responses/Internal"}}))], "no success (2xx or 3xx)"),
        row([("GET/responses", json!({"101": {"description": ""}, "401": {"$ref": "#/components/responses/Unauthorized"}, "422": {"$ref": "#/components/responses/Bad"}, "500": {"$ref": "#/components/responses/Internal"}}))], "the success 101").at("GET/responses/101"),
        row([("GET/responses", json!({"default": {"description": "", "headers": {"X-A": {"schema": string()}}, "content": {"*/*": {"schema": {}}}}}))], "headers of an answer of any status").at("GET/responses/default"),
        row([("/components/responses/Conflict", json!({"description": "", "content": error()})), ("GET/responses/404", json!({"$ref": "#/components/responses/Conflict"})),
            ("GET/responses/409", json!({"description": "", "content": error()}))], "the response of 409 would be a second `Conflict`").at("GET/responses"),
        row([("PUT/responses/204/content", error())], "a body of the status 204, which HTTP has without"),
        row([("OK/description", Value::Null)], "this is not a string"),
        row([("SIZE/explode", json!(true))], "`explode` of a header"),
        row([("OK/headers/Content-Type", json!({"schema": string()}))], "`Content-Type` is no header of its own"),
        row([("OK/headers/a b", json!({"schema": string()}))], "`a b` is no header of its own"),
        row([("OK/headers/!", json!({"schema": string()}))], "`!` cannot be a field in Rust"),
        row([("OK/headers/x-size", json!({"schema": string()}))], "`x-size` cannot be a field of its own in Rust"),
        row([("OK/headers/Body", json!({"schema": string()}))], "`Body` cannot be a field of its own in Rust"),
        row([("SIZE/schema", json!({"type": "number"}))], "a header of this type"),
        row([("SIZE/schema", json!({"$ref": "#/components/schemas/Secret"}))], "a header of this type"),
        row([("SIZE/x-gate", json!(true)), ("SIZE/required", json!(true)), ("SIZE/schema", string())], "a header of this type").at("SIZE/schema"),
        row([("SIZE/x-gate", json!(true))], "a header of this type").at("SIZE/schema"),
        row([("SIZE/schema/nullable", json!(true)), ("SIZE/required", json!(true))], "a header that has to be there and may be null").at("SIZE/schema"),

        // Schemas.
        row([("NAME", json!({"oneOf": []}))], "no alternative at all").at("NAME/oneOf"),
        row([("NAME", json!({"oneOf": [{"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["A"]}]}))], "`A` cannot be a variant of its own in Rust").at("NAME/oneOf/1"),
        row([("NAME", json!({"oneOf": [{"type": "string", "enum": []}]}))], "an enumeration of nothing").at("NAME/oneOf/0/enum"),
        row([("NAME", json!({"oneOf": [string()], "discriminator": {}}))], "`discriminator` in a schema is not supported").at("NAME/discriminator"),
        row([("THING/oneOf", json!([{"type": "object"}]))], "`oneOf` beside `properties`"),
        row([("NAME", json!({"not": {}}))], "a schema without a type"),
        row([("NAME/type", json!("file"))], "the type `file`"),
        row([("NAME/type", json!(["string", "null"]))], "this is not a string"),
        row([("NAME/minimum", json!(1))], "`minimum` in a schema is not supported"),
        row([("NAME", json!({"type": "integer", "default": "a"})), ("THING/required", json!([]))], "the default \"a\" is not what its schema admits").at("NAME/default"),
        row([("NAME/xml", json!({}))], "`xml` in a schema is not supported"),
        row([("NAME/readOnly", json!(true))], "`name` is required and `readOnly`, in what a client sends").at("NAME"),
        row([("NAME/writeOnly", json!(true))], "`name` is required and `writeOnly`, in what a client receives").at("NAME"),
        row([("/info/contact", json!({"phone": "1"}))], "`phone` in a contact is not supported").at("/info/contact/phone"),
        row([("/info/license", json!({"url": "https://a.example"}))], "a licence needs `name`"),
        row([("/tags", json!([{"name": "a", "externalDocs": {}}]))], "external documentation needs `url`").at("/tags/0/externalDocs"),
        row([("NAME/pattern", json!("("))], "this pattern is not one of ECMA-262: "),
        row([("NAME/x-check", json!("No"))], "`No` cannot name a check"),
        row([("NAME/x-secret", json!(true))], "`x-secret` where it means nothing"),
        row([("NAME", json!({"type": "string", "enum": ["a", "A"]}))], "`A` cannot be a variant of its own in Rust").at("NAME/enum/1"),
        row([("NAME", json!({"type": "string", "enum": ["a", null]}))], "this is not a string").at("NAME/enum/1"),
        row([("NAME", json!({"type": "string", "enum": ["a"], "maxLength": 1}))], "an enumeration with further rules"),
        row([("THING/properties/share/exclusiveMaximum", json!(true))], "`exclusiveMaximum` without `maximum`").at("THING/properties/share"),
        row([("THING/properties/size/maximum", json!(1.5))], "this is not a whole number of at most 64 bits"),
        row([("THING/properties/size/multipleOf", json!(0))], "a `multipleOf` that is not above zero"),
        row([("THING/properties/share/minimum", json!("0"))], "this is not a number"),
        row([("NAME", json!({"allOf": [{"type": "string"}, {"type": "string"}]}))], "`allOf` that composes schemas").at("NAME/allOf"),
        row([("LIST", json!({"type": "array"}))], "a schema needs `items`"),
        row([("MAP/properties", json!({"additional_properties": string()}))], "a property called `additional_properties` beside others").at("MAP"),
        row([("MAP/minProperties", json!(-1))], "this is not a whole number from 0"),
        row([("THING/required", json!(["nmae"]))], "`nmae` is required and is no property").at("THING/required/0"),
        row([("THING/properties/Name", string())], "`Name` cannot be a field of its own in Rust"),
        row([("THING/properties/$", string())], "`$` cannot be a field of its own in Rust"),
        row([("/components/schemas/*", string()), ("NAME", json!({"$ref": "#/components/schemas/*"}))], "`*` cannot be the name of a Rust type"),
        row([("/components/schemas/thing", string()), ("NAME", json!({"$ref": "#/components/schemas/thing"}))], "a second thing would be called `Thing` in Rust"),
        row([("/components/schemas/Secret/nullable", json!(true))], "`x-secret` on something that is not a plain string").at("/components/schemas/Secret"),
        row([("/components/schemas/Secret", json!({"allOf": [{"$ref": "#/components/schemas/Secret"}]}))], "a component that is itself and nothing else"),
        row([("/components/schemas/Secret", json!({"oneOf": [string(), {"$ref": "#/components/schemas/Secret"}]}))], "a component that is itself and nothing else"),
        row([("/components/schemas/Secret/format", json!("uuid"))], "`x-secret` on something that is not a plain string").at("/components/schemas/Secret"),
    ]
}

fn minimal() -> Value {
    Document::read(&fixture("minimal.yaml")).unwrap().value
}

/// Writes the value where the pointer says, whether or not there is something. One past its end, a list grows.
fn write(document: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap_or_else(|| panic!("{parent} is not there")) {
        Value::Array(list) if key.parse() == Ok(list.len()) => list.push(value),
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        parent => parent[key.replace("~1", "/").replace("~0", "~")] = value,
    }
}

fn refused(document: &Value) -> Vec<Diagnostic> {
    let text = serde_json::to_string_pretty(document).unwrap();
    let document = Document::parse("t.json", text).unwrap();
    dropstub_codegen::generate(&document, &OPTIONS).err().map(|diagnostics| diagnostics.list).unwrap_or_default()
}

#[test]
fn the_document_that_the_rows_break_is_taken() {
    assert_eq!(refused(&minimal()), []);
}

#[test]
fn each_broken_document_is_refused_for_what_is_wrong_with_it() {
    for row in rows() {
        let mut document = minimal();
        for (pointer, value) in &row.edits {
            write(&mut document, pointer, value.clone());
        }
        let found = refused(&document);
        let expected = |it: &&Diagnostic| {
            it.message.starts_with(row.message) && it.pointer.to_string() == format!("#{}", row.pointer)
        };
        let Some(diagnostic) = found.iter().find(expected) else {
            panic!("{:?}\n  is refused for {found:#?}\n  and not for {} at {}", row.edits, row.message, row.pointer);
        };
        assert!(!diagnostic.help.is_empty(), "{}", row.message);
        assert!(diagnostic.place.line > 1 || row.pointer.is_empty(), "{}", row.message);
        // One mistake is one reason, or a few that follow from it, and never a flood.
        assert!(found.len() <= 3, "{}: {found:#?}", row.message);
    }
}

/// A chain of components is read by a chain of calls, which must not be longer than there is room.
#[test]
fn a_document_that_is_too_deep_is_refused() {
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
    let found = refused(&document);
    assert!(found.iter().any(|it| it.message == "a component inside too many others"), "{found:?}");
}

#[test]
fn all_that_is_wrong_is_said_at_once_and_in_order() {
    let mut document = minimal();
    for (pointer, value) in [
        ("/components/schemas/Thing/properties/size/multipleOf", json!(0)),
        ("/components/schemas/Thing/properties/name/format", json!(1)),
        ("/paths/~1things~1{thing}/get/parameters/0/in", json!("cookie")),
        ("/info/summary", json!("")),
    ] {
        write(&mut document, pointer, value);
    }
    let pointers: Vec<_> = refused(&document).iter().map(|it| it.pointer.to_string()).collect();
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

/// A mistake hides no other one, be it in the same thing.
#[test]
fn two_mistakes_are_two_reasons() {
    let string = || json!({"type": "string"});
    let bad = || json!({"type": "nope"});
    for (edits, messages) in [
        (vec![("/info/title", json!(1)), ("NAME", bad())], ["this is not a string", "the type `nope`"]),
        (vec![("/info/version", json!(1)), ("NAME", bad())], ["this is not a string", "the type `nope`"]),
        (vec![("/openapi", json!(3.0)), ("NAME", bad())], ["this is not a string", "the type `nope`"]),
        (
            vec![("QUERY/schema/default", json!("a")), ("/other", json!(1))],
            ["the default \"a\" is not what its schema admits", "`other` in an OpenAPI document is not supported"],
        ),
        (
            vec![
                ("/components/schemas/Secret", json!({"allOf": [{"$ref": "#/components/schemas/Secret"}]})),
                ("/other", json!(1)),
            ],
            ["a component that is itself and nothing else", "`other` in an OpenAPI document is not supported"],
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
            ["a parameter in `cookie`", "the type `nope`"],
        ),
        (
            vec![("LIST", json!({"type": "array", "items": bad(), "minItems": "x"}))],
            ["the type `nope`", "this is not a whole number from 0"],
        ),
        (
            vec![("MAP", json!({"type": "object", "additionalProperties": bad(), "properties": {"$": string()}}))],
            ["the type `nope`", "`$` cannot be a field of its own in Rust"],
        ),
        (
            vec![("BODY/content", json!({"text/xml": {"schema": bad()}}))],
            ["the media type `text/xml`", "the type `nope`"],
        ),
        (
            vec![("NAME", json!({"oneOf": [bad(), string()], "discriminator": {}}))],
            ["the type `nope`", "`discriminator` in a schema is not supported"],
        ),
        (vec![("THING/oneOf", json!([bad()]))], ["`oneOf` beside `properties`", "the type `nope`"]),
    ] {
        let mut document = minimal();
        edits.iter().for_each(|(place, value)| write(&mut document, &full(place), value.clone()));
        let found = refused(&document);
        for message in messages {
            assert!(found.iter().any(|it| it.message.starts_with(message)), "{edits:?}: {message}: {found:#?}");
        }
        assert!(found.len() <= 4, "{edits:?}: {found:#?}");
    }
    // What several operations share is said once.
    let mut document = minimal();
    write(&mut document, "/components/responses/Internal/content", json!({}));
    let found: Vec<_> = refused(&document).into_iter().map(|it| (it.message, it.pointer.to_string())).collect();
    assert_eq!(
        found,
        [("an error status without content: 500".to_owned(), "#/components/responses/Internal".to_owned())]
    );
}

#[test]
fn a_diagnostic_shows_a_part_of_a_long_line() {
    let mut document = minimal();
    write(&mut document, "/info/description", "ä".repeat(100_000).into());
    write(&mut document, "/components/schemas/Thing/type", json!("thing"));
    let document = Document::parse("t.json", document.to_string()).unwrap();
    let shown = dropstub_codegen::generate(&document, &OPTIONS).unwrap_err().to_string();
    let lines: Vec<_> = shown.lines().collect();
    let line = lines.iter().find(|line| line.contains(r#""type":"thing""#)).unwrap();
    let below = lines[lines.iter().position(|it| it == line).unwrap() + 1];
    assert!(line.chars().count() < 140, "{shown}");
    assert!(line[below.find('^').unwrap()..].starts_with(r#""type":"thing""#), "{shown}");
}

#[test]
fn every_reason_in_the_source_has_a_row() {
    let mut sources = String::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
    let covered: Vec<_> = rows().into_iter().map(|row| row.message).collect();
    let reasons = reasons(&sources);
    assert!(reasons.len() > 60, "only {} reasons were found; is this test looking at the right text?", reasons.len());
    for parts in reasons {
        let matches = |message: &&&str| {
            let mut rest = **message;
            parts.iter().all(|part| {
                let found = rest.find(part.as_str());
                rest = found.map_or(rest, |at| &rest[at + part.len()..]);
                found.is_some()
            })
        };
        let deep = parts == ["a component inside too many others"];
        assert!(deep || covered.iter().any(|message| matches(&message)), "no row is refused for {parts:?}");
    }
}

fn collect(folder: &Path, sources: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, sources);
        } else {
            *sources += &fs::read_to_string(&path).unwrap();
        }
    }
}

/// The messages of all calls of `refuse`, as what stands between the values that are put into them.
fn reasons(sources: &str) -> Vec<Vec<String>> {
    let calls = sources.split("refuse(").skip(1);
    calls
        .filter_map(|call| {
            // A pointer that is extended before the message begins.
            let call = call.replace(r#".child("paths")"#, "");
            let (before, rest) = call.split_once('"')?;
            if before.contains(';') || before.contains('{') {
                return None;
            }
            let rest = rest.replace(r#"\""#, "\u{0}");
            let message = rest.split('"').next()?.replace("{{", "\u{1}").replace("}}", "\u{2}");
            let literal = |part: &str| {
                let (_, after) = part.split_once('}').unwrap_or(("", part));
                after.replace('\u{0}', "\"").replace('\u{1}', "{").replace('\u{2}', "}")
            };
            Some(message.split('{').map(literal).filter(|part| !part.is_empty()).collect())
        })
        .collect()
}
