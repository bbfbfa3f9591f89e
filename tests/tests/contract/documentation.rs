//! The contract as a document: the operation that was published before it, and the guide to errors.

use std::collections::BTreeSet;

use aether_tests::contract::CONTRACT;
use serde_json::{Value, json};

crate::tests!(published_operation_is_unchanged, guide_to_errors_has_every_code);

const GUIDE: &str = include_str!("../../../server/docs/errors.md");

async fn guide_to_errors_has_every_code() {
    let (errors, details) = GUIDE.split_once("## Codes of `details`").expect("the guide has two tables");
    for (table, column, component) in [(errors, 2, "ErrorBody"), (details, 1, "FieldError")] {
        let rows = table.lines().filter_map(|line| line.split('|').nth(column)).map(str::trim);
        let codes: BTreeSet<_> = rows.filter_map(|cell| cell.strip_prefix('`')?.strip_suffix('`')).collect();
        let listed = &CONTRACT.document()["components"]["schemas"][component]["properties"]["code"];
        let listed = listed["x-dropstub-values"].as_object().expect("the codes are listed");
        assert_eq!(codes, listed.keys().map(String::as_str).collect(), "{component}");
    }
    // The status of a code is the first word of its meaning.
    let listed = &CONTRACT.document()["components"]["schemas"]["ErrorBody"]["properties"]["code"]["x-dropstub-values"];
    for (code, meaning) in listed.as_object().expect("the codes are listed") {
        let status = meaning.as_str().and_then(|text| text.split_once(". ")).expect("a status and a sentence").0;
        assert!(errors.contains(&format!("| {status} | `{code}` |")), "{status} {code}");
    }
}

/// The published document is the source of createApiToken: its names, types, required lists and descriptions stay as they are.
async fn published_operation_is_unchanged() {
    let document = CONTRACT.document();
    let item = &document["paths"]["/api/v1/organizations/{orgID}/api-tokens"];
    let (operation, organization) = (&item["post"], resolve(&item["parameters"][0]));
    let sentence = "Creates a new API token. The raw token secret is returned only in this response and is never \
                    retrievable again.";
    assert_eq!(operation["operationId"], "createApiToken");
    assert_eq!(operation["description"].as_str().and_then(|text| text.split("\n\n").next()), Some(sentence));
    assert_eq!(
        [&organization["name"], &organization["description"], &organization["schema"]],
        [&json!("orgID"), &json!("Organization UUID."), &json!({"type": "string", "format": "uuid"})]
    );
    let body = |owner: &Value| resolve(&owner["content"]["application/json"]["schema"]).clone();
    let request = body(&operation["requestBody"]);
    assert_eq!(request["required"], json!(["name"]));
    assert_eq!(
        fields(&request),
        [
            ("name", "string", ""),
            ("scopes", "array of string", ""),
            ("expires_at", "string or null", "Optional expiry timestamp (RFC 3339)."),
        ]
        .map(owned)
    );
    let response = |status: &str| resolve(&operation["responses"][status]).clone();
    let created = response("201");
    assert_eq!(created["description"], "Token created. Contains the one-time raw secret.");
    let issued = body(&created);
    assert_eq!(issued["required"], json!(["id", "org_id", "name", "prefix", "scopes", "created_at", "token"]));
    assert_eq!(
        fields(&issued),
        [
            ("id", "string uuid", ""),
            ("org_id", "string uuid", ""),
            ("name", "string", ""),
            ("prefix", "string", "The non-secret token prefix, for display/identification."),
            ("scopes", "array of string", ""),
            ("last_used_at", "string date-time or null", ""),
            ("expires_at", "string date-time or null", ""),
            ("created_at", "string date-time", ""),
            ("token", "string", "The raw API token (aether_<hex>). Shown only once, at creation."),
        ]
        .map(owned)
    );
    for (status, description) in [("401", "Missing or invalid credentials."), ("422", "Request validation failed.")] {
        let response = response(status);
        assert_eq!(response["description"], description);
        let envelope = body(&response);
        assert_eq!(
            (&envelope["required"], fields(&envelope)),
            (&json!(["error"]), vec![owned(("error", "object", ""))])
        );
        let error = resolve(&envelope["properties"]["error"]);
        assert_eq!(error["required"], json!(["code", "message"]));
        let code = "A stable, machine-readable error code.";
        let expected = [("code", "string", code), ("message", "string", ""), ("details", "array of object", "")];
        assert_eq!(fields(error), expected.map(owned));
        let detail = resolve(&error["properties"]["details"]["items"]);
        assert_eq!(detail["required"], json!(["field", "code", "message"]));
        assert_eq!(
            fields(detail),
            [("field", "string", ""), ("code", "string", ""), ("message", "string", "")].map(owned)
        );
    }
}

type Field = (String, String, String);

fn owned((name, kind, description): (&str, &str, &str)) -> Field {
    (name.into(), kind.into(), description.into())
}

fn resolve(value: &Value) -> &Value {
    let target = value["$ref"].as_str().map(|reference| reference.trim_start_matches('#'));
    target.map_or(value, |pointer| CONTRACT.document().pointer(pointer).expect("references resolve"))
}

/// The properties with their types and their published descriptions. The contract may describe more of them.
fn fields(schema: &Value) -> Vec<Field> {
    let properties = schema["properties"].as_object().expect("an object").iter();
    let field = |(name, property): (&String, &Value)| {
        let property = resolve(property);
        let description = property["description"].as_str().filter(|text| PUBLISHED_DESCRIPTIONS.contains(text));
        (name.clone(), kind(property), description.unwrap_or_default().to_owned())
    };
    properties.map(field).collect()
}

const PUBLISHED_DESCRIPTIONS: [&str; 4] = [
    "Optional expiry timestamp (RFC 3339).",
    "The non-secret token prefix, for display/identification.",
    "The raw API token (aether_<hex>). Shown only once, at creation.",
    "A stable, machine-readable error code.",
];

/// The type of a schema: `string date-time or null`.
fn kind(schema: &Value) -> String {
    let mut kind = schema["type"].as_str().expect("a type").to_owned();
    if kind == "array" {
        kind = format!("array of {}", resolve(&schema["items"])["type"].as_str().expect("a type"));
    }
    let format = schema["format"].as_str().map(|format| format!(" {format}")).unwrap_or_default();
    let null = if schema["nullable"] == true { " or null" } else { "" };
    format!("{kind}{format}{null}")
}
