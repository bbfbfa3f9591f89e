//! `cargo xtask lint`: the contract has nothing, and each thing that can be wrong with it is found where it is.

use std::process::Command;

use dropstub_document::Document;
use serde_json::{Value, json};
use xtask::project;

const TOKENS: &str = "/paths/~1api~1v1~1organizations~1{orgID}~1api-tokens";

/// Writes the value where the pointer says; `null` takes away what is there.
fn set(document: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let key = key.replace("~1", "/").replace("~0", "~");
    match document.pointer_mut(parent).unwrap_or_else(|| panic!("{parent} is not there")) {
        Value::Object(map) if value.is_null() => drop(map.shift_remove(&key).expect("something is there")),
        Value::Object(map) => drop(map.insert(key, value)),
        other => panic!("{other} has no {key}"),
    }
}

fn found(document: &Value) -> Vec<(String, String)> {
    let document = Document::parse("t.json", document.to_string()).expect("it can be read");
    let refused = dropstub_codegen::secrets(&document).err().map(|refused| refused.list).unwrap_or_default();
    let found = dropstub_checks::lint::lint(&document).err().unwrap_or_default();
    let refused = refused.into_iter().map(|it| (it.message, it.pointer.to_string()));
    refused.chain(found.into_iter().map(|it| (it.message, it.pointer.to_string()))).collect()
}

#[test]
fn the_contract_has_nothing() {
    assert_eq!(found(&project::contract().unwrap().value), []);
}

#[test]
fn each_thing_is_found_where_it_is() {
    let schema = || json!({"type": "object", "description": "x", "properties": {}});
    let string = || json!({"type": "string"});
    let wrong_body = json!({"name": "a", "scopes": "a"});
    for (place, value, message) in [
        // Missing.
        ("{TOKENS}/get/operationId", Value::Null, "an operation needs `operationId`"),
        ("{TOKENS}/get/summary", Value::Null, "an operation without a summary"),
        ("{TOKENS}/get/description", Value::Null, "an operation without a description"),
        ("{TOKENS}/get/description", json!(" "), "an operation without a description"),
        ("{TOKENS}/get/responses/401", Value::Null, "`listApiTokens` does not document the status 401"),
        ("{TOKENS}/get/responses/500", Value::Null, "`listApiTokens` does not document the status 500"),
        ("{TOKENS}/get/parameters/0/description", Value::Null, "`cursor` without a description"),
        ("/components/parameters/OrgID/description", Value::Null, "`orgID` without a description"),
        ("/components/parameters/OrgID/example", Value::Null, "the path parameter `orgID` without an example"),
        ("/components/headers/RateLimit/description", Value::Null, "`RateLimit` without a description"),
        ("{TOKENS}/get/responses/200/headers/x-lower", json!({"schema": string()}), "`x-lower` without a description"),
        ("/components/schemas/ApiToken/properties/x-a", json!({"type": "boolean"}), "`x-a` without a description"),
        ("/tags/0/description", Value::Null, "`API tokens` without a description"),
        ("{TOKENS}/get/tags", json!(["Other"]), "the tag \"Other\" is not described"),
        ("/components/schemas/ApiToken/description", Value::Null, "`ApiToken` without a description"),
        ("/components/schemas/ApiToken/properties/name/description", Value::Null, "`name` without a description"),
        // Examples.
        ("{TOKENS}/get/parameters/1/example", json!(101), "an example that is none: 101"),
        ("{TOKENS}/get/parameters/0/example", json!("x"), "an example that is none: "),
        ("{TOKENS}/post/requestBody/content/application~1json/example", wrong_body, "an example that is none: "),
        ("/components/schemas/ApiToken/example/created_at", json!("yesterday"), "an example that is none: "),
        ("/components/schemas/ApiToken/example/id", Value::Null, "an example that is none: "),
        ("/components/parameters/OrgID/example", json!("x"), "an example that is none: "),
        ("/components/headers/RateLimit/example", json!(1), "an example that is none: 1"),
        ("/components/responses/NotFound/content/application~1json/example", json!({}), "an example that is none: "),
        // In schemas without a type, too, and what is no schema.
        (
            "/components/schemas/ApiToken/properties/both",
            json!({"description": "x", "allOf": [string(), {"minLength": 3}], "example": "ab"}),
            "an example that is none: \"ab\"",
        ),
        ("/components/parameters/OrgID/schema", json!(5), "an example that is none: its schema is none"),
        // What generators cannot take, and what progenitor makes less of.
        ("{TOKENS}/get/responses/404", json!({"description": "x"}), "an error status without content: 404"),
        ("{TOKENS}/get/responses/default", json!({"description": "x"}), "`default` beside a success"),
        ("{TOKENS}/get/responses/202", json!({"description": "x"}), "a second success"),
        ("/paths/~1api~1v1~1organizations~1all", json!({}), "`all` and `{orgID}` stand at one place of the paths"),
        (
            "{TOKENS}/get/responses/4XX",
            json!({"$ref": "#/components/responses/NotFound"}),
            "`4XX` beside single statuses",
        ),
        ("/components/schemas/NewApiToken/properties/scopes/uniqueItems", Value::Null, "`scopes` cannot be sent empty"),
        (
            "/components/schemas/ApiToken/properties/client_secret",
            json!({"type": "string", "description": "x"}),
            "`client_secret` is a secret in place",
        ),
        // What nobody needs.
        (
            "/components/headers/Other",
            json!({"description": "x", "schema": {"type": "string"}}),
            "`Other` is used by nothing",
        ),
        ("/components/schemas/Other", schema(), "`Other` is used by nothing"),
        // Secrets, by what they are called; what continues a list is none.
        (
            "/components/schemas/ApiToken/properties/accessToken",
            json!({"type": "string", "description": "x"}),
            "`accessToken` is a secret in place",
        ),
        // Names.
        (
            "/components/schemas/ApiToken/properties/2fa",
            json!({"type": "boolean", "description": "x"}),
            "`2fa` is no name in other languages",
        ),
        ("{TOKENS}/get/parameters/0/name", json!("from"), "`from` is a word of other languages"),
        ("/components/schemas/Error", schema(), "`Error` is a type of other languages"),
        ("/components/schemas/DateTime", schema(), "`DateTime` is a type of other languages"),
        ("/components/schemas/API_token", schema(), "`API_token` and `ApiToken` are one name in other languages"),
        (
            "/components/schemas/CreateApiTokenRequest",
            schema(),
            "`CreateApiTokenRequest` is what `createApiToken` needs a name for",
        ),
        (
            "/components/schemas/ApiToken/properties/class",
            json!({"type": "string", "description": "x"}),
            "`class` is a word of other languages",
        ),
        ("{TOKENS}/get/operationId", json!("delete"), "`delete` is a word of other languages"),
        ("{TOKENS}/get/operationId", json!("create_api_token"), "`create"),
    ] {
        let place = place.replace("{TOKENS}", TOKENS);
        let mut document = project::contract().unwrap().value;
        set(&mut document, &place, value);
        let found = found(&document);
        assert!(found.iter().any(|(said, _)| said.starts_with(message)), "{place}: {message}: {found:?}");
        // Near where it was made: there, at what it was made in, or in it.
        let here = format!("#{place}");
        let near = |pointer: &String| {
            here.starts_with(pointer.as_str()) || pointer.starts_with(&here) || pointer.contains("operationId")
        };
        assert!(found.iter().any(|(_, pointer)| near(pointer)), "{place}: {found:?}");
        assert!(found.len() <= 3, "{place}: {found:?}");
    }
}

