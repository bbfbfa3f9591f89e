//! Semantic changes, in the contract and in the stub.

use serde_json::{Value, json};

use super::{compare, differences, fake_manifest, set, shop};
use crate::check::Manifest;

const ITEM: &str = "/paths/~1items~1{id}";

/// Changes that a stub can have, too: a value at a JSON pointer, and the pointer of the finding; empty if it is the same.
#[allow(clippy::too_many_lines, reason = "a table")]
fn changes() -> Vec<(&'static str, Option<Value>, &'static str)> {
    vec![
        ("/info/title", Some(json!("Store")), ""),
        ("/info/version", Some(json!("2.0.0")), ""),
        ("/servers", Some(json!([{"url": "/v2"}])), ""),
        ("/security", Some(json!([])), ""),
        ("/security", Some(json!([{"card": []}, {}])), ""),
        ("/components/securitySchemes/card/scheme", Some(json!("basic")), ""),
        ("/components/securitySchemes/card", None, ""),
        ("{ITEM}/get/security", Some(json!([])), ""),
        ("/paths/~1open/post/security", None, "#/security"),
        ("{ITEM}/get/operationId", Some(json!("fetchItem")), ""),
        ("{ITEM}/get/tags/1", None, "#{ITEM}/get/tags"),
        ("{ITEM}/get/deprecated", Some(json!(true)), ""),
        ("{ITEM}/get/x-dropstub-required-scopes/0", None, "#{ITEM}/get/x-dropstub-required-scopes"),
        ("{ITEM}/get/x-dropstub-required-scopes", None, ""),
        ("{ITEM}/put/x-dropstub-required-scopes", Some(json!(["write"])), ""),
        ("{ITEM}/get/x-dropstub-scope-exemption", Some(json!("own")), ""),
        ("{ITEM}/get/x-dropstub-invalid-status", Some(json!(404)), ""),
        ("{ITEM}/put/x-dropstub-idempotent", Some(json!(true)), ""),
        ("{ITEM}/get/x-dropstub-strict-query", Some(json!(true)), ""),
        ("/x-dropstub-strict-query", Some(json!(true)), ""),
        ("{ITEM}/get/responses/200/headers/X-Age/x-dropstub-admission", Some(json!(true)), ""),
        ("{ITEM}/put", None, ""),
        ("{ITEM}/put/requestBody", None, ""),
        ("{ITEM}/put/requestBody/required", Some(json!(false)), ""),
        ("{ITEM}/put/requestBody/x-dropstub-max-bytes", Some(json!(7)), ""),
        ("{ITEM}/put/requestBody/x-dropstub-max-bytes", None, ""),
        ("{ITEM}/get/responses/404", None, ""),
        ("{ITEM}/get/responses/200/content", None, "#{ITEM}/get/responses/200/content/application~1json"),
        ("{ITEM}/get/responses/200/headers/X-Age", None, ""),
        ("{ITEM}/get/responses/200/headers/X-Age/required", Some(json!(true)), ""),
        ("{ITEM}/get/responses/200/headers/X-Age/schema/minimum", Some(json!(2)), ""),
        ("{ITEM}/get/responses/200/headers/X-Age/schema/type", Some(json!("string")), ""),
        ("{ITEM}/get/responses/200/links/again", None, ""),
        (
            "{ITEM}/get/responses/200/links/again/parameters/id",
            Some(json!("x")),
            "#{ITEM}/get/responses/200/links/again/parameters",
        ),
        ("/components/responses/Failed/headers/Retry-After/required", None, ""),
        ("/components/responses/Failed/headers/Retry-After/schema/format", None, ""),
        ("{ITEM}/get/parameters/0", None, "#{ITEM}/get/parameters/size"),
        ("{ITEM}/get/parameters/0/required", Some(json!(true)), ""),
        ("{ITEM}/get/parameters/1/schema/default", Some(json!("large")), ""),
        ("{ITEM}/get/parameters/1/schema/default", None, ""),
        (
            "{ITEM}/get/parameters/0/schema",
            Some(json!({"type": "integer", "format": "uint32", "maximum": 11})),
            "#{ITEM}/get/parameters/0/schema/maximum",
        ),
        ("{ITEM}/get/parameters/2/required", None, ""),
        ("{ITEM}/get/parameters/2/schema/pattern", Some(json!("^b")), ""),
        ("{ITEM}/get/parameters/2/schema/x-dropstub-check", None, ""),
        ("/components/parameters/Id/schema/format", None, ""),
        ("/components/parameters/Id/schema/maxLength", Some(json!(3)), ""),
        (
            "/paths/~1open/post/requestBody/content/application~1x-www-form-urlencoded/schema/additionalProperties",
            None,
            "",
        ),
        ("/paths/~1open/post/requestBody/content/application~1x-www-form-urlencoded/schema/required", None, ""),
        (
            "/paths/~1open/post/requestBody/content/application~1x-www-form-urlencoded/schema/properties/word/minLength",
            None,
            "",
        ),
        ("/components/schemas/When/nullable", None, ""),
        ("/components/schemas/When/format", Some(json!("date")), ""),
        ("/components/schemas/When/type", Some(json!("integer")), ""),
        ("/components/schemas/Size/maximum", Some(json!(9)), ""),
        ("/components/schemas/Size/minimum", Some(json!(1)), ""),
        ("/components/schemas/Size/exclusiveMaximum", Some(json!(true)), ""),
        ("/components/schemas/Kind/enum/0", None, "#/components/schemas/Kind/enum"),
        ("/components/schemas/Kind/enum", Some(json!([])), ""),
        ("/components/schemas/Kind/enum", None, ""),
        ("/components/schemas/Key/minLength", Some(json!(5)), ""),
        ("/components/schemas/Key/x-dropstub-secret", None, ""),
        ("/components/schemas/Key/x-dropstub-check", Some(json!("known")), ""),
        ("/components/schemas/Item/required/1", None, "#/components/schemas/Item/required"),
        ("/components/schemas/Item/additionalProperties", Some(json!(false)), ""),
        ("/components/schemas/Item/minProperties", Some(json!(1)), ""),
        ("/components/schemas/Item/properties/size", None, ""),
        ("/components/schemas/Item/properties/kind/nullable", None, ""),
        (
            "/components/schemas/Item/properties/sold",
            Some(json!({"$ref": "#/components/schemas/Key"})),
            "#/components/schemas/Item/properties/sold/$ref",
        ),
        ("/components/schemas/Item/properties/parts/maxItems", None, ""),
        ("/components/schemas/Item/properties/parts/uniqueItems", Some(json!(true)), ""),
        (
            "/components/schemas/Item/properties/parts/items",
            Some(json!({"$ref": "#/components/schemas/Problem"})),
            "#/components/schemas/Item/properties/parts/items/$ref",
        ),
        ("/components/schemas/Item/properties/notes/additionalProperties/maxLength", Some(json!(6)), ""),
        ("/components/schemas/Item/properties/notes/additionalProperties", Some(json!(false)), ""),
        ("/components/schemas/Item/properties/either/oneOf/1/multipleOf", Some(json!(3)), ""),
        ("/components/schemas/Item/properties/either/oneOf/1", None, ""),
        ("/components/schemas/Item/properties/id/default", Some(json!(null)), ""),
        ("/components/schemas/Item/properties/id/writeOnly", Some(json!(true)), ""),
        ("/components/schemas/Item/properties/id/unheardOf", Some(json!(1)), ""),
        ("/components/schemas/Item/xml", Some(json!({"name": "i"})), ""),
        ("/components/schemas/Item/discriminator", Some(json!({"propertyName": "id"})), ""),
        ("/components/schemas/Problem/properties/code/format", Some(json!("uri")), ""),
    ]
}

