//! Changes without an effect, in the contract and in the stub.

use serde_json::json;

use super::{differences, set, shop};

const ITEM: &str = "/paths/~1items~1{id}";

#[test]
fn change_without_effect_is_not_reported() {
    for (pointer, value) in [
        ("/openapi", json!("3.0.0")),
        ("/x-note", json!({"$ref": "elsewhere.yaml#/a"})),
        ("/paths/x-note", json!({"get": {"operationId": "n"}})),
        ("{ITEM}/x-note", json!(1)),
        ("{ITEM}/summary", json!("x")),
        ("{ITEM}/get/x-dropstub-required-scopes", json!(["look", "read"])),
        ("{ITEM}/put/x-dropstub-required-scopes", json!([])),
        ("{ITEM}/get/tags", json!(["reading", "items"])),
        ("{ITEM}/get/deprecated", json!(false)),
        ("{ITEM}/get/servers", json!([{"url": "https://shop.example", "description": "x"}])),
        ("{ITEM}/servers", json!([{"url": "https://shop.example"}])),
        ("{ITEM}/get/parameters/2/name", json!("x-trace")),
        ("{ITEM}/get/parameters/2/style", json!("simple")),
        ("{ITEM}/get/parameters/0/allowEmptyValue", json!(false)),
        ("{ITEM}/get/parameters/0/schema", json!({"type": "integer", "format": "uint32", "maximum": 10.0})),
        ("{ITEM}/get/parameters/1/schema", json!({"type": "string", "enum": ["large", "small"], "default": "small"})),
        ("{ITEM}/get/responses/200/headers/X-Kind/schema", json!({"type": "string", "enum": ["small", "large"]})),
        ("{ITEM}/get/responses/x-note", json!(1)),
        ("{ITEM}/put/responses/204/headers", json!({})),
        ("{ITEM}/put/responses/204/links", json!({})),
        ("/components/securitySchemes/other", json!({"type": "http", "scheme": "basic"})),
        ("/components/securitySchemes/card/scheme", json!("Bearer")),
        ("/components/schemas/Unused", json!({"type": "string"})),
        ("/components/x-note", json!({"$ref": "#/nowhere"})),
        ("/components/schemas/Size/minimum", json!(0)),
        ("/components/schemas/Size/exclusiveMinimum", json!(false)),
        ("/components/schemas/Key/nullable", json!(false)),
        ("/components/schemas/Kind/minLength", json!(0)),
        ("/components/schemas/Item/additionalProperties", json!({})),
        ("/components/schemas/Item/additionalProperties", json!({"description": "Any value."})),
        ("/components/schemas/Item/required", json!(["made", "id"])),
        ("/components/schemas/Problem/properties/code/title", json!("x")),
        (
            "/components/schemas/Item/properties/made",
            json!({"type": "string", "format": "date-time", "nullable": true}),
        ),
        (
            "/components/schemas/Item/properties/key",
            json!({"allOf": [{"$ref": "#/components/schemas/Key"}], "x-note": 1}),
        ),
        (
            "/components/schemas/Item/properties/key",
            json!({"allOf": [{"$ref": "#/components/schemas/Key"}], "deprecated": false, "description": "x"}),
        ),
        (
            "/components/schemas/Item/properties/kind",
            json!({"type": "string", "enum": ["small", "large"], "nullable": true}),
        ),
    ] {
        let mut changed = shop();
        set(&mut changed, &pointer.replace("{ITEM}", ITEM), Some(value.clone()));
        assert_eq!(differences(&changed, &shop()), Vec::<String>::new(), "{pointer} = {value} in the contract");
    }
}

#[test]
fn inlined_component_equals_a_reference() {
    for (place, name) in [("properties/made", "When"), ("properties/key", "Key"), ("properties/parts/items", "Item")] {
        let mut changed = shop();
        let component = changed["components"]["schemas"][name].clone();
        set(&mut changed, &format!("/components/schemas/Item/{place}"), Some(component));
        let secret = name == "Key";
        assert_eq!(differences(&changed, &shop()), Vec::<String>::new(), "{place} in the contract");
        // Only a component can be a secret of a stub.
        assert_eq!(differences(&shop(), &changed).is_empty(), !secret, "{place} in the stub");
    }
}