#[test]
fn what_only_looks_wrong_is_not_found() {
    let string = || json!({"type": "string", "description": "x"});
    let mut document = project::contract().unwrap().value;
    // Properties may be called as OpenAPI calls things.
    for name in ["headers", "properties", "parameters", "schema", "example", "examples"] {
        let nested =
            json!({"type": "object", "description": "x", "properties": {"items": string(), "example": string()}});
        set(&mut document, &format!("/components/schemas/ApiToken/properties/{name}"), nested);
    }
    set(&mut document, "/components/schemas/ApiToken/properties/next_page_token", string());
    // An example is data, whatever it looks like.
    let data = json!({"type": "integer", "example": "a", "properties": {"class": {}}});
    set(&mut document, "/components/schemas/ApiToken/properties/any", json!({"description": "x", "example": data}));
    assert_eq!(found(&document), []);
}

#[test]
fn the_command_says_how_it_ended() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask")).arg("lint").args(arguments).output().expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, out, _) = run(&[]);
    assert_eq!((code, out.as_str()), (Some(0), "openapi/aether.yaml: nothing found\n"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.json").display().to_string();
    let mut document = project::contract().unwrap().value;
    set(&mut document, &format!("{TOKENS}/get/summary"), Value::Null);
    std::fs::write(&path, document.to_string()).unwrap();
    let (code, out, _) = run(&["--spec", &path]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("error: an operation without a summary") && out.ends_with("t.json: 1 finding\n"), "{out}");
    std::fs::write(&path, "{}").unwrap();
    let (code, out, error) = run(&["--spec", &path]);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{error}");
}
