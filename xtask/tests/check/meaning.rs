//! Single changes that mean something: each is one finding, at the place that was changed.

use dropstub_checks::check::Witness;
use serde_json::{Value, json};

use crate::{compare, contract, found};

/// A change: a JSON pointer, what to put there (`null` takes it away), and where the finding is.
type Change = (&'static str, Value, &'static str);

const TOKENS: &str = "/paths/~1api~1v1~1organizations~1{orgID}~1api-tokens";
const ONE: &str = "/paths/~1api~1v1~1organizations~1{orgID}~1api-tokens~1{tokenID}";
const CURRENT: &str = "/paths/~1api~1v1~1api-tokens~1current";

#[allow(clippy::too_many_lines, reason = "a table")]
fn changes() -> Vec<Change> {
    vec![
        ("/info/version", json!("2.0.0"), "#/info/version"),
        ("/servers/0/url", json!("https://example.com"), "#/servers"),
        ("/servers/1", json!({"url": "/"}), "#/servers"),
        ("/paths/~1api~1v1~1authorize/get/x-invalid-status", json!(422), ""),
        ("/paths/~1api~1v1~1authorize/get/x-invalid-status", json!(null), ""),
        ("{ONE}~1rotate/post/x-scope-exemption", json!(null), ""),
        ("{ONE}~1rotate/post/x-scope-exemption", json!("every_token"), ""),
        ("/components/headers/RateLimit/x-gate", json!(null), "#/components/headers/RateLimit/x-gate"),
        ("/components/headers/RateLimit/required", json!(true), "#/components/headers/RateLimit/required"),
        (
            "/components/headers/IdempotencyReplayed/x-gate",
            json!(true),
            "#/components/headers/IdempotencyReplayed/x-gate",
        ),
        ("/components/schemas/PresentedToken/x-secret", json!(null), "#/components/schemas/PresentedToken/x-secret"),
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
        ("/components/schemas/NewApiToken/required", json!(null), "#/components/schemas/NewApiToken/required"),
        ("/components/schemas/NewApiToken/required/1", json!("scopes"), "#/components/schemas/NewApiToken/required"),
        (
            "/components/schemas/NewApiToken/additionalProperties",
            json!(null),
            "#/components/schemas/NewApiToken/additionalProperties",
        ),
        (
            "/components/schemas/NewApiToken/additionalProperties",
            json!({"type": "string"}),
            "#/components/schemas/NewApiToken/additionalProperties",
        ),
        (
            "/components/schemas/NewApiToken/properties/name/minLength",
            json!(2),
            "#/components/schemas/NewApiToken/properties/name/minLength",
        ),
        (
            "/components/schemas/NewApiToken/properties/name/maxLength",
            json!(null),
            "#/components/schemas/NewApiToken/properties/name/maxLength",
        ),
        (
            "/components/schemas/NewApiToken/properties/name/pattern",
            json!("^a$"),
            "#/components/schemas/NewApiToken/properties/name/pattern",
        ),
        (
            "/components/schemas/NewApiToken/properties/name/nullable",
            json!(true),
            "#/components/schemas/NewApiToken/properties/name/nullable",
        ),
        (
            "/components/schemas/NewApiToken/properties/name/default",
            json!("x"),
            "#/components/schemas/NewApiToken/properties/name/default",
        ),
        (
            "/components/schemas/NewApiToken/properties/name/enum",
            json!(["x"]),
            "#/components/schemas/NewApiToken/properties/name/enum",
        ),
        (
            "/components/schemas/NewApiToken/properties/name/unheardOf",
            json!(1),
            "#/components/schemas/NewApiToken/properties/name/unheardOf",
        ),
        (
            "/components/schemas/NewApiToken/properties/name/readOnly",
            json!(true),
            "#/components/schemas/NewApiToken/properties/name/readOnly",
        ),
        (
            "/components/schemas/NewApiToken/properties/scopes/uniqueItems",
            json!(false),
            "#/components/schemas/NewApiToken/properties/scopes/uniqueItems",
        ),
        (
            "/components/schemas/NewApiToken/properties/scopes/minItems",
            json!(1),
            "#/components/schemas/NewApiToken/properties/scopes/minItems",
        ),
        (
            "/components/schemas/NewApiToken/properties/scopes/items/maxLength",
            json!(65),
            "#/components/schemas/NewApiToken/properties/scopes/items/maxLength",
        ),
        (
            "/components/schemas/NewApiToken/properties/scopes/items/x-check",
            json!(null),
            "#/components/schemas/NewApiToken/properties/scopes/items/x-check",
        ),
        (
            "/components/schemas/NewApiToken/properties/expires_at/nullable",
            json!(null),
            "#/components/schemas/NewApiToken/properties/expires_at/nullable",
        ),
        (
            "/components/schemas/NewApiToken/properties/expires_at/format",
            json!("date-time"),
            "#/components/schemas/NewApiToken/properties/expires_at/format",
        ),
        (
            "/components/schemas/NewApiToken/properties/extra",
            json!({"type": "string"}),
            "#/components/schemas/NewApiToken/properties/extra",
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
        ("/components/schemas/TokenSecret/x-secret", json!(null), "#/components/schemas/TokenSecret/x-secret"),
        ("/components/schemas/ErrorBody/required/1", json!(null), "#/components/schemas/ErrorBody/required"),
        (
            "/components/schemas/ErrorBody/properties/code/type",
            json!("integer"),
            "#/components/schemas/ErrorBody/properties/code/type",
        ),
        ("{TOKENS}/post/operationId", json!("makeApiToken"), "#{TOKENS}/post/operationId"),
        ("{TOKENS}/post/tags/0", json!("Tokens"), "#{TOKENS}/post/tags"),
        ("{TOKENS}/post/deprecated", json!(true), "#{TOKENS}/post/deprecated"),
        ("{TOKENS}/post/security", json!([]), "#{TOKENS}/post/security"),
        ("{TOKENS}/post/servers", json!([{"url": "/v2"}]), "#{TOKENS}/post/servers"),
        ("{TOKENS}/post/callbacks", json!({"x": {}}), "#{TOKENS}/post/callbacks"),
        ("{TOKENS}/post/x-required-scopes/0", json!("api-tokens:read"), "#{TOKENS}/post/x-required-scopes"),
        ("{TOKENS}/post/x-required-scopes", json!(null), "#{TOKENS}/post/x-required-scopes"),
        ("{TOKENS}/post/requestBody", json!(null), "#{TOKENS}/post/requestBody"),
        ("{TOKENS}/post/requestBody/required", json!(false), "#{TOKENS}/post/requestBody/required"),
        ("{TOKENS}/post/requestBody/x-max-bytes", json!(1), "#{TOKENS}/post/requestBody/x-max-bytes"),
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
            "{TOKENS}/post/responses/201/links/getApiToken/operationId",
            json!("listApiTokens"),
            "#{TOKENS}/post/responses/201/links/getApiToken/operationId",
        ),
        (
            "{TOKENS}/post/responses/201/links/getApiToken/parameters/tokenID",
            json!("$response.body#/x"),
            "#{TOKENS}/post/responses/201/links/getApiToken/parameters",
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
        ("{CURRENT}/get/x-required-scopes/0", json!("api-tokens:read"), "#{CURRENT}/get/x-required-scopes"),
        (
            "{CURRENT}/get/responses/403",
            json!({"$ref": "#/components/responses/InsufficientScope"}),
            "#{CURRENT}/get/responses/403",
        ),
    ]
}

fn expand(text: &str) -> String {
    text.replace("{TOKENS}", TOKENS).replace("{ONE}", ONE).replace("{CURRENT}", CURRENT)
}

#[test]
fn each_is_one_finding_where_it_was_made() {
    let mut wrong = Vec::new();
    for (place, value, expected) in changes() {
        let (place, expected) = (expand(place), expand(expected));
        let mut changed = contract();
        set(&mut changed, &place, value.clone());
        let pointers = match compare(&changed) {
            Ok(report) => found(&report),
            Err(unreadable) => vec![unreadable.to_string()],
        };
        // What has been renamed is missing in one place and too much in another.
        let good = if expected.is_empty() { !pointers.is_empty() } else { pointers == [expected.as_str()] };
        if !good {
            wrong.push(format!("{place} = {value}\n  expected {expected}\n  found    {}", pointers.join(", ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A path or component under another name is one finding, not one for everything in it.
#[test]
fn a_new_name_is_one_finding() {
    let text = contract().to_string();
    for (from, to, expected) in [
        ("/api/v1/api-tokens/current", "/api/v1/api-tokens/mine", "#/paths/~1api~1v1~1api-tokens~1mine"),
        ("FieldError", "FieldProblem", "#/components/schemas/FieldProblem"),
        ("ErrorEnvelope", "Failure", "#/components/schemas/Failure"),
    ] {
        let changed = serde_json::from_str(&text.replace(from, to)).unwrap();
        assert_eq!(found(&compare(&changed).unwrap()), [expected], "{from} -> {to}");
    }
    let changed = serde_json::from_str(&text.replace("bearerAuth", "token")).unwrap();
    assert!(found(&compare(&changed).unwrap()).contains(&"#/security".to_owned()));
}

#[test]
fn a_finding_says_who_says_what() {
    let mut changed = contract();
    set(&mut changed, "/components/schemas/NewApiToken/properties/name/maxLength", json!(64));
    set(&mut changed, "/security", json!(null));
    let report = compare(&changed).unwrap();
    let sentences: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        sentences,
        [
            "`name.maxLength` of `NewApiToken`: the contract says 64, the server says 100 (by the compiled types and \
             the validator)",
            "`security`: the contract says nothing, the server says [{\"bearerAuth\":[]}] (by the table of the glue) \
             for authorizeRequest, createApiToken, getApiToken, getCurrentApiToken, introspectApiToken, \
             listApiTokens, listAuditEvents, revokeApiToken, revokeCurrentApiToken, rotateApiToken, updateApiToken",
        ]
    );
    assert_eq!(report.findings[0].witnesses, [Witness::Types, Witness::Validator].into());
}

/// Puts a value where the JSON pointer says, or takes away what is there.
pub(crate) fn set(document: &mut Value, place: &str, value: Value) {
    let (parent, last) = place.rsplit_once('/').expect("a place below the root");
    let last = last.replace("~1", "/").replace("~0", "~");
    match document.pointer_mut(parent).unwrap_or_else(|| panic!("there is no {parent}")) {
        Value::Object(map) if value.is_null() => drop(map.shift_remove(&last)),
        Value::Object(map) => drop(map.insert(last, value)),
        Value::Array(values) => match last.parse::<usize>().expect("an index") {
            index if value.is_null() => drop(values.remove(index)),
            index if index < values.len() => values[index] = value,
            _ => values.push(value),
        },
        other => panic!("nothing can be put into {other}"),
    }
}

/// `null` is a default, and not the same as none.
#[test]
fn a_default_of_null_is_found() {
    let mut changed = contract();
    changed["components"]["schemas"]["NewApiToken"]["properties"]["expires_at"]["default"] = Value::Null;
    assert_eq!(found(&compare(&changed).unwrap()), ["#/components/schemas/NewApiToken/properties/expires_at/default"]);
}
