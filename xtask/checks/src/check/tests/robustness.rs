//! Arbitrary values at every pointer of a contract or a manifest: the check returns a report or an error, and does not panic.

use dropstub_document::Pointer;
use serde_json::{Value, json};

use super::compare;
use super::{fake_manifest, set, shop};

fn junk() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(1e300),
        json!("#/paths"),
        json!([[1], {}]),
        json!({}),
        json!({"$ref": "#/components/schemas/Item"}),
        json!({"$ref": 1}),
        json!({"allOf": [{"allOf": [{}]}]}),
    ]
}

fn each(original: &Value, check: impl Fn(&Value)) {
    for pointer in Pointer::all(original).into_iter().chain([Pointer::root()]) {
        for junk in junk() {
            let mut changed = original.clone();
            *pointer.find_mut(&mut changed).expect("the value exists") = junk;
            check(&changed);
        }
    }
}

#[test]
fn arbitrary_value_in_the_contract_does_not_panic() {
    let manifest = fake_manifest::manifest(&shop());
    each(&shop(), |contract| drop(compare(contract, &manifest)));
}

#[test]
fn arbitrary_value_in_the_manifest_does_not_panic() {
    let contract = shop();
    each(&fake_manifest::json(&contract), |manifest| {
        if let Ok(manifest) = serde_json::from_value(manifest.clone()) {
            drop(compare(&contract, &manifest));
        }
    });
}

#[test]
fn invalid_document_is_an_error_with_its_pointer() {
    for (pointer, value, expected) in [
        ("/openapi", Some(json!("3.1.0")), "#/openapi"),
        ("/openapi", None, "#/openapi"),
        ("/paths", None, "#/paths"),
        (
            "/components/schemas/Item/properties/made/$ref",
            Some(json!("a.yaml#/b")),
            "#/components/schemas/Item/properties/made/$ref",
        ),
        (
            "/components/schemas/Item/properties/default",
            Some(json!({"$ref": "#/no"})),
            "#/components/schemas/Item/properties/default/$ref",
        ),
        ("/components/responses/NotFound", Some(json!({"$ref": "#/components/responses/NotFound"})), ""),
    ] {
        let mut changed = shop();
        set(&mut changed, pointer, value);
        let error = compare(&changed, &fake_manifest::manifest(&shop())).expect_err(pointer);
        assert!(expected.is_empty() || error.pointer.to_string() == expected, "{pointer}: {error}");
    }
    for root in junk() {
        assert!(compare(&root, &fake_manifest::manifest(&shop())).is_err(), "{root}");
    }
}

#[test]
fn property_named_like_a_keyword_is_a_property() {
    for name in ["$ref", "x-note", "default", "enum", "allOf"] {
        let mut both = shop();
        set(&mut both, &format!("/components/schemas/Problem/properties/{name}"), Some(json!({"type": "string"})));
        let found = compare(&shop(), &fake_manifest::manifest(&both)).expect("a valid contract").findings;
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        assert!(
            compare(&both, &fake_manifest::manifest(&both)).expect("a valid contract").findings.is_empty(),
            "{name}"
        );
    }
}