/// Changes that only a contract can have.
fn contract_only() -> Vec<(&'static str, Option<Value>, &'static str)> {
    vec![
        ("{ITEM}/security", Some(json!([])), ""),
        ("{ITEM}/query", Some(json!({"operationId": "q"})), ""),
        ("{ITEM}/get/callbacks", Some(json!(null)), ""),
        ("{ITEM}/get/parameters", Some(json!({})), "several"),
        ("/paths/~1open/parameters", Some(json!({})), ""),
        ("{ITEM}/servers", Some(json!([{"url": "/"}])), ""),
        ("{ITEM}/get/responses/default", Some(json!({"description": "x"})), ""),
        ("{ITEM}/get/responses/2XX", Some(json!({"description": "x"})), ""),
        ("{ITEM}/get/parameters/0/style", Some(json!("pipeDelimited")), "several"),
        ("{ITEM}/get/parameters/0/explode", Some(json!(false)), ""),
        ("{ITEM}/get/parameters/0/allowReserved", Some(json!(true)), ""),
        ("{ITEM}/get/responses/200/headers/X-Age/schema/default", Some(json!(1)), ""),
        ("{ITEM}/get/responses/200/headers/X-Age/deprecated", Some(json!(true)), ""),
        ("{ITEM}/get/responses/200/links", Some(json!([])), ""),
        ("/components/schemas/When/properties", Some(json!([])), ""),
        ("/components/schemas/When/nullable", Some(json!(false)), ""),
        ("/components/schemas/Key/nullable", Some(json!("yes")), ""),
        ("/paths/~1open/post/requestBody/content/text~1plain", Some(json!({"schema": {}})), ""),
    ]
}

