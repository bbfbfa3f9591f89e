//! Whatever stands in whatever place, in the contract or in the account: there is a report or an error, and no panic.

use serde_json::{Value, json};

use super::{fake_manifest, set, shop};
use crate::check::compare;

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

/// The JSON pointers of everything in a value, itself included.
fn places(value: &Value, pointer: &str, found: &mut Vec<String>) {
    found.push(pointer.to_owned());
    let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(map) => map.iter().for_each(|(key, it)| places(it, &format!("{pointer}/{}", escape(key)), found)),
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(index, it)| places(it, &format!("{pointer}/{index}"), found));
        }
        _ => {}
    }
}

fn each(original: &Value, judge: impl Fn(&Value)) {
    let mut all = Vec::new();
    places(original, "", &mut all);
    for place in &all {
        for junk in junk() {
            let mut changed = original.clone();
            *changed.pointer_mut(place).expect("the place exists") = junk;
            judge(&changed);
        }
    }
}

#[test]
fn in_the_contract() {
    let account = fake_manifest::account(&shop());
    each(&shop(), |contract| drop(compare(contract, &account)));
}

#[test]
fn in_the_account() {
    let contract = shop();
    each(&fake_manifest::said(&contract), |said| {
        if let Ok(account) = serde_json::from_value(said.clone()) {
            drop(compare(&contract, &account));
        }
    });
}

#[test]
fn what_cannot_be_compared_is_an_error_with_its_place() {
    for (place, value, expected) in [
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
        set(&mut changed, place, value);
        let error = compare(&changed, &fake_manifest::account(&shop())).expect_err(place);
        assert!(expected.is_empty() || error.pointer.to_string() == expected, "{place}: {error}");
    }
    for root in junk() {
        assert!(compare(&root, &fake_manifest::account(&shop())).is_err(), "{root}");
    }
}

/// A property may have any name, and one that looks like a reference or an extension is a property.
#[test]
fn a_property_with_an_odd_name_is_a_property() {
    for name in ["$ref", "x-note", "default", "enum", "allOf"] {
        let mut both = shop();
        set(&mut both, &format!("/components/schemas/Problem/properties/{name}"), Some(json!({"type": "string"})));
        let found = compare(&shop(), &fake_manifest::account(&both)).expect("it can be compared").findings;
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        assert!(
            compare(&both, &fake_manifest::account(&both)).expect("it can be compared").findings.is_empty(),
            "{name}"
        );
    }
}
