//! Semantic changes of the contract: each is one finding at its pointer.

use dropstub_checks::check::Evidence;
use serde_json::{Value, json};

use crate::support::{TOKENS, contract, with};
use crate::{compare, pointers};

/// A value at a JSON pointer (`null` removes the present one), and the pointer of the finding; empty for several findings.
type Change = (&'static str, Value, &'static str);

const ONE: &str = "/paths/~1api~1v1~1organizations~1{orgID}~1api-tokens~1{tokenID}";
const CURRENT: &str = "/paths/~1api~1v1~1api-tokens~1current";
const CODES: &str = "/components/schemas/ErrorBody/properties/code/x-dropstub-values";

#[allow(clippy::too_many_lines, reason = "a table")]
fn changes() -> Vec<Change> {
    vec![
        ("/info/version", json!("2.0.0"), "#/info/version"),
        ("/servers/0/url", json!("https://example.com"), "#/servers"),
        ("/servers/1", json!({"url": "/"}), "#/servers"),
        ("/paths/~1api~1v1~1authorize/get/x-dropstub-invalid-status", json!(422), ""),
        ("/paths/~1api~1v1~1authorize/get/x-dropstub-invalid-status", json!(null), ""),
        ("{ONE}~1rotate/post/x-dropstub-scope-exemption", json!(null), ""),
        ("{ONE}~1rotate/post/x-dropstub-scope-exemption", json!("every_token"), ""),
        (
            "/components/headers/RateLimit/x-dropstub-admission",
            json!(null),
            "#/components/headers/RateLimit/x-dropstub-admission",
        ),
        ("/components/headers/RateLimit/required", json!(true), "#/components/headers/RateLimit/required"),
        (
            "/components/headers/IdempotencyReplayed/x-dropstub-admission",
            json!(true),
            "#/components/headers/IdempotencyReplayed/x-dropstub-admission",
        ),
        (
            "/components/schemas/PresentedToken/x-dropstub-secret",
            json!(null),
            "#/components/schemas/PresentedToken/x-dropstub-secret",
        ),
        (
            "/components/parameters/IdempotencyKey/schema/maxLength",
            json!(9),
            "#/components/parameters/IdempotencyKey/schema/maxLength",
        ),
        ("/security", json!([]), "#/security"),
        ("/security", json!(null), "#/security"),
        ("/security/0", json!({"bearerAuth": ["a"]}), "#/security"),
        ("/security/1", json!({}), "#/security"),
        (
            "/components/securitySchemes/bearerAuth/scheme",
            json!("basic"),
            "#/components/securitySchemes/bearerAuth/scheme",
        ),
        ("/components/parameters/OrgID/name", json!("orgId"), ""),
        ("/components/parameters/OrgID/schema/format", json!(null), "#/components/parameters/OrgID/schema/format"),
        ("/components/parameters/TokenID/schema/type", json!("integer"), "#/components/parameters/TokenID/schema/type"),
        ("/components/parameters/TokenID/style", json!("label"), "#/components/parameters/TokenID/style"),
        ("/components/headers/RequestId/required", json!(false), "#/components/headers/RequestId/required"),
        ("/components/headers/RequestId/schema/maxLength", json!(9), "#/components/headers/RequestId/schema/maxLength"),
        (
            "/components/responses/Unavailable/headers/Retry-After",
            json!(null),
            "#/components/responses/Unavailable/headers/Retry-After",
        ),
        (
            "/components/responses/Unavailable/headers/Retry-After/schema/minimum",
            json!(2),
            "#/components/responses/Unavailable/headers/Retry-After/schema/minimum",
        ),
        (
            "/components/responses/NotFound/headers/ETag",
            json!({"schema": {"type": "string"}}),
            "#/components/responses/NotFound/headers/ETag",
        ),
        (
            "/components/responses/NotFound/content",
            json!(null),
            "#/components/responses/NotFound/content/application~1json",
        ),
        (
            "/components/responses/Unauthorized/headers/WWW-Authenticate/schema/enum/2",
            json!("Basic"),
            "#/components/responses/Unauthorized/headers/WWW-Authenticate/schema/enum",
        ),
        ("/components/schemas/ApiTokenCreate/required", json!(null), "#/components/schemas/ApiTokenCreate/required"),
        (
            "/components/schemas/ApiTokenCreate/required/1",
            json!("scopes"),
            "#/components/schemas/ApiTokenCreate/required",
        ),
        (
            "/components/schemas/ApiTokenCreate/additionalProperties",
            json!(null),
            "#/components/schemas/ApiTokenCreate/additionalProperties",
        ),
        (
            "/components/schemas/ApiTokenCreate/additionalProperties",
            json!({"type": "string"}),
            "#/components/schemas/ApiTokenCreate/additionalProperties",
        ),
        (
            "/components/schemas/ApiTokenCreate/properties/name/minLength",
            json!(2),
            "#/components/schemas/ApiTokenCreate/properties/name/minLength",
        ),
        (
            "/components/schemas/ApiTokenCreate/properties/name/maxLength",
            json!(null),
            "#/components/schemas/ApiTokenCreate/properties/name/maxLength",
        ),
        (
            "/components/schemas/ApiTokenCreate/properties/name/pattern",
            json!("^a$"),
            "#/components/schemas/ApiTokenCreate/properties/name/pattern",
        ),
        (
            "/components/schemas/ApiTokenCreate/properties/name/nullable",
            json!(true),
            "#/components/schemas/ApiTokenCreate/properties/name/nullable",
        ),
        (
            "/components/schemas/ApiTokenCreate/properties/name/default",
            json!("x"),
            "#/components/schemas/ApiTokenCreate/properties/name/default",
        ),
        (
            "/components/schemas/ApiTokenCreate/properties/name/enum",
            json!(["x"]),
            "#/components/schemas/ApiTokenCreate/properties/name/enum",
        ),
        (
            "/components/schemas/ApiTokenCreate/properties/name/unknownKeyword",
            json!(1),
            "#/components/schemas/ApiTokenCreate/properties/name/unknownKeyword",
        ),
        (
            "/components/schemas/ApiTokenCreate/properties/name/readOnly",
            json!(true),
            "#/components/schemas/ApiTokenCreate/properties/name/readOnly",
        ),
        (
            "/components/schemas/ApiTokenCreate/properties/scopes/uniqueItems",
            json!(false),
            "#/components/schemas/ApiTokenCreate/properties/scopes/uniqueItems",
        ),
        (
            "/components/schemas/ApiTokenCreate/properties/scopes/minItems",
            json!(1),
            "#/components/schemas/ApiTokenCreate/properties/scopes/minItems",
        ),
        (
            "/components/schemas/ApiTokenCreate/properties/scopes/items/maxLength",
            json!(65),
            "#/components/schemas/ApiTokenCreate/properties/scopes/items/maxLength",
        ),
        (
            "/components/schemas/ApiTokenCreate/properties/scopes/items/x-dropstub-check",
            json!(null),
            "#/components/schemas/ApiTokenCreate/properties/scopes/items/x-dropstub-check",
        ),
        (
            "/components/schemas/ApiTokenCreate/properties/expires_at/nullable",
            json!(null),
            "#/components/schemas/ApiTokenCreate/properties/expires_at/nullable",
        ),
        (
            "/components/schemas/ApiTokenCreate/properties/expires_at/format",
            json!("date-time"),
            "#/components/schemas/ApiTokenCreate/properties/expires_at/format",
        ),
        (
            "/components/schemas/ApiTokenCreate/properties/extra",
            json!({"type": "string"}),
            "#/components/schemas/ApiTokenCreate/properties/extra",
        ),
        ("/components/schemas/ApiToken/properties/name", json!(null), "#/components/schemas/ApiToken/properties/name"),
        (
            "/components/schemas/ApiToken/properties/revoked_at/format",
            json!(null),
            "#/components/schemas/ApiToken/properties/revoked_at/format",
        ),
        (
            "/components/schemas/ApiToken/properties/scopes/items/type",
            json!("integer"),
            "#/components/schemas/ApiToken/properties/scopes/items/type",
        ),
        (
            "/components/schemas/ApiToken/properties/name/maxLength",
            json!(100),
            "#/components/schemas/ApiToken/properties/name/maxLength",
        ),
        (
            "/components/schemas/ApiToken/additionalProperties",
            json!(false),
            "#/components/schemas/ApiToken/additionalProperties",
        ),
        (
            "/components/schemas/ApiTokenPage/properties/items/items",
            json!({"$ref": "#/components/schemas/IssuedApiToken"}),
            "#/components/schemas/ApiTokenPage/properties/items/items/$ref",
        ),
        (
            "/components/schemas/ApiTokenPage/properties/next_cursor/nullable",
            json!(false),
            "#/components/schemas/ApiTokenPage/properties/next_cursor/nullable",
        ),
        ("/components/schemas/TokenSecret/pattern", json!("^aether_"), "#/components/schemas/TokenSecret/pattern"),
        (
            "/components/schemas/TokenSecret/x-dropstub-secret",
            json!(null),
            "#/components/schemas/TokenSecret/x-dropstub-secret",
        ),
        ("/components/schemas/ErrorBody/required/1", json!(null), "#/components/schemas/ErrorBody/required"),
        (
            "/components/schemas/ErrorBody/properties/code/type",
            json!("integer"),
            "#/components/schemas/ErrorBody/properties/code/type",
        ),
        ("{TOKENS}/post/operationId", json!("makeApiToken"), "#{TOKENS}/post/operationId"),
        ("{TOKENS}/post/tags/0", json!("Other"), "#{TOKENS}/post/tags"),
        ("{TOKENS}/post/deprecated", json!(true), "#{TOKENS}/post/deprecated"),
        ("{TOKENS}/post/security", json!([]), "#{TOKENS}/post/security"),
        ("{TOKENS}/post/servers", json!([{"url": "/v2"}]), "#{TOKENS}/post/servers"),
        ("{TOKENS}/post/callbacks", json!({"x": {}}), "#{TOKENS}/post/callbacks"),
        (
            "{TOKENS}/post/x-dropstub-required-scopes/0",
            json!("api-tokens:read"),
            "#{TOKENS}/post/x-dropstub-required-scopes",
        ),
        ("{TOKENS}/post/x-dropstub-required-scopes", json!(null), "#{TOKENS}/post/x-dropstub-required-scopes"),
        ("{TOKENS}/post/x-dropstub-idempotent", json!(null), "#{TOKENS}/post/x-dropstub-idempotent"),
        ("{TOKENS}/get/x-dropstub-idempotent", json!(true), "#{TOKENS}/get/x-dropstub-idempotent"),
        ("/x-dropstub-strict-query", json!(null), "#/x-dropstub-strict-query"),
        ("{TOKENS}/get/x-dropstub-strict-query", json!(false), "#{TOKENS}/get/x-dropstub-strict-query"),
        ("{CODES}/teapot", json!("418."), "#{CODES}"),
        ("{CODES}/token_revoked", json!(null), "#{CODES}"),
        ("{CODES}", json!(null), "#{CODES}"),
        ("{TOKENS}/post/requestBody", json!(null), "#{TOKENS}/post/requestBody"),
        ("{TOKENS}/post/requestBody/required", json!(false), "#{TOKENS}/post/requestBody/required"),
        ("{TOKENS}/post/requestBody/x-dropstub-max-bytes", json!(1), "#{TOKENS}/post/requestBody/x-dropstub-max-bytes"),
        (
            "{TOKENS}/post/requestBody/content/text~1plain",
            json!({"schema": {"type": "string"}}),
            "#{TOKENS}/post/requestBody/content/text~1plain",
        ),
        (
            "{TOKENS}/post/responses/201/headers/Cache-Control",
            json!(null),
            "#{TOKENS}/post/responses/201/headers/Cache-Control",
        ),
        (
            "{TOKENS}/post/responses/201/headers/Cache-Control/schema/enum/0",
            json!("private"),
            "#{TOKENS}/post/responses/201/headers/Cache-Control/schema/enum",
        ),
        (
            "/components/links/GetIssuedToken/operationId",
            json!("listApiTokens"),
            "#/components/links/GetIssuedToken/operationId",
        ),
        (
            "/components/links/GetIssuedToken/parameters/tokenID",
            json!("$response.body#/x"),
            "#/components/links/GetIssuedToken/parameters",
        ),
        ("{TOKENS}/post/responses/408", json!(null), "#{TOKENS}/post/responses/408"),
        ("{TOKENS}/post/responses/418", json!({"description": "x"}), "#{TOKENS}/post/responses/418"),
        ("{TOKENS}/post/responses/default", json!({"description": "x"}), "#{TOKENS}/post/responses/default"),
        ("{TOKENS}/get/parameters/0/name", json!("after"), ""),
        ("{TOKENS}/get/parameters/0/required", json!(true), "#{TOKENS}/get/parameters/0/required"),
        ("{TOKENS}/get/parameters/0/schema/format", json!(null), "#{TOKENS}/get/parameters/0/schema/format"),
        ("{TOKENS}/get/parameters/1/in", json!("header"), ""),
        ("{TOKENS}/get/parameters/1/explode", json!(false), "#{TOKENS}/get/parameters/1/explode"),
        ("{TOKENS}/get/parameters/1/schema/default", json!(20), "#{TOKENS}/get/parameters/1/schema/default"),
        ("{TOKENS}/get/parameters/1/schema/default", json!(null), "#{TOKENS}/get/parameters/1/schema/default"),
        ("{TOKENS}/get/parameters/1/schema/maximum", json!(1000), "#{TOKENS}/get/parameters/1/schema/maximum"),
        ("{TOKENS}/get/parameters/1/schema/minimum", json!(0), "#{TOKENS}/get/parameters/1/schema/minimum"),
        ("{TOKENS}/get/parameters/1/schema/format", json!("int64"), "#{TOKENS}/get/parameters/1/schema/format"),
        (
            "{TOKENS}/get/parameters/4",
            json!({"name": "other", "in": "query", "schema": {"type": "string"}}),
            "#{TOKENS}/get/parameters/4",
        ),
        (
            "/components/responses/Unavailable/headers/Retry-After/schema/default",
            json!(5),
            "#/components/responses/Unavailable/headers/Retry-After/schema/default",
        ),
        ("{TOKENS}/get/parameters/4", json!({"name": "limit", "in": "query", "schema": {"type": "string"}}), ""),
        ("{TOKENS}/query", json!({"operationId": "x"}), "#{TOKENS}/query"),
        ("{TOKENS}/put", json!({"operationId": "x", "responses": {}}), "#{TOKENS}/put"),
        ("{ONE}/delete", json!(null), "#{ONE}/delete"),
        (
            "{ONE}/get/responses/200/content/application~1json/schema",
            json!({"$ref": "#/components/schemas/IssuedApiToken"}),
            "#{ONE}/get/responses/200/content/application~1json/schema/$ref",
        ),
        (
            "{ONE}/delete/responses/204/content",
            json!({"application/json": {"schema": {}}}),
            "#{ONE}/delete/responses/204/content/application~1json",
        ),
        ("{CURRENT}/get/security", json!([]), "#{CURRENT}/get/security"),
        (
            "{CURRENT}/get/x-dropstub-required-scopes/0",
            json!("api-tokens:read"),
            "#{CURRENT}/get/x-dropstub-required-scopes",
        ),
        (
            "{CURRENT}/get/responses/403",
            json!({"$ref": "#/components/responses/InsufficientScope"}),
            "#{CURRENT}/get/responses/403",
        ),
    ]
}

