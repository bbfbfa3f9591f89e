//! Changes of the compiled stub: a changed part of the manifest is reported.

use serde_json::{Value, json};

use crate::support::{contract, set};
use crate::{parse, pointers};
use dropstub_checks::check::ServerDocument;

/// The findings after a change of the manifest.
fn after(pointer: &str, value: Value) -> Vec<String> {
    let mut manifest = aether_api::manifest();
    set(&mut manifest, pointer, value);
    pointers(&ServerDocument::new(&parse(manifest)).compare(&contract()).unwrap())
}

#[test]
fn changed_part_of_the_manifest_is_reported() {
    let create = aether_api::OPERATIONS.iter().position(|operation| operation.id == "createApiToken").unwrap();
    let list = aether_api::OPERATIONS.iter().position(|operation| operation.id == "listApiTokens").unwrap();
    let create = format!("/stub/operations/{create}");
    let schemas = "/document/components/schemas";
    for (pointer, value) in [
        // The document that dropshot emits from the types.
        (format!("{schemas}/ApiTokenCreate/required"), json!([])),
        (format!("{schemas}/ApiToken/properties/name/nullable"), json!(true)),
        (format!("{schemas}/ApiTokenCreate/properties/name/maxLength"), json!(99)),
        (format!("{schemas}/ApiTokenCreate/properties"), json!({"title": {"type": "string"}})),
        ("/document/info/version".to_owned(), json!("9.9.9")),
        // The rules of the validator.
        ("/stub/schemas/ApiTokenCreate/properties/name/minLength".to_owned(), json!(0)),
        ("/stub/schemas/ApiTokenCreate/additionalProperties".to_owned(), json!(true)),
        ("/stub/schemas/ApiTokenCreate/properties/expires_at/x-dropstub-check".to_owned(), json!("other")),
        // The tables that control the stub.
        (format!("{create}/security"), json!([])),
        (format!("{create}/required_scopes"), json!([])),
        (format!("{create}/idempotent"), json!(false)),
        (format!("{create}/strict_query"), json!(false)),
        (format!("{create}/request_body/max_bytes"), json!(1)),
        (format!("{create}/request_body/schema"), json!({})),
        (format!("{create}/responses/0/headers/0/required"), json!(false)),
        (format!("{create}/responses/0/headers/1/admission"), json!(false)),
        (format!("{create}/responses/1/status"), json!("402")),
        (format!("{create}/responses/0/links"), json!({})),
        (format!("{create}/path"), json!("/elsewhere")),
        (format!("{create}/operation_id"), json!("other")),
        (format!("/stub/operations/{list}/parameters/1/required"), json!(true)),
        (format!("/stub/operations/{list}/parameters/2/schema/default"), json!(1)),
        // The statements of the stub.
        ("/stub/servers".to_owned(), json!([])),
        ("/stub/secrets".to_owned(), json!([])),
        ("/stub/security_schemes/bearerAuth/scheme".to_owned(), json!("basic")),
    ] {
        assert_ne!(after(&pointer, value), Vec::<String>::new(), "{pointer}");
    }
}

/// The emitted document and the tables are compared with each other, too.
#[test]
fn operation_in_one_part_of_the_manifest_is_reported() {
    for pointer in ["/stub/operations", "/document/paths"] {
        let empty = if pointer.starts_with("/stub") { json!([]) } else { json!({}) };
        assert!(after(pointer, empty).len() >= aether_api::OPERATIONS.len(), "{pointer}");
    }
}
