//! `cargo xtask lint`: the contract has no findings, and each defect is reported at its pointer.

#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;

use dropstub_checks::lint::{self, RULES};
use dropstub_codegen::Api;
use dropstub_document::Document;
use serde_json::{Value, json};

use support::{TOKENS, contract, run, set, with};

/// The rule ids and pointers of all findings, those of the generator first.
fn findings(document: &Value) -> Vec<(&'static str, String)> {
    let document = Document::parse("t.json", document.to_string()).expect("the document is readable");
    let mut diagnostics = Api::parse(&document).err().unwrap_or_default();
    diagnostics.extend(lint::lint(&document));
    diagnostics.into_iter().map(|it| (it.rule.id, it.pointer.to_string())).collect()
}

/// A value at a JSON pointer (`null` removes the present one), and the rules of the findings.
type Row = (&'static str, Value, &'static [&'static str]);

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    let schema = || json!({"type": "object", "description": "x", "properties": {}});
    let string = || json!({"type": "string"});
    let wrong_body = json!({"name": "a", "scopes": "a"});
    vec![
        // Missing documentation.
        ("{TOKENS}/get/operationId", Value::Null, &["key-missing"]),
        ("{TOKENS}/get/summary", Value::Null, &["operation-summary-missing"]),
        ("{TOKENS}/get/description", Value::Null, &["operation-description-missing", "scopes-undescribed"]),
        ("{TOKENS}/get/description", json!(" "), &["operation-description-missing", "scopes-undescribed"]),
        ("{TOKENS}/get/description", json!("Lists `api-tokens:read`."), &["scopes-undescribed"]),
        ("{TOKENS}/get/description", json!("Lists.\n\nRequired scope: api-tokens:read."), &["scopes-undescribed"]),
        ("{TOKENS}/get/x-dropstub-required-scopes/1", json!("other"), &["scopes-undescribed"]),
        ("{TOKENS}/get/responses/401", Value::Null, &["status-undocumented"]),
        ("{TOKENS}/get/responses/500", Value::Null, &["status-undocumented"]),
        ("{TOKENS}/get/parameters/0/description", Value::Null, &["description-missing"]),
        ("/components/parameters/OrgID/description", Value::Null, &["description-missing"]),
        ("/components/parameters/OrgID/example", Value::Null, &["path-parameter-example-missing"]),
        ("/components/headers/RateLimit/description", Value::Null, &["description-missing"]),
        ("{TOKENS}/get/responses/200/headers/x-lower", json!({"schema": string()}), &["description-missing"]),
        ("/components/schemas/ApiToken/properties/x-a", json!({"type": "boolean"}), &["description-missing", "name-not-identifier"]),
        ("/tags/0/description", Value::Null, &["description-missing"]),
        ("{TOKENS}/get/tags", json!(["Other"]), &["tag-undeclared"]),
        ("/components/schemas/ApiToken/description", Value::Null, &["description-missing"]),
        ("/components/schemas/ApiToken/properties/name/description", Value::Null, &["description-missing"]),
        // Examples.
        ("{TOKENS}/get/parameters/1/example", json!(101), &["example-invalid"]),
        ("{TOKENS}/get/parameters/0/example", json!("x"), &["example-invalid"]),
        ("{TOKENS}/post/requestBody/content/application~1json/example", wrong_body, &["example-invalid"]),
        ("/components/schemas/ApiToken/example/created_at", json!("yesterday"), &["example-invalid"]),
        ("/components/schemas/ApiToken/example/id", Value::Null, &["example-invalid"]),
        ("/components/parameters/OrgID/example", json!("x"), &["example-invalid"]),
        ("/components/headers/RateLimit/example", json!(1), &["example-invalid"]),
        ("/components/responses/NotFound/content/application~1json/example", json!({}), &["example-invalid"]),
        ("/components/responses/NotFound/content/application~1json/example", Value::Null, &["example-missing"]),
        ("/components/responses/UpdateConflict/content/application~1json/examples", json!({}), &["example-missing"]),
        ("/paths/~1api~1v1~1introspect/post/responses/200/content/application~1json/schema", string(), &["example-missing", "component-unused"]),
        ("/components/links/GetIssuedToken/operationId", json!("getToken"), &["link-target-unknown"]),
        ("{TOKENS}/post/responses/201/links/other", json!({"operationId": "other"}), &["link-target-unknown"]),
        ("/components/links/GetIssuedToken/parameters/token", json!("$response.body#/id"), &["link-target-unknown"]),
        ("/components/links/GetIssuedToken/parameters/query.tokenID", json!("$response.body#/id"), &["link-target-unknown"]),
        ("/components/schemas/ErrorBody/properties/code/x-dropstub-values/internal", json!(" "), &["description-missing"]),
        // Values that clients distinguish.
        ("/components/responses/NotFound/content/application~1json/example/error/code", json!("gone"), &["value-not-listed"]),
        ("/components/responses/UpdateConflict/content/application~1json/examples/token_revoked/value/error/code", json!("gone"), &["value-not-listed"]),
        ("/components/responses/ValidationFailed/content/application~1json/examples/invalid_field/value/error/details/0/code", json!("bad"), &["value-not-listed"]),
        ("/components/schemas/ApiToken/example/state", json!("gone"), &["value-not-listed"]),
        ("/components/schemas/ErrorBody/properties/code/x-dropstub-values", Value::Null, &["codes-not-listed"]),
        ("/components/schemas/FieldError/properties/code/x-dropstub-values", Value::Null, &["codes-not-listed"]),
        ("/components/schemas/AuditEventPage/properties/next_cursor/format", Value::Null, &["cursor-format-differs"]),
        // Patterns.
        ("/components/schemas/ApiTokenUpdate/properties/name/pattern", json!("^[^\\x80-\\xFF]+$"), &["pattern-not-portable"]),
        ("/components/parameters/IdempotencyKey/schema/pattern", json!("^\\S+$"), &["pattern-not-portable"]),
        // Schemas without a type, and an invalid schema.
        ("/components/schemas/ApiToken/properties/both", json!({"description": "x", "allOf": [string(), {"minLength": 3}], "example": "ab"}), &["all-of-composition", "example-invalid"]),
        ("/components/parameters/OrgID/schema", json!(5), &["value-type-wrong", "example-invalid"]),
        // Constructs that the server generator or progenitor does not support.
        ("{TOKENS}/get/responses/404", json!({"description": "x"}), &["error-without-content"]),
        ("{TOKENS}/get/responses/default", json!({"description": "x"}), &["default-response-unsupported"]),
        ("{TOKENS}/get/responses/202", json!({"description": "x"}), &["success-several"]),
        ("/paths/~1api~1v1~1organizations~1all", json!({}), &["path-parameter-conflict"]),
        ("{TOKENS}/get/responses/4XX", json!({"$ref": "#/components/responses/NotFound"}), &["status-class-with-statuses"]),
        ("/components/schemas/ApiTokenCreate/properties/scopes/uniqueItems", Value::Null, &["empty-list-not-sendable"]),
        ("/components/schemas/ApiTokenUpdate/properties/scopes/x-nullable", Value::Null, &["optional-list-not-nullable"]),
        ("/components/schemas/ApiToken/properties/client_secret", json!({"type": "string", "description": "x"}), &["secret-inline"]),
        // Unused components.
        ("/components/headers/Other", json!({"description": "x", "schema": {"type": "string"}}), &["component-unused"]),
        ("/components/schemas/Other", schema(), &["component-unused"]),
        // Secrets by their names.
        ("/components/schemas/ApiToken/properties/accessToken", json!({"type": "string", "description": "x"}), &["secret-inline"]),
        // Names.
        ("/components/schemas/ApiToken/properties/2fa", json!({"type": "boolean", "description": "x"}), &["name-not-identifier"]),
        ("{TOKENS}/get/parameters/0/name", json!("from"), &["name-is-keyword"]),
        ("/components/schemas/ApiToken/properties/json", json!({"type": "string", "description": "x"}), &["name-is-keyword"]),
        ("/components/schemas/NullableApiToken", schema(), &["component-unused", "name-collides-in-go"]),
        ("/components/schemas/NewApiToken", schema(), &["component-unused", "name-collides-in-go"]),
        ("/components/schemas/Error", schema(), &["component-unused", "name-is-common-type"]),
        ("/components/schemas/DateTime", schema(), &["component-unused", "name-is-common-type"]),
        ("/components/schemas/API_token", schema(), &["component-unused", "names-collide"]),
        ("/components/schemas/CreateApiTokenRequest", schema(), &["component-unused", "name-collides-with-operation"]),
        ("/components/schemas/ApiToken/properties/class", json!({"type": "string", "description": "x"}), &["name-is-keyword"]),
        ("{TOKENS}/get/operationId", json!("delete"), &["name-is-keyword"]),
        ("{TOKENS}/get/operationId", json!("create_api_token"), &["type-name-collides", "names-collide"]),
        // Allowances.
        ("/components/schemas/FieldError/properties/field/x-dropstub-allow", Value::Null, &["name-is-keyword"]),
        ("/components/schemas/FieldError/properties/field/x-dropstub-allow/name-is-keyword", json!(" "), &["allowance-invalid"]),
        ("/components/schemas/FieldError/properties/code/x-dropstub-allow", json!({"name-is-keyword": "x"}), &["allowance-unused"]),
        ("/components/schemas/FieldError/properties/code/x-dropstub-allow", json!({"other": "x"}), &["allowance-unused"]),
        ("/components/schemas/FieldError/properties/code/x-dropstub-allow", json!({}), &["allowance-invalid"]),
        ("/components/schemas/FieldError/properties/code/x-dropstub-allow", json!(["name-is-keyword"]), &["allowance-invalid"]),
    ]
}

#[test]
fn contract_has_no_findings() {
    assert_eq!(findings(&contract()), []);
}

#[test]
fn defect_is_reported_at_its_pointer() {
    for (pointer, value, rules) in rows() {
        let pointer = pointer.replace("{TOKENS}", TOKENS);
        let found = findings(&with(&contract(), &pointer, value));
        assert_eq!(found.iter().map(|(rule, _)| *rule).collect::<Vec<_>>(), rules, "{pointer}: {found:?}");
        // At the changed value, a value that contains it, or a part of it. Ids collide at either of two operations.
        let changed = format!("#{pointer}");
        let is_near = |found: &String| {
            changed.starts_with(found.as_str()) || found.starts_with(&changed) || found.contains("operationId")
        };
        assert!(found.iter().any(|(_, pointer)| is_near(pointer)), "{pointer}: {found:?}");
    }
}

#[test]
fn every_rule_has_a_test_case() {
    let tested: BTreeSet<_> = rows().iter().flat_map(|(_, _, rules)| rules.iter().copied()).collect();
    let missing: Vec<_> = RULES.iter().map(|rule| rule.id).filter(|id| !tested.contains(id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn names_and_examples_that_look_like_openapi_are_not_reported() {
    let string = || json!({"type": "string", "description": "x"});
    let mut document = contract();
    for name in ["headers", "properties", "parameters", "example", "examples"] {
        let nested =
            json!({"type": "object", "description": "x", "properties": {"items": string(), "example": string()}});
        set(&mut document, &format!("/components/schemas/ApiToken/properties/{name}"), nested);
    }
    set(&mut document, "/components/schemas/ApiToken/properties/next_page_token", string());
    // References below such names count as uses, and so do references to examples.
    set(&mut document, "/components/schemas/Note", string());
    let reference = json!({"$ref": "#/components/schemas/Note"});
    set(&mut document, "/components/schemas/ApiToken/properties/content", reference);
    set(&mut document, "/components/examples", json!({"One": {"value": {"name": "a"}}}));
    let content = format!("{TOKENS}/post/requestBody/content/application~1json");
    set(&mut document, &format!("{content}/example"), Value::Null);
    set(&mut document, &format!("{content}/examples"), json!({"one": {"$ref": "#/components/examples/One"}}));
    let data = json!({"type": "integer", "example": "a", "properties": {"class": {}}});
    set(&mut document, "/components/schemas/ApiToken/properties/any", json!({"description": "x", "example": data}));
    assert_eq!(findings(&document), []);
}

/// The example of the items is not enough: a mock server would invent the cursor.
#[test]
fn page_needs_its_own_example() {
    let document = with(&contract(), "/components/schemas/ApiTokenPage/example", Value::Null);
    let media = format!("#{TOKENS}/get/responses/200/content/application~1json");
    assert_eq!(findings(&document), [("example-missing", media)]);
}

#[test]
fn finding_is_allowed_at_its_object_at_its_keys_and_in_its_examples() {
    let mut document = contract();
    let allowance = |rule: &str| json!({rule: "x"});
    for pattern in ["/components/schemas/TokenSecret/pattern", "/components/parameters/IdempotencyKey/schema/pattern"] {
        set(&mut document, pattern, json!("^\\S+$"));
    }
    set(&mut document, "/components/schemas/TokenSecret/x-dropstub-allow", allowance("pattern-not-portable"));
    set(&mut document, "/components/parameters/IdempotencyKey/x-dropstub-allow", allowance("pattern-not-portable"));
    let media = "/components/responses/NotFound/content/application~1json";
    set(&mut document, &format!("{media}/example/error/code"), json!("gone"));
    set(&mut document, &format!("{media}/x-dropstub-allow"), allowance("value-not-listed"));
    set(&mut document, &format!("{TOKENS}/get/tags/0"), json!("Other"));
    set(&mut document, &format!("{TOKENS}/get/x-dropstub-allow"), allowance("tag-undeclared"));
    // The parameter is not the object of the pattern, which is its schema.
    let key = "#/components/parameters/IdempotencyKey";
    let expected = [
        ("pattern-not-portable", format!("{key}/schema/pattern")),
        ("allowance-unused", format!("{key}/x-dropstub-allow/pattern-not-portable")),
    ];
    assert_eq!(findings(&document), expected);
}

#[test]
fn allowance_in_data_or_as_a_name_is_none() {
    let mut document = contract();
    let media = "/components/responses/NotFound/content/application~1json";
    set(&mut document, &format!("{media}/example/error/code"), json!("gone"));
    set(&mut document, &format!("{media}/example/x-dropstub-allow"), json!({"value-not-listed": "x"}));
    let named = json!({"type": "string", "description": "x"});
    set(&mut document, "/components/schemas/ApiToken/properties/x-dropstub-allow", named);
    let rules: Vec<_> = findings(&document).into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(rules, ["value-not-listed", "name-not-identifier"]);
}

#[test]
fn exit_status_tells_findings_from_failures() {
    let (code, out, _) = run(&["lint"]);
    assert_eq!((code, out.as_str()), (Some(0), "openapi/aether.yaml: no findings\n"));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.json").display().to_string();
    let document = with(&contract(), &format!("{TOKENS}/get/summary"), Value::Null);
    std::fs::write(&path, document.to_string()).unwrap();
    let (code, out, _) = run(&["lint", "--spec", &path]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("error[operation-summary-missing]: ") && out.ends_with("t.json: 1 error\n"), "{out}");
    std::fs::write(&path, "{}").unwrap();
    let (code, out, error) = run(&["lint", "--spec", &path]);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{error}");
}