fn expand(text: &str) -> String {
    text.replace("{TOKENS}", TOKENS).replace("{ONE}", ONE).replace("{CURRENT}", CURRENT).replace("{CODES}", CODES)
}

#[test]
fn semantic_change_is_one_finding_at_its_pointer() {
    let mut failures = Vec::new();
    for (pointer, value, expected) in changes() {
        let (pointer, expected) = (expand(pointer), expand(expected));
        let found = match compare(&with(&contract(), &pointer, value.clone())) {
            Ok(report) => pointers(&report),
            Err(invalid) => vec![invalid.to_string()],
        };
        // A renamed value is missing in one place and superfluous in another.
        let correct = if expected.is_empty() { !found.is_empty() } else { found == [expected.as_str()] };
        if !correct {
            failures.push(format!("{pointer} = {value}\n  expected {expected}\n  found    {}", found.join(", ")));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn renamed_path_or_component_is_one_finding() {
    let text = contract().to_string();
    for (from, to, expected) in [
        ("/api/v1/api-tokens/current", "/api/v1/api-tokens/mine", "#/paths/~1api~1v1~1api-tokens~1mine"),
        ("FieldError", "FieldProblem", "#/components/schemas/FieldProblem"),
        ("ErrorEnvelope", "Failure", "#/components/schemas/Failure"),
    ] {
        let changed = serde_json::from_str(&text.replace(from, to)).unwrap();
        assert_eq!(pointers(&compare(&changed).unwrap()), [expected], "{from} -> {to}");
    }
    let changed = serde_json::from_str(&text.replace("bearerAuth", "token")).unwrap();
    assert!(pointers(&compare(&changed).unwrap()).contains(&"#/security".to_owned()));
}

#[test]
fn message_has_both_values_and_their_sources() {
    let changed = with(&contract(), "/components/schemas/ApiTokenCreate/properties/name/maxLength", json!(64));
    let report = compare(&with(&changed, "/security", Value::Null)).unwrap();
    let messages: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "`name.maxLength` of `ApiTokenCreate`: the contract has 64, the server has 100 according to the compiled types \
             and the validator",
            "`security`: the contract has nothing, the server has [{\"bearerAuth\":[]}] according to the stub's tables \
             for authorizeRequest, createApiToken, getApiToken, getCurrentApiToken, introspectApiToken, \
             listApiTokens, listAuditEvents, revokeApiToken, revokeCurrentApiToken, rotateApiToken, updateApiToken",
        ]
    );
    assert_eq!(report.findings[0].evidence, [Evidence::Types, Evidence::Validator].into());
}

/// The default `null` is not an absent default.
#[test]
fn default_null_is_reported() {
    let mut changed = contract();
    changed["components"]["schemas"]["ApiTokenCreate"]["properties"]["expires_at"]["default"] = Value::Null;
    assert_eq!(
        pointers(&compare(&changed).unwrap()),
        ["#/components/schemas/ApiTokenCreate/properties/expires_at/default"]
    );
}
