//! The other way round: a stub that was changed by hand says something else, and is found out, whichever part of it was
//! changed.

use dropstub_checks::check::{self as compare, Account};
use serde_json::{Value, json};

use crate::{contract, found};

/// The findings when the stub's account is changed in one place.
fn after(place: &str, value: Value) -> Vec<String> {
    let mut account = aether_api::account();
    let target = account.pointer_mut(place).unwrap_or_else(|| panic!("the account has no {place}"));
    *target = value;
    let account: Account = serde_json::from_value(account).unwrap();
    found(&compare::compare(&contract(), &account).unwrap())
}

#[test]
fn every_part_of_the_account_is_looked_at() {
    let create = aether_api::OPERATIONS.iter().position(|operation| operation.id == "createApiToken").unwrap();
    let list = aether_api::OPERATIONS.iter().position(|operation| operation.id == "listApiTokens").unwrap();
    let create = format!("/stub/operations/{create}");
    let schemas = "/document/components/schemas";
    for (place, value) in [
        // A serde name, an `Option`, a bound: what dropshot emits from the types.
        (format!("{schemas}/NewApiToken/required"), json!([])),
        (format!("{schemas}/ApiToken/properties/name/nullable"), json!(true)),
        (format!("{schemas}/NewApiToken/properties/name/maxLength"), json!(99)),
        (format!("{schemas}/NewApiToken/properties"), json!({"title": {"type": "string"}})),
        ("/document/info/version".to_owned(), json!("9.9.9")),
        // What the validator enforces.
        ("/stub/schemas/NewApiToken/properties/name/minLength".to_owned(), json!(0)),
        ("/stub/schemas/NewApiToken/additionalProperties".to_owned(), json!(true)),
        ("/stub/schemas/NewApiToken/properties/expires_at/x-check".to_owned(), json!("other")),
        // What the glue runs on.
        (format!("{create}/security"), json!([])),
        (format!("{create}/required_scopes"), json!([])),
        (format!("{create}/request_body/max_bytes"), json!(1)),
        (format!("{create}/request_body/schema"), json!({})),
        (format!("{create}/responses/0/headers/0/required"), json!(false)),
        (format!("{create}/responses/0/headers/1/gate"), json!(false)),
        (format!("{create}/responses/1/status"), json!("402")),
        (format!("{create}/responses/0/links"), json!({})),
        (format!("{create}/path"), json!("/elsewhere")),
        (format!("{create}/operation_id"), json!("other")),
        (format!("/stub/operations/{list}/parameters/1/required"), json!(true)),
        (format!("/stub/operations/{list}/parameters/2/schema/default"), json!(1)),
        // What the stub only states.
        ("/stub/servers".to_owned(), json!([])),
        ("/stub/secrets".to_owned(), json!([])),
        ("/stub/security_schemes/bearerAuth/scheme".to_owned(), json!("basic")),
    ] {
        // Some places are optional in the account; they are made before they are changed.
        let mut account = aether_api::account();
        if account.pointer(&place).is_none() {
            crate::meaning::set(&mut account, &place, value.clone());
            let account: Account = serde_json::from_value(account).unwrap();
            assert_ne!(found(&compare::compare(&contract(), &account).unwrap()), Vec::<String>::new(), "{place}");
        } else {
            assert_ne!(after(&place, value), Vec::<String>::new(), "{place}");
        }
    }
}

/// The two halves of the account are held against each other, too: an operation that only one of them has is found.
#[test]
fn a_half_that_is_missing_is_found() {
    for place in ["/stub/operations", "/document/paths"] {
        let empty = if place.starts_with("/stub") { json!([]) } else { json!({}) };
        assert!(after(place, empty).len() >= aether_api::OPERATIONS.len(), "{place}");
    }
}
