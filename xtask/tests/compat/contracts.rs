//! Single changes of Aether's contract.

use super::{
    Class,
    Direction::{Operation, Request, Response},
    Value,
    Verdict::{Breaking, Compatible, Documentation},
    changes, classes, contract, is_located, json,
    support::TOKENS,
    with,
};

/// A value at a JSON pointer (`null` removes the present one), and the classes of the change.
type Row = (&'static str, Value, &'static [Class]);

#[rustfmt::skip]
#[allow(clippy::too_many_lines, reason = "a table")]
fn rows() -> Vec<Row> {
    let string = || json!({"type": "string"});
    vec![
        ("/info/version", json!("2.0.0"), &[("documentation-changed", Documentation, Operation)]),
        ("/servers/0/url", json!("https://example.com"), &[("server-added", Compatible, Operation), ("server-removed", Breaking, Operation)]),
        ("/servers/1", json!({"url": "/"}), &[("server-added", Compatible, Operation)]),
        ("/components/securitySchemes/bearerAuth/scheme", json!("basic"), &[("security-scheme-changed", Breaking, Request)]),
        ("/components/securitySchemes/bearerAuth/description", json!("x"), &[("documentation-changed", Documentation, Request)]),
        // Operations.
        ("{TOKENS}/get", Value::Null, &[("operation-removed", Breaking, Operation)]),
        ("{TOKENS}/patch", json!({"operationId": "x", "responses": {}}), &[("operation-added", Compatible, Operation)]),
        ("{TOKENS}/get/operationId", json!("tokens"), &[("operation-id-changed", Breaking, Operation)]),
        ("{TOKENS}/get/description", json!("x"), &[("documentation-changed", Documentation, Operation)]),
        ("{TOKENS}/get/deprecated", json!(true), &[("deprecation-changed", Compatible, Operation)]),
        ("{TOKENS}/get/security", json!([]), &[("security-loosened", Compatible, Request)]),
        ("{TOKENS}/get/security", json!([{"other": []}]), &[("security-tightened", Breaking, Request)]),
        ("{TOKENS}/get/security", json!([{"bearerAuth": []}, {"other": []}]), &[("security-loosened", Compatible, Request)]),
        ("{TOKENS}/get/x-dropstub-required-scopes/1", json!("more"), &[("scope-required", Breaking, Request)]),
        ("{TOKENS}/get/x-dropstub-required-scopes/0", Value::Null, &[("scope-no-longer-required", Compatible, Request)]),
        ("{TOKENS}/get/x-dropstub-scope-exemption", json!("some"), &[("scope-exemption-added", Compatible, Request)]),
        ("{TOKENS}~1{tokenID}~1rotate/post/x-dropstub-scope-exemption", Value::Null, &[("scope-exemption-removed", Breaking, Request)]),
        ("/paths/~1api~1v1~1authorize/get/x-dropstub-invalid-status", json!(422), &[("invalid-request-status-changed", Breaking, Response)]),
        ("{TOKENS}/get/x-dropstub-idempotent", json!(true), &[("idempotency-added", Compatible, Request)]),
        ("{TOKENS}/post/x-dropstub-idempotent", Value::Null, &[("idempotency-removed", Breaking, Request)]),
        ("/x-dropstub-strict-query", Value::Null, &[("strict-query-removed", Compatible, Request)]),
        ("{TOKENS}/get/x-dropstub-strict-query", json!(false), &[("strict-query-removed", Compatible, Request)]),
        // Parameters.
        ("{TOKENS}/get/parameters/0", Value::Null, &[("parameter-removed", Breaking, Request)]),
        ("{TOKENS}/get/parameters/4", json!({"name": "new", "in": "query", "schema": string()}), &[("optional-parameter-added", Compatible, Request)]),
        ("{TOKENS}/get/parameters/4", json!({"name": "new", "in": "query", "required": true, "schema": string()}), &[("required-parameter-added", Breaking, Request)]),
        ("{TOKENS}/get/parameters/0/required", json!(true), &[("parameter-became-required", Breaking, Request)]),
        ("{TOKENS}/get/parameters/0/style", json!("pipeDelimited"), &[("parameter-serialization-changed", Breaking, Request)]),
        ("{TOKENS}/get/parameters/1/schema/maximum", json!(99), &[("bound-changed", Breaking, Request)]),
        ("{TOKENS}/get/parameters/1/schema/maximum", json!(101), &[("bound-changed", Compatible, Request)]),
        ("{TOKENS}/get/parameters/1/schema/minimum", json!(2), &[("bound-changed", Breaking, Request)]),
        ("{TOKENS}/get/parameters/1/schema/minimum", Value::Null, &[("bound-changed", Compatible, Request)]),
        ("{TOKENS}/get/parameters/1/schema/default", json!(20), &[("default-changed", Breaking, Request)]),
        ("{TOKENS}/get/parameters/1/example", json!(21), &[("documentation-changed", Documentation, Request)]),
        ("/components/schemas/ApiTokenStateFilter/enum/3", json!("frozen"), &[("enum-value-added", Compatible, Request)]),
        ("/components/schemas/ApiTokenStateFilter/enum/0", Value::Null, &[("enum-value-removed", Breaking, Request)]),
        // Bodies.
        ("{TOKENS}/post/requestBody", Value::Null, &[("request-body-removed", Breaking, Request)]),
        ("{TOKENS}/get/requestBody", json!({"required": true, "content": {}}), &[("required-request-body-added", Breaking, Request)]),
        ("{TOKENS}/get/requestBody", json!({"content": {}}), &[("optional-request-body-added", Compatible, Request)]),
        ("{TOKENS}/post/requestBody/required", json!(false), &[("request-body-became-optional", Compatible, Request)]),
        ("{TOKENS}/post/requestBody/x-dropstub-max-bytes", json!(65_535), &[("request-body-limit-lowered", Breaking, Request)]),
        ("{TOKENS}/post/requestBody/x-dropstub-max-bytes", json!(65_537), &[("request-body-limit-raised", Compatible, Request)]),
        ("{TOKENS}/post/requestBody/content/text~1plain", json!({"schema": string()}), &[("media-type-added", Compatible, Request)]),
        ("{TOKENS}/post/requestBody/content/application~1json", Value::Null, &[("media-type-removed", Breaking, Request)]),
        ("{NEW}/required/1", json!("scopes"), &[("required-changed", Breaking, Request)]),
        ("{NEW}/required/0", Value::Null, &[("required-changed", Compatible, Request)]),
        ("{NEW}/properties/new", string(), &[("property-added", Compatible, Request)]),
        ("{NEW}/properties/scopes", Value::Null, &[("property-removed", Breaking, Request)]),
        ("{NEW}/properties/name/type", json!("integer"), &[("type-changed", Breaking, Request)]),
        ("{NEW}/properties/name/maxLength", json!(99), &[("bound-changed", Breaking, Request)]),
        ("{NEW}/properties/name/maxLength", json!(101), &[("bound-changed", Compatible, Request)]),
        ("{NEW}/properties/name/pattern", Value::Null, &[("restriction-changed", Compatible, Request)]),
        ("{NEW}/properties/name/pattern", json!("^a$"), &[("restriction-changed", Breaking, Request)]),
        ("{NEW}/properties/name/nullable", json!(true), &[("became-nullable", Compatible, Request)]),
        ("{NEW}/properties/expires_at/nullable", Value::Null, &[("became-non-nullable", Breaking, Request)]),
        ("{NEW}/properties/expires_at/format", json!("date-time"), &[("restriction-changed", Breaking, Request)]),
        ("{NEW}/properties/expires_at/x-dropstub-check", Value::Null, &[("restriction-changed", Compatible, Request)]),
        ("{NEW}/properties/scopes/uniqueItems", Value::Null, &[("restriction-changed", Compatible, Request)]),
        ("{NEW}/properties/scopes/items/minLength", json!(2), &[("bound-changed", Breaking, Request)]),
        ("{NEW}/additionalProperties", Value::Null, &[("additional-properties-changed", Compatible, Request)]),
        ("{NEW}/properties/name/description", json!("x"), &[("documentation-changed", Documentation, Request)]),
        ("/components/schemas/IntrospectionForm/additionalProperties", json!(false), &[("additional-properties-changed", Breaking, Request)]),
        ("{NEW}/properties/name/deprecated", json!(true), &[("deprecation-changed", Documentation, Request)]),
        ("{NEW}/properties/name/writeOnly", json!(true), &[("access-changed", Breaking, Request)]),
        ("{TOKEN}/properties/name/xml", json!({"name": "n"}), &[("keyword-changed", Breaking, Response)]),
        // Responses.
        ("{TOKENS}/get/responses/200", Value::Null, &[("success-status-removed", Breaking, Response)]),
        ("{TOKENS}/get/responses/404", Value::Null, &[("error-status-removed", Compatible, Response)]),
        ("{TOKENS}/get/responses/418", json!({"description": "x"}), &[("error-status-added", Compatible, Response)]),
        ("{TOKENS}/get/responses/202", json!({"description": "x"}), &[("success-status-added", Breaking, Response)]),
        ("{TOKENS}/get/responses/200/headers/X-New", json!({"schema": string()}), &[("header-added", Compatible, Response)]),
        ("{TOKENS}/get/responses/200/headers/RateLimit", Value::Null, &[("optional-header-removed", Compatible, Response)]),
        ("{TOKENS}/get/responses/200/headers/X-Request-Id", Value::Null, &[("required-header-removed", Breaking, Response)]),
        ("/components/headers/RequestId/required", json!(false), &[("header-became-optional", Breaking, Response)]),
        ("/components/headers/RateLimit/required", json!(true), &[("header-became-required", Compatible, Response)]),
        ("{TOKENS}/post/responses/201/links", Value::Null, &[("links-changed", Documentation, Response)]),
        ("{TOKENS}/get/responses/200/content/text~1plain", json!({"schema": string()}), &[("media-type-added", Breaking, Response)]),
        ("{TOKEN}/properties/state/x-dropstub-values/paused", json!("The token is paused."), &[("listed-value-added", Compatible, Response)]),
        ("{TOKEN}/properties/state/x-dropstub-values/expired", Value::Null, &[("listed-value-removed", Breaking, Response)]),
        ("{TOKEN}/properties/state/x-dropstub-values/expired", json!("x"), &[("documentation-changed", Documentation, Response)]),
        ("{TOKEN}/properties/new", string(), &[("property-added", Compatible, Response)]),
        ("{TOKEN}/properties/prefix", Value::Null, &[("property-removed", Breaking, Response)]),
        ("{TOKEN}/required/0", Value::Null, &[("required-changed", Breaking, Response)]),
        ("{TOKEN}/required/6", json!("revoked_at"), &[("required-changed", Compatible, Response)]),
        ("{TOKEN}/properties/name/nullable", json!(true), &[("became-nullable", Breaking, Response)]),
        ("{TOKEN}/properties/revoked_at/nullable", Value::Null, &[("became-non-nullable", Compatible, Response)]),
        ("{TOKEN}/properties/name/maxLength", json!(100), &[("bound-changed", Compatible, Response)]),
        ("{TOKEN}/properties/id/format", Value::Null, &[("restriction-changed", Breaking, Response)]),
        ("{TOKEN}/properties/id/format", json!("date"), &[("restriction-changed", Breaking, Response)]),
        ("{TOKEN}/properties/scopes/items/type", json!("integer"), &[("type-changed", Breaking, Response)]),
        ("{TOKEN}/additionalProperties", json!(false), &[("additional-properties-changed", Compatible, Response)]),
        ("/components/schemas/TokenSecret/pattern", Value::Null, &[("restriction-changed", Breaking, Response)]),
        ("/components/schemas/TokenSecret/x-dropstub-secret", Value::Null, &[("secret-changed", Breaking, Response)]),
        ("/components/responses/Unauthorized/headers/WWW-Authenticate/schema/enum/2", json!("Basic"), &[("enum-value-added", Compatible, Response)]),
        ("/components/responses/Unauthorized/headers/WWW-Authenticate/schema/enum/0", Value::Null, &[("enum-value-removed", Compatible, Response)]),
    ]
}