fn failures(rows: Vec<(&str, Option<Value>, &str)>, both_ways: bool) -> Vec<String> {
    let mut failures = Vec::new();
    for (pointer, value, expected) in rows {
        let (pointer, expected) = (pointer.replace("{ITEM}", ITEM), expected.replace("{ITEM}", ITEM));
        let expected = if expected.is_empty() { format!("#{pointer}") } else { expected };
        let mut changed = shop();
        set(&mut changed, &pointer, value.clone());
        let found = differences(&changed, &shop());
        if found != [expected.as_str()] && (expected != "several" || found.is_empty()) {
            failures.push(format!("{pointer} = {value:?}\n  expected {expected}\n  found    {}", found.join(", ")));
        }
        if both_ways && differences(&shop(), &changed).is_empty() {
            failures.push(format!("{pointer} = {value:?} in the stub is not found"));
        }
    }
    failures
}

#[test]
fn semantic_change_is_one_finding_at_its_pointer() {
    let failures = [failures(changes(), true), failures(contract_only(), false)].concat();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn renamed_path_or_component_is_one_finding() {
    let text = shop().to_string();
    for (from, to, expected) in
        [("/items/{id}", "/things/{id}", "#/paths/~1things~1{id}"), ("/When\"", "/Time\"", "#/components/schemas/Time")]
    {
        let text =
            text.replace(from, to).replace("\"When\":", if to.contains("Time") { "\"Time\":" } else { "\"When\":" });
        let changed = serde_json::from_str(&text).expect("the text is still JSON");
        assert_eq!(differences(&changed, &shop()), [expected], "{from} -> {to}");
    }
}

/// An unknown component is not a new name if the old one still exists.
#[test]
fn reference_to_an_unused_component_is_reported_at_the_reference() {
    let mut changed = shop();
    set(&mut changed, "/components/schemas/Unused", Some(json!({"type": "boolean"})));
    let reference = "/components/schemas/Item/properties/size/$ref";
    set(&mut changed, reference, Some(json!("#/components/schemas/Unused")));
    assert_eq!(differences(&changed, &shop()), [format!("#{reference}")]);
}

#[test]
fn contradiction_in_a_manifest_is_reported() {
    for (pointer, value) in [
        ("/document/paths/~1open/post/operationId", Some(json!("bang"))),
        ("/document/paths/~1open/post/requestBody", None),
        ("/document/paths/~1open/post/responses/204", None),
        ("/document/paths/~1open/post/responses/5XX/content", None),
        ("/document/paths/~1open", None),
        ("/stub/operations/0/parameters/0/required", Some(json!(false))),
        ("/stub/operations/0/parameters/0", None),
        ("/stub/operations/0/responses/0/media_type", Some(json!("text/plain"))),
        ("/stub/operations/0/responses/1/media_type", Some(json!("text/plain"))),
        ("/stub/operations/0/responses/0/status", Some(json!("202"))),
        ("/stub/operations/1/request_body/media_type", Some(json!("text/plain"))),
        ("/stub/operations/1/request_body", Some(json!(null))),
        ("/stub/operations/2", None),
    ] {
        let mut manifest = fake_manifest::json(&shop());
        set(&mut manifest, pointer, value.clone());
        let manifest: Manifest = serde_json::from_value(manifest).expect("the value is still a manifest");
        let report = compare(&shop(), &manifest).expect("the contract is valid");
        let contradictions = report.findings.iter().filter(|finding| finding.contradiction);
        let messages: Vec<_> = contradictions.map(ToString::to_string).collect();
        // A status that dropshot does not emit is a contradiction only if it has a body.
        let expected = pointer != "/document/paths/~1open/post/responses/204";
        assert_eq!(!messages.is_empty(), expected, "{pointer} = {value:?}: {messages:?}");
    }
}