/// The JSON pointer of a row, with its abbreviation expanded.
fn expand(pointer: &str) -> String {
    pointer
        .replace("{TOKENS}", TOKENS)
        .replace("{NEW}", "/components/schemas/ApiTokenCreate")
        .replace("{TOKEN}", "/components/schemas/ApiToken")
}

/// The expected rules of all rows.
pub(crate) fn rules() -> impl Iterator<Item = &'static str> {
    rows().into_iter().flat_map(|(_, _, classes)| classes).map(|(rule, _, _)| *rule)
}

#[test]
fn change_of_the_contract_has_its_rule_verdict_and_direction() {
    let contract = contract();
    let mut failures = Vec::new();
    for (pointer, value, expected) in rows() {
        let changed = with(&contract, &expand(pointer), value.clone());
        let found = changes(&contract, &changed);
        if classes(&found) != expected {
            failures.push(format!("{pointer} = {value}\n  expected {expected:?}\n  found    {found:?}"));
        }
        assert!(!changes(&changed, &contract).is_empty(), "{pointer} = {value}: the reverse is a change, too");
        for change in &found {
            assert!(is_located(change, &contract, &changed), "{} does not exist", change.pointer);
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Generated clients have a type of the component's name.
#[test]
fn renamed_component_schema_is_breaking() {
    let contract = contract();
    let state = contract["components"]["schemas"]["ApiTokenStateFilter"].clone();
    let changed = with(&contract, "/components/schemas/State", state);
    let reference = json!("#/components/schemas/State");
    let changed = with(&changed, &expand("{TOKENS}/get/parameters/2/schema/$ref"), reference);
    assert_eq!(classes(&changes(&contract, &changed)), [("component-schema-renamed", Breaking, Request)]);
}
